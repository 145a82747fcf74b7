"""Files that cannot be used are refused with the right reason, and not one byte of them changes (XC-01)."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from db import migrate
from db.engine import open_writer
from db.examine import HEAD, HEADER_BYTES, open_read_only, quick_look, wal_of
from db.migrate import bring_up_to_date
from db.problems import DatabaseProblemError, ProblemKind, problem_of
from tests.db.unprivileged import bound_by_permissions, hand_over, take_back


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Bytes of a closed database with rows in it."""
    path = tmp_path_factory.mktemp("sound") / "console.db"
    migrate.create(path)
    with contextlib.closing(open_writer(path)) as connection:
        connection.executemany(
            "INSERT INTO draft (id, account_id, command, content, saved_at) VALUES (?, 'a', 'c', ?, 0)",
            [(str(n), "x" * 500) for n in range(100)],
        )
    assert not wal_of(path).exists()
    return path.read_bytes()


@pytest.fixture
def path(sound: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "data" / "console.db"
    path.parent.mkdir()
    path.write_bytes(sound)
    return path


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file but the shared-memory index, which holds nothing of its own."""
    files = [each for each in folder.iterdir() if each.is_file() and not each.name.endswith("-shm")]
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in files}


def refused(path: Path, wait_s: float = 0.05) -> ProblemKind:
    """The reason for which a file is refused, having checked that it is as before."""
    before = digests(path.parent)
    with pytest.raises(DatabaseProblemError) as problem:
        bring_up_to_date(path, path.parent / "copies", wait_s)
    assert digests(path.parent) == before
    assert not (path.parent / "copies").exists()
    return problem.value.kind


def test_sound_file_of_this_version_passes_untouched(path: Path) -> None:
    before = digests(path.parent)
    assert bring_up_to_date(path, path.parent / "copies") is False
    assert digests(path.parent) == before
    assert [each.name for each in path.parent.iterdir()] == ["console.db"]


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


CONTENTS: dict[str, tuple[Callable[[bytes], bytes], ProblemKind]] = {
    "empty": (lambda data: b"", ProblemKind.DAMAGED),
    "cut in the header": (lambda data: data[:50], ProblemKind.DAMAGED),
    "cut in a page": (lambda data: data[:-1000], ProblemKind.DAMAGED),
    "cut between pages": (lambda data: data[: 4096 * 20], ProblemKind.DAMAGED),
    "first page only": (lambda data: data[:4096], ProblemKind.DAMAGED),
    "half": (_cut, ProblemKind.DAMAGED),
    "zeros": (lambda data: bytes(len(data)), ProblemKind.FOREIGN),
    "beginning overwritten": (lambda data: b"\0" * 16 + data[16:], ProblemKind.DAMAGED),
    "header overwritten": (lambda data: data[:16] + b"\xff" * 84 + data[100:], ProblemKind.DAMAGED),
    "first page overwritten": (lambda data: data[:100] + b"\xff" * 3996 + data[4096:], ProblemKind.DAMAGED),
    "text": (lambda data: "值班日志\n".encode() * 100, ProblemKind.FOREIGN),
    "short text": (lambda data: b"hello", ProblemKind.FOREIGN),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_damaged_content(path: Path, name: str) -> None:
    change, kind = CONTENTS[name]
    path.write_bytes(change(path.read_bytes()))
    assert refused(path) is kind


def rows(path: Path) -> list[str]:
    """All of a file's content as SQL."""
    with contextlib.closing(open_read_only(path)) as connection:
        return list(connection.iterdump())


HARMLESS = {
    *range(24, 28),
    *range(40, 44),
    *range(48, 52),
    *range(92, 100),
}  # counters, cache size, writer's version


@pytest.mark.parametrize("at", range(HEADER_BYTES))
def test_flipped_bit_in_the_header(path: Path, sound: bytes, at: int) -> None:
    """Every bit: the file is refused, or nothing depends on the bit; a pending rebuild is the one bit with a meaning."""
    for bit in range(8):
        data = bytearray(sound)
        data[at] ^= 1 << bit
        path.write_bytes(data)
        if at in HARMLESS or (at, bit) == (63, 0) or (at in (18, 19) and bit < 2 and data[at] in (1, 2)):
            assert bring_up_to_date(path, path.parent / "copies") is ((at, bit) == (63, 0))
            continue
        try:
            problem = refused(path)
        except pytest.fail.Exception:
            assert rows(path) == rows_of(sound, path.parent)
            assert path.read_bytes() == bytes(data)
        else:
            assert problem in (ProblemKind.DAMAGED, ProblemKind.NEWER), (at, bit)


def rows_of(sound: bytes, folder: Path) -> list[str]:
    """Content of the sound file."""
    other = folder / "sound.db"
    other.write_bytes(sound)
    try:
        return rows(other)
    finally:
        other.unlink()


def test_foreign_database(path: Path) -> None:
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE note (id)")
        connection.execute("PRAGMA user_version=7")
        connection.commit()
    assert refused(path) is ProblemKind.FOREIGN


def test_lost_application_id_is_damage_not_a_foreign_file(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id=0")
    assert refused(path) is ProblemKind.DAMAGED


@pytest.mark.parametrize(
    ("revision", "kind"),
    [(f"{int(HEAD) + 1:04}", ProblemKind.NEWER), ("9999", ProblemKind.NEWER), ("000", ProblemKind.DAMAGED)],
)
def test_revisions_this_version_does_not_know(path: Path, revision: str, kind: ProblemKind) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        connection.commit()
    assert refused(path) is kind


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.db", tmp_path / "no" / "none.db"):
        with pytest.raises(DatabaseProblemError) as problem:
            bring_up_to_date(path, tmp_path)
        assert problem.value.kind is ProblemKind.MISSING
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", ["EXCLUSIVE", "IMMEDIATE"])
def test_file_held_by_another_program(path: Path, mode: str) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(
            "PRAGMA locking_mode=EXCLUSIVE" if mode == "EXCLUSIVE" else "PRAGMA locking_mode=NORMAL"
        )
        other.execute("BEGIN IMMEDIATE")
        assert refused(path) is ProblemKind.LOCKED


def test_read_only_folder_and_file(path: Path) -> None:
    bring_up_to_date(path, path.parent / "copies")
    hand_over(path.parent)
    with bound_by_permissions():
        assert refused(path) is ProblemKind.READ_ONLY
    path.parent.chmod(0o777)
    with bound_by_permissions():
        assert refused(path) is ProblemKind.READ_ONLY
    take_back(path.parent)


def test_unreadable_file(path: Path) -> None:
    hand_over(path.parent)
    path.chmod(0o000)
    with bound_by_permissions(), pytest.raises(DatabaseProblemError) as problem:
        bring_up_to_date(path, path.parent / "copies")
    take_back(path.parent)
    assert problem.value.kind is ProblemKind.READ_ONLY


def crash(path: Path, folder: Path) -> Path:
    """A copy with rows that are only in the log, as a crash leaves it."""
    folder.mkdir()
    with contextlib.closing(open_writer(path)) as connection:
        connection.execute("DELETE FROM draft WHERE id <> '7'")
        for each in (path, wal_of(path)):
            shutil.copyfile(each, folder / each.name)
    assert wal_of(folder / path.name).stat().st_size > 0
    return folder / path.name


def test_log_of_a_crash_is_read_and_a_sound_file_is_accepted(path: Path, tmp_path: Path) -> None:
    crashed = crash(path, tmp_path / "crashed")
    before = digests(crashed.parent)
    with contextlib.closing(open_read_only(crashed)) as connection:
        assert connection.execute("SELECT id FROM draft").fetchall() == [("7",)]
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("DELETE FROM draft")
    assert digests(crashed.parent) == before
    assert bring_up_to_date(crashed, tmp_path / "copies") is False
    with contextlib.closing(open_writer(crashed)) as connection:
        assert connection.execute("SELECT id FROM draft").fetchall() == [("7",)]


def test_newer_file_with_a_log_is_refused_untouched(path: Path, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    crashed = crash(path, tmp_path / "crashed")
    assert refused(crashed) is ProblemKind.NEWER


def test_log_in_a_read_only_folder_is_read(path: Path, tmp_path: Path) -> None:
    crashed = crash(path, tmp_path / "crashed")
    before = digests(crashed.parent)
    open_read_only(crashed).close()
    for each in crashed.parent.glob("*-shm"):
        each.unlink()
    hand_over(crashed.parent)
    with bound_by_permissions(), contextlib.closing(open_read_only(crashed)) as connection:
        assert connection.execute("SELECT id FROM draft").fetchall() == [("7",)]
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("DELETE FROM draft")
    take_back(crashed.parent)
    assert digests(crashed.parent) == before


def test_file_longer_than_it_says_is_looked_through(path: Path) -> None:
    with path.open("ab") as handle:
        handle.write(bytes(4096))
    quick_look(path)
    data = bytearray(path.read_bytes())
    data[28:32] = (20).to_bytes(4, "big")
    path.write_bytes(data)
    assert refused(path) is ProblemKind.DAMAGED


def test_misuse_is_a_bug_and_stays_one(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.close()
    with pytest.raises(sqlite3.ProgrammingError) as bug:
        connection.execute("SELECT 1")
    with pytest.raises(sqlite3.ProgrammingError):
        problem_of(bug.value, tmp_path / "x.db")
