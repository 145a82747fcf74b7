"""The cheat sheet (F1): every shortcut of the action table, by group; the same table, so that it cannot lie."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QWidget

from app.kernel.texts import Texts
from app.ui.actions import ActionTable
from app.ui.shell.sheet import Sheet, plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

WIDTH = 840
CHROME = 112  # px of title, buttons and edges
_WINDOW, _INCIDENT = "ui.shell.group.window", "ui.shell.group.incident"
_FIXED = (
    (_WINDOW, "Enter", "enter"),
    (_WINDOW, "Esc", "escape"),
    (_WINDOW, "Tab", "tab"),
    (_WINDOW, "Ctrl+Enter", "submit"),
    (_INCIDENT, "Alt+P", "point"),
    (_INCIDENT, "Alt+1", "overview"),
    (_INCIDENT, "Alt+2", "timeline"),
)
"""Keys of lists, forms and the desk: they stand in no table of actions."""


def shown(key: str) -> str:
    """A key as it stands on the keyboard."""
    return key.replace("Up", "\N{UPWARDS ARROW}")


class KeySheet(Sheet):
    """Two columns of groups; `manual_wanted`: the manual where it tells of what was in use before."""

    manual_wanted = Signal()

    def __init__(self, texts: Texts, theme: Theme, parent: QWidget, table: ActionTable) -> None:
        super().__init__(
            "keySheet", texts.get("ui.shell.keys.title"), texts.get("ui.shell.keys.foot"), parent
        )
        self._texts, self._theme, self._table = texts, theme, table
        self.setFixedWidth(WIDTH)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(6)
        inside = QWidget()
        inside.setProperty("plane", "card")
        inside.setLayout(self._grid)
        self._area = QScrollArea()  # a low window scrolls it
        self._area.setObjectName("keysArea")
        self._area.setAccessibleName(texts.get("ui.shell.keys.title"))
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidgetResizable(True)
        self._area.setWidget(inside)
        for ground in (inside, self._area.viewport()):
            ground.setAutoFillBackground(False)  # that of the sheet
        self._room = 0
        self.body.addWidget(self._area)
        self.close_button = HintButton(theme, texts.get("ui.shell.fault.close"), hint="Esc")
        self.close_button.clicked.connect(self.dismiss)
        self.manual = HintButton(theme, texts.get("ui.help.to_manual"), icon="help", hint="F1")
        self.manual.setObjectName("keysManual")
        self.manual.clicked.connect(self.manual_wanted)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.manual)
        foot.addWidget(self.close_button)
        self.body.addLayout(foot)
        self._shown_lines: dict[str, list[tuple[str, str]]] = {}

    def first_field(self) -> QWidget:
        """So that Esc arrives here."""
        return self.close_button

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As high as the keys need and the window has room."""
        self._room = whole.height() - 24
        self._take_room()

    def _take_room(self) -> None:
        inside = self._area.widget()
        if inside is None or self._room <= 0:
            return
        self._area.setFixedHeight(min(inside.sizeHint().height(), max(80, self._room - CHROME)))
        if self.is_open:
            self.adjustSize()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows and page keys scroll."""
        steps = {Qt.Key.Key_Down: 40, Qt.Key.Key_Up: -40, Qt.Key.Key_PageDown: 400, Qt.Key.Key_PageUp: -400}
        by = steps.get(Qt.Key(event.key()))
        if by is None:
            super().keyPressEvent(event)
            return
        bar = self._area.verticalScrollBar()
        bar.setValue(bar.value() + by)
        event.accept()

    def open(self) -> None:
        """Fill it from the table, anew when keys of somebody's own have come or gone."""
        lines = self.lines()
        if lines != self._shown_lines:
            self._shown_lines = lines
            self._fill(lines)
        self._take_room()
        super().open()

    def lines(self) -> dict[str, list[tuple[str, str]]]:
        """(key, what it does) by group."""
        texts = self._texts
        groups: dict[str, list[tuple[str, str]]] = {}
        for action in self._table:
            keys = "  ".join(filter(None, (action.shortcut, self._table.own_key(action.id))))
            if keys:
                groups.setdefault(action.group, []).append((keys, texts.get(action.text)))
        for group, key, name in _FIXED:
            groups.setdefault(group, []).append((key, texts.get(f"ui.shell.keys.{name}")))
        return groups

    def _fill(self, groups: dict[str, list[tuple[str, str]]]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        places = [0, 0]
        for group, lines in groups.items():
            column = places.index(min(places))
            self._put(self._head(group), places[column], column * 2, span=2)
            places[column] += 1
            for key, name in lines:
                self._put(plain(shown(key), tone="muted"), places[column], column * 2)
                self._put(plain(name), places[column], column * 2 + 1)
                places[column] += 1
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(3, 1)

    def _head(self, group: str) -> QLabel:
        return plain(self._texts.get(group), size="head")

    def _put(self, label: QLabel, row: int, column: int, span: int = 1) -> None:
        self._grid.addWidget(label, row, column, 1, span)
