"""Results and news arrive on the Qt thread: in order, gathered, and not at all after the end (QUALITY, storm)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any

import pytest
from PySide6.QtCore import QElapsedTimer, QThread

from app.kernel.changes import ACKNOWLEDGED, Change, ChangeSet
from app.kernel.enums import ChangeKind, Origin
from app.ui.relay import BEHIND_MS, BULK, BULK_TURNS, GATHER_MS, ChangeRelay, Relay
from tests.ui.board_world import settle

HOUR_MS = 3_600_000


def change(number: int, origin: Origin = Origin.PEER) -> ChangeSet:
    return ChangeSet((Change("incident", f"i{number}", ChangeKind.CHANGED, origin),))


class News:
    """Something one can subscribe to."""

    def __init__(self) -> None:
        self.hearers: list[Callable[[ChangeSet], None]] = []

    def subscribe(self, hear: Callable[[ChangeSet], None]) -> Callable[[], None]:
        self.hearers.append(hear)
        return lambda: self.hearers.remove(hear)

    def tell(self, changes: ChangeSet) -> None:
        for hear in list(self.hearers):
            hear(changes)


def test_results_come_in_order_on_the_qt_thread(qtbot: Any) -> None:
    relay, got = Relay(), list[tuple[int, bool]]()
    own = QThread.currentThread()

    def take(number: int) -> None:
        got.append((number, QThread.currentThread() is own))

    with ThreadPoolExecutor(1) as pool:
        for number in range(50):
            relay.then(pool.submit(abs, number), take)
    assert got == []  # nothing before the loop turns
    qtbot.waitUntil(lambda: len(got) == 50)
    assert got == [(number, True) for number in range(50)]


def test_a_result_that_is_there_already_comes_later_too(qtbot: Any) -> None:
    relay, got, done = Relay(), list[int](), Future[int]()
    done.set_result(7)
    relay.then(done, got.append)
    assert got == []
    settle()
    assert got == [7]


def test_errors_go_to_who_asked(qtbot: Any, caplog: pytest.LogCaptureFixture) -> None:
    relay, got = Relay(), list[Exception]()
    for error in (ValueError("x"), KeyError("y")):
        failed: Future[int] = Future()
        failed.set_exception(error)
        relay.then(failed, lambda _: pytest.fail("no result"), got.append if error.args == ("x",) else None)
    settle()
    assert [str(error) for error in got] == ["x"]
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [KeyError]


def test_superseded_questions_are_silent(qtbot: Any, caplog: pytest.LogCaptureFixture) -> None:
    relay, told = Relay(), list[Any]()
    cancelled: Future[int] = Future()
    relay.then(cancelled, told.append, told.append)
    cancelled.cancel()
    given_up: Future[int] = Future()
    given_up.set_exception(CancelledError())
    relay.then(given_up, told.append, told.append)
    settle()
    assert told == []
    assert not caplog.records


def test_nothing_comes_after_stop(qtbot: Any) -> None:
    relay, told = Relay(), list[Any]()
    first, second = Future[int](), Future[int]()
    relay.then(first, told.append)
    relay.then(second, told.append)
    first.set_result(1)  # on its way already
    relay.stop()
    second.set_result(2)
    settle()
    assert told == []


class Told:
    """What a relay told, and its turns by hand: no machine is too slow for them."""

    def __init__(self, news: News, behind_ms: int = 0) -> None:
        self.relay = ChangeRelay(news.subscribe, behind_ms=behind_ms)
        self.relay._timer.setInterval(HOUR_MS)
        self.sets: list[set[str]] = []
        self.relay.changed.connect(
            lambda changes: self.sets.append({each.entity_id for each in changes.changes})
        )

    def turn(self) -> None:
        """100 ms have passed."""
        assert self.relay._timer.isActive()
        self.relay._again()


def test_the_first_change_comes_at_once_the_rest_gathered(qtbot: Any) -> None:
    news = News()
    told = Told(news)
    news.tell(change(0))
    settle()
    assert told.sets == [{"i0"}]
    for number in range(1, 40):
        news.tell(change(number))
        news.tell(change(number))
    settle()
    assert len(told.sets) == 1
    told.turn()
    assert len(told.sets[1]) == 39, "one and the same change is told once"
    told.turn()
    assert not told.relay._timer.isActive(), "quiet again"
    news.tell(change(99))
    settle()
    assert told.sets[2:] == [{"i99"}], "at once"
    told.relay.stop()


def test_turns_are_100_ms(qtbot: Any) -> None:
    news, clock, at = News(), QElapsedTimer(), list[int]()
    relay = ChangeRelay(news.subscribe)
    relay.changed.connect(lambda _: at.append(clock.elapsed()))
    clock.start()
    news.tell(change(0))
    qtbot.waitUntil(lambda: len(at) == 1)
    news.tell(change(1))
    qtbot.waitUntil(lambda: len(at) == 2)
    assert at[1] - at[0] >= GATHER_MS * 0.9
    relay.stop()


def test_what_stands_behind_the_board_is_told_a_moment_later(qtbot: Any) -> None:
    news, clock, at = News(), QElapsedTimer(), list[int]()
    told = Told(news, BEHIND_MS)
    told.relay.changed.connect(lambda _: at.append(clock.elapsed()))
    clock.start()
    news.tell(change(1))
    qtbot.waitUntil(lambda: bool(at))
    assert at[0] >= BEHIND_MS * 0.9
    told.turn()
    news.tell(change(3))
    told.relay.stop()
    settle()
    assert not told.relay._behind.isActive()


def test_an_act_does_not_wait_behind_acknowledgements(qtbot: Any) -> None:
    """They come several times a second while there is a line, and would make every fourth act wait for 100 ms."""
    news = News()
    told = Told(news)
    acknowledged = ChangeSet((Change(ACKNOWLEDGED, "s", ChangeKind.CHANGED, Origin.PEER),))
    news.tell(acknowledged)
    settle()
    news.tell(acknowledged)
    settle()
    assert told.sets == [{"s"}], "they are gathered themselves"
    news.tell(change(1))
    settle()
    assert told.sets[1:] == [{"s", "i1"}]
    news.tell(change(2))
    settle()
    assert len(told.sets) == 2, "the next one is gathered"
    told.turn()
    assert told.sets[2] == {"i2"}
    told.relay.stop()


def test_an_act_behind_acknowledgements_stays_behind_the_board(qtbot: Any) -> None:
    news = News()
    told = Told(news, HOUR_MS)
    acknowledged = ChangeSet((Change(ACKNOWLEDGED, "s", ChangeKind.CHANGED, Origin.PEER),))
    news.tell(acknowledged)
    settle()
    told.relay._begin()
    told.relay._behind.stop()
    news.tell(change(1))
    settle()
    assert told.sets == [{"s"}]
    assert told.relay._behind.isActive()
    told.relay.stop()


def test_a_bulk_is_told_once_a_second_own_acts_at_once(qtbot: Any) -> None:
    """Nothing of it is lost, and nobody here waits for it (QUALITY: the screen stays alive throughout a first sync)."""
    news = News()
    told = Told(news)
    bulk = [change(number).changes[0] for number in range(BULK + 1)]
    news.tell(ChangeSet(tuple(bulk)))
    settle()
    news.tell(ChangeSet(tuple(bulk[:5])))
    news.tell(change(9_000, Origin.LOCAL))
    told.turn()
    assert (len(told.sets[0]), told.sets[1]) == (BULK + 1, {"i9000"})
    for _ in range(BULK_TURNS - 1):
        told.turn()
        assert len(told.sets) == 2
    told.turn()
    assert told.sets[2] == {f"i{number}" for number in range(5)}
    told.turn()
    assert not told.relay._timer.isActive()
    news.tell(change(9_001))
    settle()
    assert len(told.sets) == 4, "quiet again: at once"
    told.relay.stop()


def test_nothing_is_lost_between_threads(qtbot: Any) -> None:
    news, got = News(), set[str]()
    relay = ChangeRelay(news.subscribe)
    relay.changed.connect(lambda changes: got.update(changes.ids("incident")))

    def tell(low: int) -> None:
        for number in range(low, low + 300):
            news.tell(change(number))

    threads = [threading.Thread(target=tell, args=(low,)) for low in (0, 300, 600)]
    for thread in threads:
        thread.start()
    qtbot.waitUntil(lambda: len(got) == 900, timeout=5000)
    for thread in threads:
        thread.join()
    relay.stop()


def test_an_empty_change_wakes_nobody(qtbot: Any) -> None:
    news, got = News(), list[ChangeSet]()
    relay = ChangeRelay(news.subscribe)
    relay.changed.connect(got.append)
    news.tell(ChangeSet())
    settle()
    assert got == []
    assert not relay._timer.isActive()
    news.tell(change(1))
    settle()
    assert len(got) == 1
    relay.stop()


def test_a_stopped_relay_is_silent_and_unsubscribed(qtbot: Any) -> None:
    news, got = News(), list[ChangeSet]()
    relay = ChangeRelay(news.subscribe)
    relay.changed.connect(got.append)
    news.tell(change(1))
    relay.stop()
    relay.stop()
    settle()
    assert got == []
    assert news.hearers == []
