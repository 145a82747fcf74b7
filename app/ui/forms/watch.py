"""Taking and leaving the watch from the account block (JD-04): a digit chooses the post; the rules decide who may.

Below stand those present of one's own agency, so that chief or leader can end a watch somebody forgot to leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.kernel.enums import Post
from app.kernel.errors import Refusal
from app.ui.alarms.sound_test import SoundTest
from app.ui.forms.field import Field, line
from app.ui.session import Session
from app.ui.shell import moments
from app.ui.shell.sheet import Sheet, plain, tip
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.duty import PresentRow, WatchRow
    from app.ui.console import Console

WIDTH = 440
LEAVE = "0"


class WatchSheet(Sheet):
    """`taken` tells the post's name, `left` that all posts were left, `ended` whose watch was ended (a title)."""

    grows = True
    taken = Signal(str)
    left = Signal()
    ended = Signal(str)

    def __init__(self, console: Console, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__(
            "watchSheet", texts.get("ui.forms.watch.title"), texts.get("ui.forms.watch.hint"), parent
        )
        self._console, self._session, self._texts, self._theme = console, session, texts, theme
        self._agency = console.agency
        self._busy = False
        self._ending: PresentRow | None = None
        self.setFixedWidth(WIDTH)
        self.mine = plain(tone="muted")
        self.body.addWidget(self.mine)
        self.buttons: dict[str, HintButton] = {}
        for number, post in enumerate(Post, 1):
            name = texts.get(f"enum.post.{post.value}")
            self._add(theme, str(number), texts.get("ui.forms.watch.take", post=name), f"take.{post.value}")
        self.others = QVBoxLayout()
        self.others.setSpacing(4)
        self.body.addLayout(self.others)
        self._add_reason(theme)
        self.sound = SoundTest(console, session, theme)
        self.body.addWidget(self.sound)
        foot = QHBoxLayout()
        self._add(theme, LEAVE, texts.get("ui.forms.watch.leave"), "leave", foot)
        foot.addStretch(1)
        self._cancel = HintButton(theme, texts.get("ui.forms.cancel"), hint="Esc")
        self._cancel.clicked.connect(self.dismiss)
        foot.addWidget(self._cancel)
        self.body.addLayout(foot)

    def _add(self, theme: Theme, digit: str, text: str, name: str, row: QHBoxLayout | None = None) -> None:
        button = HintButton(theme, text, hint=digit)
        button.setObjectName(f"watch.{name}")
        button.clicked.connect(lambda: self._choose(digit))
        self.buttons[digit] = button
        (row or self.body).addWidget(button)

    def _add_reason(self, theme: Theme) -> None:
        texts = self._texts
        self.reason = line(texts.get("ui.forms.watch.reason_hint"))
        self.field = Field("reason", "", self.reason)
        self.confirm = HintButton(theme, texts.get("ui.forms.watch.end"), hint="Enter", kind="danger")
        self.confirm.setObjectName("watch.end")
        self.confirm.clicked.connect(self.submit)
        self.reason.returnPressed.connect(self.submit)
        self.reason.textEdited.connect(lambda _text: self.field.say(""))
        self.field.label.setWordWrap(True)
        self._ask = QWidget()
        column = QVBoxLayout(self._ask)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.field)
        column.addWidget(self.confirm, 0, Qt.AlignmentFlag.AlignRight)
        self._ask.hide()
        self.body.addWidget(self._ask)

    def first_field(self) -> QWidget:
        """The first post."""
        return next(button for button in self.buttons.values() if button.isEnabled())

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
        for number, post in enumerate(Post, 1):
            holds = any(row.post == post.value for row in held)
            self.buttons[str(number)].setEnabled(not holds)
            self.buttons[str(number)].setToolTip(texts.get("ui.forms.watch.held") if holds else "")
        self._show_others([])
        self.sound.reset()
        self.open()
        self._read_others()

    def _read_others(self) -> None:
        agency = self._agency

        def read(connection: Any) -> list[PresentRow]:
            from app.queries.duty import present

            return present(connection, agency)

        self._session.ask(read, self._show_others, "watch.present")

    def _show_others(self, rows: Sequence[PresentRow]) -> None:
        """Those present but oneself, each with the way to end a forgotten watch."""
        self._ending = None
        self._ask.hide()
        while (item := self.others.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        account = self._session.account
        others = [row for row in rows if account is None or row.account_id != account.id]
        if others:
            self.others.addWidget(plain(self._texts.get("ui.forms.watch.others"), tone="muted", size="small"))
        before: QWidget = self.buttons[str(len(Post))]
        for row in others:
            strip = self._other(row)
            self.others.addWidget(strip)
            button = strip.findChild(HintButton)
            if button is not None:  # Tab goes from top to bottom
                QWidget.setTabOrder(before, button)
                before = button
        sound = self.sound.buttons.values()
        for after in (self.reason, self.confirm, *sound, self.buttons[LEAVE], self._cancel):
            QWidget.setTabOrder(before, after)
            before = after
        self.adjustSize()

    def _other(self, row: PresentRow) -> QWidget:
        texts, strip = self._texts, QWidget()
        box = QHBoxLayout(strip)
        box.setContentsMargins(0, 0, 0, 0)
        post = texts.get(f"enum.post.{row.post}")
        said = texts.get(
            "ui.forms.watch.other" if row.title not in (None, "", post) else "ui.forms.watch.other_post",
            title=row.title or "",
            post=post,
            time=moments.exact_text(row.taken_at or 0)[5:16],
        )
        label = plain(said)
        label.setMinimumWidth(0)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        label.setToolTip(tip(said))
        box.addWidget(label, 1)
        button = HintButton(self._theme, texts.get("ui.forms.watch.end"), kind="quiet")
        button.setObjectName(f"watch.end.{row.id}")
        button.clicked.connect(lambda: self.ask_reason(row))
        box.addWidget(button)
        return strip

    def ask_reason(self, row: PresentRow) -> None:
        """Whose watch is to end, and why: said before it is done, and written down."""
        texts = self._texts
        self._ending = row
        post = texts.get(f"enum.post.{row.post}")
        asked = texts.get("ui.forms.watch.reason", title=row.title or "", post=post)
        self.field.label.setText(asked)
        self.reason.setAccessibleName(asked)
        self.field.say("")
        self.reason.clear()
        self._ask.show()
        self.adjustSize()
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def submit(self) -> None:
        """End the watch that was chosen, once."""
        from app.usecases.duty import EndWatch

        row = self._ending
        if row is None or self._busy:
            return
        command = EndWatch(watch_id=row.id, reason=self.reason.text())
        self._busy = self._session.act(command, lambda _done: self._ended(row), self._end_refused)

    def _ended(self, row: PresentRow) -> None:
        self._busy = False
        self.dismiss()
        self.ended.emit(row.title or "")

    def _end_refused(self, error: BaseException) -> bool:
        """A missing reason is said at its field, everything else by the refusal bar."""
        self._busy = False
        if isinstance(error, Refusal) and error.field == self.field.name:
            self.field.say(self._console.sentence(error))
            self.field.focus()
            self.adjustSize()
            return True
        self.dismiss()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits choose."""
        button = None if self.reason.hasFocus() else self.buttons.get(event.text())
        if not self.reason.hasFocus() and self.sound.take_key(event.text()):
            event.accept()
            return
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
        self._session.expect_another(post is None)
        if post is None:
            self.left.emit()
        else:
            self.taken.emit(self._texts.get(f"enum.post.{post.value}"))

    def _refused(self, error: BaseException) -> bool:
        """The refusal bar says why and who can."""
        self._busy = False
        self.dismiss()
        return False
