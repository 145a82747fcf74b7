"""Filters of a search as SQL: conditions on records, and the indexes by which rare ones are found (docs/decisions/0041).

Every value stands as a parameter. What a field means for a kind of record that has it not itself is asked of its incident.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from app.kernel.clock import SHANGHAI, to_ms
from app.queries.search_language import Field, Flag, Narrow
from db.search import Facet, pattern

TYPE, CLASS = "type:", "class:"  # what stands before the key of a kind of incident, and of a class
_LEVEL_NONE = "level_none"
_INDEXED = {Field.STREET: "unit_code", Field.LEVEL: "incident_level", Field.STATUS: "status"}


@dataclass(frozen=True)
class Conditions:
    """A condition on records `r` with its values, and indexes that hold what it asks for. `never`: nothing can fit."""

    where: str = "1"
    params: dict[str, Any] = field(default_factory=dict)
    facets: tuple[Facet, ...] = ()
    never: bool = False
    since: int | None = None  # UTC ms, of the kind's own time; inclusive
    until: int | None = None  # exclusive


NEVER = Conditions("0", never=True)


def bounds(days: tuple[str, str]) -> tuple[int, int]:
    """UTC ms from the beginning of the first local day to the end of the last."""
    first, last = (datetime.combine(date.fromisoformat(day), datetime.min.time(), SHANGHAI) for day in days)
    return to_ms(first), to_ms(last + timedelta(days=1))


def _listed(column: str, name: str, keys: Sequence[str], params: dict[str, Any]) -> str:
    names = [f"{name}_{at}" for at in range(len(keys))]
    params.update(zip(names, keys, strict=True))
    return f"{column} IN ({', '.join(':' + each for each in names)})"


def _text(columns: Sequence[str], name: str, text: str, params: dict[str, Any]) -> str:
    params[name] = pattern(text)
    return "(" + " OR ".join(f"coalesce({column}, '') LIKE :{name} ESCAPE '\\'" for column in columns) + ")"


_TEXTS = {Field.NUMBER: ("no", "alarm_no"), Field.PLACE: ("place", "address_note"), Field.EVENT: ("what",)}


def of_incidents(narrow: Narrow, row: str = "r") -> Conditions:
    """Filters on the incident table `row`; who owes is not among them (the board works that out), nor its time's bounds."""
    params: dict[str, Any] = {}
    parts: list[str] = []
    facets: list[Facet] = []
    for of, keys in narrow.keys:
        column = f"{row}.{_INDEXED[of]}" if of in _INDEXED else ""
        if of is Field.ROLE:
            return NEVER
        if of is Field.AGENCY:
            parts.append(_listed(f"{row}.agency", "n_agency", keys, params))
        elif of is Field.TYPE:
            kinds = _kinds(row, keys, params)
            if not kinds:
                return NEVER
            parts.append(kinds)
            facets.append(Facet(_by(row), kinds, params))
        else:
            known = tuple(key for key in keys if key != _LEVEL_NONE or of is not Field.LEVEL)
            condition = _listed(column, f"n_{of}", known, params)
            if known != keys:  # not rated, by whatever way that is kept
                params["n_unrated"] = _LEVEL_NONE
                condition = f"({condition} OR {column} IS NULL OR {column} = :n_unrated)"
            else:
                facets.append(Facet(_by(row, f"ix_incident_{_INDEXED[of]}"), condition, params))
            parts.append(condition)
    for at, (of, text) in enumerate(narrow.texts):
        parts.append(_text([f"{row}.{column}" for column in _TEXTS[of]], f"n_text_{at}", text, params))
    parts += _flags(narrow, row, facets)
    return Conditions(" AND ".join(parts) or "1", params, tuple(facets))


def _by(row: str, index: str = "") -> str:
    return f"incident {row} INDEXED BY {index}" if index else f"incident {row}"


def _kinds(row: str, keys: Sequence[str], params: dict[str, Any]) -> str:
    types = [key.removeprefix(TYPE) for key in keys if key.startswith(TYPE)]
    classes = [key.removeprefix(CLASS) for key in keys if key.startswith(CLASS)]
    parts = [
        _listed(f"{row}.{column}", f"n_{column}", each, params)
        for column, each in (("type_code", types), ("class_code", classes))
        if each
    ]
    return f"({' OR '.join(parts)})" if parts else ""


def _flags(narrow: Narrow, row: str, facets: list[Facet]) -> list[str]:
    parts = []
    if narrow.flags & {Flag.OPEN, Flag.OURS, Flag.THEIRS}:
        parts.append(f"{row}.open = 1")
        facets.append(Facet(_by(row, "ix_incident_board"), f"{row}.open = 1", {}))
    if Flag.CLOSED in narrow.flags:
        parts.append(f"coalesce({row}.open, 0) = 0")
    if Flag.CONFLICT in narrow.flags:
        parts.append(f"{row}.conflicts > 0")
        facets.append(Facet(_by(row, "ix_incident_conflicts"), f"{row}.conflicts > 0", {}))
    return parts


def dated(narrow: Narrow, conditions: Conditions, entity: str, column: str) -> Conditions:
    """The same with the bounds of the record's own time."""
    if narrow.days is None or conditions.never:
        return conditions
    since, until = bounds(narrow.days)
    if since >= until:
        return NEVER
    params = {**conditions.params, "n_since": since, "n_until": until}
    condition = f"r.{column} >= :n_since AND r.{column} < :n_until"
    facet = Facet(f"{entity} r INDEXED BY ix_{entity}_{column}", condition, params)
    where = f"{conditions.where} AND {condition}"
    return Conditions(where, params, (*conditions.facets, facet), False, since, until)


_OWN = frozenset({Field.AGENCY, Field.ROLE, Field.TYPE})


@dataclass(frozen=True, slots=True)
class Spoken:
    """A table of records that speak of an incident: column of their time, prefix of their kinds among the keys of TYPE,
    columns of kind and of roles ("" for none).
    """

    entity: str
    at: str
    kinds: str
    kind_column: str = ""
    role_column: str = ""


def of_others(narrow: Narrow, table: Spoken) -> Conditions:
    """Filters on records that speak of an incident: agency, role, kind and time are their own, all else is the incident's."""
    entity, kind, kind_column, role = table.entity, table.kinds, table.kind_column, table.role_column
    if narrow.flags & {Flag.OURS, Flag.THEIRS}:
        return NEVER
    params: dict[str, Any] = {}
    parts: list[str] = []
    for of, keys in narrow.keys:
        if of is Field.AGENCY:
            parts.append(_listed("r.agency", "o_agency", keys, params))
        elif of is Field.ROLE:
            if not role:
                return NEVER
            names = [f"o_role_{nth}" for nth in range(len(keys))]
            params |= {name: pattern(f",{key},") for name, key in zip(names, keys, strict=True)}
            parts.append(
                "(" + " OR ".join(f"',' || r.{role} || ',' LIKE :{name} ESCAPE '\\'" for name in names) + ")"
            )
        elif of is Field.TYPE:
            own = [key.removeprefix(kind) for key in keys if key.startswith(kind)]
            if not own:
                return NEVER
            if kind_column:
                parts.append(_listed(kind_column, "o_kind", own, params))
    theirs = of_incidents(
        replace(narrow, keys=tuple(each for each in narrow.keys if each[0] not in _OWN)), "i"
    )
    facets = []
    if theirs.where != "1":
        params |= theirs.params
        parts.append(f"EXISTS (SELECT 1 FROM incident i WHERE i.id = r.incident_id AND {theirs.where})")  # nosec B608
        by_incident = f"ix_{entity}_incident_id_{table.at}"
        join = f" CROSS JOIN {entity} r INDEXED BY {by_incident} ON r.incident_id = i.id"
        facets = [replace(each, source=each.source + join) for each in theirs.facets]
    return dated(narrow, Conditions(" AND ".join(parts) or "1", params, tuple(facets)), entity, table.at)
