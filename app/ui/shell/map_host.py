"""Where the map stands: loaded after the first paint, with the exercise mark over it; an honest sentence until then."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.kernel.enums import Realm
from app.ui.session import Session
from app.ui.shell.sheet import plain
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.console import Console

log = logging.getLogger(__name__)
_PANEL = "app.ui.map.panel"
_MARK_ALPHA = 0.05
_MARK_STEP_X, _MARK_STEP_Y = 320, 200


class Watermark(QWidget):
    """The word for exercise, slanted and faint, over everything below; it takes no mouse."""

    def __init__(self, text: str, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("exerciseMark")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, True)
        self._text, self._theme = text, theme
        self._drawn = QPixmap()
        theme.changed.connect(self._forget)

    def _forget(self) -> None:
        self._drawn = QPixmap()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Drawn anew for another size."""
        super().resizeEvent(event)
        self._forget()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The word in rows; drawn once, for everything that moves below it paints it again."""
        if self._drawn.isNull():
            ratio = self.devicePixelRatioF()
            self._drawn = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
            self._drawn.setDevicePixelRatio(ratio)
            self._drawn.fill(Qt.GlobalColor.transparent)
            self._draw(QPainter(self._drawn))
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn)
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        colour = QColor(self._theme.warn)
        colour.setAlphaF(_MARK_ALPHA)
        painter.setPen(colour)
        painter.setFont(self._theme.font(64, bold=True))
        for row, y in enumerate(range(0, self.height() + _MARK_STEP_Y, _MARK_STEP_Y)):
            for x in range((row % 2) * -_MARK_STEP_X // 2, self.width(), _MARK_STEP_X):
                painter.save()
                painter.translate(x, y)
                painter.rotate(-24)
                painter.drawText(0, 0, self._text)
                painter.restore()
        painter.end()


def panel_class() -> Callable[[], Any] | None:
    """What imports the map panel's class, None where this build has no map."""
    if importlib.util.find_spec(_PANEL) is None:
        return None
    return lambda: importlib.import_module(_PANEL).MapPanel


class MapHost(QWidget):
    """Holds the map panel; `load` brings it in, once."""

    def __init__(
        self, console: Console, session: Session, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("mapHost")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self._console, self._session, self._theme = console, session, theme
        self.panel: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.sentence = plain(console.texts.get("ui.shell.map.loading"), tone="muted")
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column.addWidget(self.sentence)
        self.mark: Watermark | None = None
        if console.realm == Realm.EXERCISE:
            self.mark = Watermark(console.texts.get("enum.realm.exercise"), theme, self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.changed.connect(self.update)

    def load(self) -> bool:
        """Bring the map in when this build has one; the sentence says when it has not, or when it failed."""
        if self.panel is not None:
            return True
        found = panel_class()
        if found is None:
            self.sentence.setText(self._console.texts.get("ui.shell.map.absent"))
            return False
        try:
            panel = found()(self._console, self._session, self._theme)
        except Exception:
            log.exception("the map could not be shown")
            self.sentence.setText(self._console.texts.get("ui.shell.map.failed"))
            return False
        self.panel = panel
        self.sentence.hide()
        self._column.addWidget(panel)
        panel.begin()
        self.setFocusProxy(panel)
        if self.mark is not None:
            self.mark.raise_()
        return True

    def event(self, event: QEvent) -> bool:
        """The mark covers the whole host."""
        if event.type() == QEvent.Type.Resize and self.mark is not None:
            self.mark.setGeometry(self.rect())
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The map's ground."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.ground)
        painter.end()

    def dispose(self) -> None:
        """Let the map end what it runs."""
        ending = getattr(self.panel, "dispose", None)
        if callable(ending):
            ending()
