"""How the file is read: encoding, header, kind of points, and which column holds which field; all found out, all changeable."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.kernel.texts import Texts
from app.ui.imports import words
from app.ui.imports.flow import ImportFlow
from app.ui.imports.model import one_line
from app.ui.shell.sheet import plain, tip
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.exchange.imports.run import Checked

ACROSS = 3  # fields beside each other
_SAMPLE = 18  # characters of a cell beside its column's name
_LABEL_PX = 84
_ENCODINGS = ("utf-8-sig", "gb18030", "cp950", "utf-16")
_POINT_KINDS = ("hospital", "school", "metro", "other")


class Pick(QComboBox):
    """A list that keys and mouse open; the wheel over it scrolls nothing. `picked` as a function, told on a person's choice."""

    def __init__(self, name: str, label: str, picked: Callable[[int], None]) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMaxVisibleItems(16)
        self.currentTextChanged.connect(lambda text: self.setToolTip(tip(text)))
        self.activated.connect(picked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the list like Space; Ctrl+Enter is the sheet's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                event.ignore()
            else:
                self.showPopup()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A turn of the wheel that passes by changes nothing."""
        event.ignore()

    def offer(self, items: Sequence[str], current: int) -> None:
        """Show these entries, one of them chosen; nothing is told."""
        if [self.itemText(at) for at in range(self.count())] != list(items):
            self.clear()
            self.addItems(list(items))
        self.setCurrentIndex(current)


class SettingsBox(QWidget):
    """Shows what the flow knows and tells it what is chosen."""

    def __init__(self, texts: Texts, theme: Theme, flow: ImportFlow) -> None:
        super().__init__()
        self._texts, self._theme, self._flow = texts, theme, flow
        self.facts = plain(tone="muted", size="small")
        self.facts.setObjectName("importFacts")
        self.encoding = Pick("importEncoding", texts.get("ui.imports.encoding"), self._encoding_picked)
        self.header = Pick("importHeader", texts.get("ui.imports.header"), self._header_picked)
        self.point_kind = Pick("importPointKind", texts.get("ui.imports.point_kind"), self._point_kind_picked)
        self.kind_label = plain(texts.get("ui.imports.point_kind"), tone="muted", size="small")
        self.columns: dict[str, Pick] = {}
        first = QHBoxLayout()
        first.setSpacing(8)
        for label, pick, wide in (
            (plain(texts.get("ui.imports.encoding"), tone="muted", size="small"), self.encoding, 190),
            (plain(texts.get("ui.imports.header"), tone="muted", size="small"), self.header, 150),
            (self.kind_label, self.point_kind, 150),
        ):
            first.addWidget(label)
            pick.setFixedWidth(wide)
            first.addWidget(pick)
            first.addSpacing(8)
        first.addWidget(self.facts, 1)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(first)
        column.addLayout(self._grid)
        self._form = ""

    def show_checked(self, checked: Checked) -> None:
        """Take over how the file was read."""
        texts, choice, table = self._texts, self._flow.choice, checked.table
        self.facts.setText(words.facts(texts, checked))
        found = words.encoding_name(table.encoding)
        known = [name for name in _ENCODINGS if name != "utf-16" or table.encoding == "utf-16"]
        names = [texts.get("ui.imports.found", what=found), *(words.encoding_name(name) for name in known)]
        chosen = choice.encoding
        self.encoding.offer(names, known.index(chosen) + 1 if chosen in known else 0)
        word = texts.get(f"ui.imports.header_{'yes' if table.has_header else 'no'}")
        states = [
            texts.get("ui.imports.found", what=word),
            texts.get("ui.imports.header_yes"),
            texts.get("ui.imports.header_no"),
        ]
        self.header.offer(states, 0 if choice.has_header is None else 1 if choice.has_header else 2)
        points = checked.form.name == "points"
        self.point_kind.setVisible(points)
        self.kind_label.setVisible(points)
        kinds = [
            texts.get("ui.imports.by_type"),
            *(texts.get(f"ui.map.point.{kind}") for kind in _POINT_KINDS),
        ]
        at = _POINT_KINDS.index(choice.point_kind) + 1 if choice.point_kind in _POINT_KINDS else 0
        self.point_kind.offer(kinds, at)
        self._show_columns(checked)

    def _show_columns(self, checked: Checked) -> None:
        if self._form != checked.form.name:
            self._make_columns(checked)
        none = self._texts.get("ui.imports.no_column")
        _, sample = checked.table.rows[0]
        names = [none]
        for at, name in enumerate(checked.table.header):
            cell = one_line(sample[at], _SAMPLE) if at < len(sample) else ""
            shown = one_line(name, 40) or str(at + 1)
            if not checked.table.has_header:
                shown = self._texts.get("ui.imports.column_n", n=at + 1)
            names.append(self._texts.get("ui.imports.sample", column=shown, cell=cell) if cell else shown)
        for field, pick in self.columns.items():
            pick.offer(names, checked.mapped.get(field, -1) + 1)
            _mark(pick, field in checked.missing)

    def _make_columns(self, checked: Checked) -> None:
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._form, self.columns = checked.form.name, {}
        for number, field in enumerate(checked.form.columns):
            name = self._texts.get(f"ui.imports.field.{field}")
            label = plain(f"{name} *" if field in checked.form.needed else name, tone="muted", size="small")
            label.setFixedWidth(_LABEL_PX)
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            pick = Pick(f"importColumn.{field}", name, partial(self._column_picked, field))
            self.columns[field] = pick
            row, place = divmod(number, ACROSS)
            self._grid.addWidget(label, row, place * 2)
            self._grid.addWidget(pick, row, place * 2 + 1)
        for place in range(ACROSS):
            self._grid.setColumnStretch(place * 2 + 1, 1)
        self._chain_tabs()

    def _chain_tabs(self) -> None:
        order: list[QWidget] = [self.encoding, self.header, self.point_kind, *self.columns.values()]
        for before, after in itertools.pairwise(order):
            QWidget.setTabOrder(before, after)

    # -- choices -----------------------------------------------------------------------------------------------------------
    def _encoding_picked(self, at: int) -> None:
        checked = self._flow.checked
        known = [
            name
            for name in _ENCODINGS
            if name != "utf-16" or (checked and checked.table.encoding == "utf-16")
        ]
        self._flow.choose_encoding(known[at - 1] if at else None)

    def _header_picked(self, at: int) -> None:
        self._flow.choose_header((None, True, False)[at])

    def _point_kind_picked(self, at: int) -> None:
        self._flow.choose_point_kind(_POINT_KINDS[at - 1] if at else None)

    def _column_picked(self, field: str, at: int) -> None:
        self._flow.choose_column(field, at - 1 if at else None)


def _mark(pick: Pick, fault: bool) -> None:
    flag = "true" if fault else "false"
    if pick.property("fault") != flag:
        pick.setProperty("fault", flag)
        pick.style().unpolish(pick)
        pick.style().polish(pick)
