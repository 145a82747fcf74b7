"""What became of acts that were not accepted: entered anew, or looked at and put aside (REPLICATION, Fork)."""

from __future__ import annotations

from sqlalchemy import Integer

from db.fields import Claim, fixed, shared

REENTRY = shared(
    "reentry",
    [
        fixed("act"),  # hash (hex) of the last operation of the transaction that was not accepted
        fixed("agency", claim=Claim.AGENCY),
        fixed("account_id", claim=Claim.ACCOUNT),
        fixed("at", Integer),
        fixed("outcome"),  # entered | set_aside
        fixed("command"),  # by which it was entered anew
        fixed("made"),  # record it led to
        fixed("reason"),
    ],
    indexes=[("act",)],
)
