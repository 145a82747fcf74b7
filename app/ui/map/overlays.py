"""What lies over the map: layers with their counts, tools, and the words in its place while there is no map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from app.kernel.texts import Texts
from app.ui.theme.theme import Theme

BAR_PX = 36
_TOOL_PX = 32
_ICON_PX = 16
_GRID_PX = 96
_MARGIN = 9


def quiet_button(parent: QWidget, size: int, name: str) -> QPushButton:
    """A square button that shows an icon and says its name to whoever cannot see it."""
    button = QPushButton(parent)
    button.setProperty("kind", "quiet")
    button.setFixedSize(size, size)
    button.setIconSize(QSize(_ICON_PX, _ICON_PX))
    button.setAccessibleName(name)
    button.setToolTip(name)
    return button


class LayerBar(QFrame):
    """A switch for every layer with the number of its records; where there is no room for them, a menu of the same."""

    layers_changed = Signal(list)  # kinds that are shown

    def __init__(self, texts: Texts, theme: Theme, kinds: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("mapLayers")
        self.setProperty("plane", "card")
        self.setFixedHeight(BAR_PX)
        self._texts, self._theme = texts, theme
        self._icon = QLabel(self)
        title = QLabel(texts.get("ui.map.layers"), self)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 6, 0)
        row.setSpacing(2)
        row.addWidget(self._icon)
        row.addSpacing(4)
        row.addWidget(title)
        row.addSpacing(6)
        self._switches: dict[str, QPushButton] = {}
        for kind in kinds:
            switch = QPushButton(self)
            switch.setObjectName(f"mapLayer.{kind}")
            switch.setProperty("kind", "quiet")
            switch.setCheckable(True)
            switch.setChecked(True)
            switch.setIconSize(QSize(12, 12))
            switch.toggled.connect(self._toggled)
            self._switches[kind] = switch
            row.addWidget(switch)
        self._title, self._more = title, QPushButton(self)
        self._more.setObjectName("mapLayers.more")
        self._more.setProperty("kind", "quiet")
        self._more.clicked.connect(self._open_menu)
        row.addWidget(self._more)
        self._more.hide()
        theme.changed.connect(self._redress)
        self.set_counts({})
        self._redress()

    def fit_into(self, width: int) -> None:
        """Take at most this many px: all switches, or one button with the same in a menu."""
        self._set_compact(False)
        if self.sizeHint().width() > width:
            self._set_compact(True)
        self.adjustSize()

    def _set_compact(self, on: bool) -> None:
        for part in (self._title, *self._switches.values()):
            part.setHidden(on)
        self._more.setVisible(on)
        self._name_menu()

    def _name_menu(self) -> None:
        shown, of = len(self.shown), len(self._switches)
        self._more.setText(self._texts.get("ui.map.layers_shown", shown=shown, of=of))

    def _open_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for switch in self._switches.values():
            action = menu.addAction(switch.text())
            action.setCheckable(True)
            action.setChecked(switch.isChecked())
            action.toggled.connect(switch.setChecked)
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    @property
    def shown(self) -> list[str]:
        """Kinds that are switched on."""
        return [kind for kind, switch in self._switches.items() if switch.isChecked()]

    def show_only(self, kinds: Sequence[str]) -> None:
        """Switch these on and the others off."""
        for kind, switch in self._switches.items():
            switch.setChecked(kind in kinds)

    def set_counts(self, counts: Mapping[str, int]) -> None:
        """Write the numbers."""
        for kind, switch in self._switches.items():
            words = f"{self._texts.get(f'ui.map.layer.{kind}')} {counts.get(kind, 0)}"
            if switch.text() != words:
                switch.setText(words)
        self.adjustSize()

    def _toggled(self) -> None:
        self._redress()
        self._name_menu()
        self.layers_changed.emit(self.shown)

    def _redress(self) -> None:
        self._icon.setPixmap(self._theme.pixmap("layers", "text"))
        for switch in self._switches.values():
            on = switch.isChecked()
            switch.setIcon(self._theme.icon("check" if on else "eye-off", "accent" if on else "muted", 12))


class ToolBar(QFrame):
    """Tools, one below the other: pick a place, whole district, nearer, farther, list."""

    _TOOLS = (
        ("pick", "pin"),
        ("fit", "expand"),
        ("zoom_in", "plus"),
        ("zoom_out", "minus"),
        ("list", "list"),
    )

    def __init__(self, texts: Texts, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("mapTools")
        self.setProperty("plane", "card")
        self._theme = theme
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        self.buttons: dict[str, QPushButton] = {}
        for name, _ in self._TOOLS:
            button = quiet_button(self, _TOOL_PX, texts.get(f"ui.map.tool.{name}"))
            button.setObjectName(f"mapTool.{name}")
            self.buttons[name] = button
            column.addWidget(button)
        for name in ("pick", "list"):
            self.buttons[name].setCheckable(True)
            self.buttons[name].toggled.connect(self._redress)
        theme.changed.connect(self._redress)
        self._redress()

    def _redress(self) -> None:
        for name, icon in self._TOOLS:
            token = "accent" if self.buttons[name].isChecked() else "text"
            self.buttons[name].setIcon(self._theme.icon(icon, token))


class Hint(QFrame):
    """One line above the map while a place is picked."""

    def __init__(self, texts: Texts, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("mapHint")
        self.setProperty("plane", "card")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.addWidget(QLabel(texts.get("ui.map.tool.picking"), self))
        self.hide()


class Placeholder(QWidget):
    """In the map's place while it loads, or says why there is none and how to go on."""

    retry = Signal()

    def __init__(self, texts: Texts, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("mapPlaceholder")
        self._texts, self._theme = texts, theme
        self._icon = QLabel(self)
        self._head, self._detail, self._comfort = QLabel(self), QLabel(self), QLabel(self)
        self._head.setProperty("type", "summary")
        self._again = QPushButton(texts.get("ui.map.state.retry"), self)
        self._again.clicked.connect(self.retry)
        self._column = column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(1)
        for label in (self._icon, self._head, self._detail, self._comfort):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(label in (self._detail, self._comfort))
            column.addWidget(label)
        for label in (self._detail, self._comfort):
            label.setProperty("tone", "muted")
        column.addWidget(self._again, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
        self._broken = False
        theme.changed.connect(self._redress)
        self.say("waiting")

    def say(self, state: str, why: str = "") -> None:
        """`waiting`, `loading`, or `broken` with the text key of the reason."""
        self._broken = state == "broken"
        self._head.setText(self._texts.get(f"ui.map.state.{state}"))
        self._detail.setText(self._texts.get(why) if why else "")
        self._comfort.setText(self._texts.get("ui.map.state.still_here") if self._broken else "")
        for part in (self._detail, self._comfort):
            part.setVisible(self._broken)
        self._again.setVisible(self._broken and self._theme.kind != "wall")  # nobody can press it there
        self._redress()

    def keep_right_free(self, width: int) -> None:
        """Words stay left of what lies over the right edge, px."""
        self._column.setContentsMargins(_MARGIN, _MARGIN, width + _MARGIN, _MARGIN)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The map's ground with a faint grid."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), self._theme.ground)
        line = QColor(self._theme.line)
        line.setAlphaF(0.45)
        painter.setPen(QPen(line, 1))
        for x in range(_GRID_PX // 2, self.width(), _GRID_PX):
            painter.drawLine(x, 0, x, self.height())
        for y in range(_GRID_PX // 2, self.height(), _GRID_PX):
            painter.drawLine(0, y, self.width(), y)
        painter.end()

    def _redress(self) -> None:
        name, token = ("alert", "warn") if self._broken else ("layers", "muted")
        large = self._theme.kind == "wall"
        self._icon.setPixmap(self._theme.pixmap(name, token, self._theme.px("body") * 2 if large else 32))
        if large:  # the style sheet is the desk's
            size, colour = self._theme.px("body"), self._theme.muted.name()
            for label in (self._head, self._detail, self._comfort):
                label.setStyleSheet(f"font-size: {size}px; color: {colour};")
        self.update()
