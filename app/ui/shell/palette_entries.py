"""What the palette offers: places, incidents, commands; built anew each time it opens."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from app.ui.desk import words
from app.ui.shell.initials import initials
from app.ui.shell.languages import other_texts
from app.ui.shell.palette import Entry

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow


def entries(window: MainWindow) -> list[Entry]:
    """Places first, then incidents, then commands."""
    return [*_places(window), *_incidents(window), *_commands(window)]


def _letters(name: str) -> str:
    """Initials shown beside a name so that they are learnt."""
    return "" if name.isascii() else initials(name)


def _places(window: MainWindow) -> list[Entry]:
    rows, texts = window.feeds.rows, window.texts
    found = []
    for code, name in window.console.district.streets:
        count = sum(1 for row in rows if row.open and row.unit_code == code)
        detail = texts.get("ui.shell.palette.open_count", n=count) if count else _letters(name)
        found.append(
            Entry("ui.shell.palette.places", "pin", name, _show_place(window, name), detail, also=(code,))
        )
    return found


def _show_place(window: MainWindow, name: str) -> Callable[[], None]:
    """A street narrows the board to its incidents."""

    def show() -> None:
        search = getattr(window.board, "search", None)
        if search is not None:
            search.setText(name)
        window.close_desk()
        window.focus_board()

    return show


def _incidents(window: MainWindow) -> list[Entry]:
    def go(incident_id: str) -> Callable[[], None]:
        return lambda: window.session.select_incident(incident_id)

    return [
        Entry(
            "ui.shell.palette.incidents",
            "list",
            words.title(row),
            go(row.id),
            row.no or "",
            also=(row.no or "", row.alarm_no or ""),
        )
        for row in window.feeds.rows
    ]


def _commands(window: MainWindow) -> list[Entry]:
    """Each by its name in both languages, whichever is on the screen."""
    texts = window.texts
    other = other_texts(texts.language)
    found = []
    for action in window.actions_table:
        name = texts.get(action.text)
        reason = "" if action.enabled() else window.deeds.why_not(action)
        found.append(
            Entry(
                "ui.shell.palette.commands",
                "command",
                name,
                action.handler,
                _letters(name) or other.get(action.text),
                action.shortcut.replace("Up", "\N{UPWARDS ARROW}"),
                (action.id.replace("_", " "), other.get(action.text)),
                reason,
                partial(window.deeds.sign_in_for, action) if window.deeds.lacks_sign_in(action) else None,
            )
        )
    return found
