"""What the diagnostics page asks of a running site: figures and states, no names, numbers or texts of anybody."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LinkFact:
    """One line, both directions: how many acts wait to go out and to be taken in, when the last went and came (UTC ms)."""

    agency: str
    letter: str
    state: str
    waiting_out: int | None
    waiting_in: int
    acked_at: int | None
    applied_at: int | None
    rtt_ms: float | None
    offset_ms: int | None


@dataclass(frozen=True, slots=True)
class SiteFact:
    """One workstation that is known here."""

    agency: str
    letter: str
    state: str
    own: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the page shows. Moments in UTC ms, sizes in bytes, None where nothing is known.

    `checked_at`: when a copy of the record was last restored on trial and compared; `verified_at`, `damaged`: when somebody last
    had the whole record checked here, and what it gave. `jumps`: (moment, seconds) of clock
    settings since the start. `folder`: where the data lies; a path may hold a person's name, so it is shown and never exported.
    """

    program: str
    python: str
    sqlite: str
    schema: str
    system: str
    pack: str
    pack_own: bool
    realm: str
    agency: str
    letter: str
    database_bytes: int
    wal_bytes: int
    entries: int
    checked_at: int | None
    verified_at: int | None
    damaged: bool
    backup_at: int | None
    backup_limit_ms: int
    backup_count: int
    free_bytes: int | None
    disk_bytes: int | None
    disk_fault: str
    links: tuple[LinkFact, ...]
    sites: tuple[SiteFact, ...]
    jumps: tuple[tuple[int, int], ...]
    now: int
    started_at: int
    crash_at: int | None
    crash_error: str
    folder: Path


class DiagnosticsDoor(Protocol):
    """Facts of the site behind the window."""

    def look(self) -> Future[Facts]:
        """Look at everything now; the future raises EnvironmentFault."""
        ...

    def traces(self, name: str = "") -> Future[str]:
        """Stacks of a crash (the newest without a name) and of errors nobody caught: places in the program, nothing else.

        Empty when there are none.
        """
        ...

    def save(self, text: str, path: Path) -> Future[None]:
        """Write a file where it was asked for; the future raises EnvironmentFault."""
        ...
