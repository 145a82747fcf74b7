"""The window's reader: newer questions end older ones, trouble is told plainly, nothing is lost while the site opens."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap.reading import Reader
from app.bootstrap.site_console import SiteConsole
from app.kernel.clock import SystemClock
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir

SLOW = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 400000000) SELECT max(x) FROM n"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    path = tmp_path / "a.db"
    sqlite3.connect(path).close()
    settled = threading.Event()
    settled.set()
    made = Reader(path, settled)
    yield made
    made.close()


def _note(seen: list[int], n: int, _connection: Any) -> None:
    seen.append(n)


def ask_slowly(reader: Reader, key: str) -> Any:
    begun = threading.Event()

    def read(connection: Any) -> Any:
        begun.set()
        return connection.execute(SLOW).fetchone()

    future = reader.ask(read, key)
    assert begun.wait(60)
    return future


def test_a_newer_question_interrupts_the_older_one_under_way(reader: Reader) -> None:
    old = ask_slowly(reader, "filter")
    new = reader.ask(lambda c: c.execute("SELECT 7").fetchone()[0], "filter")
    assert new.result(5) == 7
    assert old.cancelled()


def test_a_newer_question_replaces_one_that_waits_and_others_stay(reader: Reader) -> None:
    first = ask_slowly(reader, "a")
    waiting = reader.ask(lambda _: 1, "b")
    other = reader.ask(lambda _: 2, "c")
    newer = reader.ask(lambda _: 3, "b")
    reader.ask(lambda _: 0, "a")
    assert newer.result(5) == 3 and other.result(5) == 2
    assert waiting.cancelled() and first.cancelled()


def test_questions_without_a_key_are_all_answered_in_order(reader: Reader) -> None:
    seen: list[int] = []
    futures = [reader.ask(partial(_note, seen, n)) for n in range(20)]
    for future in futures:
        future.result(5)
    assert seen == list(range(20))


def test_a_bug_reaches_the_asker_as_it_is(reader: Reader) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        reader.ask(lambda c: c.execute("SELECT * FROM nowhere")).result(5)
    with pytest.raises(ZeroDivisionError):
        reader.ask(lambda _: 1 // 0).result(5)


def test_a_damaged_file_is_told_with_its_sentence(tmp_path: Path) -> None:
    path = tmp_path / "console.db"
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    before = path.read_bytes()
    with pytest.raises(EnvironmentFault) as told:
        SiteConsole(DataDir(tmp_path), SystemClock())
    assert told.value.code == "database.damaged"
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_of_ours_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "console.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    content, before = path.read_bytes(), threading.active_count()
    with pytest.raises(EnvironmentFault) as told:
        SiteConsole(DataDir(tmp_path), SystemClock())
    assert told.value.code == "database.damaged"
    assert threading.active_count() == before
    assert path.read_bytes() == content


def test_what_fails_before_the_schema_is_current_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    sqlite3.connect(path).close()
    reader = Reader(path, threading.Event())
    try:
        early = reader.ask(lambda c: c.execute("SELECT x FROM t").fetchone()[0])
        reader.ask(lambda _: None).result(5)
        assert not early.done()
        with sqlite3.connect(path) as writer:
            writer.execute("CREATE TABLE t AS SELECT 5 AS x")
        writer.close()
        reader.settle()
        assert early.result(5) == 5
    finally:
        reader.close()


def test_what_waits_for_the_schema_is_superseded_too(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    sqlite3.connect(path).close()
    reader = Reader(path, threading.Event())
    try:
        early = reader.ask(lambda c: c.execute("SELECT x FROM t"), "board")
        reader.ask(lambda _: None).result(5)
        later = reader.ask(lambda _: 8, "board")
        assert later.result(5) == 8 and early.cancelled()
    finally:
        reader.close()


def test_closing_cancels_what_waits_and_refuses_more(tmp_path: Path) -> None:
    path = tmp_path / "b.db"
    sqlite3.connect(path).close()
    settled = threading.Event()
    settled.set()
    reader = Reader(path, settled)
    under_way = ask_slowly(reader, "a")
    waiting = reader.ask(lambda _: 1)
    reader.close()
    reader.close()
    assert waiting.cancelled() and under_way.cancelled()
    with pytest.raises(RuntimeError):
        reader.ask(lambda _: 1)
