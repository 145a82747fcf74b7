"""Two consoles over real loopback TLS: they converge whatever the line does (XC-02, REPLICATION, When things go wrong)."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from dataclasses import replace

import pytest

from app.kernel.clock import SystemClock
from app.kernel.enums import LinkState
from app.kernel.errors import EnvironmentFault
from app.replication.frames import Eph, Sig
from app.replication.service import Replication
from app.replication.session import Session
from tests.replication.fakes import run, same_journal, until
from tests.replication.sites import Site, sites
from tools.relay import Relay


def up(*services: Replication) -> bool:
    return all(link.state is LinkState.UP for service in services for link in service.status())


def equal(*made: Site) -> bool:
    return same_journal(site.journal for site in made)


def test_two_services_converge_and_stay_in_step(pair):
    bureau, brigade = pair

    async def scenario() -> None:
        for n in range(20):
            await bureau.node.write(f"before {n}")
            await brigade.node.write(f"here {n}")
        async with (
            bureau.service(brigade.peer(), listen=True) as one,
            brigade.service(bureau.peer(one.port)) as two,
        ):
            await until(lambda: equal(bureau, brigade), "catch-up")
            assert len(bureau.journal.rows) == 40
            await until(lambda: up(one, two), "both up")
            tx = await bureau.node.write("an act", "of two operations")
            await until(lambda: brigade.journal.rows[-1] == tx, "live act")
            await brigade.node.write("answer")
            await until(lambda: equal(bureau, brigade), "answer")
            (link,) = one.status()
            await until(lambda: one.status()[0].waiting_out.count == 0, "acknowledged")
            assert link.last_applied_at is not None

    run(scenario())
    assert bureau.journal.texts() == brigade.journal.texts()
    assert bureau.node.published and brigade.node.published
    assert any(set_.touches("duty_log") for set_ in brigade.node.published)


def test_nothing_sent_comes_back(pair):
    bureau, brigade = pair

    async def scenario() -> None:
        async with bureau.service(brigade.peer(), listen=True) as one, brigade.service(bureau.peer(one.port)):
            for n in range(30):
                await bureau.node.write(f"act {n}")
            await until(lambda: equal(bureau, brigade), "in step")
            await brigade.node.write("end")
            await until(lambda: equal(bureau, brigade), "in step")

    run(scenario())
    assert sum(bureau.journal.received) == 1


def test_acts_written_apart_arrive_after_the_line_returns(pair):
    bureau, brigade = pair

    async def scenario() -> None:
        async with (
            bureau.service(brigade.peer(), listen=True) as one,
            Relay(one.port) as relay,
            brigade.service(bureau.peer(relay.port)) as two,
        ):
            await until(lambda: up(one, two), "up")
            relay.refusing = True
            relay.cut()
            await until(lambda: not up(one) and not up(two), "down")
            for n in range(50):
                await bureau.node.write(f"bureau {n}")
                await brigade.node.write(f"brigade {n}")
            await until(lambda: two.status()[0].waiting_out.count == 50, "counted while apart")
            assert two.status()[0].state is LinkState.DOWN
            assert two.status()[0].waiting_out.oldest_ms > 0
            relay.refusing = False
            await until(lambda: equal(bureau, brigade) and up(one, two), "in step again")
            await until(lambda: two.status()[0].waiting_out.count == 0, "acknowledged")

    run(scenario())


def test_bulk_that_is_interrupted_all_the_time_arrives_whole(pair):
    """An officer's act waits at every commit: what was taken until then is acknowledged, the rest follows."""
    bureau, brigade = pair
    brigade.node.urgent = True

    async def scenario() -> None:
        for n in range(200):
            bureau.journal.author([bureau.journal.act(f"old {n}")])
        async with bureau.service(brigade.peer(), listen=True) as one, brigade.service(bureau.peer(one.port)):
            await until(lambda: equal(bureau, brigade), "in step", 30)

    run(scenario())
    assert len(brigade.journal.received) > 4
    assert bare(brigade) == bare(bureau)


def bare(site):
    """Rows without signatures: of what came in bulk one stands for many (decision 0026)."""
    return [tuple(replace(op, sig=None) for op in tx) for tx in site.journal.rows]


def test_connection_killed_in_mid_flight_again_and_again(pair):
    bureau, brigade = pair

    async def scenario() -> None:
        for n in range(3000):
            bureau.journal.author([bureau.journal.act(f"old {n} {n * n * 7919}")])
        async with bureau.service(brigade.peer(), listen=True) as one, Relay(one.port) as relay:
            relay.cut_after = 30_000
            async with brigade.service(bureau.peer(relay.port)):
                for cut in range(4):
                    await until(lambda: relay.cut_after is None, f"cut {cut}")
                    relay.cut_after = relay.forwarded + 30_000
                relay.cut_after = None
                await until(lambda: equal(bureau, brigade), "in step", 30)
                assert relay.connections >= 5

    run(scenario())
    assert len(brigade.journal.rows) == 3000
    assert bare(brigade) == bare(bureau)


def test_slow_line_still_fills_its_window(pair):
    bureau, brigade = pair

    async def scenario() -> float:
        for n in range(3000):
            bureau.journal.author([bureau.journal.act(f"old {n} {n * n * 7919}")])
        async with (
            bureau.service(brigade.peer(), listen=True) as one,
            Relay(one.port, delay_s=0.05) as relay,
            brigade.service(bureau.peer(relay.port)) as two,
        ):
            await until(lambda: equal(bureau, brigade), "in step", 30)
            await until(lambda: two.status()[0].rtt_ms is not None, "round trip")
            return two.status()[0].rtt_ms

    assert run(scenario()) >= 100


def test_stalled_line_is_never_shown_as_up(pair):
    """JD-01: an open socket on which nothing arrives is degraded, then down, and is dialled again."""
    bureau, brigade = pair

    async def scenario() -> None:
        seen: list[LinkState] = []
        async with (
            bureau.service(brigade.peer(), listen=True) as one,
            Relay(one.port) as relay,
            brigade.service(bureau.peer(relay.port)) as two,
        ):
            two.on_status(lambda link: seen.append(link.state))
            await until(lambda: up(one, two), "up")
            relay.stall()
            await until(lambda: two.status()[0].state is LinkState.DOWN, "down")
            assert LinkState.DEGRADED in seen
            assert two.status()[0].reason == "refusal.sync.silent" or not up(two)
            before = relay.connections
            relay.stall(False)
            await until(lambda: up(one, two), "up again")
            assert relay.connections > before or up(two)

    run(scenario())


def test_only_one_session_lives_when_both_dial(pair):
    bureau, brigade = pair

    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as spare:
            port = spare.getsockname()[1]
        one = bureau.service(brigade.peer(port), listen=True)
        async with one, brigade.service(bureau.peer(one.port), listen=True, port=port) as two:
            for n in range(30):
                await bureau.node.write(f"a {n}")
                await brigade.node.write(f"b {n}")
            await until(lambda: equal(bureau, brigade) and up(one, two), "in step")
            await until(
                lambda: len({live(one, brigade.site).dialler, live(two, bureau.site).dialler}) == 1,
                "both agree on one connection",
            )
            assert up(one, two)

    def live(service: Replication, site: str) -> Session:
        session = service._links[site].session
        assert session is not None
        return session

    run(scenario())


def test_a_restarted_peer_replaces_its_old_session(pair):
    bureau, brigade = pair

    async def scenario() -> None:
        async with bureau.service(brigade.peer(), listen=True) as one:
            for n in range(3):
                async with brigade.service(bureau.peer(one.port)) as two:
                    await brigade.node.write(f"start {n}")
                    await until(lambda: equal(bureau, brigade) and up(two), "in step")
                await until(lambda: one.status()[0].reason == "refusal.sync.closed", "told that it closed")

    run(scenario())


def test_third_site_gets_what_another_relays(tmp_path):
    with sites(tmp_path, "EMB", "FRD", "HALL") as (bureau, brigade, hall):

        async def scenario() -> None:
            async with (
                bureau.service(brigade.peer(), hall.peer(), listen=True) as one,
                brigade.service(bureau.peer(one.port)),
                hall.service(bureau.peer(one.port)),
            ):
                for n in range(10):
                    await brigade.node.write(f"brigade {n}")
                    await hall.node.write(f"hall {n}")
                    await bureau.node.write(f"bureau {n}")
                await until(lambda: equal(bureau, brigade, hall), "all three in step")

        run(scenario())
        assert len(hall.journal.rows) == 30


def test_bodies_outside_the_scope_come_after_the_disclosure(tmp_path):
    """A body leaves only to a peer that has acknowledged the disclosure (REPLICATION, Scope)."""
    with sites(tmp_path, "EMB", "HALL") as (bureau, hall):

        async def scenario() -> None:
            async with (
                bureau.service(hall.peer(), listen=True) as one,
                hall.service(bureau.peer(one.port)) as two,
            ):
                for n in range(600):
                    await bureau.node.write(f"inside {n}", scope="internal:EMB")
                await until(lambda: equal(bureau, hall), "headers")
                assert hall.journal.texts() == []
                assert hall.journal.withheld() == {bureau.site: [(1, 600)]}
                await bureau.node.write("internal:EMB", verb="disclose")
                later = [bureau.node.write(f"during {n}", scope="internal:EMB") for n in range(20)]
                await asyncio.gather(*later)
                await until(lambda: not hall.journal.withheld(), "all bodies")
                assert up(one, two)

        run(scenario())
        assert len(hall.journal.texts()) == 620


def test_withheld_ranges_are_asked_for_at_the_next_hello(tmp_path):
    with sites(tmp_path, "EMB", "HALL") as (bureau, hall):

        async def scenario() -> None:
            for n in range(10):
                await bureau.node.write(f"{n}", scope="contacts:a" if n % 2 else "joint")
            async with bureau.service(hall.peer(), listen=True) as one, hall.service(bureau.peer(one.port)):
                await until(lambda: equal(bureau, hall), "headers")
            assert len(hall.journal.texts()) == 5
            granted = frozenset({"contacts:a"})
            async with (
                bureau.service(hall.peer(scopes=granted), listen=True) as one,
                hall.service(bureau.peer(one.port), local=hall.local(scopes=granted)),
            ):
                await until(lambda: len(hall.journal.texts()) == 10, "bodies")

        run(scenario())


def test_full_disk_acknowledges_nothing_and_recovers(pair):
    bureau, brigade = pair

    async def scenario() -> None:
        async with (
            bureau.service(brigade.peer(), listen=True) as one,
            brigade.service(bureau.peer(one.port)) as two,
        ):
            await until(lambda: up(one, two), "up")
            fault = EnvironmentFault("disk.full", "fault.disk.full")
            brigade.journal.faults = [fault] * 5
            seen: Counter[str | None] = Counter()
            two.on_status(lambda link: seen.update([link.reason]))
            await bureau.node.write("kept by the sender")
            await until(lambda: len(brigade.journal.faults) < 5, "tried")
            assert one.status()[0].waiting_out.count == 1
            await until(lambda: equal(bureau, brigade), "stored in the end")
            await until(lambda: one.status()[0].waiting_out.count == 0, "acknowledged")
            await until(lambda: up(one), "told that the disk takes again")
            assert seen["fault.disk.full"] >= 1

    run(scenario())


def test_clock_difference_is_measured_and_warns(tmp_path):
    """D-24, XC-05: measured at link-up, more than 60 s warns, never added to anything."""

    class Behind:
        def __init__(self, behind_ms: int) -> None:
            self.behind_ms = behind_ms

        def now_ms(self) -> int:
            return SystemClock().now_ms() - self.behind_ms

    with sites(tmp_path, "EMB", "FRD", clocks=(SystemClock(), Behind(90_000))) as (bureau, brigade):

        async def scenario() -> None:
            async with (
                bureau.service(brigade.peer(), listen=True) as one,
                brigade.service(bureau.peer(one.port)) as two,
            ):
                await until(lambda: one.status()[0].clock_offset_ms is not None, "measured here")
                await until(lambda: two.status()[0].clock_offset_ms is not None, "measured there")
                assert abs((one.status()[0].clock_offset_ms or 0) + 90_000) < 1_000
                assert abs((two.status()[0].clock_offset_ms or 0) - 90_000) < 1_000
                assert one.status()[0].clock_warns and two.status()[0].clock_warns
                assert up(one, two)

        run(scenario())


def test_passing_frames_reach_the_peer_and_are_not_journalled(pair):
    bureau, brigade = pair

    async def scenario() -> None:
        got: list[object] = []
        async with bureau.service(brigade.peer(), listen=True) as one:
            one.on_signal(lambda site, frame: got.append((site, frame)))
            one.on_ephemeral(lambda site, frame: got.append((site, frame)))
            async with brigade.service(bureau.peer(one.port)) as two:
                assert not two.signal(bureau.site, Sig("call-1", 1, 0, b"offer"))
                await until(lambda: up(one, two), "up")
                assert two.signal(bureau.site, Sig("call-1", 1, 0, b"offer"))
                assert two.ephemeral(bureau.site, Eph("typing", b"x"))
                await until(lambda: len(got) == 2, "both")
                assert not two.signal("a" * 26, Sig("call-1", 1, 0, b"offer"))
        assert got == [
            (brigade.site, Sig("call-1", 1, 0, b"offer")),
            (brigade.site, Eph("typing", b"x")),
        ]

    run(scenario())
    assert bureau.journal.rows == []


def test_a_hearer_that_fails_ends_nothing(pair, caplog):
    bureau, brigade = pair

    def broken(*what: object) -> None:
        raise ValueError("a broken hearer")

    async def scenario() -> None:
        async with bureau.service(brigade.peer(), listen=True) as one:
            one.on_status(broken)
            one.on_signal(broken)
            one.on_ephemeral(broken)
            async with brigade.service(bureau.peer(one.port)) as two:
                await until(lambda: up(one, two), "up")
                assert two.signal(bureau.site, Sig("call-1", 1, 0, b""))
                assert two.ephemeral(bureau.site, Eph("typing", b""))
                await until(lambda: caplog.text.count("a broken hearer") >= 3, "all called")
                await brigade.node.write("goes on")
                await until(lambda: equal(bureau, brigade), "in step")
                assert up(one, two)

    run(scenario())


def test_status_may_be_asked_from_any_thread(pair):
    bureau, brigade = pair

    async def scenario() -> None:
        async with bureau.service(brigade.peer(), listen=True) as one, brigade.service(bureau.peer(one.port)):
            (first,) = await asyncio.to_thread(one.status)
            assert first.site == brigade.site
            await until(lambda: up(one), "up")
            for _ in range(200):
                if (await asyncio.to_thread(one.status))[0].state is LinkState.UP:
                    return
                await asyncio.sleep(0.01)
            raise AssertionError("never seen up from another thread")

    run(scenario())


def test_port_taken_is_told_plainly(pair):
    bureau, brigade = pair

    async def scenario() -> None:
        async with bureau.service(brigade.peer(), listen=True) as one:
            with pytest.raises(EnvironmentFault) as caught:
                async with brigade.service(bureau.peer(), listen=True, port=one.port):
                    raise AssertionError("listened on a taken port")
            assert caught.value.code == "port.taken"
            assert caught.value.text == "fault.port.taken"
            assert caught.value.params["port"] == one.port

    run(scenario())


def test_peers_may_be_added_and_removed_while_running(pair):
    bureau, brigade = pair

    async def scenario() -> None:
        await bureau.node.write("act")
        async with bureau.service(listen=True) as one, brigade.service(bureau.peer(one.port)) as two:
            await until(lambda: two.status()[0].reason is not None, "not accepted")
            assert not brigade.journal.rows
            await one.set_peers([brigade.peer()])
            await until(lambda: equal(bureau, brigade) and up(one, two), "paired")
            await one.set_peers([])
            await until(lambda: not up(two), "removed")
            await bureau.node.write("not for you")
            reasons = {"refusal.sync.not_paired_there", "refusal.sync.own_certificate"}
            await until(lambda: two.status()[0].reason in reasons, "refused before any HELLO")
            assert len(brigade.journal.rows) == 1

    run(scenario())


def test_service_leaves_no_task_behind(pair):
    bureau, brigade = pair

    async def scenario() -> None:
        async with (
            bureau.service(brigade.peer(), listen=True) as one,
            brigade.service(bureau.peer(one.port)) as two,
        ):
            await until(lambda: up(one, two), "up")
        own = asyncio.current_task()
        await until(lambda: asyncio.all_tasks() <= {own, *waiters()}, "all tasks ended", 3)

    def waiters() -> set[asyncio.Task]:
        return {task for task in asyncio.all_tasks() if "limited" in repr(task.get_coro())}

    run(scenario())
