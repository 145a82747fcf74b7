"""Scarce stock by escrow shares per site (REPLICATION, stock quantities): a share is what its own past says it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from app.journal.causality import Dot, Past, covers


class Stock:
    """Changes of shares, per item and holding site."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def share(self, item: str, holder: str, past: Past | None, heirs: Mapping[str, str] | None = None) -> int:
        """What a site holds of an item, as it stood in a past (None: all that is projected).

        `heirs`: closed site -> site that takes its shares (FINDINGS 21), as they stood in the same past.
        """
        total = 0
        todo, done = [holder], set[str]()
        while todo:
            site = todo.pop()
            if site in done:
                continue
            done.add(site)
            total += self._changes(item, site, past)
            todo += [closed for closed, heir in (heirs or {}).items() if heir == site]
        return total

    def _changes(self, item: str, holder: str, past: Past | None) -> int:
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
