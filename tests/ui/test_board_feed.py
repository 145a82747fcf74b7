"""Feed and model against a list sorted anew: nothing is reset, nothing moves under a hand, nothing is read unseen."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPersistentModelIndex
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from app.kernel.changes import ACKNOWLEDGED, Change, ChangeSet
from app.kernel.enums import ChangeKind, Origin
from app.queries import board
from app.queries.board_view import PAGE, Chip, Sort, words_of
from app.ui.board import feed as feed_module
from app.ui.board.arrange import Head
from app.ui.board.feed import BoardFeed
from app.ui.board.model import TINT_MS, BoardModel
from app.ui.board.wording import Wording
from tests.ui.board_world import NOW, TEXTS, FakeConsole, FreeHands, new_database, settle


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    connection = new_database(tmp_path_factory.mktemp("feed"))
    yield connection
    connection.close()


class Stand:
    """Feed and model over a console, watched for resets and for broken promises of a Qt model."""

    def __init__(self, database: sqlite3.Connection, watched: bool = True) -> None:
        self.console = FakeConsole(database)
        self.console.clear()
        self.model = BoardModel(Wording(TEXTS["zh_CN"], "EMB", {}))
        if watched:  # the tester fetches more by itself
            fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
            self.tester = QAbstractItemModelTester(self.model, fatal)
        self.hands = FreeHands()
        self.feed = BoardFeed(self.console, self.model, self.hands)  # type: ignore[arg-type]
        self.resets = 0
        self.failures: list[Exception] = []
        self.model.modelReset.connect(self._count_reset)
        self.feed.failed.connect(self.failures.append)

    def _count_reset(self) -> None:
        self.resets += 1

    def open(self, **changes: Any) -> None:
        self.feed.open(replace(self.feed.view, **changes))
        settle()
        self.resets = 0

    def change(self, *ids: str, origin: Origin = Origin.LOCAL) -> None:
        self.console.publish(*ids, origin=origin)

    def hear(self, *ids: str, origin: Origin = Origin.LOCAL, entity: str = "incident") -> None:
        """News straight to the feed, without the relay's clock."""
        end = self.console.subscribe(self.feed.hear)
        self.console.publish(*ids, origin=origin, entity=entity)
        end()
        settle()

    def rows(self) -> list[str]:
        return [item for item in self.model.ids() if not item.startswith("#")]

    def expected(self) -> list[str]:
        """Heads and rows of the loaded part, from one long page sorted by SQLite."""
        wanted = board.page(self.console.connection, self.feed.view, None, 10_000).rows
        items: list[str] = []
        last = ""
        now = self.console.clock.now_ms()
        for row in wanted:
            group = "closed" if not row.open else "running"
            if row.open and row.due_at is not None and row.due_at - now <= 600_000:
                group = "overdue" if now > row.due_at else "soon"
            items += ["#" + group] if group != last else []
            items.append(row.id)
            last = group
        return items


@pytest.fixture
def stand(qapp: QApplication, database: sqlite3.Connection) -> Iterator[Stand]:
    made = Stand(database)
    yield made
    made.feed.stop()


DUES = st.sampled_from([None, NOW - 60_000, NOW + 1, NOW + 300_000, NOW + 900_000])
CHANGES = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.fixed_dictionaries(
            {
                "next_due_at": DUES,
                "open": st.sampled_from([1, 1, 0]),
                "retracted": st.sampled_from([0, 0, 0, 1]),
                "received_at": st.integers(NOW - 5, NOW),
                "what": st.sampled_from(["火灾", "内涝"]),
            }
        ),
        st.sampled_from(["local", "peer"]),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CHANGES, CHANGES, st.sampled_from([(), words_of("火")]), st.integers(1, 4))
def test_after_any_changes_the_board_is_as_if_read_anew(
    qapp: QApplication, database: sqlite3.Connection, before: Any, after: Any, words: Any, burst: int
) -> None:
    stand = Stand(database)
    for number, values, _ in before:
        stand.console.put(f"r{number:02d}", **values)
    stand.open(words=words)
    assert stand.model.ids() == stand.expected()
    pending: list[tuple[str, Origin]] = []
    for at, (number, values, origin) in enumerate(after):
        pending.append((stand.console.put(f"r{number:02d}", **values), Origin(origin)))
        if at % burst == 0:
            for incident_id, whose in pending:
                stand.hear(incident_id, origin=whose)
            pending.clear()
    for incident_id, whose in pending:
        stand.hear(incident_id, origin=whose)
    assert stand.model.ids() == stand.expected()
    for at, item in enumerate(stand.model.ids()):
        if not item.startswith("#"):
            row = stand.model.item(at)
            assert [row] == board.rows(database, stand.feed.view, [item])
    assert stand.resets == 0
    assert not stand.failures
    stand.feed.stop()


def test_a_change_reads_only_the_rows_it_names(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        stand.console.put(f"r{number:02d}", next_due_at=NOW + number * 1000)
    stand.open()
    asked: list[set[str]] = []
    real = board.rows

    def reading(connection: Any, view: Any, ids: set[str], units: set[str]) -> Any:
        asked.append(set(ids))
        return real(connection, view, ids, units)

    monkeypatch.setattr(board, "rows", reading)
    monkeypatch.setattr(board, "page", lambda *_: pytest.fail("a page was read"))
    stand.console.put("r05", what="变了")
    stand.hear("r05")
    assert asked == [{"r05"}]
    assert stand.model.item(stand.model.place_of("r05") or 0).what == "变了"  # type: ignore[union-attr]


def test_changes_during_a_question_are_asked_together_afterwards(stand: Stand) -> None:
    for name in ("a", "b", "c"):
        stand.console.put(name)
    stand.open()
    stand.console.later = True
    stand.console.asked.clear()
    for name in ("a", "b", "c", "a"):
        stand.console.put(name, what=name)
        stand.hear(name)
    assert stand.console.asked.count(None) == 1
    stand.console.answer()
    settle()
    assert stand.console.asked.count(None) == 2
    stand.console.answer()
    settle()
    assert {item.what for item in map(stand.model.item, range(4)) if not isinstance(item, Head)} == {
        "a",
        "b",
        "c",
    }


def test_an_arriving_unit_changes_who_owes(stand: Stand) -> None:
    stand.console.put("a", next_due_at=NOW + 5)
    stand.open()
    stand.console.connection.execute(
        "INSERT INTO alarm_unit (id, incident_id, born_agency, arrived_at) VALUES ('u1', 'a', 'FRD', ?)",
        (NOW,),
    )
    stand.hear("u1", entity="alarm_unit")
    assert stand.model.item(1).owed_by == ("FRD",)  # type: ignore[union-attr]


def test_selection_survives_moves_insertions_and_removals(stand: Stand) -> None:
    for number in range(6):
        stand.console.put(f"r{number}", next_due_at=NOW + 700_000 + number)
    stand.open()
    kept = QPersistentModelIndex(stand.model.index(stand.model.place_of("r3") or 0))
    stand.console.put("r3", next_due_at=NOW - 1)
    stand.hear("r3")
    assert stand.rows()[0] == "r3"
    stand.console.put("new", next_due_at=NOW - 5)
    stand.console.put("r0", retracted=1)
    stand.hear("new", "r0")
    assert stand.rows()[:3] == ["new", "r3", "r1"]
    assert stand.model.item(kept.row()).id == "r3"
    assert stand.resets == 0


def test_held_rows_do_not_move_but_show_their_new_content(stand: Stand) -> None:
    for number in range(6):
        stand.console.put(f"r{number}", next_due_at=NOW + 700_000 + number)
    stand.open()
    waiting: list[int] = []
    stand.feed.held.connect(waiting.append)
    stand.hands.rows = 4  # head, r0, r1, r2
    before = stand.model.ids()[:4]
    stand.console.put("r1", next_due_at=NOW + 800_000, what="变了")
    stand.console.put("r5", next_due_at=NOW - 1)
    stand.console.put("new", next_due_at=NOW - 2)
    stand.console.put("r0", retracted=1)
    stand.hear("r0", "r1", "r5", "new")
    assert stand.model.ids()[:4] == before
    assert stand.model.item(2).what == "变了"  # type: ignore[union-attr]
    assert [name for name in stand.model.ids()[4:] if not name.startswith("#")] == ["new", "r5", "r3", "r4"]
    assert waiting[-1] == 4  # r0 is to go; r1, r2 and the head of their group are to move
    stand.hands.rows = 0
    stand.feed.tick()
    assert stand.model.ids() == stand.expected()
    assert waiting[-1] == 0
    assert stand.resets == 0


def test_waiting_rows_go_to_their_places_by_themselves(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    stand.console.put("a", next_due_at=NOW + 5)
    stand.console.put("b", next_due_at=NOW + 6)
    stand.open()
    stand.feed._again.setInterval(1)
    stand.hands.rows = 2
    stand.console.put("b", next_due_at=NOW + 4)
    stand.hear("b")
    assert stand.rows() == ["a", "b"]
    stand.hands.rows = 0
    qtbot.waitUntil(lambda: stand.rows() == ["b", "a"], timeout=60_000)
    assert not stand.feed._again.isActive()


def test_nothing_is_read_or_moved_while_nobody_sees_it(stand: Stand) -> None:
    stand.console.put("a", next_due_at=NOW + 5)
    stand.open()
    stand.feed.set_visible(False)
    stand.console.asked.clear()
    stand.console.put("b", next_due_at=NOW + 1)
    stand.hear("b")
    stand.feed.tick()
    assert stand.console.asked == []
    assert stand.rows() == ["a"]
    stand.feed.set_visible(True)
    settle()
    assert stand.rows() == ["b", "a"]
    assert stand.resets == 0


def test_after_very_many_missed_changes_all_is_read_anew(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "MISSED_MOST", 3)
    stand.console.put("a")
    stand.open()
    stand.feed.set_visible(False)
    for number in range(5):
        stand.hear(stand.console.put(f"r{number}"))
    stand.console.put("a", retracted=1)
    stand.feed.set_visible(True)
    settle()
    assert sorted(stand.rows()) == [f"r{number}" for number in range(5)]
    assert stand.resets == 0


def test_a_rebuild_is_read_anew_without_reset(stand: Stand) -> None:
    stand.console.put("a")
    stand.console.put("b")
    stand.open()
    stand.console.put("a", retracted=1)
    stand.console.put("c")
    stand.hear("*", entity="*")
    assert stand.model.ids() == stand.expected()
    assert stand.resets == 0


def test_pages_come_one_by_one_and_rows_behind_them_wait(
    qapp: QApplication, database: sqlite3.Connection
) -> None:
    stand = Stand(database, watched=False)
    for number in range(PAGE * 2 + 10):
        stand.console.put(f"r{number:03d}", received_at=NOW - number)
    stand.open()
    assert len(stand.rows()) == PAGE
    assert stand.model.canFetchMore(stand.model.index(-1))
    stand.console.put("late", received_at=NOW - 10_000)  # behind everything loaded: left for paging
    stand.console.put("r000", received_at=NOW - 9_000)  # goes behind as well
    stand.hear("late", "r000")
    assert "late" not in stand.rows()
    assert "r000" not in stand.rows()
    stand.model.fetchMore(stand.model.index(-1))
    stand.model.fetchMore(stand.model.index(-1))
    settle()
    assert len(stand.rows()) == PAGE * 2 - 1
    stand.feed.more()
    settle()
    assert stand.model.ids() == stand.expected()
    assert stand.rows()[-2:] == ["r000", "late"]
    assert not stand.model.canFetchMore(stand.model.index(-1))
    asked = len(stand.console.asked)
    stand.feed.more()
    assert len(stand.console.asked) == asked
    assert stand.resets == 0
    stand.feed.stop()


def test_only_the_newest_filter_counts(stand: Stand) -> None:
    stand.console.put("fire", what="火灾")
    stand.console.put("water", what="内涝")
    stand.open()
    stand.console.later = True
    for typed in ("火", "火灾", "内", "内涝"):
        stand.feed.open(replace(stand.feed.view, words=words_of(typed)))
    stand.hear("fire")
    stand.console.answer()
    settle()
    stand.console.answer()
    settle()
    assert stand.rows() == ["water"]


def test_time_alone_moves_heads(stand: Stand) -> None:
    stand.console.put("a", next_due_at=NOW + 1_000)
    stand.console.put("b", next_due_at=NOW + 700_000)
    stand.open()
    assert stand.model.ids() == ["#soon", "a", "#running", "b"]
    stand.console.clock.advance(2)
    stand.feed.tick()
    settle()
    assert stand.model.ids() == ["#overdue", "a", "#running", "b"]
    assert stand.feed.counts.shown.overdue == 1
    stand.console.clock.advance(100)
    stand.feed.tick()
    assert stand.model.ids() == ["#overdue", "a", "#soon", "b"]


def test_heads_show_the_numbers_of_their_groups(stand: Stand) -> None:
    stand.console.put("a", next_due_at=NOW - 1)
    stand.console.put("b", next_due_at=NOW - 2)
    stand.console.put("c")
    stand.open()
    assert stand.model.head_text(Head("overdue")) == ("逾期", "2")
    assert stand.model.data(stand.model.index(0)) == "逾期 2"
    told: list[int] = []
    stand.model.dataChanged.connect(lambda first, *_: told.append(first.row()))
    stand.console.put("b", open=0, next_due_at=None)
    stand.hear("b")
    assert stand.model.head_text(Head("overdue")) == ("逾期", "1")
    assert 0 in told


def test_only_the_partners_changes_are_tinted_and_fade(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        stand.console.put(name)
    stand.open()
    elapsed = [1_000]
    monkeypatch.setattr(stand.model, "_since", type("Timer", (), {"elapsed": lambda self: elapsed[0]})())
    tinted: list[bool] = []
    stand.feed.tinted.connect(lambda: tinted.append(True))
    stand.hear("a")
    assert stand.model.tint_of("a") == 0
    stand.hear("b", origin=Origin.PEER)
    assert tinted == [True]
    assert stand.model.tint_of("b") == 1
    elapsed[0] += TINT_MS // 2
    assert stand.model.tint_of("b") == pytest.approx(0.5)
    elapsed[0] += TINT_MS
    assert stand.model.tint_of("b") == 0  # a tick that paints the countdown asks first
    assert stand.model.tinted() == [stand.model.place_of("b")]  # once more, to be painted plain
    assert stand.model.tinted() == []


def test_marks_follow_what_peers_acknowledge(stand: Stand) -> None:
    """REPLICATION, ACK: repainted when it comes, also back when a peer turns out to hold less; nothing else is read for it."""
    stand.console.put("a")
    stand.console.connection.execute(
        "INSERT OR REPLACE INTO site (id, agency, state) VALUES ('F1', 'FRD', 'enrolled')"
    )
    stand.console.connection.execute(
        "INSERT INTO op (hash, site, seq, prev, tx, tx_last, parents, hlc, scope, commitment, entity, entity_id)"
        " VALUES (x'aa', 'E1', 7, x'', 7, 1, x'', 5, 'joint', x'', 'incident', 'a')"
    )
    stand.open()
    assert stand.model.item(1).seen == "queued"  # type: ignore[union-attr]
    stand.console.connection.execute("INSERT INTO peer_ack VALUES ('F1', 'E1', 7, 0)")
    stand.feed.hear(ChangeSet((Change(ACKNOWLEDGED, "F1", ChangeKind.CHANGED, Origin.PEER),)))
    settle()
    assert stand.model.item(1).seen == "delivered"  # type: ignore[union-attr]
    stand.console.connection.execute("UPDATE peer_ack SET seq = 6")
    stand.feed.hear(ChangeSet((Change(ACKNOWLEDGED, "F1", ChangeKind.RETRACTED, Origin.PEER),)))
    settle()
    assert stand.model.item(1).seen == "queued"  # type: ignore[union-attr]


def test_a_failed_question_is_told_and_the_rows_stay(stand: Stand) -> None:
    stand.console.put("a")
    stand.open()
    stand.console.fault = OSError("disk")
    stand.hear("a")
    assert stand.rows() == ["a"]
    assert [str(error) for error in stand.failures] == ["disk"] * len(stand.failures)
    assert stand.failures
    stand.console.fault = None
    stand.console.put("a", what="火灾")
    stand.hear("a")
    assert stand.model.item(1).what == "火灾"  # type: ignore[union-attr]


def test_chips_and_orders_keep_their_rows_under_changes(stand: Stand) -> None:
    for number in range(4):
        stand.console.put(f"r{number}", next_due_at=NOW + number, received_at=NOW + number)
    stand.open(chip=Chip.OURS)
    stand.console.put("r1", next_due_at=None)
    stand.console.put("r2", agency="FRD")
    stand.hear("r1", "r2")
    assert stand.rows() == ["r0", "r3"]
    stand.open(chip=Chip.ALL, sort=Sort.RECEIVED)
    assert stand.rows() == ["r3", "r2", "r1", "r0"]
    stand.console.put("r0", received_at=NOW + 9)
    stand.hear("r0")
    assert stand.rows() == ["r0", "r3", "r2", "r1"]
    assert stand.resets == 0


def test_the_list_keeps_its_place_around_every_change(stand: Stand) -> None:
    stand.console.put("a")
    stand.open()
    stand.hands.kept = stand.hands.taken = 0
    stand.hear("a")
    assert stand.hands.kept == stand.hands.taken == 1


def test_after_stop_nothing_is_delivered(stand: Stand) -> None:
    stand.console.put("a")
    stand.feed.open()
    stand.feed.stop()
    settle()
    assert stand.model.rowCount() == 0
