"""The link desk: every line as it stands, why it stands still, what to do; a relay that stalls between real ones (JD-01)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from app.bootstrap import pairing
from app.bootstrap.listening import Listening
from app.bootstrap.site_console import SiteConsole
from app.kernel.clock import SystemClock
from app.kernel.enums import LinkState
from app.kernel.texts import Texts
from app.queries import duty
from app.replication.status import LinkStatus, Moved, Waiting
from app.ui.link_desk.port import LogLine, PeerCard
from app.ui.link_desk.sheet import LinkDeskSheet
from app.ui.link_desk.words import Wording
from app.ui.links.judgement import Standing, judge, judge_partner, of_partner
from app.ui.links.sentences import why
from app.ui.shell import alarms, header_text
from tests.kit import founded_town, ms
from tests.ui.test_pairing_window import as_admin, dials, listens, up
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, Open, Room, emb_room, rooms
from tools.relay import Relay

__all__ = ["emb_room", "founded_town", "rooms"]
SHIFT = Qt.KeyboardModifier.ShiftModifier
NOW = ms("09:00:00")
SITE = "f" * 26
CARD = PeerCard(SITE, "FRD", "1 号台", "", "enrolled", "192.0.2.9:8443", NOW - 86_400_000, 0, NOW + 10**12)
UP = LinkStatus(
    SITE,
    "FRD",
    LinkState.UP,
    NOW - 600_000,
    last_heard_at=NOW - 1_000,
    last_applied_at=NOW - 5_000,
    waiting_out=Waiting(9, 4_000),
    acts_out=Waiting(2, 4_000),
    last_out=Moved("register_incident", NOW - 60_000),
    last_in=Moved("file_oral_report", NOW - 6_000),
    rtt_ms=42.0,
    rtt_samples=((NOW - 2_000, 42.0),),
    clock_offset_ms=300,
)


@pytest.fixture
def wording(emb_room: Room) -> Wording:
    console = emb_room.console
    return Wording(console.texts, console.district.agencies, console.agency)


def facts(wording: Wording, link: LinkStatus, card: PeerCard = CARD) -> dict[str, str]:
    standing = judge(link, NOW)
    return {fact.name: fact.value for fact in wording.facts(card, standing, "0.0.0.0:8443", NOW)}


def advice(wording: Wording, link: LinkStatus, card: PeerCard = CARD) -> str:
    return wording.advice(card, judge(link, NOW), NOW)[0]


# -- words -----------------------------------------------------------------------------------------------------------------
def test_both_directions_say_what_and_when(wording: Wording) -> None:
    """JD-01, D-38: acts, not rows; what the other side stored last, what was applied here last."""
    said = facts(wording, UP)
    assert said["我方发出"] == "待同步 2 项，最早的已等 4 秒"
    assert said["对方最近存下"] == "登记事件（08:59:00 记）"
    assert said["我方最近采用"] == "口头报（08:59:54 记），本机 08:59:55 采用"
    assert said["对方发来"] == "对方说没有要发的" and said["最近听到对方"] == "1 秒前，往返 42 毫秒"
    assert said["两边时钟"] == "与对方时差 0.3 秒" and said["程序版本"] == "一致"
    assert said["对方地址"] == "192.0.2.9:8443" and said["本机监听"] == "0.0.0.0:8443"
    assert advice(wording, replace(UP, acts_out=Waiting(0), waiting_out=Waiting(0))) == "正常，不用处理。"


def test_nothing_is_claimed_of_a_line_that_never_spoke(wording: Wording) -> None:
    said = facts(wording, LinkStatus(SITE, "FRD", LinkState.DOWN, NOW - 60_000), replace(CARD, address=""))
    assert said["我方发出"] == "还不知道对方收到了多少" and said["对方发来"] == "还没有听到对方"
    assert said["对方最近存下"] == said["我方最近采用"] == "还没有"
    assert said["对方地址"] == "由对方拨入" and said["两边时钟"] == "还没有测到"


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (
            replace(UP, state=LinkState.DEGRADED, reason="refusal.sync.silent", last_heard_at=NOW - 180_000),
            "已连接，但 3 分钟没有收到对方任何内容",
        ),
        (
            replace(UP, state=LinkState.DOWN, reason="refusal.sync.no_answer", last_heard_at=NOW - 180_000),
            "3 分钟没有收到对方任何内容。\n线路接通了，但对方没有任何应答",
        ),
        (
            LinkStatus(SITE, "FRD", LinkState.DOWN, NOW - 60_000, reason="refusal.sync.no_answer"),
            "本次启动后没有收到对方任何内容",
        ),
        (
            replace(
                UP,
                state=LinkState.DEGRADED,
                reason="refusal.sync.not_acknowledged",
                waiting_out=Waiting(9, 38_000),
            ),
            "已连接，但我方发出的已 38 秒没有得到对方确认",
        ),
        (
            replace(
                UP,
                state=LinkState.DEGRADED,
                since=NOW - 38_000,
                reason="refusal.sync.not_arriving",
                waiting_in=3,
                last_applied_at=NOW - 38_000,
            ),
            "对方说有 3 条，已 38 秒没有收到",
        ),
        (replace(UP, state=LinkState.DEGRADED, reason="refusal.sync.disk_there"), "对方磁盘已满"),
        (replace(UP, state=LinkState.DEGRADED, reason="refusal.sync.gap"), "中间有缺"),
        (replace(UP, state=LinkState.DEGRADED, reason="refusal.sync.schema_newer"), "对方版本较新"),
        (replace(UP, note="refusal.sync.schema_older"), "对方版本较旧"),
        (replace(UP, state=LinkState.DOWN, reason="refusal.sync.certificate_expired"), "证书已过期"),
        (replace(UP, clock_offset_ms=-75_000), "相差 75 秒"),
    ],
)
def test_what_is_stuck_is_said_with_what_to_do(wording: Wording, link: LinkStatus, words: str) -> None:
    """JD-01, D-24: age, reason, and the next step; never a bare green light, never a raw key."""
    said = advice(wording, link)
    assert words in said and "refusal" not in said and "ui." not in said


def test_certificates_that_end_and_workstations_that_ended_are_said(wording: Wording) -> None:
    soon, over = replace(CARD, valid_until=NOW + 86_400_000), replace(CARD, valid_until=NOW - 1)
    assert "2025-07-15 到期" in advice(wording, UP, soon)
    assert "已过期" in facts(wording, UP, over)["对方证书"]
    assert "数据被复制过" in advice(wording, UP, replace(CARD, state="forked"))


def test_a_revoked_workstation_is_shown_as_one_and_a_closed_one_is_not_waited_for(wording: Wording) -> None:
    """No line, since when, and what to do; a closed one that talks is shown as it stands. None of them alarms the room."""
    down = replace(UP, state=LinkState.DOWN, ended=True, reason="refusal.sync.unreachable")
    for state, link, word in (
        ("revoked", UP, "已作废，不再连线"),
        ("closed", down, "已停用，没有接通"),
        ("forked", down, "已停用，没有接通"),
    ):
        card = replace(CARD, state=state, state_at=NOW - 3_600_000)
        standing = wording.standing(card, [link], NOW)
        assert wording.texts.get(standing.word) == word
        head = "".join(run.text for run in wording.head(standing, NOW))
        assert "08:00" in head and "1 小时" in head
        said, tone = wording.advice(card, standing, NOW)
        assert said and tone == "warn" and standing.tone == "muted"
        named = [fact.name for fact in wording.facts(card, standing, "", NOW)]
        assert (named == ["配对时间", "工作站代号"]) is (state == "revoked")
    closed = replace(CARD, state="closed")
    talking = wording.standing(closed, [replace(UP, ended=True)], NOW)
    assert (wording.texts.get(talking.word), talking.tone) == ("已停用，正在交出没发出的", "warn")


@pytest.mark.parametrize("state", list(LinkState))
def test_a_closed_workstation_is_never_the_link_and_duty_is_single_sided(
    wording: Wording, state: LinkState
) -> None:
    """JD-01: green with nothing but a closed machine on the line would be a lie; the alarm keeps its name while that one comes
    and goes."""
    gone = replace(UP, site="x" * 26, state=state, since=NOW - 5_000, ended=True, ended_at=NOW - 3_600_000)
    assert of_partner([gone], "FRD") is None
    standing = judge_partner([gone], "FRD", NOW)
    assert header_text.is_single_sided(standing) and standing.since == NOW - 3_600_000
    assert [alarm.id for alarm in alarms.of_link(standing)] == [f"single_sided:{NOW - 3_600_000}"]
    assert "配对" in why(wording.texts, standing, "消防支队")
    assert judge_partner([gone, UP], "FRD", NOW).state is LinkState.UP, "the one in use is the link"
    down = replace(UP, state=LinkState.DOWN)
    assert judge_partner([gone, down], "FRD", NOW).since == down.since


def test_a_dead_line_is_never_all_well_and_a_restored_station_is_told_to_pair_anew(wording: Wording) -> None:
    dead = replace(UP, state=LinkState.DOWN, reason=None)
    assert "正常" not in advice(wording, dead) and "没有接通" in advice(wording, dead)
    assert advice(wording, dead, replace(CARD, inherited=True)).startswith("请与对方重新配对")
    assert "重新配对" not in advice(wording, UP, replace(CARD, inherited=True))
    moved = replace(CARD, moved=(NOW - 60_000, "值班长"))
    assert "值班长改过" in advice(wording, dead, moved)
    assert advice(wording, UP, moved) == advice(wording, UP), "a line that stands needs no explanation"


def test_a_line_is_named_by_its_room_and_seat(wording: Wording) -> None:
    assert wording.name(CARD) == "消防支队 1 号台"
    assert wording.name(replace(CARD, label=SITE[:6], letter="B")) == "消防支队 B 台", "no raw id"
    assert wording.name(replace(CARD, label="", letter="B")) == "消防支队 B 台"
    assert wording.name(replace(CARD, agency="EMB")).startswith("本方（应急局）")


def test_the_story_stands_in_the_words_of_each_rooms_log(emb_room: Room) -> None:
    """Decision 0018: an entry keeps the words it was written in; a window in another language says whose they are."""
    console, english = emb_room.console, Texts.load("en")
    wording = Wording(english, console.district.agencies, console.agency)
    said = wording.log_line(LogLine(NOW, "FRD", "与应急局的链路中断"), NOW)
    assert said[-1].text == "与应急局的链路中断"
    assert "each room's log" in english.get("ui.link_desk.log")
    assert "日志原文" in console.texts.get("ui.link_desk.log")


def test_no_sentence_without_a_reason(wording: Wording) -> None:
    assert why(wording.texts, Standing(LinkState.UP, "", "", ""), "消防支队") == ""


# -- the sheet -------------------------------------------------------------------------------------------------------------
def desk_of(room: Room) -> LinkDeskSheet:
    room.press(Qt.Key.Key_L, CTRL | SHIFT)
    sheet = room.window.overlays.link_desk
    room.wait(lambda: sheet.is_open and sheet._known)
    return sheet


def test_nobody_paired_says_how_and_leads_there(emb_room: Room) -> None:
    room = emb_room
    sheet = desk_of(room)
    assert "还没有与任何工作站配对" in sheet.empty_head.text() and "U 盘" in sheet.empty.text()
    assert room.focus() is sheet.first and not sheet.change.isVisible()
    room.press(ENTER)
    room.wait(lambda: room.window.overlays.pairing.is_open)
    assert not sheet.is_open


def test_the_header_leads_to_it_and_only_ways_that_exist_are_offered(emb_room: Room) -> None:
    room = emb_room
    header = room.window.header
    room.click(header, header.link.geometry().center())
    sheet = room.window.overlays.link_desk
    room.wait(lambda: sheet.is_open)
    known = {action.id for action in room.window.actions_table}
    for action_id, button in sheet.more.items():
        assert button.isVisible() is (action_id in known)
    called = sheet.more["backup.open"].text()
    assert called == room.console.texts.get("ui.backup.title"), "one name for one thing"
    sheet.more["backup.open"].click()
    room.wait(lambda: room.window.overlays.backup.is_open)


@contextmanager
def relayed() -> Iterator[tuple[Relay, asyncio.AbstractEventLoop]]:
    """A relay on a thread of its own; its target is set once it is known."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    relay = Relay(0)

    def on_loop(work: object) -> object:
        return asyncio.run_coroutine_threadsafe(work, loop).result(20)  # type: ignore[arg-type]

    on_loop(relay.__aenter__())
    try:
        yield relay, loop
    finally:
        on_loop(relay.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def account_of(room: Room) -> str:
    account = room.window.session.account
    assert account is not None
    return account.id


def joined(here: Room, there: Room, port: int) -> None:
    """Both have confirmed each other by files; FRD dials through `port`."""
    nodes = [room.console._node for room in (here, there)]
    assert nodes[0] is not None and nodes[1] is not None
    files = [pairing.identity_file(node, []) for node in nodes if node is not None]
    number = pairing.compare(nodes[0], files[1]).number
    pairing.confirm(nodes[0], files[1], number, account_of(here))
    pairing.confirm(nodes[1], files[0], number, account_of(there), f"127.0.0.1:{port}")
    for room in (here, there):
        assert room.console._service is not None
        room.console._service.desk.pairing_changed()


def test_a_relay_that_stalls_is_shown_as_what_it_is(rooms: Open) -> None:
    """JD-01: the socket stays open, nothing comes: said with its age, then single-sided since; and green again by itself."""
    with relayed() as (relay, loop):
        here, there = rooms("EMB", before=listens), rooms("FRD", before=dials)
        for room in (here, there):
            as_admin(room)
        service = here.console._service
        assert service is not None and service.replication.port is not None
        relay._target = service.replication.port
        joined(here, there, relay.port)
        there.wait(lambda: up(here)() and up(there)())
        sheet = desk_of(there)
        there.wait(lambda: "正常" in sheet.state.text())
        assert sheet.facts.said()["对方地址"] == f"127.0.0.1:{relay.port}"
        loop.call_soon_threadsafe(relay.stall)
        there.wait(lambda: "没有收到对方任何内容" in sheet.advice.text())
        there.wait(lambda: "线路接通了，但对方没有任何应答" in sheet.advice.text())
        assert "正常" not in sheet.state.text()
        there.wait(lambda: "单方值守" in there.window.header.link.text())
        there.wait(lambda: "单方值守" in sheet.log.text())
        loop.call_soon_threadsafe(relay.stall, False)
        there.wait(lambda: "正常" in sheet.state.text())
        there.close()
        here.close()


def test_an_address_is_changed_by_keyboard_and_only_by_who_may(rooms: Open) -> None:
    def both(console: SiteConsole) -> None:
        console._listen = Listening("127.0.0.1", 0)
        console.clock = SystemClock()

    here, there = rooms("EMB", before=both), rooms("FRD", before=both)
    for room in (here, there):
        as_admin(room)
    joined(here, there, 9)
    there.window.session.lock()
    there.sign_in("duty_officer")
    sheet = desk_of(there)
    there.wait(lambda: sheet.chosen is not None and there.focus() is sheet.peers)
    service = here.console._service
    assert service is not None
    sheet.change.click()
    sheet.address.setText(service.address)
    there.press(ENTER)
    there.wait(lambda: "账号管理员" in sheet.fault.text())
    there.press(ESCAPE)
    assert sheet.is_open and not sheet.address.isVisible()
    there.window.session.lock()
    as_admin(there)
    sheet = desk_of(there)
    sheet.change.click()
    sheet.address.setText("nowhere")
    there.press(ENTER)
    there.wait(lambda: "地址格式不对" in sheet.fault.text())
    sheet.address.setText(service.address)
    there.press(ENTER)
    there.wait(up(there))
    there.wait(lambda: sheet.chosen is not None and sheet.chosen.address == service.address)
    there.wait(lambda: sheet.chosen is not None and sheet.chosen.moved is not None)
    assert any("改了拨" in str(row["text"]) for row in there.site.rows("log_entry")), (
        "who touched it is on record"
    )


def test_a_pairing_is_undone_by_keyboard_and_only_by_who_may(rooms: Open) -> None:
    """CM-04: said what it means, asked twice, refused to an officer; then the line is gone at once and on record."""
    here, there = rooms("EMB", before=listens), rooms("FRD", before=dials)
    for room in (here, there):
        as_admin(room)
    service = here.console._service
    assert service is not None and service.replication.port is not None
    joined(here, there, service.replication.port)
    there.wait(lambda: up(here)() and up(there)())
    here.window.session.lock()
    here.sign_in("duty_officer")
    sheet = desk_of(here)
    here.wait(lambda: sheet.chosen is not None and here.focus() is sheet.peers)
    sheet.forget.setFocus()
    here.press(ENTER)
    here.wait(lambda: here.focus() is sheet.forgetting.cancel)
    here.press(ESCAPE)
    assert sheet.is_open and not sheet.forgetting.isVisible(), "Esc leaves the question, not the desk"
    sheet.forget.setFocus()
    here.press(ENTER)
    sheet.forgetting.run.setFocus()
    here.press(ENTER)
    here.wait(lambda: "账号管理员" in sheet.fault.text())
    assert sheet.story.peers and up(here)()
    here.window.session.lock()
    as_admin(here)
    sheet = desk_of(here)
    sheet.forget.setFocus()
    here.press(ENTER)
    sheet.forgetting.run.setFocus()
    here.press(ENTER)
    here.wait(lambda: not sheet.story.peers and sheet.empty_head.isVisible())
    there.wait(lambda: not up(there)())
    desk = desk_of(there)
    there.wait(lambda: "对方没有与本工作站配对" in desk.advice.text())
    assert here.console._node is not None
    assert [line for line in log_texts(here) if "解除配对" in line]
    there.close()
    here.close()


def log_texts(room: Room) -> list[str]:
    """What stands in a room's log."""
    assert room.console._node is not None
    return [str(row.text) for row in room.console._node.local(duty.log)]
