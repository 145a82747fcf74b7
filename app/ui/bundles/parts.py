"""Small parts of the sheet for exchange by stick."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.kernel.texts import Texts
from app.ui.imports.parts import PathField
from app.ui.shell.runs import RunLines, Runs
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme


class PathRow(QHBoxLayout):
    """A field for a path and the button of its dialog: `what` is typed, `pick` names the button, both are text keys."""

    def __init__(self, theme: Theme, texts: Texts, what: str, pick: str, icon: str) -> None:
        super().__init__()
        self.setSpacing(8)
        self.field = PathField()
        self.field.setObjectName(f"bundle{what.title()}")
        self.field.setAccessibleName(texts.get(f"ui.bundles.{what}"))
        self.field.setPlaceholderText(texts.get(f"ui.bundles.{what}_hint"))
        self.button = HintButton(theme, texts.get(f"ui.bundles.pick_{pick}"), icon=icon, hint="Ctrl+O")
        self.button.setObjectName(f"bundlePick{pick.title()}")
        self.addWidget(self.field, 1)
        self.addWidget(self.button)


class Lines(QWidget):
    """As many lines of runs as there is something to say; none take no room. With `scrolls`, it takes what room there is."""

    def __init__(self, theme: Theme, height: int, name: str, *, scrolls: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self._theme, self._height = theme, height
        self._shown: RunLines | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._area: QScrollArea | None = None
        if scrolls:
            self._area = QScrollArea()
            self._area.setWidgetResizable(True)
            self._area.setFrameShape(QFrame.Shape.NoFrame)
            self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._column.addWidget(self._area)

    def set_runs(self, *lines: Runs) -> None:
        """Show these lines."""
        if self._shown is None or self._shown.rows != len(lines):
            self._make(len(lines))
        if self._shown is not None:
            self._shown.set_runs(*lines)
        self.setAccessibleName(self.text())

    def _make(self, count: int) -> None:
        old, self._shown = self._shown, None
        if old is not None and self._area is None:
            self._column.removeWidget(old)
            old.deleteLater()
        self._shown = RunLines(self._theme, (self._height,) * count) if count else None
        if self._area is not None:
            holder = QWidget()
            column = QVBoxLayout(holder)
            column.setContentsMargins(0, 0, 0, 0)
            if self._shown is not None:
                column.addWidget(self._shown)
            column.addStretch(1)
            self._area.setWidget(holder)  # the one before goes with it
        elif self._shown is not None:
            self._column.addWidget(self._shown)
        self.setVisible(bool(count) or self._area is not None)

    @property
    def runs(self) -> Sequence[Runs]:
        """The lines shown."""
        return () if self._shown is None else self._shown.runs

    def text(self) -> str:
        """All words shown, one line under the other."""
        return "" if self._shown is None else self._shown.text()
