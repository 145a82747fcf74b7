"""Work of a screen that may wait for the site, the disk or another machine: on threads of its own, ended with the window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

ResultT = TypeVar("ResultT")


class WindowWork:
    """Two threads, made when they are first needed. What is handed in after the end is given up."""

    def __init__(self, name: str) -> None:
        self._name, self._guard = name, threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self.closing = False

    def submit(self, work: Callable[[], ResultT]) -> Future[ResultT]:
        """Do it soon."""
        with self._guard:
            if self.closing:
                given_up: Future[ResultT] = Future()
                given_up.cancel()
                return given_up
            if self._pool is None:
                self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix=self._name)
            return self._pool.submit(work)

    def close(self) -> None:
        """Wait for what is under way; it may look at `closing`."""
        with self._guard:
            self.closing = True
            pool = self._pool
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)
