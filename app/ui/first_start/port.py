"""What the first start asks of the rest: packs, founding, an exercise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.kernel.errors import EnvironmentFault, Refusal
from app.kernel.texts import Texts


@dataclass(frozen=True)
class PackView:
    """A district pack to choose: code, name, agencies as (key, full name), file when it is not one of the program's."""

    code: str
    name: str
    agencies: tuple[tuple[str, str], ...]
    file: Path | None = None


@dataclass(frozen=True)
class Answers:
    """What was filled in; passwords are not shown anywhere."""

    pack: PackView
    agency: str
    letter: str
    label: str
    admin_name: str
    admin_title: str
    password: str
    recovery_file: Path


@dataclass(frozen=True)
class CopyView:
    """What a backup holds: agency's name, series letter, up to when (UTC ms), number of entries."""

    agency: str
    letter: str
    last_at: int
    entries: int


@dataclass(frozen=True)
class RestoredView:
    """What became of a restore: the new series letter, the folder the damaged files were put into, if any, and how many files of
    attachments could not be brought yet."""

    letter: str
    aside: Path | None
    files_left: int = 0


class FirstStart(Protocol):
    """Port of the first-start window."""

    texts: Texts

    def packs(self) -> Sequence[PackView]:
        """The program's packs, the one that is ready first."""
        ...

    def read_pack(self, path: Path) -> PackView:
        """A pack from a file; EnvironmentFault when it cannot be read as one."""
        ...

    def name_fits(self, name: str) -> bool:
        """True if a sign-in name holds only what a room can spell (CM-04)."""
        ...

    def on_data_disk(self, path: Path) -> bool:
        """True if a file there would lie on the disk of the data; False where nobody can tell."""
        ...

    def found(self, answers: Answers) -> Future[None]:
        """Found the site; the future raises Refusal or EnvironmentFault, and then nothing was made."""
        ...

    def exercise(self) -> Future[None]:
        """Make a furnished exercise instead."""
        ...

    def newest_copy(self) -> Path | None:
        """The newest backup of the data folder, None without one."""
        ...

    def examine(self, copy: Path) -> Future[CopyView]:
        """Read a backup through; the future raises EnvironmentFault when it is damaged, newer or none."""
        ...

    def key_fault(self, key: Path) -> EnvironmentFault | None:
        """What is wrong with a recovery key file for the backup read last; None when it is its agency's."""
        ...

    def restore(self, copy: Path, key: Path, tell: Callable[[str], None]) -> Future[RestoredView]:
        """Restore a backup as a new site; `tell` hears each step on another thread. The future raises Refusal or
        EnvironmentFault, and then no database was made."""
        ...

    def sentence(self, error: Refusal | EnvironmentFault) -> str:
        """What happened, why, and what to do."""
        ...
