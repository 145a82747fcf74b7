"""A board without a site: a database of its own, a console that answers from it, a clock that stands still."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QCoreApplication, QEvent

from app.kernel.changes import Change, ChangeSet
from app.kernel.clock import ManualClock
from app.kernel.enums import ChangeKind, Origin
from app.kernel.texts import Texts
from db import migrate, search_index
from db.engine import open_writer

NOW = 1_752_495_367_000  # 2025-07-14 20:16:07 in Shanghai
TEXTS = {language: Texts.load(language) for language in ("zh_CN", "en")}


@dataclass(frozen=True)
class FakeDistrict:
    """As much of a district as the board asks for."""

    streets: tuple[tuple[str, str], ...] = (("310105006", "天山路街道"),)
    amber_s: int = 600
    code: str = "310105"
    agencies: ClassVar[dict[str, Any]] = {}
    also: ClassVar[dict[str, Any]] = {}


class FakeConsole:
    """Answers queries from a database, at once or when told; remembers what it was asked."""

    def __init__(self, connection: sqlite3.Connection, language: str = "zh_CN") -> None:
        self.connection = connection
        self.clock = ManualClock(NOW)
        self.texts = TEXTS[language]
        self.agency, self.partner, self.realm, self.site = "EMB", "FRD", "exercise", "E1"
        self.district = FakeDistrict()
        self.asked: list[str | None] = []
        self.later = False
        self.fault: Exception | None = None
        self._waiting: list[tuple[str | None, Callable[[Any], Any], Future[Any]]] = []
        self._hearers: list[Callable[[ChangeSet], None]] = []

    def query(self, read: Callable[[Any], Any], key: str | None = None) -> Future[Any]:
        """As Console.query: a newer question under the same key cancels an older one that waits."""
        self.asked.append(key)
        future: Future[Any] = Future()
        for question in [each for each in self._waiting if key is not None and each[0] == key]:
            self._waiting.remove(question)
            question[2].cancel()
        self._waiting.append((key, read, future))
        if not self.later:
            self.answer()
        return future

    def answer(self) -> None:
        """Answer what waits, in order."""
        while self._waiting:
            _, read, future = self._waiting.pop(0)
            if self.fault is not None:
                future.set_exception(self.fault)
            else:
                future.set_result(read(self.connection))

    def subscribe(self, hear: Callable[[ChangeSet], None]) -> Callable[[], None]:
        """As Console.subscribe."""
        self._hearers.append(hear)
        return lambda: self._hearers.remove(hear)

    def publish(self, *ids: str, entity: str = "incident", origin: Origin = Origin.LOCAL) -> None:
        """Tell that records changed."""
        changes = tuple(Change(entity, each, ChangeKind.CHANGED, origin) for each in ids)
        for hear in list(self._hearers):
            hear(ChangeSet(changes))

    def sentence(self, error: Exception) -> str:
        """What a person is told of an error."""
        return f"told: {error}"

    def execute(self, command: Any, account_id: str) -> Future[Any]:
        """Nobody acts here."""
        raise AssertionError(command)

    # -- the table ---------------------------------------------------------------------------------------------------
    def put(self, incident_id: str, **values: Any) -> str:
        """Write an incident; what is not said is as before, or open, received now and EMB's."""
        known = self.connection.execute("SELECT 1 FROM incident WHERE id = ?", (incident_id,)).fetchone()
        if known is None:
            usual = {"open": 1, "status": "handling", "received_at": NOW, "agency": "EMB", "no": incident_id}
            values = {**usual, **values}
            names = ", ".join(["id", *values])
            marks = ", ".join("?" * (len(values) + 1))
            self.connection.execute(
                f"INSERT INTO incident ({names}) VALUES ({marks})", (incident_id, *values.values())
            )
        elif values:
            names = ", ".join(f"{name} = ?" for name in values)
            self.connection.execute(
                f"UPDATE incident SET {names} WHERE id = ?", (*values.values(), incident_id)
            )
        search_index.index(self.connection, "incident", [incident_id])
        return incident_id

    def clear(self) -> None:
        """An empty table."""
        for table in ("incident", "alarm_unit", "conflict"):
            self.connection.execute(f"DELETE FROM {table}")
        search_index.reindex(self.connection)


def new_database(folder: Path) -> sqlite3.Connection:
    """A database of the present schema; what is written is not meant to last."""
    migrate.create(folder / "console.db")
    connection = open_writer(folder / "console.db")
    connection.execute("PRAGMA synchronous=OFF")
    return connection


def settle() -> None:
    """Deliver everything that is on its way between objects."""
    for _ in range(6):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.MetaCall)


@dataclass
class FreeHands:
    """A list nobody touches, or whose first rows are held."""

    rows: int = 0
    kept: int = 0
    taken: int = 0

    def held(self) -> int:
        """Rows that must not move."""
        return self.rows

    def keep_place(self) -> None:
        """Counted."""
        self.kept += 1

    def take_place(self) -> None:
        """Counted."""
        self.taken += 1
