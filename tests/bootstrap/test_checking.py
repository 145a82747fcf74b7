"""Verify of a site from outside (XC-04): clean, damaged, running, and what is no database at all."""

from __future__ import annotations

import json
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap.checking import verify_site
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir
from app.local import acks
from tests.kit import Town, register


def tampered(data: DataDir, *statements: str) -> dict[str, Any]:
    """The report after somebody has changed the file by hand."""
    connection = sqlite3.connect(data.database, isolation_level=None)
    for name in [
        row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    ]:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return verify_site(data)


def test_running_site_is_verified_and_not_disturbed(town: Town) -> None:
    """XC-04: also while a console writes; the whole answer is JSON; not a byte is written."""
    register(town.emb)
    town.sync()
    data = town.emb.node.data
    before = {
        path: path.read_bytes() for path in data.root.glob("console.db*") if not path.name.endswith("-shm")
    }
    answer = verify_site(data)
    after = {
        path: path.read_bytes() for path in data.root.glob("console.db*") if not path.name.endswith("-shm")
    }
    assert before == after
    assert answer["ok"] is True and answer["damaged"] is False
    assert answer["report"]["ok"] is True
    assert answer["report"]["entries"] == town.emb.count("op")
    assert set(answer["report"]["chains"]) == {town.emb.node.me.site, town.frd.node.me.site}
    assert answer["report"]["high_water"]["standing"] == "ok"
    json.dumps(answer)
    register(town.emb)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE op SET body = x'80' WHERE n = 3",
        "DELETE FROM op WHERE n = 5",
        "UPDATE incident SET what = 'x'",
        "DELETE FROM incident",
        "UPDATE account SET roles = 'leader' WHERE name = 'EMB-observer'",
    ],
)
def test_tampering_is_found(town: Town, statement: str) -> None:
    """XC-04: one changed row is found; `ok` says the examination took place, `damaged` what it found."""
    register(town.emb)
    town.emb.node.close()
    data = town.emb.node.data
    kept = data.database.read_bytes()
    answer = tampered(data, statement)
    assert (answer["ok"], answer["damaged"]) == (True, True)
    json.dumps(answer)
    data.database.write_bytes(kept)
    assert verify_site(data)["damaged"] is False
    town.emb.reopen()


def test_damaged_pages_and_a_lost_self(town: Town) -> None:
    """XC-04: what can no longer be read as a database is damaged, not an error of the command."""
    town.emb.node.close()
    data = town.emb.node.data
    kept = data.database.read_bytes()
    for harmed in (kept[:100] + bytes(len(kept) - 100), kept[: len(kept) // 2], b""):
        data.database.write_bytes(harmed)
        answer = verify_site(data)
        assert answer["damaged"] is True
        assert data.database.read_bytes() == harmed
    data.database.write_bytes(kept)
    assert tampered(data, "DELETE FROM self")["damaged"] is True
    data.database.write_bytes(kept)
    assert tampered(data, "DROP TABLE self")["damaged"] is True
    data.database.write_bytes(kept)
    town.emb.reopen()


def test_lost_mark_is_found(town: Town) -> None:
    """REPLICATION, Fork: verify tells what a start would refuse."""
    path = town.emb.node.data.high_water
    kept = path.read_bytes()
    path.unlink()
    assert verify_site(town.emb.node.data)["damaged"] is True
    path.write_bytes(kept)


def test_newer_files_are_for_newer_programs(town: Town) -> None:
    """XC-01: what this version cannot read it does not call damaged."""
    town.emb.node.close()
    data = town.emb.node.data
    kept = data.database.read_bytes()
    with pytest.raises(EnvironmentFault) as fault:
        tampered(data, "UPDATE alembic_version SET version_num = '9999'")
    assert fault.value.code == "database.newer"
    data.database.write_bytes(kept)
    town.emb.reopen()


def test_nothing_to_examine(tmp_path: Path) -> None:
    """A missing or foreign file is a fault, not a finding."""
    data = DataDir(tmp_path)
    for content, code in ((None, "database.missing"), (b"PK\x03\x04" + b"x" * 4096, "database.foreign")):
        if content is not None:
            data.database.write_bytes(content)
        with pytest.raises(EnvironmentFault) as fault:
            verify_site(data)
        assert fault.value.code == code


def test_a_chain_shorter_than_a_peer_knows_is_found(town: Town) -> None:
    """REPLICATION, Fork: a database and its high-water file put back together are known by what a partner acknowledged."""
    register(town.emb)
    data, site = town.emb.node.data, town.emb.node.me.site
    end = town.emb.vector()[site][0]
    peer = town.frd.node.me.site
    for known, damaged in ((end, False), (end + 1, True)):
        town.emb.node.local(partial(acks.note, changes={peer: {site: known}}, at=1))
        answer = verify_site(data)
        assert answer["damaged"] is damaged
        assert answer["report"]["high_water"]["peers_seq"] == known
