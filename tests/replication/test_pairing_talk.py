"""Pairing over the network: commit, reveal, prove, compare; nothing is entered before both confirmed (REPLICATION, Pairing)."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.enums import Realm
from app.kernel.errors import ErrorCode, Refusal
from app.replication import pairing_wire
from app.replication.pairing_talk import Compared, Outcome, Times
from app.replication.pairing_wire import (
    Beat,
    Confirm,
    Message,
    Offer,
    Proof,
    Reveal,
    Side,
    Told,
    Tries,
    Why,
    commitment_of,
    number_of,
    sign,
    transcript,
)
from tests.replication.fakes import run, until
from tests.replication.pairing_kit import (
    QUICK,
    Between,
    Party,
    answering,
    compared,
    dialled,
    dialling,
    listening,
    party,
)

Story = Callable[[Party, Party], Awaitable[None]]


def told(emb: Party, frd: Party, story: Story, times: Times = QUICK) -> tuple[Outcome, Outcome]:
    """Let two sides meet directly; how it ended for the one that waited and for the one that dialled."""

    async def scenario() -> tuple[Outcome, Outcome]:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        async with listening(emb.tls, answering(emb, ended, times)) as port:
            call = asyncio.ensure_future(dialling(frd, port, times))
            await story(emb, frd)
            return await ended, await call

    return run(scenario())


@pytest.fixture
def emb(tmp_path: Path) -> Party:
    return party(tmp_path, "EMB")


@pytest.fixture
def frd(tmp_path: Path) -> Party:
    return party(tmp_path, "FRD")


def test_both_confirm_and_both_enter(emb: Party, frd: Party) -> None:
    async def story(emb: Party, frd: Party) -> None:
        await compared(emb, frd)
        assert emb.number == frd.number and len(emb.number.replace(" ", "")) == 6
        assert emb.talk is not None and frd.talk is not None
        emb.talk.confirm()
        await until(lambda: frd.talk is not None and frd.talk.outcome.confirmed_there, "told")
        assert not emb.entered and not frd.entered, "one alone enters nothing"
        frd.talk.confirm()

    for outcome in told(emb, frd, story):
        assert outcome.reason is None and outcome.entered_here and outcome.entered_there
    assert (emb.entered, frd.entered) == ([frd.own.identity.site], [emb.own.identity.site])


def test_each_talk_has_its_own_number(emb: Party, frd: Party) -> None:
    numbers = set()
    for _ in range(3):
        emb.compared = frd.compared = None

        async def story(emb: Party, frd: Party) -> None:
            await compared(emb, frd)
            numbers.add(emb.number)
            assert frd.talk is not None
            frd.talk.end(Why.MISMATCH)

        here, there = told(emb, frd, story)
        assert (here.reason, there.reason) == (
            "refusal.pairing.mismatch_there",
            "refusal.pairing.mismatch_here",
        )
        assert here.revealed and there.revealed
    assert len(numbers) == 3
    assert not emb.entered and not frd.entered


def test_cut_after_one_confirmed_is_said_and_nothing_is_entered(emb: Party, frd: Party) -> None:
    async def story(emb: Party, frd: Party) -> None:
        await compared(emb, frd)
        assert emb.talk is not None and frd.talk is not None
        emb.talk.confirm()
        await until(lambda: frd.talk is not None and frd.talk.outcome.confirmed_there, "told")
        frd.talk._line.writer.transport.abort()

    here, there = told(emb, frd, story)
    assert (here.reason, there.reason) == ("refusal.pairing.half", "refusal.pairing.cut")
    assert here.confirmed_here and there.confirmed_there
    assert not emb.entered and not frd.entered


def test_silence_ends_the_talk(emb: Party, frd: Party) -> None:
    """A line that stays open while nothing comes is no line: both know within the limit."""

    async def scenario() -> Outcome:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        async with listening(emb.tls, answering(emb, ended)) as port:
            between = Between(
                emb.tls, port, lambda _way, message: None if isinstance(message, Beat) else message
            )
            # The same leaf on both sides: a thief of the TLS key, so that the channel fits and only silence tells.
            async with listening(emb.tls, between.serve) as middle:
                call = asyncio.ensure_future(dialling(frd, middle))
                await compared(emb, frd)
                await call
                return await ended

    assert run(scenario()).reason == "refusal.pairing.cut"


def test_cut_after_both_confirmed_leaves_one_entered_and_says_so(emb: Party, frd: Party) -> None:
    """The other's last word is lost: entered here, not heard whether there; never claimed as done."""

    async def scenario() -> tuple[Outcome, Outcome]:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def make(way: str, message: Message) -> Message | None:
            lost = way == "to_dialler" and isinstance(message, pairing_wire.Stored | Confirm)
            return None if lost else message

        async with (
            listening(emb.tls, answering(emb, ended)) as port,
            listening(emb.tls, Between(emb.tls, port, make).serve) as middle,
        ):
            call = asyncio.ensure_future(dialling(frd, middle))
            await compared(emb, frd)
            assert emb.talk is not None and frd.talk is not None
            emb.talk.confirm()
            frd.talk.confirm()
            here = await ended
            return here, await call

    here, there = run(scenario())
    assert here.entered_here and not here.entered_there and here.reason == "refusal.pairing.not_heard"
    assert not there.entered_here and there.reason == "refusal.pairing.half"
    assert emb.entered and not frd.entered


# -- somebody between ------------------------------------------------------------------------------------------------------
class Liar:
    """Shows each side an identity of his own and keeps the protocol towards both."""

    def __init__(self, emb: Party, frd: Party, as_emb: Party, as_frd: Party) -> None:
        self.emb, self.frd, self.as_emb, self.as_frd = emb, frd, as_emb, as_frd

    async def run(self) -> tuple[str, str]:
        """Two full talks side by side; the numbers both rooms see."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[Outcome] = loop.create_future()
        his: asyncio.Future[Outcome] = loop.create_future()
        async with (
            listening(self.emb.tls, answering(self.emb, ended)) as port,
            listening(self.as_emb.tls, answering(self.as_emb, his)) as middle,
        ):
            calls = [
                asyncio.ensure_future(dialling(self.as_frd, port)),
                asyncio.ensure_future(dialling(self.frd, middle)),
            ]
            await compared(self.emb, self.frd)
            numbers = self.emb.number, self.frd.number
            for room in (self.emb, self.frd):
                assert room.talk is not None
                room.talk.end(Why.MISMATCH)
            await asyncio.gather(ended, his, *calls)
        return numbers


def test_with_somebody_between_the_two_rooms_see_different_numbers(
    emb: Party, frd: Party, tmp_path: Path
) -> None:
    for _ in range(3):  # a window's tries: an agreement would be one in a million each time
        emb.compared = frd.compared = None
        here, there = run(Liar(emb, frd, party(tmp_path, "EMB"), party(tmp_path, "FRD")).run())
        assert here and there and here != there
    assert not emb.entered and not frd.entered


def test_identities_passed_on_over_a_channel_that_was_broken_up_do_not_prove(
    emb: Party, frd: Party, tmp_path: Path
) -> None:
    """He passes everything on but ends TLS himself: the leaf is not the listener's."""
    thief = party(tmp_path, "EMB")

    async def scenario() -> tuple[Outcome, Outcome]:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        async with (
            listening(emb.tls, answering(emb, ended)) as port,
            listening(thief.tls, Between(thief.tls, port, lambda _, message: message).serve) as middle,
        ):
            there = await dialling(frd, middle)
            return await ended, there

    here, there = run(scenario())
    assert there.reason == here.reason == "refusal.pairing.between"
    assert not emb.number and not frd.number, "nobody is shown anything to compare"


@pytest.mark.parametrize("what", ["nonce", "port", "confirm"])
def test_what_is_changed_on_the_way_is_noticed(emb: Party, frd: Party, what: str) -> None:
    def make(way: str, message: Message) -> Message:
        if way == "to_listener":
            match message:
                case Reveal() if what == "nonce":
                    return Reveal(os.urandom(32))
                case Offer() if what == "port":
                    return Offer(message.proto, message.identity, message.commitment, 1)
                case Confirm() if what == "confirm":
                    return Confirm(bytes(64))
        return message

    async def scenario() -> Outcome:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        async with (
            listening(emb.tls, answering(emb, ended)) as port,
            listening(emb.tls, Between(emb.tls, port, make).serve) as middle,
        ):
            call = asyncio.ensure_future(dialling(frd, middle))
            if what == "confirm":
                await compared(emb, frd)
                assert emb.talk is not None and frd.talk is not None
                emb.talk.confirm()
                frd.talk.confirm()
            outcome = await ended
            await call
            return outcome

    assert run(scenario()).reason == "refusal.pairing.between"
    assert not emb.entered
    if what != "confirm":  # EMB's own confirmation came through unharmed
        assert not frd.entered


def test_the_last_to_choose_cannot_choose_the_number(emb: Party, frd: Party) -> None:
    """He who has seen our nonce must open the commitment he made before: another nonce that would give a wanted number fails."""

    async def scenario() -> Outcome:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        async with listening(emb.tls, answering(emb, ended)) as port:
            (reader, writer), channel = await dialled(port)
            nonce = os.urandom(32)
            offer = Offer(1, frd.own.file, commitment_of(Side.DIALLER, nonce, frd.own.file), 0)
            await pairing_wire.send(writer, offer)
            theirs, reveal = await pairing_wire.receive(reader), await pairing_wire.receive(reader)
            assert isinstance(theirs, Offer) and isinstance(reveal, Reveal)
            listener = Told(theirs, reveal.nonce)
            wanted = next(
                trial
                for trial in (os.urandom(32) for _ in range(1_000_000))
                if number_of(transcript(listener, Told(offer, trial), channel))[:2] == "00"
            )
            await pairing_wire.send(writer, Reveal(wanted))
            digest = transcript(listener, Told(offer, wanted), channel)
            await pairing_wire.send(writer, Proof(sign(frd.own.key, "proof", Side.DIALLER, digest)))
            outcome = await ended
            writer.close()
            return outcome

    assert run(scenario()).reason == "refusal.pairing.between"
    assert not emb.number


def test_what_was_said_once_is_no_answer_the_next_time(emb: Party, frd: Party) -> None:
    """Replay: offer, nonce and signature of an earlier talk, over a new connection."""
    kept: list[Message] = []

    def keep(way: str, message: Message) -> Message:
        if way == "to_listener" and not isinstance(message, Beat):
            kept.append(message)
        return message

    async def scenario() -> Outcome:
        loop = asyncio.get_running_loop()
        first: asyncio.Future[Outcome] = loop.create_future()
        async with (
            listening(emb.tls, answering(emb, first)) as port,
            listening(emb.tls, Between(emb.tls, port, keep).serve) as middle,
        ):
            call = asyncio.ensure_future(dialling(frd, middle))
            await compared(emb, frd)
            assert emb.talk is not None and frd.talk is not None
            emb.talk.confirm()
            frd.talk.confirm()
            await asyncio.gather(first, call)
        assert len(kept) >= 4
        emb.compared = None
        second: asyncio.Future[Outcome] = loop.create_future()
        async with listening(emb.tls, answering(emb, second)) as port:
            (_, writer), _ = await dialled(port)
            for message in kept:
                await pairing_wire.send(writer, message)
            outcome = await second
            writer.close()
            return outcome

    outcome = run(scenario())
    assert outcome.reason == "refusal.pairing.between"
    assert emb.entered == [frd.own.identity.site], "only the first time"


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">I", 1 << 30),
        struct.pack(">I", 4) + b"\xff\xff\xff\xff",
        struct.pack(">I", 3) + b"\x93\x01\x02",
        struct.pack(">I", 5) + b"\x81\xa1t\xa1x",
    ],
)
def test_garbage_ends_the_talk_before_anything_is_shown(emb: Party, data: bytes) -> None:
    async def scenario() -> Outcome:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        async with listening(emb.tls, answering(emb, ended)) as port:
            (_, writer), _ = await dialled(port)
            writer.write(data)
            outcome = await ended
            writer.close()
            return outcome

    outcome = run(scenario())
    assert outcome.reason in ("refusal.pairing.garbage", "refusal.pairing.cut")
    assert not outcome.revealed and not emb.number


@pytest.mark.parametrize(
    "early", [Confirm(bytes(64)), pairing_wire.Stored(), Proof(bytes(64)), Beat(), Tries(1, 2)]
)
def test_nothing_is_taken_out_of_turn(emb: Party, frd: Party, early: Message) -> None:
    async def scenario() -> Outcome:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        async with listening(emb.tls, answering(emb, ended)) as port:
            (_, writer), _ = await dialled(port)
            await pairing_wire.send(writer, Offer(1, frd.own.file, bytes(32), 0))
            await pairing_wire.send(writer, early)
            outcome = await ended
            writer.close()
            return outcome

    assert run(scenario()).reason == "refusal.pairing.garbage"
    assert not emb.number and not emb.entered


def test_who_may_not_pair_hears_why_before_a_number_is_made(emb: Party, tmp_path: Path) -> None:
    exercise = party(tmp_path, "FRD", realm=Realm.EXERCISE)

    async def nothing(emb: Party, frd: Party) -> None:
        return None

    here, there = told(emb, exercise, nothing)
    assert here.reason == "refusal.sync.realm"
    assert there.reason in ("refusal.sync.realm", "refusal.pairing.refused_there")
    assert not here.revealed and not there.revealed


def test_what_cannot_be_entered_ends_without_a_claim(emb: Party, frd: Party) -> None:
    """The disk, or the right, says no at the last step: not entered here, and the other is told."""

    async def refuses(_compared: Compared) -> None:
        raise Refusal(ErrorCode.PERM, "refusal.permission.denied")

    async def story(emb: Party, frd: Party) -> None:
        await compared(emb, frd)
        assert emb.talk is not None and frd.talk is not None
        object.__setattr__(emb.talk._hooks, "enter", refuses)
        emb.talk.confirm()
        frd.talk.confirm()

    here, there = told(emb, frd, story)
    assert here.reason == "refusal.permission.denied" and not here.entered_here
    assert there.entered_here and not there.entered_there and there.reason == "refusal.pairing.refused_there"


@given(st.binary(max_size=400))
def test_no_bytes_make_anything_but_a_message_or_a_refusal(data: bytes) -> None:
    async def read() -> str:
        reader = asyncio.StreamReader()
        reader.feed_data(struct.pack(">I", len(data)) + data)
        reader.feed_eof()
        try:
            await pairing_wire.receive(reader)
        except pairing_wire.GarbageError:
            return "garbage"
        return "message"

    assert run(read()) in ("garbage", "message")


def test_a_message_cut_off_is_the_end_of_the_line() -> None:
    async def read() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(struct.pack(">I", 100) + b"half")
        reader.feed_eof()
        with pytest.raises(EOFError):
            await pairing_wire.receive(reader)

    run(read())
