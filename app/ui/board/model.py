"""The board's model: a thin adapter over the arranged items, changed step by step; laid anew where many change at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QElapsedTimer,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.queries.board_view import BoardRow
from app.ui.board.arrange import Head, Insert, Item, Move, Remove, steps
from app.ui.board.wording import Shown, Wording

TINT_MS = 2_000
STEPS_MOST = 12  # each costs several calls into the view, and in bulk each call waits for the interpreter
ITEM_ROLE = int(Qt.ItemDataRole.UserRole) + 1
AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class BoardModel(QAbstractListModel):
    """Items of the board. `more_wanted` when the view has come to the end of what is loaded; `arranged` after rows have come,
    gone or moved, once for all of them.
    """

    more_wanted = Signal()
    arranged = Signal()

    def __init__(self, wording: Wording, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.wording = wording
        self.can_more = False
        self.figures: dict[str, str] = {}  # group -> what stands beside its head
        self._items: list[Item] = []
        self._ids: list[str] = []
        self._places: dict[str, int] | None = None
        self._shown: dict[str, Shown] = {}
        self._since = QElapsedTimer()
        self._since.start()
        self._tinted: dict[str, int] = {}

    # -- the arrangement ---------------------------------------------------------------------------------------------
    def replace_all(self, items: list[Item]) -> None:
        """Show something else altogether: another filter or order was asked for."""
        self.beginResetModel()
        self._items, self._ids, self._places = list(items), [item.id for item in items], None
        self._shown.clear()
        self._tinted.clear()
        self.endResetModel()
        self.arranged.emit()

    def arrange(self, items: list[Item], held: int = 0) -> bool:
        """Come to this arrangement; the first `held` rows stay as they are. True if all was done.

        What belongs above the held rows stands right below them until it may go up.
        """
        wanted = [item.id for item in items]
        by_id = dict(zip(wanted, items, strict=True))
        goal = wanted
        if held:
            kept = self._ids[:held]
            here = set(kept)
            goal = kept + [row_id for row_id in wanted if row_id not in here]
            by_id = {**dict(zip(kept, self._items[:held], strict=True)), **by_id}
        moved = goal != self._ids
        if moved:
            plan = list(steps(self._ids, goal))
            if len(plan) > STEPS_MOST:
                self._lay_anew(goal, by_id)
            else:
                for step in plan:
                    self._take(step, goal, by_id)
        self.refresh(item for item in items if isinstance(item, BoardRow))
        if moved:
            self.arranged.emit()
        return goal == wanted

    def _lay_anew(self, goal: list[str], by_id: dict[str, Item]) -> None:
        """All at once; the view takes up its place and its selection again."""
        known = dict(zip(self._ids, self._items, strict=True))
        self.beginResetModel()
        self._ids, self._places = list(goal), None
        self._items = [known.get(row_id) or by_id[row_id] for row_id in goal]
        here = set(goal)
        for gone in known.keys() - here:
            self._shown.pop(gone, None)
            self._tinted.pop(gone, None)
        self.endResetModel()

    def _take(self, step: Remove | Move | Insert, goal: list[str], by_id: dict[str, Item]) -> None:
        self._places = None
        if isinstance(step, Remove):
            self.beginRemoveRows(_ROOT, step.first, step.last)
            for row_id in self._ids[step.first : step.last + 1]:
                self._shown.pop(row_id, None)
                self._tinted.pop(row_id, None)
            del self._ids[step.first : step.last + 1]
            del self._items[step.first : step.last + 1]
            self.endRemoveRows()
        elif isinstance(step, Move):
            down = step.target > step.source
            self.beginMoveRows(_ROOT, step.source, step.source, _ROOT, step.target + down)
            self._ids.insert(step.target, self._ids.pop(step.source))
            self._items.insert(step.target, self._items.pop(step.source))
            self.endMoveRows()
        else:
            new = goal[step.first : step.last + 1]
            self.beginInsertRows(_ROOT, step.first, step.last)
            self._ids[step.first : step.first] = new
            self._items[step.first : step.first] = [by_id[row_id] for row_id in new]
            self.endInsertRows()

    def refresh(self, rows: Iterable[BoardRow]) -> None:
        """Let rows that are shown have their new content, where they stand."""
        for row in rows:
            at = self.place_of(row.id)
            if at is not None and self._items[at] is not row and self._items[at] != row:
                self._items[at] = row
                self._shown.pop(row.id, None)
                self._tell(at)

    def set_figures(self, figures: dict[str, str]) -> None:
        """Numbers beside the heads of groups."""
        if figures != self.figures:
            self.figures = figures
            for at, item in enumerate(self._items):
                if isinstance(item, Head):
                    self._tell(at)

    def retell(self) -> None:
        """Language or width changed: all words anew."""
        self._shown.clear()
        if self._items:
            self.dataChanged.emit(self.index(0), self.index(len(self._items) - 1))

    def _tell(self, at: int) -> None:
        index = self.index(at)
        self.dataChanged.emit(index, index)

    # -- tint of the partner's changes -------------------------------------------------------------------------------
    def tint(self, ids: Iterable[str]) -> None:
        """The partner changed these rows: they fade from `tint` for two seconds."""
        now = self._since.elapsed()
        self._tinted.update(dict.fromkeys(ids, now))

    def tint_of(self, row_id: str) -> float:
        """Strength of a row's tint, 1 at first, 0 when gone."""
        began = self._tinted.get(row_id)
        return 0.0 if began is None else max(0.0, 1 - (self._since.elapsed() - began) / TINT_MS)

    def tinted(self) -> list[int]:
        """Rows that still fade; those whose time is over are named once more, to be painted plain."""
        places = [at for row_id in list(self._tinted) if (at := self.place_of(row_id)) is not None]
        # Forgotten here alone: a countdown painted meanwhile must not keep the rest of its row tinted.
        self._tinted = {row_id: began for row_id, began in self._tinted.items() if self.tint_of(row_id) > 0}
        return places

    # -- what views ask ----------------------------------------------------------------------------------------------
    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Rows and heads that are loaded."""
        return 0 if parent.isValid() else len(self._items)

    def item(self, at: int) -> Item:
        """The item in a row of the model."""
        return self._items[at]

    def heads(self) -> list[int]:
        """Rows of the heads of groups."""
        return [at for at, item in enumerate(self._items) if isinstance(item, Head)]

    def ids(self) -> list[str]:
        """Ids of all items in their order."""
        return list(self._ids)

    def place_of(self, row_id: str) -> int | None:
        """Row of an incident, None when it is not loaded."""
        if self._places is None:
            self._places = {each: at for at, each in enumerate(self._ids)}
        return self._places.get(row_id)

    def shown(self, row: BoardRow) -> Shown:
        """Words and signs of a row, worked out once."""
        known = self._shown.get(row.id)
        if known is None:
            known = self._shown[row.id] = self.wording.row(row)
        return known

    def head_text(self, head: Head) -> tuple[str, str]:
        """(name, figure) of a group's head."""
        return self.wording.group(head.group), self.figures.get(head.group, "")

    def data(self, index: AnyIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """Title, sentence for screen readers, exact times as tool tip."""
        if not index.isValid():
            return None
        item = self._items[index.row()]
        if role == ITEM_ROLE:
            return item
        if isinstance(item, Head):
            spoken = role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
            return " ".join(filter(None, self.head_text(item))) if spoken else None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.shown(item).title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.wording.spoken(item, self.shown(item))
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.wording.tip(item, self.shown(item))
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Heads cannot be chosen."""
        if not index.isValid() or isinstance(self._items[index.row()], Head):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def canFetchMore(self, parent: AnyIndex) -> bool:
        """True while there are further pages."""
        return self.can_more and not parent.isValid()

    def fetchMore(self, parent: AnyIndex) -> None:
        """Ask for the next page; it comes later."""
        self.more_wanted.emit()
