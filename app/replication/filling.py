"""Late bodies: which ranges the peer asked for, and what answers it (REPLICATION, Disclosure)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from app.journal.journal import PeerView
from app.journal.late_bodies import Span, spans_of
from app.journal.operation import Transaction
from app.kernel.enums import Priority
from app.replication.ports import JournalPort, NodePort

_TURN: Final = 256  # operations looked through in one turn on the writer
_MAX_ASKED: Final = 65_536


@dataclass(frozen=True)
class Late:
    """Bodies that came since the last look: the mark for the next one, ranges; None when more came than is remembered."""

    mark: int
    spans: list[Span] | None


class Fills:
    """Questions of the peer and answers that wait to be sent."""

    def __init__(self, node: NodePort) -> None:
        self._node = node
        self._asked: deque[Span] = deque(maxlen=_MAX_ASKED)
        self._looked: list[Span] = []
        self._beyond: deque[Span] = deque(maxlen=_MAX_ASKED)  # asked for, and not even the header is here
        self._theirs: set[tuple[str, int]] = set()
        self._mark: int | None = None
        self.ready: deque[Transaction] = deque()

    def ask(self, spans: Iterable[Span]) -> None:
        """Note ranges whose bodies the peer wants."""
        self._asked.extend(spans)

    def theirs(self, transactions: Iterable[Transaction]) -> None:
        """The peer sends these bodies: it need not get them back."""
        self._theirs.update((op.site, op.seq) for tx in transactions for op in tx)

    def news(self, late: Late, vector: Mapping[str, int]) -> None:
        """Bodies that came here meanwhile may be what the peer lacks as well, and so may what it asked for in vain."""
        if late.spans is None:  # more than anybody remembers
            self.ask((site, 1, seq) for site, seq in vector.items())
        else:
            places = ((site, seq) for site, first, last in late.spans for seq in range(first, last + 1))
            self.ask(spans_of(place for place in places if place not in self._theirs))
        self._theirs.clear()
        self._mark = late.mark
        for _ in range(len(self._beyond)):
            site, first, last = self._beyond.popleft()
            (self._asked if vector.get(site, 0) >= first else self._beyond).append((site, first, last))

    @property
    def mark(self) -> int | None:
        """Up to where the news of late bodies is known here."""
        return self._mark

    @property
    def open(self) -> bool:
        """True while there is something to look for or to send."""
        return bool(self._asked or self.ready)

    async def look(self, view: PeerView) -> None:
        """Look through a part of the first range; what the peer may read now becomes ready."""
        site, first, last = self._asked.popleft()
        txs, end, top = await self._node.on_writer(
            Priority.BULK, partial(bodies_in, self._node.journal, (site, first, last), view)
        )
        if end < min(last, top):
            self._asked.appendleft((site, end + 1, last))
        elif last > top:
            self._beyond.append((site, max(first, top + 1), last))
        if txs:
            self.ready.extend(txs)
            self._looked.append((site, first, end))

    def taken(self) -> list[Span]:
        """Ranges that the frame just made answers, to be asked again if it is lost."""
        spans, self._looked = self._looked, []
        return spans

    def rewind(self, lost: Iterable[Span]) -> None:
        """Frames were lost: what they answered, and what was ready, is looked for again."""
        self.ready.clear()
        self._asked.extend((*lost, *self.taken()))


def bodies_in(journal: JournalPort, span: Span, view: PeerView) -> tuple[list[Transaction], int, int]:
    """Answers to the first operations of a range, where they end, and where our chain ends."""
    site, first, last = span
    top = journal.vector().get(site, (0, b""))[0]
    end = min(last, top, first + _TURN - 1)
    txs = list(journal.bodies({site: [(first, end)]}, view)) if end >= first else []
    return txs, end, top
