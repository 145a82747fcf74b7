"""Keys that may be destroyed: of a destroyed one no byte is left in the file or in the log beside it (XC-07, decision 0047)."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from db.key_store import KeyStore

ROOT = Path(__file__).parents[2]
COUNT = 120


def key(n: int) -> bytes:
    """A key that looks like nothing else in the file."""
    return bytes((n * 7 + place * 31) % 251 + 1 for place in range(28)) + n.to_bytes(4, "big")


def filled(path: Path) -> KeyStore:
    store = KeyStore(path)
    for n in range(COUNT):
        store.add(n.to_bytes(16, "big"), f"subject-{n:04}", key(n))
    return store


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-journal")


def lying_about(path: Path) -> bytes:
    """What the disk holds under the names that are there."""
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(path.name + "*")))


def test_of_a_destroyed_key_no_byte_is_left(tmp_path: Path) -> None:
    """XC-07: neither where it stood, nor where the tree was balanced, nor in what SQLite keeps to roll back."""
    path = tmp_path / "keys.db"
    store = filled(path)
    gone = [n for n in range(COUNT) if n % 3]
    assert all(key(n) in lying_about(path) for n in range(COUNT))
    for n in gone[::2]:
        store.destroy([f"subject-{n:04}"])
    store.destroy([f"subject-{n:04}" for n in gone[1::2]])
    left = lying_about(path)
    assert [n for n in gone if key(n) in left] == []
    assert log_of(path).stat().st_size > 0, "the log is kept: what is cut off or unlinked lies in free blocks"
    assert not log_of(path).read_bytes().strip(b"\0")
    for n in range(COUNT):
        held = store.named(n.to_bytes(16, "big"))
        assert (held is None) == (n in gone)
    store.close()


def test_how_it_is_set_up(tmp_path: Path) -> None:
    """FULL: the log is void on the disk when the call returns; nothing rolls a purge back after a power cut."""
    store = KeyStore(tmp_path / "keys.db")
    assert store.set_up() == {"journal_mode": "persist", "synchronous": 2, "secure_delete": 1}
    store.close()


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_killed_before_the_log_was_written_over(tmp_path: Path) -> None:
    """XC-07: the next opening does it."""
    path = tmp_path / "keys.db"
    filled(path).close()
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom db.key_store import KeyStore\n"
        "store = KeyStore(Path(sys.argv[1]))\n"
        "KeyStore._overwrite_log = lambda self: os.kill(os.getpid(), signal.SIGKILL)\n"
        "store.destroy(['subject-0100'])\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert key(100) in log_of(path).read_bytes() and key(100) not in path.read_bytes()
    KeyStore(path).close()
    assert key(100) not in lying_about(path) and key(101) in path.read_bytes()


def test_a_change_that_was_cut_off_is_rolled_back_before_its_log_is_written_over(tmp_path: Path) -> None:
    """A log that is still needed: the disk as it stood in the middle of a change, opened anew, holds every key."""
    path, copy = tmp_path / "keys.db", tmp_path / "copy" / "keys.db"
    filled(path).close()
    copy.parent.mkdir()
    whole = path.read_bytes()
    other = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=PERSIST", "cache_size=1", "secure_delete=ON"):
        other.execute(f"PRAGMA {pragma}")
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM subject_key WHERE n > 0")
    other.execute("INSERT INTO destroyed SELECT hex(randomblob(2000)) FROM sqlite_schema")
    for source, target in ((path, copy), (log_of(path), log_of(copy))):
        shutil.copyfile(source, target)
    assert copy.read_bytes() != whole, "pages were written before the end of the change"
    other.execute("ROLLBACK")
    other.close()
    with log_of(copy).open("rb") as log:  # whether its name stays or not
        store = KeyStore(copy)
        assert key(1) not in log.read() and os.fstat(log.fileno()).st_size > 0
    assert [n for n in range(COUNT) if store.named(n.to_bytes(16, "big")) is None] == []
    store.close()


def test_a_file_that_is_held_by_another_program_is_told_soon(tmp_path: Path) -> None:
    """The writer of the record may wait for it: it does not for long."""
    path = tmp_path / "keys.db"
    store = filled(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        store.destroy(["subject-0001"])
    other.execute("ROLLBACK")
    other.close()
    assert store.named((1).to_bytes(16, "big")) is not None
    store.destroy(["subject-0001"])
    assert store.is_destroyed("subject-0001")
    store.close()
