"""Tables for spreadsheets: order, no live formula, whole or not at all, plain faults (QUALITY, attack test 2)."""

from __future__ import annotations

import csv
import errno
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.exchange import tables_out
from app.exchange.tables_out import Table, UnwantedError, Watch, save_table
from app.kernel.errors import EnvironmentFault

HEADS = ("编号", "情况")
EVIL = (
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "+1",
    "-1",
    '=HYPERLINK("http://a","b")',
    "\t=1",
    "http://127.0.0.1/x",
    "mailto:a@b",
    "123",
    "a\nb",
    '"',
    "\x07\ud800",
    "{=1}",
)
QUIET = Watch(lambda _done: None, lambda: False)
_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def table(*whats: str) -> Table:
    return Table("事件", HEADS, [(f"n{n}", what) for n, what in enumerate(whats)])


def cells_of(path: Path, sheet: int = 1) -> list[list[tuple[str, str]]]:
    """(kind, text) of every cell."""
    with zipfile.ZipFile(path) as book:
        root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))
    assert not list(root.iter(f"{_NS}f")), "a formula"
    assert not list(root.iter(f"{_NS}hyperlink")), "a link"
    return [
        [(cell.get("t", "number"), "".join(cell.itertext())) for cell in row.iter(f"{_NS}c")]
        for row in root.iter(f"{_NS}row")
    ]


def test_a_workbook_holds_texts_only(tmp_path: Path) -> None:
    path = tmp_path / "事件.xlsx"
    assert save_table(table(*EVIL), path, QUIET) == len(EVIL)
    heads, *rows = cells_of(path)
    assert [text for _, text in heads] == list(HEADS)
    assert {kind for row in rows for kind, _ in row} == {"inlineStr"}
    assert [row[1][1] for row in rows[:5]] == list(EVIL[:5])
    with zipfile.ZipFile(path) as book:
        assert not [name for name in book.namelist() if "external" in name.lower()]


def test_a_csv_opens_as_texts_in_chinese(tmp_path: Path) -> None:
    path = tmp_path / "事件.csv"
    save_table(table(*EVIL), path, QUIET)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with open(path, encoding="utf-8-sig", newline="") as file:
        heads, *rows = list(csv.reader(file))
    assert heads == list(HEADS)
    assert [row[0] for row in rows] == [f"n{n}" for n in range(len(EVIL))]
    assert all(row[1].startswith("'") for row in rows[:6])
    assert rows[8][1] == "123" and rows[9][1] == "a\nb"


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_what_was_there_stays_until_all_is_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text("old")

    def rows() -> Iterator[tuple[str, str]]:
        for n in range(2_000):
            assert path.read_text() == "old"
            yield str(n), "x"

    given_up = iter([False, False, True])
    with pytest.raises(UnwantedError):
        save_table(Table("a", HEADS, rows()), path, Watch(lambda _done: None, lambda: next(given_up)))
    assert path.read_text() == "old" and [each.name for each in tmp_path.iterdir()] == [path.name]
    told: list[int] = []
    assert save_table(Table("a", HEADS, rows()), path, Watch(told.append, lambda: False)) == 2_000
    assert told == [0, 500, 1_000, 1_500]
    assert path.read_bytes() != b"old" and [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "export.full"), (errno.EIO, "export.unwritable")]
)
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, suffix: str, number: int, code: str) -> None:
    def rows() -> Iterator[tuple[str, str]]:
        yield "1", "x"
        raise OSError(number, "written")

    with pytest.raises(EnvironmentFault) as told:
        save_table(Table("a", HEADS, rows()), tmp_path / f"a{suffix}", QUIET)
    assert told.value.code == code
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_open_elsewhere_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def held(_source: object, _target: object) -> None:
        raise PermissionError(errno.EACCES, "in use")

    monkeypatch.setattr(os, "replace", held)
    with pytest.raises(EnvironmentFault) as told:
        save_table(table("x"), tmp_path / "a.xlsx", QUIET)
    assert told.value.code == "export.busy"
    assert not list(tmp_path.iterdir())


def test_a_place_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault) as told:
        save_table(table("x"), tmp_path / "gone" / "a.csv", QUIET)
    assert told.value.code == "export.unwritable"


def test_rows_beyond_a_sheet_stand_in_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_out, "SHEET_ROWS", 2)
    path = tmp_path / "a.xlsx"
    assert save_table(table("a", "b", "c"), path, QUIET) == 3
    assert [len(cells_of(path, sheet)) for sheet in (1, 2)] == [3, 2]


def test_an_empty_table_has_its_heads(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    assert save_table(table(), path, QUIET) == 0
    assert len(cells_of(path)) == 1
