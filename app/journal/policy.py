"""What the journal must know of the outside: entities, permissions, effects of commands, ownership rules.

It is handed in, so that the same projector runs over the product's entities and over the test entities of the simulator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from db.fields import JOINT, Entity, Merge


@dataclass(frozen=True)
class Effect:
    """What a command may write: verbs on an entity and, for writes and entries, the fields ("*": all of the entity)."""

    entity: str
    verbs: frozenset[str]
    fields: frozenset[str] = frozenset({"*"})


@dataclass(frozen=True)
class OwnerRule:
    """Who owns a field until an `own` operation moves it (D-06)."""

    first: str
    may_move_to: frozenset[str]


@dataclass(frozen=True)
class Policy:
    """Entities; permits(command, agency, roles); effects of each command; ownership rules by name.

    ValueError when a field is declared so that sites holding different parts of a record would judge it differently.
    """

    entities: Mapping[str, Entity]
    permits: Callable[[str, str, frozenset[str]], bool]
    effects: Mapping[str, tuple[Effect, ...]]
    owners: Mapping[str, OwnerRule] = field(default_factory=dict)

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

    def allows(self, command: str, verb: str, entity: str, fields: frozenset[str]) -> bool:
        """True if this command may have this effect (deny by default)."""
        for effect in self.effects.get(command, ()):
            if (
                effect.entity == entity
                and verb in effect.verbs
                and ("*" in effect.fields or fields <= effect.fields)
            ):
                return True
        return False
