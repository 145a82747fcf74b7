"""The pairing window of a console: limited in time, one connection at a time, three tries (REPLICATION, Pairing; decision 0031).

Every talk that came as far as the nonces is a try, however it ended: who stands between could otherwise cut whatever does not
suit him before anybody compares, and begin again until two numbers agree.

Lives on the net loop; its methods may be called from any other thread and return once they are done there.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, TypeVar

from app.bootstrap import pairing
from app.bootstrap.node import Node
from app.kernel.clock import SECOND_MS
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.tasks import TaskSet
from app.local.pairing_view import TRIES, WINDOW_S, PairingView, Stage, digits_of
from app.replication import pairing_wire
from app.replication.identity import read_identity
from app.replication.pairing_talk import TRIES_OVER, Compared, Hooks, Outcome, Own, Talk, Times
from app.replication.pairing_wire import MAX_MESSAGE_BYTES, Side, Tries, Why
from app.replication.tls import load_tls

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")
_CALL_S: Final = 20.0

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Pace:
    """Seconds: how long a window stays open, between two connections taken, between two tries to dial, for one handshake."""

    window_s: float = WINDOW_S
    apart_s: float = 0.5
    redial_s: float = 2.0
    handshake_s: float = 5.0
    times: Times = field(default_factory=Times)


@dataclass
class _Window:
    """One opening: who opened it, on which side, and what is left of it."""

    account_id: str
    side: Side
    own: Own
    host: str = ""
    tries: int = TRIES
    wrong: int = 0  # of these, numbers typed that were others
    talk: Talk | None = None
    listener: socket.socket | None = None
    over: str = ""  # why it ends when the talk under way does


class NetworkPairing:
    """`view` says how it stands; `paired` is called on the loop once another side was entered."""

    def __init__(
        self,
        node: Node,
        loop: asyncio.AbstractEventLoop,
        tasks: TaskSet,
        link_port: Callable[[], int | None],
        paired: Callable[[], object],
        pace: Pace | None = None,
    ) -> None:
        self._node, self._loop, self._tasks = node, loop, tasks
        self._link_port, self._paired, self._pace = link_port, paired, pace or Pace()
        self._window: _Window | None = None
        self._running: asyncio.Task[None] | None = None
        self._view = PairingView()

    def view(self) -> PairingView:
        """How it stands now; from any thread."""
        return self._view

    @staticmethod
    def check_free(host: str, port: int) -> None:
        """EnvironmentFault `port.*` when a window could not wait there; nothing stays open."""
        _listening_socket(host, port).close()

    # -- what officers do, from any other thread ---------------------------------------------------------------------------
    def listen(self, account_id: str, host: str, port: int) -> PairingView:
        """Open a window that waits for the other side. Refusal E_PERM, E_STATE `open_already`; EnvironmentFault `port.*`."""
        return self._call(self._open(account_id, Side.LISTENER, host, port))

    def dial(self, account_id: str, host: str, port: int) -> PairingView:
        """Open a window that dials the other side's until it answers. Refusal E_PERM, E_STATE `open_already`."""
        return self._call(self._open(account_id, Side.DIALLER, host, port))

    def confirm(self, account_id: str, number: str) -> PairingView:
        """The officer has heard this number. Refusal E_SYNC `wrong_number`: a try is gone; E_STATE `nothing_to_confirm`."""
        return self._call(self._confirm(account_id, number))

    def mismatch(self) -> PairingView:
        """The officer has heard another number: this talk ends, a try is gone."""
        return self._call(self._differ())

    def cancel(self) -> PairingView:
        """Close the window; what was entered stays."""
        return self._call(self._cancel())

    def _call(self, work: Coroutine[Any, Any, _T]) -> _T:
        done: Future[_T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result(_CALL_S)

    # -- the window --------------------------------------------------------------------------------------------------------
    async def _open(self, account_id: str, side: Side, host: str, port: int) -> PairingView:
        if self._view.open:
            raise _state("refusal.pairing.open_already")
        await asyncio.to_thread(self._node.check_right, "meet_agency", account_id)
        window = _Window(account_id, side, await asyncio.to_thread(self._own), host)
        if side is Side.LISTENER:
            window.listener = _listening_socket(host, port)
            port = int(window.listener.getsockname()[1])
        self._window = window
        self._view = PairingView(
            stage=_waiting_stage(side),
            until=self._node.clock.now_ms() + round(self._pace.window_s * SECOND_MS),
            address=f"{host}:{port}",
            own_port=window.own.link_port,
        )
        self._running = self._tasks.spawn(self._run(window, port), "pairing")
        return self._view

    def _own(self) -> Own:
        file = pairing.identity_file(self._node)
        return Own(file, read_identity(file), self._node.key.signing, self._link_port() or 0)

    async def _run(self, window: _Window, port: int) -> None:
        work = self._accept if window.side is Side.LISTENER else self._dial
        expiry = self._loop.call_later(self._pace.window_s, self._expire, window)
        reason = ""
        try:
            reason = await work(window, port)
        except asyncio.CancelledError:
            if not window.over:
                raise
            reason = window.over
        except Exception:
            _LOG.exception("pairing failed")
            reason = "refusal.pairing.internal"
        finally:
            expiry.cancel()
            if window.listener is not None:
                window.listener.close()
            self._window = None
            if self._view.stage is not Stage.DONE:
                self._say(stage=Stage.FAILED, reason=reason, number="")

    def _expire(self, window: _Window) -> None:
        """The time is over; what both have confirmed is still entered."""
        window.over = "refusal.pairing.expired"
        if window.talk is not None:
            window.talk.end(Why.CLOSED)
        elif self._running is not None:
            self._running.cancel()

    def _say(self, **changes: Any) -> None:
        self._view = replace(self._view, **changes)

    # -- the listening side ------------------------------------------------------------------------------------------------
    async def _accept(self, window: _Window, _port: int) -> str:
        """Take one connection after the other; returns why the window ends."""
        assert window.listener is not None
        tls = await asyncio.to_thread(load_tls, self._node.data.keys)
        context, channel = pairing_wire.listening_context(tls), pairing_wire.own_channel(tls)
        while True:
            line, (peer, *_) = await self._loop.sock_accept(window.listener)
            streams = await self._secured(line, context)
            if streams is not None:
                ended = await self._talk(window, streams, channel, peer)
                if ended is not None:
                    return ended
            await asyncio.sleep(self._pace.apart_s)

    async def _secured(self, line: socket.socket, context: ssl.SSLContext) -> Streams | None:
        reader = asyncio.StreamReader(limit=2 * MAX_MESSAGE_BYTES, loop=self._loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=self._loop)
        try:
            transport, _ = await self._loop.connect_accepted_socket(
                lambda: protocol, line, ssl=context, ssl_handshake_timeout=self._pace.handshake_s
            )
        except (OSError, TimeoutError, ssl.SSLError) as wrong:
            _LOG.info("pairing: a connection was no TLS 1.3: %s", type(wrong).__name__)
            line.close()
            self._say(reason="refusal.pairing.garbage")
            return None
        return reader, asyncio.StreamWriter(transport, protocol, reader, self._loop)

    # -- the dialling side -------------------------------------------------------------------------------------------------
    async def _dial(self, window: _Window, port: int) -> str:
        """Dial until somebody answers; returns why the window ends."""
        context = pairing_wire.dialling_context()
        while True:
            try:
                async with asyncio.timeout(2 * self._pace.handshake_s):
                    streams = await asyncio.open_connection(
                        window.host, port, ssl=context, limit=2 * MAX_MESSAGE_BYTES, server_hostname=""
                    )
            except (OSError, TimeoutError, ssl.SSLError) as wrong:
                _LOG.info("pairing: nobody answers: %s", type(wrong).__name__)
                if self._view.tries_left == TRIES:
                    self._say(reason="refusal.pairing.unanswered")
            else:
                secured: ssl.SSLObject = streams[1].get_extra_info("ssl_object")
                channel = pairing_wire.shown_channel(secured.getpeercert(binary_form=True) or b"")
                ended = await self._talk(window, streams, channel, window.host)
                if ended is not None:
                    return ended
            await asyncio.sleep(self._pace.redial_s)

    # -- one talk ----------------------------------------------------------------------------------------------------------
    async def _talk(self, window: _Window, streams: Streams, channel: bytes, host: str) -> str | None:
        """One connection to its end; why the window ends with it, None when it goes on."""
        hooks = Hooks(
            judge=pairing.check_agency,
            compared=partial(self._show, host=host),
            changed=self._changed,
            enter=partial(self._enter, window, host),
        )
        talk = window.talk = Talk(window.side, window.own, streams, channel, hooks, self._pace.times)
        if window.wrong:
            talk.tell_tries(Tries(window.wrong, max(0, window.tries)))
        try:
            outcome = await talk.run()
        finally:
            window.talk = None
        return self._ended(window, outcome)

    def _ended(self, window: _Window, outcome: Outcome) -> str | None:
        reason = outcome.reason or ""
        if reason == TRIES_OVER and not outcome.revealed:  # no number stood for it: a stranger's word
            reason = "refusal.pairing.garbage"
        if outcome.entered_here:
            self._say(
                stage=Stage.DONE, reason=reason, entered_there=outcome.entered_there, confirmed_there=True
            )
            return reason
        window.tries -= outcome.revealed
        over = window.tries <= 0
        self._say(
            stage=_waiting_stage(window.side),
            tries_left=max(0, window.tries),
            number="",
            wrong=False,
            confirmed_there=outcome.confirmed_there,
            reason=reason,
        )
        if _final(window, outcome):
            return reason
        return window.over or (TRIES_OVER if over else None)

    def _show(self, compared: Compared, host: str) -> None:
        other = compared.identity
        self._say(
            stage=Stage.COMPARING,
            number=compared.number,
            site=other.site,
            agency=other.agency,
            agency_name=other.agency_name,
            link_address=_address(host, compared.link_port),
            reason="",
            wrong=False,
            confirmed_there=False,
            wrong_there=0,
            left_there=TRIES,
        )

    def _changed(self) -> None:
        talk = self._window.talk if self._window is not None else None
        if talk is None:
            return
        self._say(confirmed_there=talk.outcome.confirmed_there)
        tries = talk.outcome.tries_there
        if tries is not None:
            self._say(wrong_there=tries.wrong, left_there=min(tries.left, TRIES))

    async def _enter(self, window: _Window, host: str, compared: Compared) -> None:
        address = _address(host, compared.link_port)
        await asyncio.to_thread(
            pairing.enter, self._node, compared.identity, compared.file, window.account_id, address
        )
        self._paired()

    # -- decisions, on the loop --------------------------------------------------------------------------------------------
    async def _confirm(self, account_id: str, number: str) -> PairingView:
        window = self._window
        if window is None or window.talk is None or self._view.stage is not Stage.COMPARING:
            raise _state("refusal.pairing.nothing_to_confirm")
        talk = window.talk
        await asyncio.to_thread(self._node.check_right, "meet_agency", account_id)
        if talk is not window.talk:  # it ended meanwhile
            raise _state("refusal.pairing.nothing_to_confirm")
        if digits_of(number) == digits_of(self._view.number):
            window.account_id = account_id
            self._say(stage=Stage.WAITING, wrong=False)
            talk.confirm()
            return self._view
        refusal = Refusal(ErrorCode.SYNC, "refusal.pairing.wrong_number", field="number", clause="CM-04")
        await asyncio.to_thread(self._node.record_refusal, "meet_agency", refusal, account_id)
        window.tries -= 1
        window.wrong += 1
        talk.tell_tries(Tries(window.wrong, max(0, window.tries)))
        self._say(tries_left=max(0, window.tries), wrong=True)
        if window.tries <= 0:
            talk.end(Why.TRIES)
        raise refusal

    async def _differ(self) -> PairingView:
        window = self._window
        if window is None or window.talk is None or not self._view.number:
            raise _state("refusal.pairing.nothing_to_confirm")
        window.talk.end(Why.TRIES if window.tries <= 1 else Why.MISMATCH)
        return self._view

    async def _cancel(self) -> PairingView:
        window, running = self._window, self._running
        if window is not None and running is not None:
            talk = window.talk
            if talk is not None:
                talk.end(Why.CANCELLED)
            else:
                running.cancel()
            await asyncio.wait([running])
        if self._view.stage is not Stage.DONE:  # what was entered while we gave up is said
            self._view = PairingView()
        return self._view


def _state(key: str) -> Refusal:
    return Refusal(ErrorCode.STATE, key, clause="CM-04")


def _waiting_stage(side: Side) -> Stage:
    return Stage.LISTENING if side is Side.LISTENER else Stage.DIALLING


def _final(window: _Window, outcome: Outcome) -> bool:
    """True if trying again would end the same way, or was not wanted. Who waits is not shut by a stranger's offer."""
    if outcome.reason == "refusal.pairing.cancelled_here":
        return True
    if outcome.reason == TRIES_OVER and outcome.revealed:  # the window there is closed: nobody would answer
        return True
    ours = outcome.revealed or window.side is Side.DIALLER
    return outcome.fault is not None and outcome.reason != "refusal.pairing.between" and ours


def _address(host: str, port: int) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{port}" if port else ""


def _listening_socket(host: str, port: int) -> socket.socket:
    """A listening socket with room for one in waiting; EnvironmentFault when the port is taken or the address not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setblocking(False)
        made.bind((host, port))
        made.listen(1)
    except OSError as wrong:
        made.close()
        key = "fault.port.taken" if wrong.errno == errno.EADDRINUSE else "fault.port.unusable"
        raise EnvironmentFault(key.removeprefix("fault."), key, host=host, port=port) from wrong
    return made
