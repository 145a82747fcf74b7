"""The command line as real processes: lock, socket, kill -9, two rooms (XC-01, XC-02, XC-10, IS-01). Few and quick."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from app.cli import asking
from app.cli.exits import Exit
from app.kernel.enums import Agency, Realm
from app.kernel.paths import DataDir
from tests.cli.runner import MAIN, CommandLine, Served, free_port, paired_rooms, process, serve, until
from tests.kit import ADMIN_PASSWORD, PASSWORD, Site, found_site

ADMIN = ("--as", "admin")


def running(data: Path, call: str, **request: Any) -> dict[str, Any]:
    """An answer of the console that runs on this data."""
    answer = asking.ask_running(DataDir(data), {"call": call, **request})
    assert answer is not None, "no console is running"
    return answer


def register(data: Path, who: str, place: str) -> dict[str, Any]:
    """Register an incident received this minute, through the running console."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - 5))
    answer = running(
        data,
        "do",
        command="register_incident",
        arguments={"received_at": now, "place": place},
        password=PASSWORD,
        **{"as": who},
    )
    assert answer["ok"], answer
    return dict(answer["result"])


def test_one_whole_call_in_a_foreign_environment(tmp_path: Path) -> None:
    """UTF-8 in and out whatever the terminal says; no password in the list of processes; the log holds none either."""
    data, recovery = tmp_path / "数据", tmp_path / "recovery.json"
    latin = {"LC_ALL": "C", "PYTHONIOENCODING": "latin-1"}
    given = ("init", "--agency", "EMB", "--title", "账号管理员", "--data", data, "--recovery-file", recovery)
    made = process(*given, stdin="口令口令口令口令\n", env=latin)
    assert made.code == Exit.OK, made.err
    name = {"name": "zhiban1", "title": "值班员", "roles": ["duty_officer"]}
    done = process(
        "do",
        "create_account",
        json.dumps(name),
        *ADMIN,
        "--data",
        data,
        stdin="口令口令口令口令\n",
        env=latin,
    )
    assert done.code == Exit.OK, done.err
    shown = process("show", "accounts", "--data", data, env=latin)
    assert {"账号管理员", "值班员"} <= {row["title"] for row in shown.json["rows"]}
    again = process(*given, stdin="口令口令口令口令\n", env=latin)
    assert (again.code, again.error) == (Exit.FAULT, "database.exists")
    for path in data.rglob("*"):
        assert path.is_dir() or "口令口令口令口令".encode() not in path.read_bytes()
    for answer in (made, done, shown, again):
        assert "口令口令口令口令" not in answer.err + json.dumps(answer.json, ensure_ascii=False)


def test_first_start_killed_at_any_moment_begins_again(tmp_path: Path) -> None:
    """XC-01: kill -9 during init leaves no half-made site; the same call then succeeds, at the latest when left alone."""
    data, recovery = tmp_path / "data", tmp_path / "recovery.json"
    given = [sys.executable, str(MAIN), "init", "--agency", "EMB"]
    given += ["--data", str(data), "--recovery-file", str(recovery)]
    killed = 0
    for delay_s in (0.15, 0.45, 0.6, 0.7, 0.8, 0.9):
        begun = subprocess.Popen(
            given, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert begun.stdin is not None
        begun.stdin.write(f"{ADMIN_PASSWORD}\n".encode())
        begun.stdin.close()
        try:
            begun.wait(delay_s)
        except subprocess.TimeoutExpired:
            begun.kill()
            killed += 1
        begun.wait()
        if (data / "console.db").exists():
            break
    if not (data / "console.db").exists():
        last = process(*given[2:], stdin=ADMIN_PASSWORD)
        assert last.code == Exit.OK, last.err
    assert killed > 0
    assert process("verify", "--data", data).code == Exit.OK
    assert json.loads(recovery.read_text())["agency"] == "EMB"


def test_a_running_console_and_the_command_line(call: CommandLine, room: Path, tmp_path: Path) -> None:
    """XC-01: one console per data folder; the command line reaches it; killed, its socket misleads nobody."""
    with serve(room, "--listen", "127.0.0.1:0") as one:
        assert (one.ready["ok"], one.ready["agency"]) == (True, "EMB")
        port = one.ready["port"]
        log = ("do", "write_log_entry", '{"text": "经套接字"}', "--as", "EMB-duty_officer", "--data", room)
        assert process(*log, stdin=PASSWORD).code == Exit.OK
        assert call(*log, stdin="wrong-horse-1").error == "E_PERM"
        second = process("serve", "--data", room)
        assert (second.code, second.error) == (Exit.FAULT, "database.in_use")
        assert call("rebuild", "--data", room).error == "database.in_use"
        other = found_site(tmp_path, Agency.FRD)
        other.node.close()
        taken = process("serve", "--data", other.node.data.root, "--listen", f"127.0.0.1:{port}")
        assert (taken.code, taken.error) == (Exit.FAULT, "port.taken")
        assert call("backup", tmp_path / "copy.db", "--data", room).code == Exit.OK
        assert call("verify", "--data", room).code == Exit.OK
        assert call("show", "links", "--data", room).json["rows"] == []
        one.kill()
    assert (room / "console.sock").exists(), "left behind by the killed console"
    assert call("show", "log", "--data", room).json["rows"][0]["text"] == "经套接字"
    assert call("stop", "--data", room).json["result"] == {"running": False}
    with serve(room) as two:
        assert two.ready["port"] is None
        assert call("stop", "--data", room).json == {"ok": True}
        assert two.running.wait(20) == Exit.OK
    assert not (room / "console.sock").exists()
    with serve(room) as three:
        assert three.end(signal.SIGINT) == Exit.OK
    assert call("verify", "--data", room).code == Exit.OK


def test_two_rooms(call: CommandLine, tmp_path: Path) -> None:
    """Pairing by files and one number; an act at FRD stands at EMB within 5 s (IS-01); kill -9, restart, catching up (XC-02)."""
    port = free_port()
    rooms = paired_rooms(call, tmp_path, port)
    with serve(rooms["EMB"], "--listen", f"127.0.0.1:{port}"):
        with serve(rooms["FRD"]) as frd:
            _one_act_crosses(rooms, frd)
        register(rooms["EMB"], "EMB-o", "对方不在时")
        with serve(rooms["FRD"]):
            until(lambda: len(running(rooms["FRD"], "show", query="board")["rows"]) == 2, "caught up")
            until(lambda: verified(call, rooms), "both clean")


def _one_act_crosses(rooms: dict[str, Path], frd: Served) -> None:
    def up() -> bool:
        links = [running(rooms[agency], "show", query="links")["rows"] for agency in rooms]
        return all(link["state"] == "up" for rows in links for link in rows)

    until(up, "link up")
    no = register(rooms["FRD"], "FRD-o", "虹桥街道某商场")["no"]
    _, seconds = until(
        lambda: [row for row in running(rooms["EMB"], "show", query="board")["rows"] if row["no"] == no],
        "the incident on the other board",
    )
    assert seconds <= 5
    frd.kill()


def verified(call: CommandLine, rooms: dict[str, Path]) -> bool:
    return all(call("verify", "--data", data).code == Exit.OK for data in rooms.values())


def test_live_and_exercise_do_not_pair(call: CommandLine, tmp_path: Path) -> None:
    """XC-10: an exercise never reaches real data; told on both sides before a number is shown."""
    sites: list[Site] = [
        found_site(tmp_path, Agency.EMB, Realm.LIVE),
        found_site(tmp_path, Agency.FRD, Realm.EXERCISE),
    ]
    for site in sites:
        site.node.close()
    for site in sites:
        file = ("identity", tmp_path / f"{site.agency}.json", *ADMIN, "--data", site.node.data.root)
        assert call(*file, stdin=ADMIN_PASSWORD).code == Exit.OK
    for site, other in (sites, sites[::-1]):
        for more in ((), ("--number", "0000 0000 0000 0000 0000")):
            given = ("pair", tmp_path / f"{other.agency}.json", *ADMIN, "--data", site.node.data.root, *more)
            answer = call(*given, stdin=ADMIN_PASSWORD)
            assert (answer.code, answer.error) == (Exit.REFUSED, "E_SYNC")
            assert "演练" in answer.json["error"]["text"]
