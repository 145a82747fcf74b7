"""The table of an import: every row of the file with what becomes of it; thin over lists that are there already."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.kernel.texts import Texts
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.exchange.imports.run import Checked, Verdict

SHOWN = 160  # characters of a cell that are painted: one may hold a megabyte
TIPPED = 600
_KINDS_OF = 5000  # rows whose verdicts decide about the width
RAW_ROWS = 200  # of a file whose columns are not known yet
AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Part(Enum):
    """Which rows are shown."""

    ALL = "all"
    GOOD = "good"
    BAD = "bad"
    WARNED = "warned"


_PARTS: Mapping[Part, Callable[[Verdict], bool]] = {
    Part.GOOD: lambda verdict: verdict.reason is None,
    Part.BAD: lambda verdict: verdict.reason is not None,
    Part.WARNED: lambda verdict: verdict.reason is None and bool(verdict.warnings),
}


def one_line(cell: str, limit: int = SHOWN) -> str:
    """A cell as it is shown: in one line, cut, what cannot be printed as a mark."""
    cut = cell[: limit * 2]
    line = _UNPRINTABLE.sub("\ufffd", " ".join(cut.split()))
    return line if len(line) <= limit and len(cell) <= len(cut) else line[: limit - 1] + "…"


class VerdictModel(QAbstractTableModel):
    """Line, verdict, then the cells of the fields; or the file as it came while a needed column is not known."""

    def __init__(self, texts: Texts, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._texts, self._theme = texts, theme
        self._checked: Checked | None = None
        self._raw = False
        self._parts: dict[Part, Sequence[Verdict]] = {}
        self._rows: Sequence[Verdict] = ()
        self._columns: list[tuple[str, int]] = []
        self.part = Part.ALL
        theme.changed.connect(self._repaint)

    def show(self, checked: Checked | None) -> None:
        """Take over what was judged; None shows nothing."""
        self.beginResetModel()
        self._checked, self._raw, self._parts = checked, checked is not None and bool(checked.missing), {}
        self._columns = []
        if checked is not None and not self._raw:
            names = [name for name in checked.form.columns if name in checked.mapped]
            self._columns = [
                (self._texts.get(f"ui.imports.field.{name}"), checked.mapped[name]) for name in names
            ]
        elif checked is not None:
            self._columns = [(name, index) for index, name in enumerate(checked.table.header)]
        self._rows = self._of_part(self.part)
        self.endResetModel()

    def holds(self, checked: Checked) -> bool:
        """True if this is what is shown."""
        return self._checked is checked

    def choose(self, part: Part) -> None:
        """Show another part."""
        self.beginResetModel()
        self.part = part
        self._rows = self._of_part(part)
        self.endResetModel()

    def _of_part(self, part: Part) -> Sequence[Verdict]:
        if self._checked is None or self._raw:
            return ()
        if part not in self._parts:
            every = self._checked.verdicts
            self._parts[part] = every if part is Part.ALL else [each for each in every if _PARTS[part](each)]
        return self._parts[part]

    def count(self, part: Part) -> int:
        """Rows of a part."""
        checked = self._checked
        if checked is None:
            return 0
        counts = {
            Part.ALL: len(checked.verdicts),
            Part.GOOD: len(checked.good),
            Part.BAD: len(checked.bad),
            Part.WARNED: checked.warned,
        }
        return counts[part]

    @property
    def raw(self) -> bool:
        """True while the file is shown as it came."""
        return self._raw

    def field_names(self) -> list[str]:
        """Fields of the columns behind line and verdict, empty for a file as it came."""
        if self._checked is None or self._raw:
            return []
        return [name for name in self._checked.form.columns if name in self._checked.mapped]

    # -- what views ask ----------------------------------------------------------------------------------------------------
    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Rows shown."""
        if parent.isValid() or self._checked is None:
            return 0
        return min(RAW_ROWS, len(self._checked.table.rows)) if self._raw else len(self._rows)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        """Line, verdict, cells."""
        if parent.isValid() or self._checked is None:
            return 0
        return len(self._columns) + (1 if self._raw else 2)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        """Names of the columns."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if section == 0:
            return self._texts.get("ui.imports.column.line")
        if section == 1 and not self._raw:
            return self._texts.get("ui.imports.column.verdict")
        return one_line(self._columns[section - (1 if self._raw else 2)][0])

    def data(self, index: AnyIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """Words, colour and mark of a cell; a tooltip shows plain words, never markup."""
        if not index.isValid() or self._checked is None:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        verdict = None if self._raw else self._rows[index.row()]
        words_wanted = (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.AccessibleTextRole,
            Qt.ItemDataRole.ToolTipRole,
        )
        if role in words_wanted:
            tip = role == Qt.ItemDataRole.ToolTipRole
            words = self._words(index.row(), index.column(), verdict, TIPPED if tip else SHOWN)
            return f"<span>{html.escape(words)}</span>" if tip and words else words or None
        if verdict is None or index.column() != 1:
            return (
                self._theme.muted if role == Qt.ItemDataRole.ForegroundRole and index.column() == 0 else None
            )
        icon, token = ("cross", "bad") if verdict.reason else ("check", "good")
        if not verdict.reason and verdict.warnings:
            icon, token = "alert", "warn"
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._theme.colour(token)
        return self._theme.pixmap(icon, token, 14) if role == Qt.ItemDataRole.DecorationRole else None

    def _words(self, row: int, column: int, verdict: Verdict | None, limit: int) -> str:
        assert self._checked is not None
        if verdict is None:
            line, cells = self._checked.table.rows[row]
        else:
            line, cells = verdict.line, verdict.row
        if column == 0:
            return str(line)
        if verdict is not None and column == 1:
            return self.verdict_text(verdict)
        at = self._columns[column - (1 if verdict is None else 2)][1]
        return one_line(cells[at], limit) if at < len(cells) else ""

    def verdict_text(self, verdict: Verdict) -> str:
        """What becomes of a row, in words."""
        from app.exchange.imports.run import reason_text

        texts = self._texts
        if verdict.reason is not None:
            return texts.get("ui.imports.verdict.bad", reason=reason_text(texts, verdict.reason))
        if verdict.warnings:
            said = texts.get("wording.comma").join(texts.get(warning) for warning in verdict.warnings)
            return texts.get("ui.imports.verdict.warned", what=said)
        return texts.get("ui.imports.verdict.good")

    def verdict_texts(self) -> list[str]:
        """What the verdicts say, each kind once."""
        if self._checked is None or self._raw:
            return []
        kinds = {(each.reason, each.warnings): each for each in self._checked.verdicts[:_KINDS_OF]}
        return [self.verdict_text(each) for each in kinds.values()]

    def _repaint(self) -> None:
        if self.rowCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))
