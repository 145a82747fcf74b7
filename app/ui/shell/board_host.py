"""Where the board stands: the board panel of this build, or an honest sentence."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from app.ui.session import Session
from app.ui.shell.initials import initials
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.console import Console

_PANEL = "app.ui.board.panel"


def make_board(console: Console, session: Session, theme: Theme) -> QWidget:
    """The board panel."""
    if importlib.util.find_spec("app.ui.board") is None or importlib.util.find_spec(_PANEL) is None:
        from app.ui.shell.sheet import plain

        label: QLabel = plain(console.texts.get("ui.shell.board.absent"), tone="muted")
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setProperty("plane", "surface")
        label.setObjectName("incidentBoard")
        return label
    panel: QWidget = importlib.import_module(_PANEL).BoardPanel(
        console, session, theme, spell=speller(console.district.streets)
    )
    return panel


def speller(streets: Sequence[tuple[str, str]]) -> Callable[[str], tuple[str, ...]]:
    """Names of the streets whose pinyin initials begin with what was typed."""

    def spell(typed: str) -> tuple[str, ...]:
        if not (typed.isascii() and typed.isalpha()):
            return ()
        return tuple(name for _, name in streets if initials(name).startswith(typed.lower()))

    return spell
