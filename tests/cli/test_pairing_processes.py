"""`pair-listen` and `pair-connect` as processes: a running console and one that opens its site for the pairing (CM-04)."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.bootstrap.node import open_node
from app.cli.exits import Exit
from app.kernel.enums import Agency
from app.local import peers
from tests.cli.runner import MAIN, PATIENCE_S, serve, until
from tests.cli.test_processes import running
from tests.kit import ADMIN_PASSWORD, found_site


class Spoken:
    """A process that prints a document for every step."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def next(self) -> Any:
        """The next document; None when it says nothing more."""
        assert self.process.stdout is not None
        said = b""
        while line := self.process.stdout.readline():
            said += line
            if line == b"}\n":
                return json.loads(said)
        return None

    def until(self, stage: str) -> dict[str, Any]:
        """The document of a stage."""
        while answer := self.next():
            if answer.get("ok") and answer["result"]["stage"] == stage:
                return dict(answer["result"])
        raise AssertionError(f"never {stage}")

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def end(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(PATIENCE_S)


@contextmanager
def pairing(verb: str, address: str, data: Path) -> Iterator[Spoken]:
    with (data.parent / f"{verb}.err").open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, MAIN, verb, address, "--as", "admin", "--data", data],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    spoken = Spoken(process)
    try:
        spoken.say(ADMIN_PASSWORD)
        yield spoken
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()


def rooms(folder: Path) -> tuple[Path, Path]:
    for agency in (Agency.EMB, Agency.FRD):
        found_site(folder, agency).node.close()
    return folder / "EMB", folder / "FRD"


def test_two_processes_pair_and_a_wrong_number_is_told(tmp_path: Path) -> None:
    """EMB runs as a console that listens for links; FRD has none running. Afterwards FRD's console finds it by itself."""
    emb, frd = rooms(tmp_path)
    with serve(emb, "--listen", "127.0.0.1:0") as console:
        with pairing("pair-listen", "127.0.0.1:0", emb) as here:
            address = here.until("listening")["address"]
            with pairing("pair-connect", address, frd) as there:
                mine, theirs = here.until("comparing"), there.until("comparing")
                assert mine["number"] == theirs["number"] and theirs["agency"] == "EMB"
                here.say("000 000" if mine["number"] != "000 000" else "000 001")
                answer = here.next()
                while answer["ok"]:
                    answer = here.next()
                assert answer["error"]["field"] == "number" and answer["error"]["code"] == "E_SYNC"
                here.say(theirs["number"])
                there.say(mine["number"])
                done = there.until("done")
                assert done["entered_there"] and done["link_address"] == f"127.0.0.1:{console.ready['port']}"
                assert (here.end(), there.end()) == (Exit.OK, Exit.OK)
        with serve(frd):
            until(lambda: [row["state"] for row in running(emb, "links")["rows"]] == ["up"], "the link is up")


def test_the_end_of_the_input_closes_the_window_and_leaves_nothing(tmp_path: Path) -> None:
    emb, frd = rooms(tmp_path)
    with pairing("pair-listen", "127.0.0.1:0", emb) as here:
        address = here.until("listening")["address"]
        with pairing("pair-connect", address, frd) as there:
            here.until("comparing")
            there.until("comparing")
            assert there.end() == Exit.REFUSED
            here.until("listening")
            here.process.kill()
    for data in (emb, frd):
        with open_node(data) as node:
            assert node.local(peers.peers) == []
