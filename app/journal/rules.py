"""By which rules a journal is judged and projected: a fingerprint, kept in the database.

Policy, effects and the permission table are part of the program, and so are inputs of validity that no operation names. A
program whose rules differ from those that projected last projects anew at its start (REPLICATION, Versions).
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from typing import Any

from app.journal.operation import SCHEMA_V, pack
from app.journal.policy import Effect, Policy
from db.fields import Entity, Field

PROJECTION_V = 3  # raised when projector, derivers or judges come to other rows for the same journal


def fingerprint(policy: Policy) -> str:
    """Hash (hex) of everything declared that judging and projecting read."""
    said = {
        "versions": [SCHEMA_V, PROJECTION_V],
        "entities": {name: _entity(entity) for name, entity in policy.entities.items()},
        "effects": {
            name: sorted((_effect(each) for each in effects), key=pack)
            for name, effects in policy.effects.items()
        },
        "owners": {name: [rule.first, sorted(rule.may_move_to)] for name, rule in policy.owners.items()},
        "rights": {
            f"{command} {agency}": sorted(roles) for (command, agency), roles in policy.rights.items()
        },
        "bound": sorted(policy.bound),
    }
    return hashlib.blake2b(pack(said), digest_size=16).hexdigest()


def _entity(entity: Entity) -> list[Any]:
    fields = {name: _field(field) for name, field in entity.fields.items()}
    return [entity.scope, fields, list(entity.derived)]


def _field(field: Field) -> list[Any]:
    columns = {name: str(kind) for name, kind in field.columns.items()}
    claim = field.claim.value if field.claim else None
    return [field.merge.value, columns, field.scope, list(field.caution), field.owner, claim]


def _effect(effect: Effect) -> list[Any]:
    values: Mapping[str, frozenset[str]] = effect.values
    return [
        effect.entity,
        sorted(effect.verbs),
        sorted(effect.fields),
        effect.new,
        {name: sorted(allowed) for name, allowed in values.items()},
    ]


def noted(connection: sqlite3.Connection) -> str | None:
    """The rules that projected last; None when nobody noted any."""
    row = connection.execute("SELECT rules FROM projection").fetchone()
    return None if row is None else str(row[0])


def note(connection: sqlite3.Connection, rules: str) -> None:
    """Note the rules by which the rows are made, inside the caller's transaction."""
    connection.execute("INSERT OR REPLACE INTO projection (one, rules) VALUES (1, ?)", (rules,))
