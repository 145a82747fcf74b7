"""Keeping the full-text index: the texts of searched records and their tokens, inside the writer's transactions.

Tables of an entity: search_<entity> (n = rowid of the record, text) and search_<entity>_grams (FTS5, contentless): single
characters and pairs of neighbours as hexadecimal tokens, so that no character means anything to FTS5.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from itertools import pairwise

from db.given import ID, packed

# Text of a record. Place and event stand together as the board paints them, so that a word may reach across both.
TEXTS = {
    "incident": (
        "coalesce(r.no, '') || char(10) || coalesce(r.alarm_no, '') || char(10) || coalesce(r.place, '')"
        " || coalesce(r.what, '') || char(10) || coalesce(r.address_note, '')"
    ),
    "log_entry": "coalesce(r.text, '')",
    "oral_report": "coalesce(r.gist, '')",
    "report": "coalesce(r.title, '') || char(10) || coalesce(r.text, '')",
}

BATCH = 1_000
LOOKED_AT = 32  # records that tell whether the index belongs to the rows
# As LIKE folds: ASCII letters and nothing else.
FOLD = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class _Codes(dict[str, str]):
    """Tokens of characters, each worked out once: there are some thousands of them."""

    def __missing__(self, char: str) -> str:
        code = self[char] = format(ord(char), "x")
        return code


_CODES = _Codes()


def code_of(char: str) -> str:
    """Token of a character."""
    return _CODES[char]


def grams(text: str) -> str:
    """Tokens of a text: every character and every pair of neighbours once, separated by spaces."""
    codes = [_CODES[char] for char in text.translate(FOLD)]
    return " ".join({*codes, *map("z".join, pairwise(codes))})


def clean(text: str) -> str:
    """Text as it is indexed: LIKE stops at a NUL, so none is kept."""
    return text.replace("\0", " ")


def present(connection: sqlite3.Connection) -> frozenset[str]:
    """Entities that the file has search tables of (copies of older files have none, or not of all)."""
    found = connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'search%grams'").fetchall()
    names = {row[0] for row in found}
    return frozenset(entity for entity in TEXTS if f"search_{entity}_grams" in names)


def index(connection: sqlite3.Connection, entity: str, ids: Iterable[str]) -> int:
    """Bring the index of these records up to date, inside the caller's transaction; returns how many texts changed."""
    sql = (
        f"SELECT r.rowid, {TEXTS[entity]}, d.text FROM json_each(:ids) j CROSS JOIN {entity} r ON r.id = {ID}"  # nosec B608
        f" LEFT JOIN search_{entity} d ON d.n = r.rowid"
    )
    found = connection.execute(sql, {"ids": packed(ids)}).fetchall()
    changed = [(n, old, new) for n, text, old in found if (new := clean(text)) != (old or "")]
    table = f"search_{entity}"
    connection.executemany(
        f"INSERT INTO {table}_grams ({table}_grams, rowid, grams) VALUES ('delete', ?, ?)",  # nosec B608
        [(n, grams(old)) for n, old, _ in changed if old],
    )
    connection.executemany(f"DELETE FROM {table} WHERE n = ?", [(n,) for n, old, _ in changed if old])  # nosec B608
    _add(connection, table, [(n, new) for n, _, new in changed if new])
    return len(changed)


def _add(connection: sqlite3.Connection, table: str, texts: list[tuple[int, str]]) -> None:
    connection.executemany(f"INSERT INTO {table} (n, text) VALUES (?, ?)", texts)  # nosec B608
    connection.executemany(
        f"INSERT INTO {table}_grams (rowid, grams) VALUES (?, ?)",  # nosec B608
        [(n, grams(text)) for n, text in texts],
    )


def reindex(connection: sqlite3.Connection) -> None:
    """Make the whole index anew, inside the caller's transaction."""
    for entity in present(connection):
        table, expression = f"search_{entity}", TEXTS[entity]
        connection.execute(f"INSERT INTO {table}_grams ({table}_grams) VALUES ('delete-all')")  # nosec B608
        connection.execute(f"DELETE FROM {table}")  # nosec B608
        rows = connection.execute(f"SELECT r.rowid, {expression} FROM {entity} r")  # nosec B608
        while part := rows.fetchmany(BATCH):
            _add(connection, table, [(n, cleaned) for n, text in part if (cleaned := clean(text))])


def sound(connection: sqlite3.Connection) -> bool:
    """False if some of a few records are not indexed as they are: the file was put together by other means than a backup
    (a dump, say), which gave its rows other rowids.
    """
    for entity in present(connection):
        expression = TEXTS[entity]
        top = connection.execute(f"SELECT coalesce(max(rowid), 0) FROM {entity}").fetchone()[0]  # nosec B608
        rowids = sorted({top - round(nth * top / LOOKED_AT) for nth in range(LOOKED_AT)})
        sql = (
            f"SELECT {expression}, d.text FROM json_each(:rowids) j CROSS JOIN {entity} r ON r.rowid = j.value"  # nosec B608
            f" LEFT JOIN search_{entity} d ON d.n = r.rowid"
        )
        for text, indexed in connection.execute(sql, {"rowids": json.dumps(rowids)}):
            if clean(text) != (indexed or ""):
                return False
    return True
