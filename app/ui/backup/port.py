"""What the backup screen asks of a running site; everything long happens in child processes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.kernel.errors import EnvironmentFault


@dataclass(frozen=True, slots=True)
class CopyRow:
    """One backup: of which moment (UTC ms), bytes, entries (None: not counted), `standing` verified | unchecked | failed.

    `why`: what made it due ("" unknown); `second`: it lies in the second folder.
    """

    path: Path
    at: int
    size: int
    entries: int | None
    standing: str
    why: str
    second: bool


@dataclass(frozen=True, slots=True)
class BackupView:
    """All backups, newest first; where they lie; room on that disk (bytes); the district's rule numbers.

    `second_state`: none | missing | kept, "" while nobody has looked. `same_disk`: it lies on the disk of the data.
    `last_at`: moment of the latest verified one, None without. `former`: names of second folders that are in use no more and
    may hold files still.
    """

    rows: Sequence[CopyRow] = ()
    folder: Path = Path()
    free: int = 0
    second: Path | None = None
    second_state: str = "none"
    same_disk: bool = False
    last_at: int | None = None
    interval_h: int = 0
    keep_all_h: int = 0
    keep_days: int = 0
    former: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What goes on: stage ("" for nothing), done of total; `ended` counts how often it came to an end."""

    stage: str = ""
    done: int = 0
    total: int = 0
    ended: int = 0
    trouble: EnvironmentFault | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking the record found: sentences, how many findings in all, how many entries were looked at."""

    damaged: bool
    findings: Sequence[str]
    total: int
    entries: int
    chains: int


class BackupDoor(Protocol):
    """Backups of the site behind the window."""

    def view(self) -> Future[BackupView]:
        """Look into the folders."""
        ...

    def making(self) -> Step:
        """How far the backup under way is; a snapshot, from any thread."""
        ...

    def make(self) -> None:
        """Begin a backup now; nothing happens while one is under way or the site is not open."""
        ...

    def give_up(self) -> None:
        """Give the backup under way up."""
        ...

    def may_choose(self, account_id: str) -> Future[None]:
        """Whether this account may choose the second folder; the future raises Refusal (E_PERM), which is on record."""
        ...

    def choose_second(self, folder: Path | None, account_id: str) -> Future[None]:
        """Copies go there as well from now on; None: nowhere. The future raises Refusal (E_PERM) or EnvironmentFault."""
        ...

    def forget_former(self, name: str, account_id: str) -> Future[None]:
        """A former second folder was destroyed: on record. The future raises Refusal (E_PERM, E_STATE)."""
        ...

    def checking(self) -> Step:
        """How far the check of the record is; a snapshot."""
        ...

    def check(self) -> Future[Checked]:
        """Check the whole record in a process of its own; the future raises EnvironmentFault, CancelledError when given up."""
        ...

    def give_up_check(self) -> None:
        """Give the check up."""
        ...
