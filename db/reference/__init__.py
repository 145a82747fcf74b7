"""Reference tables that come with the program: small CSV files, UTF-8, one header line."""

from __future__ import annotations

import csv
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def read_table(name: str) -> list[dict[str, str]]:
    """Rows of `<name>.csv` by column name, in the file's order.

    Raises FileNotFoundError for an unknown table and ValueError for a row that does not fit its header.
    """
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle, strict=True)
        rows = list(reader)
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise ValueError(f"{name}.csv line {number}: does not fit the header")
    return rows
