"""Taking a bundle's part in: verified, then received in small commits behind whatever else the writer does (CM-07).

Every commit is whole by itself, so a cut, a cancel or a kill leaves a valid journal; taken again, what is known is passed over.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from app.journal.faults import BadTransactionError, Fault, GapError, NewerSchemaError
from app.journal.operation import Transaction
from app.journal.own_chain import OwnChainError
from app.journal.vouching import Open
from app.kernel.changes import ChangeSet
from app.kernel.enums import Priority
from app.replication.bundles.attached import Attaching
from app.replication.bundles.parts import Opened, bundle_refusal
from app.replication.bundles.writing import OnWriter
from app.replication.files import FilesPort, NoFiles
from app.replication.frames import FileChunk, Fill, FrameError, Ops
from app.replication.ports import JournalPort
from app.replication.wire import unpack_block

_SLICE_S: Final = 0.01  # what one commit may take on the writer
_FIRST_BUDGET: Final = 256
_LEAST_BUDGET: Final = 16
_MOST_BUDGET: Final = 4096


class CancelledError(Exception):
    """Given up by the person who began it; what was committed stays."""


@dataclass
class Taken:
    """What became of a part: operations new here, known before, passed over for a version to come; a gap that stopped it.

    `bodies`: transactions whose late bodies came; `files`: attachments that are whole now; `commands`: names of the acts among
    which the new ones are.
    """

    applied: int = 0
    bodies: int = 0
    known: int = 0
    newer: int = 0
    files: int = 0
    gap: bool = False
    commands: set[str] = field(default_factory=set)

    @property
    def whole(self) -> bool:
        """True if nothing of it has to come again."""
        return not self.gap and not self.newer


class BundleTaker:
    """Takes parts in; one for a whole import, so that keys and pace are kept from part to part."""

    def __init__(
        self,
        journal: JournalPort,
        on_writer: OnWriter[object],
        publish: Callable[[ChangeSet], None],
        *,
        progress: Callable[[int], None] = lambda done: None,
        cancelled: Callable[[], bool] = lambda: False,
        files: FilesPort | None = None,
    ) -> None:
        """`progress` hears how many operations were looked at; both callbacks are called on the caller's thread."""
        self._journal, self._on_writer, self._publish = journal, on_writer, publish
        self._progress, self._cancelled = progress, cancelled
        self._keys: dict[str, VerifyKey] = {}
        self._budget = _FIRST_BUDGET
        self._done = 0
        self._attaching = Attaching(files or NoFiles())

    def take(self, part: Opened) -> Taken:
        """Receive what a part carries, up to its first gap.

        Refusal `bad_content` for what no honest site writes (what stood before it is kept), CancelledError, EnvironmentFault.
        """
        taken, stopped = Taken(), set[str]()
        try:
            for frame in part.decoded():
                if isinstance(frame, FileChunk):
                    self._take_piece(frame, taken)
                else:
                    self._take_frame(frame, taken, stopped)
                    self._attaching.recorded()
                if taken.gap:
                    break
            taken.files += self._attaching.over()
        except FrameError as wrong:
            raise bundle_refusal("refusal.bundles.bad_content", what=str(wrong)) from wrong
        finally:
            self._attaching.end()
        return taken

    def _take_piece(self, frame: FileChunk, taken: Taken) -> None:
        if self._cancelled():
            raise CancelledError
        joined, whole = self._attaching.take(frame)
        taken.gap = not joined
        taken.files += whole

    def _take_frame(self, frame: Ops | Fill, taken: Taken, stopped: set[str]) -> None:
        assert frame.block is not None
        waiting = deque(unpack_block(self._journal.realm, frame.block))
        while waiting and not taken.gap:
            if self._cancelled():
                raise CancelledError
            while waiting and waiting[0][0].site in stopped:
                self._pass_over(waiting.popleft(), taken)
            txs = self._some(waiting)
            if not txs:
                return
            kept = self._commit(waiting, txs, taken, stopped, late=isinstance(frame, Fill))
            for _ in range(kept):
                waiting.popleft()
            self._done += sum(map(len, txs[:kept]))
            self._progress(self._done)

    def _pass_over(self, tx: Transaction, taken: Taken) -> None:
        taken.newer += len(tx)
        self._done += len(tx)

    def _some(self, waiting: Sequence[Transaction]) -> list[Transaction]:
        """What one commit takes; it ends where none waits for a signature of its chain (decision 0026)."""
        txs: list[Transaction] = []
        operations = closed = 0
        unsigned = Open()
        for tx in waiting:
            if closed and operations + len(tx) > self._budget:
                break
            txs.append(tx)
            operations += len(tx)
            if unsigned.step(tx):
                closed = len(txs)
        return txs[:closed] or txs

    def _commit(
        self,
        waiting: deque[Transaction],
        txs: Sequence[Transaction],
        taken: Taken,
        stopped: set[str],
        *,
        late: bool,
    ) -> int:
        """One commit of the first of what waits; how many of them are dealt with. One that is passed over waits no more."""
        sealed = {tx[-1].hash: key for tx in txs if (key := self._verified(tx)) is not None}
        run: OnWriter[_Commit] = self._on_writer  # type: ignore[assignment]
        done = run(Priority.BULK, partial(_receive, self._journal, txs, sealed))
        if done.changes.changes or done.applied:  # headers alone change nothing here, and are still relayed
            self._publish(done.changes)
        self._keys.update((site, VerifyKey(key)) for site, key in done.keys.items())
        self._adapt(sum(map(len, txs)), done.took_s)
        kept = txs if done.fault is None else txs[: done.fault.kept]
        taken.applied += done.applied
        taken.known += sum(map(len, kept)) - done.applied
        taken.bodies += done.bodies if late else 0
        taken.commands.update(op.command or "" for tx in kept for op in tx if op.hash in done.news)
        if done.fault is None:
            return len(txs)
        if self._on_fault(done.fault, txs[done.fault.at], taken, stopped, late=late):
            del waiting[done.fault.at]
        return len(kept)

    def _on_fault(
        self, fault: Fault, tx: Transaction, taken: Taken, stopped: set[str], *, late: bool
    ) -> bool:
        """True when the faulty one is passed over, False when it stops the part."""
        if isinstance(fault, OwnChainError):
            raise bundle_refusal("refusal.sync.own_chain_behind") from fault
        if isinstance(fault, BadTransactionError) and not (late and tx[-1].sig is None):
            raise bundle_refusal("refusal.bundles.bad_content", what=str(fault)) from fault
        if late:  # bodies for what is not held here: of no use
            return True
        if isinstance(fault, NewerSchemaError) or (isinstance(fault, GapError) and stopped):
            stopped.add(tx[0].site)
            self._pass_over(tx, taken)
            return True
        taken.gap = True
        return False

    def _verified(self, tx: Transaction) -> bytes | None:
        """The key with which the signature was found good here; None leaves it to the journal."""
        last, key = tx[-1], self._keys.get(tx[0].site)
        if key is None or last.sig is None:
            return None
        try:
            key.verify(last.hash, last.sig)
        except BadSignatureError:
            return None  # the key may have changed in what comes before
        return bytes(key)

    def _adapt(self, operations: int, took_s: float) -> None:
        if operations >= _LEAST_BUDGET and took_s > 0:
            fitting = round(operations * _SLICE_S / took_s)
            self._budget = max(_LEAST_BUDGET, min(_MOST_BUDGET, (self._budget + fitting) // 2))


@dataclass
class _Commit:
    news: frozenset[bytes]
    applied: int
    bodies: int
    fault: Fault | None
    changes: ChangeSet
    keys: Mapping[str, bytes]
    took_s: float


def _receive(journal: JournalPort, txs: Sequence[Transaction], sealed: Mapping[bytes, bytes]) -> _Commit:
    """On the writer's thread; `applied` counts operations new here, those of a second branch too, by which no chain grows."""
    begun = time.monotonic()
    sites = {tx[0].site for tx in txs}
    news = journal.unknown(txs)
    fault: Fault | None = None
    bodies = 0
    try:
        received = journal.receive(txs, sealed)
        changes, bodies = received.changes, received.applied
    except Fault as wrong:
        fault, changes = wrong, wrong.changes
    kept = txs if fault is None else txs[: fault.kept]
    news -= journal.unknown(kept)  # what was left out is not taken (decision 0045)
    applied = len(news & {op.hash for tx in kept for op in tx})
    keys = {site: key for site in sites if (key := journal.public_key(site)) is not None}
    return _Commit(news, applied, bodies, fault, changes, keys, time.monotonic() - begun)
