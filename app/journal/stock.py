"""Scarce stock by escrow shares per site (REPLICATION, stock quantities): a share is what its own past says it is."""

from __future__ import annotations

import sqlite3

from app.journal.causality import Dot, Past, covers


class Stock:
    """Changes of shares, per item and holding site."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def share(self, item: str, holder: str, past: Past | None) -> int:
        """What a site holds of an item, as it stood in a past (None: all that is projected)."""
        rows = self._connection.execute(
            "SELECT chain_no, seq, change FROM stock WHERE item = ? AND holder = ?", (item, holder)
        )
        return sum(change for no, seq, change in rows if past is None or covers(past, (no, seq)))

    def change(self, digest: bytes, item: str, holder: str, dot: Dot, change: int) -> None:
        """Record one change of a share."""
        self._connection.execute(
            "INSERT INTO stock (hash, holder, item, chain_no, seq, change) VALUES (?, ?, ?, ?, ?, ?)",
            (digest, holder, item, *dot, change),
        )
