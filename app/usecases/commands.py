"""Commands: frozen dataclasses that say what is asked, and the one table that names their handlers.

A handler reads, decides by the rules and returns operations; it writes nothing itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec

from app.journal import verbs
from app.journal.operation import Act
from app.journal.policy import Effect
from app.usecases.context import Context

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment with offset; stored as UTC milliseconds (XC-05)."""

_WORD = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """Base of all commands."""


@dataclass(frozen=True)
class Outcome:
    """What a handler decided: transactions (each of one scope) and what the asker is told."""

    transactions: Sequence[Sequence[Act]]
    result: Mapping[str, Any] = field(default_factory=dict)


CommandT = TypeVar("CommandT", bound=Command)
Handler = Callable[[Any, Context], Outcome]


@dataclass(frozen=True)
class Entry:
    """One line of the application's table of contents."""

    name: str
    command: type[Command]
    handler: Handler
    effects: tuple[Effect, ...]


TABLE: dict[str, Entry] = {}


def name_of(command: type[Command]) -> str:
    """RegisterIncident -> register_incident."""
    return _WORD.sub("_", command.__name__).lower()


def handles(
    command: type[CommandT], *effects: Effect
) -> Callable[[Callable[[CommandT, Context], Outcome]], Callable[[CommandT, Context], Outcome]]:
    """Enter a handler into the table with the effects its command may have; ValueError for a second one."""

    def enter(handler: Callable[[CommandT, Context], Outcome]) -> Callable[[CommandT, Context], Outcome]:
        name = name_of(command)
        if name in TABLE:
            raise ValueError(f"{name} has two handlers")
        TABLE[name] = Entry(name, command, handler, effects)
        return handler

    return enter


def writes(entity: str, *fields: str) -> Effect:
    """The effect of writing these fields of an entity ("*" when none is named)."""
    return Effect(entity, frozenset({verbs.WRITE}), frozenset(fields or ("*",)))


def creates(entity: str) -> Effect:
    """The effect of making a record, and of nothing later to it."""
    return Effect(entity, frozenset({verbs.WRITE}), new=True)


def moves(entity: str, field_name: str, values: Iterable[str], *fields: str) -> Effect:
    """The effect of writing a state: only to these values, along with these fields."""
    allowed = {field_name: frozenset(values)}
    return Effect(entity, frozenset({verbs.WRITE}), frozenset({field_name, *fields}), values=allowed)


def marks(entity: str, *allowed: str) -> Effect:
    """The effect of any other verbs on an entity."""
    return Effect(entity, frozenset(allowed))


def outcome(*acts: Act, **result: Any) -> Outcome:
    """Group acts into transactions by scope (a transaction has one), in the order given."""
    by_scope: dict[str, list[Act]] = {}
    for act in acts:
        by_scope.setdefault(act.scope, []).append(act)
    return Outcome(tuple(by_scope.values()), result)
