"""Looking at what bundles on a stick hold, before anything of it is taken in (CM-07): usable parts, and how much is new here."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.bootstrap.bundles import CLOSED, NOTE, label_of, opened, standings
from app.bootstrap.node import Node
from app.bootstrap.pairing import known_peers
from app.exchange.bundles import UNWATCHED, CancelledError, Examined, Looked, Unusable, Watch
from app.journal.operation import SCHEMA_V, Transaction
from app.kernel.enums import Priority
from app.kernel.errors import EnvironmentFault, Refusal
from app.local import bundles
from app.queries import attachments
from app.replication.bundles import files
from app.replication.bundles.parts import Opened, Outline
from app.replication.frames import FileChunk, Fill, FrameCodec, FrameError, Kind, peek
from app.replication.wire import site_from_bytes, unpack_block

OWN = "refusal.bundles.own"
log = logging.getLogger(__name__)
BundleId = tuple[str, str]  # sender, id of the bundle in hex: another site may have chosen the same
_Key = tuple[str, int, bytes]  # sender, number of the bundle, its id
_Span = tuple[int, int]  # first and last number
_SLICE = 256  # operations that are looked up in one turn on the writer


@dataclass(frozen=True)
class Found:
    """A usable part on the stick: its file, what it says; its bytes are read again when its turn comes."""

    path: Path
    head: Outline
    spans: dict[str, list[tuple[int, int]]]
    number: int
    last: bool
    made_at: int
    entries: int
    follows: int
    schema: int
    heads: Mapping[str, tuple[int, bytes]]
    late: bool  # brings bodies of what was a header before
    attached: frozenset[str]  # files it carries pieces of (hashes, hex)

    @property
    def key(self) -> _Key:
        """Which bundle it belongs to."""
        return self.head.sender, self.head.head.seq, self.head.head.bundle

    @property
    def weight(self) -> int:
        """Operations in it."""
        return sum(last - first + 1 for parts in self.spans.values() for first, last in parts)


def id_of(head: Outline) -> BundleId:
    """Whose bundle a part belongs to, and its id."""
    return head.sender, head.head.bundle.hex()


def _look(node: Node, path: Path) -> Found:
    head, part = opened(node, files.read(path))
    light = Outline(head.head, b"", head.sealed_at)  # the bytes of hundreds of parts are not kept
    contents = part.contents
    return Found(
        path,
        light,
        part.spans,
        contents.number,
        contents.last,
        contents.made_at,
        contents.entries,
        contents.after,
        part.hello.schema,
        {site_from_bytes(head.site): (head.seq, head.hash) for head in part.hello.vector},
        any(peek(data)[0] is Kind.FILL for data in part.frames),
        _attached(path, part),
    )


def _attached(path: Path, part: Opened) -> frozenset[str]:
    """Files of which a part carries pieces; of one that does not add up none: taking it in says so."""
    codec = FrameCodec()
    try:
        pieces = [codec.decode(data) for data in part.frames if peek(data)[0] is Kind.CHUNK]
    except FrameError as wrong:
        log.warning("pieces of files in %s do not add up: %s", path.name, wrong)
        return frozenset()
    return frozenset(each.content.hex() for each in pieces if isinstance(each, FileChunk) and each.data)


def search(node: Node, paths: Iterable[Path], watch: Watch) -> tuple[list[Found], list[Unusable]]:
    """All usable parts in the order to take them in, and what cannot be used; raises what is wrong when nothing can."""
    good: list[Found] = []
    bad: list[Unusable] = []
    for path in files.found(paths):
        if watch.cancelled():
            raise CancelledError
        try:
            good.append(_look(node, path))
        except (Refusal, EnvironmentFault) as wrong:
            log.warning("a file was not taken in: %s", wrong)
            bad.append(Unusable(path.name, wrong))
    if not good and bad:
        raise bad[0].error
    bad = [each for each in bad if each.error.text != OWN]  # our own lie on the same stick
    return sorted(good, key=lambda each: (*each.key, each.number)), bad


def _bundles_of(found: Sequence[Found]) -> dict[_Key, list[Found]]:
    out: dict[_Key, list[Found]] = {}
    for each in found:
        out.setdefault(each.key, []).append(each)
    return out


class _News:
    """Counts what of several parts is not here, nothing twice.

    By numbers, where these tell: of a chain without fork, beyond our end of it, or up to an end of the sender's that is here too.
    Otherwise the part is unpacked: a second branch has numbers that look known, and late bodies have those of their headers.
    """

    def __init__(self, node: Node, watch: Watch) -> None:
        self._node, self._watch = node, watch
        self._ends, self._forked = node.wait_on_writer(Priority.BULK, partial(_ends, node))
        self._counted: dict[str, list[_Span]] = {}
        self._hashes: set[bytes] = set()
        self._purged = {row.content for row in node.read(attachments.purged)}
        self._files: set[str] = set()

    def files_of(self, part: Found) -> int:
        """Attachments of which a part brings pieces, which are not here, are wanted here, and were in no part before."""
        store = self._node.attachments
        fresh = {
            each for each in part.attached - self._files if each not in self._purged and not store.has(each)
        }
        self._files |= fresh
        return len(fresh)

    def of(self, part: Found) -> int:
        """What a part brings that is not here and was in none of the parts before."""
        if not self._by_numbers(part):
            return self._unpacked(part)
        return sum(
            self._beyond(chain, first, last) for chain, parts in part.spans.items() for first, last in parts
        )

    def _by_numbers(self, part: Found) -> bool:
        overlapping = {
            chain
            for chain, spans in part.spans.items()
            if any(first <= self._ends.get(chain, 0) for first, _ in spans)
        }
        if part.late or not self._forked.isdisjoint(part.spans):
            return False
        if not all(part.heads.get(chain, (0, b""))[0] <= self._ends[chain] for chain in overlapping):
            return False
        heads = {chain: part.heads[chain] for chain in overlapping if chain in part.heads}
        same = (
            self._node.wait_on_writer(Priority.BULK, lambda: self._node.journal.common(heads))
            if heads
            else {}
        )
        return all(same.get(chain) for chain in overlapping)

    def _beyond(self, chain: str, first: int, last: int) -> int:
        """Numbers of a range beyond our end that were not counted yet."""
        left = [(max(first, self._ends.get(chain, 0) + 1), last)]
        counted = self._counted.setdefault(chain, [])
        for done in counted:
            left = [piece for span in left for piece in _without(span, done)]
        counted += left
        return sum(max(0, end - begin + 1) for begin, end in left)

    def _unpacked(self, part: Found) -> int:
        _, whole = opened(self._node, files.read(part.path))
        found = 0
        try:
            for frame in whole.decoded():
                if isinstance(frame, FileChunk):
                    continue
                assert frame.block is not None
                for txs in _slices(unpack_block(self._node.journal.realm, frame.block)):
                    if self._watch.cancelled():
                        raise CancelledError
                    found += self._unknown(txs, late=isinstance(frame, Fill))
        except FrameError as wrong:
            log.warning("a part does not add up: %s", wrong)  # taking it in says so
        return found

    def _unknown(self, txs: Sequence[Transaction], *, late: bool) -> int:
        journal = self._node.journal
        look = journal.lack_bodies if late else journal.unknown
        new = self._node.wait_on_writer(Priority.BULK, partial(look, txs)) - self._hashes
        self._hashes |= new
        return len(new)


def _ends(node: Node) -> tuple[dict[str, int], frozenset[str]]:
    chains = node.journal.state.chains
    forked = frozenset(site for site, chain in chains.items() if chain.fork_seq is not None)
    return {site: chain.seq for site, chain in chains.items()}, forked


def _without(span: _Span, done: _Span) -> list[_Span]:
    """What of a range lies outside another."""
    pieces = ((span[0], min(span[1], done[0] - 1)), (max(span[0], done[1] + 1), span[1]))
    return [(first, last) for first, last in pieces if first <= last]


def _slices(txs: Iterable[Transaction]) -> Iterator[list[Transaction]]:
    """Transactions in runs of about _SLICE operations."""
    run: list[Transaction] = []
    for tx in txs:
        run.append(tx)
        if sum(map(len, run)) >= _SLICE:
            yield run
            run = []
    if run:
        yield run


# -- looking ---------------------------------------------------------------------------------------------------------------
def examine(node: Node, paths: Sequence[Path], account_id: str, watch: Watch = UNWATCHED) -> Examined:
    """What files or folders hold, before anything is taken in; changes nothing.

    Refusal E_PERM, recorded; Refusal or EnvironmentFault when nothing of it can be used.
    """
    node.check_right(NOTE, account_id)
    found, bad = search(node, paths, watch)
    rows = standings(node)
    agencies = {peer.site: peer.agency for peer in known_peers(node)}
    news = _News(node, watch)
    looked = []
    for (site, seq, bundle), parts in _bundles_of(found).items():
        known = node.local(partial(bundles.one, direction=bundles.IN, peer=site, bundle=bundle.hex()))
        row = rows.get(site)
        looked.append(
            Looked(
                site=site,
                agency=agencies.get(site, ""),
                label=label_of(rows, agencies, site),
                seq=seq,
                bundle_id=bundle.hex(),
                made_at=parts[0].made_at,
                entries=parts[0].entries,
                fresh=sum(map(news.of, parts)),
                parts=tuple(part.number for part in parts),
                total=next((part.number for part in parts if part.last), known.parts if known else None),
                follows=parts[0].follows,
                state="new" if known is None else known.state,
                newer=any(part.schema > SCHEMA_V for part in parts),
                closed=row is not None and row.state in CLOSED,
                files=sum(map(news.files_of, parts)),
                taken_at=known.touched_at if known is not None and known.state == bundles.WHOLE else None,
            )
        )
    return Examined(tuple(looked), tuple(bad))
