"""Shared fields: the merge rule and the scope are declared once, beside the column (REPLICATION, Merge).

An *entity* is one shared table. A *field* is one register of it and covers one or several columns: a fact together with
its verify state is one register (D-38), so one disagreement is one conflict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Index, Integer, MetaData, String, Table
from sqlalchemy.types import TypeEngine

metadata = MetaData()

JOINT = "joint"
ROW_NUMBER = "n"
INTERNAL = "internal"  # stands for internal:<agency of the author>


class Claim(StrEnum):
    """What a field says about the act that writes it: judged, never believed (REPLICATION, Births)."""

    AGENCY = "agency"  # that of the author
    ACCOUNT = "account"  # the author
    SITE = "site"  # the workstation
    NUMBER = "number"  # of the workstation's own series (D-35)


class Merge(StrEnum):
    """Merge rules of REPLICATION.md."""

    FIXED = "fixed"  # written once, with the record; never replaced
    REGISTER = "register"  # multi-value register by named heads
    OWNED = "owned"  # register; only the owner's writes project, the present owner's text is shown first
    STATUS = "status"  # register; among concurrent moves the more cautious is shown
    MAX = "max"  # extreme over entries not struck out; never a conflict
    MIN = "min"
    TEXT = "text"  # long shared text: updates of several writers are joined, nobody replaces another's words


@dataclass(frozen=True)
class Field:
    """One register: name, merge rule, scope, columns; caution (most cautious first) or owner rule where the merge needs it."""

    name: str
    merge: Merge
    columns: Mapping[str, TypeEngine[Any]]
    scope: str = JOINT
    caution: tuple[str, ...] = ()
    owner: str | None = None  # "birth": the agency that made the record; else the name of an ownership rule
    claim: Claim | None = None

    @property
    def extreme(self) -> bool:
        """True for a maximum or minimum over entries."""
        return self.merge in (Merge.MAX, Merge.MIN)


@dataclass(frozen=True)
class Entity:
    """One shared table with its fields."""

    name: str
    table: Table
    fields: Mapping[str, Field]
    scope: str = JOINT
    derived: tuple[str, ...] = field(default=())

    @property
    def owned(self) -> bool:
        """True if some field asks who made the record."""
        return any(f.owner == "birth" for f in self.fields.values())


Columns = TypeEngine[Any] | type[TypeEngine[Any]] | Mapping[str, TypeEngine[Any] | type[TypeEngine[Any]]]


def _columns(name: str, columns: Columns) -> dict[str, TypeEngine[Any]]:
    mapping = columns if isinstance(columns, Mapping) else {name: columns}
    return {key: kind() if isinstance(kind, type) else kind for key, kind in mapping.items()}


def fixed(name: str, columns: Columns = String, scope: str = JOINT, claim: Claim | None = None) -> Field:
    """A field written once with its record."""
    return Field(name, Merge.FIXED, _columns(name, columns), scope, claim=claim)


def register(name: str, columns: Columns = String, scope: str = JOINT) -> Field:
    """A multi-value register."""
    return Field(name, Merge.REGISTER, _columns(name, columns), scope)


def owned(name: str, owner: str, columns: Columns = String) -> Field:
    """A register that only its owner writes."""
    return Field(name, Merge.OWNED, _columns(name, columns), owner=owner)


def status(name: str, caution: Sequence[str]) -> Field:
    """A state machine's register; `caution` lists its states, most cautious first."""
    return Field(name, Merge.STATUS, _columns(name, String), caution=tuple(caution))


def maximum(name: str) -> Field:
    """The highest of all entries not struck out."""
    return Field(name, Merge.MAX, _columns(name, Integer))


def minimum(name: str) -> Field:
    """The lowest of all entries not struck out."""
    return Field(name, Merge.MIN, _columns(name, Integer))


def text(name: str, scope: str = JOINT) -> Field:
    """A long text that several write at once; its column shows the joined text. One scope for the whole document."""
    return Field(name, Merge.TEXT, _columns(name, String), scope)


def shared(
    name: str,
    fields: Sequence[Field],
    *,
    scope: str = JOINT,
    derived: Mapping[str, type[TypeEngine[Any]]] | None = None,
    indexes: Sequence[Sequence[str]] = (),
    numbered: bool = False,
    into: MetaData = metadata,
) -> Entity:
    """Declare a shared table: its fields, the columns computed from them, and its indexes.

    `numbered`: rows have a number of their own, this database's alone, that the full-text index may point to for good (a
    rowid without a column is renumbered by VACUUM).
    """
    columns: list[Column[Any]] = (
        [Column(ROW_NUMBER, Integer, primary_key=True), Column("id", String, unique=True, nullable=False)]
        if numbered
        else [Column("id", String, primary_key=True)]
    )
    for each in fields:
        columns += [Column(column, kind) for column, kind in each.columns.items()]
    columns += [Column(column, kind) for column, kind in (derived or {}).items()]
    columns += [
        Column("born_agency", String),
        Column("updated_at", Integer, nullable=False, server_default="0"),
        Column("conflicts", Integer, nullable=False, server_default="0"),
        Column("retracted", Integer, nullable=False, server_default="0"),
    ]
    table = Table(name, into, *columns)
    for names in indexes:
        Index("ix_" + "_".join([name, *names]), *(table.c[n] for n in names))
    return Entity(name, table, {f.name: f for f in fields}, scope, tuple(derived or ()))
