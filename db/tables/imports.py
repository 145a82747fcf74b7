"""Imports of files into registers: one row per file, so that an interrupted one is undone and the same file comes in once."""

from __future__ import annotations

from sqlalchemy import Integer, String

from db.fields import Claim, fixed, owned, shared

IMPORT_BATCH = shared(
    "import_batch",
    [
        fixed("entity"),
        fixed("file_name"),
        fixed("file_hash"),
        fixed("last_line", Integer),
        fixed("site", claim=Claim.SITE),
        fixed("begun_at", Integer),
        fixed("account_id", claim=Claim.ACCOUNT),
        owned("outcome", "birth", {"state": String, "accepted": Integer, "rejected": Integer}),
    ],
    indexes=[("file_hash",), ("site", "state")],
)
