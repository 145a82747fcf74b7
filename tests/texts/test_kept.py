"""What is parsed once and kept: never older than its sources, and never missed where it cannot be kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from app.kernel.kept import FOLDER, kept


@pytest.fixture(autouse=True)
def may_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def _read(source: Path) -> list[str]:
    return source.read_text("utf-8").split()


def test_read_once_until_a_source_changes(tmp_path: Path) -> None:
    source, made = tmp_path / "a.toml", []

    def make() -> list[str]:
        made.append(1)
        return _read(source)

    source.write_text("甲 b", "utf-8")
    assert [kept("x", [str(source)], make) for _ in range(3)] == [["甲", "b"]] * 3
    assert len(made) == 1
    source.write_text("c d e", "utf-8")
    assert kept("x", [str(source)], make) == ["c", "d", "e"]
    before = source.stat()
    source.write_text("f g h", "utf-8")  # as long as before, at another moment
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert kept("x", [str(source)], make) == ["f", "g", "h"]
    assert len(made) == 3
    (tmp_path / "b.toml").write_text("", "utf-8")
    kept("x", [str(source), str(tmp_path / "b.toml")], make)
    assert len(made) == 4


@pytest.mark.parametrize("spoilt", [b"", b"{", b"\xff\xfe", b"[]", b"[[1], 3]", b"null"])
def test_what_was_spoilt_is_made_anew(spoilt: bytes, tmp_path: Path) -> None:
    source = tmp_path / "a.toml"
    source.write_text("a", "utf-8")
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "x.json").write_bytes(spoilt)
    assert kept("x", [str(source)], lambda: _read(source)) == ["a"]
    assert kept("x", [str(source)], lambda: "not made again") == ["a"]


def test_nothing_is_missed_where_it_cannot_or_may_not_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a.toml"
    source.write_text("a", "utf-8")
    (tmp_path / FOLDER).write_text("a file where the folder would be", "utf-8")
    assert kept("x", [str(source)], lambda: _read(source)) == ["a"]
    (tmp_path / FOLDER).unlink()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert kept("x", [str(source)], lambda: _read(source)) == ["a"]
    assert not (tmp_path / FOLDER).exists()
