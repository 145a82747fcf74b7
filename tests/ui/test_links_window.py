"""The link panel: ages of what should have moved, gaps that stay gaps, real links over loopback (JD-01, D-24)."""

from __future__ import annotations

import math
import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from app.bootstrap import pairing
from app.bootstrap.listening import Listening
from app.bootstrap.node import Node, Open
from app.kernel.clock import ManualClock, SystemClock
from app.kernel.enums import LinkState
from app.kernel.paths import DataDir
from app.replication.status import LinkStatus, Waiting
from app.ui.links.judgement import CONNECTING, NO_NETWORK, NOT_PAIRED, judge, of_partner
from app.ui.links.rtt_series import series
from app.usecases.duty import NoteLinkState
from tests.kit import START, founded_town, ms
from tests.ui.window_kit import CTRL, Room, emb_room, rooms
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "rooms"]
NOW = ms("09:00:00")
UP = LinkStatus(
    "f" * 26,
    "FRD",
    LinkState.UP,
    NOW - 600_000,
    last_heard_at=NOW - 1_000,
    last_applied_at=NOW - 300_000,
    waiting_out=Waiting(0),
    rtt_ms=42.0,
    rtt_samples=((NOW - 2_000, 42.0),),
)


# -- judgement -------------------------------------------------------------------------------------------------------------
def test_a_quiet_line_is_young_because_the_partner_answers() -> None:
    standing = judge(UP, NOW)
    assert (standing.word, standing.out_ms, standing.in_ms) == ("ui.links.state.up", 2_000, 1_000)
    assert (standing.out_tone, standing.in_tone) == ("good", "good")


def test_what_waits_gives_the_age_however_alive_the_socket_is() -> None:
    """A green socket is not a moving line: the age is that of what should have moved."""
    late_out = judge(replace(UP, waiting_out=Waiting(7, 38_000)), NOW)
    assert (late_out.out_ms, late_out.out_tone, late_out.word) == (38_000, "warn", "ui.links.state.late_out")
    late_in = judge(replace(UP, state=LinkState.DEGRADED, waiting_in=3, last_applied_at=NOW - 38_000), NOW)
    assert (late_in.in_ms, late_in.in_tone, late_in.word) == (38_000, "warn", "ui.links.state.late_in")
    catching_up = judge(replace(UP, waiting_in=412, last_applied_at=NOW - 100), NOW)
    assert catching_up.word == "ui.links.state.catching_up"


def test_a_line_that_is_down_is_bad_in_both_directions() -> None:
    standing = judge(
        replace(UP, state=LinkState.DOWN, since=NOW - 720_000, reason="refusal.sync.silent"), NOW
    )
    assert (standing.word, standing.out_tone, standing.in_tone) == ("ui.links.state.down", "bad", "bad")
    assert standing.since == NOW - 720_000 and standing.reason == "refusal.sync.silent"
    assert UP.rtt_ms is not None and standing.rtt_ms is None, "nothing comes back, so there is no round trip"


def test_nothing_is_claimed_before_anything_is_known() -> None:
    assert judge(None, NOW, network=False) is NO_NETWORK
    assert judge(None, NOW) is NOT_PAIRED
    fresh = LinkStatus("f" * 26, "FRD", LinkState.DOWN, NOW - 3_000)
    assert judge(fresh, NOW) is CONNECTING
    assert judge(fresh, NOW + 8_000).state is LinkState.DOWN


def test_of_several_links_the_best_stands_for_the_partner() -> None:
    hall = replace(UP, agency="HALL")
    down = replace(UP, site="x" * 26, state=LinkState.DOWN)
    assert of_partner([hall, down, UP], "FRD") is UP
    assert of_partner([hall], "FRD") is None


# -- the curve -------------------------------------------------------------------------------------------------------------
def test_a_break_stays_a_gap() -> None:
    samples = [(NOW - 100_000 + n * 1_000, 40.0) for n in range(30)] + [
        (NOW - 24_000 + n * 1_000, 90.0) for n in range(24)
    ]
    curve = series(samples, NOW)
    assert curve.gaps == ((-71.0, -24.0),)
    assert sum(math.isnan(y) for y in curve.ys) == 1, "no value is invented inside a gap"
    assert (curve.middle, curve.most) == (40.0, 90.0)


def test_a_break_that_still_lasts_reaches_to_now() -> None:
    curve = series([(NOW - 60_000, 40.0), (NOW - 59_000, 41.0)], NOW)
    assert curve.gaps == ((-59.0, 0.0),)


def test_before_the_first_sample_there_is_no_gap_and_old_samples_go() -> None:
    assert series([], NOW).gaps == () and series([], NOW).middle is None
    assert series([(NOW - 601_000, 40.0), (NOW - 1_000, 1.0)], NOW).xs == (-1.0,)


# -- the panel -------------------------------------------------------------------------------------------------------------
def test_channels_that_are_not_connected_say_so(emb_room: Room) -> None:
    panel = emb_room.window.links
    assert panel is not None
    panel.show_standing(judge(UP, NOW), NOW)
    cells = {row[0][0]: [text for text, _ in row[1:]] for row in panel.channels.rows}
    assert cells["数据"] == ["正常", "2 秒", "1 秒", "42 毫秒"]
    for channel in ("视频", "电台", "有线电话"):
        assert cells[channel] == ["未接入", "—", "—", "—"]


def test_the_reason_stands_there_in_words(emb_room: Room) -> None:
    panel = emb_room.window.links
    assert panel is not None
    panel.show_standing(judge(replace(UP, state=LinkState.DEGRADED, reason="refusal.sync.silent"), NOW), NOW)
    assert panel.reason.text() and "refusal" not in panel.reason.text()
    panel.show_standing(judge(UP, NOW), NOW)
    assert not panel.reason.text()
    panel.show_standing(judge(replace(UP, clock_offset_ms=-75_000), NOW), NOW)
    assert "75 秒" in panel.skew.text() and "D-24" in panel.skew.text()


def test_changes_of_the_link_are_listed_newest_first(emb_room: Room) -> None:
    room, panel = emb_room, emb_room.window.links
    assert panel is not None
    for state in (LinkState.UP, LinkState.DOWN):
        room.clock.advance(60)
        note = NoteLinkState(peer="消防支队", state=state, seconds=60)
        room.site.node.execute(note, room.site.account("console"))
    room.wait(lambda: panel.log.text().count("\n") == 1)
    first, second = panel.log.text().splitlines()
    assert "中断" in first and "恢复" in second


def test_the_plot_comes_after_the_window_and_hatches_gaps(emb_room: Room) -> None:
    room, panel = emb_room, emb_room.window.links
    assert panel is not None
    room.wait(lambda: panel.plot._plot is not None)
    samples = [(NOW - 200_000 + n * 1_000, 40.0) for n in range(50)]
    samples.append((NOW - 1_000, 50.0))
    panel.plot.show_series(series(samples, NOW))
    assert len(panel.plot._gaps) == 2, "the hatch and its words"
    room.bot.wait(20)
    panel.plot.show_series(series((), NOW))
    assert panel.plot._gaps == []
    assert panel.plot._plot.isHidden(), "the sentence takes its place"
    panel.plot.show_series(series(samples, NOW))
    assert not panel.plot._plot.isHidden(), "and gives it back with the first sample"


# -- real links ------------------------------------------------------------------------------------------------------------
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def paired(founded_town: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[dict[str, int]]:
    """Both sites, paired by their identity files, with the port each listens on."""
    ports = {"EMB": free_port(), "FRD": free_port()}
    files = {}
    admins = founded_town[1]
    for agency, port in ports.items():
        shutil.copytree(founded_town[0] / agency, tmp_path / "town" / agency)
        with Node(Open(DataDir(tmp_path / "town" / agency), ManualClock(ms(START)))) as node:
            files[agency] = pairing.identity_file(node, [f"127.0.0.1:{port}"])
    for agency, other in (("EMB", "FRD"), ("FRD", "EMB")):
        with Node(Open(DataDir(tmp_path / "town" / agency), ManualClock(ms(START)))) as node:
            number = pairing.compare(node, files[other]).number
            pairing.confirm(node, files[other], number, admins[agency], f"127.0.0.1:{ports[other]}")
    yield ports


def test_two_windows_over_a_real_link(paired: dict[str, int], rooms: OpenRoom) -> None:
    """An act here is painted there; when the partner goes away the header says so, and acts go on."""

    def listening(agency: str):
        def set_up(console):
            console._listen = Listening("127.0.0.1", paired[agency])
            console.clock = SystemClock()

        return set_up

    here, there = rooms("EMB", before=listening("EMB")), rooms("FRD", before=listening("FRD"))

    def up(room: Room) -> bool:
        room.window._tick(room.console.clock.now_ms())
        standing = room.window.feeds.standing
        return standing is not None and standing.state is LinkState.UP

    here.wait(lambda: up(here) and up(there) and "待收 0" in here.window.header.link.text())
    assert not here.window.header.link.alarmed
    here.sign_in()
    here.press(Qt.Key.Key_N, CTRL)
    sheet = here.window.overlays.register
    sheet.place.setText("虹桥街道某商场")
    sheet.submit()
    here.wait(lambda: here.window.session.selected_incident)
    incident_id = here.window.session.selected_incident
    there.wait(lambda: any(row.id == incident_id for row in there.window.feeds.rows))
    there.close()
    here.wait(lambda: not up(here) and here.window.header.link.alarmed)
    assert "单方值守" in here.window.header.link.text()
    sheet.place.setText("单方登记")
    sheet.submit()
    here.wait(lambda: here.window.session.selected_incident != incident_id)
