"""Verbs about trust, over the real command line: the sheet there and back, a key changed, an account sealed anew."""

from __future__ import annotations

import html
import io
import json
import re
from pathlib import Path

import pytest

from app.cli.exits import Exit
from app.cli.main import run
from tests.kit import cheap_passwords

PASSWORD = "battery-staple-1"
_CELL = re.compile(r"<tr><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td></tr>")


def call(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, typed: str, *argv: str
) -> tuple[int, dict]:
    """One call with text on standard input; its exit code and its answer."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
    with cheap_passwords():
        code = run(argv)
    return code, json.loads(capsys.readouterr().out)


def cells(path: Path) -> dict[str, str]:
    return {html.unescape(name): html.unescape(said) for name, said in _CELL.findall(path.read_text("utf-8"))}


def test_key_sheet_and_seal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, key = str(tmp_path / "EMB"), tmp_path / "stick" / "key.json"
    key.parent.mkdir()
    code, answer = call(
        capsys,
        monkeypatch,
        PASSWORD + "\n",
        "init",
        "--data",
        data,
        "--agency",
        "EMB",
        "--recovery-file",
        str(key),
    )
    assert code == Exit.OK
    site = answer["result"]["site"]
    sheet = key.parent / "sheet.html"
    assert call(capsys, monkeypatch, "", "sheet", str(sheet), "--recovery-file", str(key))[0] == Exit.OK
    said = cells(sheet)
    lines = "\n".join(said[f"第 {n} 行"].lower() for n in (1, 2, 3, 4))
    again = key.parent / "again.json"
    typed = (
        "recovery",
        "--agency",
        "EMB",
        "--code",
        said["核对码"],
        "--letters",
        "B",
        "--recovery-file",
        str(again),
    )
    code, answer = call(capsys, monkeypatch, lines[:-1] + ("0" if lines[-1] != "0" else "1"), *typed)
    assert (code, answer["error"]["field"]) == (Exit.REFUSED, "lines") and "第 4 行" in answer["error"][
        "text"
    ]
    assert call(capsys, monkeypatch, lines, *typed)[0] == Exit.OK
    before, after = json.loads(key.read_text()), json.loads(again.read_text())
    assert before["recovery_key"] == after["recovery_key"] and set(after["letters"]) == {"", "B"}
    code, answer = call(capsys, monkeypatch, lines, *typed)
    assert (code, answer["error"]["code"]) == (Exit.FAULT, "file.unwritable")
    signed = ("--data", data, "--as", "admin")
    code, answer = call(capsys, monkeypatch, PASSWORD, "rotate-key", *signed)
    assert code == Exit.OK and answer["result"]["site"] == site
    page = key.parent / "seal.html"
    code, answer = call(capsys, monkeypatch, PASSWORD, "seal", str(page), *signed)
    assert code == Exit.OK and answer["result"]["name"] == cells(page)["登录名"]
    assert "封存口令" not in json.dumps(answer, ensure_ascii=False)
    entry = ("do", "write_log_entry", '{"text": "启用"}', "--data", data, "--as", cells(page)["登录名"])
    assert call(capsys, monkeypatch, cells(page)["封存口令"], *entry)[0] == Exit.OK
    code, answer = call(capsys, monkeypatch, PASSWORD, "seal", str(page), *signed)
    assert (code, answer["error"]["code"]) == (Exit.FAULT, "file.exists")
