"""An export under way: how far it is, how long it will take, given up with one key. The board goes on behind it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QProgressBar, QWidget

from app.ui.board.port import ExportAsk, ExportDoor
from app.ui.session import Session
from app.ui.shell.sheet import Sheet, plain, press_focused
from app.ui.shell.under_way import UnderWay
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.kernel.texts import Texts

WIDTH = 440
_SECONDS = 5  # before that nobody can say how long it will take


class OutputSheet(Sheet):
    """`saved` tells (rows, name of the file); `given_up` when it was stopped and nothing was written."""

    grows = True
    saved = Signal(int, str)
    given_up = Signal(str)

    def __init__(self, texts: Texts, session: Session, theme: Theme, parent: QWidget) -> None:
        super().__init__("outputSheet", texts.get("ui.board.export.title"), "", parent)
        self._texts, self._session = texts, session
        self._work = UnderWay(self)
        self._work.heard.connect(self._heard)
        self.name = ""
        self.running = False
        self.setFixedWidth(WIDTH)
        self.said = plain()
        self.said.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.stop = HintButton(theme, texts.get("ui.board.export.stop"))
        self.stop.setObjectName("outputStop")
        self.stop.clicked.connect(self._stop)
        for part in (self.said, self.bar, self.stop):
            self.body.addWidget(part)

    def first_field(self) -> QWidget:
        """Enter gives up, Esc lets it go on out of sight."""
        return self.stop

    def begin(
        self, door: ExportDoor, ask: ExportAsk, path: Path, failed: Callable[[BaseException], bool]
    ) -> None:
        """Write a view into a file; one at a time."""
        work = self._work
        work.begin()
        self.name, self.running = path.name, True
        self._heard(None, 0, 0)
        self.open()
        future = door.save(ask, path, lambda done, total: work.tell(None, done, total), lambda: work.given_up)

        def ended(error: BaseException) -> bool:
            self._end()
            return failed(error)

        future.add_done_callback(
            lambda done: work.tell("end", 0, int(done.cancelled() or done.exception() is not None))
        )
        self._session.follow(future, self._saved, ended)

    def _heard(self, stage: object, done: int, total: int) -> None:
        if stage == "end":
            if self.running and self._work.given_up and total:
                self._end()
                self.given_up.emit(self.name)
            return
        self._work.note(done, total)
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        left = self._work.progress.left_s if total else None
        get = self._texts.get
        key = "of" if total else "so_far"
        text = get(f"ui.board.export.{key}", name=self.name, done=f"{done:,}", total=f"{total:,}")
        if left is not None and left >= 1 and self._work.progress.seconds * 1000 >= _SECONDS * 100:
            text += get("wording.comma") + get("ui.board.export.left", seconds=round(left))
        self.said.setText(text)

    def _saved(self, count: int) -> None:
        self._end()
        self.saved.emit(count, self.name)

    def _end(self) -> None:
        self.running = False
        self.dismiss()

    def _stop(self) -> None:
        self._work.given_up = True

    def dispose(self) -> None:
        """The window closes."""
        self._work.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter on the button gives up."""
        if not press_focused(self, event):
            super().keyPressEvent(event)
