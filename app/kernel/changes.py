"""What a transaction did: kinds of things, ids and origin. Screens decide for themselves what that means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
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


@dataclass(frozen=True)
class ChangeSet:
    """All entities touched by one database transaction. In bulk it holds thousands, and a dozen screens ask it."""

    changes: tuple[Change, ...] = ()

    @cached_property
    def _of(self) -> Mapping[str, frozenset[str]]:
        """Ids by entity, in one look."""
        found: dict[str, set[str]] = {}
        for change in self.changes:
            found.setdefault(change.entity, set()).add(change.entity_id)
        return {entity: frozenset(ids) for entity, ids in found.items()}

    def ids(self, entity: str) -> frozenset[str]:
        """Ids of one entity in this set."""
        return self._of.get(entity, frozenset())

    @property
    def only_acknowledged(self) -> bool:
        """True if this is nothing but news of what peers have: no operation was committed."""
        return self._of.keys() == {ACKNOWLEDGED}

    @property
    def everything(self) -> bool:
        """True if any record may have changed: no ids are told."""
        return EVERYTHING in self._of

    def touches(self, *entities: str) -> bool:
        """True if any of these entities is in the set, or everything."""
        return self.everything or not self._of.keys().isdisjoint(entities)
