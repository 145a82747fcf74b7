"""Exports of the board: all rows of a view on a thread and a connection of their own, as they were at one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import TYPE_CHECKING

from app.bootstrap.window_work import WindowWork

if TYPE_CHECKING:
    from app.queries.board_view import BoardRow
    from app.ui.board.port import ExportAsk


class SiteExports:
    """The export port over a database."""

    def __init__(self, database: Path) -> None:
        self._database, self._work = database, WindowWork("export", 1)

    def save(
        self, ask: ExportAsk, path: Path, told: Callable[[int, int], None], unwanted: Callable[[], bool]
    ) -> Future[int]:
        """Write every row of a view into a file; ends with CancelledError when it was given up."""

        def work() -> int:
            from app.exchange.tables_out import Table, UnwantedError, Watch, save_table
            from app.queries import board
            from db.engine import open_reader

            connection = open_reader(self._database)
            try:
                connection.execute("BEGIN")  # one moment for all pages
                total = board.total(connection, ask.view)

                def cells() -> Iterator[tuple[str, ...]]:
                    rows: Iterator[BoardRow] = board.every_row(connection, ask.view)
                    return (ask.cells(row) for row in rows)

                watch = Watch(lambda done: told(done, total), lambda: self._work.closing or unwanted())
                return save_table(Table(ask.name, ask.heads, cells()), path, watch)
            except UnwantedError as nobody:
                raise CancelledError from nobody
            finally:
                connection.close()

        return self._work.submit(work)

    def rows(self, ask: ExportAsk, most: int) -> Future[list[tuple[str, ...]]]:
        """The first rows of a view as cells, for printing."""

        def work() -> list[tuple[str, ...]]:
            from itertools import islice

            from app.queries import board
            from db.engine import open_reader

            connection = open_reader(self._database)
            try:
                connection.execute("BEGIN")
                return [ask.cells(row) for row in islice(board.every_row(connection, ask.view), most)]
            finally:
                connection.close()

        return self._work.submit(work)

    def close(self) -> None:
        """Give up what is under way; nothing is left of it."""
        self._work.close()
