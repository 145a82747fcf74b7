"""What both ways of pairing are made of: a page with a fault line, a number to be read aloud, a field with its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.kernel.errors import EnvironmentFault, Refusal
from app.ui.forms.field import Field, line
from app.ui.relay import Relay
from app.ui.session import Session
from app.ui.shell.sheet import plain
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from concurrent.futures import Future

    from app.ui.shell.ports import SiteDoor


LEAST_PX = 12


class BigNumber(QWidget):
    """Digits to be read aloud, as large as fits."""

    def __init__(self, theme: Theme, px: int) -> None:
        super().__init__()
        self._theme, self._px, self.text = theme, px, ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_number(self, text: str) -> None:
        """Show other digits."""
        if text != self.text:
            self.text = text
            self.setAccessibleName(text)
            self.update()

    def sizeHint(self) -> QSize:
        """A line and a half high."""
        return QSize(200, round(self._px * 1.6))

    def paintEvent(self, event: QPaintEvent) -> None:
        """In the middle, on a plate."""
        painter, theme, px = QPainter(self), self._theme, self._px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.canvas)
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        while (
            px > LEAST_PX
            and QFontMetricsF(theme.font(px, True)).horizontalAdvance(self.text) > self.width() - 24
        ):
            px -= 2
        painter.setPen(theme.text)
        painter.setFont(theme.font(px, True))
        painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, self.text)
        painter.end()


class Page(QWidget):
    """A page of the pairing screen; trouble is said at its foot, with who could do it."""

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.console, self.session, self.theme, self.texts = console, session, theme, console.texts
        self.relay = Relay(self)
        self.busy = False
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(10)
        self.foot = QWidget()  # below what scrolls
        self.problem = plain(tone="bad")
        self.problem.setObjectName(f"{name}Problem")
        self.problem.setWordWrap(True)
        self.problem.hide()

    def say(self, key: str, **params: Any) -> str:
        """A text of the pairing screen."""
        return self.texts.get(f"ui.pairing.{key}", **params)

    def note(self, key: str = "", tone: str = "muted", size: str = "") -> QLabel:
        """A sentence that wraps, put under what stands there."""
        label = plain(self.say(key) if key else "", tone=tone, size=size)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.column.addWidget(label)
        return label

    def field(self, name: str, text: str, hint: str = "") -> Field:
        """An input with its name above."""
        made = Field(name, self.say(text), line(self.say(hint) if hint else ""))
        self.column.addWidget(made)
        return made

    def buttons(self, *parts: QWidget) -> QWidget:
        """A row of buttons, the first at the right edge last."""
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addStretch(1)
        for part in parts:
            row.addWidget(part)
        self.column.addWidget(holder)
        return holder

    def reveal(self, part: QWidget) -> None:
        """Scroll it into sight once it has its place."""

        def scroll() -> None:
            above: QWidget | None = self
            while above is not None and not isinstance(above, QScrollArea):
                above = above.parentWidget()
            if above is not None:
                above.ensureWidgetVisible(part)

        QTimer.singleShot(0, self, scroll)

    def account_id(self) -> str | None:
        """Who acts; asks to sign in while nobody does."""
        if self.session.account is None:
            self.session.sign_in_wanted.emit("ui.shell.sign_in.to_act")
            return None
        return self.session.account.id

    def follow(self, future: Future[Any], done: Any) -> None:
        """Hear how something ended; trouble is said here."""
        self.busy = True
        self.tell("")

        def ended(result: Any) -> None:
            self.busy = False
            done(result)

        self.relay.then(future, ended, self.failed)

    def failed(self, error: Exception) -> None:
        """Say what was refused and who could do it; a bug goes to the window."""
        self.busy = False
        if not isinstance(error, Refusal | EnvironmentFault):
            self.session.failed.emit(error)
            return
        said = [self.console.sentence(error)]
        if isinstance(error, Refusal) and (who := self.console.who(error)):
            said.append(self.texts.get("ui.shell.refusal.who", who=who))
        self.tell("\n".join(said))

    def tell(self, said: str) -> None:
        """The line of trouble; empty takes it away."""
        self.problem.setText(said)
        self.problem.setVisible(bool(said))
