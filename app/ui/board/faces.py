"""What the board shows where no rows are: made when it is first needed, which is hardly ever."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from PySide6.QtWidgets import QWidget

from app.kernel.texts import Texts
from app.queries.board_view import COUNTED, Tally
from app.ui.board.placeholder import Placeholder
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme


class Faces:
    """Nothing to be done, nothing found, something failed: in this order, each with its buttons."""

    def __init__(self, theme: Theme, texts: Texts, button: Callable[..., HintButton]) -> None:
        self._texts = texts
        self.register = button("register", icon="plus", key=True, kind="primary")
        self.closed, self.clear = button("closed_some"), button("clear")
        self.retry = button("again", icon="refresh")
        self.empty = Placeholder(theme, "tray", "muted", [self.register, self.closed])
        self.everywhere = HintButton(
            theme, texts.get("ui.search.everywhere"), hint="Ctrl+Enter", kind="secondary"
        )
        self.nothing = Placeholder(theme, "search", "muted", [self.clear, self.everywhere])
        self.trouble = Placeholder(theme, "alert", "warn", [self.retry])
        self.all = (self.empty, self.nothing, self.trouble)
        for name, face in zip(("empty", "nothing", "error"), self.all, strict=True):
            face.title.setText(texts.get(f"ui.board.{name}.title"))
        for name, face in (("empty", self.empty), ("nothing", self.nothing)):
            face.text.setText(texts.get(f"ui.board.{name}.text"))

    def stand_behind(self, rows: QWidget) -> None:
        """Tab comes to the buttons from the rows' place, as they stand."""
        stops = (rows, self.register, self.closed, self.clear, self.everywhere, self.retry)
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)

    def show_closed(self, tally: Tally) -> None:
        """How many closed incidents can be looked at."""
        self.closed.setVisible(tally.closed > 0)
        key = "closed" if tally.closed <= COUNTED else "closed_some"
        self.closed.setText(self._texts.get(f"ui.board.button.{key}", count=tally.closed))
        self.closed.updateGeometry()
