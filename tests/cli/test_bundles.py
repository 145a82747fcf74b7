"""Exchange by stick from the command line (CM-07): consoles open and closed, killed in mid-import; then the network is back."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from app.cli.exits import Exit
from app.kernel.paths import DataDir
from tests.cli.runner import MAIN, CommandLine, free_port, paired_rooms, process, serve, until
from tests.kit import ADMIN_PASSWORD, PASSWORD

ENTRIES = 300
KILLS = 2


def ops(data: Path) -> int:
    """Operations in a database somebody else may be writing to."""
    with closing(sqlite3.connect(f"file:{data / 'console.db'}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM op").fetchone()[0])


def held(data: Path) -> set[bytes]:
    with closing(sqlite3.connect(f"file:{data / 'console.db'}?mode=ro", uri=True)) as connection:
        return {row[0] for row in connection.execute("SELECT hash FROM op")}


def entries(data: Path) -> list[str]:
    """Texts of all entries of the log."""
    with closing(sqlite3.connect(f"file:{data / 'console.db'}?mode=ro", uri=True)) as connection:
        return sorted(row[0] for row in connection.execute("SELECT text FROM log_entry"))


def fill(data: Path, account: str) -> None:
    """Many entries, written in this process: nobody else has the site open."""
    from app.bootstrap.node import open_node
    from app.queries import accounts
    from app.usecases.duty import WriteLogEntry

    with open_node(data) as node:
        row = node.local(lambda c: accounts.account_called(c, account, node.me.agency))
        assert row is not None
        for n in range(ENTRIES):
            node.execute(WriteLogEntry(text=f"第 {n} 条：巡查正常"), row.id)


def killed_import(data: Path, stick: Path) -> None:
    """Begin an import in a process of its own and kill it as soon as something of it is on the disk."""
    before = ops(data)
    arguments = ("bundle-import", stick, "--as", "FRD-o", "--data", data)
    running = subprocess.Popen(
        [sys.executable, MAIN, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        assert running.stdin is not None
        running.stdin.write(PASSWORD.encode())
        running.stdin.close()
        until(lambda: ops(data) > before or running.poll() is not None, "something taken in")
    finally:
        running.kill()
        running.wait()


def test_two_consoles_without_network_then_with_it(call: CommandLine, tmp_path: Path) -> None:
    """First contact by stick alone; kill -9 in mid-import; console open and closed; verify; the network adds nothing twice."""
    port = free_port()
    rooms = paired_rooms(call, tmp_path, port)
    emb, frd = rooms["EMB"], rooms["FRD"]
    stick = tmp_path / "stick"
    stick.mkdir()
    fill(emb, "EMB-o")
    officer = {room: ("--as", f"{room}-o", "--data", data) for room, data in rooms.items()}
    made = call("bundle-export", "--to", "FRD", stick, *officer["EMB"], stdin=PASSWORD)
    assert made.code == Exit.OK and made.json["result"]["entries"] > ENTRIES
    looked = call("bundle-import", stick, "--dry-run", *officer["FRD"], stdin=PASSWORD)
    [bundle] = looked.json["result"]["bundles"]
    assert (bundle["agency"], bundle["fresh"], bundle["state"]) == (
        "EMB",
        made.json["result"]["entries"],
        "new",
    )
    for _ in range(KILLS):
        killed_import(frd, stick)
    assert len([text for text in entries(frd) if "配对" not in text]) <= ENTRIES + 2, (
        "theirs, what they said of the stick, and at most once what we did"
    )
    with serve(frd) as running:  # a console that is open takes it in itself
        taken = process("bundle-import", stick, *officer["FRD"], stdin=PASSWORD)
        assert taken.code == Exit.OK, taken.json
        assert [each["state"] for each in taken.json["result"]["bundles"]] in (["whole"], ["nothing_new"])
        back = process("bundle-export", "--to", "EMB", stick / "回.jdb", *officer["FRD"], stdin=PASSWORD)
        assert back.code == Exit.OK, back.json
        assert running.end() == Exit.OK
    assert call("bundle-import", stick / "回.jdb", *officer["EMB"], stdin=PASSWORD).code == Exit.OK
    for number in range(3):  # what the logs say of it goes there and back until there is nothing left to say
        one, other = (("EMB", "FRD"), ("FRD", "EMB"))[number % 2]
        path = stick / f"再{number}.jdb"
        assert call("bundle-export", "--to", other, path, *officer[one], stdin=PASSWORD).code == Exit.OK
        assert call("bundle-import", path, *officer[other], stdin=PASSWORD).code == Exit.OK
        if held(emb) == held(frd):
            break
    assert held(emb) == held(frd) and entries(emb) == entries(frd)
    rows = call("show", "bundles", "--data", emb).json["rows"]
    assert {row["state"] for row in rows if row["direction"] == "out"} <= {"confirmed", "made"}
    for data in rooms.values():
        assert process("verify", "--data", data).code == Exit.OK
    everything = held(emb)
    with serve(emb, "--listen", f"127.0.0.1:{port}"), serve(frd):
        until(lambda: everything < held(emb), "both note that the network is there")
        until(lambda: held(emb) == held(frd), "in step over the network")
    assert everything < held(emb)
    for data in rooms.values():
        texts = entries(data)
        patrols = [text for text in texts if "巡查" in text]
        assert len(patrols) == len(set(patrols)) == ENTRIES, "nothing doubled, nothing lost"


def test_codes_of_the_exchange(call: CommandLine, rooms: tuple[Path, Path], tmp_path: Path) -> None:
    """Refused: 3; stick or file: 4; the password is asked for; nothing is written where a file lies."""
    emb, _ = rooms
    officer = ("--as", "EMB-duty_officer", "--data", emb)
    unknown = call("bundle-export", "--to", "FRD", tmp_path, *officer, stdin=PASSWORD)
    assert (unknown.code, unknown.error) == (Exit.REFUSED, "E_STATE")
    assert call("bundle-export", "--to", "FRD", tmp_path, *officer, stdin="wrong").error == "E_PERM"
    assert call("bundle-export", tmp_path, *officer, stdin=PASSWORD).code == Exit.USAGE
    rubbish = tmp_path / "rubbish.jdb"
    rubbish.write_bytes(b"x" * 100)
    wrong = call("bundle-import", rubbish, *officer, stdin=PASSWORD)
    assert (wrong.code, wrong.error) == (Exit.REFUSED, "E_FORMAT")
    gone = call("bundle-import", tmp_path / "none.jdb", *officer, stdin=PASSWORD)
    assert (gone.code, gone.error) == (Exit.FAULT, "bundle.unreadable")
    assert call("bundle-import", *officer, stdin=PASSWORD).code == Exit.USAGE


def test_a_later_stranger_in_the_file_is_named_and_the_rest_taken(call: CommandLine, tmp_path: Path) -> None:
    rooms = paired_rooms(call, tmp_path, free_port())
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "照片.jdb").write_bytes(b"no bundle")
    for to, one in (("FRD", "EMB"),):
        given = ("bundle-export", "--to", to, stick, "--as", f"{one}-o", "--data", rooms[one])
        assert call(*given, stdin=PASSWORD).code == Exit.OK
    taken = call("bundle-import", stick, "--as", "FRD-o", "--data", rooms["FRD"], stdin=PASSWORD)
    assert taken.code == Exit.OK
    [bad] = taken.json["result"]["unusable"]
    assert (bad["name"], bad["code"]) == ("照片.jdb", "E_FORMAT") and bad["text"].endswith("。")
    assert json.dumps(taken.json) and ADMIN_PASSWORD not in json.dumps(taken.json)
    assert DataDir(rooms["FRD"]).database.exists()
