"""Verify: what it examines, from where, without a trace; the tampering tests stand beside."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.journal import reprojection
from app.journal.chain_faults import FaultKind
from app.journal.chain_walk import Hasher, signed
from app.journal.high_water import HighWater, Standing
from app.journal.operation import Act, ChainEnd, Operation, author_transaction, rebuild_operation, withhold
from app.journal.reprojection import DifferenceKind, Standpoint
from app.journal.store import Store
from app.journal.verify import PART_ROWS, Depth, verify
from db import migrate
from db.engine import open_reader
from db.examine import wal_of
from db.problems import DatabaseProblemError, ProblemKind
from tests.db.unprivileged import bound_by_permissions, hand_over, take_back
from tests.db.world import POLICY, Site, busy, found, identity_of, introduce, reopen, two_sites


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder."""
    return {
        each.name: hashlib.sha256(each.read_bytes()).hexdigest()
        for each in folder.iterdir()
        if each.is_file()
    }


# -- the fast recomputation is the real one -----------------------------------------------------------------------------
_TEXT = st.text(max_size=12)
_HASH = st.binary(min_size=32, max_size=32)
_NUMBER = st.integers(0, 2**63 - 1)


@given(
    seq=st.integers(1, 2**63 - 1), prev=st.one_of(st.just(b""), _HASH), tx=_NUMBER, last=st.booleans(),
    parents=st.lists(_HASH, max_size=3), hlc=_NUMBER, scope=_TEXT, names=st.tuples(_TEXT, _TEXT, _TEXT, _TEXT),
    version=_NUMBER, salt=st.binary(min_size=16, max_size=16), body=st.binary(max_size=6000), realm=_TEXT, site=_TEXT,
)  # fmt: skip
def test_fast_hashes_are_those_of_operation(
    *,
    seq: int, prev: bytes, tx: int, last: bool, parents: list[bytes], hlc: int, scope: str,
    names: tuple[str, str, str, str], version: int, salt: bytes, body: bytes, realm: str, site: str,
) -> None:  # fmt: skip
    actor, command, entity, entity_id = names
    op = Operation(b"", site, seq, prev, tx, last, tuple(parents), hlc, scope, b"c" * 32, None,
                   actor, command, entity, entity_id, version, salt, body)  # fmt: skip
    op = rebuild_operation(realm, op)
    row = (1, op.hash, site, seq, prev, tx, int(last), b"".join(parents), None, hlc, scope, op.commit,
           actor, command, entity, entity_id, version, salt, body)  # fmt: skip
    hasher = Hasher(realm)
    assert hasher.faults([row, row]) == []
    assert hasher.faults([(*row[:12], None, None, None, None, None, None, None)]) == []
    flipped = bytes([op.hash[0] ^ 1]) + op.hash[1:]
    assert [fault.kind for fault in hasher.faults([(1, flipped, *row[2:])])] == [FaultKind.HEADER]
    assert [fault.kind for fault in hasher.faults([(*row[:18], body + b"x")])] == [FaultKind.HIDDEN]


# -- without a trace ----------------------------------------------------------------------------------------------------
@pytest.fixture
def pair(tmp_path: Path):
    with two_sites(tmp_path) as sites:
        busy(*sites)
        yield sites


def test_closed_file_is_examined_without_a_trace(pair: tuple[Site, Site], tmp_path: Path) -> None:
    emb, _ = pair
    emb.close()
    before = digests(tmp_path)
    assert verify(emb.path, emb.standpoint, POLICY).ok
    assert digests(tmp_path) == before


def _crashed(site: Site, folder: Path) -> Path:
    """A copy of the file with what is only in its log, as a crash would leave it."""
    folder.mkdir()
    for each in (site.path, wal_of(site.path)):
        shutil.copyfile(each, folder / each.name)
    assert (folder / wal_of(site.path).name).stat().st_size > 0
    return folder / site.path.name


def test_file_left_by_a_crash_is_examined_with_its_log(pair: tuple[Site, Site], tmp_path: Path) -> None:
    emb, _ = pair
    path = _crashed(emb, tmp_path / "crashed")
    before = digests(path.parent)
    report = verify(path, emb.standpoint, POLICY)
    assert report.ok
    assert report.entries == 19
    after = digests(path.parent)
    assert {name: after[name] for name in before} == before


_EXAMINE = """
import json, sys
from pathlib import Path
from app.journal.verify import verify
from tests.db.world import POLICY, identity_of
from app.journal.reprojection import Standpoint
report = verify(Path(sys.argv[1]), Standpoint.of(identity_of("EMB")), POLICY)
print(json.dumps([report.ok, report.entries]))
"""


@pytest.mark.parametrize("crashed", [False, True])
def test_read_only_folder_is_examined_without_a_trace(
    pair: tuple[Site, Site], tmp_path: Path, crashed: bool
) -> None:
    emb, _ = pair
    path = _crashed(emb, tmp_path / "there")
    if not crashed:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = digests(path.parent)
    assert (wal_of(path).name in before) is crashed
    verify(path, emb.standpoint, POLICY)  # everything needed is imported while it can be read
    for each in path.parent.iterdir():
        if each.name not in before:
            each.unlink()
    hand_over(path.parent)
    with bound_by_permissions():
        report = verify(path, emb.standpoint, POLICY)
        with pytest.raises(PermissionError):
            path.with_name("new").touch()
    take_back(path.parent)
    assert report.ok
    assert report.entries == 19
    assert digests(path.parent) == before


def test_live_file_is_examined_while_a_writer_holds_it(pair: tuple[Site, Site]) -> None:
    emb, _ = pair
    emb.journal.state.connection.execute("BEGIN IMMEDIATE")
    emb.journal.state.connection.execute("DELETE FROM log_entry")
    report = verify(emb.path, emb.standpoint, POLICY)
    emb.journal.state.connection.execute("ROLLBACK")
    assert report.ok


def test_acts_during_verification_neither_wait_nor_disturb(pair: tuple[Site, Site]) -> None:
    emb, _ = pair
    written: list[str] = []

    def write(stage: str, done: int, total: int) -> None:
        emb.write("log_entry", f"meanwhile-{len(written)}", {"text": stage}, new=True)
        written.append(stage)

    report = verify(emb.path, emb.standpoint, POLICY, progress=write)
    assert report.ok
    assert report.entries == 19
    assert {"pages", "entries", "projection"} == set(written)
    assert verify(emb.path, emb.standpoint, POLICY).entries == 19 + len(written)


def test_connection_of_a_reader_serves_as_well(pair: tuple[Site, Site]) -> None:
    emb, _ = pair
    with contextlib.closing(open_reader(emb.path)) as connection:
        assert verify(connection, emb.standpoint, POLICY) == verify(emb.path, emb.standpoint, POLICY)
        assert not connection.in_transaction


def test_writer_that_appears_meanwhile_is_noticed(pair: tuple[Site, Site]) -> None:
    """A file nobody had open is read as it is; if somebody opens it meanwhile, everything is looked at again."""
    emb, _ = pair
    emb.close()
    opened: list[Site] = []

    def write(stage: str, done: int, total: int) -> None:
        if stage == "entries" and not opened:
            opened.append(reopen(emb.path, "EMB"))
            opened[0].write("log_entry", "late", {"text": "late"}, new=True)

    report = verify(emb.path, emb.standpoint, POLICY, progress=write)
    opened[0].close()
    assert report.ok
    assert report.entries == 20


def test_nothing_stays_in_the_temporary_folder_even_after_a_kill(
    pair: tuple[Site, Site], tmp_path: Path
) -> None:
    emb, _ = pair
    emb.close()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    code = _EXAMINE.replace(
        "POLICY)\n", "POLICY, progress=lambda stage, done, total: done == 1 and print(stage, flush=True) or "
        "(stage == 'projection' and sys.stdin.read()))\n", 1,
    )  # fmt: skip
    environment = {
        **os.environ,
        "SQLITE_TMPDIR": str(scratch),
        "TMPDIR": str(scratch),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(emb.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert child.stdout is not None and child.stdin is not None
    assert [child.stdout.readline().strip() for _ in range(2)] == ["pages", "projection"]
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    child.stdin.close()
    assert list(scratch.iterdir()) == []


def test_failure_of_the_progress_callback_leaves_nothing_open(
    pair: tuple[Site, Site], tmp_path: Path
) -> None:
    emb, _ = pair
    emb.close()

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "projection":
            raise InterruptedError

    before = digests(tmp_path)
    with pytest.raises(InterruptedError):
        verify(emb.path, emb.standpoint, POLICY, progress=stop)
    assert digests(tmp_path) == before


# -- what is no database, or a broken one -------------------------------------------------------------------------------
def test_missing_and_foreign_files_are_refused(tmp_path: Path) -> None:
    standpoint = Standpoint.of(identity_of("EMB"))
    with pytest.raises(DatabaseProblemError) as missing:
        verify(tmp_path / "no.db", standpoint, POLICY)
    assert missing.value.kind is ProblemKind.MISSING
    (tmp_path / "text.db").write_text("no database " * 100)
    with pytest.raises(DatabaseProblemError) as text:
        verify(tmp_path / "text.db", standpoint, POLICY)
    assert text.value.kind is ProblemKind.DAMAGED


def test_damaged_pages_are_told(pair: tuple[Site, Site]) -> None:
    emb, _ = pair
    emb.close()
    with contextlib.closing(sqlite3.connect(emb.path)) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'op'").fetchone()[0]
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(emb.path.read_bytes())
    data[(root - 1) * 4096 : (root - 1) * 4096 + 200] = b"\xff" * 200
    emb.path.write_bytes(data)
    report = verify(emb.path, emb.standpoint, POLICY)
    assert report.pages
    assert not report.ok
    assert json.dumps(report.as_dict())


def test_index_that_hides_an_entry_is_found_when_asked(pair: tuple[Site, Site]) -> None:
    emb, _ = pair
    emb.close()
    with contextlib.closing(sqlite3.connect(emb.path, isolation_level=None)) as connection:
        root = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_op_entity'"
        ).fetchone()[0]
        empty = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_stock_item'"
        ).fetchone()[0]
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_master SET rootpage = ? WHERE name = 'ix_op_entity'", (empty,))
        connection.execute("UPDATE sqlite_master SET rootpage = ? WHERE name = 'ix_stock_item'", (root,))
    assert verify(emb.path, emb.standpoint, POLICY, depth=Depth(indexes=True, projection=False)).pages


# -- forks, withheld bodies, the high-water mark ------------------------------------------------------------------------
def test_recorded_fork_is_named_and_the_file_is_in_order(tmp_path: Path) -> None:
    """Two signed operations under one number are proof by themselves (REPLICATION, Fork)."""
    with two_sites(tmp_path) as (emb, frd):
        emb.close()
        shutil.copyfile(emb.path, tmp_path / "restored.db")
        first, second = reopen(emb.path, "EMB"), reopen(tmp_path / "restored.db", "EMB")
        for number in range(3):
            first.write("log_entry", f"a{number}", {"text": "one"}, new=True)
            second.write("log_entry", f"b{number}", {"text": "other"}, new=True)
        own = first.journal.own_site
        start = first.journal.vector()[own][0] - 2
        first.tell(frd)
        branch = [tx for _, tx in second.journal.after({own: start - 1}, 10**9) if tx[0].site == own]
        frd.journal.receive(branch)
        report = verify(frd.path, frd.standpoint, POLICY)
        assert report.ok, report
        assert [(fork.site, fork.seq, len(fork.hashes)) for fork in report.forks] == [(own, start, 2)]
        with contextlib.closing(sqlite3.connect(frd.path, isolation_level=None)) as connection:
            connection.execute("UPDATE chain SET fork_seq = NULL")
        hidden = verify(frd.path, frd.standpoint, POLICY, depth=Depth(projection=False))
        assert {(fault.kind, fault.seq) for fault in hidden.faults} == {(FaultKind.FORK, start)}
        first.close()
        second.close()


def test_withheld_bodies_verify_by_their_commitment(tmp_path: Path) -> None:
    with two_sites(tmp_path) as (emb, frd):
        emb.write("refusal", "r1", {"code": "E_PERM"}, new=True)
        emb.tell(frd)
        report = verify(frd.path, frd.standpoint, POLICY)
        assert report.ok
        assert report.entries - report.bodies == 1


def test_high_water_mark_and_peers_are_compared(tmp_path: Path) -> None:
    site = found(tmp_path / "emb.db", "EMB")
    mark = HighWater(tmp_path / "high_water.json")
    mark.begin(site.journal.own_site)
    seq, digest = site.journal.vector()[site.journal.own_site]
    mark.raise_to(site.journal.own_site, seq, digest)
    site.close()
    good = verify(site.path, site.standpoint, POLICY, high_water=mark, peers_seq=seq)
    assert good.ok
    with contextlib.closing(sqlite3.connect(site.path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER op_never_deleted")
        connection.execute("DELETE FROM op WHERE seq = ?", (seq,))
        left = Store(connection).hashes_at(site.journal.own_site, seq - 1)[0]
        connection.execute("UPDATE chain SET seq = ?, hash = ?", (seq - 1, left))
    behind = verify(site.path, site.standpoint, POLICY, high_water=mark, depth=Depth(projection=False))
    assert behind.faults == ()
    assert behind.high_water is not None
    assert behind.high_water.standing is Standing.BEHIND
    assert not replace(behind, guards_missing=()).ok


@pytest.mark.parametrize("key", [b"", b"k" * 31, b"k" * 33, "k" * 32, None])
def test_library_is_never_given_a_key_of_another_length(key: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not look, and would read beyond the end."""
    monkeypatch.setattr("nacl.bindings.crypto_sign_open", lambda *_: pytest.fail("called"))
    assert not signed(b"h" * 32, b"s" * 64, key)


def test_full_disk_for_temporary_files_is_told(
    pair: tuple[Site, Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    emb, _ = pair

    def full(source: sqlite3.Connection) -> sqlite3.Connection:
        copy = sqlite3.connect("", isolation_level=None)
        source.backup(copy)
        pages = copy.execute("PRAGMA page_count").fetchone()[0]
        copy.execute(f"PRAGMA max_page_count={pages + 1}")
        return copy

    for number in range(100):
        emb.write("log_entry", f"full{number}", {"text": "x" * 500}, new=True)
    with contextlib.closing(sqlite3.connect(emb.path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM log_entry")
        connection.execute("VACUUM")
    monkeypatch.setattr(reprojection, "anonymous_copy", full)
    with pytest.raises(DatabaseProblemError) as problem:
        verify(emb.path, emb.standpoint, POLICY)
    assert problem.value.kind is ProblemKind.FULL


# -- several processes, and plain data ----------------------------------------------------------------------------------
def _long(path: Path, entries: int) -> Standpoint:
    """A journal of one long chain that was never projected."""
    migrate.create(path)
    identity = identity_of("EMB")
    key, site = identity.key.signing, identity.key.site
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        store, end = Store(connection), ChainEnd()
        while end.seq < entries:
            acts = [
                Act("record", "log_entry", f"l{end.seq + n}", "joint", {"v": "write", "set": {}})
                for n in range(50)
            ]
            tx = author_transaction("live", key, site, end, [], list(range(50)), "a", acts)
            store.append(tx)
            end = ChainEnd(tx[-1].seq, tx[-1].hash)
        connection.execute(
            "INSERT INTO chain VALUES (1, ?, ?, ?, ?, NULL)", (site, bytes(key.verify_key), end.seq, end.hash)
        )
        connection.execute("COMMIT")
    return Standpoint.of(identity)


def test_two_processes_find_what_one_finds(tmp_path: Path) -> None:
    path = tmp_path / "long.db"
    standpoint = _long(path, 2 * PART_ROWS + 1_000)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER op_never_changed")
        connection.execute("DROP TRIGGER op_never_deleted")
        connection.execute("UPDATE op SET hlc = 77 WHERE seq = ?", (PART_ROWS - 3,))
        connection.execute("UPDATE op SET salt = zeroblob(16) WHERE seq = ?", (PART_ROWS + 30,))
        connection.execute("DELETE FROM op WHERE seq = ?", (2 * PART_ROWS + 60,))
    told: list[int] = []
    one = verify(path, standpoint, POLICY, depth=Depth(projection=False))
    two = verify(path, standpoint, POLICY, depth=Depth(projection=False, workers=2),
                 progress=lambda stage, done, total: told.append(done) if stage == "entries" else None)  # fmt: skip
    assert one == two
    assert {(fault.kind, fault.seq) for fault in one.faults} == {
        (FaultKind.KEY, 1),  # this chain does not begin with its own enrolment
        (FaultKind.HEADER, PART_ROWS - 3),
        (FaultKind.HIDDEN, PART_ROWS + 30),
        (FaultKind.MISSING, 2 * PART_ROWS + 60),
    }
    assert told == sorted(told)
    assert told[-1] == one.entries == 2 * PART_ROWS + 999


def test_report_is_plain_data(pair: tuple[Site, Site]) -> None:
    emb, _ = pair
    with contextlib.closing(sqlite3.connect(emb.path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM account WHERE id = 'officer-FRD'")
    report = verify(emb.path, emb.standpoint, POLICY)
    data = json.loads(json.dumps(report.as_dict()))
    assert data["ok"] is False
    assert data["differences"] == [
        {"kind": DifferenceKind.MISSING, "table": "account", "key": ["officer-FRD"], "columns": []}
    ]


def test_unprojected_entries_do_not_hide(tmp_path: Path) -> None:
    """An entry that was stored but not projected (a fault of ours) shows as rows that are missing."""
    emb, frd = found(tmp_path / "emb.db", "EMB"), found(tmp_path / "frd.db", "FRD")
    introduce(emb, frd)
    emb.write("log_entry", "l1", {"text": "said"}, new=True)
    with contextlib.closing(sqlite3.connect(emb.path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM log_entry")
        connection.execute("DELETE FROM record WHERE entity = 'log_entry'")
    report = verify(emb.path, emb.standpoint, POLICY)
    assert {(each.kind, each.table) for each in report.differences} == {
        (DifferenceKind.MISSING, "search_log_entry"),
        (DifferenceKind.SURPLUS, "search_log_entry"),  # of a row that is gone
        (DifferenceKind.MISSING, "log_entry"),
        (DifferenceKind.MISSING, "record"),
    }
    emb.close()
    frd.close()


def test_withheld_part_that_was_removed_by_hand_shows_in_the_rows(pair: tuple[Site, Site]) -> None:
    """Cutting a body out leaves a header, which is in order by itself; what it had projected gives it away."""
    emb, _ = pair
    with contextlib.closing(sqlite3.connect(emb.path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER op_never_changed")
        op = Store(connection).of_record("log_entry", "l0")[0]
        assert withhold(op).withheld
        hidden = ("actor", "command", "entity", "entity_id", "schema_v", "salt", "body")
        connection.execute(
            f"UPDATE op SET {', '.join(name + ' = NULL' for name in hidden)} WHERE hash = ?", (op.hash,)
        )
    report = verify(emb.path, emb.standpoint, POLICY)
    assert report.faults == ()
    assert ("log_entry", ("l0",)) in {(each.table, each.key) for each in report.differences}
