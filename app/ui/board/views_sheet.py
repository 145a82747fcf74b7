"""The board's views: chosen, saved under a name, renamed, deleted; and what a row shows. By keys alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLineEdit, QListWidget, QWidget

from app.ui.board.views import BUILT_IN, LONGEST_NAME, Kept, Part, View
from app.ui.shell.sheet import Sheet, plain, press_focused
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.kernel.texts import Texts

WIDTH, LIST_PX = 500, 220


class ViewsSheet(Sheet):
    """`wanted`: show this view; `changed`: what the account keeps is now this; `deleted`: a view that can come back."""

    grows = True
    wanted = Signal(object)
    changed = Signal(object)
    deleted = Signal(object)

    def __init__(self, texts: Texts, theme: Theme, parent: QWidget) -> None:
        super().__init__(
            "viewsSheet", texts.get("ui.board.views.title"), texts.get("ui.board.views.hint"), parent
        )
        self._texts = texts
        self.kept, self.present = Kept(), View("")  # present: filter and order that the board shows now
        self._views: list[View] = []
        self.setFixedWidth(WIDTH)
        self.list = QListWidget()
        self.list.setObjectName("viewsList")
        self.list.setAccessibleName(texts.get("ui.board.views.title"))
        self.list.setSpacing(3)
        self.list.setFixedHeight(LIST_PX)
        self.list.setFixedHeight(LIST_PX)
        self.list.itemDoubleClicked.connect(lambda _item: self._show())
        self.list.currentRowChanged.connect(lambda _row: self._allow())
        self.name = QLineEdit()
        self.name.setObjectName("viewsName")
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setPlaceholderText(texts.get("ui.board.views.name"))
        self.name.setAccessibleName(texts.get("ui.board.views.name"))
        self.name.textChanged.connect(lambda _text: self._allow())
        self.body.addWidget(self.list)
        self.body.addWidget(self.name)
        self._buttons(theme)
        self.body.addWidget(plain(texts.get("ui.board.views.parts"), tone="muted", size="small"))
        self._boxes(texts)

    def _buttons(self, theme: Theme) -> None:
        get = self._texts.get
        row = QHBoxLayout()
        self.save = HintButton(theme, get("ui.board.views.save"), hint="Ctrl+S", kind="primary")
        self.rename = HintButton(theme, get("ui.board.views.rename"), hint="Ctrl+R")
        self.delete = HintButton(theme, get("ui.board.views.delete"), hint="Del")
        for button, call in (
            (self.save, self._save),
            (self.rename, self._rename),
            (self.delete, self._delete),
        ):
            button.clicked.connect(call)
            row.addWidget(button)
        row.addStretch(1)
        self.body.addLayout(row)

    def _boxes(self, texts: Texts) -> None:
        self.boxes = {part: QCheckBox(texts.get(f"ui.board.part.{part}")) for part in Part}
        self.small = QCheckBox(texts.get("ui.board.part.small"))
        grid = QGridLayout()
        for at, box in enumerate((*self.boxes.values(), self.small)):
            grid.addWidget(box, at // 3, at % 3)
            box.clicked.connect(lambda _checked: self._look_changed())
        self.body.addLayout(grid)

    def first_field(self) -> QWidget:
        """The list: arrows and Enter."""
        return self.list

    def show_kept(self, kept: Kept, present: View) -> None:
        """What the account keeps, what the board shows."""
        self.kept, self.present = kept, present
        for part, box in self.boxes.items():
            box.setChecked(part in kept.parts)
        self.small.setChecked(kept.small)
        self._fill(self.list.currentRow())

    def _fill(self, at: int) -> None:
        self._views = [*BUILT_IN, *self.kept.views]
        self.list.clear()
        for n, view in enumerate(self._views):
            said = self._texts.get(f"ui.board.views.{view.name}") if n < len(BUILT_IN) else view.name
            self.list.addItem(f"{said}    {view.text}" if view.text and view.text != said else said)
        self.list.setCurrentRow(min(max(at, 0), len(self._views) - 1))
        self._allow()

    def _own(self) -> View | None:
        """The view of the account's that is chosen."""
        at = self.list.currentRow()
        return self._views[at] if len(BUILT_IN) <= at < len(self._views) else None

    def _allow(self) -> None:
        named, own = bool(self.name.text().strip()), self._own() is not None
        self.save.setEnabled(named)
        self.rename.setEnabled(named and own)
        self.delete.setEnabled(own)
        for button, key, can in (
            (self.save, "needs_name", named),
            (self.rename, "needs_own", named and own),
            (self.delete, "needs_own", own),
        ):
            button.setToolTip("" if can else self._texts.get(f"ui.board.views.{key}"))

    # -- acts --------------------------------------------------------------------------------------------------------------
    def _show(self) -> None:
        at = self.list.currentRow()
        if 0 <= at < len(self._views):
            self.dismiss()
            self.wanted.emit(self._views[at])

    def _save(self) -> None:
        name = self.name.text().strip()
        if name:
            self._take(self.kept.with_view(replace(self.present, name=name, small=self.kept.small)), name)

    def _rename(self) -> None:
        name, own = self.name.text().strip(), self._own()
        if name and own is not None:
            self._take(self.kept.renamed(own.name, name), name)

    def _delete(self) -> None:
        own = self._own()
        if own is not None:
            self._take(self.kept.without(own.name))
            self.deleted.emit(own)

    def _look_changed(self) -> None:
        parts = frozenset(part for part, box in self.boxes.items() if box.isChecked())
        self._take(replace(self.kept, parts=parts, small=self.small.isChecked()))

    def _take(self, kept: Kept, name: str = "") -> None:
        self.kept = kept
        names = [view.name for view in kept.views]
        self._fill(len(BUILT_IN) + names.index(name) if name in names else self.list.currentRow())
        if name:
            self.name.clear()
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit(kept)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter shows a view or saves what is named; Ctrl+S, Ctrl+R, Del."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        key = event.key()
        if control and key == Qt.Key.Key_S:
            self._save()
        elif control and key == Qt.Key.Key_R:
            self._rename()
        elif key == Qt.Key.Key_Delete and self.list.hasFocus():
            self._delete()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not control and self.list.hasFocus():
            self._show()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not control and self.name.hasFocus():
            self._save()
        elif not press_focused(self, event):
            super().keyPressEvent(event)
            return
        event.accept()
