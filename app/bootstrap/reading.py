"""The window's reader: one thread, one connection that cannot write, newer questions supersede older ones."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from app.kernel.errors import EnvironmentFault
from db.engine import open_reader

ResultT = TypeVar("ResultT")
_GLANCE = 500_000  # steps of SQLite between two looks whether an answer is still wanted: about 10 ms
# Trouble of the file or the disk; any other error of SQLite is a bug and reaches the asker as it is.
_TROUBLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }
)


@dataclass(eq=False)
class _Question:
    read: Callable[[sqlite3.Connection], Any]
    key: str | None
    future: Future[Any] = field(default_factory=Future)
    superseded: bool = False  # said under the lock, before the future is cancelled


class Reader:
    """Answers questions one at a time, in the order they came; a newer one under the same key ends an older.

    `settled` is set once the schema is known to be current: a question that fails before is asked again then.
    """

    def __init__(self, path: Path, settled: threading.Event) -> None:
        self._path, self._settled = path, settled
        self._connection = open_reader(path)
        # interrupt() is at once, but lost when it comes between two statements of one question.
        self._connection.set_progress_handler(self._unwanted, _GLANCE)
        self._waiting: deque[_Question] = deque()
        self._later: list[_Question] = []
        self._running: _Question | None = None
        self._change = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="window-reader", daemon=True)
        self._thread.start()

    def ask(self, read: Callable[[sqlite3.Connection], ResultT], key: str | None = None) -> Future[ResultT]:
        """Queue a question; its future is cancelled when a newer one with the same key comes. RuntimeError after close."""
        question = _Question(read, key)
        with self._change:
            if self._closed:
                raise RuntimeError("the reader is closed")
            older = [] if key is None else self._supersede(key)
            self._waiting.append(question)
            self._change.notify()
        for other in older:
            other.future.cancel()
        return question.future

    def _supersede(self, key: str) -> list[_Question]:
        """Under the lock: nothing asked before under this key is answered any more; what runs is interrupted."""
        older = [question for question in (*self._waiting, *self._later) if question.key == key]
        for question in older:
            (self._waiting if question in self._waiting else self._later).remove(question)
        running = self._running
        if running is not None and running.key == key:
            older.append(running)
            self._connection.interrupt()
        for question in older:
            question.superseded = True
        return older

    def _unwanted(self) -> bool:
        running = self._running
        return self._closed or (running is not None and running.superseded)

    def settle(self) -> None:
        """The schema is current: ask again what failed before."""
        with self._change:
            self._settled.set()
            self._waiting.extend(self._later)
            self._later.clear()
            self._change.notify()

    def close(self) -> None:
        """End the thread; what still waits is cancelled."""
        with self._change:
            if self._closed:
                return
            self._closed = True
            left = [*self._waiting, *self._later]
            self._waiting.clear()
            self._later.clear()
            self._connection.interrupt()
            self._change.notify()
        for question in left:
            question.future.cancel()
        self._thread.join()
        self._connection.close()

    def _next(self) -> _Question | None:
        with self._change:
            while not self._waiting and not self._closed:
                self._change.wait()
            self._running = self._waiting.popleft() if self._waiting else None
            return self._running

    def _run(self) -> None:
        while (question := self._next()) is not None:
            self._answer(question)

    def _answer(self, question: _Question) -> None:
        """The future stays pending while the question runs, so that superseding it really cancels it."""
        try:
            result, failure = question.read(self._connection), None
        except Exception as error:
            result, failure = None, told(error, self._path)
        with self._change:
            self._running = None
            unwanted = self._closed or question.superseded
            if failure is not None and not unwanted:
                if _was_interrupted(failure):  # meant for another question that ended a moment before
                    self._waiting.appendleft(question)
                    return
                if not self._settled.is_set():
                    self._later.append(question)
                    return
        if unwanted and failure is not None:
            question.future.cancel()
        if not question.future.set_running_or_notify_cancel():
            return
        if failure is not None:
            question.future.set_exception(failure)
        else:
            question.future.set_result(result)


def told(error: Exception, path: Path) -> Exception:
    """Trouble of the file or the disk as an EnvironmentFault with its sentence; anything else is a bug and stays."""
    if not isinstance(error, sqlite3.Error) or _code(error) & 0xFF not in _TROUBLE:
        return error
    from app.bootstrap.node import told_plainly

    try:
        with told_plainly(path):
            raise error
    except EnvironmentFault as fault:
        return fault


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) or 0


def _was_interrupted(error: Exception) -> bool:
    return isinstance(error, sqlite3.Error) and _code(error) == sqlite3.SQLITE_INTERRUPT
