"""Bodies that came later than their headers, as far as they came since the start: news for peers that have the headers too.

A peer asks for bodies when a line begins, and after a disclosure. One that comes here in between, by another line or by stick,
changes no vector: nobody would pass it on (REPLICATION: late bodies are checked, stored, and everything is projected anew).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import islice

Span = tuple[str, int, int]  # site, first, last
MOST = 100_000  # entries remembered


class LateBodies:
    """Told by the writer, asked on its thread as well."""

    def __init__(self) -> None:
        self._news: deque[tuple[str, int]] = deque(maxlen=MOST)
        self._count = 0

    def came(self, site: str, seq: int) -> None:
        """The body of an operation came."""
        self._news.append((site, seq))
        self._count += 1

    def since(self, mark: int | None) -> tuple[int, list[Span] | None]:
        """(mark for the next question, ranges that came since `mark`): none for None; None when more came than is remembered."""
        missed = 0 if mark is None else self._count - mark
        if missed > len(self._news):
            return self._count, None
        return self._count, spans_of(islice(reversed(self._news), missed))


def spans_of(places: Iterable[tuple[str, int]]) -> list[Span]:
    """Places (site, number) as ranges, in order."""
    out: list[Span] = []
    for site, seq in sorted(set(places)):
        if out and out[-1][0] == site and out[-1][2] == seq - 1:
            out[-1] = (site, out[-1][1], seq)
        else:
            out.append((site, seq, seq))
    return out
