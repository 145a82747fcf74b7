"""Searching registers: shelters, points, stations, vehicles, by names, numbers and addresses, and by initials of names.

There are some ten thousand of them at most: they are looked through by LIKE itself.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.queries.search_language import Field, Narrow
from db.search import pattern

COUNTED = 999
INITIALS_FROM = 2  # letters: one stands in most names
_TEXT = "coalesce({0}, '')"


@dataclass(frozen=True, slots=True)
class RegisterHit:
    """A record of a register; `more`: a shelter's state, a vehicle's state; `beside`: the station of a vehicle."""

    entity: str  # shelter | point | station | vehicle
    id: str
    name: str
    code: str | None
    kind: str | None
    more: str | None
    beside: str | None
    unit_code: str | None
    address: str | None
    agency: str | None


@dataclass(frozen=True, slots=True)
class RegisterPlace:
    """A place in the order of registers."""

    entity: str
    name: str
    id: str


@dataclass(frozen=True)
class _Register:
    entity: str
    name: str  # SQL of the name
    columns: str  # in the order of RegisterHit behind the name
    searched: tuple[str, ...]
    code: str
    street: str
    address: tuple[str, ...]
    source: str

    @property
    def text(self) -> str:
        """What is searched: the same text for LIKE."""
        return " || char(10) || ".join(_TEXT.format(column) for column in self.searched)


REGISTERS = (
    _Register(
        "shelter",
        "r.name",
        "r.code, r.kind, r.state, NULL, r.unit_code, r.address, r.born_agency",
        ("r.name", "r.code", "r.kind", "r.address", "r.unit_code", "r.state"),
        "r.code",
        "r.unit_code",
        ("r.name", "r.address"),
        "shelter r",
    ),
    _Register(
        "point",
        "r.name",
        "NULL, r.kind, NULL, NULL, r.unit_code, r.address, r.born_agency",
        ("r.name", "r.kind", "r.address", "r.unit_code"),
        "NULL",
        "r.unit_code",
        ("r.name", "r.address"),
        "point r",
    ),
    _Register(
        "station",
        "r.name",
        "r.code, r.kind, NULL, NULL, r.unit_code, r.address, r.born_agency",
        ("r.name", "r.code", "r.kind", "r.address", "r.unit_code"),
        "r.code",
        "r.unit_code",
        ("r.name", "r.address"),
        "station r",
    ),
    _Register(
        "vehicle",
        "r.call_sign",
        "NULL, r.kind, r.vehicle_state, s.name, s.unit_code, NULL, r.born_agency",
        ("r.call_sign", "r.kind", "s.name", "s.unit_code"),
        "r.call_sign",
        "s.unit_code",
        ("s.name", "s.address"),
        "vehicle r LEFT JOIN station s ON s.id = r.station_id AND s.retracted = 0",
    ),
)
_OF_TYPE = "register:"


def registers(
    connection: sqlite3.Connection,
    words: tuple[tuple[str, ...], ...],
    narrow: Narrow | None,
    after: RegisterPlace | None,
    limit: int,
    letters: Callable[[str], str] | None = None,
) -> tuple[tuple[RegisterHit, ...], RegisterPlace | None]:
    """Rows behind a place by register and name, and where to go on (None: nothing more)."""
    found: list[RegisterHit] = []
    begun = after is None
    for register in REGISTERS:
        here = after if after is not None and register.entity == after.entity else None
        begun = begun or here is not None
        if not begun:
            continue
        condition = _condition(connection, register, words, narrow, letters)
        if condition is not None:
            where, params = condition
            found += _rows(connection, register, where, params, here, limit - len(found))
        if len(found) == limit:
            last = found[-1]
            return tuple(found), RegisterPlace(last.entity, last.name, last.id)
    return tuple(found), None


def count_registers(
    connection: sqlite3.Connection,
    words: tuple[tuple[str, ...], ...],
    narrow: Narrow | None,
    letters: Callable[[str], str] | None = None,
) -> int:
    """How many there are in all registers, COUNTED + 1 for more."""
    total = 0
    for register in REGISTERS:
        condition = _condition(connection, register, words, narrow, letters)
        if condition is not None:
            where, params = condition
            sql = f"SELECT count(*) FROM (SELECT 1 FROM {register.source} WHERE {where} LIMIT :most)"  # nosec B608
            total += connection.execute(sql, {**params, "most": COUNTED + 1}).fetchone()[0]
    return min(total, COUNTED + 1)


def _rows(
    connection: sqlite3.Connection,
    register: _Register,
    where: str,
    params: dict[str, Any],
    after: RegisterPlace | None,
    limit: int,
) -> list[RegisterHit]:
    name = _TEXT.format(register.name)
    behind = "" if after is None else f" AND ({name}, r.id) > (:p_name, :p_id)"
    place = {} if after is None else {"p_name": after.name, "p_id": after.id}
    sql = (
        f"SELECT '{register.entity}', r.id, {name}, {register.columns} FROM {register.source}"  # nosec B608
        f" WHERE {where}{behind} ORDER BY {name}, r.id LIMIT :limit"
    )
    cursor = connection.cursor()
    cursor.row_factory = None
    return [RegisterHit(*values) for values in cursor.execute(sql, {**params, **place, "limit": limit})]


def _condition(
    connection: sqlite3.Connection,
    register: _Register,
    words: tuple[tuple[str, ...], ...],
    narrow: Narrow | None,
    letters: Callable[[str], str] | None,
) -> tuple[str, dict[str, Any]] | None:
    """A condition with its values; None where nothing of this register can fit."""
    parts, params = ["r.retracted = 0"], {}
    for at, spellings in enumerate(words):
        each = []
        for nth, spelling in enumerate(spellings):
            params[f"w{at}_{nth}"] = pattern(spelling)
            each.append(f"{register.text} LIKE :w{at}_{nth} ESCAPE '\\'")
        by_letters = _by_letters(connection, register, spellings[0], letters)
        if by_letters:
            params[f"l{at}"] = json.dumps(by_letters)
            each.append(f"r.rowid IN (SELECT value FROM json_each(:l{at}))")  # nosec B608
        parts.append(f"({' OR '.join(each)})")
    if narrow is not None and not _narrow(register, narrow, parts, params):
        return None
    return " AND ".join(parts), params


def _narrow(register: _Register, narrow: Narrow, parts: list[str], params: dict[str, Any]) -> bool:
    """Add what filters ask for; False where a register has nothing of the kind."""
    if narrow.flags or narrow.days is not None:
        return False
    columns = {Field.STREET: register.street, Field.AGENCY: "r.born_agency"}
    for of, keys in narrow.keys:
        if of is Field.TYPE:
            if f"{_OF_TYPE}{register.entity}" not in keys:
                return False
        elif of in columns:
            names = [f"n_{of}_{nth}" for nth in range(len(keys))]
            params.update(zip(names, keys, strict=True))
            parts.append(f"{columns[of]} IN ({', '.join(':' + name for name in names)})")
        else:
            return False
    for at, (of, text) in enumerate(narrow.texts):
        searched = {Field.NUMBER: (register.code,), Field.PLACE: register.address}.get(of)
        if searched is None:
            return False
        params[f"t{at}"] = pattern(text)
        parts.append(
            "(" + " OR ".join(f"{_TEXT.format(each)} LIKE :t{at} ESCAPE '\\'" for each in searched) + ")"
        )
    return True


# -- initials ----------------------------------------------------------------------------------------------------------
_KEPT: dict[str, tuple[tuple[Any, ...], list[tuple[int, str]]]] = {}


def _by_letters(
    connection: sqlite3.Connection,
    register: _Register,
    word: str,
    letters: Callable[[str], str] | None,
) -> list[int]:
    """Rowids of records whose names hold these initials; they are worked out once for each state of a register."""
    if letters is None or len(word) < INITIALS_FROM or not (word.isascii() and word.isalnum()):
        return []
    file = connection.execute("PRAGMA database_list").fetchone()[2]
    key = f"{file}/{register.entity}"
    state = tuple(
        connection.execute(
            f"SELECT count(*), max(rowid), max(updated_at), sum(retracted) FROM {register.entity}"  # nosec B608
        ).fetchone()
    )
    known = _KEPT.get(key)
    if known is None or known[0] != state:
        names = connection.execute(f"SELECT r.rowid, {_TEXT.format(register.name)} FROM {register.entity} r")  # nosec B608
        known = _KEPT[key] = (state, [(n, letters(name)) for n, name in names])
    wanted = word.lower()
    return [n for n, initials in known[1] if wanted in initials]
