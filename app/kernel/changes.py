"""What a transaction did: kinds of things, ids and origin. Screens decide for themselves what that means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.kernel.enums import ChangeKind, Origin

ACKNOWLEDGED: Final = "peer_ack"  # the "entity" of news that a peer has projected more, or (retracted) less; its id is the peer's


EVERYTHING: Final = "*"  # the "entity" when all was projected anew: whoever shows anything looks again


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

    @property
    def only_acknowledged(self) -> bool:
        """True if this is nothing but news of what peers have: no operation was committed."""
        return bool(self.changes) and all(c.entity == ACKNOWLEDGED for c in self.changes)

    @property
    def everything(self) -> bool:
        """True if any record may have changed: no ids are told."""
        return any(c.entity == EVERYTHING for c in self.changes)

    def touches(self, *entities: str) -> bool:
        """True if any of these entities is in the set, or everything."""
        return any(c.entity in entities or c.entity == EVERYTHING for c in self.changes)
