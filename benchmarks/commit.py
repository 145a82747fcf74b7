"""One act durably committed, journalled and signed, against raw sqlite3 running the same statements (QUALITY, Speed).

Both run interleaved on files on the same disk, each act in its own transaction with synchronous=FULL. The act is a log entry
of an officer: one operation, its signature, projection into the shared table. Floor of floors: one 4 KiB fdatasync.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from app.bootstrap.feature_table import policy
from app.bootstrap.founding import Founding, found
from app.bootstrap.node import Node, Open, load_pack
from app.journal.deriving import DERIVERS
from app.journal.journal import Identity, Journal
from app.journal.keys import SiteKey
from app.kernel.clock import SystemClock
from app.kernel.enums import Agency, Realm, Role
from app.kernel.paths import DataDir
from app.kernel.texts import Texts
from app.local.identity import read_self
from app.local.subject_keys import SubjectKeys
from app.usecases.accounts import CreateAccount
from app.usecases.bus import Bus
from app.usecases.context import Beside, Workstation
from app.usecases.duty import WriteLogEntry
from app.usecases.permissions import matrix
from benchmarks.figures import Figure, ratio_of_pairs, tell
from db.engine import open_writer

ACTS = 300
WARM_UP = 30
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",
    "cache_size=-65536",
)


class Recording(sqlite3.Connection):
    """A connection that remembers what it executed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.log: list[tuple[str, Any]] = []

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Execute and remember."""
        self.log.append((sql, parameters))
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        """Execute and remember."""
        rows = list(parameters)
        self.log += [(sql, row) for row in rows]
        return super().executemany(sql, rows)


def _site(folder: Path) -> tuple[DataDir, str]:
    """A founded site with one officer."""
    data = DataDir(folder)
    ask = Founding(
        realm=Realm.EXERCISE,
        agency=Agency.EMB,
        district="310105",
        admin_name="admin",
        admin_title="",
        admin_password="benchmark-1",
        recovery_file=folder.parent / f"{folder.name}.recovery",
    )
    made = found(data, ask, SystemClock())
    with Node(Open(data, SystemClock())) as node:
        command = CreateAccount(name="officer", title="o", roles=[Role.DUTY_OFFICER])
        return data, str(node.execute(command, made.admin_account).result["account_id"])


def _bus(data: DataDir, connection: sqlite3.Connection) -> Bus:
    """The bus over a connection of ours."""
    me = read_self(connection)
    assert me is not None
    who = Identity(me.realm, me.agency, me.recovery_key, SiteKey.load(data.keys))
    journal = Journal(connection, who, policy(), SystemClock(), DERIVERS)
    station = Workstation(me.realm, me.district, Agency(me.agency), me.site, me.letter, me.console_account)
    beside = Beside(SubjectKeys(data.subject_keys), lambda content: None)
    return Bus(
        connection, journal, matrix(), SystemClock(), load_pack(me.district), station, Texts.load(), beside
    )


def _fdatasync_ms(folder: Path) -> float:
    times = []
    with (folder / "sync").open("wb", buffering=0) as handle:
        for _ in range(100):
            start = time.perf_counter()
            handle.write(b"\0" * 4096)
            os.fdatasync(handle.fileno())
            times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def run() -> list[Figure]:
    """Medians in milliseconds and ratios."""
    with tempfile.TemporaryDirectory(prefix="jdc-bench-") as name:
        folder = Path(name)
        data, officer = _site(folder / "site")
        shutil.copyfile(data.database, folder / "raw.db")
        raw = open_writer(folder / "raw.db")
        recorder = sqlite3.connect(data.database, factory=Recording, isolation_level=None)
        for pragma in PRAGMAS:
            recorder.execute(f"PRAGMA {pragma}")
        bus = _bus(data, recorder)
        acts, floors = [], []
        for n in range(ACTS + WARM_UP):
            act, floor = _pair(bus, recorder, raw, officer, f"No. {n}: two engines sent, being verified")
            if n >= WARM_UP:
                acts.append(act)
                floors.append(floor)
        raw.close()
        recorder.close()
        sync = _fdatasync_ms(folder)
    act = statistics.median(acts)
    return [
        Figure("commit: one act committed, journalled, signed, projected", act, "ms"),
        Figure("commit: raw sqlite3 running the same statements", statistics.median(floors), "ms"),
        Figure("commit: act / raw sqlite3, in turn", ratio_of_pairs(acts, floors), most=1.6),
        Figure("commit: act / one fdatasync of 4 KiB", act / sync, note="(2 would be the stretch)"),
    ]


def _pair(
    bus: Bus, recorder: Recording, raw: sqlite3.Connection, officer: str, text: str
) -> tuple[float, float]:
    """One act, then the same statements on the copy; milliseconds of both."""
    recorder.log.clear()
    command = WriteLogEntry(text=text)
    started = time.perf_counter()
    bus.execute(command, officer)
    act = time.perf_counter() - started
    started = time.perf_counter()
    for sql, parameters in recorder.log:
        raw.execute(sql, parameters).fetchall()
    return act * 1e3, (time.perf_counter() - started) * 1e3


if __name__ == "__main__":
    sys.exit(tell(run()))
