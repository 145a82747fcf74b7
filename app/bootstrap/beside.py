"""Files that stand beside the database and belong to it: what a copy of the record names comes with the copy (XC-09, CM-05).

A backup holds the database; the files of attachments are kept once for all copies of a folder, by their content. The keys of
contacts are never among them: what was purged stays purged, whatever is restored (XC-07).
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from app.domain.attachment import reserve_bytes
from app.kernel.paths import DataDir
from app.local.attachments import AttachmentStore, names_a_file
from app.queries import attachments
from db.examine import open_read_only


class FilesBeside(Protocol):
    """Keeps the files that a copy of the database names."""

    def carry(self, copy: Path, folder: Path) -> None:
        """Put what `copy` names into `folder`, where it is not there yet; OSError reaches the caller."""
        ...

    def outstanding(self, folder: Path) -> int:
        """Bytes of this site's files that `folder` lacks: what it may have to take at most."""
        ...

    def missing(self, copy: Path, folder: Path) -> int:
        """How many files that `copy` names, and this site holds, `folder` lacks."""
        ...

    def bring_back(self, copy: Path, folder: Path, root: Path) -> None:
        """Put what `copy` names from `folder` into a data folder; OSError reaches the caller."""
        ...

    def lacking(self, copy: Path, folder: Path, root: Path) -> int:
        """How many files that `copy` names lie in `folder` and not in a data folder."""
        ...


class AttachmentsBeside:
    """The files of attachments. `root`: the site's data folder, whose files are carried.

    A file that has not arrived at this site yet is missing nowhere: it is fetched from its peer, before a restore and after.
    """

    def __init__(self, root: Path) -> None:
        self._own, self._live = AttachmentStore(DataDir(root).attachments), DataDir(root).database

    def carry(self, copy: Path, folder: Path) -> None:
        """What was purged leaves the folder as well; after each file the site's own record is asked, for an order that was
        carried out and acknowledged while the file was on its way would find it here again."""
        kept = AttachmentStore(folder)
        with _reading(self._live if self._live.is_file() else copy) as record:
            for content in _named(copy):
                came = not kept.has(content) and copy_file(self._own, kept, content)
                if came and attachments.is_purged(record, content):
                    kept.drop(content)
            for row in attachments.purged(record):
                if row.content and names_a_file(row.content):
                    kept.drop(row.content)

    def outstanding(self, folder: Path) -> int:
        """As `FilesBeside.outstanding`; asked of the disk alone, before anything is known of the database."""
        kept = AttachmentStore(folder)
        return sum(self._own.size(content) or 0 for content in self._own.contents() if not kept.has(content))

    def missing(self, copy: Path, folder: Path) -> int:
        """As `FilesBeside.missing`."""
        kept = AttachmentStore(folder)
        return sum(self._own.has(content) and not kept.has(content) for content in _named(copy))

    def bring_back(self, copy: Path, folder: Path, root: Path) -> None:
        """As `FilesBeside.bring_back`; what is damaged in the folder is not brought."""
        kept, own = AttachmentStore(folder), AttachmentStore(DataDir(root).attachments)
        own.sweep_left()
        for content in _named(copy):
            if not own.has(content):
                _leave_room(root, kept.size(content) or 0)
                copy_file(kept, own, content)

    def lacking(self, copy: Path, folder: Path, root: Path) -> int:
        """As `FilesBeside.lacking`."""
        kept, own = AttachmentStore(folder), AttachmentStore(DataDir(root).attachments)
        return sum(kept.has(content) and not own.has(content) for content in _named(copy))


def _leave_room(root: Path, size: int) -> None:
    """OSError where a file of this size would take what is left to the record."""
    disk = shutil.disk_usage(root)
    if disk.free - size < reserve_bytes(disk.total):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(root))


def copy_file(source: AttachmentStore, target: AttachmentStore, content: str) -> bool:
    """True if the file is in the target now; it is hashed on its way, so that a damaged one never gets its name."""
    if target.has(content):
        return True
    if not source.has(content):
        return False
    with open(source.path(content), "rb") as file:
        taken = target.take(file)
    if taken is not None and taken[0] != content:
        target.drop(taken[0])
    return target.has(content)


def _named(copy: Path) -> list[str]:
    with _reading(copy) as connection:
        rows = attachments.contents(connection)
    return [row.content for row in rows if row.content and names_a_file(row.content)]


@contextlib.contextmanager
def _reading(copy: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(open_read_only(copy)) as connection:
        yield connection
