"""Who this workstation is and whom it has confirmed: local rows, never journalled."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.local import identity, peers
from app.local.identity import SelfRow
from app.local.peers import PeerRow
from db import migrate
from db.engine import open_writer

ME = SelfRow("live", "310105", "EMB", "a" * 26, "", bytes(32), "console", 1)
PEER = PeerRow("b" * 26, "FRD", "消防支队", b"file", "192.0.2.1:8443", 2)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "x.db"
    migrate.create(path)
    opened = open_writer(path)
    yield opened
    opened.close()


def test_a_workstation_is_somebody_once(connection: sqlite3.Connection) -> None:
    """REPLICATION: a site is written once; a restored database goes on as another one."""
    assert identity.read_self(connection) is None
    identity.write_self(connection, ME)
    with pytest.raises(sqlite3.IntegrityError):
        identity.write_self(connection, ME)
    assert identity.read_self(connection) == ME
    other = replace(ME, site="c" * 26, letter="B")
    identity.replace_self(connection, other)
    assert identity.read_self(connection) == other


def test_peers_are_confirmed_changed_and_forgotten(connection: sqlite3.Connection) -> None:
    """CM-04: one row per site; confirming again replaces what was known."""
    peers.confirm_peer(connection, PEER)
    peers.confirm_peer(connection, replace(PEER, identity=b"newer", address="", confirmed_at=3))
    assert peers.peers(connection) == [replace(PEER, identity=b"newer", address="", confirmed_at=3)]
    assert peers.set_address(connection, PEER.site, "192.0.2.2:1")
    assert not peers.set_address(connection, "nobody", "x")
    assert peers.peers(connection)[0].address == "192.0.2.2:1"
    assert peers.forget_peer(connection, PEER.site)
    assert not peers.forget_peer(connection, PEER.site)
    assert peers.peers(connection) == []
