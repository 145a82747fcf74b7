"""A console over a real database whose map rows a test writes itself, and the district's own outline."""

from __future__ import annotations

import json
import sqlite3
import tomllib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.outline import UnitArea, parse_outline
from app.kernel.changes import Change, ChangeSet
from app.kernel.clock import ManualClock
from app.kernel.enums import ChangeKind, Origin
from app.kernel.paths import DataDir
from app.kernel.texts import RESOURCES, Texts
from app.ui.console import DistrictView
from db import migrate
from db.engine import open_reader, open_writer

NOW_MS = 1_752_495_367_000  # 2025-07-14 20:16:07 in Shanghai
CENTRE = (121.385, 31.213)


@dataclass(frozen=True)
class DistrictWithUnits(DistrictView):
    """The view with areas of its units."""

    units: tuple[UnitArea, ...] = ()


def district_of(code: str) -> DistrictWithUnits:
    """The view of a pack with its outline."""
    pack = tomllib.loads((RESOURCES / "districts" / f"{code}.toml").read_text("utf-8"))
    text = (RESOURCES / "districts" / "outlines" / f"{code}.geojson").read_text("utf-8")
    outline = parse_outline(json.loads(text))
    box = pack["box"]
    return DistrictWithUnits(
        code=code,
        name=pack["name"],
        agencies={},
        streets=tuple((street["code"], street["name"]) for street in pack["streets"]),
        recipients=(),
        box=(box["west"], box["south"], box["east"], box["north"]),
        outline=outline.rings,
        units=outline.units,
    )


class MapSite:
    """Console of the map tests: `put` writes a row and tells of it like a commit does."""

    realm, agency, partner, site = "exercise", "EMB", "FRD", "TEST"

    def __init__(self, folder: Path, language: str = "zh_CN", code: str = "310105") -> None:
        self.data = DataDir(folder)
        self.clock = ManualClock(NOW_MS)
        self.texts = Texts.load(language)
        self.district = district_of(code)
        migrate.create(self.data.database)
        self._writer = open_writer(self.data.database)
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._reader: sqlite3.Connection = self._thread.submit(open_reader, self.data.database).result()
        self._hearers: list[Callable[[ChangeSet], None]] = []
        self._memory: dict[str, Any] = {}
        self.asked = 0

    def close(self) -> None:
        """End the reader."""
        self._thread.submit(self._reader.close).result()
        self._thread.shutdown()
        self._writer.close()

    def write(self, table: str, record_id: str, /, **columns: Any) -> Change:
        """Insert or replace a row."""
        if not self._writer.in_transaction:
            self._writer.execute("BEGIN")
        names = ["id", *columns]
        marks = ", ".join("?" for _ in names)
        statement = f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({marks})"
        self._writer.execute(statement, (record_id, *columns.values()))
        return self.change(table, record_id)

    @staticmethod
    def change(table: str, record_id: str) -> Change:
        """News of a row."""
        return Change(table, record_id, ChangeKind.CHANGED, Origin.LOCAL)

    def erase(self, table: str) -> None:
        """Take all rows of a table away and tell of each."""
        gone = [row[0] for row in self._writer.execute(f"DELETE FROM {table} RETURNING id").fetchall()]
        self.tell(*(self.change(table, record_id) for record_id in gone))

    def tell(self, *changes: Change) -> None:
        """Commit and tell."""
        if self._writer.in_transaction:
            self._writer.commit()
        for hear in list(self._hearers):
            hear(ChangeSet(changes))

    def put(self, table: str, record_id: str, /, **columns: Any) -> None:
        """One row, committed and told."""
        self.tell(self.write(table, record_id, **columns))

    def incident(self, record_id: str, **columns: Any) -> None:
        """An open incident, by default without a clock in the middle of the district."""
        known = {"what": "火灾", "status": "handling", "open": 1, "received_at": NOW_MS, "no": record_id}
        place = {"lon": CENTRE[0], "lat": CENTRE[1], "crs": "WGS-84"}
        self.put("incident", record_id, **{**known, **place, **columns})

    # -- the port --------------------------------------------------------------------------------------------------------
    def query(self, read: Callable[[Any], Any], key: str | None = None) -> Future[Any]:
        """On the reader's thread."""
        del key
        self.asked += 1
        return self._thread.submit(read, self._reader)

    def subscribe(self, hear: Callable[[ChangeSet], None]) -> Callable[[], None]:
        """Hear of commits."""
        self._hearers.append(hear)
        return lambda: self._hearers.remove(hear)

    def memory(self, key: str) -> Any:
        """What was remembered."""
        return self._memory.get(key)

    def remember(self, key: str, value: Any) -> None:
        """Remember."""
        self._memory[key] = value
