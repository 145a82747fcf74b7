"""A report of a crash as a file: the diagnostics page, and places in the program; nothing of people (XC-07)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6 import __version__ as QT

from app.ui.diagnostics import words
from app.ui.diagnostics.port import Facts

if TYPE_CHECKING:
    from app.ui.session import Session
    from app.ui.shell.ports import SiteDoor


def write(console: SiteDoor, session: Session, path: Path, trace: str, done: Callable[[], None]) -> None:
    """Gather and write it; what fails is told by the session."""
    door = console.diagnostics

    def gathered(facts: Facts) -> None:
        rows = words.Telling(console.texts, console.district, facts, QT).rows()

        def put(stacks: str) -> None:
            text = words.document(console.texts, rows, stacks)
            session.follow(door.save(text, path), lambda _nothing: done())

        session.follow(door.traces(trace), put)

    session.follow(door.look(), gathered)
