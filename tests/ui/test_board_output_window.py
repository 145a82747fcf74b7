"""The board as a file and on paper: all rows of the view in its order, progress, giving up, pages (SCREEN; QUALITY)."""

from __future__ import annotations

import csv
import re
import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPdfWriter
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPrintSupport import QPrintPreviewDialog, QPrintPreviewWidget
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog

from app.exchange import tables_out
from app.kernel.enums import Realm
from app.queries.board_view import Chip, Sort
from app.ui.board.output_deeds import ON_PAPER, SHARES
from app.ui.board.paper import Paper, lay_out, print_paper
from app.usecases.incidents import VoidIncident
from tests.kit import founded_town, register
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, Room, emb_room, rooms

__all__ = ["emb_room", "founded_town", "rooms"]
SHIFT = Qt.KeyboardModifier.ShiftModifier


def filled(room: Room, count: int = 5) -> None:
    for n in range(count):
        register(room.site, what=f"=仓库{n}", received_at=room.clock_at(f"07:{n:02d}:00"))
    room.act(VoidIncident(incident_id=register(room.site).id, reason="误报"), "duty_chief")
    room.press(ESCAPE)
    room.wait(lambda: len(room.window.feeds.rows) > count)
    room.settle()


def lines(path: Path) -> list[list[str]]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_what_the_view_holds_is_exported_in_its_order(emb_room: Room, tmp_path: Path) -> None:
    room = emb_room
    filled(room)
    room.board.show_view(Chip.OPEN, "", Sort.LEVEL)
    room.wait(lambda: not room.board.feed.pending)
    path = tmp_path / "事件"
    room.window.features.output.save(path, "CSV 文本 (*.csv)")
    sheet = room.window.overlays.output
    room.wait(lambda: not sheet.running)
    heads, *rows = lines(tmp_path / "事件.csv")
    order = [each for each in room.board.model.ids() if not each.startswith("#")]
    numbers = [room.site.incident(each).no for each in order]
    assert [row[heads.index("编号")] for row in rows] == numbers and len(rows) == 5
    assert all(row[heads.index("情况")].startswith("'=") for row in rows)
    assert {row[heads.index("责任方")] for row in rows} == {"应急局"}
    assert room.window.overlays.toasts.texts_shown()[-1] == "已导出 5 件：事件.csv"


def test_the_key_asks_where_and_esc_leaves_it(emb_room: Room) -> None:
    room = emb_room
    room.press(ESCAPE)
    room.press(Qt.Key.Key_E, CTRL | SHIFT)
    dialog = room.window.findChild(QFileDialog, "exportDialog")
    assert isinstance(dialog, QFileDialog)
    room.wait(dialog.isVisible)
    (name,) = dialog.selectedFiles()
    assert Path(name).name == "事件-20250714.xlsx"
    assert room.window.features.output.ask().name == "事件"
    room.console.realm = Realm.EXERCISE.value
    assert room.window.features.output.ask().name == "演练-事件"
    dialog.reject()


def test_an_export_is_given_up_by_its_button_and_leaves_nothing(emb_room: Room, tmp_path: Path) -> None:
    room = emb_room
    filled(room, 1)
    go, begun = threading.Event(), threading.Event()
    real = tables_out._counted

    def slow(rows: Any, watch: Any) -> Iterator[Any]:
        begun.set()
        assert go.wait(30)
        yield from real(rows, watch)

    tables_out._counted = slow
    try:
        room.window.features.output.save(tmp_path / "a.xlsx")
        sheet = room.window.overlays.output
        room.wait(begun.is_set)
        assert sheet.is_open and "a.xlsx" in sheet.said.text()
        room.press(ENTER)
        go.set()
        room.wait(lambda: not sheet.running)
    finally:
        go.set()
        tables_out._counted = real
    assert [each.name for each in tmp_path.iterdir()] == ["town"], "the sites of the test alone"
    assert room.window.overlays.toasts.texts_shown()[-1] == "已停止，没有写出 a.xlsx"


def test_a_place_that_cannot_be_written_is_said_in_words(emb_room: Room, tmp_path: Path) -> None:
    room = emb_room
    filled(room, 1)
    room.window.features.output.save(tmp_path / "gone" / "a.xlsx")
    room.wait(lambda: not room.window.overlays.output.running)
    assert "a.xlsx 写不进去，没有导出" in room.window.overlays.refusals.what.text()


def test_the_preview_opens_by_its_key(emb_room: Room) -> None:
    room = emb_room
    filled(room, 1)
    room.press(Qt.Key.Key_P, CTRL | SHIFT)
    room.wait(lambda: room.window.findChild(QPrintPreviewDialog, "printPreview") is not None)
    dialog = room.window.findChild(QPrintPreviewDialog, "printPreview")
    assert isinstance(dialog, QPrintPreviewDialog)
    room.wait(dialog.isVisible)
    [preview] = dialog.findChildren(QPrintPreviewWidget)
    [scale] = dialog.findChildren(QComboBox)
    assert preview.zoomMode() is QPrintPreviewWidget.ZoomMode.FitInView
    room.settle()
    field = scale.lineEdit()
    assert field is not None and scale.currentText() == f"{preview.zoomFactor() * 100:.1f}%"
    spare = field.width() - field.fontMetrics().horizontalAdvance("100.0%")
    assert spare >= 12, "51.9% was seen as 1.9%"
    dialog.reject()


# Digits of a subset font cannot be read back from a PDF; letters can.
DIGITS = "abcdefghij"
LETTERS = [f"Q{DIGITS[n // 10]}{DIGITS[n % 10]}" for n in range(95)]


class Spelt(str):
    """Page numbers as letters."""

    def format(self, *_: object, **given: Any) -> str:
        return f"page {DIGITS[given['page']]} of {DIGITS[given['pages']]}"


def test_every_page_has_heads_number_mark_and_time(qapp: QApplication, tmp_path: Path) -> None:
    rows = [(letter, *["天山路街道某居民楼" * 6] * (len(ON_PAPER) - 1)) for letter in LETTERS]
    paper = Paper(
        "长宁区应急管理局　事件", "演练数据，不作处置依据", "打印于八点", Spelt("Page {page} of {pages}"),
        tuple(ON_PAPER), SHARES, rows, "只印前面的",
    )  # fmt: skip
    path = tmp_path / "a.pdf"
    writer = QPdfWriter(str(path))
    lay_out(writer)
    pages = print_paper(paper, writer, "Noto Sans CJK SC")
    del writer
    document = QPdfDocument()
    document.load(str(path))
    assert document.pageCount() == pages > 2
    found: list[str] = []
    for page in range(pages):
        text = unicodedata.normalize("NFKC", document.getAllText(page).text())
        assert "owed" in text and "演练数据" in text and "打印于八点" in text
        assert f"page {DIGITS[page + 1]} of {DIGITS[pages]}" in text
        assert ("只印前" in text) is (page == pages - 1)
        found += re.findall("Q[a-j]{2}", text)
        size = document.pagePointSize(page)
        assert (round(size.width()), round(size.height())) == (842, 595)
        image = document.render(page, QSize(842, 595))
        assert image.pixelColor(2, 2).alpha() in (0, 255)
    assert found == LETTERS, "no row lost or twice at the end of a page"
