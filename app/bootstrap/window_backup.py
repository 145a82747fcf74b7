"""Backups of a window: the keeper behind it, folders read and the record checked off the window's thread (XC-09, XC-04)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.bootstrap.window_work import WindowWork
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.ui.backup.port import BackupView, Checked, CopyRow, Step

if TYPE_CHECKING:
    from app.bootstrap.backing_up import Backups
    from app.bootstrap.backup_store import Copy
    from app.bootstrap.child import Child
    from app.bootstrap.node import Node

MAY_CHOOSE = (
    "technician",
    "account_admin",
)  # the copies hold the whole record: who takes them out of the room is on record
LAST_CHECK = "verify.last"  # key of the workstation's memory: [UTC ms, whether it was damaged]
_DAY_S = 86_400
_HOUR_S = 3_600


class SiteBackups:
    """The backup port over a site that may not be open yet. `begin` when it is, `close` before it is closed."""

    def __init__(self, site: Callable[[], Node]) -> None:
        """`site`: the open site; it may wait for the opening."""
        self._site, self._work = site, WindowWork("backup-screen")
        self._guard = threading.Lock()
        self._closing = False
        self._keeper: Backups | None = None
        self._child: Child | None = None
        self._checking = Step()

    def begin(self, node: Node) -> None:
        """Look after the backups of an open site."""
        from app.bootstrap.backing_up import Backups

        keeper = Backups(node)
        with self._guard:
            if self._closing:
                return
            self._keeper = keeper
        keeper.begin()

    def close(self) -> None:
        """Give up what runs."""
        with self._guard:
            self._closing = True
            keeper = self._keeper
        self.give_up_check()
        if keeper is not None:
            keeper.close()
        self._work.close()

    def trouble(self) -> EnvironmentFault | None:
        """What is wrong with the backups, for the alarm strip."""
        keeper = self._keeper
        return keeper.state.trouble if keeper is not None else None

    # -- backups -----------------------------------------------------------------------------------------------------------
    def making(self) -> Step:
        """How far the backup under way is."""
        keeper = self._keeper
        if keeper is None:
            return Step()
        state = keeper.state
        return Step(state.stage, state.done, state.total, state.ended, state.trouble)

    def make(self) -> None:
        """Begin one now."""
        if self._keeper is not None:
            self._keeper.ask()

    def give_up(self) -> None:
        """Give it up."""
        if self._keeper is not None:
            self._keeper.give_up()

    def view(self) -> Future[BackupView]:
        """Look into the folders."""
        return self._work.submit(self._view)

    def _view(self) -> BackupView:
        from app.bootstrap import second_folders
        from app.bootstrap.backup_store import copies, free_bytes, is_marked
        from app.domain.backups import newest_verified
        from app.domain.rule_numbers import RuleKey

        node = self._site()
        rules = node.local(lambda _: node.bus.district()).rules
        keeper, folder = self._keeper, node.data.backups
        second = keeper.second if keeper is not None else None
        here = copies(folder)
        there = second is not None and keeper is not None and is_marked(second, keeper.second_ids(second))
        rows = [_row(each, False) for each in here]
        if second is not None and there:
            rows += [_row(each, True) for each in copies(second)]
        last = newest_verified((each.kept for each in here), node.clock.now_ms())
        return BackupView(
            rows=sorted(rows, key=lambda row: (row.at, not row.second), reverse=True),
            folder=folder,
            free=free_bytes(folder),
            second=second,
            second_state="none" if second is None else "kept" if there else "missing",
            same_disk=second is not None and there and _same_disk(folder, second),
            last_at=None if last is None else last.at,
            interval_h=rules[RuleKey.BACKUP_INTERVAL].seconds // _HOUR_S,
            keep_all_h=rules[RuleKey.BACKUP_KEEP_ALL].seconds // _HOUR_S,
            keep_days=rules[RuleKey.BACKUP_KEEP_DAILY].seconds // _DAY_S,
            former=tuple(node.local(second_folders.names)),
        )

    def may_choose(self, account_id: str) -> Future[None]:
        """See the port."""
        return self._work.submit(lambda: self._check_right(self._site(), account_id))

    def choose_second(self, folder: Path | None, account_id: str) -> Future[None]:
        """Mark a folder as ours and use it, or none any more."""
        return self._work.submit(lambda: self._choose_second(folder, account_id))

    def _choose_second(self, folder: Path | None, account_id: str) -> None:
        from app.bootstrap import second_folders

        node = self._site()
        self._check_right(node, account_id)
        if folder is not None and folder.resolve().is_relative_to(node.data.root.resolve()):
            raise EnvironmentFault("backup.second_inside", "fault.backup.second_inside", path=str(folder))
        try:
            second_folders.choose(node, folder)
        except OSError as wrong:
            raise EnvironmentFault(
                "backup.second_folder", "fault.backup.second_folder", path=str(folder)
            ) from wrong
        if self._keeper is not None:
            self._keeper.choose_second(folder)

    def forget_former(self, name: str, account_id: str) -> Future[None]:
        """See the port."""

        def work() -> None:
            from app.bootstrap import second_folders

            second_folders.forget(self._site(), name, account_id)

        return self._work.submit(work)

    def _check_right(self, node: Node, account_id: str) -> None:
        """XC-06: a copy of everything on a stick is not for everybody; a refusal is recorded."""
        author = node.local(lambda _: node.bus.author(account_id))
        if not author.role_set & set(MAY_CHOOSE):
            refusal = Refusal(
                ErrorCode.PERM, "refusal.backup.second", who=MAY_CHOOSE, clause="XC-06", field="folder"
            )
            node.record_refusal(None, refusal, account_id)
            raise refusal

    # -- the record --------------------------------------------------------------------------------------------------------
    def checking(self) -> Step:
        """How far the check is."""
        with self._guard:
            return self._checking

    def check(self) -> Future[Checked]:
        """Check the record in a process of its own."""
        return self._work.submit(self._check)

    def give_up_check(self) -> None:
        """End it."""
        with self._guard:
            child = self._child
        if child is not None:
            child.give_up()

    def _check(self) -> Checked:
        from app.bootstrap.child import Child, GivenUpError

        node = self._site()
        job = {"kind": "verify", "root": str(node.data.root), "language": node.texts.language}
        child = Child(job, self._told)
        with self._guard:
            if self._closing:
                raise CancelledError
            self._child, self._checking = child, Step("pages")
        try:
            found = _checked(child.run())
            self._remember(node, found)
            return found
        except GivenUpError as nobody:
            raise CancelledError from nobody
        finally:
            with self._guard:
                self._child = None
                self._checking = Step(ended=self._checking.ended + 1)

    def _remember(self, node: Node, found: Checked) -> None:
        """When the record was last checked whole, and whether it was: the diagnostics page says it."""
        from app.local import memory

        at = node.clock.now_ms()
        node.local(lambda connection: memory.keep(connection, LAST_CHECK, [at, found.damaged], at))

    def _told(self, stage: str, done: int, total: int) -> None:
        with self._guard:
            self._checking = replace(self._checking, stage=stage, done=done, total=total)


def _row(copy: Copy, second: bool) -> CopyRow:
    return CopyRow(copy.path, copy.at, copy.size, copy.entries, copy.standing.value, copy.why, second)


def _same_disk(folder: Path, second: Path) -> bool:
    try:
        return folder.stat().st_dev == second.stat().st_dev
    except OSError:
        return False


def _checked(found: dict[str, Any]) -> Checked:
    report = found["report"]
    return Checked(
        damaged=bool(found["damaged"]),
        findings=tuple(found["findings"]),
        total=int(found["findings_total"]),
        entries=int(report.get("entries", 0)),
        chains=len(report.get("chains", ())),
    )
