"""Making a bundle: what the addressee lacks, in causal order, as he may read it, cut into parts (CM-07).

The steps are those of a session (read after a vector, offer, pack into frames, answer for late bodies); only nobody answers, so
nothing is waited for and nothing counts as held by the addressee until a bundle or a link brings his own word for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from nacl.signing import SigningKey

from app.journal.journal import PeerView
from app.journal.late_bodies import Span
from app.journal.operation import Transaction
from app.kernel.enums import Priority
from app.replication.bundles.attached import MAX_WANTS, chunks, wants
from app.replication.bundles.parts import MAX_FRAMES, Contents, Head, Succession, seal, unpacked_size
from app.replication.files import FilesPort, NoFiles
from app.replication.filling import bodies_in
from app.replication.frames import Block, Fill, FrameCodec, Hello, Lane, Ops
from app.replication.packing import FramePacker, TransactionTooLargeError
from app.replication.peers import LocalSite
from app.replication.ports import JournalPort
from app.replication.wire import site_to_bytes, spans

PART_BYTES: Final = 4 * 1024 * 1024  # of frames; sealing adds little
_PART_UNPACKED: Final = 48 * 1024 * 1024  # the reader takes 64 MiB
_FETCH_BYTES: Final = 512 * 1024
_BEYOND_ALL: Final = 1 << 62
_T = TypeVar("_T")

OnWriter = Callable[[Priority, Callable[[], _T]], _T]
"""Runs work on the writer's thread and waits for it."""


@dataclass(frozen=True)
class Order:
    """One bundle: from where (`start`) to where (`target`, both site -> number) it carries, for whom.

    `number`: the first part to be written now, more than 1 when a bundle is gone on with; `carried`: operations of the parts
    before it. `view`: who reads it and what he has acknowledged; `owed`: ranges he holds as headers (site, first, last);
    `files`: of attachments, for him to have (hashes, hex).
    """

    local: LocalSite
    to: str
    to_key: bytes
    successions: Sequence[Succession]
    view: PeerView
    bundle: bytes
    seq: int
    after: int
    made_at: int
    start: Mapping[str, int]
    target: Mapping[str, int]
    entries: int
    owed: Sequence[Span] = ()
    files: Sequence[str] = ()
    number: int = 1
    carried: int = 0


@dataclass(frozen=True)
class Written:
    """A part ready for the disk: its bytes, what all parts up to it carry of each chain and altogether, whether it is the last.

    `left_out`: chains with a transaction that fits no frame.
    """

    number: int
    data: bytes
    upto: Mapping[str, int]
    entries: int
    last: bool
    left_out: frozenset[str]


@dataclass
class _Volume:
    """The part being filled."""

    frames: list[bytes] = field(default_factory=list)
    size: int = 0
    unpacked: int = 0
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    entries: int = 0

    def fits(self, data: bytes) -> bool:
        """True if a frame may still go in; an empty one takes any."""
        if not self.frames:
            return True
        return (
            self.size + len(data) <= PART_BYTES
            and self.unpacked + unpacked_size(data) <= _PART_UNPACKED
            and len(self.frames) + MAX_WANTS + 2 <= MAX_FRAMES
        )

    def add(self, data: bytes, txs: Sequence[Transaction], counted: bool) -> None:
        """Put a frame in."""
        self.frames.append(data)
        self.size += len(data)
        self.unpacked += unpacked_size(data)
        if not counted:
            return
        for tx in txs:
            first, last = self.spans.get(tx[0].site, (tx[0].seq, tx[-1].seq))
            self.spans[tx[0].site] = (min(first, tx[0].seq), max(last, tx[-1].seq))
            self.entries += len(tx)


class BundleWriter:
    """Makes the parts of one bundle, one after the other; it keeps no more than one in memory."""

    def __init__(
        self,
        journal: JournalPort,
        on_writer: OnWriter[object],
        key: SigningKey,
        order: Order,
        hello: Hello,
        progress: Callable[[int], None] = lambda entries: None,
        files: FilesPort | None = None,
    ) -> None:
        """`hello`: what is held here now, its nonce the bundle's id; `key`: this site's. `progress` hears after every frame how
        many entries are packed; what it raises ends the writing. `files`: those of attachments (`Order.files`)."""
        self._progress, self._files = progress, files or NoFiles()
        self._wants = wants(self._files)
        self._journal, self._on_writer, self._key, self._order = journal, on_writer, key, order
        self._hello = FrameCodec().encode(hello)
        self._packer = FramePacker(compact=True)  # whoever reads bundles knows version 3
        self._known = dict(order.start)
        self._left_out: set[str] = set()
        self._entries = order.carried
        self._batch = 0

    def parts(self) -> Iterator[Written]:
        """Parts in their order. EnvironmentFault when the high-water mark cannot be raised: nothing leaves then."""
        number, volume = self._order.number, _Volume()
        for data, txs, counted in self._frames():
            if not volume.fits(data):
                yield self._close(volume, number, last=False)
                number, volume = number + 1, _Volume()
            volume.add(data, txs, counted)
            self._progress(self._entries + volume.entries)
        yield self._close(volume, number, last=True)

    def _close(self, volume: _Volume, number: int, *, last: bool) -> Written:
        order = self._order
        head = Head(
            realm=order.local.realm,
            district=order.local.district,
            to=site_to_bytes(order.to),
            to_key=order.to_key,
            sender=site_to_bytes(order.local.site),
            successions=list(order.successions),
            bundle=order.bundle,
            seq=order.seq,
            number=number,
        )
        contents = Contents(
            to_key=order.to_key,
            sender=head.sender,
            bundle=order.bundle,
            seq=order.seq,
            number=number,
            last=last,
            after=order.after,
            made_at=order.made_at,
            entries=order.entries,
            before=self._entries,
            spans=spans((site, first, end) for site, (first, end) in volume.spans.items()),
            frames=len(volume.frames) + len(self._wants) + 1,
        )
        data = seal(head, contents, [self._hello, *self._wants, *volume.frames], self._key)
        for site, (_, end) in volume.spans.items():
            self._known[site] = max(end, self._known.get(site, 0))
        self._entries += volume.entries
        return Written(number, data, dict(self._known), self._entries, last, frozenset(self._left_out))

    # -- frames ------------------------------------------------------------------------------------------------------------
    def _frames(self) -> Iterator[tuple[bytes, Sequence[Transaction], bool]]:
        """Frames with what is in them; the flag tells operations from late bodies."""
        for txs in self._operations():
            queue = deque(tx for tx in txs if tx[0].site not in self._left_out)
            while queue:
                self._batch += 1
                batch = self._batch
                try:
                    taken, data = self._packer.take(queue, Lane.BULK, partial(_ops, batch))
                except TransactionTooLargeError as wrong:
                    self._left_out.add(wrong.site)
                    queue = deque(tx for tx in queue if tx[0].site != wrong.site)
                    continue
                yield data, taken, True
        yield from self._late_bodies()
        for data in chunks(self._files, self._order.files):
            yield data, (), False

    def _operations(self) -> Iterator[list[Transaction]]:
        """What lies beyond the start, a slice at a time, until the target is reached; later acts may come along."""
        order, cursor = self._order, 0
        sent = dict(order.start)
        while any(sent.get(site, 0) < seq for site, seq in order.target.items()):
            start = {**order.start, **dict.fromkeys(self._left_out, _BEYOND_ALL)}
            found = self._read(partial(_offered, self._journal, start, cursor, order.view))
            if not found:
                return
            cursor = found[-1][0]
            for _, tx in found:
                sent[tx[0].site] = max(tx[-1].seq, sent.get(tx[0].site, 0))
            sent.update(dict.fromkeys(self._left_out, _BEYOND_ALL))
            yield [tx for _, tx in found]

    def _late_bodies(self) -> Iterator[tuple[bytes, Sequence[Transaction], bool]]:
        """Bodies of what the addressee holds as headers and may read now (REPLICATION, Disclosure)."""
        asked = deque(self._order.owed)
        while asked:
            site, first, last = asked.popleft()
            txs, end, top = self._read(
                partial(bodies_in, self._journal, (site, first, last), self._order.view)
            )
            if end < min(last, top):
                asked.appendleft((site, end + 1, last))
            queue = deque(txs)
            while queue:
                self._batch += 1
                batch = self._batch
                try:
                    taken, data = self._packer.take(queue, Lane.BULK, partial(_fill, batch))
                except TransactionTooLargeError:
                    queue.popleft()
                    continue
                yield data, taken, False

    def _read(self, work: Callable[[], _T]) -> _T:
        run: OnWriter[_T] = self._on_writer  # type: ignore[assignment]
        return run(Priority.BULK, work)


def _offered(
    journal: JournalPort, start: Mapping[str, int], cursor: int, view: PeerView
) -> list[tuple[int, Transaction]]:
    found = journal.after(start, _FETCH_BYTES, cursor)
    return [(n, journal.offer(tx, view)) for n, tx in found]


def _ops(batch: int, block: Block) -> Ops:
    return Ops(batch, False, block)


def _fill(batch: int, block: Block) -> Fill:
    return Fill(batch, [], block)
