"""The conflict desk on two consoles: the same list, what each had seen, one decision with a reason, told when the other was first
(XC-03, D-19); and what was not accepted (E_SYNC)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton

from app.kernel.enums import IncidentStatus, VerifyState
from app.kernel.texts import Texts
from app.queries import casualties, conflicts, incidents
from app.queries.quarantine import QuarantineRow
from app.ui.conflicts.sheet import ConflictSheet
from app.ui.desk.conflict_card import ConflictCard
from app.ui.history.lines import reason_words
from app.usecases.casualties import SetCasualties
from app.usecases.conflicts import ResolveConflict
from app.usecases.incidents import ChangeIncident, SetIncidentStatus, VoidIncident
from tests.kit import forge, founded_town, maker, ms, register, ship
from tests.ui.forms_kit import said_somewhere
from tests.ui.window_kit import ALT, ENTER, ESCAPE, TAB, Room, emb_room, frd_room, rooms
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]
F7, DOWN, SPACE = Qt.Key.Key_F7, Qt.Key.Key_Down, Qt.Key.Key_Space
ZH = Texts.load("zh_CN")


def open_desk(room: Room) -> ConflictSheet:
    """F7, and until what stands open is there."""
    room.press(F7)
    sheet = room.window.overlays.conflicts
    room.wait(lambda: sheet.is_open)
    room.settle()
    return sheet


def card_of(room: Room) -> ConflictCard:
    card = room.window.overlays.conflicts.cases.card
    assert card is not None
    return card


def meet(one: Room, other: Room) -> None:
    """Both hold everything."""
    ship(one.site, other.site)
    ship(other.site, one.site)


def disputed(rooms: OpenRoom, *, turned: bool = False) -> tuple[Room, Room, str]:
    """S3 14:20 to 14:47: the bureau states four, the fire side six; the link returns."""
    here, there = rooms("EMB"), rooms("FRD")
    row = register(there.site, what="商场火灾")
    ship(there.site, here.site)
    here.clock.set(ms("14:20:00"))
    here.act(SetCasualties(incident_id=row.id, injured_serious=4, verify_state=VerifyState.VERIFYING))
    there.clock.set(ms("14:22:00"))
    there.act(SetCasualties(incident_id=row.id, injured_serious=6, source="现场指挥员"))
    for one, other in ((there, here), (here, there)) if turned else ((here, there), (there, here)):
        ship(one.site, other.site)
    for room in (here, there):
        room.clock.set(ms("14:47:00"))
    return here, there, row.id


def status_says(room: Room, text: str) -> None:
    """Wait until the status line holds a text."""
    room.wait(lambda: text in room.window.status.left.text())


def seen_is_told(room: Room) -> list[str]:
    """What stands below the values, once it is there."""
    room.wait(lambda: all(label.text() for label in card_of(room).seen.values()))
    return [label.text() for label in card_of(room).seen.values()]


def stands_open(room: Room, number: int) -> None:
    """Wait until so many disagreements are listed."""
    room.wait(lambda: room.window.overlays.conflicts.cases.count == number)


def shown(room: Room) -> list[str]:
    """Everything the conflict desk says of the first disagreement, and the whole list."""
    sheet = open_desk(room)
    seen, card = seen_is_told(room), card_of(room)
    said = [line.text() for line in sheet.cases.list.lines.lines]
    said += [button.text() for button in card.group.buttons()]
    return said + seen


def test_an_empty_desk_says_what_would_be_there(emb_room: Room) -> None:
    room = emb_room
    sheet = open_desk(room)
    assert room.window.session.locked, "seeing needs no account"
    assert sheet.cases.empty.isVisible() and "现在没有分歧" in sheet.cases.empty.text()
    room.press(Qt.Key.Key_2, ALT)
    assert sheet.refused.empty.isVisible() and "没有未被接受的内容" in sheet.refused.empty.text()
    room.press(ESCAPE)
    assert not sheet.is_open


@pytest.mark.parametrize("turned", [False, True])
def test_both_rooms_read_the_same_whatever_came_first(rooms: OpenRoom, turned: bool) -> None:
    here, there, _ = disputed(rooms, turned=turned)
    said = shown(here)
    assert said == shown(there)
    assert said[0] == "重伤人数 天山路街道某居民楼6层 商场火灾 14:22:00 核实中 (4/6)"
    assert said[1].startswith("4 人（核实中") and said[2].startswith("6 人（未核实，现场指挥员，07-14 14:22")
    assert "写下时这一项还没有人填过" in said[-2]
    assert "写下时尚未看到消防支队 duty_officer 14:22:00 的6 人" in said[-2]
    assert "写下时，消防支队席位的内容看到 08:00:00 为止" in said[-2]
    assert "写下时尚未看到应急局 duty_officer 14:20:00 的4 人" in said[-1]
    for room in (here, there):
        status_says(room, "分歧 1 处")


def test_a_third_value_is_decided_by_keys_alone(rooms: OpenRoom) -> None:
    """S3 14:55: five, verified by the hospital; one act, settled in both rooms."""
    here, there, incident_id = disputed(rooms)
    here.sign_in()
    sheet = open_desk(here)
    assert sheet.cases.list.hasFocus()
    here.press(ENTER)
    card = card_of(here)
    assert card.group.buttons()[0].hasFocus()
    here.press(DOWN)
    here.press(DOWN)
    here.press(Qt.Key.Key_Space)
    assert card.group.checkedId() == 2, "arrows go through the values to the third, Space chooses"
    assert card.other is not None and card.other.hasFocus()
    here.type("5")
    here.press(TAB)
    for _ in range(2):
        here.press(Qt.Key.Key_Right)
    here.press(Qt.Key.Key_Space)
    assert card.states["verified"].isChecked()
    here.press(TAB)
    here.press(TAB)
    assert card.reason.hasFocus() and not card.button.isEnabled()
    here.type("医院核实")
    assert card.button.text() == "按5 人处理"
    here.press(ENTER)
    here.wait(lambda: said_somewhere(here, "重伤人数已按5 人处理"))
    here.wait(sheet.cases.empty.isVisible)
    here.wait(lambda: "分歧" not in here.window.status.left.text())
    meet(here, there)
    for room in (here, there):
        found = room.site.node.local(lambda c: casualties.figures(c, incident_id))
        serious = next(row for row in found if row.figure == "injured_serious")
        assert (serious.value, serious.verify_state, serious.source) == (5, "verified", "医院核实")
        assert room.site.node.local(conflicts.open_count) == 0


def test_a_kept_value_is_verified_along_with_it(rooms: OpenRoom) -> None:
    here, _, incident_id = disputed(rooms)
    here.sign_in()
    open_desk(here)
    card = card_of(here)
    card.group.buttons()[0].setFocus()
    here.press(Qt.Key.Key_Space)
    assert card.states["verifying"].isChecked(), "as it was written"
    here.click(card.states["verified"])
    assert card.source is not None
    card.source.setFocus()
    here.type("区中心医院")
    card.reason.setFocus()
    here.type("与医院名单一致")
    here.press(ENTER)
    here.wait(lambda: here.site.node.local(conflicts.open_count) == 0)
    found = here.site.node.local(lambda c: casualties.figures(c, incident_id))
    serious = next(row for row in found if row.figure == "injured_serious")
    assert (serious.value, serious.verify_state, serious.source) == (4, "verified", "区中心医院")


def first_elsewhere(rooms: OpenRoom, other: str = "7") -> tuple[Room, Room, ConflictCard, str]:
    """The fire side types a third value while the bureau decides for four."""
    here, there, incident_id = disputed(rooms)
    there.sign_in()
    open_desk(there)
    card = card_of(there)
    assert card.other is not None
    card.other.setFocus()
    there.type(other)
    card.reason.setFocus()
    there.type("现场")
    assert card.button.isEnabled()
    [row] = [r for r in here.site.node.local(incidents.conflicts) if r.value[0] == 4]
    here.act(
        ResolveConflict(
            entity="incident",
            entity_id=incident_id,
            field="injured_serious",
            keep=row.hash.hex(),
            reason="医院",
        )
    )
    ship(here.site, there.site)
    return here, there, card, incident_id


def test_the_other_console_was_first(rooms: OpenRoom) -> None:
    """S3 14:56: what was decided, by whom, when and why is told; what was typed stays to be read; nothing is written over it."""
    _, there, card, _ = first_elsewhere(rooms)
    there.wait(lambda: "原因" in card.fault.text())
    said = card.fault.text()
    assert "应急局 duty_officer 14:47:00 已先处理：重伤人数定为4 人（" in said and "原因：医院。" in said
    assert card.reason.text() == "现场" and card.other is not None and card.other.text() == "7"
    assert "已处理" in card.head.text() and "不一致" not in card.head.text()
    assert card.button.isHidden()
    there.press(ENTER)
    there.type("x")
    there.settle()
    assert card.fault.text() == said and card.reason.text() == "现场"
    assert there.site.rows("incident")[0]["injured_serious"] == 4
    there.press(ESCAPE)
    sheet = there.window.overlays.conflicts
    assert not sheet.is_open
    open_desk(there)
    there.wait(sheet.cases.empty.isVisible)
    assert sheet.cases.card is None, "gone at the next opening"


def test_what_was_settled_elsewhere_is_not_shown_to_the_next_account(rooms: OpenRoom) -> None:
    _, there, card, _ = first_elsewhere(rooms)
    there.wait(lambda: "原因" in card.fault.text())
    there.window.session.lock()
    assert card.reason.text() == "现场", "locking stops nothing"
    there.sign_in("duty_chief")
    there.wait(there.window.overlays.conflicts.cases.empty.isVisible)
    assert there.window.overlays.conflicts.cases.card is None


def test_what_is_typed_belongs_to_its_account(rooms: OpenRoom) -> None:
    here, _, _ = disputed(rooms)
    here.sign_in()
    open_desk(here)
    card = card_of(here)
    assert card.other is not None and card.source is not None
    card.other.setFocus()
    here.type("7")
    card.reason.setFocus()
    here.type("现场")
    here.sign_in_again("duty_officer")
    card = card_of(here)
    assert card.reason.text() == "现场" and card.group.checkedId() == 2, "the same person goes on"
    here.sign_in_again("duty_chief")
    card = card_of(here)
    assert card.other is not None and (card.reason.text(), card.other.text()) == ("", "")
    assert card.group.checkedId() == -1 and not card.button.isEnabled() and not card.is_being_edited()


def test_settled_elsewhere_it_stays_to_be_read_beside_other_disagreements(rooms: OpenRoom) -> None:
    here, there, incident_id = disputed(rooms)
    here.act(SetCasualties(incident_id=incident_id, missing=1))
    there.act(SetCasualties(incident_id=incident_id, missing=2))
    meet(here, there)
    there.sign_in()
    sheet = open_desk(there)
    stands_open(there, 2)
    sheet.cases.select(("incident", incident_id, "injured_serious"))
    card = card_of(there)
    assert card.field == "injured_serious"
    card.reason.setFocus()
    there.type("现场")
    rows = [r for r in here.site.node.local(incidents.conflicts) if r.field == "injured_serious"]
    here.act(
        ResolveConflict(
            entity="incident",
            entity_id=incident_id,
            field="injured_serious",
            keep=rows[0].hash.hex(),
            reason="医院",
        )
    )
    ship(here.site, there.site)
    there.wait(lambda: "原因：医院" in card.fault.text())
    assert card_of(there) is card and card.reason.text() == "现场"
    sheet.cases.list.setFocus()
    there.press(DOWN)
    there.wait(lambda: card_of(there).field == "missing")


def test_what_is_missing_is_said_at_its_field(rooms: OpenRoom) -> None:
    here, _, _ = disputed(rooms)
    here.sign_in()
    open_desk(here)
    card = card_of(here)
    assert card.other is not None
    card.group.buttons()[0].setFocus()
    here.press(ENTER)
    assert "还没有选定" in card.fault.text() and card.fault.isVisible()
    card.group.buttons()[-1].setFocus()
    here.press(SPACE)
    assert card.fault.isHidden() and card.other.hasFocus() and "另定" in card.button.text()
    here.type("9" * 20)
    here.press(TAB)
    card.reason.setFocus()
    here.type("h")
    here.press(ENTER)
    here.wait(lambda: "最多填" in card.fault.text())
    card.other.setFocus()
    card.other.selectAll()
    here.type("1000")
    here.press(ENTER)
    here.wait(lambda: "确实是 1,000 人" in card.fault.text())
    assert "再按一次 Enter" in card.fault.text()
    card.reason.clear()
    card.other.selectAll()
    here.type("five")
    assert card.fault.isHidden()
    here.press(ENTER)
    assert card.unread.isVisible() and "请填 0 或整数" in card.unread.text() and card.other.hasFocus()
    here.type("5")
    assert card.other.text() == "5" and card.unread.isHidden()
    here.press(ENTER)
    assert "还没有写处理原因" in card.fault.text() and card.fault.isVisible() and card.reason.hasFocus()
    here.type("h")
    assert card.fault.isHidden()
    here.press(ENTER)
    here.wait(lambda: here.site.node.local(conflicts.open_count) == 0)


def test_decided_apart_it_is_shown_again_in_both_rooms(rooms: OpenRoom) -> None:
    here, there, _incident_id = disputed(rooms)
    for room, number in ((here, "5"), (there, "7")):
        room.sign_in()
        open_desk(room)
        card = card_of(room)
        assert card.other is not None
        card.other.setFocus()
        room.type(number)
        card.reason.setFocus()
        room.type("核实")
        room.press(ENTER)
        stands_open(room, 0)
    meet(here, there)
    for room in (here, there):
        cases = room.window.overlays.conflicts.cases
        stands_open(room, 1)
        assert "核实中 (5/7)" in cases.list.lines.lines[0].text()
        first, second = seen_is_told(room)
        assert "写下时的原值：4 人" in first.replace("6 人", "4 人") and "7 人" in first and "5 人" in second


def test_of_states_the_more_cautious_is_shown_until_a_person_confirms(rooms: OpenRoom) -> None:
    here, there = rooms("EMB"), rooms("FRD")
    row = register(here.site)
    here.act(SetIncidentStatus(incident_id=row.id, to=IncidentStatus.HANDLING))
    ship(here.site, there.site)
    here.act(SetIncidentStatus(incident_id=row.id, to=IncidentStatus.CONTROLLED))
    there.act(VoidIncident(incident_id=row.id, reason="误报"), "duty_chief")
    meet(here, there)
    here.sign_in()
    open_desk(here)
    card = card_of(here)
    notes = card.findChildren(type(card.fault), "conflictCautious")
    assert [note.text() for note in notes] == ["选定之前，两边都先按更稳妥的“已控制”显示。"]
    assert card.other is None, "a state is never invented here"
    chosen = next(b for b in card.group.buttons() if b.text() == "已控制")
    chosen.setChecked(True)
    card.reason.setFocus()
    here.type("现场确认")
    here.press(ENTER)
    here.wait(lambda: here.site.incident(row.id).status == "controlled")
    assert here.site.incident(row.id).conflicts == 0


def test_a_code_is_chosen_from_its_list(rooms: OpenRoom) -> None:
    here, there = rooms("EMB"), rooms("FRD")
    row = register(here.site)
    ship(here.site, there.site)
    here.act(ChangeIncident(incident_id=row.id, unit_code="310105001"))
    there.act(ChangeIncident(incident_id=row.id, unit_code="310105002"))
    meet(here, there)
    here.sign_in()
    open_desk(here)
    card = card_of(here)
    assert {b.text() for b in card.group.buttons()} == {"华阳路街道", "江苏路街道", "另定"}
    assert card.other is not None
    card.other.setFocus()
    here.type("tsl")
    here.press(ENTER)
    card.reason.setFocus()
    here.type("定位核实")
    assert card.button.text() == "按天山路街道处理"
    here.press(ENTER)
    here.wait(lambda: here.site.incident(row.id).unit_code == "310105006")


def test_from_the_desk_to_the_incident_and_its_history(rooms: OpenRoom) -> None:
    here, _, incident_id = disputed(rooms)
    sheet = open_desk(here)
    here.click(sheet.cases.history_button)
    history = here.window.overlays.history
    here.wait(lambda: history.is_open and history.shown)
    assert [block.fields for block in history.shown] == [{"injured_serious"}] * 2, "of this field alone"
    here.press(ESCAPE)
    sheet = open_desk(here)
    here.click(sheet.cases.open_button)
    here.wait(lambda: here.window.session.selected_incident == incident_id)
    assert here.window.columns.desk_open and not sheet.is_open
    desk = here.window.desk
    assert desk is not None
    here.wait(
        lambda: desk.overview.conflicts and all(x.text() for x in desk.overview.conflicts[0].seen.values())
    )


def test_the_count_in_the_status_line_leads_to_the_desk(rooms: OpenRoom) -> None:
    here, _, _ = disputed(rooms)
    left = here.window.status.left
    here.wait(lambda: any(key == "conflicts" for _, key in left._places))
    [box] = [box for box, key in left._places if key == "conflicts"]
    here.click(left, box.center().toPoint())
    here.wait(lambda: here.window.overlays.conflicts.is_open)


# -- what was not accepted -------------------------------------------------------------------------------------------------
def test_what_was_not_accepted_is_listed_in_both_rooms(rooms: OpenRoom) -> None:
    here, there = rooms("EMB"), rooms("FRD")
    row = register(here.site)
    meet(here, there)
    act = maker(there.site).write("change_incident", "incident", row.id, {"what": "<b>误报</b>"}, why="试")
    forge(there.site, there.site.account("observer"), act)
    meet(here, there)
    said = []
    for room in (here, there):
        room.press(F7)
        sheet = room.window.overlays.conflicts
        room.press(Qt.Key.Key_2, ALT)
        room.wait(sheet.refused.why.text)
        assert "没有这项权限" in sheet.refused.why.text()
        assert "未被接受的内容 1" in sheet.tabs.tabText(1)
        assert "何事：<b>误报</b>" in sheet.refused.asked.text() and "原因：试" in sheet.refused.asked.text()
        labels = (sheet.refused.head, sheet.refused.by, sheet.refused.asked, sheet.refused.why)
        said.append([label.text() for label in labels])
        status_says(room, "未被接受 1")
        again = next(each for each in sheet.refused.findChildren(QPushButton) if each.text() == "重新录入")
        own = room is there  # whose matter it is
        assert again.isVisible() is own and ("由消防支队办理" in sheet.refused.next.text()) is not own
    assert said[0] == said[1]
    assert room.site.incident(row.id).what == row.what
    called: list[QuarantineRow] = []
    button = sheet.refused.add_button("x", called.append)
    room.click(button)
    assert [each.reason for each in called] == ["role"]
    room.click(sheet.refused.copy)
    assert "<b>误报</b>" in QGuiApplication.clipboard().text()
    again = next(each for each in sheet.refused.findChildren(QPushButton) if each.text() == "重新录入")
    room.click(again)
    room.wait(lambda: room.window.overlays.sites.is_open and room.window.overlays.sites.part == "offers")


def test_every_reason_is_said_in_plain_words() -> None:
    """Whatever the judges give as reason has its own sentence."""
    journal = Path(__file__).resolve().parents[2] / "app" / "journal"
    found: set[str] = set()
    for name in ("validity", "contents", "births", "projector"):
        text = (journal / f"{name}.py").read_text("utf-8")
        found |= set(re.findall(r'Judgement\(\s*"([a-z ]+)"', text))
        found |= set(re.findall(r'reason ?= ?"([a-z ]+)"', text))
        found |= set(re.findall(r'"(granted while being revoked|mixed scopes|cannot be projected)"', text))
        if name in ("contents", "births"):
            found |= set(re.findall(r'return "([a-z ]+)"', text))
            found |= set(re.findall(r'else "([a-z ]+)"', text)) - {""}
    assert len(found) > 25
    general = ZH.get("ui.conflicts.reason.other")
    assert not [reason for reason in sorted(found) if reason_words(ZH, reason) == general]
    assert reason_words(ZH, "of a newer version") == general
