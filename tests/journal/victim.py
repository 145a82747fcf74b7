"""A room's file for tests of `verify`, its guards dropped: the attacker owns the machine."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.journal.chain_faults import FaultKind
from app.journal.operation import Operation
from app.journal.reprojection import Standpoint
from app.journal.store import Store
from app.journal.verify import Depth, VerifyReport, verify
from tests.db.world import POLICY, busy, two_sites

SHALLOW = Depth(projection=False)


@dataclass
class Victim:
    """A closed file and what is known of it."""

    path: Path
    standpoint: Standpoint
    own: str
    peer: str

    @contextlib.contextmanager
    def attack(self) -> Iterator[sqlite3.Connection]:
        """A connection without guards."""
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("DROP TRIGGER IF EXISTS op_never_changed")
            connection.execute("DROP TRIGGER IF EXISTS op_never_deleted")
            yield connection

    def examine(self, depth: Depth | None = None) -> VerifyReport:
        """Verify as this site would."""
        return verify(self.path, self.standpoint, POLICY, depth=depth)

    def found(self, depth: Depth | None = SHALLOW) -> set[tuple[FaultKind, str, int]]:
        """(kind, site, seq) of every fault."""
        return {(fault.kind, fault.site, fault.seq) for fault in self.examine(depth).faults}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Victim:
    folder = tmp_path_factory.mktemp("original")
    with two_sites(folder) as (emb, frd):
        busy(emb, frd)
        return Victim(emb.path, emb.standpoint, emb.journal.own_site, frd.journal.own_site)


@pytest.fixture
def victim(original: Victim, tmp_path: Path) -> Victim:
    copy = tmp_path / "console.db"
    copy.write_bytes(original.path.read_bytes())
    return replace(original, path=copy)


def op_at(connection: sqlite3.Connection, site: str, seq: int) -> Operation:
    found = Store(connection).get(Store(connection).hashes_at(site, seq)[0])
    assert found is not None
    return found
