"""Search answers exactly as LIKE does, whatever is typed, and the index follows the rows (QUALITY, Speed and attack 5)."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import migrate, search, search_index
from db.engine import open_reader, open_writer
from db.search import Odds, Order, Stretch, Wanted

BY = "r.received_at DESC, r.id"
NEWEST = Order(BY, "ix_incident_received_at", (Stretch("1", BY),), "r.retracted = 0")
STREETS = ("天山路街道", "虹桥街道", "新泾镇", "北新泾街道", "Zhongshan Rd")
THINGS = (
    "居民楼火灾",
    "电梯困人",
    "燃气泄漏",
    "道路塌陷",
    "100% 受损",
    "a_b%c\\d",
    '" OR 1 NEAR(x)',
    "Ünïcode ÉÀ",
    "😀楼顶",
)


def add(
    connection: sqlite3.Connection, number: int, place: str | None, what: str | None, retracted: int = 0
) -> str:
    """One incident straight into the table."""
    connection.execute(
        "INSERT INTO incident (id, no, place, what, received_at, open, retracted) VALUES (?, ?, ?, ?, ?, 0, ?)",
        (f"i{number:05d}", f"FRD-20250714-{number:03d}", place, what, (number * 7919) % 1000, retracted),
    )
    return f"i{number:05d}"


def fill(connection: sqlite3.Connection, count: int, seed: int = 1) -> None:
    """Incidents of common and rare words."""
    chance = random.Random(seed)
    for number in range(count):
        rare = "".join(chr(chance.randint(0x4E00, 0x4E60)) for _ in range(chance.randint(0, 6)))
        place = chance.choice(STREETS) + rare + str(chance.randint(1, 99)) + "弄"
        add(connection, number, place, chance.choice(THINGS), int(chance.random() < 0.05))
    search_index.reindex(connection)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """600 incidents with their index."""
    path = tmp_path_factory.mktemp("search") / "console.db"
    migrate.create(path)
    connection = open_writer(path)
    fill(connection, 600)
    yield connection
    connection.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A new database."""
    migrate.create(tmp_path / "console.db")
    connection = open_writer(tmp_path / "console.db")
    yield connection
    connection.close()


def by_like(connection: sqlite3.Connection, text: str, limit: int = 10_000) -> list[str]:
    """The same question put to LIKE over the incident table itself."""
    for special in "\\%_":
        text = text.replace(special, "\\" + special)
    rows = connection.execute(
        f"SELECT r.id FROM incident r WHERE {search_index.TEXTS['incident']} LIKE ? ESCAPE '\\'"
        f" AND r.retracted = 0 ORDER BY {BY} LIMIT ?",
        (f"%{text}%", limit),
    )
    return [row[0] for row in rows]


def by_index(connection: sqlite3.Connection, text: str, limit: int = 10_000) -> list[str]:
    """Ids found by the index."""
    rowids = search.ordered(connection, "incident", Wanted.text(text), NEWEST, limit)
    return [connection.execute("SELECT id FROM incident WHERE rowid = ?", (n,)).fetchone()[0] for n in rowids]


def texts(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT text FROM search_incident ORDER BY n")]


def test_a_thousand_random_substrings_are_answered_as_by_like(filled: sqlite3.Connection) -> None:
    chance, found = random.Random(42), 0
    stock = texts(filled)
    for nth in range(1000):
        text, length = chance.choice(stock), chance.randint(1, 6)
        at = chance.randrange(len(text) - length)
        word = text[at : at + length]
        if nth % 3 == 0:
            word = word.swapcase()
        if nth % 10 == 0:
            word = word[:-1] + chance.choice("天楼x%_0😀")
        expected = by_like(filled, word, 50)
        assert by_index(filled, word, 50) == expected, word
        found += len(expected)
    assert found > 5000


@pytest.mark.parametrize("way", ["walk", "few", "all"])
def test_every_way_of_searching_gives_the_same(
    filled: sqlite3.Connection, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "walk":
        monkeypatch.setattr(search, "NEAR", 0)
    else:
        monkeypatch.setattr(search, "NEAR", 10_000)
        monkeypatch.setattr(search, "FEW", 10_000 if way == "few" else 0)
        monkeypatch.setattr(search, "WALK", 1 if way == "all" else 25_000)
    search._KEPT.clear()
    for word in ("街道", "火灾", "天山路街道", "居民楼火灾", "弄", "% 受损", "新泾", "1弄居"):
        for limit in (1, 7, 50, 10_000):
            assert by_index(filled, word, limit) == by_like(filled, word, limit), (way, word, limit)


def test_frequent_words_are_not_sorted_and_rare_ones_not_walked_for(
    empty: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(400):
        add(empty, number, "天山路街道", "罕见之事" if number == 7 else "火灾")
    search_index.reindex(empty)
    search._KEPT.clear()
    walked: list[str] = []
    walk = search._walk

    def walking(
        connection: sqlite3.Connection, entity: str, wanted: Wanted, order: Order, limit: int
    ) -> list[int] | None:
        walked.append(str(wanted.words))
        return walk(connection, entity, wanted, order, limit)

    monkeypatch.setattr(search, "_walk", walking)
    assert len(by_index(empty, "火灾", 10)) == 10
    assert walked
    walked.clear()
    assert by_index(empty, "罕见之事", 10) == ["i00007"]
    assert not walked


INJECTIONS = (
    '"', "'", "*", "(", ")", "^", "-", "+", ":", "AND", "OR", "NOT", "NEAR(", 'x" OR "y', "grams:x", "{a b}:c", "%", "_",
    "\\", "%%", "\\%", "a_b", "[a-z]", "?", ";", "--", "' OR 1=1 --", "\x00", "a\x00b", "\ud800", "\n", " ", "\t", "天%",
    "search_incident_grams",
)  # fmt: skip


@pytest.mark.parametrize("text", INJECTIONS)
def test_what_is_typed_is_never_a_query(filled: sqlite3.Connection, text: str) -> None:
    if text.isprintable() or text.isspace():
        assert by_index(filled, text) == by_like(filled, text)
    else:
        assert by_index(filled, text) == []
    assert set(Odds.of(filled, "incident", Wanted.text(text)).match) <= set('0123456789abcdefz" ANDOR()')


def test_like_does_not_fold_letters_beyond_ascii(filled: sqlite3.Connection) -> None:
    assert by_index(filled, "ZHONGSHAN rd")
    assert by_index(filled, "Ünï") and not by_index(filled, "üNï")
    assert by_index(filled, "Ünï") == by_like(filled, "Ünï")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text(alphabet="天山路AaBb1%_\\\"' \x00é😀", min_size=0, max_size=9), min_size=1, max_size=12),
    st.text("天山路aB1%_\\ é😀", min_size=1, max_size=4),
)
def test_any_text_in_any_record(empty: sqlite3.Connection, whats: list[str], word: str) -> None:
    empty.execute("DELETE FROM incident")
    for number, what in enumerate(whats):
        add(empty, number, None, what.replace("\x00", " "))
    search_index.reindex(empty)
    assert by_index(empty, word) == by_like(empty, word)


def test_words_are_all_wanted_each_by_any_spelling(empty: sqlite3.Connection) -> None:
    ids = [
        add(empty, 1, "天山路街道", "火灾"),
        add(empty, 2, "虹桥街道", "火灾"),
        add(empty, 3, "天山路街道", "内涝"),
        add(empty, 4, "新泾镇", "火灾"),
    ]
    search_index.reindex(empty)

    def find(*words: tuple[str, ...]) -> set[str]:
        rowids = search.ordered(empty, "incident", Wanted(words), NEWEST, 50)
        return {ids[n - 1] for n in rowids}

    assert find(("天山路",), ("火灾",)) == {"i00001"}
    assert find(("天山路", "虹桥街"), ("火灾",)) == {"i00001", "i00002"}
    assert find(("街",), ("灾", "涝")) == {"i00001", "i00002", "i00003"}
    assert find(("镇街",)) == set()


def test_a_word_may_reach_from_the_place_into_the_event(empty: sqlite3.Connection) -> None:
    add(empty, 1, "天山路某居民楼", "火灾")
    search_index.reindex(empty)
    assert by_index(empty, "楼火") == ["i00001"]
    assert by_index(empty, "0714-001") == ["i00001"]


def test_the_index_follows_changes(empty: sqlite3.Connection) -> None:
    added = [add(empty, 1, "天山路", "火灾"), add(empty, 2, None, None)]
    assert search_index.index(empty, "incident", added) == 2
    assert by_index(empty, "火") == ["i00001"]
    assert search_index.index(empty, "incident", added) == 0  # nothing changed: nothing written
    empty.execute("UPDATE incident SET what = '内涝' WHERE id = 'i00001'")
    assert by_index(empty, "火") == ["i00001"]  # not yet told
    assert search_index.index(empty, "incident", ["i00001", "unknown"]) == 1
    assert by_index(empty, "火") == []
    assert by_index(empty, "路内") == ["i00001"]
    empty.execute("UPDATE incident SET what = NULL, place = 'x' WHERE id = 'i00001'")
    search_index.index(empty, "incident", ["i00001"])
    assert by_index(empty, "涝") == []
    changed = empty.execute("SELECT text FROM search_incident").fetchall()
    search_index.reindex(empty)
    assert empty.execute("SELECT text FROM search_incident").fetchall() == changed


def test_nul_never_hides_the_rest_of_a_text(empty: sqlite3.Connection) -> None:
    add(empty, 1, "天山\0路", "火灾")
    search_index.reindex(empty)
    assert by_index(empty, "火灾") == ["i00001"]


def test_log_entries_are_searched(empty: sqlite3.Connection) -> None:
    for number in range(5):
        empty.execute(
            "INSERT INTO log_entry (id, at, text) VALUES (?, ?, ?)",
            (f"l{number}", number, f"14:0{number} 接报：冒烟"),
        )
    search_index.reindex(empty)
    by = "r.at DESC, r.id"
    order = Order(by, "ix_log_entry_at", (Stretch("1", by),))
    assert search.ordered(empty, "log_entry", Wanted.text("03 接"), order, 9) == [4]
    assert search.ordered(empty, "log_entry", Wanted.text("冒烟"), order, 2) == [5, 4]


def test_stretches_limit_what_is_found(filled: sqlite3.Connection) -> None:
    whole = search.ordered(filled, "incident", Wanted.text("街道"), NEWEST, 10_000)
    older = replace(NEWEST, stretches=(Stretch("r.received_at < :than", BY, {"than": 500}),))
    part = search.ordered(filled, "incident", Wanted.text("街道"), older, 10_000)
    assert 0 < len(part) < len(whole)
    assert part == whole[-len(part) :]


def test_too_long_or_empty_words_are_refused() -> None:
    assert not Wanted.text("")
    assert not Wanted(())
    for words in ((("",),), ((),), (("x" * (search.LONGEST + 1),),)):
        with pytest.raises(ValueError, match="word"):
            Wanted(words)


def test_a_long_word_is_found(empty: sqlite3.Connection) -> None:
    text = "".join(chr(0x4E00 + n) for n in range(800))
    add(empty, 1, text, "x")
    search_index.reindex(empty)
    assert by_index(empty, text[3:790]) == ["i00001"]
    assert by_index(empty, text[3:790] + "x") == []


def test_a_reader_without_index_is_told_apart(empty: sqlite3.Connection) -> None:
    assert search_index.present(empty)
    assert not search_index.present(sqlite3.connect(":memory:"))


def test_readers_hold_no_snapshot_after_a_search(filled: sqlite3.Connection) -> None:
    path = filled.execute("PRAGMA database_list").fetchone()[2]
    reader = open_reader(Path(path))
    search.ordered(reader, "incident", Wanted.text("街道"), NEWEST, 3)
    filled.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert filled.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    reader.close()
