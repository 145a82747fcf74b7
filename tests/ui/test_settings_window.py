"""Settings by keys: rule numbers found, changed, refused at the field, overtaken, disputed; what is typed survives (D-31)."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.domain.rule_numbers import RuleKey
from app.kernel.clock import MINUTE_MS
from app.kernel.enums import IncidentClass, VerifyState
from app.queries import settings
from app.ui import start
from app.ui.settings import scale, words
from app.ui.settings.sheet import SettingsSheet
from app.ui.shell.lock import IDLE_MEMORY
from app.ui.shell.tone import VOLUME_MEMORY
from app.usecases.casualties import SetCasualties
from app.usecases.settings import ChangeRuleNumber
from tests.kit import founded_town, register, ship
from tests.ui.window_kit import ALT, CTRL, ENTER, ESCAPE, Open, Room, emb_room, frd_room, rooms

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]
DOWN = Qt.Key.Key_Down
ROOT = Path(__file__).resolve().parents[2]


def opened(room: Room, key: str = "") -> SettingsSheet:
    """Ctrl+, and until the numbers are there; with a key, that one chosen by typing its rule or name."""
    room.window.overlays.sign_in.dismiss()
    room.press(Qt.Key.Key_Comma, CTRL)
    sheet = room.window.overlays.settings
    room.wait(lambda: sheet.is_open and sheet.numbers.rows)
    if key:
        sheet.numbers.ask(key)
        room.wait(lambda: row_of(sheet) == key)
    return sheet


def row_of(sheet: SettingsSheet) -> str:
    row = sheet.numbers.chosen()
    return row.key if row is not None else ""


def value_of(room: Room, key: RuleKey) -> int | None:
    rows = room.site.node.read(settings.rule_numbers)
    return next((row.value for row in rows if row.id == key.value), None)


def typed(room: Room, sheet: SettingsSheet, text: str) -> None:
    """Into the field of the number on the card, as a person does it."""
    sheet.numbers.card.editor.setFocus()
    sheet.numbers.card.editor.selectAll()
    room.type(text)


def listed(sheet: SettingsSheet) -> list[str]:
    return [line.key for line in sheet.numbers.list.numbers.lines if line.key]


def test_every_number_stands_there_with_everything_known_of_it(emb_room: Room) -> None:
    """D-31: name, value, unit, default, range, rule, source, who may, whether this version uses it."""
    sheet = opened(emb_room)
    assert sorted(listed(sheet)) == sorted(RuleKey)
    heads = [line.name for line in sheet.numbers.list.numbers.lines if not line.key]
    assert heads == ["报送时限", "登记与事件", "值守与联动", "程序与保管"]
    assert row_of(sheet) == "" or sheet.numbers.card.isVisible()
    facts = sheet.numbers.card.facts()
    assert sheet.numbers.card.title.text() == "口头报时限"
    assert (facts["现行值"], facts["默认值"], facts["可填范围"]) == (
        "30 分钟",
        "30 分钟",
        "1 至 1440 分钟，整数",
    )
    assert facts["规则"] == "RP-07；按 D-31 可改" and facts["来源条款"] == "沪松府〔2022〕86号 三(二)2"
    assert facts["可由谁改"] == "应急局、消防支队的带班领导、授权人员"
    assert facts["最近改动"] == "还没有改过"
    assert "只影响此后开始的时限" in sheet.numbers.card.standing.text()


def test_found_by_chinese_initials_and_rule_id(emb_room: Room) -> None:
    """SCREEN, Keyboard: characters, pinyin initials, English, the rule's id; nothing found is said."""
    room = emb_room
    sheet = opened(room)
    assert room.focus() is sheet.numbers.filter
    for needle in ("ktbsx", "口头报时", "oral report", "rp-07"):
        sheet.numbers.filter.clear()
        room.type(needle)
        assert "oral_report_limit" in listed(sheet), needle
        assert len(listed(sheet)) < 6, needle
    sheet.numbers.filter.clear()
    room.type("zzzz")
    assert not sheet.numbers.list.isVisible() and "zzzz" in sheet.numbers.empty.text()
    assert not sheet.numbers.card.isVisible() and sheet.numbers.chosen() is None, (
        "nothing to be saved at the right"
    )
    room.press(ESCAPE)
    assert len(listed(sheet)) == len(RuleKey) and sheet.is_open


def test_changed_by_the_keyboard_alone(emb_room: Room) -> None:
    """D-31: filter, Enter, number, Ctrl+Enter; on record, told, in force for what begins later only."""
    room = emb_room
    room.sign_in("leader")
    before = register(room.site)
    sheet = opened(room)
    room.type("ktbsx")
    room.press(DOWN)
    room.press(ENTER)
    assert room.focus() is sheet.numbers.card.editor
    room.type("25")
    room.press(ENTER, CTRL)
    room.wait(lambda: value_of(room, RuleKey.ORAL_REPORT_LIMIT) == 25)
    room.wait(lambda: sheet.numbers.card.facts()["现行值"] == "25 分钟")
    assert "口头报时限改为 25 分钟" in room.window.overlays.toasts.texts_shown()[-1]
    assert "应急局" in sheet.numbers.card.facts()["最近改动"]
    assert sheet.numbers.card.editor.text() == ""
    after = register(room.site, place="别处")
    assert before.received_at is not None and after.received_at is not None
    assert room.site.incident(before.id).oral_due_at == before.received_at + 30 * MINUTE_MS
    assert after.oral_due_at == after.received_at + 25 * MINUTE_MS
    line = next(line for line in sheet.numbers.list.numbers.lines if line.key == "oral_report_limit")
    assert "默认 30 分钟" in line.second and line.value == "25 分钟"
    room.press(Qt.Key.Key_D, CTRL)
    room.wait(lambda: value_of(room, RuleKey.ORAL_REPORT_LIMIT) == 30)
    room.wait(lambda: not sheet.numbers.card.default.isEnabled())


def test_what_is_refused_stands_at_the_field(emb_room: Room) -> None:
    """XC-06: an officer may not, and is told who; a number out of range names the range; no words for a number."""
    room = emb_room
    room.sign_in("duty_officer")
    sheet = opened(room, "oral_report_limit")
    field = sheet.numbers.card.field
    typed(room, sheet, "20")
    room.press(ENTER)
    room.wait(field.fault.text)
    assert "带班领导" in field.fault.text() and value_of(room, RuleKey.ORAL_REPORT_LIMIT) is None
    typed(room, sheet, "abc")
    room.press(ENTER)
    assert "带班领导" in field.fault.text(), "the right before the form of the number"
    room.sign_in_again("leader")
    typed(room, sheet, "5000")
    room.press(ENTER)
    room.wait(lambda: "1440" in field.fault.text())
    typed(room, sheet, "abc")
    room.press(ENTER)
    assert field.fault.text() == "请填整数。" and field.editor.text() == "abc"
    typed(room, sheet, "30")
    room.press(ENTER)
    assert "现在就是 30 分钟" in field.fault.text()


def test_unfinished_survives_closing_lock_and_restart(rooms: Open) -> None:
    """SCREEN, Manners: what was typed is there again, and the list says so."""
    room = rooms("EMB")
    room.sign_in("leader")
    sheet = opened(room, "duplicate_window")
    typed(room, sheet, "45")
    room.press(ESCAPE)
    room.window.session.lock()
    room.settle()
    room.close()
    again = rooms("EMB")
    sheet = opened(again, "duplicate_window")
    room.bot.waitUntil(lambda: sheet.numbers.card.editor.text() == "45")
    line = next(line for line in sheet.numbers.list.numbers.lines if line.key == "duplicate_window")
    assert "填了还没保存" in line.second
    again.sign_in("leader")
    sheet = opened(again, "duplicate_window")
    sheet.submit()
    again.wait(lambda: value_of(again, RuleKey.DUPLICATE_WINDOW) == 45)
    again.wait(lambda: again.console.memory("draft.settings") is None)


def test_the_partners_change_comes_softly(rooms: Open) -> None:
    """XC-03: value and line follow, the field and its cursor stay, and it is said what happened meanwhile."""
    here, there = rooms("EMB"), rooms("FRD")
    here.sign_in("leader")
    sheet = opened(here, "oral_report_limit")
    typed(here, sheet, "20")
    there.act(ChangeRuleNumber(key=RuleKey.ORAL_REPORT_LIMIT, value=35), "leader")
    ship(there.site, here.site)
    here.wait(lambda: sheet.numbers.card.facts()["现行值"] == "35 分钟")
    assert here.focus() is sheet.numbers.card.editor and sheet.numbers.card.editor.text() == "20"
    assert sheet.numbers.card.news.isVisible() and "35 分钟" in sheet.numbers.card.news.text()
    assert "消防支队" in sheet.numbers.card.facts()["最近改动"]
    here.press(ENTER, CTRL)
    here.wait(lambda: value_of(here, RuleKey.ORAL_REPORT_LIMIT) == 20)


def test_changed_apart_leads_to_the_conflict_desk(rooms: Open) -> None:
    """D-19, D-31: both values stand, no third is typed here; F7's desk opens at this number."""
    here, there = rooms("EMB"), rooms("FRD")
    for room, value in ((here, 20), (there, 25)):
        room.act(ChangeRuleNumber(key=RuleKey.ORAL_REPORT_LIMIT, value=value), "leader")
    ship(there.site, here.site)
    sheet = opened(here, "oral_report_limit")
    here.wait(sheet.numbers.card.dispute.isVisible)
    assert sheet.numbers.card.facts()["双方所定"] == "20 分钟 / 25 分钟"
    assert not sheet.numbers.card.editor.isVisible()
    in_force = here.site.node.local(lambda _: here.site.node.bus.district()).value(RuleKey.ORAL_REPORT_LIMIT)
    assert sheet.numbers.card.facts()["定之前按"] == f"{in_force} 分钟"
    here.click(sheet.numbers.card.dispute)
    desk = here.window.overlays.conflicts
    here.wait(lambda: desk.is_open and desk.cases.card is not None)
    assert desk.cases.list.chosen() == ("rule_number", "oral_report_limit", "value")


def test_numbers_without_effect_say_so(emb_room: Room) -> None:
    """Honest: what this version does not use, and what it holds to, stand there as such; the latter cannot be changed."""
    sheet = opened(emb_room, "order_ack_limit")
    assert "还没有接入" in sheet.numbers.card.standing.text() and sheet.numbers.card.editor.isVisible()
    sheet.numbers.ask("clock_skew_warn")
    emb_room.wait(lambda: row_of(sheet) == "clock_skew_warn")
    assert "固定" in sheet.numbers.card.standing.text() and not sheet.numbers.card.editor.isVisible()


def test_this_console(emb_room: Room) -> None:
    """Theme at once, language from the next start, volume, minutes until it locks; by keys."""
    room = emb_room
    sheet = opened(room)
    room.press(Qt.Key.Key_2, ALT)
    own = sheet.own
    assert own.isVisible() and room.focus() is own.theme_choice.chips["dark"]
    room.click(own.theme_choice.chips["light"])
    assert room.window.theme.kind == "light" and own.theme_choice.chips["light"].isChecked()
    room.click(own.language_choice.chips["en"])
    assert room.console.memory("language") == "en" and "Ctrl+Q" in own.notes["language"].text()
    room.click(own.volume_choice.chips[60])
    assert room.window.tone.volume == 60 and room.console.memory(VOLUME_MEMORY) == 60
    room.click(own.sound_choice.chips["off"])
    assert not room.window.tone.on
    room.click(own.lock_choice.chips[2])
    assert room.console.memory(IDLE_MEMORY) == 2
    room.press(ESCAPE)
    room.sign_in()
    room.tick(119)
    assert not room.window.session.locked
    room.tick(2)
    assert room.window.session.locked


def test_scale_is_taken_at_the_next_start(emb_room: Room) -> None:
    """Chosen here, drawn so by the next process; what the screen has no room for is not offered."""
    room = emb_room
    room.window.overlays.sign_in.dismiss()
    room.window.features.settings.open_own()
    own = room.window.overlays.settings.own
    assert own.scale_choice.chips[100].isChecked() and own.scale_choice.chips[100].isVisible()
    assert not own.scale_choice.chips[200].isVisible(), "the screen of the tests is small"
    own.scale_choice.chips[150].show()
    room.click(own.scale_choice.chips[150])
    assert room.console.memory(scale.MEMORY) == 150 and "Ctrl+Q" in own.notes["scale"].text()
    room.click(own.scale_choice.chips[100])
    assert room.console.memory(scale.MEMORY) is None and "Ctrl+Q" not in own.notes["scale"].text()


@pytest.mark.parametrize(("kept", "asked", "drawn"), [(150, "", 1.5), ("x", "", 1.0), (200, "1.25", 1.25)])
def test_a_process_draws_at_its_scale(kept: object, asked: str, drawn: float) -> None:
    code = (
        "from app.ui import start\nfrom app.ui.settings import scale\n"
        f"scale.take({kept!r})\nprint(start.application().devicePixelRatio())"
    )
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": asked}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert float(ran.stdout) == drawn, ran.stderr


def test_the_window_takes_the_scale_before_anything_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(Exception):
        pass

    def application() -> None:
        raise Stopped

    class Kept:
        def memory(self, key: str) -> Any:
            return {"scale": 175}.get(key)

    monkeypatch.setenv("QT_SCALE_FACTOR", "")
    monkeypatch.setattr(start, "application", application)
    with pytest.raises(Stopped):
        start.run(Kept(), lambda: None, Future())  # type: ignore[arg-type]
    assert os.environ["QT_SCALE_FACTOR"] == "1.75"


def test_a_scale_the_screen_has_no_room_for_is_given_up(rooms: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another screen than the one it was chosen for: told, and 100 % from the next start on."""
    monkeypatch.setattr(scale, "taken", lambda: 200)
    room = rooms("EMB", before=lambda console: console._memory.update({scale.MEMORY: 200}))
    room.wait(lambda: room.console.memory(scale.MEMORY) is None)
    room.wait(lambda: any("100%" in said for said in room.window.overlays.toasts.texts_shown()))


def test_room_for_a_scale() -> None:
    assert scale.fits(1366, 768, 100, 125) and not scale.fits(1366, 768, 100, 150)
    assert scale.fits(1920, 1080, 200, 200) and scale.fits(3840, 2160, 100, 200)
    assert scale.taken({}) == 100 and scale.taken({"QT_SCALE_FACTOR": "1.5"}) == 150
    assert scale.taken({"QT_SCALE_FACTOR": "?"}) == 100


def test_the_span_of_the_lock_is_kept(rooms: Open) -> None:
    room = rooms("EMB", before=lambda console: console._memory.update({IDLE_MEMORY: 5, VOLUME_MEMORY: 30}))
    assert (room.window.idle.minutes, room.window.tone.volume) == (5, 30)
    strange = rooms(
        "FRD", before=lambda console: console._memory.update({IDLE_MEMORY: 0, VOLUME_MEMORY: "x"})
    )
    assert (strange.window.idle.minutes, strange.window.tone.volume) == (10, 100)


def test_why_leads_to_the_number(emb_room: Room) -> None:
    """Every computed value names its rule; from a clock of the desk the way goes to the row of its number."""
    room = emb_room
    row = register(room.site)
    room.window.overlays.sign_in.dismiss()
    room.select(row)
    room.window.open_desk()
    assert room.window.desk is not None
    overview = room.window.desk.overview
    overview.clocks.taken.emit("oral_report")
    assert "RP-07" in overview.clocks.text() and "在设置里看这个数值" in overview.clocks.text()
    overview.clocks.taken.emit("number.oral_report_limit")
    sheet = room.window.overlays.settings
    room.wait(
        lambda: sheet.is_open and row_of(sheet) == "oral_report_limit" and sheet.numbers.card.isVisible()
    )
    room.press(ESCAPE)
    assert "级别" in overview.facts.text() and "493" not in overview.facts.text()
    overview.facts.taken.emit("level")
    assert "第 493 号 第三条" in overview.facts.text().replace("\n", "")


def test_why_of_level_class_and_row(emb_room: Room) -> None:
    """The level names the figures it follows from, a pending class its limit, a row of the board its clock's number."""
    room = emb_room
    row = register(room.site, class_code=IncidentClass.PENDING)
    room.act(SetCasualties(incident_id=row.id, deaths=2, verify_state=VerifyState.VERIFYING))
    room.window.overlays.sign_in.dismiss()
    room.select(row)
    room.window.open_desk()
    assert room.window.desk is not None
    overview = room.window.desk.overview
    overview.facts.taken.emit("level")
    room.wait(lambda: "现有数字" in overview.facts.text() and "2 人" in overview.facts.text())
    overview.facts.taken.emit("number.pending_class_limit")
    sheet = room.window.overlays.settings
    room.wait(lambda: sheet.is_open and row_of(sheet) == "pending_class_limit")
    room.press(ESCAPE)
    assert room.window.actions_table["why"].run()
    room.wait(lambda: sheet.is_open and row_of(sheet) == "oral_report_limit")
    header = room.window.header
    assert "JD-01" in header.link.toolTip() and "JD-04" in header.own.toolTip()


def test_the_amber_span_follows_at_once(rooms: Open) -> None:
    """D-02, D-31: what the partner's leader sets colours the clocks of this window with its arrival, and at the next start."""
    here, there = rooms("EMB"), rooms("FRD")
    register(here.site)
    here.wait(lambda: here.board.model.rowCount() > 1)
    there.act(ChangeRuleNumber(key=RuleKey.AMBER_BEFORE, value=31), "leader")
    ship(there.site, here.site)
    here.wait(lambda: here.board.model.wording.amber_ms == 31 * MINUTE_MS)
    assert here.console.district.amber_s == 31 * 60
    assert here.window.desk is not None and here.window.desk.overview.amber_s == 31 * 60
    here.wait(lambda: here.board.feed.counts.everything.soon == 1)
    here.close()
    again = rooms("EMB")
    again.wait(lambda: again.board.model.wording.amber_ms == 31 * MINUTE_MS)


def test_how_long_a_class_may_stay_open_follows_at_once(emb_room: Room) -> None:
    """RC-01, D-31: desk and alarm go by the number that holds, and say it."""
    room, window = emb_room, emb_room.window
    row = register(room.site, class_code=IncidentClass.PENDING)
    room.act(ChangeRuleNumber(key=RuleKey.PENDING_CLASS_LIMIT, value=3), "leader")
    window.overlays.sign_in.dismiss()
    room.select(row)
    window.open_desk()
    assert window.desk is not None
    facts = window.desk.overview.facts
    room.wait(lambda: window.console.district.pending_s == 180)
    room.tick(179)
    room.wait(lambda: "3 分钟内定" in facts.text())
    room.wait(lambda: window.feeds._unclassed)
    assert not [alarm for alarm in window.feeds.desk.standing if alarm.kind == "class_pending"]
    room.tick(2)
    assert "已超过 3 分钟" in facts.text()
    [alarm] = [alarm for alarm in window.feeds.desk.standing if alarm.kind == "class_pending"]
    assert "限 3 分钟" in window.strip.sentence(alarm)


def test_every_number_has_its_subject() -> None:
    keys = [key for _, keys in words.SUBJECTS for key in keys]
    assert sorted(keys) == sorted(RuleKey)


def test_english(rooms: Open) -> None:
    room: Any = rooms("FRD", language="en")
    sheet = opened(room, "oral_report_limit")
    facts = sheet.numbers.card.facts()
    assert facts["Now"] == "30 min" and facts["Source"] == "document 86/2022 of Songjiang, 3(2)2"
    assert QApplication.focusWidget() is not None
