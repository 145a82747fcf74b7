"""The writer's thread: order, and an answer for every job whatever the moment of its end (REPLICATION, Threads)."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any

import pytest

from app.kernel.enums import Priority
from app.usecases.writer import Writer

PATIENCE_S = 10


def test_the_most_urgent_first_and_all_before_the_end() -> None:
    writer, gate, done = Writer(), threading.Event(), []
    writer.submit(lambda: gate.wait(PATIENCE_S))
    for priority in (Priority.BULK, Priority.OFFICER):
        writer.submit(lambda p=priority: done.append(p), priority)  # type: ignore[misc]
    gate.set()
    writer.close()
    assert done == [Priority.OFFICER, Priority.BULK]
    with pytest.raises(RuntimeError):
        writer.submit(lambda: 1)
    writer.close()


def test_a_job_handed_in_while_closing_gets_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """XC-01: it is done, or told that the writer is closed; nobody waits for ever."""
    writer = Writer()
    closing = threading.Thread(target=writer.close)
    put = writer._queue.put

    def late(job: Any) -> None:
        """The end comes between the look whether it is closed and the handing in."""
        monkeypatch.setattr(writer._queue, "put", put)
        closing.start()
        closing.join(0.2)
        put(job)

    monkeypatch.setattr(writer._queue, "put", late)
    job: Future[int] = writer.submit(lambda: 7)
    assert job.result(PATIENCE_S) == 7
    closing.join(PATIENCE_S)
    assert not closing.is_alive()


def test_a_long_job_learns_that_something_more_urgent_waits() -> None:
    writer, gate, begun = Writer(), threading.Event(), threading.Event()

    def long() -> bool:
        begun.set()
        gate.wait(PATIENCE_S)
        return True

    running = writer.submit(long, Priority.BULK)
    assert begun.wait(PATIENCE_S)
    assert not writer.pressed(Priority.BULK)
    writer.submit(lambda: None, Priority.BULK)
    assert not writer.pressed(Priority.BULK)  # as urgent: it waits its turn
    writer.submit(lambda: None, Priority.OFFICER)
    assert writer.pressed(Priority.BULK)
    assert not writer.pressed(Priority.OFFICER)
    gate.set()
    assert running.result(PATIENCE_S)
    writer.close()


def test_what_is_left_behind_the_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer()
    join = writer._thread.join
    left: list[Future[int]] = []

    def ended(timeout: float | None = None) -> None:
        """Something slips in behind the end after all."""
        join(timeout)
        monkeypatch.setattr(writer, "_closed", False)
        left.append(writer.submit(lambda: 1))

    monkeypatch.setattr(writer._thread, "join", ended)
    writer.close()
    with pytest.raises(RuntimeError, match="closed"):
        left[0].result(PATIENCE_S)
