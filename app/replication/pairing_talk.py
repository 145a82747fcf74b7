"""One talk of two consoles that pair: offers, nonces, signatures, then each waits for its officer, and nothing is entered
before both have confirmed (REPLICATION, Wire: Pairing; decision 0031).

How it may end is always known on both sides: entered here and there; entered here, and not heard whether there; confirmed here
and not there; nothing. Only what was entered on both sides lets anything flow.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from nacl.signing import SigningKey

from app.kernel.errors import EnvironmentFault, Refusal
from app.kernel.tasks import run_until_first_ends
from app.replication.identity import Identity, check_pairing, read_identity
from app.replication.pairing_wire import (
    BETWEEN,
    NONCE_BYTES,
    PROTOCOL,
    Abort,
    Beat,
    Confirm,
    GarbageError,
    Message,
    Offer,
    Proof,
    Reveal,
    Side,
    Stored,
    Told,
    Tries,
    Why,
    check_leaf,
    commitment_of,
    is_signed,
    number_of,
    receive,
    refused,
    send,
    sign,
    transcript,
)

_LOG = logging.getLogger(__name__)
TRIES_OVER: Final = "refusal.pairing.tries"
_THERE: Final = {  # what the other's reason means seen from here
    Why.MISMATCH: "refusal.pairing.mismatch_there",
    Why.TRIES: TRIES_OVER,
    Why.CANCELLED: "refusal.pairing.cancelled_there",
    Why.CLOSED: "refusal.pairing.closed_there",
    Why.REFUSED: "refusal.pairing.refused_there",
    Why.BETWEEN: BETWEEN,
}
_HERE: Final = {
    Why.MISMATCH: "refusal.pairing.mismatch_here",
    Why.TRIES: TRIES_OVER,
    Why.CANCELLED: "refusal.pairing.cancelled_here",
    Why.CLOSED: "refusal.pairing.closed_here",
}
_GOODBYE_S: Final = 1.0
_CHUNK: Final = 1 << 16
_MessageT = TypeVar("_MessageT", Offer, Reveal, Proof)


@dataclass(frozen=True)
class Own:
    """This side: its identity as file and as read, its site's key, the port its link listens on (0: none)."""

    file: bytes
    identity: Identity
    key: SigningKey
    link_port: int = 0


@dataclass(frozen=True)
class Times:
    """Seconds: for one step before the officers compare, between signs of life, and until silence ends the talk."""

    step_s: float = 5.0
    beat_s: float = 2.0
    dead_s: float = 10.0
    stored_s: float = 10.0


@dataclass(frozen=True)
class Compared:
    """What the officers compare: the other's identity (as read, and its file), the number, the port of its link."""

    identity: Identity
    file: bytes
    number: str
    link_port: int


@dataclass
class Outcome:
    """How a talk ended. `reason`: text key, None when it was entered on both sides.

    `revealed`: the nonces were out, so this was one of the window's tries. `tries_there`: what the other side has said of its
    own tries, None for nothing wrong.
    """

    reason: str | None = None
    revealed: bool = False
    tries_there: Tries | None = None
    confirmed_here: bool = False
    confirmed_there: bool = False
    entered_here: bool = False
    entered_there: bool = False
    fault: EnvironmentFault | Refusal | None = None


@dataclass(frozen=True)
class Hooks:
    """What a talk tells and asks: may these two pair (Refusal), what is to be compared, what changed, enter the other side."""

    judge: Callable[[Identity], None]
    compared: Callable[[Compared], None]
    changed: Callable[[], None]
    enter: Callable[[Compared], Awaitable[None]]


class _EndedError(Exception):
    """The talk is over, with this reason; `why` is told to the other side unless it knows."""

    def __init__(self, reason: str, why: Why | None = None) -> None:
        super().__init__(reason)
        self.reason, self.why = reason, why


@dataclass
class _Line:
    """The stream, and when something was last heard on it (seconds of the loop)."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    heard: float = 0.0
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def send(self, message: Message) -> None:
        async with self.sending:
            await send(self.writer, message)

    async def receive(self) -> Message:
        message = await receive(self.reader)
        self.heard = asyncio.get_running_loop().time()
        return message


class Talk:
    """One connection. `run` lives on the net loop; `confirm`, `mismatch` and `cancel` are called there."""

    def __init__(
        self,
        side: Side,
        own: Own,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        channel: bytes,
        hooks: Hooks,
        times: Times | None = None,
    ) -> None:
        self.side, self.outcome = side, Outcome()
        self._own, self._channel, self._hooks, self._times = own, channel, hooks, times or Times()
        self._line = _Line(*streams)
        self._news = asyncio.Event()
        self._will: Why | None = None
        self._tries: Tries | None = None  # to be told
        self._digest = b""
        self.compared: Compared | None = None

    # -- from outside ------------------------------------------------------------------------------------------------------
    def confirm(self) -> None:
        """Our officer has heard the same number."""
        self.outcome.confirmed_here = True
        self._news.set()

    def tell_tries(self, tries: Tries) -> None:
        """Another number was typed here: the other room hears how often, so that both know what is left."""
        self._tries = tries
        self._news.set()

    def end(self, why: Why) -> None:
        """Our side ends it."""
        self._will = why
        self._news.set()

    # -- life --------------------------------------------------------------------------------------------------------------
    async def run(self) -> Outcome:
        """Talk until the end and say how it was; nothing but cancellation is raised."""
        outcome = self.outcome
        try:
            await self._run()
        except _EndedError as ended:
            outcome.reason = ended.reason
            if ended.why is not None:
                await self._say_goodbye(Abort(ended.why))
        except GarbageError:
            outcome.reason = "refusal.pairing.garbage"
        except (OSError, EOFError, TimeoutError, ssl.SSLError) as lost:
            _LOG.info("pairing: line lost: %s", type(lost).__name__)
            outcome.reason = "refusal.pairing.cut"
            self._line.writer.transport.abort()  # nobody is there to say goodbye to
        except asyncio.CancelledError:
            self._line.writer.transport.abort()  # the loop may end before a goodbye would be over
            raise
        finally:
            self._line.writer.close()
        self._half()
        return outcome

    def _half(self) -> None:
        """One side confirmed or entered, and it is not known that the other did: said as such."""
        outcome = self.outcome
        if outcome.reason != "refusal.pairing.cut":
            return
        if outcome.entered_here:
            outcome.reason = "refusal.pairing.not_heard"
        elif outcome.confirmed_here:
            outcome.reason = "refusal.pairing.half"

    async def _say_goodbye(self, message: Message) -> None:
        """The last word, and then listen until the other has hung up: closing on unread bytes would tear it away."""
        with contextlib.suppress(OSError, TimeoutError, EOFError, ssl.SSLError):
            async with asyncio.timeout(_GOODBYE_S):
                await self._line.send(message)
                while await self._line.reader.read(_CHUNK):
                    continue

    async def _run(self) -> None:
        offer = await self._meet()
        self._digest = await self._prove(offer)
        assert self.compared is not None
        self._hooks.compared(self.compared)
        self._line.heard = asyncio.get_running_loop().time()
        await run_until_first_ends({"hear": self._hear(), "beat": self._beat(), "act": self._act()})
        await self._enter()

    # -- before anybody compares -------------------------------------------------------------------------------------------
    async def _step(self, kind: type[_MessageT]) -> _MessageT:
        async with asyncio.timeout(self._times.step_s):
            message = await self._line.receive()
        if isinstance(message, Abort):
            raise _EndedError(_reason(message))
        if not isinstance(message, kind):
            raise GarbageError("out of turn")
        return message

    async def _meet(self) -> tuple[Offer, Offer, bytes]:
        """Both offers and our nonce; Refusals of who may not pair end the talk with their own sentence."""
        nonce = os.urandom(NONCE_BYTES)
        own = self._own
        mine = Offer(PROTOCOL, own.file, commitment_of(self.side, nonce, own.file), own.link_port)
        await self._line.send(mine)
        theirs = await self._step(Offer)
        if theirs.proto != PROTOCOL:
            raise _EndedError("refusal.pairing.version", Why.REFUSED)
        try:
            identity = read_identity(theirs.identity)
            check_pairing(own.identity, identity)
            self._hooks.judge(identity)
            if self.side is Side.DIALLER:
                check_leaf(self._shown(), identity)
        except Refusal as wrong:
            self.outcome.fault = wrong
            why = Why.BETWEEN if wrong.text == BETWEEN else Why.REFUSED
            raise _EndedError(wrong.text, why) from wrong
        self.compared = Compared(identity, theirs.identity, "", theirs.link_port)
        return mine, theirs, nonce

    def _shown(self) -> bytes:
        ssl_object: ssl.SSLObject | None = self._line.writer.get_extra_info("ssl_object")
        shown = ssl_object.getpeercert(binary_form=True) if ssl_object is not None else None
        if not shown:
            raise refused(BETWEEN)
        return shown

    async def _prove(self, met: tuple[Offer, Offer, bytes]) -> bytes:
        """Reveal, check the other's commitment and signature; the transcript's digest."""
        mine, theirs, nonce = met
        assert self.compared is not None
        self.outcome.revealed = True  # from here on this was a try, however it ends
        await self._line.send(Reveal(nonce))
        reveal = await self._step(Reveal)
        told = {self.side: Told(mine, nonce), self.side.other: Told(theirs, reveal.nonce)}
        if not told[self.side.other].kept(self.side.other):
            raise _EndedError(BETWEEN, Why.BETWEEN)
        digest = transcript(told[Side.LISTENER], told[Side.DIALLER], self._channel)
        await self._line.send(Proof(sign(self._own.key, "proof", self.side, digest)))
        proof = await self._step(Proof)
        if not is_signed(self.compared.identity, proof.signature, "proof", self.side.other, digest):
            raise _EndedError(BETWEEN, Why.BETWEEN)
        seen = self.compared
        self.compared = Compared(seen.identity, seen.file, number_of(digest), seen.link_port)
        return digest

    # -- while the officers compare ----------------------------------------------------------------------------------------
    async def _hear(self) -> None:
        assert self.compared is not None
        while True:
            match await self._line.receive():
                case Beat():
                    continue
                case Abort() as abort:
                    raise _EndedError(_reason(abort))
                case Tries() as tries:
                    self.outcome.tries_there = tries
                case Confirm() as confirm:
                    if not is_signed(
                        self.compared.identity,
                        confirm.signature,
                        "confirm",
                        self.side.other,
                        self._digest,
                    ):
                        raise _EndedError(BETWEEN, Why.BETWEEN)
                    self.outcome.confirmed_there = True
                case Stored() if self.outcome.confirmed_there and self.outcome.confirmed_here:
                    self.outcome.entered_there = True
                case _:
                    raise GarbageError("out of turn")
            self._hooks.changed()
            self._news.set()

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._line.send(Beat())
            if loop.time() - self._line.heard > self._times.dead_s:
                raise _EndedError("refusal.pairing.cut")
            await asyncio.sleep(self._times.beat_s)

    async def _act(self) -> None:
        """Wait for our officer; ends when both have confirmed."""
        outcome, told = self.outcome, False
        while not (told and outcome.confirmed_there):
            if self._will is not None:
                raise _EndedError(_HERE[self._will], self._will)
            if self._tries is not None:
                tries, self._tries = self._tries, None
                await self._line.send(tries)
            elif outcome.confirmed_here and not told:
                told = True
                await self._line.send(Confirm(sign(self._own.key, "confirm", self.side, self._digest)))
            else:
                await self._news.wait()
                self._news.clear()

    # -- both have confirmed -----------------------------------------------------------------------------------------------
    async def _enter(self) -> None:
        """Enter the other side, say so, and hear the same; nothing cuts into the entering itself."""
        assert self.compared is not None
        outcome = self.outcome
        try:
            await self._hooks.enter(self.compared)
        except (Refusal, EnvironmentFault) as wrong:
            outcome.fault = wrong
            raise _EndedError(wrong.text, Why.REFUSED) from wrong
        outcome.entered_here = True
        self._hooks.changed()
        async with asyncio.timeout(self._times.stored_s):
            await self._line.send(Stored())
            while not outcome.entered_there:
                match await self._line.receive():
                    case Stored():
                        outcome.entered_there = True
                    case Abort() as abort:
                        raise _EndedError(_reason(abort))
                    case Beat():
                        continue
                    case _:
                        raise GarbageError("out of turn")


def _reason(abort: Abort) -> str:
    return _THERE[abort.why]
