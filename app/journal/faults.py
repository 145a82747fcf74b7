"""Why transactions of others are not taken. What stands before the faulty one in its batch is kept and committed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.kernel.changes import ChangeSet

NOTHING_LEFT: Mapping[str, int] = MappingProxyType({})


class Fault(Exception):
    """`at`: which transaction of the batch is faulty; `kept`: how many of the first were kept, up to it or to the last place
    before it where none waited for a signature of its chain; `changes`: what those changed; `left`: as in `Received`."""

    at = 0
    kept = 0
    changes = ChangeSet()
    left = NOTHING_LEFT


class GapError(Fault):
    """A transaction whose predecessor or parents are not here: not stored, not acknowledged, asked again.

    `have_seq`: up to where its chain is here; 0 when the chain here is another branch, so that all of it is asked for.
    """

    def __init__(self, site: str, have_seq: int) -> None:
        super().__init__(f"gap in {site} after {have_seq}")
        self.site, self.have_seq = site, have_seq


class NewerSchemaError(Fault):
    """An operation of a newer version stops that chain here until the upgrade."""

    def __init__(self, site: str, schema_v: int) -> None:
        super().__init__(f"{site} writes schema {schema_v}, which this version does not know")
        self.site, self.schema_v = site, schema_v


class BadTransactionError(Fault, ValueError):
    """A transaction whose chain, commitment, signature or shape is wrong; it is never stored."""
