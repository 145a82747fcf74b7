"""The port for files that stand beside the database and belong to it: what the record names must come with a copy of it.

A backup holds the database. Whoever keeps files of its own (by content, beside the database) brings a keeper that carries them
into the folder of backups and back; without one nothing stands beside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class FilesBeside(Protocol):
    """Keeps the files that a copy of the database names."""

    def carry(self, copy: Path, folder: Path) -> None:
        """Put what `copy` names into `folder`, where it is not there yet; OSError reaches the caller."""
        ...

    def missing(self, copy: Path, folder: Path) -> int:
        """How many files that `copy` names `folder` lacks or holds damaged."""
        ...

    def bring_back(self, copy: Path, folder: Path, root: Path) -> int:
        """Put what `copy` names from `folder` into a data folder; returns how many could not be had."""
        ...


class NothingBeside:
    """No files beside the database."""

    def carry(self, copy: Path, folder: Path) -> None:
        """Nothing to carry."""

    def missing(self, copy: Path, folder: Path) -> int:
        """None."""
        return 0

    def bring_back(self, copy: Path, folder: Path, root: Path) -> int:
        """None."""
        return 0


def files_beside() -> FilesBeside:
    """The keeper of this program's files beside the database."""
    return NothingBeside()
