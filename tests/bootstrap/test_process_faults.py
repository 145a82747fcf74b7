"""Trouble met by real processes: each has its code, its sentence and exit code 4; no file is changed by it (XC-01)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import pairing
from app.bootstrap.node import Node, Open
from app.cli import asking
from app.cli.exits import Exit
from app.kernel.clock import SystemClock
from app.kernel.paths import DataDir
from app.kernel.texts import Texts
from app.replication.tls import create_tls
from tests.cli.runner import MAIN, Answer, process, serve, until
from tests.kit import PASSWORD, Town

OFFICER = ("--as", "EMB-duty_officer")
NOTE = ("do", "write_log_entry", '{"text": "记事"}', *OFFICER)
TEXTS = Texts.load("zh_CN")


@pytest.fixture
def room(town: Town) -> Path:
    """Data folder of the bureau's room, closed."""
    town.emb.node.close()
    return town.emb.node.data.root


@pytest.fixture(autouse=True)
def open_again(town: Town) -> Iterator[None]:
    """The town closes its sites at the end, whatever became of their folders."""
    yield
    for site in (town.emb, town.frd):
        site.node.close()


def faulted(answer: Answer, code: str) -> None:
    """Exit code, error code and whole sentence of a fault, and no traceback."""
    assert (answer.code, answer.json["kind"], answer.error) == (Exit.FAULT, "fault", code), answer.err
    assert answer.json["error"]["text"].endswith("。")
    assert "Traceback" not in answer.err


def content(folder: Path) -> dict[str, str]:
    """Every file of a folder with the hash of its bytes; what comes and goes with a process apart."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


def damage(database: Path) -> None:
    whole = bytearray(database.read_bytes())
    whole[4096:40960] = bytes(36864)
    database.write_bytes(whole)


def make_newer(database: Path) -> None:
    connection = sqlite3.connect(database)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()


def make_foreign(database: Path) -> None:
    database.write_bytes(b"GIF89a" + bytes(9000))


def cut_short(database: Path) -> None:
    os.truncate(database, database.stat().st_size // 2)


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (damage, "database.damaged"),
        (cut_short, "database.damaged"),
        (make_newer, "database.newer"),
        (make_foreign, "database.damaged"),
        (Path.unlink, "database.missing"),
    ],
)
def test_database_that_cannot_be_used(room: Path, harm: Any, code: str) -> None:
    """Damaged, cut short, newer, no database any more, gone: told by `serve` and by `do`; every file byte for byte as it was."""
    for end in ("-wal", "-shm"):
        (room / f"console.db{end}").unlink(missing_ok=True)
    harm(room / "console.db")
    kept = content(room)
    faulted(process("serve", "--data", room), code)
    faulted(process(*NOTE, "--data", room, stdin=PASSWORD), code)
    assert content(room) == kept


def test_second_instance_and_taken_port(room: Path, town: Town) -> None:
    """One console for a data folder, one listener for a port; the first goes on undisturbed."""
    town.frd.node.close()
    with serve(room, "--listen", "127.0.0.1:0") as first:
        faulted(process("serve", "--data", room), "database.in_use")
        port = first.ready["port"]
        other = town.frd.node.data.root
        faulted(process("serve", "--data", other, "--listen", f"127.0.0.1:{port}"), "port.taken")
        assert process(*NOTE, "--data", room, stdin=PASSWORD).code == Exit.OK
    faulted(process("serve", "--data", room, "--listen", "192.0.2.1:4711"), "port.unusable")


# A process that lays the superuser's rights down after it has read its program.
_UNPRIVILEGED = """
import os, sys
sys.path.insert(0, {root!r})
import app.cli.main, app.cli.record, app.cli.secrets, app.bootstrap.service, app.bootstrap.node, app.bootstrap.requests
import app.bootstrap.window, app.ui.start, app.bootstrap.site_console, app.ui.fault_window, multiprocessing, subprocess
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from tests.db.unprivileged import bound_by_permissions
with bound_by_permissions():
    code = app.cli.main.run({argv!r})
sys.exit(code)
"""


def unprivileged(*argv: object, stdin: str = "") -> Answer:
    """One call as a process whom file permissions bind."""
    program = _UNPRIVILEGED.format(root=str(MAIN.parent), argv=[str(part) for part in argv])
    done = subprocess.run(
        [sys.executable, "-c", program], input=stdin.encode(), capture_output=True, timeout=60, check=False
    )
    out = done.stdout.decode("utf-8")
    return Answer(done.returncode, json.loads(out) if out else None, done.stderr.decode("utf-8", "replace"))


@pytest.fixture
def readable_room(room: Path) -> Iterator[Path]:
    """The bureau's room where everybody comes by and may read; pytest's own folders are closed to others."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if any(not each.stat().st_mode & 0o001 for each in (*folder.parents, *MAIN.parents)):
            pytest.skip("nobody else comes by the program or the folder for temporary files here")
        shutil.copytree(room, folder / "room")
        for each in [folder, *folder.rglob("*")]:
            each.chmod(0o755 if each.is_dir() else 0o644)
        yield folder / "room"


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0,
    reason="an owner mends his own permissions: only root can become another",
)
def test_no_permission_to_write(readable_room: Path) -> None:
    """A folder or a database that may only be read: said before anything is tried, nothing beside it is made."""
    room = readable_room
    (room / "lock").unlink(missing_ok=True)
    if os.geteuid() != 0:
        room.chmod(0o555)
    kept = content(room)
    for answer in (
        unprivileged("serve", "--data", room),
        unprivileged("window", "--data", room),
        unprivileged(*NOTE, "--data", room, stdin=PASSWORD),
    ):
        faulted(answer, "data.unwritable")
    assert content(room) == kept
    room.chmod(0o777)
    if os.geteuid() != 0:
        (room / "console.db").chmod(0o444)
    faulted(unprivileged("serve", "--data", room), "database.readonly")
    room.chmod(0o755)
    (room / "lock").unlink(missing_ok=True)
    assert content(room) == kept


@pytest.fixture
def small_room(room: Path, tmp_path: Path) -> Iterator[Path]:
    """The bureau's room on a disk that is nearly full."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("a small disk cannot be mounted here")
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        subprocess.run(["cp", "-a", f"{room}/.", str(folder)], check=True)
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_disk_that_fills_up(small_room: Path) -> None:
    """Acts are refused with a sentence while there is no room, none is half-kept, and they work again when there is."""

    def say(text: str) -> dict[str, Any]:
        request = {
            "call": "do",
            "command": "write_log_entry",
            "arguments": {"text": text},
            "as": "EMB-duty_officer",
            "password": PASSWORD,
        }
        answer = asking.ask_running(DataDir(small_room), request)
        assert answer is not None
        return answer

    ballast = small_room / "ballast"
    with serve(small_room) as running:
        assert say("磁盘未满")["ok"]
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as handle:
            while True:
                handle.write(bytes(4096))
        full, _ = until(lambda: None if (answer := say("记" * 1500))["ok"] else answer, "the disk is full")
        assert (full["kind"], full["error"]["code"]) == ("fault", "database.full")
        assert full["error"]["text"] == TEXTS.get("fault.database.full")
        ballast.unlink()
        assert say("又有空间")["ok"]
        rows = asking.ask_running(DataDir(small_room), {"call": "show", "query": "log"})
        assert rows is not None
        assert {"磁盘未满", "又有空间"} <= {row["text"] for row in rows["rows"]}
        running.end()
    checked = process("verify", "--data", small_room)
    assert checked.code == Exit.OK, checked.json


def test_partner_with_a_wrong_certificate(town: Town) -> None:
    """Attack 7: somebody else's root under the partner's address: no exchange, said on both sides, our work goes on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    files = [pairing.identity_file(site.node, []) for site in (town.emb, town.frd)]
    number = pairing.compare(town.emb.node, files[1]).number
    pairing.confirm(town.emb.node, files[1], number, town.emb.admin)
    pairing.confirm(town.frd.node, files[0], number, town.frd.admin, f"127.0.0.1:{port}")
    for site in (town.emb, town.frd):
        site.node.close()
    here, there = town.emb.node.data, town.frd.node.data
    create_tls(there.keys, town.frd.node.me.site)

    def reason(data: DataDir) -> Any:
        answer = asking.ask_running(data, {"call": "show", "query": "links"})
        assert answer is not None and answer["rows"][0]["state"] == "down"
        return answer["rows"][0]["reason"]

    with serve(here.root, "--listen", f"127.0.0.1:{port}"), serve(there.root):
        told, _ = until(lambda: reason(there), "told there")
        assert told == "refusal.sync.refused_there"
        assert TEXTS.has(told)
        said, _ = until(
            lambda: (
                "a connection was refused: refusal.sync.certificate_unknown"
                in (here.root.parent / f"{here.root.name}.err").read_text("utf-8")
            ),
            "said here",
        )
        assert said and TEXTS.has("refusal.sync.certificate_unknown")
        assert process(*NOTE, "--data", here.root, stdin=PASSWORD).code == Exit.OK
    with Node(Open(there, SystemClock())) as node:
        town.frd.node = node
        assert not [row for row in town.frd.rows("log_entry") if row["text"] == "记事"]
