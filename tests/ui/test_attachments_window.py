"""Files and contacts of an incident in the window, by keys, over a real site (CM-05, XC-07)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage

from app.bootstrap import purging
from app.bootstrap.backup_store import SECOND_FOLDER, mark
from app.bootstrap.file_receipts import FileReceipts
from app.kernel.texts import Texts
from app.local import memory
from app.queries import attachments, contacts
from app.queries.incidents import IncidentRow
from app.ui.attachments import words
from app.ui.attachments.port import AttachmentLine
from app.ui.attachments.sheet import AttachmentSheet
from app.ui.contacts.sheet import ContactSheet
from app.ui.shell import moments
from app.usecases.contacts import Personal, PurgePersonalData
from tests.kit import act, founded_town, register
from tests.ui.bundle_kit import introduce
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, Open, Room, emb_room, rooms

__all__ = ["emb_room", "founded_town", "rooms"]


def photo(folder: Path, name: str = "六层阳台.jpg") -> Path:
    """A real picture, wider than high."""
    image = QImage(640, 480, QImage.Format.Format_RGB32)
    image.fill(QColor("#4CA3FF"))
    assert image.save(str(folder / name))
    return folder / name


def chosen(room: Room, who: str = "duty_officer") -> IncidentRow:
    """Signed in, an incident selected."""
    room.sign_in(who)
    row = register(room.site)
    room.wait(lambda: room.window.board is not None)
    room.select(row)
    return row


def files(room: Room) -> AttachmentSheet:
    room.press(Qt.Key.Key_F9)
    sheet = room.window.overlays.attachments
    room.wait(lambda: sheet.is_open)
    room.settle()
    return sheet


def people(room: Room) -> ContactSheet:
    room.press(Qt.Key.Key_F10)
    sheet = room.window.overlays.contacts
    room.wait(lambda: sheet.is_open)
    room.settle()
    return sheet


def cells(sheet: AttachmentSheet | ContactSheet) -> list[list[str]]:
    model = sheet.model
    return [
        [model.data(model.index(row, at)) for at in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_attach_look_and_save(emb_room: Room, tmp_path: Path) -> None:
    room, source = emb_room, photo(tmp_path)
    row = chosen(room)
    sheet = files(room)
    assert sheet.list.currentWidget() is sheet.empty and "Ctrl+O" in sheet.empty.text()
    assert room.focus() is sheet.add, "the first thing one wants"
    sheet.about.setFocus()
    room.type("14:20 现场")
    sheet.attach(source)
    room.wait(lambda: sheet.model.rowCount() == 1)
    [line] = cells(sheet)
    assert (line[0], line[2], line[4]) == ("六层阳台.jpg", "图片", "已在本台") and "应急局" in line[3]
    assert sheet.about.text() == "" and "已附上" in sheet.note.text()
    [kept] = room.site.node.read(lambda c: attachments.attachments(c, row.id))
    assert kept.note == "14:20 现场"
    room.wait(lambda: not sheet.picture.pixmap().isNull())
    shown = sheet.picture.pixmap()
    assert shown.width() > shown.height() and shown.width() <= 300
    out = tmp_path / "out.jpg"
    sheet.save_as(kept.id, out)
    room.wait(out.exists)
    room.wait(lambda: str(out) in sheet.note.text())
    assert out.read_bytes() == source.read_bytes()
    sheet.save_as(kept.id, out)
    room.wait(lambda: "已有" in sheet.note.text() or "已存在" in sheet.note.text())
    room.press(ESCAPE)
    assert not sheet.is_open


def test_that_the_partner_has_a_file_is_said_once_it_has_said_so(rooms: Open, tmp_path: Path) -> None:
    """Only what is known: here, until the other console has answered that it holds the file whole."""
    room, there = rooms("EMB"), rooms("FRD")
    introduce(room.site, there.site)
    row = chosen(room)
    sheet = files(room)
    sheet.attach(photo(tmp_path))
    room.wait(lambda: sheet.model.rowCount() == 1)
    assert cells(sheet)[0][4] == "已在本台"
    [kept] = room.site.node.read(lambda c: attachments.attachments(c, row.id))
    FileReceipts(room.site.node).confirmed(there.site.node.me.site, [str(kept.content)])
    [(_, at)] = room.site.node.read(lambda c: attachments.reached(c, str(kept.content)))
    said = f"消防支队 {moments.minute_text(at)} 已收到"
    room.wait(lambda: cells(sheet)[0][4] == said)


def test_what_is_no_attachment_is_told_in_place(emb_room: Room, tmp_path: Path) -> None:
    room = emb_room
    chosen(room)
    sheet = files(room)
    wrong = tmp_path / "x.jpg"
    wrong.write_bytes(b"MZ not a picture")
    for path, said in ((wrong, "只能附"), (tmp_path / "none.jpg", "none.jpg")):
        sheet.attach(path)
        room.wait(lambda: sheet.note.property("tone") == "bad" and sheet.add.isEnabled())
        assert said in sheet.note.text()
    assert sheet.model.rowCount() == 0 and wrong.exists()


def test_destroying_takes_a_reason_and_a_second_press(emb_room: Room, tmp_path: Path) -> None:
    room = emb_room
    row = chosen(room, "duty_chief")
    sheet = files(room)
    sheet.attach(photo(tmp_path))
    room.wait(lambda: sheet.model.rowCount() == 1)
    room.click(sheet.purge.button)
    assert "先填写" in sheet.purge.note.text()
    sheet.purge.reason.setFocus()
    room.type("家属要求")
    room.click(sheet.purge.button)
    assert "不能恢复" in sheet.purge.note.text()
    assert room.site.node.read(lambda c: attachments.attachments(c, row.id))[0].purged_at is None
    room.click(sheet.purge.button)
    room.wait(lambda: cells(sheet)[0][4].startswith("已清除"))
    room.wait(lambda: cells(sheet)[0][4] == "已清除（应急局已确认）")
    room.wait(lambda: "家属要求" in sheet.picture.text())
    assert not sheet.copy.isEnabled() and not sheet.purge.isEnabled()
    assert not list(room.site.node.attachments.contents())


def test_what_a_purge_waits_for_is_named(
    emb_room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XC-07: the second folder of backups is not at hand: not confirmed, and said which; it goes on once it is there."""
    monkeypatch.setattr(purging, "RETRY_S", 0.1)
    room, second = emb_room, tmp_path / "stick"
    room.site.node.local(lambda c: memory.keep(c, SECOND_FOLDER, str(second), 0))
    row = chosen(room, "duty_chief")
    sheet = files(room)
    sheet.attach(photo(tmp_path))
    room.wait(lambda: sheet.model.rowCount() == 1)
    [kept] = room.site.node.read(lambda c: attachments.attachments(c, row.id))
    order = PurgePersonalData(entity=Personal.ATTACHMENT, entity_id=kept.id, reason="家属要求")
    act(room.site, "duty_chief", order)
    room.wait(lambda: cells(sheet)[0][4] == "已清除")
    room.wait(lambda: str(second) in sheet.picture.text() and "还没有确认" in sheet.picture.text())
    second.mkdir()
    mark(second, room.site.node.me.site)
    room.wait(lambda: cells(sheet)[0][4] == "已清除（应急局已确认）")
    room.wait(lambda: str(second) not in sheet.picture.text() and "家属要求" in sheet.picture.text())


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("why", ["kind", "size"])
def test_a_file_that_is_not_taken_in_says_why(language: str, why: str) -> None:
    """CM-05: no film "on its way" for ever, and no good file either."""
    texts = Texts.load(language)
    line = AttachmentLine("1", "a.jpg", "image/jpeg", 9, 0, "FRD", "", "", "barred", barred=why)
    assert words.row(texts, line, {}, 0).cells[-1] == texts.get("ui.attachments.state.barred")
    assert words.instead(texts, line) == texts.get(f"ui.attachments.instead.{why}")


def test_who_may_not_destroy_is_told_with_the_first_press(emb_room: Room, tmp_path: Path) -> None:
    """XC-06: before a reason is asked of him, and who can; nothing is armed, nothing is ordered."""
    room = emb_room
    row = chosen(room, "duty_officer")
    sheet = files(room)
    sheet.attach(photo(tmp_path))
    room.wait(lambda: sheet.model.rowCount() == 1)
    sheet.purge.reason.setFocus()
    room.type("家属要求")
    room.click(sheet.purge.button)
    assert "无权" in sheet.purge.note.text() and "值班长" in sheet.purge.note.text()
    assert sheet.purge.button.text() == "清除…" and sheet.purge.reason.text() == "家属要求"
    room.click(sheet.purge.button)
    room.settle()
    assert room.site.node.read(lambda c: attachments.attachments(c, row.id))[0].purged_at is None


def test_contact_masked_shown_and_covered(emb_room: Room) -> None:
    room = emb_room
    row = chosen(room)
    sheet = people(room)
    assert sheet.list.currentWidget() is sheet.empty and room.focus() is sheet.name
    room.type("物业值班")
    room.press(Qt.Key.Key_Tab)
    room.type("abc")
    room.press(ENTER)
    room.wait(sheet.fields["number"].fault.isVisible)
    sheet.number.clear()
    room.type("021-55550123")
    room.press(ENTER)
    room.wait(lambda: sheet.model.rowCount() == 1)
    room.wait(lambda: sheet.number.text() == "")
    assert cells(sheet)[0][:2] == ["现场", "物** 021****23"]
    sheet.table.setFocus()
    room.press(ENTER)
    room.wait(lambda: cells(sheet)[0][1] == "物业值班 021-55550123")
    assert cells(sheet)[0][3] == "查看中"
    [kept] = room.site.node.read(lambda c: contacts.contacts(c, row.id))
    assert len(room.site.node.read(lambda c: contacts.accesses(c, kept.id))) == 1, "the look is noted"
    sheet.cover()
    sheet.number.setFocus()
    room.press(Qt.Key.Key_E, CTRL)
    room.wait(lambda: cells(sheet)[0][1] == "物业值班 021-55550123")
    room.window.session.lock()
    assert cells(sheet)[0][1] == "物** 021****23", "a lock covers it at once"


def test_contact_is_changed_and_esc_gives_the_change_up(emb_room: Room) -> None:
    room = emb_room
    chosen(room)
    sheet = people(room)
    room.type("物业")
    room.press(Qt.Key.Key_Tab)
    room.type("021-55550123")
    room.press(ENTER)
    room.wait(lambda: sheet.model.rowCount() == 1)
    room.click(sheet.change)
    assert room.focus() is sheet.name and sheet.button.text() == "保存修改"
    room.press(ESCAPE)
    assert sheet.is_open and sheet.button.text() == "登记"
    room.click(sheet.change)
    room.type("物业")
    sheet.number.setFocus()
    room.type("021-55559999")
    room.press(ENTER)
    room.wait(lambda: cells(sheet)[0][1] == "物** 021****99")
    assert sheet.model.rowCount() == 1


def test_no_text_becomes_markup(emb_room: Room) -> None:
    """QUALITY, attack test 1: what a name holds is shown as it stands."""
    room = emb_room
    chosen(room)
    sheet = people(room)
    room.type("<b>&x")
    room.press(Qt.Key.Key_Tab)
    room.type("021-55550123")
    room.press(ENTER)
    room.wait(lambda: sheet.model.rowCount() == 1)
    sheet.table.setFocus()
    room.press(Qt.Key.Key_E, CTRL)
    room.wait(lambda: cells(sheet)[0][1].startswith("<b>&x "))


def test_what_cannot_be_shown_says_why(emb_room: Room) -> None:
    """A key that is not here yet: Ctrl+E says when it comes and whom to ring; who confirmed a purge is read whole."""
    room = emb_room
    chosen(room)
    sheet = people(room)
    room.type("物业")
    room.press(Qt.Key.Key_Tab)
    room.type("021-55550123")
    room.press(ENTER)
    room.wait(lambda: sheet.model.rowCount() == 1)
    room.settle()
    [line] = sheet._lines.values()
    sheet._show([replace(line, state="waiting")])
    sheet.table.setFocus()
    room.press(Qt.Key.Key_E, CTRL)
    assert "链路恢复后自动能看" in sheet.note.text() and "电话" in sheet.note.text()
    sheet._show([replace(line, state="purged", destroyed=("EMB", "FRD"))])
    room.bot.wait(1)
    said = cells(sheet)[0][3]
    needed = sheet.table.fontMetrics().horizontalAdvance(said) + 40
    assert "已确认" in said and sheet.table.columnWidth(3) >= needed


def typed(sheet: ContactSheet) -> tuple[str, str]:
    return sheet.name.text(), sheet.number.text()


def test_what_was_typed_is_not_shown_to_another_account(emb_room: Room) -> None:
    """XC-07: covered by a lock, there again for the one who typed it, never anybody else's, not by Ctrl+Z either."""
    room = emb_room
    row = chosen(room)
    sheet = people(room)
    room.type("物业值班")
    room.press(Qt.Key.Key_Tab)
    room.type("021-5555")
    room.window.session.lock()
    assert typed(sheet) == ("", ""), "nobody's screen shows it"
    room.sign_in("duty_chief")
    assert typed(sheet) == ("", "")
    for field in (sheet.name, sheet.number):
        field.setFocus()
        room.press(Qt.Key.Key_Z, CTRL)
        assert typed(sheet) == ("", "")
    sheet.name.setFocus()
    room.type("门卫")
    room.sign_in_again("duty_officer")
    assert typed(sheet) == ("物业值班", "021-5555"), "the same person goes on"
    sheet.number.setFocus()
    room.type("0123")
    room.press(ENTER)
    room.wait(lambda: sheet.model.rowCount() == 1)
    room.wait(lambda: typed(sheet) == ("", ""))
    room.sign_in_again("duty_chief")
    assert typed(sheet) == ("门卫", "")
    room.click(sheet.change)
    sheet.name.setFocus()
    room.type("值班")
    room.sign_in_again("duty_officer")
    assert typed(sheet) == ("", "") and sheet.button.text() == "登记", (
        "a change is not left to another, either"
    )
    room.sign_in_again("duty_chief")
    assert sheet.button.text() == "保存修改" and sheet.name.text().endswith("值班")
    [kept] = room.site.node.read(lambda c: contacts.contacts(c, row.id))
    assert kept.id == sheet._changing


def test_what_was_typed_while_locked_stays_for_who_signs_in(emb_room: Room) -> None:
    """The sentence of the lock says so: what is filled in stays."""
    room = emb_room
    chosen(room)
    sheet = people(room)
    room.window.session.lock()
    sheet.name.setFocus()
    room.type("物业")
    room.sign_in("duty_chief")
    assert typed(sheet) == ("物业", "")


def test_a_reason_is_not_left_to_the_next_account(emb_room: Room) -> None:
    room = emb_room
    chosen(room, "duty_chief")
    sheet = people(room)
    room.type("物业")
    room.press(Qt.Key.Key_Tab)
    room.type("021-55550123")
    room.press(ENTER)
    room.wait(lambda: sheet.model.rowCount() == 1)
    sheet.purge.reason.setFocus()
    room.type("事件已结束")
    room.sign_in_again("duty_chief")
    assert sheet.purge.reason.text() == "事件已结束", "the same person goes on"
    room.sign_in_again("duty_officer")
    assert sheet.purge.reason.text() == ""
