"""The state of a link is what was applied and acknowledged, not that a socket is open (JD-01, D-24)."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from app.kernel.clock import ManualClock
from app.kernel.enums import LinkState
from app.replication.status import Limits, LinkStatus, PeerStatus, Waiting

OWN, PEER = "a" * 26, "b" * 26
START = 1_752_473_000_000


class Bench:
    """A status with both clocks in hand."""

    def __init__(self, remembered: dict[str, int] | None = None) -> None:
        self.clock = ManualClock(START)
        self.seconds = 100.0
        self.status = PeerStatus(
            PEER, "FRD", OWN, self.clock, Limits(1, 5, 10), lambda: self.seconds, remembered
        )

    def pass_s(self, seconds: float, heard: bool = True) -> LinkStatus:
        for _ in range(round(seconds * 2)):
            self.seconds += 0.5
            self.clock.advance(0.5)
            if heard:
                self.status.heard()
        return self.status.snapshot()

    def up(self) -> LinkStatus:
        self.status.connected()
        self.status.heard()
        self.status.acked(0, stated=True)
        return self.status.snapshot()


def test_begins_down_and_comes_up_with_hello():
    bench = Bench()
    assert bench.status.snapshot().state is LinkState.DOWN
    bench.pass_s(3, heard=False)
    link = bench.up()
    assert (link.state, link.since, link.reason) == (LinkState.UP, START + 3_000, None)


def test_open_socket_on_which_nothing_arrives_is_degraded_then_down():
    bench = Bench()
    bench.up()
    link = bench.pass_s(3, heard=False)
    assert (link.state, link.reason) == (LinkState.DEGRADED, "refusal.sync.silent")
    link = bench.pass_s(3, heard=False)
    assert (link.state, link.since) == (LinkState.DOWN, START + 6_000)
    assert link.last_heard_at == START
    bench.status.heard()
    assert bench.status.snapshot().state is LinkState.UP


def test_unacknowledged_operations_degrade_the_link():
    bench = Bench()
    bench.up()
    bench.status.own_end(3)
    link = bench.pass_s(9)
    assert (link.state, link.waiting_out) == (LinkState.UP, Waiting(3, 9_000))
    link = bench.pass_s(2)
    assert (link.state, link.reason) == (LinkState.DEGRADED, "refusal.sync.not_acknowledged")
    bench.status.acked(2)
    link = bench.status.snapshot()
    assert (link.state, link.waiting_out, link.last_acked_at) == (
        LinkState.UP,
        Waiting(1, 11_000),
        START + 11_000,
    )
    bench.status.acked(3)
    assert bench.status.snapshot().waiting_out == Waiting(0)


def test_announced_operations_that_do_not_arrive_degrade_the_link():
    bench = Bench()
    bench.up()
    bench.status.announced({PEER: 5})
    assert bench.status.snapshot().waiting_in == 5
    link = bench.pass_s(11)
    assert (link.state, link.reason) == (LinkState.DEGRADED, "refusal.sync.not_arriving")
    bench.status.have({PEER: 4})
    bench.status.applied()
    link = bench.status.snapshot()
    assert (link.state, link.waiting_in, link.last_applied_at) == (LinkState.UP, 1, START + 11_000)


def test_reasons_of_standstill_show_and_go():
    bench = Bench()
    bench.up()
    bench.status.stuck("disk", "fault.disk.full")
    bench.status.stuck("gap", "refusal.sync.gap")
    assert bench.status.snapshot().reason == "fault.disk.full"
    bench.status.stuck("disk", None)
    link = bench.status.snapshot()
    assert (link.state, link.reason) == (LinkState.DEGRADED, "refusal.sync.gap")
    bench.status.stuck("gap", None)
    assert bench.status.snapshot().state is LinkState.UP


def test_what_waits_is_counted_while_the_link_is_down():
    bench = Bench()
    assert bench.status.snapshot().waiting_out is None
    bench.status.own_end(7)
    assert bench.status.snapshot().waiting_out is None
    bench.up()
    bench.status.acked(7)
    bench.status.lost("refusal.sync.cut")
    bench.status.own_end(9)
    link = bench.pass_s(60, heard=False)
    assert (link.state, link.reason) == (LinkState.DOWN, "refusal.sync.cut")
    assert link.waiting_out == Waiting(2, 60_000)


def test_remembered_acknowledgement_counts_from_the_start():
    bench = Bench({OWN: 4})
    bench.status.own_end(6, age_ms=30_000)
    assert bench.status.snapshot().waiting_out == Waiting(2, 30_000)


def test_age_of_a_backlog_comes_from_the_oldest_operation():
    bench = Bench()
    bench.status.own_end(6)
    bench.up()
    bench.status.backlog(7_200_000)
    assert bench.status.snapshot().waiting_out == Waiting(6, 7_200_000)
    bench.status.acked(6)
    assert bench.status.snapshot().waiting_out == Waiting(0)


def test_peer_that_lost_our_operations_shows_them_as_waiting_again():
    bench = Bench()
    bench.up()
    bench.status.own_end(6)
    bench.status.acked(6)
    bench.status.lost("refusal.sync.cut")
    bench.status.connected()
    bench.status.acked(2, stated=True)
    waiting = bench.status.snapshot().waiting_out
    assert waiting is not None and waiting.count == 4


def test_clock_steps_do_not_disturb_the_judgement():
    bench = Bench()
    bench.up()
    bench.status.own_end(1)
    bench.pass_s(2)
    bench.clock.advance(-3600)
    link = bench.pass_s(2)
    assert (link.state, link.waiting_out) == (LinkState.UP, Waiting(1, 4_000))
    bench.clock.advance(7200)
    assert bench.status.snapshot().state is LinkState.UP


def test_round_trips_are_kept_for_ten_minutes():
    bench = Bench()
    bench.up()
    for n in range(15):
        bench.status.pong(float(n), 0)
        bench.clock.advance(60)
    link = bench.status.snapshot()
    assert link.rtt_ms == 14.0
    assert [rtt for _, rtt in link.rtt_samples] == [float(n) for n in range(4, 15)]


@pytest.mark.parametrize(("offset", "warns"), [(60_000, False), (60_001, True), (-60_001, True)])
def test_offset_of_the_quickest_round_trip_counts(offset, warns):
    """D-24: more than 60 s warns."""
    bench = Bench()
    bench.up()
    assert not bench.status.snapshot().clock_warns
    for rtt, seen in ((50.0, offset + 25), (2.0, offset), (400.0, offset - 200)):
        bench.status.pong(rtt, seen)
    link = bench.status.snapshot()
    assert (link.clock_offset_ms, link.clock_warns, link.state) == (offset, warns, LinkState.UP)


def test_version_note_stays_while_connected():
    bench = Bench()
    bench.status.connected("refusal.sync.schema_older")
    assert bench.status.snapshot().note == "refusal.sync.schema_older"
    bench.status.lost("refusal.sync.cut")
    assert bench.status.snapshot().note is None


def test_snapshots_do_not_change():
    link = Bench().up()
    with pytest.raises(FrozenInstanceError):
        link.state = LinkState.DOWN  # type: ignore[misc]
