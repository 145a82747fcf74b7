"""The situation on one page: what burns first, who is there, how the line stands; copied and printed (JD-01, JD-04, XC-07)."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QPdfWriter
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPrintSupport import QPrintPreviewDialog
from PySide6.QtWidgets import QApplication

from app.kernel.enums import ContactAbout, Post
from app.queries import situation as situation_query
from app.ui.board.paper import Paper, lay_out, print_paper
from app.ui.situation.words import COLUMNS, SHARES
from app.usecases.contacts import AddContact
from app.usecases.duty import TakeWatch
from app.usecases.incidents import VoidIncident
from tests.kit import founded_town, register
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, Room, emb_room, rooms

__all__ = ["emb_room", "founded_town", "rooms"]


def opened(room: Room) -> None:
    room.press(ESCAPE)
    room.press(Qt.Key.Key_I, CTRL)
    sheet = room.window.overlays.situation
    room.wait(lambda: sheet.is_open and sheet.said is not None)


def line(room: Room, name: str) -> str:
    """What stands beside a name."""
    found = [each for each in room.window.overlays.situation.lines_shown() if each.startswith(name)]
    assert len(found) == 1, (name, room.window.overlays.situation.lines_shown())
    return found[0].removeprefix(name).strip()


def test_the_key_shows_the_page_to_everybody_and_esc_gives_the_board_back(emb_room: Room) -> None:
    room = emb_room
    assert room.window.session.locked
    opened(room)
    sheet = room.window.overlays.situation
    assert sheet.empty.isVisible() and not sheet.table.isVisible(), "an empty room says what would stand here"
    assert line(room, "未结事件") == "0 件"
    assert "无人在岗" in line(room, "长宁区应急管理局")
    assert "断线前所知" in line(room, "长宁区消防救援支队"), "nobody can tell who is there (JD-01)"
    room.press(ESCAPE)
    assert not sheet.is_open


def test_what_burns_first_stands_first_with_its_clock_and_who_owes_it(emb_room: Room) -> None:
    room = emb_room
    late = register(room.site, place="甲路", received_at=room.clock_at("07:20:00"))
    fresh = register(room.site, place="乙路", received_at=room.clock_at("07:59:00"), deaths=1)
    room.act(VoidIncident(incident_id=register(room.site, place="丙路").id, reason="误报"), "duty_chief")
    room.act(TakeWatch(post=Post.LEADER_ON_SHIFT), "leader")
    opened(room)
    sheet = room.window.overlays.situation
    room.wait(lambda: sheet.said is not None and len(sheet.said.rows) == 2)
    assert sheet.said is not None
    assert [row.id for row in sheet.said.rows] == [late.id, fresh.id], "what is void is not here"
    cells = [dict(zip(sheet.said.heads, row.cells, strict=True)) for row in sheet.said.rows]
    assert cells[0]["时限"].startswith("超 10:00") and sheet.said.rows[0].tone == "bad"
    assert cells[0]["责任方"] == "应急局"
    assert cells[1]["伤亡、分歧"] == "亡 1（未核实）", "how sure it is stands beside it (IS-14)"
    assert line(room, "时限").startswith("超时 1 件")
    assert line(room, "未结事件").startswith("2 件")
    assert line(room, "长宁区应急管理局") == "在岗 带班领导；缺 值班长、值班员"
    room.tick(60)
    room.window.pulse.second.emit(room.clock.now_ms())
    room.wait(lambda: sheet.said is not None and sheet.said.rows[0].cells[4].startswith("超 11:00"))


def test_what_comes_while_it_is_open_appears(emb_room: Room) -> None:
    room = emb_room
    opened(room)
    sheet = room.window.overlays.situation
    row = register(room.site, place="新路")
    room.wait(lambda: sheet.said is not None and [each.id for each in sheet.said.rows] == [row.id])
    assert sheet.table.chosen == row.id
    room.press(ENTER)
    room.wait(lambda: room.window.selected_row is not None and room.window.selected_row.id == row.id)
    assert not sheet.is_open and room.window.desk_shown


def test_the_copy_holds_the_page_and_no_contact_data(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site, place="天山路 300 号", received_at=room.clock_at("07:50:00"))
    room.act(AddContact(incident_id=row.id, about=ContactAbout.CALLER, name="赵某某", number="13900001234"))
    opened(room)
    sheet = room.window.overlays.situation
    room.wait(lambda: sheet.said is not None and sheet.said.rows)
    room.press(Qt.Key.Key_C, CTRL)
    text = QApplication.clipboard().text()
    assert text.splitlines()[0].startswith("长宁区当前情况")
    assert (
        str(row.no) in text and "天山路 300 号" in text and "与消防的链路" in text.replace("消防支队", "消防")
    )
    assert "赵某某" not in text and "13900001234" not in text
    assert room.window.overlays.toasts.texts_shown()[-1] == "已复制当前情况"


def test_more_than_fits_is_counted(emb_room: Room) -> None:
    room = emb_room
    many = situation_query.MOST + 3
    for n in range(many):
        register(room.site, place=f"{n} 路", received_at=room.clock_at(f"07:{n:02d}:00"))
    opened(room)
    sheet = room.window.overlays.situation
    room.wait(lambda: sheet.said is not None and len(sheet.said.rows) == situation_query.MOST)
    assert sheet.rest.isVisible() and "另有 3 件" in sheet.rest.text()
    assert line(room, "未结事件").startswith(f"{many} 件")


def test_it_is_printed_from_the_systems_preview(emb_room: Room) -> None:
    room = emb_room
    register(room.site)
    opened(room)
    room.press(Qt.Key.Key_P, CTRL)
    room.wait(lambda: room.window.findChild(QPrintPreviewDialog, "printPreview") is not None)
    dialog = room.window.findChild(QPrintPreviewDialog, "printPreview")
    assert isinstance(dialog, QPrintPreviewDialog)
    room.wait(dialog.isVisible)
    dialog.reject()


def test_the_lines_stand_above_the_table_of_the_first_page_alone(qapp: QApplication, tmp_path: Path) -> None:
    paper = Paper(
        "Title", "", "printed", "{page}/{pages}", ("One", "Two"), (1.0, 1.0),
        [(f"row{chr(97 + n // 26)}{chr(97 + n % 26)}", "x") for n in range(60)],
        lead=(("Watch", "nobody"), ("Link", "alone")),
    )  # fmt: skip
    path = tmp_path / "page.pdf"
    writer = QPdfWriter(str(path))
    lay_out(writer)
    pages = print_paper(paper, writer, "Noto Sans CJK SC")
    del writer
    document = QPdfDocument()
    document.load(str(path))
    assert document.pageCount() == pages > 1
    texts = [document.getAllText(page).text().replace("\r\n", "") for page in range(pages)]
    assert "Watch" in texts[0] and "alone" in texts[0]
    assert all("Watch" not in text for text in texts[1:])
    assert re.findall(r"row\w\w", "".join(texts)) == [row for row, _ in paper.rows], (
        "every row once, in order"
    )
    assert len(SHARES) == len(COLUMNS)
