"""The incident desk: facts, clocks with their rule, timeline, disputes decided with a reason (D-19, RP-07)."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QRadioButton

from app.kernel.enums import DeadlineKind, IncidentStatus
from app.queries import incidents
from app.ui.desk import words
from app.ui.desk.page import DeskPage
from app.ui.desk.wrap import wrapped
from app.ui.shell.runs import Painter, Run
from app.usecases.conflicts import ResolveConflict
from app.usecases.duty import WriteLogEntry
from app.usecases.incidents import ChangeIncident, SetIncidentStatus
from app.usecases.reports import FileOralReport
from tests.kit import feed_incident, founded_town, ms, register, ship
from tests.ui.window_kit import ALT, ENTER, ESCAPE, TAB, Room, emb_room, frd_room, rooms
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]


def desk_of(room: Room) -> DeskPage:
    assert room.window.desk is not None
    return room.window.desk


def test_the_line_says_what_matters_of_the_selected_incident(emb_room: Room) -> None:
    room, line = emb_room, emb_room.window.line
    assert "没有选中事件" in line.line.text()
    row = register(room.site, alarm_grade=2)
    room.select(row)
    said = line.line.text()
    for part in (
        "天山路街道某居民楼6层 居民楼火灾",
        row.no or "",
        "未定级",
        "已登记",
        "口头报",
        "剩 30:00",
        "书面报",
        "剩 1:00:00",
    ):
        assert part in said, part
    room.tick(20 * 60 + 1)
    assert "剩 09:59" in line.line.text()


def test_enter_opens_the_desk_and_escape_goes_back(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    row = register(room.site)
    room.sign_in()
    room.select(row)
    room.press(Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    room.press(ENTER)
    desk = desk_of(room)
    assert desk.isVisible() and not window.line.isVisible()
    assert (window.board.width(), desk.width()) == (352, 1564)
    assert window.links is not None and not window.links.isVisible()
    room.press(ESCAPE)
    assert not desk.isVisible() and window.line.isVisible() and window.board.width() == 440


def test_a_narrow_window_shows_the_desk_alone(rooms: OpenRoom) -> None:
    room = rooms("EMB", size=(1366, 768))
    room.select(register(room.site))
    room.window.open_desk()
    assert desk_of(room).width() == 1366 and not room.window.board.isVisible()


def test_clocks_name_their_rule(emb_room: Room) -> None:
    """RP-07, D-01, D-02 stand in the tooltip, with the moment the clocks count from."""
    room = emb_room
    row = register(room.site)
    room.select(row)
    room.window.open_desk()
    desk = desk_of(room)
    assert "剩 30:00" in desk.overview.clocks.text()
    assert desk.data is not None
    why = desk.overview.why(desk.data, DeadlineKind.ORAL_REPORT)
    for part in ("RP-07", "D-01", "D-02", "沪松府〔2022〕86号 三(二)2", "2025-07-14 08:00:00"):
        assert part in why, part
    assert why in desk.overview.clocks._lines[0].toolTip()


def test_why_is_answered_by_click_and_by_keys_also_while_locked(emb_room: Room) -> None:
    """RP-07: the rule's words open below the clock; a second time puts them away. Seeing needs no account."""
    room = emb_room
    room.select(register(room.site))
    room.press(ESCAPE)
    room.window.open_desk()
    assert room.window.session.locked
    card, rule = desk_of(room).overview.clocks, "沪松府〔2022〕86号"
    room.wait(lambda: "为什么" in card.text())
    assert rule not in card.text()
    oral = card._lines[0]
    room.wait(lambda: oral._places)
    [(box, _)] = oral._places
    room.click(oral, box.center().toPoint())
    assert rule in card.text() and "RP-07" in card.text() and "D-02" in card.text()
    room.tick(1)
    assert rule in card.text()
    room.click(oral, box.center().toPoint())
    assert rule not in card.text()
    seen: list[object] = []
    while oral not in seen:
        room.press(TAB)
        assert room.focus() not in seen, "Tab comes by before it comes round"
        seen.append(room.focus())
    room.press(ENTER)
    assert rule in card.text() and "口头报" in card.text()
    room.press(TAB)
    assert room.focus() is card._lines[2], "the way to the number"
    room.press(TAB)
    assert room.focus() is card._lines[3], "the written report's"
    room.press(Qt.Key.Key_Space)
    assert "书面报，从接报" in card.text() and "口头报，从接报" in card.text()
    room.press(Qt.Key.Key_Space)
    assert "书面报，从接报" not in card.text() and room.focus() is card._lines[3]


def test_a_met_clock_says_when_and_whether_in_time(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site)
    room.clock.advance(30 * 60)
    room.act(FileOralReport(incident_id=row.id))
    late = register(room.site, received_at=room.clock_at("07:50:00"))
    room.act(FileOralReport(incident_id=late.id))
    room.select(room.site.incident(row.id))
    assert "08:30:00" in room.window.line.line.text()
    [oral] = [c for c in clock_words(room) if c.kind is DeadlineKind.ORAL_REPORT]
    assert oral.second == "按时 08:30:00" and oral.tone == "good"
    room.select(room.site.incident(late.id))
    [oral] = [c for c in clock_words(room) if c.kind is DeadlineKind.ORAL_REPORT]
    assert oral.second == "迟报 08:30:00" and oral.tone == "warn"


def clock_words(room: Room) -> list[words.ClockWords]:
    row = room.window.selected_row
    assert row is not None
    return words.clocks(room.console.texts, row, room.clock.now_ms(), 600)


def test_everyday_calls_show_no_clocks(frd_room: Room) -> None:
    row = feed_incident(frd_room.site, "119-7", 1, place="某处", type_code="service")
    frd_room.select(row)
    assert "日常警情" in frd_room.window.line.line.text()
    frd_room.window.open_desk()
    assert desk_of(frd_room).overview.clocks.text()
    assert not desk_of(frd_room).clocks._cards or all(
        card.isHidden() for card in desk_of(frd_room).clocks._cards
    )


def test_the_timeline_tells_everything_in_the_order_of_time(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site)
    room.clock.advance(60)
    room.act(SetIncidentStatus(incident_id=row.id, to=IncidentStatus.HANDLING))
    room.clock.advance(60)
    room.act(WriteLogEntry(text="街道已到现场", incident_id=row.id))
    room.clock.advance(60)
    room.act(FileOralReport(incident_id=row.id))
    room.select(row)
    room.window.open_desk("timeline")
    timeline = desk_of(room).timeline
    room.wait(lambda: len(timeline.lines) >= 4)
    kinds = [line.kind for line in timeline.lines]
    assert kinds == ["登记事件", "变更事件状态", "值班日志", "口头报"]
    assert [line.at for line in timeline.lines] == sorted(line.at for line in timeline.lines)
    assert timeline.lines[0].at == ms("08:00:00")
    assert "状态：已登记 → 处置中" in timeline.lines[1].text
    assert timeline.lines[2].text == "街道已到现场"
    assert "区政府总值班室" in timeline.lines[3].text
    assert "应急局 duty_officer" in timeline.lines[0].who


def test_the_desk_follows_what_is_committed(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site)
    room.select(row)
    room.window.open_desk()
    room.act(ChangeIncident(incident_id=row.id, what="厨房起火"))
    room.wait(lambda: "厨房起火" in desk_of(room).overview.facts.text())


def disputed(rooms: OpenRoom) -> tuple[Room, Room, str]:
    """Both rooms change the same field while apart, then meet (XC-03)."""
    here, there = rooms("EMB"), rooms("FRD")
    row = register(here.site, what="起火")
    ship(here.site, there.site)
    here.act(ChangeIncident(incident_id=row.id, what="四人受伤"))
    there.act(ChangeIncident(incident_id=row.id, what="六人受伤"))
    ship(here.site, there.site)
    ship(there.site, here.site)
    return here, there, row.id


def test_a_dispute_shows_both_values_until_a_person_decides(rooms: OpenRoom) -> None:
    here, there, incident_id = disputed(rooms)
    here.sign_in()
    here.select(here.site.incident(incident_id))
    here.wait(lambda: "有分歧" in here.window.line.line.text())
    here.window.open_desk()
    overview = desk_of(here).overview
    here.wait(lambda: overview.conflicts)
    assert "核实中（" in overview.facts.text() and "四人受伤" in overview.facts.text()
    [card] = overview.conflicts
    assert card.field == "what" and not card.button.isEnabled()
    radios = card.findChildren(QRadioButton)
    assert {radio.text() for radio in radios} >= {"四人受伤", "六人受伤"}
    next(radio for radio in radios if radio.text() == "六人受伤").setChecked(True)
    assert not card.button.isEnabled(), "a decision needs its reason"
    card.reason.setFocus()
    here.type("现场核实")
    assert card.button.isEnabled() and card.button.text() == "按六人受伤处理"
    here.press(ENTER)
    here.wait(lambda: not desk_of(here).overview.conflicts)
    assert here.site.incident(incident_id).what == "六人受伤"
    assert here.focus() is desk_of(here), "not on the acknowledgement of an alarm"
    here.press(Qt.Key.Key_2, ALT)
    assert desk_of(here).tabs.currentIndex() == 1
    here.window.strip.setFocus(Qt.FocusReason.OtherFocusReason)
    here.press(Qt.Key.Key_1, ALT)
    assert desk_of(here).tabs.currentIndex() == 0
    ship(here.site, there.site)
    assert there.site.incident(incident_id).what == "六人受伤"
    assert there.site.incident(incident_id).conflicts == 0


def test_a_third_value_can_be_set(rooms: OpenRoom) -> None:
    here, _, incident_id = disputed(rooms)
    here.sign_in("duty_chief")
    here.select(here.site.incident(incident_id))
    here.window.open_desk()
    overview = desk_of(here).overview
    here.wait(lambda: overview.conflicts)
    card = overview.conflicts[0]
    assert card.other is not None
    card.other.setFocus()
    here.type("五人受伤")
    card.reason.setFocus()
    here.type("医院核实")
    here.press(ENTER)
    here.wait(lambda: here.site.incident(incident_id).what == "五人受伤")


def test_an_open_decision_is_not_refreshed_away(rooms: OpenRoom) -> None:
    here, there, incident_id = disputed(rooms)
    here.sign_in()
    here.select(here.site.incident(incident_id))
    here.window.open_desk()
    overview = desk_of(here).overview
    here.wait(lambda: overview.conflicts)
    card = overview.conflicts[0]
    card.reason.setFocus()
    here.type("正在核")
    there.act(ChangeIncident(incident_id=incident_id, place="别处"))
    ship(there.site, here.site)
    here.wait(lambda: "别处" in overview.facts.text())
    assert overview.conflicts[0] is card and card.reason.text() == "正在核"
    assert card.reason.hasFocus()


def settled_elsewhere(there: Room, here: Room, incident_id: str) -> None:
    """The other room decides for its own value, and its decision arrives."""
    ship(here.site, there.site)
    mine = next(row for row in there.site.node.local(incidents.conflicts) if row.agency == "FRD")
    there.act(
        ResolveConflict(
            entity="incident",
            entity_id=incident_id,
            field=mine.field,
            keep=mine.hash.hex(),
            reason="现场核实",
        )
    )
    ship(there.site, here.site)


def test_settled_elsewhere_it_is_said_who_did_and_with_which_value(rooms: OpenRoom) -> None:
    """D-19: a card does not vanish in silence; the line stays until the desk is left."""
    here, there, incident_id = disputed(rooms)
    here.sign_in()
    here.select(here.site.incident(incident_id))
    here.window.open_desk()
    overview = desk_of(here).overview
    here.wait(lambda: overview.conflicts)
    settled_elsewhere(there, here, incident_id)
    here.wait(
        lambda: "原因：现场核实" in "".join(line.label.text() for line in overview.disputes.settled.values())
    )
    assert not overview.conflicts
    [line] = overview.disputes.settled.values()
    value = here.site.incident(incident_id).what or ""
    assert line.isVisible() and value in line.label.text() and "消防支队 duty_officer" in line.label.text()
    here.press(ESCAPE)
    here.settle()
    here.window.open_desk()
    assert not overview.disputes.settled, "read once, it is gone"


def test_settled_elsewhere_while_deciding_what_was_typed_stays(rooms: OpenRoom) -> None:
    here, there, incident_id = disputed(rooms)
    here.sign_in()
    here.select(here.site.incident(incident_id))
    here.window.open_desk()
    overview = desk_of(here).overview
    here.wait(lambda: overview.conflicts)
    card = overview.conflicts[0]
    card.reason.setFocus()
    here.type("正在核")
    settled_elsewhere(there, here, incident_id)
    here.wait(lambda: "原因：现场核实" in card.fault.text())
    assert overview.conflicts == [card] and card.is_over and card.reason.text() == "正在核"


def test_buttons_of_the_desk_do_what_their_keys_do(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site)
    room.sign_in()
    room.select(row)
    room.window.open_desk()
    room.window.deeds.runner("handling")()
    room.wait(lambda: room.site.incident(row.id).status == "handling")
    room.wait(lambda: "处置中" in desk_of(room).head.text())


@pytest.mark.parametrize(("agency", "stands"), [("EMB", False), ("FRD", True)])
def test_grades_are_offered_where_somebody_may_raise_them(rooms: OpenRoom, agency: str, stands: bool) -> None:
    """RC-16: the fire brigade alone; what nobody here may do is no button."""
    room = rooms(agency)
    names = {button.text() for button in desk_of(room).findChildren(QPushButton)}
    assert ("提升火警等级" in names) is stands and "口头报" in names


# -- long facts ------------------------------------------------------------------------------------------------------------
def test_a_long_report_is_read_in_full_on_the_desk(rooms: OpenRoom) -> None:
    """Nothing on the desk is cut off: what does not fit goes on in the next row, narrow windows have more of them."""
    room = rooms("EMB")
    what = "某综合体地下二层车库电气线路故障引发火灾并伴有浓烟蔓延" * 5
    room.select(register(room.site, what=what))
    room.window.open_desk()
    facts = desk_of(room).overview.facts
    room.wait(lambda: what in facts.text())
    [line] = [line for line in facts._lines if "车库" in line.text()]
    assert line.rows > 1
    painter = Painter(room.window.theme)
    assert all(painter.total(runs) <= line.width() + 1 for runs in line.runs)
    wide = line.rows
    room.window.resize(1366, 768)
    room.wait(lambda: any("车库" in line.text() and line.rows > wide for line in facts._lines))
    assert what in facts.text()


def test_the_gist_of_an_oral_report_keeps_its_lines_at_half_width(rooms: OpenRoom) -> None:
    """The form proposes a gist of several lines; each of them is read on the desk."""
    room = rooms("EMB", size=(960, 1080))
    row = register(room.site)
    lines = ["天山路街道仙霞路88号演练大厦3楼", "三楼商铺起火、有浓烟", row.no or ""]
    room.act(FileOralReport(incident_id=row.id, gist="\n".join(lines)))
    room.select(row)
    room.window.open_desk()
    oral = desk_of(room).overview.oral
    room.wait(lambda: row.no and row.no in oral.text())
    [line] = [line for line in oral._lines if not line.isHidden()]
    assert not any("\n" in run.text for runs in line.runs for run in runs)
    assert line.rows >= 3
    painter = Painter(room.window.theme)
    assert all(painter.total(runs) <= line.width() + 1 for runs in line.runs)
    said = "".join(runs[-1].text for runs in line.runs)
    assert said == "".join(lines)
    assert all(part in line.toolTip() for part in lines)


def test_no_row_of_an_oral_report_is_left_blank_at_half_width(rooms: OpenRoom) -> None:
    """A row broken to the last pixel was wider than the card inside its frame, and not painted."""
    room = rooms("FRD", size=(960, 1080))
    row = register(room.site, place="天山路街道仙霞路88号演练大厦3楼", what="三楼商铺起火，有浓烟")
    room.act(FileOralReport(incident_id=row.id, gist=f"{row.place} {row.what} {row.no}"))
    room.select(row)
    room.window.open_desk()
    oral = desk_of(room).overview.oral
    room.wait(lambda: row.no and row.no in oral.text())
    room.wait(lambda: oral._lines[0].width() > 0 and oral._lines[0].rows > 1)
    line, painter = oral._lines[0], Painter(room.window.theme)
    for runs in line.runs:
        assert tuple(painter._fitted(runs, line.width())) == runs, "painted whole"


def test_what_must_shrink_is_never_left_out(emb_room: Room) -> None:
    theme = emb_room.window.theme
    painter, long = Painter(theme), "三楼商铺起火，有浓烟 FRD-2026112"
    whole = painter.total([Run(long, "text", shrinks=True)])
    for less in range(1, int(whole) - 20):
        [run] = painter._fitted([Run(long, "text", shrinks=True)], whole - less)
        assert run.text and painter.width(run) <= whole - less


def test_latin_words_and_numbers_are_not_parted(emb_room: Room) -> None:
    theme, text = emb_room.window.theme, "smoke in the basement EMB-20250714-001 地下二层有浓烟并有蔓延的趋势"
    painter = Painter(theme)
    for room in range(170, 400, 7):
        rows = wrapped(theme, [Run(text, "text", "body", shrinks=True)], room)
        pieces = [runs[-1].text for runs in rows]
        assert "".join(pieces) == text and all(painter.total(runs) <= room for runs in rows)
        assert any("EMB-20250714-001" in piece for piece in pieces), (room, pieces)
