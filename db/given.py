"""Ids handed to a query as one parameter. SQLite ends a JSON string at U+0000, and ids are whatever a peer wrote. Light."""

from __future__ import annotations

import json
from collections.abc import Iterable

ID = "replace(replace(j.value, char(1) || 'a', char(0)), char(1) || 'b', char(1))"
"""The id in a row of `json_each(…) j` over what `packed` made."""


def packed(ids: Iterable[str]) -> str:
    """Ids as JSON without U+0000; `ID` reads them."""
    return json.dumps([each.replace("\1", "\1b").replace("\0", "\1a") for each in ids])
