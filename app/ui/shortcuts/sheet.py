"""The sheet of keys: every command with its standard key and one's own; a key that clashes is refused by name."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QKeySequenceEdit, QLineEdit, QWidget

from app.kernel.texts import Texts
from app.ui.actions import Action, ActionTable
from app.ui.forms.field import line
from app.ui.shell.initials import initials
from app.ui.shell.key_sheet import shown
from app.ui.shell.languages import other_texts
from app.ui.shell.rows import Row, RowsModel, RowsTable
from app.ui.shell.sheet import Sheet, plain, press_focused, set_tone
from app.ui.shortcuts.rules import fault
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

WIDTH = 760
COLUMNS = ("group", "name", "standard", "own")
_WIDTHS = (130, 320, 140)
_MARGIN = 24


class ShortcutsSheet(Sheet):
    """`chosen(id, keys)`: this key from now on, "" for none."""

    chosen = Signal(str, str)

    def __init__(
        self, texts: Texts, theme: Theme, parent: QWidget, table: ActionTable, who: Callable[[], str]
    ) -> None:
        """`who`: title of whoever the keys are kept for, "" for everybody at this console who is not signed in."""
        super().__init__(
            "shortcutsSheet", texts.get("ui.shortcuts.title"), texts.get("ui.shortcuts.hint"), parent
        )
        self._texts, self._table, self._who = texts, table, who
        self.whose = plain(tone="muted", size="small")
        self.filter = line(texts.get("ui.shortcuts.filter"))
        self.filter.setObjectName("shortcuts.filter")
        self.filter.setAccessibleName(texts.get("ui.shortcuts.filter"))
        self.filter.textChanged.connect(lambda _text: self.show_rows())
        self.model = RowsModel(theme, [texts.get(f"ui.shortcuts.column.{name}") for name in COLUMNS], self)
        self.list = RowsTable("shortcutsTable", texts.get("ui.shortcuts.title"), self.model, _WIDTHS)
        self.list.selectionModel().currentChanged.connect(lambda *_: self._show_chosen())
        self.keys = QKeySequenceEdit()
        self.keys.setObjectName("shortcuts.keys")
        self.keys.setAccessibleName(texts.get("ui.shortcuts.press"))
        self.keys.setMaximumSequenceLength(1)
        self.keys.setFinishingKeyCombinations([])
        self.keys.keySequenceChanged.connect(self._pressed)
        self.keys.installEventFilter(self)
        self.drop = HintButton(theme, texts.get("ui.shortcuts.drop"), hint="Del", kind="quiet")
        self.drop.setObjectName("shortcuts.drop")
        self.drop.clicked.connect(lambda: self._take(""))
        self.said = plain(tone="muted", size="small")
        self.said.setObjectName("shortcuts.said")
        self.said.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(plain(texts.get("ui.shortcuts.press")))
        row.addWidget(self.keys, 1)
        row.addWidget(self.drop)
        for part in (self.whose, self.filter):
            self.body.addWidget(part)
        self.body.addWidget(self.list, 1)
        self.body.addLayout(row)
        self.body.addWidget(self.said)

    def first_field(self) -> QWidget:
        """What is typed filters."""
        return self.filter

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As high as the body of the window."""
        self.setFixedSize(min(WIDTH, whole.width() - _MARGIN), max(1, whole.height() - _MARGIN))

    def open(self) -> None:
        """All commands."""
        self.filter.clear()
        self.show_rows()
        super().open()

    # -- the list ------------------------------------------------------------------------------------------------------------
    def show_rows(self) -> None:
        """Those that fit what is typed, by name in both languages, initials or key."""
        who = self._who()
        self.whose.setText(
            self._texts.get("ui.shortcuts.of", title=who) if who else self._texts.get("ui.shortcuts.of_all")
        )
        wanted = self.filter.text().strip().casefold()
        other = other_texts(self._texts.language)
        rows = []
        for action in self._table:
            name = self._texts.get(action.text)
            own = self._table.own_key(action.id)
            also = (name, initials(name), other.get(action.text), action.shortcut, own)
            if not wanted or any(wanted in each.casefold() for each in also):
                cells = (self._texts.get(action.group), name, shown(action.shortcut), shown(own))
                rows.append(Row(action.id, cells, tone="accent" if own else "", tip=name))
        before = self.list.chosen
        if self.model.show(rows) and rows:
            self.list.choose(before if self.model.place_of(before) >= 0 else rows[0].id)
        self._show_chosen()

    @property
    def action(self) -> Action | None:
        """The command that is meant."""
        return self._table[self.list.chosen] if self.list.chosen else None

    def _show_chosen(self) -> None:
        action = self.action
        own = self._table.own_key(action.id) if action is not None else ""
        before = self.keys.blockSignals(True)  # shown, not pressed
        self.keys.setKeySequence(QKeySequence(own))
        for inner in self.keys.findChildren(QLineEdit):  # Qt says it in English, after every clearing
            inner.setPlaceholderText(self._texts.get("ui.shortcuts.example"))
        self.keys.blockSignals(before)
        self.keys.setEnabled(action is not None)
        self.drop.setEnabled(bool(own))
        self._say(self._texts.get("ui.shortcuts.explained"), "muted")

    def _say(self, text: str, tone: str) -> None:
        self.said.setText(text)
        set_tone(self.said, tone)

    # -- a key ---------------------------------------------------------------------------------------------------------------
    def _pressed(self, keys: QKeySequence) -> None:
        """Taken at once when it is free; else it is said whose it is, and what was before stays."""
        action = self.action
        if action is None or keys.isEmpty():
            return
        wrong, holder = fault(self._table, action.id, keys)
        if wrong:
            self._show_chosen()
            name = self._texts.get(self._table[holder].text) if holder else ""
            self._say(self._texts.get(wrong, keys=keys.toString(), name=name), "bad")
            return
        self._take(keys.toString())

    def _take(self, keys: str) -> None:
        action = self.action
        if action is None:
            return
        self.chosen.emit(action.id, keys)
        self.show_rows()
        name = self._texts.get(action.text)
        key = "taken" if keys else "dropped"
        self._say(self._texts.get(f"ui.shortcuts.{key}", name=name, keys=keys), "good")

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Esc and Tab leave the field instead of becoming a key."""
        if watched is self.keys and event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape:
                self.list.setFocus(Qt.FocusReason.OtherFocusReason)
                return True
            if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                self.focusNextPrevChild(event.key() == Qt.Key.Key_Tab)
                return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter on a command: press its key; Del: none any more; arrows from the filter walk the list."""
        key = event.key()
        if press_focused(self, event):
            return
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.keys.setFocus(Qt.FocusReason.OtherFocusReason)
        elif key == Qt.Key.Key_Delete and self.drop.isEnabled():
            self._take("")
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            at = self.model.place_of(self.list.chosen) + (1 if key == Qt.Key.Key_Down else -1)
            if 0 <= at < len(self.model.rows):
                self.list.choose(self.model.rows[at].id)
        else:
            super().keyPressEvent(event)
            return
        event.accept()
