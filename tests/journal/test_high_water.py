"""The high-water file: without it, below it, or below what a peer knows, a workstation goes on as a new site."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.journal.high_water import HighWater, Mark, Standing
from app.journal.operation import ChainEnd

A, B = b"a" * 32, b"b" * 32


def holding(*hashes: bytes):
    """A chain's hashes by number, from 1."""
    return lambda site, seq: [hashes[seq - 1]] if site == "me" and seq <= len(hashes) else []


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "high_water.json"


def test_nothing_written_yet_is_in_order_with_and_without_a_file(path: Path) -> None:
    assert HighWater(path).check("me", None, holding()) is Standing.OK
    mark = HighWater(path)
    mark.begin("me")
    assert HighWater(path).check("me", None, holding()) is Standing.OK


def test_founded_site_that_has_sent_nothing_is_in_order(path: Path) -> None:
    HighWater(path).begin("me")
    assert HighWater(path).check("me", ChainEnd(5, A), holding(*[A] * 5)) is Standing.OK


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{}", b"[]", b'{"site": "me", "seq": 2, "hash": "00"}', b'{"site": "me", "seq": -1, "hash": ""}',
     b'{"site": "me", "seq": true, "hash": ""}', b'{"site": 7, "seq": 0, "hash": ""}', b"\xff\xfe"],
)  # fmt: skip
def test_operations_without_a_readable_file_mean_a_new_site(path: Path, content: bytes | None) -> None:
    if content is not None:
        path.write_bytes(content)
    assert HighWater(path).check("me", ChainEnd(2, B), holding(A, B)) is Standing.MISSING


def test_mark_at_below_and_beyond_the_end(path: Path) -> None:
    mark = HighWater(path)
    mark.begin("me")
    mark.raise_to("me", 2, B)
    again = HighWater(path)
    assert again.mark == Mark("me", 2, B)
    assert again.check("me", ChainEnd(2, B), holding(A, B)) is Standing.OK
    assert again.check("me", ChainEnd(3, A), holding(A, B, A)) is Standing.OK
    assert again.check("me", ChainEnd(1, A), holding(A)) is Standing.BEHIND
    assert again.check("me", None, holding()) is Standing.BEHIND


def test_other_operation_under_the_number_that_left(path: Path) -> None:
    mark = HighWater(path)
    mark.begin("me")
    mark.raise_to("me", 2, B)
    assert mark.check("me", ChainEnd(3, A), holding(A, A, A)) is Standing.DIFFERENT


def test_below_what_a_peer_knows(path: Path) -> None:
    mark = HighWater(path)
    mark.begin("me")
    assert mark.check("me", ChainEnd(2, B), holding(A, B), peers_seq=2) is Standing.OK
    assert mark.check("me", ChainEnd(2, B), holding(A, B), peers_seq=3) is Standing.BEHIND
    verdict = mark.verdict("me", ChainEnd(2, B), holding(A, B), peers_seq=3)
    assert (verdict.ok, verdict.mark_seq, verdict.chain_seq, verdict.peers_seq) == (False, 0, 2, 3)


def test_file_of_another_site(path: Path) -> None:
    HighWater(path).begin("other")
    assert HighWater(path).check("me", ChainEnd(1, A), holding(A)) is Standing.OTHER_SITE


def test_new_site_begins_in_place_of_an_old_file(path: Path) -> None:
    old = HighWater(path)
    old.begin("other")
    old.raise_to("other", 9, A)
    HighWater(path).begin("me")
    assert HighWater(path).mark == Mark("me", 0, b"")


def test_mark_only_rises(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = HighWater(path)
    mark.begin("me")
    mark.raise_to("me", 2, B)
    before = path.stat().st_mtime_ns, path.stat().st_ino
    mark.raise_to("me", 2, B)
    mark.raise_to("me", 1, A)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert HighWater(path).mark == Mark("me", 2, B)


def test_lost_mark_is_never_made_up(path: Path) -> None:
    with pytest.raises(ValueError, match="no high-water file"):
        HighWater(path).raise_to("me", 1, A)
    HighWater(path).begin("other")
    with pytest.raises(ValueError, match="no high-water file"):
        HighWater(path).raise_to("me", 1, A)
    assert HighWater(path).mark == Mark("other", 0, b"")


def test_mark_is_on_the_disk_before_it_counts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written aside, flushed to the disk, then renamed; if that fails, the old mark stands and the caller hears of it."""
    mark = HighWater(path)
    mark.begin("me")
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def flush(descriptor: int) -> None:
        steps.append("fsync")
        fsync(descriptor)

    def rename(old: Path, new: Path) -> None:
        steps.append("replace")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(os, "replace", rename)
    mark.raise_to("me", 1, A)
    assert steps[:2] == ["fsync", "replace"]

    def full(old: object, new: object) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        mark.raise_to("me", 2, B)
    assert mark.mark == HighWater(path).mark == Mark("me", 1, A)
