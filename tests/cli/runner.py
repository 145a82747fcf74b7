"""Calls of the command line: in this process where that is the same, as real processes where it is not."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli.exits import Exit
from app.cli.main import run
from app.kernel.enums import Agency
from tests.kit import ADMIN_PASSWORD, PASSWORD, cheap_passwords

MAIN = Path(__file__).resolve().parents[2] / "main.py"
PATIENCE_S = 20.0


@dataclass
class Answer:
    """Exit code, the JSON document on standard output (None without one), standard error."""

    code: int
    json: Any
    err: str

    @property
    def error(self) -> str:
        """Code of the error."""
        return str(self.json["error"]["code"])


class CommandLine:
    """Calls in this process, with standard input and output as a process would have them."""

    def __init__(self, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._capture, self._patch = capture, patch

    def __call__(self, *argv: object, stdin: str | bytes = "") -> Answer:
        """Carry out one call; SystemExit of the parser becomes its exit code."""
        data = stdin if isinstance(stdin, bytes) else stdin.encode()
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        self._capture.readouterr()
        handlers, level = logging.root.handlers[:], logging.root.level
        try:
            with cheap_passwords():
                code = run([str(part) for part in argv])
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            logging.root.handlers[:] = handlers
            logging.root.setLevel(level)
        out, err = self._capture.readouterr()
        return Answer(int(code), json.loads(out) if out else None, err)


def process(*argv: object, stdin: str = "", env: dict[str, str] | None = None, timeout: float = 60) -> Answer:
    """One call as a process of its own."""
    done = subprocess.run(
        [sys.executable, MAIN, *map(str, argv)],
        input=stdin.encode(),
        capture_output=True,
        env={**os.environ, **(env or {})},
        timeout=timeout,
        check=False,
    )
    out = done.stdout.decode("utf-8")
    return Answer(done.returncode, json.loads(out) if out else None, done.stderr.decode("utf-8", "replace"))


@dataclass
class Served:
    """A running `serve`: its process and what it said when it was ready."""

    running: subprocess.Popen[bytes]
    ready: Any

    def kill(self) -> None:
        """kill -9."""
        self.running.kill()
        self.running.wait()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        self.running.send_signal(number)
        return self.running.wait(PATIENCE_S)


@contextmanager
def serve(data: Path, *more: object) -> Iterator[Served]:
    """Run `serve` until the block ends; the process is ready when the block begins."""
    with (data.parent / f"{data.name}.err").open("ab") as errors:
        running = subprocess.Popen(
            [sys.executable, MAIN, "serve", "--data", data, *map(str, more)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    assert running.stdout is not None
    try:
        said = b""
        while (line := running.stdout.readline()) and line != b"}\n":
            said += line
        yield Served(running, json.loads(said + line))
    finally:
        if running.poll() is None:
            running.kill()
        running.wait()
        running.stdout.close()


def until(true: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> tuple[Any, float]:
    """Wait for a condition; its value and the seconds it took."""
    begun = time.monotonic()
    while not (value := true()):
        assert time.monotonic() - begun < patience_s, f"never: {what}"
        time.sleep(0.02)
    return value, time.monotonic() - begun


def free_port() -> int:
    """A port of loopback nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def paired_rooms(call: CommandLine, root: Path, port: int, *init: object) -> dict[str, Path]:
    """Found EMB and FRD, an officer `AGENCY-o` each, and pair them by files and one number; EMB is dialled at `port`.

    `init` goes to both foundings. A wrong number is refused on the way.
    """
    rooms: dict[str, Path] = {}
    admin = ("--as", "admin")
    for agency in (Agency.EMB, Agency.FRD):
        data = rooms[agency] = root / agency
        given = ("--agency", agency, "--data", data, "--recovery-file", root / f"recovery-{agency}.json")
        assert call("init", *given, *init, stdin=ADMIN_PASSWORD).code == Exit.OK
        officer = json.dumps({"name": f"{agency}-o", "title": "值班员", "roles": ["duty_officer"]})
        made = call("do", "create_account", officer, *admin, "--data", data, stdin=ADMIN_PASSWORD)
        assert made.code == Exit.OK
        both = f"{ADMIN_PASSWORD}\n{PASSWORD}\n"
        assert call("password", f"{agency}-o", *admin, "--data", data, stdin=both).code == Exit.OK
        listening = ("--endpoint", f"127.0.0.1:{port}") if agency is Agency.EMB else ()
        file = ("identity", root / f"{agency}.json", *listening)
        assert call(*file, *admin, "--data", data, stdin=ADMIN_PASSWORD).code == Exit.OK

    def pair(agency: str, other: str, *more: str) -> Answer:
        given = ("pair", root / f"{other}.json", *admin, "--data", rooms[agency], *more)
        return call(*given, stdin=ADMIN_PASSWORD)

    numbers = {pair("EMB", "FRD").json["result"]["number"], pair("FRD", "EMB").json["result"]["number"]}
    [number] = numbers
    assert pair("EMB", "FRD", "--number", "0000 0000 0000 0000 0000").error == "E_SYNC"
    for one, other in (("EMB", "FRD"), ("FRD", "EMB")):
        assert pair(one, other, "--number", number).code == Exit.OK
    return rooms
