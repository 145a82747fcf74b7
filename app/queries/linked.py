"""Lists of entries that link to each other: by time, but never an entry before one it links to (REPLICATION, Merge).

A clock that is behind would else show an amendment above what it amends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Linked(Protocol):
    """An entry that may amend another."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def amends_id(self) -> str | None:
        """The entry it amends."""
        ...


_T = TypeVar("_T", bound=Linked)


def after_what_they_amend(rows: Sequence[_T]) -> list[_T]:
    """Rows in their order, oldest first; one that stands before what it amends moves to directly behind it."""
    there = {row.id for row in rows}
    waiting: dict[str, list[_T]] = {}
    placed: set[str] = set()
    out: list[_T] = []
    for row in rows:
        if row.amends_id in there and row.amends_id not in placed and row.amends_id != row.id:
            waiting.setdefault(row.amends_id or "", []).append(row)
            continue
        ready = [row]
        while ready:
            now = ready.pop(0)
            out.append(now)
            placed.add(now.id)
            ready = waiting.pop(now.id, []) + ready
    return out + [row for left in waiting.values() for row in left]  # a circle that somebody's software made
