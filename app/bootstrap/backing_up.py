"""The backups of a running console: made by schedule, at a handover and on request, each restored and checked (XC-09).

A thread that mostly sleeps; the work itself is a child process at low priority, so that neither the window nor the writer waits.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from app.bootstrap import second_folders
from app.bootstrap.backup_store import copies
from app.bootstrap.backup_work import BackupJob
from app.bootstrap.child import Child, GivenUpError
from app.bootstrap.node import Node
from app.domain.backups import Why, due
from app.domain.rule_numbers import RuleKey
from app.kernel.changes import ChangeSet
from app.kernel.clock import SECOND_MS
from app.kernel.errors import EnvironmentFault

LOOK_S: Final = 10.0
START_S: Final = 60.0  # a console that has just been opened has better things to do
RETRY_S: Final = 900.0

_SECOND: Final = {
    "missing": "fault.backup.second_missing",
    "full": "fault.backup.second_full",
    "unwritable": "fault.backup.second_unwritable",
}

log = logging.getLogger(__name__)
ChildMaker = Callable[[dict[str, Any], Callable[[str, int, int], None]], Child]


@dataclass(frozen=True)
class Pace:
    """How often is looked, in seconds: when the first time, then, and after a failure."""

    start_s: float = START_S
    look_s: float = LOOK_S
    retry_s: float = RETRY_S


@dataclass(frozen=True, slots=True)
class BackupState:
    """What goes on: stage ("" while nothing does) with its figures; `second`: state of the second folder; the last trouble."""

    stage: str = ""
    done: int = 0
    total: int = 0
    second: str = ""
    trouble: EnvironmentFault | None = None
    ended: int = 0  # counts backups that came to an end, good or not


class Backups:
    """Keeps the backups of an open site. `begin` once, `close` before the site is closed."""

    def __init__(self, node: Node, pace: Pace | None = None, child: ChildMaker = Child) -> None:
        self._node, self._pace, self._make_child = node, pace or Pace(), child
        self._wake = threading.Condition()
        self._state = BackupState()
        self._asked = self._handover = self._closed = False
        self._child: Child | None = None
        self._second: Path | None = None
        self._failed_at: float | None = None
        self._end: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self._run, name="backups", daemon=True)

    # -- from outside ------------------------------------------------------------------------------------------------------
    def begin(self) -> None:
        """Start looking."""
        try:
            self._second = self._node.local(second_folders.chosen)
        except EnvironmentFault as fault:  # the file broke while it was opened: the first backup says so too
            self._failed(fault)
        self._end = self._node.subscribe(self._hear)
        self._thread.start()

    def close(self) -> None:
        """Give up what runs and end."""
        if self._end is not None:
            self._end()
        with self._wake:
            self._closed = True
            child = self._child
            self._wake.notify_all()
        if child is not None:
            child.give_up()
        if self._thread.is_alive():
            self._thread.join()

    def __enter__(self) -> Backups:
        self.begin()
        return self

    def __exit__(self, *why: object) -> None:
        self.close()

    @property
    def state(self) -> BackupState:
        """A snapshot, from any thread."""
        with self._wake:
            return self._state

    @property
    def second(self) -> Path | None:
        """The second folder, None without one."""
        with self._wake:
            return self._second

    def second_ids(self, folder: Path | None) -> tuple[str, ...]:
        """Ids of all folders that were chosen at this path."""
        return tuple(each.id for each in self._node.local(second_folders.known) if each.path == folder)

    def ask(self) -> None:
        """Make one now."""
        with self._wake:
            self._asked = True
            self._wake.notify_all()

    def give_up(self) -> None:
        """End the one that is being made; nothing of it stays."""
        with self._wake:
            self._asked = False
            child = self._child
        if child is not None:
            child.give_up()

    def choose_second(self, folder: Path | None) -> None:
        """From the next backup on; whoever chooses has marked the folder and keeps the choice."""
        with self._wake:
            self._second = folder
            self._set(second="" if folder is None else self._state.second)

    def _hear(self, changes: ChangeSet) -> None:
        if any(each.entity == "watch" and each.origin == "local" for each in changes.changes):
            with self._wake:
                self._handover = True

    # -- the thread --------------------------------------------------------------------------------------------------------
    def _run(self) -> None:
        pause = self._pace.start_s
        while True:
            with self._wake:
                if not self._asked and not self._closed:
                    self._wake.wait(pause)
                if self._closed:
                    return
                asked, self._asked = self._asked, False
            pause = self._pace.look_s
            try:
                why = Why.ASKED if asked else self._due()
                if why is not None:
                    self._back_up(why)
            except EnvironmentFault as fault:
                log.error("no backup: %s", fault.code)
                self._failed(fault)
            except Exception:
                log.exception("looking after the backups failed")
                self._failed(EnvironmentFault("backup.failed", "fault.backup.failed"))

    def _due(self) -> Why | None:
        with self._wake:
            handover = self._handover
        if self._failed_at is not None and time.monotonic() - self._failed_at < self._pace.retry_s:
            return None
        numbers = self._numbers()
        kept = [each.kept for each in copies(self._node.data.backups)]
        found = due(
            kept, self._node.clock.now_ms(), numbers[RuleKey.BACKUP_INTERVAL] * SECOND_MS, handover=handover
        )
        if handover and found is None:
            with self._wake:
                self._handover = False  # the last one is new enough
        return found

    def _numbers(self) -> dict[RuleKey, int]:
        """The district's numbers as changed here, in seconds (D-31)."""
        rules = self._node.local(lambda _: self._node.bus.district()).rules
        wanted = (RuleKey.BACKUP_INTERVAL, RuleKey.BACKUP_KEEP_ALL, RuleKey.BACKUP_KEEP_DAILY)
        return {key: rules[key].seconds for key in wanted}

    def _back_up(self, why: Why) -> None:
        numbers, data, second = self._numbers(), self._node.data, self.second
        job = BackupJob(
            data.database,
            data.backups,
            self._node.clock.now_ms(),
            why,
            second,
            numbers[RuleKey.BACKUP_KEEP_ALL] * SECOND_MS,
            numbers[RuleKey.BACKUP_KEEP_DAILY] // 86_400,
            self.second_ids(second),
        )
        child = self._make_child({"kind": "backup", "root": str(data.root), **job.told()}, self._told)
        with self._wake:
            if self._closed:
                return
            self._child, self._handover = child, False
            self._set(stage="copy", done=0, total=0)
        try:
            made = child.run()
        except GivenUpError:
            self._over()
        except EnvironmentFault as fault:
            log.error("no backup: %s", fault.code)
            self._failed(fault)
        except RuntimeError:
            log.exception("no backup")
            self._failed(EnvironmentFault("backup.failed", "fault.backup.failed"))
        else:
            self._made(made)

    def _made(self, made: dict[str, Any]) -> None:
        if made["problem"]:
            log.error("backup %s does not stand: %s", made["made"], made["problem"])
            self._failed(EnvironmentFault("backup.check", "fault.backup.check", problem=made["problem"]))
            return
        log.info("backup %s restored and checked; thinned: %d", made["made"], len(made["removed"]))
        state, folder = made["second"], self.second
        trouble = None
        if state in _SECOND:
            log.warning("second folder of backups: %s", state)
            trouble = EnvironmentFault(f"backup.second_{state}", _SECOND[state], path=str(folder))
        self._failed_at = None
        self._over(second=state, trouble=trouble)

    def _failed(self, fault: EnvironmentFault) -> None:
        self._failed_at = time.monotonic()
        if (
            fault.code == "database.damaged"
        ):  # found by whoever reads all of it; those who work with parts may not know yet
            fault = EnvironmentFault("storage", "fault.storage.damaged", since_at=self._node.clock.now_ms())
        self._over(trouble=fault)

    def _over(self, **changes: Any) -> None:
        with self._wake:
            self._child = None
            self._set(stage="", done=0, total=0, ended=self._state.ended + 1, **changes)

    def _told(self, stage: str, done: int, total: int) -> None:
        with self._wake:
            self._set(stage=stage, done=done, total=total)

    def _set(self, **changes: Any) -> None:
        self._state = replace(self._state, **changes)
