"""Work of a screen that may wait for the site, the disk or another machine: on threads of its own, ended with the window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

ResultT = TypeVar("ResultT")


class WindowWork:
    """Threads made when they are first needed. What is handed in after the end is given up."""

    def __init__(self, name: str, threads: int = 2) -> None:
        self._name, self._threads, self._guard = name, threads, threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._asked = 0
        self.closing = False

    def submit(self, work: Callable[[], ResultT]) -> Future[ResultT]:
        """Do it soon."""
        with self._guard:
            if self.closing:
                given_up: Future[ResultT] = Future()
                given_up.cancel()
                return given_up
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, self._name)
            return self._pool.submit(work)

    def newest(self) -> Callable[[], bool]:
        """For a question of which only the newest counts: tells whether nobody wants the answer any more."""
        with self._guard:
            self._asked += 1
            mine = self._asked
        return lambda: self.closing or self._asked != mine

    def close(self) -> None:
        """Wait for what is under way; it may look at `closing`."""
        with self._guard:
            self.closing = True
            pool = self._pool
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)
