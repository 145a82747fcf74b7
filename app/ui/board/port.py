"""What the board asks of the program to export and print: all rows of a view, not only those that are loaded."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.queries.board_view import BoardRow, BoardView


@dataclass(frozen=True)
class ExportAsk:
    """Which view; how the table is called, its heads, and how a row becomes cells (called on another thread)."""

    view: BoardView
    name: str
    heads: tuple[str, ...]
    cells: Callable[[BoardRow], tuple[str, ...]]


class ExportDoor(Protocol):
    """Exports of the board."""

    def save(
        self, ask: ExportAsk, path: Path, told: Callable[[int, int], None], unwanted: Callable[[], bool]
    ) -> Future[int]:
        """Write a view into a .csv or .xlsx file; `told` (done, of all, 0 for unknown) on another thread."""
        ...

    def rows(self, ask: ExportAsk, most: int) -> Future[list[tuple[str, ...]]]:
        """The first rows of a view as cells."""
        ...
