"""Projecting a journal anew in a private copy and comparing: which rows of shared tables do not follow from
it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.journal.journal import Identity, Journal
from app.journal.keys import SiteKey
from app.journal.policy import Policy
from app.journal.projector import Deriver
from app.kernel.clock import SystemClock
from db.examine import anonymous_copy
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
    names = _tables(policy)
    steps = len(names) + 2
    step = tell or (lambda done, total: None)
    with contextlib.closing(anonymous_copy(source)) as copy:
        copy.execute("PRAGMA cache_size=-65536")
        copy.execute("ATTACH '' AS was")
        rows = sum(_set_aside(copy, name) for name in names)
        step(1, steps)
        failed = _project(copy, standpoint, policy, derivers)
        step(2, steps)
        if failed is not None:
            return Compared(len(names), rows, 0, (), failed)
        found: list[Difference] = []
        total = 0
        for done, name in enumerate(names, 3):
            for difference in _differences(copy, name):
                total += 1
                if len(found) < MAX_DIFFERENCES:
                    found.append(difference)
            step(done, steps)
    return Compared(len(names), rows, total, tuple(found))


def _tables(policy: Policy) -> list[str]:
    return [entity.table.name for entity in policy.entities.values()] + [table.name for table in PROJECTED]


def _set_aside(copy: sqlite3.Connection, table: str) -> int:
    """Keep a table as it was found; returns its number of rows."""
    copy.execute(f'CREATE TABLE was."{table}" AS SELECT * FROM main."{table}"')
    return int(copy.execute(f'SELECT count(*) FROM was."{table}"').fetchone()[0])


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


def _differences(copy: sqlite3.Connection, table: str) -> Iterable[Difference]:
    """Rows that stand on one side only, paired by key."""
    info = copy.execute(f'PRAGMA main.table_info("{table}")').fetchall()
    columns = [column[1] for column in info]
    at = [index for index, column in enumerate(info) if column[5]]
    if table == "fact":
        at = [columns.index("hash"), columns.index("key")]
    was = _only_in(copy, table, "was", "main", at)
    now = _only_in(copy, table, "main", "was", at)
    for key in sorted(was.keys() | now.keys()):
        if key not in was:
            yield Difference(DifferenceKind.MISSING, table, key)
        elif key not in now:
            yield Difference(DifferenceKind.SURPLUS, table, key)
        else:
            pairs = zip(columns, was[key], now[key], strict=True)
            changed = tuple(name for name, old, new in pairs if old != new or type(old) is not type(new))
            yield Difference(DifferenceKind.CHANGED, table, key, changed)


def _only_in(
    copy: sqlite3.Connection, table: str, here: str, there: str, at: list[int]
) -> dict[tuple[str, ...], tuple[Any, ...]]:
    rows = copy.execute(f'SELECT * FROM {here}."{table}" EXCEPT SELECT * FROM {there}."{table}"')
    return {tuple(_text(row[index]) for index in at): row for row in rows}


def _text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
