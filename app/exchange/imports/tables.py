"""Reading a table from a file: encoding, delimiter, header or none."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.kernel.errors import ErrorCode, Refusal

MAX_BYTES = 64 * 1024 * 1024
ENCODINGS = ("utf-8-sig", "gb18030", "cp950")
DELIMITERS = ",;\t|"
_NUMBER = re.compile(r"\s*-?\d+(?:\.\d+)?\s*")
_SAMPLE_ROWS = 50


@dataclass(frozen=True)
class Table:
    """A file as rows: header (column names, or numbers from 1 when it has none) and rows with their line numbers."""

    encoding: str
    delimiter: str
    has_header: bool
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def plain_name(text: str) -> str:
    """A column name as it is compared: without blanks, case and a leading mark."""
    return re.sub(r"[\s\ufeff]+", "", text).lower()


def read_table(path: Path, known: Mapping[str, Sequence[str]], encoding: str | None = None) -> Table:
    """Read a CSV file; `known` are the column names to look for, by field.

    Refusal E_FORMAT: not readable, too large, no text in a known encoding, empty, or binary.
    """
    data = _bytes(path)
    names = {plain_name(name) for synonyms in known.values() for name in synonyms}
    tried = [encoding] if encoding else list(ENCODINGS)
    texts = [(name, text) for name in tried if (text := _decoded(data, name)) is not None]
    if not texts:
        raise _refuse("refusal.imports.encoding", encoding=encoding or ", ".join(ENCODINGS))
    # The encoding whose first line names the most columns wins; the first in the list on a tie.
    best, text = max(texts, key=lambda pair: _hits(pair[1], names))
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
    if not rows:
        raise _refuse("refusal.imports.empty")
    # A line with a number in it is no header, even if one of its words is the name of a column somewhere.
    has_header = not any(_NUMBER.fullmatch(cell) for cell in rows[0][1])
    header = rows[0][1] if has_header else tuple(str(n) for n in range(1, len(rows[0][1]) + 1))
    return Table(
        best,
        delimiter,
        has_header,
        tuple(cell.strip() for cell in header),
        tuple(rows[1:] if has_header else rows),
    )


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _refuse("refusal.imports.too_large", limit_mb=MAX_BYTES >> 20)
        data = path.read_bytes()
    except OSError as wrong:
        raise _refuse("refusal.imports.unreadable", path=str(path)) from wrong
    if b"\0" in data[:4096]:
        raise _refuse("refusal.imports.binary")
    return data


def _refuse(key: str, **params: Any) -> Refusal:
    return Refusal(ErrorCode.FORMAT, key, field="file", clause="FR-10", **params)


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _hits(text: str, names: set[str]) -> int:
    first = text.split("\n", 1)[0]
    return sum(plain_name(cell.strip('"')) in names for cell in re.split(f"[{re.escape(DELIMITERS)}]", first))


def _delimiter(text: str) -> str:
    lines = text.splitlines()[:_SAMPLE_ROWS]
    return max(
        DELIMITERS, key=lambda mark: min((line.count(mark) for line in lines if line.strip()), default=0)
    )


def _rows(text: str, delimiter: str) -> list[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((reader.line_num, tuple(row)))
    except csv.Error as wrong:
        raise _refuse("refusal.imports.broken", line=reader.line_num) from wrong
    return rows
