"""What a transaction did: kinds of things, ids and origin. Screens decide for themselves what that means."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.enums import ChangeKind, Origin


@dataclass(frozen=True, slots=True)
class Change:
    """One entity touched."""

    entity: str
    entity_id: str
    kind: ChangeKind
    origin: Origin


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """All entities touched by one database transaction."""

    changes: tuple[Change, ...] = ()

    def ids(self, entity: str) -> frozenset[str]:
        """Ids of one entity in this set."""
        return frozenset(c.entity_id for c in self.changes if c.entity == entity)

    def touches(self, *entities: str) -> bool:
        """True if any of these entities is in the set."""
        return any(c.entity in entities for c in self.changes)
