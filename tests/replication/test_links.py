"""Which of two connections lives, and how long a faulty peer is left alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from app.kernel.clock import ManualClock
from app.kernel.enums import LinkState
from app.replication import dialling
from app.replication.dialling import pauses
from app.replication.endings import CLOSED, CUT, DUPLICATE, SessionEndedError, told
from app.replication.links import Link
from app.replication.peers import LocalSite, Pace, Peer, doubled
from app.replication.status import PeerStatus
from tests.replication.fakes import run

LOW, HIGH = "a" * 26, "b" * 26


@dataclass
class FakeSession:
    """What a link needs to know of a session."""

    dialler: str
    peer_instance: bytes = b"first start"
    live: bool = True
    stopped: list[str] = field(default_factory=list)

    def stop(self, key: str) -> None:
        self.stopped.append(key)


def fake_session(dialler: str, instance: bytes = b"first start") -> Any:
    return FakeSession(dialler, instance)


def link(own: str, other: str, pace: Pace | None = None) -> tuple[LocalSite, Link]:
    local = LocalSite("live", "310105", "EMB", own, 1)
    peer = Peer(other, "FRD", "")
    return local, Link(peer, PeerStatus(other, "FRD", own, ManualClock(0)), pace or Pace())


def living(here: Link) -> Any:
    return here.session


@pytest.mark.parametrize("own", [LOW, HIGH])
@pytest.mark.parametrize("order", [(LOW, HIGH), (HIGH, LOW)])
def test_both_sides_keep_the_connection_that_the_lower_site_dialled(own, order):
    async def scenario() -> None:
        local, here = link(own, HIGH if own == LOW else LOW)
        first, second = fake_session(order[0]), fake_session(order[1])
        assert here.admit(local, first)
        assert here.admit(local, second) is (order[1] == LOW)
        assert here.session is not None and here.session.dialler == LOW
        assert (first.stopped == [DUPLICATE]) is (order[0] == HIGH)

    run(scenario())


def test_newer_connection_of_the_same_dialler_or_of_a_restarted_peer_replaces_the_older():
    async def scenario() -> None:
        local, here = link(LOW, HIGH)
        old, again, restarted = fake_session(LOW), fake_session(LOW), fake_session(HIGH, b"second start")
        assert here.admit(local, old) and here.admit(local, again)
        assert living(here) is again
        assert here.admit(local, restarted) and living(here) is restarted
        assert [old.stopped, again.stopped, restarted.stopped] == [[DUPLICATE], [DUPLICATE], []]
        assert here.leave(old, SessionEndedError(DUPLICATE)) == 0.0
        assert living(here) is restarted and not here.free.is_set()
        here.leave(restarted, SessionEndedError(CUT))
        assert here.session is None and here.free.is_set()
        assert here.status.snapshot().reason == CUT

    run(scenario())


def test_pause_doubles_while_a_peer_stays_faulty():
    async def scenario() -> None:
        _, here = link(LOW, HIGH, Pace(penalty_min_s=10, penalty_max_s=60))
        seen = []
        for _ in range(5):
            here.leave(fake_session(LOW), SessionEndedError("refusal.sync.bad_transaction"))
            seen.append(round(here.pause_s()))
        assert seen == [10, 20, 40, 60, 60]
        here.leave(fake_session(LOW), SessionEndedError(CUT))
        assert round(here.pause_s()) == 60

    run(scenario())


def test_retired_link_admits_nobody():
    async def scenario() -> None:
        local, here = link(LOW, HIGH)
        session = fake_session(LOW)
        assert here.admit(local, session)
        here.retire(CLOSED)
        assert session.stopped == [CLOSED]
        assert not here.admit(local, fake_session(LOW))
        assert here.status.snapshot().state is LinkState.DOWN

    run(scenario())


def test_pauses_grow_to_their_limit_with_jitter():
    made = pauses(Pace(), Random(7))
    seen = [next(made) for _ in range(8)]
    for pause, middle in zip(seen, [0.5, 1, 2, 4, 8, 8, 8, 8], strict=True):
        assert 0.75 * middle <= pause <= 1.25 * middle
    assert len(set(seen)) == 8


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("refusal.sync.proto_newer", "refusal.sync.proto_older"),
        ("refusal.sync.own_chain_behind", "refusal.sync.peer_chain_behind"),
        ("refusal.sync.realm", "refusal.sync.realm"),
        ("<img onerror=alert(1)>", "refusal.sync.peer_error"),
        ("refusal.sync.peer_error", "refusal.sync.peer_error"),
    ],
)
def test_what_a_peer_says_is_turned_round_and_never_shown_as_it_came(code, key):
    ended = told(code)
    assert ended.key == key and ended.from_peer


def test_a_pause_that_was_doubled_without_end_is_the_longest() -> None:
    """A peer that is refused for months is still dialled: 2**1024 is no number of seconds."""

    async def scenario() -> None:
        _, here = link(LOW, HIGH, Pace(penalty_min_s=1.0, penalty_max_s=300.0))
        for _ in range(1100):
            here.leave(fake_session(LOW), SessionEndedError("refusal.sync.own_chain_behind"))
        assert 299.0 < here.pause_s() <= 300.0

    run(scenario())
    assert [doubled(1.0, n, 300.0) for n in (0, 1, 2, 9, 10_000)] == [1.0, 2.0, 4.0, 300.0, 300.0]


def test_dialling_that_a_bug_ends_begins_anew_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody else dials this peer until the next start."""
    tries: list[int] = []

    async def dial(here: Link, _context: Any, _converse: Any) -> None:
        tries.append(len(tries))
        if len(tries) < 3:
            raise OverflowError("a bug of ours")
        here.retired = True

    async def scenario() -> None:
        _, here = link(LOW, HIGH, Pace(redial_max_s=0.001))
        nothing: Any = None
        await dialling.keep_dialling(here, nothing, nothing)

    monkeypatch.setattr(dialling, "dial", dial)
    run(scenario())
    assert len(tries) == 3
    assert [record.levelname for record in caplog.records if HIGH in record.message] == ["ERROR", "ERROR"]
