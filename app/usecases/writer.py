"""The writer's thread: the one thread that owns the writing connection, with a priority queue (REPLICATION, Threads).

Officer's act before live operations before bulk. A job runs whole; bulk work hands in small slices.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.kernel.enums import Priority

log = logging.getLogger(__name__)
ResultT = TypeVar("ResultT")
_CLOSED = "the writer is closed"


@dataclass(order=True)
class _Job:
    priority: int
    number: int
    work: Callable[[], Any] | None = field(compare=False)
    future: Future[Any] = field(compare=False)


class Writer:
    """Runs jobs one at a time on its own thread, the most urgent first, equal ones in order."""

    def __init__(self) -> None:
        self._queue: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._closed = False
        self._handing_in = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[], ResultT], priority: Priority = Priority.OFFICER) -> Future[ResultT]:
        """Queue a job; its future carries the result or the exception. RuntimeError after close."""
        future: Future[ResultT] = Future()
        with self._handing_in:  # nothing gets in behind the end
            if self._closed:
                raise RuntimeError(_CLOSED)
            self._queue.put(_Job(priority, next(self._numbers), work, future))
        return future

    def run(self, work: Callable[[], ResultT], priority: Priority = Priority.OFFICER) -> ResultT:
        """Queue a job and wait for its result."""
        return self.submit(work, priority).result()

    def pressed(self, priority: Priority) -> bool:
        """True if a more urgent job waits: whoever works in small steps lets it pass."""
        jobs = self._queue.queue
        try:
            return jobs[0].priority < priority
        except IndexError:
            return False

    def close(self) -> None:
        """Finish what is queued, then end the thread; every job handed in before has its answer then."""
        with self._handing_in:
            if not self._closed:
                self._closed = True
                self._queue.put(_Job(max(Priority) + 1, next(self._numbers), None, Future()))
        self._thread.join()
        while not self._queue.empty():
            job = self._queue.get_nowait()
            if job.future.set_running_or_notify_cancel():
                job.future.set_exception(RuntimeError(_CLOSED))

    def _run(self) -> None:
        while True:
            job = self._queue.get()
            if job.work is None:
                return
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                job.future.set_result(job.work())
            except BaseException as error:
                job.future.set_exception(error)
