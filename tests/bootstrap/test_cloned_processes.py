"""A data folder copied and started twice, as real processes over TLS: noticed, closed, told in both rooms, entered anew, nothing
lost (REPLICATION, Fork)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.cli import asking
from app.cli.exits import Exit
from app.kernel.paths import DataDir
from tests.cli.runner import CommandLine, free_port, paired_rooms, process, serve, until
from tests.kit import PASSWORD

PATIENCE_S = 60.0
OFFICER = ("--as", "FRD-o")


def shown(data: Path, query: str) -> list[dict[str, Any]]:
    answer = asking.ask_running(DataDir(data), {"call": "show", "query": query})
    assert answer is not None and answer["ok"], answer
    return list(answer["rows"])


def entries(data: Path) -> set[str]:
    return {str(row["text"]) for row in shown(data, "log")}


def write(data: Path, text: str) -> None:
    done = process(
        "do", "write_log_entry", json.dumps({"text": text}), *OFFICER, "--data", data, stdin=PASSWORD
    )
    assert done.code == Exit.OK, (done.json, done.err)


def state_of(data: Path, agency: str) -> set[str]:
    return {str(row["state"]) for row in shown(data, "sites") if row["agency"] == agency}


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    return CommandLine(capfd, monkeypatch)


def test_a_folder_started_twice(call: CommandLine, tmp_path: Path) -> None:
    port = free_port()
    rooms = paired_rooms(call, tmp_path, port)
    emb, frd, copy = rooms["EMB"], rooms["FRD"], tmp_path / "COPY"
    stick = tmp_path / "stick"
    stick.mkdir()
    with serve(emb, "--listen", f"127.0.0.1:{port}"):
        with serve(frd):
            until(lambda: [row["state"] for row in shown(frd, "links")] == ["up"], "linked", PATIENCE_S)
            until(lambda: state_of(emb, "FRD") == {"enrolled"}, "met", PATIENCE_S)
        shutil.copytree(frd, copy, ignore=shutil.ignore_patterns("*.sock"))
        for n in range(12):
            write(copy, f"副本 {n}")
        # Given to a stick, so they may have left: a copy of which nothing has left would only stop (test_put_back.py).
        made = process("bundle-export", "--to", "EMB", stick, *OFFICER, "--data", copy, stdin=PASSWORD)
        assert made.code == Exit.OK, (made.json, made.err)
        with serve(frd):
            write(frd, "原机")
            until(lambda: "原机" in entries(emb), "the original's act", PATIENCE_S)
        with serve(copy):
            until(lambda: state_of(emb, "FRD") == {"forked"}, "noticed", PATIENCE_S)
            until(lambda: state_of(copy, "FRD") == {"forked"}, "the copy knows", PATIENCE_S)
            refused = process(
                "do", "write_log_entry", '{"text": "x"}', *OFFICER, "--data", copy, stdin=PASSWORD
            )
            assert (refused.code, refused.error) == (Exit.FAULT, "site.closed")
        told = until(
            lambda: [text for text in entries(emb) if "疑似被复制" in text], "told in the log", PATIENCE_S
        )
        assert len(told[0]) == 1
        with serve(frd):
            until(lambda: state_of(frd, "FRD") == {"forked"}, "the original knows", PATIENCE_S)
            refused = process(
                "do", "write_log_entry", '{"text": "x"}', *OFFICER, "--data", frd, stdin=PASSWORD
            )
            assert refused.error == "site.closed"
        assert not any(text.startswith(("副本", "原机")) for text in entries(emb)), "neither branch counts"
    for data in (emb, frd, copy):
        verified = process("verify", "--data", data)
        assert (verified.code, verified.json["damaged"]) == (Exit.OK, False), data
    _entered_anew(tmp_path, frd)


def _entered_anew(root: Path, frd: Path) -> None:
    """The room goes on as a new workstation; every act of both branches is offered, once, and comes back."""
    backup, new = root / "backup.db", root / "NEW"
    assert process("backup", backup, "--data", frd).code == Exit.OK
    key = root / "recovery-FRD.json"
    restored = process("restore", backup, "--data", new, "--recovery-file", key)
    assert restored.code == Exit.OK, restored.json
    with serve(new):
        offered = [row for row in shown(new, "reentries") if row["command"] == "write_log_entry"]
        wanted = {"原机", *(f"副本 {n}" for n in range(12))}
        assert {str(row["values"]["text"]) for row in offered} == wanted
        for row in offered:
            act = json.dumps({"act": row["act"]})
            done = process("do", "reenter_act", act, *OFFICER, "--data", new, stdin=PASSWORD)
            assert done.code == Exit.OK, (done.json, done.err)
        assert shown(new, "reentries") == []
        assert wanted <= entries(new)
    assert process("verify", "--data", new).json["damaged"] is False
