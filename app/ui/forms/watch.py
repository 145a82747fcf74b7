"""Taking and leaving the watch from the account block (JD-04): a digit chooses the post; the rules decide who may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.kernel.enums import Post
from app.ui.session import Session
from app.ui.shell import moments
from app.ui.shell.sheet import Sheet, plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.duty import WatchRow
    from app.ui.console import Console

WIDTH = 440
LEAVE = "0"


class WatchSheet(Sheet):
    """`taken` tells the post's name, `left` that all posts were left."""

    taken = Signal(str)
    left = Signal()

    def __init__(self, console: Console, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__(
            "watchSheet", texts.get("ui.forms.watch.title"), texts.get("ui.forms.watch.hint"), parent
        )
        self._session, self._texts = session, texts
        self._busy = False
        self.setFixedWidth(WIDTH)
        self.mine = plain(tone="muted")
        self.body.addWidget(self.mine)
        self.buttons: dict[str, HintButton] = {}
        for number, post in enumerate(Post, 1):
            name = texts.get(f"enum.post.{post.value}")
            self._add(theme, str(number), texts.get("ui.forms.watch.take", post=name), f"take.{post.value}")
        foot = QHBoxLayout()
        self._add(theme, LEAVE, texts.get("ui.forms.watch.leave"), "leave", foot)
        foot.addStretch(1)
        cancel = HintButton(theme, texts.get("ui.forms.cancel"), hint="Esc")
        cancel.clicked.connect(self.dismiss)
        foot.addWidget(cancel)
        self.body.addLayout(foot)

    def _add(self, theme: Theme, digit: str, text: str, name: str, row: QHBoxLayout | None = None) -> None:
        button = HintButton(theme, text, hint=digit)
        button.setObjectName(f"watch.{name}")
        button.clicked.connect(lambda: self._choose(digit))
        self.buttons[digit] = button
        (row or self.body).addWidget(button)

    def first_field(self) -> QWidget:
        """The first post."""
        return self.buttons["1"]

    def ask(self, rows: Sequence[WatchRow]) -> None:
        """Open with what the account holds now."""
        account, texts = self._session.account, self._texts
        held = [row for row in rows if account is not None and row.account_id == account.id]
        if held:
            posts = texts.get("wording.comma").join(texts.get(f"enum.post.{row.post}") for row in held)
            since = min(row.taken_at or 0 for row in held)
            self.mine.setText(texts.get("ui.forms.watch.mine", posts=posts, time=moments.minute_text(since)))
        else:
            self.mine.setText(texts.get("ui.forms.watch.none"))
        self.buttons[LEAVE].setEnabled(bool(held))
        self.open()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits choose."""
        button = self.buttons.get(event.text())
        if button is not None and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            if button.isEnabled():
                self._choose(event.text())
            event.accept()
            return
        super().keyPressEvent(event)

    def _choose(self, digit: str) -> None:
        from app.usecases.duty import LeaveWatch, TakeWatch

        if self._busy:
            return
        if digit == LEAVE:
            self._busy = self._session.act(LeaveWatch(), lambda _done: self._done(None), self._refused)
        else:
            post = tuple(Post)[int(digit) - 1]
            self._busy = self._session.act(
                TakeWatch(post=post), lambda _done: self._done(post), self._refused
            )

    def _done(self, post: Post | None) -> None:
        self._busy = False
        self.dismiss()
        if post is None:
            self.left.emit()
        else:
            self.taken.emit(self._texts.get(f"enum.post.{post.value}"))

    def _refused(self, error: BaseException) -> bool:
        """The refusal bar says why and who can."""
        self._busy = False
        self.dismiss()
        return False
