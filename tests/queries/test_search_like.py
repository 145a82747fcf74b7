"""Searching everything answers exactly as LIKE does, filters as Python does, page by page (QUALITY, Speed and attack 5)."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.queries import board, narrowing, register_search, search
from app.queries.board_view import BoardView, Chip, Sort
from app.queries.search import Asked, Kind
from app.queries.search_language import Field, Flag, Narrow
from app.ui.shell.initials import initials
from db import migrate, search_index
from db import search as index
from db.engine import open_writer
from db.search import pattern

DAY_MS = 86_400_000
SLOW = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much)
NOON = 1_752_465_600_000  # 2025-07-14 12:00 in Shanghai
STREETS = ("310105006", "310105009", "310105102")
PLACES = ("天山路街道", "虹桥街道", "新泾镇", "北新泾", "Zhongshan Rd")
THINGS = (
    "居民楼火灾",
    "电梯困人",
    "燃气泄漏",
    "道路塌陷",
    "100% 受损",
    "a_b%c\\d",
    '" OR 1 NEAR(x)',
    "Ünï É",
    "😀楼顶",
)
STATES = ("registered", "handling", "controlled", "closed", "void")
LEVELS = (None, None, "level_4", "level_3", "level_none", "level_1")
KINDS = {
    Kind.LOG: ("log_entry",),
    Kind.REPORT: ("oral_report", "report"),
    Kind.REGISTER: ("shelter", "point", "station", "vehicle"),
}
TEXT_OF = {
    **search_index.TEXTS,
    **{each.entity: each.text for each in register_search.REGISTERS},
}
SOURCE_OF = {each.entity: each.source for each in register_search.REGISTERS}


def put(connection: sqlite3.Connection, table: str, **values: Any) -> None:
    names = ", ".join(values)
    marks = ", ".join("?" for _ in values)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))


def fill(connection: sqlite3.Connection, count: int, seed: int) -> None:
    """Incidents with what hangs on them; a few records retracted, a few without times or texts."""
    chance = random.Random(seed)

    def text() -> str:
        rare = "".join(chr(chance.randint(0x4E00, 0x4E40)) for _ in range(chance.randint(0, 5)))
        return f"{chance.choice(PLACES)}{rare}{chance.randint(1, 99)}弄 {chance.choice(THINGS)}"

    def common(number: int) -> dict[str, Any]:
        return {
            "id": f"{number:05d}-{chance.randint(0, 999):03d}",
            "retracted": int(chance.random() < 0.05),
            "born_agency": chance.choice(("EMB", "FRD")),
        }

    for number in range(count):
        status = chance.choice(STATES)
        still = int(status not in ("closed", "void"))
        agency = chance.choice(("EMB", "FRD"))
        row = common(number)
        put(
            connection,
            "incident",
            **row,
            no=f"{agency}-202507{chance.randint(10, 14)}-{number:03d}",
            agency=agency,
            place=chance.choice((None, text())),
            what=chance.choice((None, *THINGS)),
            unit_code=chance.choice((None, *STREETS)),
            incident_level=chance.choice(LEVELS),
            type_code=chance.choice((None, "fire", "rescue")),
            class_code=chance.choice((None, "accident", "natural")),
            status=status,
            open=still,
            conflicts=int(chance.random() < 0.1),
            received_at=chance.choice((None, NOON - chance.randint(0, 5) * DAY_MS + chance.randint(0, 9))),
            next_due_at=NOON + chance.randint(-5, 5) if still and chance.random() < 0.5 else None,
        )
        of = chance.choice((None, row["id"]))
        at = chance.choice((None, *(NOON - chance.randint(0, 5) * DAY_MS + n for n in range(6))))
        role = chance.choice(("duty_officer", "duty_chief,leader"))
        entry = {"agency": agency, "at": at, "kind": chance.choice(("note", "call")), "author_role": role}
        put(
            connection,
            "log_entry",
            **common(number),
            **entry,
            text=chance.choice((None, text())),
            incident_id=of,
        )
        put(connection, "oral_report", **common(number), agency=agency, spoken_at=at, gist=text(), to_role="gov_duty_room",
            incident_id=row["id"])  # fmt: skip
        put(connection, "report", **common(number), agency=agency, sent_at=at, kind=chance.choice(("first", "final")),
            title=chance.choice((None, text())), text=text(), incident_id=row["id"])  # fmt: skip
        if number % 4 == 0:
            street = chance.choice((None, *STREETS))
            station = common(number)
            put(connection, "shelter", **common(number), code=f"B{number}", name=text(), address=text(), unit_code=street,
                state="open")  # fmt: skip
            put(
                connection,
                "point",
                **common(number),
                kind="hospital",
                name=text(),
                address=None,
                unit_code=street,
            )
            put(
                connection,
                "station",
                **station,
                code=f"X{number}",
                name=text(),
                address=text(),
                unit_code=street,
            )
            put(
                connection,
                "vehicle",
                **common(number),
                station_id=station["id"],
                call_sign=f"{text()}车",
                vehicle_state="10",
            )
    search_index.reindex(connection)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("like") / "console.db"
    migrate.create(path)
    connection = open_writer(path)
    fill(connection, 240, 3)
    yield connection
    connection.close()


def ask(words: tuple[str, ...] = (), narrow: Narrow | None = None) -> Asked:
    return Asked("EMB", "FRD", tuple((word,) for word in words), narrow)


def found(connection: sqlite3.Connection, kind: Kind, asked: Asked, size: int = 7) -> list[str]:
    """All of them, page by page, and their count."""
    ids: list[str] = []
    after = None
    while True:
        answer = search.find(connection, kind, asked, after, size)
        ids += [hit.id for hit in answer.rows]
        after = answer.end
        if after is None:
            break
    assert search.count(connection, kind, asked) == min(len(ids), search.COUNTED + 1)
    assert len(set(ids)) == len(ids)
    return ids


def by_like(connection: sqlite3.Connection, kind: Kind, word: str) -> list[str]:
    """The same word put to LIKE over the tables themselves."""
    ids: list[str] = []
    for entity in KINDS.get(kind, ("incident",)):
        rows = connection.execute(
            f"SELECT r.id FROM {SOURCE_OF.get(entity, f'{entity} r')} WHERE r.retracted = 0"
            f" AND {TEXT_OF[entity]} LIKE ? ESCAPE '\\'",
            (pattern(word),),
        )
        ids += [row[0] for row in rows]
    return sorted(ids)


@pytest.mark.parametrize("kind", list(Kind))
def test_random_substrings_are_answered_as_by_like(filled: sqlite3.Connection, kind: Kind) -> None:
    chance, total = random.Random(5), 0
    stock: list[str] = []
    for entity in KINDS.get(kind, ("incident",)):
        rows = filled.execute(f"SELECT {TEXT_OF[entity]} FROM {SOURCE_OF.get(entity, f'{entity} r')}")
        stock += [row[0] for row in rows if len(row[0]) > 6]
    for nth in range(250):
        text, length = chance.choice(stock), chance.randint(1, 6)
        at = chance.randrange(len(text) - length)
        word = text[at : at + length]
        word = word.swapcase() if nth % 3 == 0 else word
        word = word[:-1] + chance.choice("天楼x%_0😀") if nth % 10 == 0 else word
        expected = by_like(filled, kind, word)
        assert sorted(found(filled, kind, ask((word,)), 50)) == expected, word
        total += len(expected)
    assert total > 1000


@pytest.mark.parametrize("way", ["facets", "walk", "all"])
def test_every_way_of_searching_gives_the_same(
    filled: sqlite3.Connection, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = Narrow(((Field.STREET, STREETS[:1]), (Field.STATUS, ("closed", "handling"))))
    expected = {kind: found(filled, kind, ask(("路",), narrow)) for kind in Kind}
    monkeypatch.setattr(index, "FEW", 10_000 if way == "facets" else 0)
    monkeypatch.setattr(index, "MANY", 10_000 if way == "facets" else 0)
    monkeypatch.setattr(index, "WALK", 100_000 if way == "walk" else 1)
    index._KEPT.clear()
    assert {kind: found(filled, kind, ask(("路",), narrow)) for kind in Kind} == expected
    bare = {kind: found(filled, kind, ask((), narrow)) for kind in Kind}
    assert all(bare[kind] for kind in Kind if kind is not Kind.REGISTER)
    monkeypatch.undo()
    assert {kind: found(filled, kind, ask((), narrow)) for kind in Kind} == bare


INJECTIONS = (
    '"', "'", "*", "(", ")", "^", "-", "+", ":", "AND", "OR", "NOT", "NEAR(", 'x" OR "y', "grams:x", "{a b}:c", "%", "_",
    "\\", "%%", "\\%", "[a-z]", "?", ";", "--", "' OR 1=1 --", "'; DROP TABLE incident; --", "\n", "\t", "天%",
    "json_each(:l0)", ":n_street_0",
)  # fmt: skip


@pytest.mark.parametrize("text", INJECTIONS)
def test_what_is_typed_is_never_a_query(filled: sqlite3.Connection, text: str) -> None:
    for kind in Kind:
        assert sorted(found(filled, kind, ask((text,)), 200)) == by_like(filled, kind, text)
    narrow = Narrow(texts=((Field.NUMBER, text), (Field.PLACE, text)))
    everything = filled.execute("SELECT count(*) FROM incident").fetchone()[0]
    assert len(found(filled, Kind.INCIDENT, ask((), narrow))) < everything
    for of in (Field.STREET, Field.LEVEL, Field.STATUS, Field.AGENCY, Field.ROLE, Field.TYPE):
        keys = (text, f"type:{text}", f"log:{text}", f"register:{text}")
        for kind in Kind:
            assert found(filled, kind, ask((), Narrow(((of, keys),)))) == []
    assert filled.execute("SELECT count(*) FROM incident").fetchone()[0] == everything


# -- filters -----------------------------------------------------------------------------------------------------------
def some_of(of: Field, *values: str) -> st.SearchStrategy[tuple[Field, tuple[str, ...]]]:
    chosen = st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)
    return st.tuples(st.just(of), chosen.map(tuple))


NARROWS = st.builds(
    Narrow,
    st.lists(
        st.one_of(
            some_of(Field.STREET, *STREETS),
            some_of(Field.LEVEL, "level_1", "level_3", "level_none"),
            some_of(Field.STATUS, *STATES),
            some_of(Field.AGENCY, "FRD"),
            some_of(Field.TYPE, "type:fire", "class:natural", "log:call"),
        ),
        max_size=2,
        unique_by=lambda each: each[0],
    ).map(tuple),
    st.sampled_from(((), ((Field.NUMBER, "14-0"),), ((Field.PLACE, "天山"),), ((Field.EVENT, "灾"),))),
    st.frozensets(st.sampled_from((Flag.OPEN, Flag.CLOSED, Flag.CONFLICT)), max_size=2),
    st.sampled_from((None, ("2025-07-14", "2025-07-14"), ("2025-07-10", "2025-07-12"))),
)


def fits(row: sqlite3.Row, narrow: Narrow) -> bool:
    """An incident as Python reads the filters."""
    keys = dict(narrow.keys)
    level = row["incident_level"] or "level_none"
    types = {f"type:{row['type_code']}", f"class:{row['class_code']}"}
    said = {
        Field.NUMBER: (row["no"] or "",),
        Field.PLACE: (row["place"] or "", row["address_note"] or ""),
        Field.EVENT: (row["what"] or "",),
    }
    bounds = narrowing.bounds(narrow.days) if narrow.days else None
    return (
        row["unit_code"] in keys.get(Field.STREET, (row["unit_code"],))
        and level in keys.get(Field.LEVEL, (level,))
        and row["status"] in keys.get(Field.STATUS, (row["status"],))
        and row["agency"] in keys.get(Field.AGENCY, (row["agency"],))
        and (Field.TYPE not in keys or bool(types & set(keys[Field.TYPE])))
        and all(any(text in each for each in said[of]) for of, text in narrow.texts)
        and (Flag.OPEN not in narrow.flags or row["open"] == 1)
        and (Flag.CLOSED not in narrow.flags or row["open"] == 0)
        and (Flag.CONFLICT not in narrow.flags or row["conflicts"] > 0)
        and (
            bounds is None or (row["received_at"] is not None and bounds[0] <= row["received_at"] < bounds[1])
        )
    )


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(NARROWS, st.sampled_from((None, "路", "火灾")), st.sampled_from((3, 60)))
def test_filters_of_incidents(
    filled: sqlite3.Connection, narrow: Narrow, word: str | None, size: int
) -> None:
    rows = filled.cursor()
    rows.row_factory = sqlite3.Row
    everything = rows.execute("SELECT * FROM incident WHERE retracted = 0").fetchall()
    holding = set(by_like(filled, Kind.INCIDENT, word)) if word else {row["id"] for row in everything}
    expected = {row["id"] for row in everything if fits(row, narrow)} & holding
    asked = ask((word,) if word else (), narrow)
    assume(asked)
    assert set(found(filled, Kind.INCIDENT, asked, size)) == expected
    # the board in its own orders and its figures say the same
    for sort in (Sort.DEADLINE, Sort.STREET):
        view = BoardView("EMB", "FRD", asked.words, sort=sort, narrow=narrow)
        shown = [row.id for row in board.every_row(filled, view)]
        assert set(shown) == expected
        assert len(shown) == len(expected)
    tally = board.counts(filled, BoardView("EMB", "FRD", asked.words, narrow=narrow), NOON, 600).shown
    assert tally.open + tally.closed == len(expected)
    some = sorted(expected)[:5]
    assert {
        row.id for row in board.rows(filled, BoardView("EMB", "FRD", asked.words, narrow=narrow), some)
    } == set(some)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(NARROWS, st.sampled_from((None, "弄")))
def test_filters_of_what_speaks_of_an_incident(
    filled: sqlite3.Connection, narrow: Narrow, word: str | None
) -> None:
    """Street, level, state are asked of the incident; time, agency and kind are the record's own."""
    rows = filled.cursor()
    rows.row_factory = sqlite3.Row
    own = dict(narrow.keys)
    of_incident = Narrow(
        tuple(each for each in narrow.keys if each[0] not in (Field.AGENCY, Field.TYPE)),
        narrow.texts,
        narrow.flags,
    )
    speaking = {
        row["id"] for row in rows.execute("SELECT * FROM incident").fetchall() if fits(row, of_incident)
    }
    bounds = narrowing.bounds(narrow.days) if narrow.days else None
    expected = set()
    holding = set(by_like(filled, Kind.LOG, word)) if word else None
    for row in rows.execute("SELECT * FROM log_entry WHERE retracted = 0").fetchall():
        if (
            (holding is None or row["id"] in holding)
            and (not of_incident or row["incident_id"] in speaking)
            and row["agency"] in own.get(Field.AGENCY, (row["agency"],))
            and f"log:{row['kind']}" in own.get(Field.TYPE, (f"log:{row['kind']}",))
            and (bounds is None or (row["at"] is not None and bounds[0] <= row["at"] < bounds[1]))
        ):
            expected.add(row["id"])
    asked = ask((word,) if word else (), narrow)
    assume(asked)
    assert set(found(filled, Kind.LOG, asked)) == expected


def test_results_stand_newest_first_across_both_kinds_of_reports(filled: sqlite3.Connection) -> None:
    answer = search.find(filled, Kind.REPORT, ask(("弄",)), None, 1000)
    places = [((hit.at is None), -(hit.at or 0)) for hit in answer.rows if isinstance(hit, search.TextHit)]
    assert places == sorted(places)
    assert {hit.entity for hit in answer.rows if isinstance(hit, search.TextHit)} == {"oral_report", "report"}


def test_who_owes_is_found_among_what_is_open(filled: sqlite3.Connection) -> None:
    ours = found(filled, Kind.INCIDENT, ask((), Narrow(flags=frozenset({Flag.OURS}))))
    theirs = found(filled, Kind.INCIDENT, ask((), Narrow(flags=frozenset({Flag.THEIRS}))))
    assert ours and theirs and not set(ours) & set(theirs)
    by_chip = {row.id for row in board.every_row(filled, BoardView("EMB", "FRD", chip=Chip.OURS))}
    assert set(ours) == by_chip
    for kind in (Kind.LOG, Kind.REPORT, Kind.REGISTER):
        assert found(filled, kind, ask((), Narrow(flags=frozenset({Flag.OURS})))) == []


def test_roles_are_those_of_who_wrote(filled: sqlite3.Connection) -> None:
    chiefs = found(filled, Kind.LOG, ask((), Narrow(((Field.ROLE, ("leader",)),))))
    stored = filled.execute(
        "SELECT count(*) FROM log_entry WHERE author_role LIKE '%leader' AND retracted = 0"
    )
    assert len(chiefs) == stored.fetchone()[0] > 0
    assert found(filled, Kind.INCIDENT, ask((), Narrow(((Field.ROLE, ("leader",)),)))) == []


def test_registers_are_found_by_street_kind_and_initials(tmp_path: Path) -> None:
    migrate.create(tmp_path / "console.db")
    connection = open_writer(tmp_path / "console.db")
    put(connection, "shelter", id="s1", code="B1", name="虹桥中学", unit_code=STREETS[1], state="open")
    put(connection, "station", id="t1", code="X1", name="天山消防站", unit_code=STREETS[0])
    put(connection, "vehicle", id="v1", call_sign="天山1号", station_id="t1", vehicle_state="10")
    put(connection, "point", id="p1", kind="hospital", name="同仁医院", unit_code=STREETS[0], retracted=1)

    def named(word: str) -> list[str]:
        return [
            hit.id for hit in search.find(connection, Kind.REGISTER, ask((word,)), None, 9, initials).rows
        ]

    assert named("tsxf") == ["t1"]
    assert named("hqzx") == ["s1"]
    assert named("天山") == ["t1", "v1"]
    assert named("trყy") == []
    assert named("t") == []
    put(connection, "shelter", id="s2", code="B2", name="虹桥中学东区", unit_code=STREETS[1], state="closed")
    assert named("hqzx") == ["s1", "s2"]
    connection.execute("UPDATE shelter SET name = '仙霞小学', updated_at = 9 WHERE id = 's2'")
    assert named("hqzx") == ["s1"]
    street = ask((), Narrow(((Field.STREET, (STREETS[0],)),)))
    assert found(connection, Kind.REGISTER, street) == ["t1", "v1"]
    assert found(connection, Kind.REGISTER, ask((), Narrow(((Field.TYPE, ("register:vehicle",)),)))) == ["v1"]
    assert found(connection, Kind.REGISTER, ask(("山",), Narrow(((Field.LEVEL, ("level_1",)),)))) == []
    connection.close()


def test_nothing_asked_finds_nothing(filled: sqlite3.Connection) -> None:
    for kind in Kind:
        assert found(filled, kind, ask()) == []
