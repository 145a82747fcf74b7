"""A panel in a window of its own, for a second screen. All keys of the console work in it; closed, the panel goes home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QMoveEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow

LEAST = (360, 240)


class FloatWindow(QWidget):
    """`closed` when it was closed by hand, `moved` when it stands elsewhere or has another size."""

    closed = Signal(str)
    moved = Signal()

    def __init__(self, window: MainWindow, name: str, panel: QWidget) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self.name, self._window = name, window
        self.setObjectName(f"float.{name}")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.setProperty("plane", "canvas")
        self.setMinimumSize(*LEAST)
        texts = window.texts
        self.setWindowTitle(
            texts.get(
                "ui.layouts.float", panel=texts.get(f"ui.layouts.panel.{name}"), window=window.windowTitle()
            )
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(panel)
        panel.show()
        for action in window.actions():  # the same actions, so that they do the same here
            self.addAction(action)
            action.triggered.connect(self._acted)

    def _acted(self) -> None:
        QTimer.singleShot(0, self, self._give_keys)

    def _give_keys(self) -> None:
        """What was opened from here stands over the main window: the keys go there."""
        if QApplication.activeWindow() is self and self._window.overlays.top_open() is not None:
            self._window.raise_()
            self._window.activateWindow()

    def event(self, event: QEvent) -> bool:
        """A native window was made, perhaps anew: whoever works in it is here."""
        handled = super().event(event)
        if event.type() == QEvent.Type.WinIdChange:
            self._window.idle.watch(self.windowHandle())
        return handled

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys the panel has not used mean here what they mean in the main window."""
        self._window.keyPressEvent(event)

    def moveEvent(self, event: QMoveEvent) -> None:
        """Told, to be kept."""
        super().moveEvent(event)
        self.moved.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Told, to be kept."""
        super().resizeEvent(event)
        self.moved.emit()

    def closeEvent(self, event: QCloseEvent) -> None:
        """By hand: the panel goes home."""
        event.accept()
        self.closed.emit(self.name)
