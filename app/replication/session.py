"""One session with one peer over one carrier: HELLO both ways, then both halves side by side until one ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from app.journal.offering import as_far_as_here, numbers
from app.journal.own_chain import NO_HEAD, Named
from app.kernel.clock import Clock
from app.kernel.enums import Priority
from app.kernel.errors import EnvironmentFault, Refusal
from app.kernel.tasks import run_until_first_ends
from app.replication.beside import Beside, BesideExchange
from app.replication.carriers import Carrier, CarrierClosedError
from app.replication.endings import CLOSED, CUT, DUPLICATE, FRAME, INTERNAL, SessionEndedError, refusal, told
from app.replication.frames import (
    MAX_RANGES,
    Ack,
    AskHeld,
    AskKeys,
    Eph,
    Err,
    FileChunk,
    FrameCodec,
    FrameError,
    Held,
    Hello,
    Keys,
    Kind,
    Lane,
    Nack,
    Ping,
    Pong,
    Sig,
    Want,
    peek,
)
from app.replication.heartbeat import TROUBLE, Heartbeat
from app.replication.hello import Met, check_hello, flat, greeting
from app.replication.outbox import Outbox
from app.replication.peers import LocalSite, Pace, Peer
from app.replication.ports import JournalPort, NodePort
from app.replication.proof import hear_proof
from app.replication.receiving import Receiving
from app.replication.sending import Sending
from app.replication.status import PeerStatus

_ENDING_S: Final = 1.0
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Hooks:
    """What a session tells its owner: may it live (False: another one does), passing frames, what the peer holds.

    `acknowledged(peer, vector, whole)`: it has projected these chains up to these numbers; `whole`: and nothing else.
    """

    admit: Callable[[Session], bool]
    ephemeral: Callable[[str, Eph], None]
    signal: Callable[[str, Sig], None]
    acknowledged: Callable[[str, Mapping[str, int], bool], None] = lambda peer, vector, whole: None


@dataclass(frozen=True)
class Parts:
    """What all sessions of a service share."""

    node: NodePort
    local: LocalSite
    clock: Clock
    pace: Pace
    instance: bytes
    hooks: Hooks
    beside: Beside = field(default_factory=Beside)


@dataclass(frozen=True)
class _Held:
    """What we hold when a session begins."""

    vector: dict[str, tuple[int, bytes]]
    withheld: dict[str, list[tuple[int, int]]]


class Session:
    """A link to one pinned peer; `dialled` tells who opened the connection."""

    def __init__(
        self, parts: Parts, peer: Peer, carrier: Carrier, status: PeerStatus, *, dialled: bool
    ) -> None:
        self._parts, self.peer, self._carrier, self._status = parts, peer, carrier, status
        self.dialler = parts.local.site if dialled else peer.site
        self.peer_instance = b""
        self.live = False
        self._agreed = False  # the peer keeps this session, too: it said more than HELLO
        self._note: str | None = None
        self._codec = FrameCodec()
        self._outbox = Outbox()
        self._stop: asyncio.Future[SessionEndedError] = asyncio.get_running_loop().create_future()
        self._sending: Sending | None = None
        self._receiving: Receiving | None = None
        self._heartbeat: Heartbeat | None = None
        self._beside: BesideExchange | None = None

    # -- from outside ------------------------------------------------------------------------------------
    def changed(self) -> None:
        """Something was committed here: it goes out if the peer lacks it."""
        if self._sending is not None:
            self._sending.changed()

    def beside_changed(self, *, files: bool, keys: bool) -> None:
        """Records that may speak of a file, or need a key, were committed here."""
        if self._beside is not None:
            self._beside.changed(files=files, keys=keys)

    def stop(self, key: str) -> None:
        """End the session soon, with this text key as reason."""
        self.live = False
        if not self._stop.done():
            self._stop.set_result(SessionEndedError(key))

    def send_small(self, frame: Eph | Sig) -> bool:
        """Queue a passing frame; False when the session does not live or too many wait."""
        lane = Lane.SIGNAL if isinstance(frame, Sig) else Lane.LIVE
        return self.live and self._outbox.put(lane, self._codec.encode(frame))

    # -- life --------------------------------------------------------------------------------------------
    async def run(self) -> SessionEndedError:
        """Run to the end and return why it ended; nothing but cancellation is raised."""
        try:
            ended = await self._run()
        except SessionEndedError as wrong:
            ended = wrong
        except FrameError as wrong:
            ended = SessionEndedError(FRAME, str(wrong))
        except Refusal as wrong:
            ended = SessionEndedError(wrong.text)
        except CarrierClosedError as over:
            ended = SessionEndedError(FRAME if over.oversized else CUT, str(over))
        except (OSError, TimeoutError) as wrong:
            ended = SessionEndedError(CUT, type(wrong).__name__)
        except EnvironmentFault as fault:
            ended = SessionEndedError(fault.text, fault.code)
        except Exception as bug:
            _LOG.exception("session with %s failed", self.peer.site)
            ended = SessionEndedError(INTERNAL, type(bug).__name__)
        finally:
            self.live = False
        level = logging.INFO if ended.key in (CUT, CLOSED, DUPLICATE) else logging.WARNING
        _LOG.log(level, "session with %s ended: %s", self.peer.site, ended)
        await self._say_goodbye(ended)
        return ended

    async def _run(self) -> SessionEndedError:
        async with asyncio.timeout(self._parts.pace.hello_s):
            held, met = await self._greet()
            node = self._parts.node
            named, start = await node.on_writer(
                Priority.LIVE, partial(_stand, node.journal, self.peer.site, met.heads)
            )
        if named is not Named.GOOD:
            if named is Named.CLAIMED:
                own = self._parts.local.site
                end = own, held.vector.get(own, (0, b""))[0]
                await hear_proof(node, self._carrier, self._parts.pace, end, met.heads[own][0])
            raise refusal("own_chain_behind")
        self.peer_instance = met.instance
        if not self._parts.hooks.admit(self):
            raise SessionEndedError(DUPLICATE)
        self._begin(held, met, start)
        await run_until_first_ends(self._works(held, met))
        return SessionEndedError(CUT)

    async def _greet(self) -> tuple[_Held, Met]:
        node, local = self._parts.node, self._parts.local
        held = await node.on_writer(Priority.LIVE, partial(_held, node.journal))
        hello = greeting(local, held.vector, held.withheld, self._parts.clock.now_ms(), self._parts.instance)
        with contextlib.suppress(CarrierClosedError):
            await self._carrier.send(self._codec.encode(hello))
        data = await self._carrier.recv()  # who closed at once may have said why
        frame = self._codec.decode(data)
        if isinstance(frame, Err):
            raise told(frame.code)
        if not isinstance(frame, Hello):
            raise FrameError("no hello")
        # Another session may have moved things since our HELLO was made: what the peer says is held against what is here now.
        now = _Held(await node.on_writer(Priority.LIVE, node.journal.vector), held.withheld)
        return now, check_hello(local, self.peer, now.vector, frame)

    def _begin(self, held: _Held, met: Met, start: Mapping[str, int]) -> None:
        parts, status = self._parts, self._status
        own = parts.local.site
        status.begun()
        # A HELLO may be older than what the peer has acknowledged in the session before this one: taken back is that only by a
        # peer that was started anew, perhaps from a copy.
        anew = status.started_anew(met.instance)
        self._note = met.note
        status.have({site: seq for site, (seq, _) in held.vector.items()})
        theirs = {site: seq for site, (seq, _) in met.heads.items()}
        status.announced(theirs)
        status.own_end(held.vector.get(own, (0, b""))[0])
        status.acked(theirs.get(own, 0), stated=anew)
        parts.hooks.acknowledged(self.peer.site, as_far_as_here(numbers(start), held.vector), anew)
        for site in met.forked:
            status.stuck(site, "refusal.sync.fork")
        self._sending = Sending(parts.node, self.peer, met, start, self._outbox, status, parts.pace)
        self._receiving = Receiving(
            parts.node,
            self._outbox,
            status,
            parts.pace,
            coming=self._sending.coming,
            bodies_come=self._sending.bodies_come,
            learned=self._learned,
            asked=self._sending.on_fill,
        )
        self._heartbeat = Heartbeat(self._outbox, status, parts.clock, parts.pace)
        self._beside = BesideExchange(
            parts.beside,
            self._outbox,
            status,
            parts.pace,
            peer=self.peer.site,
            scopes=met.scopes,
            ask=met.note != "refusal.sync.schema_older",
        )
        self.live = True

    def _works(self, held: _Held, met: Met) -> dict[str, Coroutine[None, None, object]]:
        assert self._sending is not None and self._receiving is not None
        assert self._heartbeat is not None and self._beside is not None
        return {
            "read": self._read(self._sending, self._receiving, self._heartbeat),
            "write": self._outbox.run(self._carrier.send),
            "send": self._sending.run(),
            "decode": self._receiving.decode(),
            "apply": self._apply(self._receiving, held),
            "heartbeat": self._heartbeat.run(),
            "beside": self._beside.run(),
            "stop": self._stopped(),
        }

    def _learned(self, vector: Mapping[str, int]) -> None:
        """The peer sent us these chains, and they were taken: it holds them."""
        assert self._sending is not None
        self._sending.learned(vector)
        self._parts.hooks.acknowledged(self.peer.site, vector, False)

    async def _apply(self, receiving: Receiving, held: _Held) -> None:
        if len(flat(held.withheld)) > MAX_RANGES:
            await receiving.ask_for_bodies(skip=MAX_RANGES)
        await receiving.apply()

    async def _stopped(self) -> None:
        raise await self._stop

    def _heard(self, heartbeat: Heartbeat, kind: Kind) -> None:
        """Whoever would not keep the session says why right after HELLO: anything else means that both keep it."""
        heartbeat.heard()
        if kind is Kind.ERR or not self.live:
            return
        if not self._agreed:
            self._agreed = True
            self._status.connected(self._note)
        self._status.heard()

    async def _read(self, sending: Sending, receiving: Receiving, heartbeat: Heartbeat) -> None:
        assert self._beside is not None
        while True:
            data = await self._carrier.recv()
            kind = peek(data)[0]
            self._heard(heartbeat, kind)
            if kind in (Kind.OPS, Kind.FILL):
                receiving.accept(data)
                continue
            match self._codec.decode(data):
                case Ack() as ack:
                    self._parts.hooks.acknowledged(self.peer.site, sending.on_ack(ack), False)
                case Nack() as nack:
                    sending.on_nack(nack)
                case Ping() as ping:
                    heartbeat.on_ping(ping)
                case Pong() as pong:
                    heartbeat.on_pong(pong)
                case Eph(topic=topic) as eph if topic == TROUBLE:
                    heartbeat.on_trouble(eph)
                case Eph() as eph:
                    self._parts.hooks.ephemeral(self.peer.site, eph)
                case Sig() as sig:
                    self._parts.hooks.signal(self.peer.site, sig)
                case Want() | FileChunk() | AskKeys() | Keys() | AskHeld() | Held() as frame:
                    self._beside.on_frame(frame)
                case Err() as err:
                    raise told(err.code)
                case _:
                    raise FrameError("out of place")

    async def _say_goodbye(self, ended: SessionEndedError) -> None:
        """Tell the peer why, if it is still there and does not know."""
        with contextlib.suppress(CarrierClosedError, OSError, TimeoutError):
            async with asyncio.timeout(_ENDING_S):
                if ended.key != CUT and not ended.from_peer:
                    own_trouble = not ended.key.startswith("refusal.sync.")
                    key, detail = (CLOSED, "") if own_trouble else (ended.key, ended.detail[:200])
                    await self._carrier.send(self._codec.encode(Err(key, detail)))
                await self._carrier.close()


def _held(journal: JournalPort) -> _Held:
    return _Held(journal.vector(), journal.withheld())


def _stand(
    journal: JournalPort, peer: str, heads: Mapping[str, tuple[int, bytes]]
) -> tuple[Named, dict[str, int]]:
    """What the peer's HELLO says of our own chain, and of all chains."""
    return journal.named(peer, heads.get(journal.own_site, NO_HEAD)), journal.common(heads)
