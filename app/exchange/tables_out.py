"""A table as a file for a spreadsheet: CSV or XLSX, texts only, never a formula (QUALITY, attack test 2).

Written beside its place and put there when it is whole: a file that was there stays until then. EnvironmentFault when the disk
is full, the place cannot be written, or the file is open in another program.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]

from app.kernel.cells import neutral
from app.kernel.errors import EnvironmentFault

CSV, XLSX = ".csv", ".xlsx"
STEP = 500  # rows between two looks whether it is still wanted
SHEET_ROWS = 1_000_000  # below what a sheet of a workbook holds; further rows stand in further sheets
LONGEST = 32_767  # characters of a cell in a workbook
_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
_WIDTHS = (14, 22, 34, 34, 16, 10, 12, 20, 14, 18, 20, 18, 22, 12)

Cells = Sequence[str]


class UnwantedError(Exception):
    """Given up by whoever wanted it; nothing is left of it."""


@dataclass(frozen=True)
class Table:
    """`name`: of the sheet; `rows` are asked for one by one."""

    name: str
    heads: Cells
    rows: Iterable[Cells]


@dataclass(frozen=True)
class Watch:
    """Told how many rows are written; asked whether they are still wanted."""

    told: Callable[[int], None]
    unwanted: Callable[[], bool]


def save_table(table: Table, path: Path, watch: Watch) -> int:
    """Write a table as what its place is called; returns how many rows. UnwantedError when it was given up."""
    write = _write_csv if path.suffix.lower() == CSV else _write_xlsx
    try:
        with tempfile.TemporaryDirectory(prefix=".export-", dir=path.parent) as folder:
            part = Path(folder, "part")
            count = write(table, part, watch)
            with open(part, "rb+") as whole:
                os.fsync(whole.fileno())
            _put(part, path)
    except OSError as wrong:
        raise _fault(wrong, path) from wrong
    return count


def _put(part: Path, path: Path) -> None:
    try:
        os.replace(part, path)
    except PermissionError as held:
        raise EnvironmentFault("export.busy", "fault.export.busy", name=path.name) from held
    except IsADirectoryError as folder:
        raise EnvironmentFault("export.unwritable", "fault.export.unwritable", name=path.name) from folder


def _fault(wrong: OSError, path: Path) -> EnvironmentFault:
    if wrong.errno in _FULL:
        return EnvironmentFault("export.full", "fault.export.full", name=path.name)
    return EnvironmentFault("export.unwritable", "fault.export.unwritable", name=path.name)


def _counted(rows: Iterable[Cells], watch: Watch) -> Iterator[tuple[int, Cells]]:
    for n, cells in enumerate(rows):
        if n % STEP == 0:
            if watch.unwanted():
                raise UnwantedError
            watch.told(n)
        yield n, cells


def _write_csv(table: Table, path: Path, watch: Watch) -> int:
    """UTF-8 with its mark, so that spreadsheets read Chinese; every cell in quotation marks."""
    count = 0
    with open(path, "w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(table.heads)
        for n, cells in _counted(table.rows, watch):
            writer.writerow([neutral(cell) for cell in cells])
            count = n + 1
    return count


def _write_xlsx(table: Table, path: Path, watch: Watch) -> int:
    """Strings in rows that are written and forgotten: memory stays the same however many there are."""
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(str(path), options)
    count = 0
    try:
        bold = book.add_format({"bold": True})
        sheet: Any = None
        for n, cells in _counted(table.rows, watch):
            at, line = divmod(n, SHEET_ROWS)
            if line == 0:
                sheet = _sheet(book, table, bold, at)
            for column, cell in enumerate(cells):
                if cell:
                    sheet.write_string(line + 1, column, _fit(cell))
            count = n + 1
        if sheet is None:
            _sheet(book, table, bold, 0)
        book.close()
    except FileCreateError as wrong:
        cause = wrong.args[0] if wrong.args else None
        raise cause if isinstance(cause, OSError) else OSError(str(wrong)) from wrong
    except BaseException:
        _forget(book)
        raise
    return count


def _sheet(book: Any, table: Table, bold: Any, at: int) -> Any:
    sheet = book.add_worksheet(table.name if at == 0 else f"{table.name} {at + 1}")
    for column, width in enumerate(_WIDTHS[: len(table.heads)]):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    for column, head in enumerate(table.heads):
        sheet.write_string(0, column, head, bold)
    return sheet


def _fit(cell: str) -> str:
    if cell.isascii() and len(cell) <= LONGEST:
        return cell
    text = cell.encode("utf-8", "replace").decode("utf-8")  # half a character is no XML
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _forget(book: Any) -> None:
    """A workbook that is given up closes the files of its sheets; the folder goes with them."""
    for sheet in book.worksheets():
        with contextlib.suppress(OSError, AttributeError):
            sheet.row_data_fh.close()
    book.fileclosed = True
