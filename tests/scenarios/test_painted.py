"""What a window is said to show is what it paints."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.scenarios.play import plain
from tests.scenarios.room import painted_lines


class Painted(QWidget):
    """Draws its text by hand, as the board does."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawText(QRectF(0, 0, 400, 30), Qt.AlignmentFlag.AlignLeft, "待同步 1 件 <&>")
        painter.end()


def test_painted_words_are_read_and_hidden_ones_are_not(qtbot: QtBot) -> None:
    """Labels, buttons, fields, texts drawn by hand, Chinese and Latin in one line; nothing of what is hidden."""
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    hidden = QLabel("看不见")
    for widget in (
        QLabel("核实中（4/6） since 14:05"),
        QPushButton("登记事件 Ctrl+N"),
        QLineEdit("虹桥街道"),
        hidden,
        Painted(),
    ):
        widget.setMinimumHeight(40)
        column.addWidget(widget)
    hidden.hide()
    window.resize(500, 300)
    window.show()
    qtbot.waitExposed(window)
    lines = painted_lines(window)
    assert lines == ["核实中（4/6） since 14:05", "登记事件 Ctrl+N", "虹桥街道", "待同步 1 件 <&>"]
    assert "核实中(4/6)" in plain(lines[0])
    hidden.show()
    qtbot.wait(1)
    assert "看不见" in painted_lines(window)
