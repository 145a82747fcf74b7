"""The board's pages, filters and counts against the plainest possible computation (RC-01, RP-07, D-02, D-03, D-19)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.queries import board
from app.queries.board_view import BoardRow, BoardView, Chip, Counts, Seen, Sort, Tally, words_of
from app.queries.disputes import Disputed
from db import migrate, search, search_index
from db.engine import open_writer
from db.given import ID, packed

NOW = 1_752_495_367_000
MINUTE = 60_000
EMB = BoardView("EMB", "FRD")
FRD = BoardView("FRD", "EMB")
ORDERS = (EMB, replace(EMB, sort=Sort.RECEIVED))


@pytest.fixture(scope="module")
def shared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new database file."""
    path = tmp_path_factory.mktemp("board") / "console.db"
    migrate.create(path)
    return path


@pytest.fixture
def db(shared_file: Path) -> Iterator[sqlite3.Connection]:
    """The file, emptied."""
    connection = open_writer(shared_file)
    connection.execute("PRAGMA synchronous=OFF")
    clear(connection)
    yield connection
    connection.close()


def clear(connection: sqlite3.Connection) -> None:
    for table in ("incident", "alarm_unit", "conflict", "site", "peer_ack"):
        connection.execute(f"DELETE FROM {table}")
    search_index.reindex(connection)


def add(connection: sqlite3.Connection, incident_id: str, **values: Any) -> str:
    """One incident; open, handling, received now unless told otherwise."""
    row = {"id": incident_id, "open": 1, "status": "handling", "received_at": NOW, "agency": "EMB", **values}
    names = ", ".join(row)
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO incident ({names}) VALUES ({marks})", tuple(row.values()))
    search_index.index(connection, "incident", [incident_id])
    return incident_id


def pages(connection: sqlite3.Connection, view: BoardView, limit: int) -> list[str]:
    """Ids of all pages, one after the other."""
    found: list[str] = []
    page = board.page(connection, view, None, limit)
    while True:
        assert len(page.rows) <= limit
        found += [row.id for row in page.rows]
        if page.end is None:
            return found
        page = board.page(connection, view, page.end, limit)


def plainly(rows: list[dict[str, Any]], view: BoardView) -> list[str]:
    """The order, said in Python."""

    def key(row: dict[str, Any]) -> tuple[Any, ...]:
        received = (0, -row["received_at"]) if row["received_at"] is not None else (1, 0)
        due = (0, row["next_due_at"]) if row["next_due_at"] is not None else (1, 0)
        return (
            (*received, row["id"])
            if view.sort is Sort.RECEIVED
            else (-row["open"], *due, *received, row["id"])
        )

    return [row["id"] for row in sorted((r for r in rows if not r["retracted"]), key=key)]


INCIDENTS = st.lists(
    st.fixed_dictionaries(
        {
            "open": st.sampled_from([0, 1]),
            "next_due_at": st.sampled_from([None, None, NOW - 5, NOW, NOW + 1, NOW + MINUTE]),
            "received_at": st.sampled_from([None, NOW - 3, NOW - 2, NOW - 1, NOW]),
            "retracted": st.sampled_from([0, 0, 0, 1]),
            "what": st.sampled_from(["火灾", "内涝", "火灾内涝"]),
        }
    ),
    max_size=30,
)
HYPOTHESIS = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@HYPOTHESIS
@given(INCIDENTS, st.integers(1, 7), st.sampled_from(ORDERS), st.randoms())
def test_pages_hold_every_row_once_in_order(
    db: sqlite3.Connection, rows: list[dict[str, Any]], limit: int, view: BoardView, chance: Any
) -> None:
    clear(db)
    order = list(range(len(rows)))
    chance.shuffle(order)
    for at in order:
        rows[at]["id"] = f"i{at:02d}"
        add(db, **{"incident_id" if k == "id" else k: v for k, v in rows[at].items()})
    assert pages(db, view, limit) == plainly(rows, view)
    found = board.page(db, view, None, 100).rows
    assert [view.key(row) for row in found] == sorted(view.key(row) for row in found)


@HYPOTHESIS
@given(
    INCIDENTS,
    st.integers(1, 7),
    st.sampled_from(ORDERS),
    st.sampled_from(["火", "火灾", "灾内涝", "雪"]),
    st.booleans(),
)
def test_pages_of_a_filter_hold_what_it_lets_through(
    db: sqlite3.Connection, rows: list[dict[str, Any]], limit: int, order: BoardView, word: str, walking: bool
) -> None:
    clear(db)
    search._KEPT.clear()
    for at, row in enumerate(rows):
        row["id"] = f"i{at:02d}"
        add(db, **{"incident_id" if k == "id" else k: v for k, v in row.items()})
    view = replace(order, words=words_of(word))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "NEAR", 0 if walking else 10_000)
        assert pages(db, view, limit) == plainly([row for row in rows if word in row["what"]], order)


@pytest.mark.parametrize("view", ORDERS)
def test_every_page_is_read_from_the_index_without_sorting(db: sqlite3.Connection, view: BoardView) -> None:
    for number in range(30):
        add(
            db,
            f"i{number:02d}",
            received_at=NOW - number // 3,
            next_due_at=None if number % 2 else NOW + number,
        )
    statements: list[str] = []
    db.set_trace_callback(statements.append)
    first = board.page(db, view, None, 5)
    second = board.page(db, view, first.end, 5)
    assert second.end is not None
    db.set_trace_callback(None)
    asked = [sql for sql in statements if " INDEXED BY " in sql]
    assert len(asked) >= 3
    for sql in asked:
        plan = [row[3] for row in db.execute("EXPLAIN QUERY PLAN " + sql)]
        assert any("ix_incident" in line for line in plan), plan
        sorting = [line for line in plan if "TEMP B-TREE" in line]
        one_moment = any("received_at=?" in line for line in plan)
        if view.sort is Sort.RECEIVED:  # ids of one and the same moment are sorted among themselves
            sorting = [line for line in sorting if "RIGHT PART" not in line and not one_moment]
        assert not sorting, (sql, plan)
    assert not any("OFFSET" in sql.upper() for sql in statements)


def test_a_row_holds_what_is_painted(db: sqlite3.Connection) -> None:
    add(
        db, "i1", no="FRD-20250714-016", agency="FRD", place="北新泾街道某仓库", what="冒烟", incident_level="level_4",
        next_due_at=NOW + 5, next_clock="oral_report", owes_reports=1, status_reason=None, updated_at=NOW,
    )  # fmt: skip
    (row,) = board.page(db, EMB).rows
    assert row == BoardRow(
        "i1", "FRD-20250714-016", "FRD", "北新泾街道某仓库", "冒烟", None, "level_4", "handling", None, 1, NOW, NOW + 5,
        "oral_report", 1, NOW, None, None, None, None, None, None, None, None, None, ("FRD",), None, (),
    )  # fmt: skip
    assert row.title == "北新泾街道某仓库 冒烟"


@pytest.mark.parametrize(
    ("place", "what", "title"),
    [
        ("天山路", "火灾", "天山路 火灾"),
        ("3楼", "三楼商铺起火", "3楼 三楼商铺起火"),
        ("天山路", "天山路火灾", "天山路火灾"),
        ("天山路火灾现场", "火灾", "天山路火灾现场"),
        ("Road 5", "Fire", "Road 5 Fire"),
        (None, "火灾", "火灾"),
        ("天山路", None, "天山路"),
        (None, None, ""),
    ],
)
def test_titles(db: sqlite3.Connection, place: str | None, what: str | None, title: str) -> None:
    add(db, "i1", place=place, what=what)
    assert board.page(db, EMB).rows[0].title == title


def unit(
    connection: sqlite3.Connection, unit_id: str, incident_id: str, agency: str, arrived_at: int | None
) -> None:
    connection.execute(
        "INSERT INTO alarm_unit (id, incident_id, born_agency, arrived_at) VALUES (?, ?, ?, ?)",
        (unit_id, incident_id, agency, arrived_at),
    )


def test_the_first_arrived_owes_else_who_took_the_call(db: sqlite3.Connection) -> None:
    """RP-01, D-03: within the same minute the fire side; nobody there: who registered."""
    for name in ("nobody", "frd", "emb", "tie", "idle"):
        add(db, name, next_due_at=None if name == "idle" else NOW, next_clock="oral_report", agency="EMB")
    unit(db, "u0", "nobody", "FRD", None)
    unit(db, "u1", "frd", "FRD", NOW - 5 * MINUTE)
    unit(db, "u2", "frd", "EMB", NOW)
    unit(db, "u3", "emb", "EMB", NOW - 5 * MINUTE)
    unit(db, "u4", "emb", "FRD", NOW)
    minute = NOW // MINUTE * MINUTE
    unit(db, "u5", "tie", "EMB", minute + 1)
    unit(db, "u6", "tie", "FRD", minute + 59_000)
    owed = {row.id: row.owed_by for row in board.page(db, EMB).rows}
    assert owed == {"nobody": ("EMB",), "frd": ("FRD",), "emb": ("EMB",), "tie": ("FRD",), "idle": ()}
    ours = board.page(db, replace(EMB, chip=Chip.OURS)).rows
    assert sorted(row.id for row in ours) == ["emb", "nobody"]
    theirs = board.page(db, replace(FRD, chip=Chip.OURS)).rows
    assert sorted(row.id for row in theirs) == ["frd", "tie"]


def test_what_we_owe_comes_in_pages_too(db: sqlite3.Connection) -> None:
    for number in range(11):
        add(
            db, f"i{number:02d}", next_due_at=NOW + number, agency="EMB" if number % 3 else "FRD", what="火灾"
        )
    add(db, "closed", open=0)
    view = replace(EMB, chip=Chip.OURS)
    expected = [f"i{number:02d}" for number in range(11) if number % 3]
    assert pages(db, view, 3) == expected
    assert pages(db, replace(view, words=words_of("火")), 2) == expected
    assert pages(db, replace(view, words=words_of("雪")), 2) == []
    assert pages(db, replace(view, sort=Sort.RECEIVED), 3) == expected


def conflict(connection: sqlite3.Connection, incident_id: str, field: str, *values: Any) -> None:
    for at, value in enumerate(values):
        connection.execute(
            "INSERT INTO conflict (entity, entity_id, field, hash, value, agency, actor, site, written_at, shown)"
            " VALUES ('incident', ?, ?, ?, ?, 'EMB', 'a', 's', ?, ?)",
            (incident_id, field, bytes([at]), msgspec.msgpack.encode(value), NOW + at, int(not at)),
        )
    connection.execute("UPDATE incident SET conflicts = conflicts + 1 WHERE id = ?", (incident_id,))


def test_conflicts_show_field_and_values_and_can_be_asked_for(db: sqlite3.Connection) -> None:
    for name in ("a", "b", "c"):
        add(db, name, what="火灾" if name == "a" else "内涝", open=int(name != "c"))
    conflict(db, "a", "alarm_grade", 4, 6)
    conflict(db, "a", "place", "x", "y")
    conflict(db, "c", "place", "x", "y")
    rows = {row.id: row for row in board.page(db, EMB).rows}
    assert rows["a"].disputed == (Disputed("alarm_grade", (4, 6)), Disputed("place", ("x", "y")))
    assert rows["b"].disputed == ()
    view = replace(EMB, chip=Chip.CONFLICTS)
    assert pages(db, view, 1) == ["a", "c"]
    assert pages(db, replace(view, words=words_of("火")), 5) == ["a"]
    figures = board.counts(db, view, NOW, 600)
    assert (figures.conflicts, figures.shown) == (2, Tally(running=1, closed=1))


def operation(connection: sqlite3.Connection, n: int, site: str, seq: int, incident_id: str) -> None:
    connection.execute(
        "INSERT INTO op (n, hash, site, seq, prev, tx, tx_last, parents, hlc, scope, commitment, entity, entity_id)"
        " VALUES (?, ?, ?, ?, x'', ?, 1, x'', 5, 'joint', x'', 'incident', ?)",
        (n, n.to_bytes(4, "big"), site, seq, seq, incident_id),
    )


@pytest.mark.parametrize("little", [board.LITTLE, 0])
def test_mark_tells_what_a_console_of_the_partner_has_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, little: int
) -> None:
    """REPLICATION: ACK means projected there; nothing claims that a person has seen it. However much waits."""
    monkeypatch.setattr(board, "LITTLE", little)
    migrate.create(tmp_path / "console.db")
    db = open_writer(tmp_path / "console.db")
    for name in ("theirs", "delivered", "queued", "ours-again", "answered", "none"):
        add(db, name)
    db.execute(
        "INSERT INTO site (id, agency, state) VALUES ('E1', 'EMB', 'enrolled'), ('F1', 'FRD', 'enrolled'),"
        " ('F2', 'FRD', 'enrolled'), ('E2', 'EMB', 'enrolled')"
    )
    operation(db, 1, "E1", 1, "theirs")
    operation(db, 2, "F1", 1, "theirs")
    operation(db, 3, "E1", 2, "delivered")
    operation(db, 4, "F1", 2, "ours-again")
    operation(db, 5, "E1", 3, "ours-again")
    operation(db, 6, "E1", 4, "queued")
    operation(db, 7, "E1", 5, "answered")
    operation(db, 8, "F1", 3, "answered")
    db.execute("INSERT INTO peer_ack VALUES ('F1', 'E1', 2, 0), ('F2', 'E1', 3, 0), ('E2', 'E1', 9, 0)")
    states = {row.id: row.seen for row in board.page(db, EMB).rows}
    assert states == {
        "theirs": Seen.DELIVERED,
        "delivered": Seen.DELIVERED,
        "ours-again": Seen.DELIVERED,
        "queued": Seen.QUEUED,
        "answered": Seen.QUEUED,  # the partner wrote last, apart from us: what we wrote is not there yet
        "none": None,
    }
    db.execute("UPDATE site SET state = 'closed' WHERE id = 'F2'")
    again = {row.id: row.seen for row in board.page(db, EMB).rows}
    assert again["delivered"] is Seen.DELIVERED
    assert again["ours-again"] is Seen.QUEUED, "a console that was restored vouches for nothing"
    assert board.seen(db, [], "FRD") == {}
    db.close()


@pytest.mark.parametrize(
    ("due", "tally"),
    [
        (NOW - 1, Tally(overdue=1)),
        (NOW, Tally(soon=1)),  # D-02: the limit itself is on time
        (NOW + 600_000, Tally(soon=1)),
        (NOW + 600_001, Tally(running=1)),
        (None, Tally(running=1)),
    ],
)
def test_groups_change_at_the_exact_millisecond(
    db: sqlite3.Connection, due: int | None, tally: Tally
) -> None:
    add(db, "i1", next_due_at=due, agency="FRD")
    assert board.counts(db, EMB, NOW, 600) == Counts(tally, tally)
    assert tally.open == 1


def test_counts_are_of_everything_and_of_what_is_shown(db: sqlite3.Connection) -> None:
    add(db, "a", next_due_at=NOW - 1, what="火灾")
    add(db, "b", next_due_at=NOW + 1, agency="FRD", what="火灾")
    add(db, "c", what="内涝")
    add(db, "d", open=0, what="火灾")
    add(db, "e", open=0, retracted=1, what="火灾")
    add(db, "f", next_due_at=NOW, retracted=1)
    figures = board.counts(db, replace(EMB, words=words_of("火灾")), NOW, 600)
    assert figures == Counts(Tally(1, 1, 1, 1), Tally(1, 1, 0, 1), ours=1)
    ours = board.counts(db, replace(EMB, chip=Chip.OURS), NOW, 600)
    assert ours.shown == Tally(overdue=1)


def test_many_closed_incidents_are_not_counted_to_the_end(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        add(db, f"i{number}", open=0, what="火灾" if number < 6 else "内涝")
    monkeypatch.setattr(board, "COUNTED", 4)
    assert board.counts(db, EMB, NOW, 600).shown.closed == 5
    assert board.counts(db, replace(EMB, words=words_of("火灾")), NOW, 600).shown.closed == 5
    assert board.counts(db, replace(EMB, words=words_of("内涝")), NOW, 600).shown.closed == 2


def test_changed_rows_are_read_again_by_id(db: sqlite3.Connection) -> None:
    for name in ("a", "b", "c", "d"):
        add(
            db,
            name,
            what="火灾" if name != "b" else "内涝",
            next_due_at=NOW,
            agency="FRD" if name == "c" else "EMB",
        )
    add(db, "gone", retracted=1, what="火灾")
    unit(db, "u1", "d", "FRD", NOW)
    view = replace(EMB, words=words_of("火灾"))
    assert {row.id for row in board.rows(db, view, ["a", "b", "gone", "unknown"])} == {"a"}
    assert {row.id for row in board.rows(db, view, ["a"], ["u1", "nothing"])} == {"a", "d"}
    assert {row.id for row in board.rows(db, replace(EMB, chip=Chip.OURS), ["a", "c", "d"])} == {"a"}
    assert board.rows(db, replace(EMB, chip=Chip.CONFLICTS), ["a"]) == []
    (row,) = board.rows(db, EMB, ["a"])
    assert row in board.page(db, EMB).rows


IDS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\0\1ab"))


@given(st.lists(IDS))
@settings(deadline=None)
def test_ids_reach_a_query_as_they_are(ids: list[str]) -> None:
    connection = sqlite3.connect(":memory:")
    found = connection.execute(f"SELECT {ID} FROM json_each(?) j ORDER BY j.key", (packed(ids),))
    assert [each for (each,) in found] == ids
    connection.close()


def test_ids_that_begin_alike_are_told_apart(tmp_path: Path) -> None:
    """A peer may name an incident with U+0000 in it, after another one."""
    migrate.create(tmp_path / "console.db")
    db = open_writer(tmp_path / "console.db")
    twins = ["a", "a\0", "a\0b", "a\1a"]
    for number, name in enumerate(twins):
        add(db, name, next_due_at=NOW, agency="EMB", what=f"火{number}")
        conflict(db, name, "place", f"x{number}", "y")
        operation(db, number + 1, "F1", number + 1, name)
    unit(db, "u\0", "a\0b", "FRD", NOW)
    for name, number in zip(twins, range(4), strict=True):
        (row,) = board.rows(db, EMB, [name])
        assert (row.id, row.disputed) == (name, (Disputed("place", (f"x{number}", "y")),))
        assert row.owed_by == (("FRD",) if name == "a\0b" else ("EMB",))
        assert row.seen is not None
        assert pages(db, replace(EMB, words=words_of(f"火{number}")), 5) == [name]
    assert [row.id for row in board.rows(db, EMB, [], ["u\0"])] == ["a\0b"]
    assert {row.id for row in board.page(db, EMB).rows if row.seen} == set(twins)
    db.close()


def test_words_are_split_at_blanks_and_named_once() -> None:
    assert words_of("  天山路 火灾\t天山路 ") == (("天山路",), ("火灾",))
    assert words_of(" ") == ()


def test_the_board_query_is_light() -> None:
    """QUALITY, start: SQLAlchemy is not imported before the board is painted."""
    import subprocess
    import sys

    code = "import sys; import app.queries.board; print([m for m in ('sqlalchemy', 'msgspec', 'PySide6') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
