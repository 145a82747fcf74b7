"""REPLICATION, When things go wrong: with real files, real TLS and, where a version or a disk is the matter, real processes."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import pairing
from app.bootstrap.backing_up import Backups, Pace
from app.bootstrap.backup_work import BackupJob, make
from app.bootstrap.checking import verify_site
from app.bootstrap.restoring import restore
from app.bootstrap.storage import probe
from app.cli import asking
from app.cli.exits import Exit
from app.kernel.clock import DAY_MS, HOUR_MS, SECOND_MS, ManualClock
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir
from app.kernel.texts import Texts
from db.backup import check_backup
from db.problems import DatabaseProblemError
from tests.bootstrap.linked import both, up
from tests.bootstrap.linked import until as until_async
from tests.cli.runner import MAIN, PATIENCE_S, Served, free_port, process, serve, until
from tests.kit import PASSWORD, Site, Town, business, ms, register

LONG_S = 60.0
TEXTS = Texts.load("zh_CN")


# -- two rooms as processes, each of a version of its own ----------------------------------------------------------------------
_AS_VERSION = """
import sys
sys.path.insert(0, {root!r})
import app.journal.operation
app.journal.operation.SCHEMA_V = {version}
from app.cli.main import run
sys.exit(run({argv!r}))
"""


@contextmanager
def served(data: Path, version: int | None, *more: object) -> Iterator[Served]:
    """`serve`, by a program that writes operations of another version (None: this one)."""
    if version is None:
        with serve(data, *more) as running:
            yield running
        return
    argv = ["serve", "--data", str(data), *map(str, more)]
    program = _AS_VERSION.format(root=str(MAIN.parent), version=version, argv=argv)
    with (data.parent / f"{data.name}.err").open("ab") as errors:
        running_process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
        )
    assert running_process.stdout is not None
    try:
        said = b""
        while (line := running_process.stdout.readline()) and line != b"}\n":
            said += line
        yield Served(running_process, json.loads(said + line))
    finally:
        if running_process.poll() is None:
            running_process.kill()
        running_process.wait()
        running_process.stdout.close()


def asked(data: DataDir, request: dict[str, Any]) -> dict[str, Any]:
    answer = asking.ask_running(data, request)
    assert answer is not None
    return answer


def registered(data: DataDir, agency: str, place: str) -> dict[str, Any]:
    arguments = {"received_at": "2026-01-01T08:00:00+08:00", "place": place, "late_confirmed": True}
    request = {
        "call": "do",
        "command": "register_incident",
        "arguments": arguments,
        "as": f"{agency}-duty_officer",
        "password": PASSWORD,
    }
    return asked(data, request)


def places(data: DataDir) -> set[str]:
    return {row["place"] for row in asked(data, {"call": "show", "query": "board"})["rows"]}


def link(data: DataDir) -> dict[str, Any]:
    [row] = asked(data, {"call": "show", "query": "links"})["rows"]
    return dict(row)


@pytest.fixture
def pair(town: Town) -> Iterator[tuple[DataDir, DataDir, int]]:
    """Both rooms, closed and paired; FRD dials EMB at the port."""
    port = free_port()
    files = [pairing.identity_file(site.node, []) for site in (town.emb, town.frd)]
    number = pairing.compare(town.emb.node, files[1]).number
    pairing.confirm(town.emb.node, files[1], number, town.emb.admin)
    pairing.confirm(town.frd.node, files[0], number, town.frd.admin, f"127.0.0.1:{port}")
    for site in (town.emb, town.frd):
        site.node.close()
    yield town.emb.node.data, town.frd.node.data, port


def test_a_newer_version_stops_its_chain_alone_until_the_upgrade(pair: tuple[DataDir, DataDir, int]) -> None:
    """Newer: that chain stops here, said on both sides; what goes the other way goes on; after the upgrade all is there."""
    emb, frd, port = pair
    with served(emb.root, 4, "--listen", f"127.0.0.1:{port}"):
        with served(frd.root, None) as older:
            until(lambda: link(frd)["state"] != "down", "linked", LONG_S)
            assert registered(emb, "EMB", "新版写的")["ok"]
            for number in range(3):
                assert registered(frd, "FRD", f"旧版写的 {number}")["ok"]
            until(
                lambda: {f"旧版写的 {n}" for n in range(3)} <= places(emb),
                "the old one's acts arrive",
                LONG_S,
            )
            until(lambda: link(frd)["reason"] == "refusal.sync.schema_newer", "said at the older", LONG_S)
            assert link(emb)["note"] == "refusal.sync.schema_older"
            assert "新版写的" not in places(frd)
            assert registered(frd, "FRD", "旧版照常工作")["ok"]
            until(lambda: "旧版照常工作" in places(emb), "and goes on", LONG_S)
            assert older.end() == Exit.OK
        with served(frd.root, 4) as upgraded:
            until(lambda: "新版写的" in places(frd), "after the upgrade", LONG_S)
            until(lambda: places(frd) == places(emb), "the same boards", LONG_S)
            assert registered(frd, "FRD", "升级后")["ok"]
            until(lambda: "升级后" in places(emb), "both ways", LONG_S)
            until(lambda: link(frd)["reason"] is None, "nothing is said any more", LONG_S)
            assert upgraded.end() == Exit.OK


def test_an_older_version_is_named(pair: tuple[DataDir, DataDir, int]) -> None:
    """Older: said where the newer one stands, in a sentence; the older one's acts count."""
    emb, frd, port = pair
    with (
        served(emb.root, None, "--listen", f"127.0.0.1:{port}"),
        served(frd.root, 2) as older,
    ):
        until(lambda: link(emb)["note"] == "refusal.sync.schema_older", "said at the newer", LONG_S)
        until(lambda: link(frd)["note"] == "refusal.sync.schema_newer", "and at the older", LONG_S)
        assert "版本较旧" in TEXTS.get(link(emb)["note"])
        assert "版本较新" in TEXTS.get(link(frd)["note"])
        assert older.end() == Exit.OK


# -- a disk that is full, with the partner at the other end --------------------------------------------------------------------
@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own for a folder."""
    folder.mkdir()
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("a small disk cannot be mounted here")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_acknowledges_nothing_and_goes_on_by_itself(
    pair: tuple[DataDir, DataDir, int], tmp_path: Path
) -> None:
    """Disk full: nothing the partner sent is acknowledged; the link says why; with room again all of it arrives, without
    anybody doing anything; nothing acknowledged was lost."""
    emb, frd, port = pair
    with small_disk(tmp_path / "small", "24m") as small:
        subprocess.run(["cp", "-a", f"{emb.root}/.", str(small)], check=True)
        there = DataDir(small)
        ballast = small / "ballast"
        with served(small, None, "--listen", f"127.0.0.1:{port}") as room, served(frd.root, None):
            assert registered(frd, "FRD", "有空间时")["ok"]
            until(lambda: "有空间时" in places(there), "arrives", LONG_S)
            with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as handle:
                while True:
                    handle.write(bytes(4096))
            sent: list[str] = []

            def refused() -> bool:
                sent.append(f"磁盘满时 {len(sent)}")
                assert registered(frd, "FRD", sent[-1])["ok"]
                return link(there)["reason"] == TEXT_FULL

            until(refused, "the link of the full room says so", LONG_S)
            waiting, _ = until(lambda: link(frd)["waiting_out"], "the partner knows that it waits", LONG_S)
            assert waiting["count"] > 0
            answer = registered(there, "EMB", "磁盘满的这边")
            assert (answer["kind"], answer["error"]["code"]) == ("fault", "database.full")
            held = places(there)
            assert sent[-1] not in held
            ballast.unlink()
            until(lambda: set(sent) <= places(there), "all of it arrives", LONG_S)
            until(lambda: link(there)["reason"] is None, "nothing is said any more", LONG_S)
            assert registered(there, "EMB", "又有空间")["ok"]
            until(lambda: "又有空间" in places(frd), "both ways again", LONG_S)
            assert room.end() == Exit.OK
        checked = process("verify", "--data", small)
        assert checked.code == Exit.OK, checked.json


TEXT_FULL = "fault.database.full"


# -- another program holds the file --------------------------------------------------------------------------------------------
_HOLDER = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
held.execute("ROLLBACK")
"""


@contextmanager
def held(database: Path) -> Iterator[None]:
    """A foreign program that writes in the database and does not come to an end."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdin is not None and holder.stdout is not None
    try:
        assert holder.stdout.readline() == b"held\n"
        yield
    finally:
        holder.stdin.close()
        holder.wait(PATIENCE_S)
        holder.stdout.close()


def test_another_program_holds_the_database_while_it_runs(emb: Site) -> None:
    """Locked: said, since when; nothing half-done; as soon as it is let go, work goes on and nothing is said any more."""
    register(emb)
    with held(emb.node.data.database):
        with pytest.raises(EnvironmentFault) as fault:
            register(emb)
        assert fault.value.code == "database.locked"
        assert emb.node.storage.fault is not None
        assert emb.node.storage.fault.text == "fault.storage.locked"
        assert emb.node.storage.fault.params["since_at"] == emb.clock.now_ms()
    asyncio.run(_probed(emb))
    assert emb.node.storage.fault is None
    assert register(emb).no == "EMB-20250714-002"
    assert not verify_site(emb.node.data)["damaged"]


async def _probed(site: Site) -> None:
    """Until the console has found out by itself that it can store again."""
    task = asyncio.create_task(probe(site.node, 0.05))
    try:
        await until_async(lambda: site.node.storage.fault is None, "found out", LONG_S)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


# -- damage ----------------------------------------------------------------------------------------------------------------------
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("seed", range(24))
def test_a_flipped_bit_anywhere_is_told_or_changes_nothing(
    founded_town: Any, tmp_path: Path, seed: int
) -> None:
    """Damaged: one bit, anywhere in the file. Either the check names it, or nothing that anybody reads has changed; the file
    is never written to, and a start never ends in anything but its sentence."""
    whole = bytearray((founded_town[0] / "EMB" / "console.db").read_bytes())
    chance = random.Random(seed)
    at = chance.randrange(len(whole))
    whole[at] ^= 1 << chance.randrange(8)
    path = tmp_path / "console.db"
    path.write_bytes(whole)
    before = _digest(path)
    try:
        check_backup(path)
        report = verify_site(DataDir(tmp_path))
    except (DatabaseProblemError, EnvironmentFault):
        report = {"damaged": True, "text": "。"}
    assert _digest(path) == before
    assert report["text"].endswith("。")
    if not report["damaged"]:
        assert report["report"]["entries"] > 0 and not report["findings"]


@pytest.mark.parametrize("part", [0.02, 0.3, 0.7, 0.999])
def test_a_file_cut_short_is_told(founded_town: Any, tmp_path: Path, part: float) -> None:
    """Damaged: cut off anywhere; never made whole by writing."""
    whole = (founded_town[0] / "EMB" / "console.db").read_bytes()
    path = tmp_path / "console.db"
    path.write_bytes(whole[: int(len(whole) * part)])
    before = _digest(path)
    assert verify_site(DataDir(tmp_path))["damaged"]
    assert _digest(path) == before


def test_damage_under_a_running_console_is_found_by_the_next_backup(emb: Site) -> None:
    """Damaged while it runs: the backup does not come about, the good one before it stays, red says what to do; restored from
    it as a new site the room goes on."""
    register(emb)
    data = emb.node.data
    good = make(BackupJob(data.database, data.backups, emb.clock.now_ms()), lambda *_: None)
    assert not good.problem
    with Backups(emb.node, Pace(start_s=LONG_S, look_s=LONG_S)) as keeper:
        emb.node.local(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
        with data.database.open("r+b") as handle:
            handle.seek(8192)
            handle.write(os.urandom(data.database.stat().st_size - 8192))
        emb.clock.advance(5)
        keeper.ask()
        trouble, _ = until(lambda: keeper.state.trouble, "found", LONG_S)
    assert trouble.text == "fault.storage.damaged" and "从备份恢复" in TEXTS.get(trouble.text, since_at="")
    assert check_backup(good.path).entries > 0
    emb.node.close()
    clock = ManualClock(ms("09:00:00"))
    made = restore(data, good.path, emb.recovery_file, clock, set_aside=True)
    assert made.letter == "B" and made.aside is not None
    assert not verify_site(data)["damaged"]


# -- clocks ----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("apart_ms", [90 * SECOND_MS, 5 * HOUR_MS, -5 * HOUR_MS, 365 * DAY_MS, -365 * DAY_MS])
def test_clocks_apart_stop_nothing_and_are_said(town: Town, apart_ms: int) -> None:
    """Clocks apart (D-24): acts go both ways and stand alike in both rooms; more than 60 s is said in both logs; nobody's
    stamps are dragged along."""
    asyncio.run(_clocks_apart(town, apart_ms))


async def _clocks_apart(town: Town, apart_ms: int) -> None:
    town.frd.clock.set(town.emb.clock.now_ms() + apart_ms)
    async with both(town) as (listening, dialling):
        await until_async(lambda: up(listening) and up(dialling), "linked", LONG_S)
        for _ in range(2):
            for site in (town.emb, town.frd):
                await asyncio.to_thread(register, site)
                await until_async(
                    lambda: town.emb.count("incident") == town.frd.count("incident"), "arrives", LONG_S
                )
        for site in (town.emb, town.frd):
            await until_async(partial(_said, site), "said", LONG_S)
        await until_async(lambda: town.emb.vector() == town.frd.vector(), "the same chains", LONG_S)
        assert business(town.emb) == business(town.frd)
        for site in (town.emb, town.frd):
            latest = site.node.local(partial(_latest, site.node.me.site))
            assert abs(latest - site.clock.now_ms()) <= 60 * SECOND_MS, "not dragged by the other's clock"


def _latest(site: str, connection: Any) -> int:
    """Recorded time (UTC ms) of the last entry of a chain."""
    sql = "SELECT hlc >> 16 FROM op WHERE site = ? ORDER BY seq DESC LIMIT 1"
    return int(connection.execute(sql, (site,)).fetchone()[0])


def _said(site: Site) -> bool:
    return any("D-24" in str(row["text"]) for row in site.rows("log_entry") if row["kind"] == "fault")
