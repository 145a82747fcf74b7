"""Reading a table from a file: encoding, delimiter, header or none.

Big files are read piece by piece, so that a screen whose thread waits for the interpreter never waits long.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low
from typing import Any

from app.kernel.errors import ErrorCode, Refusal

MAX_BYTES = 64 * 1024 * 1024
ENCODINGS = ("utf-8-sig", "gb18030", "cp950")
UTF_16 = "utf-16"
DELIMITERS = ",;\t|"
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MAGIC = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!",
    b"%PDF",
    b"\xd0\xcf\x11\xe0",
)
_NUMBER = re.compile(r"\s*-?\d+(?:\.\d+)?\s*")
_FOREIGN = re.compile(
    "[\udc80-\udcff]"
)  # bytes that are no text in the encoding, as `surrogateescape` leaves them
_SAMPLE_ROWS = 50
_SAMPLE_CHARS = 64 * 1024
_PIECE = 256 * 1024
_STRAYS_PERCENT = 10  # of the lines may be in another encoding; with more of them the encoding is wrong
_END = "\ue000"  # put behind the last line: if it is not read as a row of its own, a quote was left open

Unwanted = Callable[[], bool]


class UnwantedError(Exception):
    """Nobody waits for this reading any more."""


@dataclass(frozen=True)
class Table:
    """A file as rows: header (column names, or numbers from 1 when it has none) and rows with their line numbers.

    A row's number is that of its first line. `digest`: BLAKE2b of the file's bytes in hex.
    """

    encoding: str
    delimiter: str
    has_header: bool
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    digest: str = ""


def plain_name(text: str) -> str:
    """A column name as it is compared: without blanks, case and a leading mark."""
    return re.sub(r"[\s\ufeff]+", "", text).lower()


def foreign(cell: str) -> bool:
    """True if a cell holds bytes of another encoding than its file."""
    return _FOREIGN.search(cell) is not None


def read_table(
    path: Path,
    known: Mapping[str, Sequence[str]],
    encoding: str | None = None,
    has_header: bool | None = None,
    unwanted: Unwanted = lambda: False,
) -> Table:
    """Read a CSV file; `known` are the column names to look for, by field; `has_header` None: found out.

    Refusal E_FORMAT: not readable, too large, no text in a known encoding, empty, binary, no table, no rows, a quote left
    open. UnwantedError as soon as `unwanted` says so.
    """
    data = _bytes(path)
    if not data.strip():
        raise _refuse("refusal.imports.empty")
    names = {plain_name(name) for synonyms in known.values() for name in synonyms}
    best, text = _decoded(data, names, encoding, unwanted)
    delimiter = _delimiter(text[:_SAMPLE_CHARS], names)
    rows = _rows(text, delimiter, unwanted)
    if not rows:
        raise _refuse("refusal.imports.empty")
    first = rows[0][1]
    if len(first) == 1 and plain_name(first[0]) not in names and max(len(row) for _, row in rows) == 1:
        raise _refuse("refusal.imports.no_table")
    if has_header is None:
        # A line with a number in it is no header, even if one of its words is the name of a column somewhere.
        has_header = not any(_NUMBER.fullmatch(cell) for cell in first)
    header = first if has_header else tuple(str(n) for n in range(1, len(first) + 1))
    body = tuple(rows[1:] if has_header else rows)
    if not body:
        raise _refuse("refusal.imports.no_rows")
    digest = hashlib.blake2b(data, digest_size=32).hexdigest()
    return Table(best, delimiter, has_header, tuple(cell.strip() for cell in header), body, digest)


def _bytes(path: Path) -> bytes:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a pipe would wait for ever, a device never end
            raise _refuse("refusal.imports.unreadable", path=str(path))
        with path.open("rb") as handle:
            data = handle.read(MAX_BYTES + 1) if found.st_size <= MAX_BYTES else b""
    except (OSError, ValueError) as wrong:  # ValueError: NUL in the name
        raise _refuse("refusal.imports.unreadable", path=str(path)) from wrong
    if found.st_size > MAX_BYTES or len(data) > MAX_BYTES:
        raise _refuse("refusal.imports.too_large", limit_mb=MAX_BYTES >> 20)
    if data.startswith(_MAGIC) or (b"\0" in data[:4096] and not _wide(data)):
        raise _refuse("refusal.imports.binary")  # an archive is never opened: a bomb in it does no harm
    return data


def _wide(data: bytes) -> bool:
    """True for UTF-16 with its mark, as spreadsheets write "Unicode text": every delimiter has a NUL in it."""
    return data.startswith(_UTF_16_MARKS) and b"\0" in data[:4096]


def _refuse(key: str, **params: Any) -> Refusal:
    return Refusal(ErrorCode.FORMAT, key, field="file", clause="FR-10", **params)


# -- encoding --------------------------------------------------------------------------------------------------------------
def _decoded(data: bytes, names: set[str], encoding: str | None, unwanted: Unwanted) -> tuple[str, str]:
    """(encoding, text): the one whose first line names the most columns wins, then the one with the fewest stray lines.

    Lines that are in another encoding than the rest keep their bytes as marks: their rows are rejected one by one.
    """
    tried = [encoding] if encoding else [UTF_16] if _wide(data) else list(ENCODINGS)
    found: list[tuple[int, int, int, str, str]] = []
    for order, name in enumerate(tried):
        text, strays = _text(data, name, unwanted)
        lines = text.count("\n") + 1
        if text and (strays * 100 <= lines * _STRAYS_PERCENT or strays == 1 < lines - 1):
            found.append((-_hits(text, names), strays, order, name, text))
    if not found:
        raise _refuse("refusal.imports.encoding", encoding=encoding or ", ".join(ENCODINGS))
    best = min(found)
    return best[3], best[4]


def _text(data: bytes, encoding: str, unwanted: Unwanted) -> tuple[str, int]:
    """The text and how many lines have bytes in them that are none; a text of nothing but those where it is impossible."""
    pieces, strays = [], 0
    try:
        decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
        for start in range(0, len(data), _PIECE):
            if unwanted():
                raise UnwantedError
            piece = decoder.decode(data[start : start + _PIECE], start + _PIECE >= len(data))
            pieces.append(piece)
            if not piece.isascii():
                strays += _strays(piece)
    except (UnicodeError, LookupError):  # bytes that it cannot even mark, no such encoding
        return "", 1
    return "".join(pieces), strays


def _strays(text: str) -> int:
    """Lines with a mark in them."""
    count, at = 0, 0
    while (found := _FOREIGN.search(text, at)) is not None:
        count += 1
        at = text.find("\n", found.end())
        if at < 0:
            break
    return count


def _hits(text: str, names: set[str]) -> int:
    first = text[:_SAMPLE_CHARS].split("\n", 1)[0]
    return sum(plain_name(cell.strip('"')) in names for cell in re.split(f"[{re.escape(DELIMITERS)}]", first))


# -- rows ------------------------------------------------------------------------------------------------------------------
def _delimiter(sample: str, names: set[str]) -> str:
    """The mark that stands in most lines, and more often; the one that splits off a known name wins."""
    lines = [line for line in sample.splitlines()[:_SAMPLE_ROWS] if line.strip()]
    if not lines:
        return DELIMITERS[0]

    def rank(mark: str) -> tuple[int, int]:
        known = sum(plain_name(cell.strip('"')) in names for cell in lines[0].split(mark))
        return (known if mark in lines[0] else 0, median_low(line.count(mark) for line in lines))

    return max(DELIMITERS, key=rank)


def _lines(text: str) -> Iterator[str]:
    yield from io.StringIO(text, newline="")
    yield f"{_END}\n"


def _rows(text: str, delimiter: str, unwanted: Unwanted) -> list[tuple[int, tuple[str, ...]]]:
    """Rows that are not blank, numbered by their first lines; a cell may be as long as a file may be."""
    before = csv.field_size_limit(MAX_BYTES)
    try:
        return _parsed(text, delimiter, unwanted)
    finally:
        csv.field_size_limit(before)


def _parsed(text: str, delimiter: str, unwanted: Unwanted) -> list[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(_lines(text), delimiter=delimiter)
    rows: list[tuple[int, tuple[str, ...]]] = []
    line, ended = 1, False
    try:
        for row in reader:
            ended = row == [_END]
            if not ended and any(cell.strip() for cell in row):
                rows.append((line, tuple(row)))
            line = reader.line_num + 1
            if len(rows) % 1000 == 0 and unwanted():
                raise UnwantedError
    except csv.Error as wrong:
        raise _refuse("refusal.imports.broken", line=line) from wrong
    if not ended:  # the rest of the file stands in one cell
        raise _refuse("refusal.imports.broken", line=rows[-1][0] if rows else 1)
    return rows
