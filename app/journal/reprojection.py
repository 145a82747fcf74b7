"""Projecting a journal anew in a private copy and comparing: which rows of shared tables do not follow from
it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.journal.journal import Identity, Journal
from app.journal.keys import SiteKey
from app.journal.policy import Policy
from app.journal.projector import Deriver
from app.kernel.clock import SystemClock
from db import search_index
from db.examine import anonymous_copy
from db.fields import ROW_NUMBER
from db.tables.journal import PROJECTED

MAX_DIFFERENCES = 1_000


class DifferenceKind(StrEnum):
    """How a row differs from what the journal says."""

    CHANGED = "changed"
    MISSING = "missing"  # the journal gives this row, the table lacks it
    SURPLUS = "surplus"  # the table has a row that the journal does not give


@dataclass(frozen=True, slots=True)
class Difference:
    """One row: table (an entity or a table of the projector), its key, and the columns that differ (changed
    only).
    """

    kind: DifferenceKind
    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standpoint:
    """From where a journal is judged: realm, own agency and its recovery key (public, 32 bytes), own site."""

    realm: str
    agency: str
    recovery_key: bytes
    site: str

    @classmethod
    def of(cls, identity: Identity) -> Standpoint:
        """That of a journal's own site."""
        return cls(identity.realm, identity.agency, identity.recovery_key, identity.key.site)


@dataclass(frozen=True, slots=True)
class Compared:
    """Differences found, at most MAX_DIFFERENCES of `total`; `failed` says why the journal could not be
    projected.
    """

    tables: int
    rows: int
    total: int
    differences: tuple[Difference, ...]
    failed: str | None = None


def compare(
    source: sqlite3.Connection,
    standpoint: Standpoint,
    policy: Policy,
    derivers: Mapping[str, Deriver] | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> Compared:
    """Copy what `source` sees, project it anew there, and compare all shared and projected tables row by row.

    The copy has no name and is gone when this returns, fails or is killed. sqlite3.OperationalError when the
    disk for temporary files is full. `tell` is given (steps done, steps in all).
    """
    step = tell or (lambda done, total: None)
    with contextlib.closing(anonymous_copy(source)) as copy:
        copy.execute("PRAGMA cache_size=-65536")
        copy.execute("ATTACH '' AS was")
        relations = [_table(copy, name) for name in _tables(policy)]
        relations += [each for entity in sorted(search_index.present(copy)) for each in _search(copy, entity)]
        steps = len(relations) + 2
        rows = sum(_set_aside(copy, each) for each in relations)
        step(1, steps)
        failed = _project(copy, standpoint, policy, derivers)
        step(2, steps)
        if failed is not None:
            return Compared(len(relations), rows, 0, (), failed)
        found: list[Difference] = []
        total = 0
        for done, each in enumerate(relations, 3):
            for difference in _differences(copy, each):
                total += 1
                if len(found) < MAX_DIFFERENCES:
                    found.append(difference)
            step(done, steps)
    return Compared(len(relations), rows, total, tuple(found))


@dataclass(frozen=True)
class _Relation:
    """Rows to compare: a name, how they are read from the copy, their columns, and which of these are the key."""

    name: str
    query: str
    columns: tuple[str, ...]
    key: tuple[int, ...]


def _tables(policy: Policy) -> list[str]:
    return [entity.table.name for entity in policy.entities.values()] + [table.name for table in PROJECTED]


def _table(copy: sqlite3.Connection, name: str) -> _Relation:
    info = copy.execute(f'PRAGMA main.table_info("{name}")').fetchall()
    every = [column[1] for column in info]
    # the number of a row is this database's alone
    columns = tuple(column for column in every if column != ROW_NUMBER or "id" not in every)
    keys = tuple(columns.index(column[1]) for column in info if column[5] and column[1] in columns)
    if "id" in columns:
        keys = (columns.index("id"),)
    elif not keys:  # facts: unique by operation and key
        keys = (columns.index("hash"), columns.index("key"))
    listed = ", ".join(f'"{column}"' for column in columns)
    return _Relation(name, f'SELECT {listed} FROM main."{name}"', columns, keys)  # nosec B608


def _search(copy: sqlite3.Connection, entity: str) -> Iterator[_Relation]:
    """The full-text index: indexed texts by record (row numbers are no one's), and in how many texts each token is."""
    name = f"search_{entity}"
    texts = (
        f"SELECT coalesce(r.id, 'row ' || d.n) AS id, d.text FROM main.{name} d"  # nosec B608
        f" LEFT JOIN main.{entity} r ON r.rowid = d.n"
    )
    yield _Relation(name, texts, ("id", "text"), (0,))
    copy.execute(f"CREATE VIRTUAL TABLE temp.{name}_tokens USING fts5vocab('main', '{name}_grams', 'row')")
    yield _Relation(f"{name}_grams", f"SELECT term, doc FROM temp.{name}_tokens", ("term", "doc"), (0,))  # nosec B608


def _set_aside(copy: sqlite3.Connection, relation: _Relation) -> int:
    """Keep rows as they were found; returns their number."""
    copy.execute(f'CREATE TABLE was."{relation.name}" AS {relation.query}')
    return int(copy.execute(f'SELECT count(*) FROM was."{relation.name}"').fetchone()[0])  # nosec B608


def _project(
    copy: sqlite3.Connection, standpoint: Standpoint, policy: Policy, derivers: Mapping[str, Deriver] | None
) -> str | None:
    """Project the copy's journal anew; the reason when it cannot be, as may happen after tampering.

    The key is a new one that signs nothing: projecting needs no private key.
    """
    identity = Identity(standpoint.realm, standpoint.agency, standpoint.recovery_key, SiteKey.generate())
    try:
        Journal(copy, identity, policy, SystemClock(), derivers).rebuild()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise
        return f"{type(error).__name__}: {error}"
    except Exception as error:  # whatever a forged entry makes of it belongs into the report
        return f"{type(error).__name__}: {error}"
    return None


def _differences(copy: sqlite3.Connection, relation: _Relation) -> Iterator[Difference]:
    """Rows that stand on one side only, paired by key."""
    before = f'SELECT * FROM was."{relation.name}"'  # nosec B608
    was = _only_in(copy, relation, before, relation.query)
    now = _only_in(copy, relation, relation.query, before)
    for key in sorted(was.keys() | now.keys()):
        if key not in was:
            yield Difference(DifferenceKind.MISSING, relation.name, key)
        elif key not in now:
            yield Difference(DifferenceKind.SURPLUS, relation.name, key)
        else:
            pairs = zip(relation.columns, was[key], now[key], strict=True)
            changed = tuple(name for name, old, new in pairs if old != new or type(old) is not type(new))
            yield Difference(DifferenceKind.CHANGED, relation.name, key, changed)


def _only_in(
    copy: sqlite3.Connection, relation: _Relation, here: str, there: str
) -> dict[tuple[str, ...], tuple[Any, ...]]:
    rows = copy.execute(f"{here} EXCEPT {there}")
    return {tuple(_text(row[index]) for index in relation.key): row for row in rows}


def _text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
