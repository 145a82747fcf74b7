"""Doors of the 119 feed under bad input and trouble: nothing is lost, nothing stops them for good (IS-01, XC-01)."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import feeding
from app.bootstrap.feeding import intake_of, token_of, watch_folder
from app.bootstrap.node import Node
from app.bootstrap.requests import Desk
from app.cli import asking
from app.cli import feeding as cli_feeding
from app.exchange.feed import folder
from app.exchange.feed.folder import FolderDoor, sweep
from app.exchange.feed.http import FeedServer
from app.exchange.feed.intake import FeedIntake
from app.kernel.clock import iso
from app.kernel.enums import Agency
from app.kernel.errors import EnvironmentFault, Refusal
from app.queries import incidents
from app.usecases.commands import Command
from tests.exchange.site import START, open_site

HALF = "\ud800"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    opened, _ = open_site(tmp_path, Agency.FRD)
    with opened:
        yield opened


def alarm(**changes: Any) -> dict[str, Any]:
    return {"alarm_no": "A-1", "received_at": iso(START - 60_000), "what": "fire"} | changes


def kept(node: Node) -> list[dict[str, Any]]:
    path = node.data.root / "feed" / "rejected.jsonl"
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def full_disk(command: Command) -> Any:
    raise EnvironmentFault("database.full", "fault.database.full", path="x")


# -- the intake ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("faulty", [alarm(received_at=HALF), alarm(**{HALF: 1}), HALF])
def test_a_rejected_alarm_with_half_a_character_is_kept(node: Node, faulty: Any) -> None:
    """IS-01: nothing that came in is lost; it stands in the rejects as it came."""
    with pytest.raises(Refusal):
        intake_of(node).take(faulty)
    assert [line["alarm"] for line in kept(node)] == [faulty]


def test_an_alarm_with_half_a_character_reaches_the_feed_through_the_socket_too(node: Node) -> None:
    answer = Desk(node).answer({"call": "alarm", "alarm": alarm(received_at=HALF)})
    assert answer["error"]["code"] == "E_FORMAT"
    assert [line["alarm"] for line in kept(node)] == [alarm(received_at=HALF)]


def test_rejects_are_their_owners_alone(node: Node) -> None:
    """XC-07: they hold what people said on the telephone."""
    with pytest.raises(Refusal):
        intake_of(node).take({})
    assert stat.S_IMODE((node.data.root / "feed" / "rejected.jsonl").stat().st_mode) == 0o600


def test_an_alarm_that_trips_over_a_bug_is_kept(node: Node) -> None:
    def broken(command: Command) -> Any:
        raise ZeroDivisionError

    intake = FeedIntake(broken, node.data.root / "feed" / "rejected.jsonl", node.clock)
    with pytest.raises(ZeroDivisionError):
        intake.take(alarm())
    assert [line["alarm"] for line in kept(node)] == [alarm()]
    assert intake.counts.rejected == 1


def test_rejects_that_cannot_be_written_are_told(node: Node) -> None:
    """XC-01: not taken as done: a door that can wait tells the alarm again."""
    (node.data.root / "feed").write_bytes(b"a file in the way")
    with pytest.raises(EnvironmentFault) as fault:
        intake_of(node).take({})
    assert fault.value.code == "file.unwritable"


# -- the folder ------------------------------------------------------------------------------------------------------------
def test_a_line_that_nobody_can_read_does_not_stop_the_file(node: Node, tmp_path: Path) -> None:
    """XC-01: nested without end, half characters: rejected by line, the good ones come in."""
    lines = ["[" * 200_000, json.dumps(alarm(received_at=HALF)), json.dumps(alarm())]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    [result] = sweep(intake_of(node), tmp_path / "in")
    assert (result.taken, result.rejected) == (1, 2)
    assert len(kept(node)) == 2
    assert (tmp_path / "in" / "rejected" / "1.jsonl").exists()


def test_a_bug_in_one_line_does_not_stop_the_file(
    node: Node, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "1.jsonl").write_text(json.dumps(alarm()) + "\n" + json.dumps(alarm(alarm_no="A-2")), "utf-8")
    calls = []

    def execute(command: Any) -> Any:
        calls.append(command.alarm_no)
        if command.alarm_no == "A-1":
            raise ZeroDivisionError
        return node.execute(command, node.me.console_account)

    [result] = sweep(FeedIntake(execute, tmp_path / "rejected.jsonl.txt", node.clock), tmp_path)
    assert (calls, result.taken, result.rejected) == (["A-1", "A-2"], 1, 1)
    assert "a line of a feed file failed" in caplog.text


def watched(intake: FeedIntake, folder: Path, then: Callable[[], Any]) -> None:
    """Watch the folder until `then` is true; fails when the watch ends or it never becomes true."""

    async def story() -> None:
        task = asyncio.ensure_future(watch_folder(intake, folder))
        try:
            end = asyncio.get_running_loop().time() + 10
            while not then():
                assert not task.done(), task.exception()
                assert asyncio.get_running_loop().time() < end, "never"
                await asyncio.sleep(0.01)
        finally:
            task.cancel()

    asyncio.run(story())


def test_the_watch_survives_a_full_disk_and_takes_the_file_afterwards(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """XC-01: the file stays where it is until it can be taken; the trouble is logged once."""
    monkeypatch.setattr(feeding, "SWEEP_S", 0.01)
    (tmp_path / "1.jsonl").write_text(json.dumps(alarm()), "utf-8")
    tries = []

    def execute(command: Command) -> Any:
        tries.append(command)
        if len(tries) < 4:
            full_disk(command)
        return node.execute(command, node.me.console_account)

    watched(
        FeedIntake(execute, tmp_path / "kept", node.clock), tmp_path, (tmp_path / "done" / "1.jsonl").exists
    )
    assert len(tries) == 4
    assert len(node.read(incidents.board)) == 1
    assert caplog.text.count("database.full") == 1


def test_the_watch_survives_a_bug(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sweeps = []

    def broken(door: FolderDoor) -> None:
        sweeps.append(door)
        raise RecursionError

    monkeypatch.setattr(feeding, "SWEEP_S", 0.01)
    monkeypatch.setattr(FolderDoor, "sweep", broken)
    watched(intake_of(node), tmp_path, lambda: len(sweeps) > 2)
    assert "the feed folder failed" in caplog.text


def test_a_file_that_cannot_be_moved_is_read_once_told_once_and_moved_later(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It was read every second: every rejected line was kept again each time. The files behind it are not held up."""
    monkeypatch.setattr(feeding, "SWEEP_S", 0.01)
    monkeypatch.setattr(feeding, "LONGEST_S", 0.04)
    for name in ("done", "rejected"):
        (tmp_path / name).write_bytes(b"a file in the way")
    (tmp_path / "1.jsonl").write_text(json.dumps(alarm()) + "\nnonsense\n", "utf-8")
    (tmp_path / "2.jsonl").write_text(json.dumps(alarm(alarm_no="A-2")), "utf-8")
    intake, sweeps = intake_of(node), []
    real = FolderDoor.sweep

    def counted(door: FolderDoor) -> Any:
        sweeps.append(door)
        if len(sweeps) == 5:
            for name in ("done", "rejected"):
                (tmp_path / name).unlink()
        return real(door)

    monkeypatch.setattr(FolderDoor, "sweep", counted)
    watched(intake, tmp_path, lambda: (tmp_path / "done" / "2.jsonl").exists() and not intake.trouble)
    assert (tmp_path / "rejected" / "1.jsonl").exists()
    assert len(kept(node)) == 1, "read once"
    assert intake.counts.unchanged == 0 and intake.counts.new == 2
    assert caplog.text.count("the feed folder was not taken") == 1


def test_a_line_without_end_is_rejected_and_never_held_whole(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack: a file without line breaks; the alarm behind it comes in."""
    monkeypatch.setattr(folder, "MAX_LINE", 200)
    content = "{" + "x" * 5000 + "\n" + json.dumps(alarm()) + "\n" + "y" * 200 + "\n"
    (tmp_path / "1.jsonl").write_text(content, "utf-8")
    [result] = sweep(intake_of(node), tmp_path)
    assert (result.taken, result.rejected) == (1, 2)
    assert max(len(str(line["alarm"])) for line in kept(node)) <= 200


def test_a_file_that_is_written_anew_under_its_name_is_taken(node: Node, tmp_path: Path) -> None:
    door = FolderDoor(intake_of(node), tmp_path)
    (tmp_path / "done").write_bytes(b"in the way")
    (tmp_path / "1.jsonl").write_text(json.dumps(alarm()), "utf-8")
    with pytest.raises(OSError):
        door.sweep()
    (tmp_path / "1.jsonl").write_text(json.dumps(alarm(alarm_no="A-22")), "utf-8")
    (tmp_path / "done").unlink()
    assert [result.taken for result in door.sweep()] == [1]
    assert sorted(str(row.alarm_no) for row in node.read(incidents.board)) == ["A-1", "A-22"]


def test_counts_know_what_was_rejected_before_and_why_the_last_was(node: Node) -> None:
    """IS-01: age and rejected rows are shown; a restart does not make them vanish."""
    first = intake_of(node)
    for faulty in ({}, alarm(alarm_no=" ")):
        with pytest.raises(Refusal):
            first.take(faulty)
    assert (first.counts.rejected, first.counts.why) == (2, "refusal.alarms.number_required")
    assert first.counts.rejected_at == first.counts.last_at == node.clock.now_ms()
    again = intake_of(node)
    assert (again.counts.rejected, again.counts.kept_before, again.counts.last_at) == (0, 2, None)


# -- local POST ------------------------------------------------------------------------------------------------------------
def posted(node: Node, intake: FeedIntake, body: bytes, length: bytes | None = None) -> tuple[int, bytes]:
    """Status and body of the answer to bytes as they are; (0, b"") when there is none."""
    token = token_of(node)
    with (
        FeedServer(intake, token) as server,
        socket.create_connection(("127.0.0.1", server.port), 10) as line,
    ):
        head = f"POST /alarms HTTP/1.0\r\nAuthorization: Bearer {token}\r\nContent-Length: ".encode()
        line.sendall(head + (length or str(len(body)).encode()) + b"\r\n\r\n" + body)
        answer = b""
        while chunk := line.recv(65536):
            answer += chunk
    status, _, rest = answer.partition(b"\r\n")
    return int(status.split()[1]) if status else 0, rest.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("length", [b"\xb2", b"\xb9\xb2", b"-1", b"+2", b"9" * 5000, b" "])
def test_a_length_that_is_no_number_is_answered(node: Node, length: bytes) -> None:
    """XC-01: superscript digits are digits for str.isdigit, and no number."""
    assert posted(node, intake_of(node), b"{}", length)[0] == 413


def test_every_posted_alarm_is_answered(node: Node) -> None:
    """XC-01: an input named with half a character, and a full disk, get their answer."""
    status, body = posted(node, intake_of(node), json.dumps([alarm(**{HALF: 1}), alarm()]).encode())
    assert (status, [row.get("field") for row in json.loads(body)["results"]]) == (422, [HALF, None])
    intake = FeedIntake(full_disk, node.data.root / "kept", node.clock)
    status, body = posted(node, intake, json.dumps([alarm(), alarm(**{"x": 1})]).encode())
    assert (status, [row["code"] for row in json.loads(body)["results"]]) == (
        503,
        ["database.full", "E_FORMAT"],
    )


# -- the command line ------------------------------------------------------------------------------------------------------
def test_console_that_ends_while_a_file_is_handed_in(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """XC-01: told as what it is, not as a line without an error."""
    answers = iter([{"ok": True}, None])
    monkeypatch.setattr(asking, "ask_running", lambda data, request: next(answers))
    with pytest.raises(EnvironmentFault) as fault, cli_feeding._teller(node.data, None) as tell:
        tell(alarm())
    assert fault.value.code == "console.silent"
