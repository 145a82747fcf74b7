"""What the journal must know of the outside: entities, permissions, effects of commands, ownership rules.

It is handed in, so that the same projector runs over the product's entities and over the test entities of the simulator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from db.fields import INTERNAL, JOINT, Entity, Merge


@dataclass(frozen=True)
class Effect:
    """What a command may do to an entity; whatever is not named here is quarantined wherever it comes from.

    verbs; the fields of writes, entries and marks ("*": all of the entity); `new`: only the write that makes the record;
    `values`: fields that may take only these values.
    """

    entity: str
    verbs: frozenset[str]
    fields: frozenset[str] = frozenset({"*"})
    new: bool = False
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def covers(self, content: Mapping[str, Any]) -> bool:
        """True if a body of the right entity stays inside this effect."""
        written = content.get("set", {})
        fields = {content["field"]} if "field" in content else {*written, *content.get("entry", ())}
        return (
            content["v"] in self.verbs
            and ("*" in self.fields or fields <= self.fields)
            and (not self.new or content.get("new") is True)
            and all(
                _one_of(written[name], allowed) for name, allowed in self.values.items() if name in written
            )
        )


def _one_of(value: object, allowed: frozenset[str]) -> bool:
    return isinstance(value, str) and value in allowed


@dataclass(frozen=True)
class OwnerRule:
    """Who owns a field until an `own` operation moves it (D-06)."""

    first: str
    may_move_to: frozenset[str]


@dataclass(frozen=True)
class Policy:
    """Entities; permits(command, agency, roles); effects of each command; ownership rules by name; entities whose records
    are made under ids bound to their maker (app/kernel/ids.py); `rights`: the table that `permits` reads, for its fingerprint.

    ValueError when a field is declared so that sites holding different parts of a record would judge it differently.
    """

    entities: Mapping[str, Entity]
    permits: Callable[[str, str, frozenset[str]], bool]
    effects: Mapping[str, tuple[Effect, ...]]
    owners: Mapping[str, OwnerRule] = field(default_factory=dict)
    bound: frozenset[str] = frozenset()
    rights: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for entity in self.entities.values():
            for each in entity.fields.values():
                if each.merge is Merge.OWNED and each.owner != "birth" and each.owner not in self.owners:
                    raise ValueError(f"{entity.name}.{each.name}: no ownership rule {each.owner}")
                if (each.merge is Merge.OWNED or each.extreme) and (entity.scope, each.scope) != (
                    JOINT,
                    JOINT,
                ):
                    raise ValueError(
                        f"{entity.name}.{each.name}: owned and extreme fields stand on joint records"
                    )

                if each.merge is Merge.TEXT and (entity.scope != JOINT or each.scope == INTERNAL):
                    raise ValueError(
                        f"{entity.name}.{each.name}: a long text has one scope, on a joint record"
                    )

    def allows(self, command: str, entity: str, content: Mapping[str, Any]) -> bool:
        """True if this command may have this effect (deny by default); `content`: a well-formed body."""
        return any(
            effect.entity == entity and effect.covers(content) for effect in self.effects.get(command, ())
        )
