"""Looking at a database file as a file without costing SQLite its locks on it.

POSIX: when a process closes any descriptor of a file, all its locks on that file are gone, those of SQLite's connections too.
Another process then takes the database for one that nobody has open, and deletes the log that ours goes on writing into. So a
descriptor is kept while a connection of this process is open on its file, as SQLite keeps its own.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

_Key = tuple[int, int]  # device and inode

_lock = threading.Lock()
_open: Counter[_Key] = Counter()  # connections on a file
_kept: dict[_Key, list[BinaryIO]] = {}
LOCKS_GO_WITH_ANY_DESCRIPTOR = os.name == "posix"


class Connection(sqlite3.Connection):
    """A connection that is counted until it is closed."""

    _key: _Key | None = None

    def close(self) -> None:
        """Close; with the last one of a file go the descriptors that were kept for its sake."""
        super().close()
        key, self._key = self._key, None
        if key is None:
            return
        with _lock:
            _open[key] -= 1
            last = not _open[key]
            for handle in _kept.pop(key, ()) if last else ():
                handle.close()
            if last:
                del _open[key]


def connect(path: Path, address: str | None = None, **options: Any) -> sqlite3.Connection:
    """sqlite3.connect to a file (by `address`, when it is a URI), counted. A `factory` must be a Connection of this module."""
    made: Connection
    with _lock:  # whoever looks at the file now closes it before, or keeps it
        made = sqlite3.connect(address or path, uri=address is not None, **{"factory": Connection, **options})
        with contextlib.suppress(OSError):  # SQLite says later what is wrong with it
            known = path.stat()
            made._key = (known.st_dev, known.st_ino)
            _open[made._key] += 1
    return made


@contextlib.contextmanager
def looking(path: Path, mode: str = "rb") -> Iterator[BinaryIO]:
    """The file, open as a file; OSError as from open()."""
    handle: BinaryIO = path.open(mode)  # type: ignore[assignment]  # modes here are binary
    try:
        yield handle
    finally:
        _put_away(handle)


def _put_away(handle: BinaryIO) -> None:
    known = os.fstat(handle.fileno())
    key = (known.st_dev, known.st_ino)
    with _lock:
        if LOCKS_GO_WITH_ANY_DESCRIPTOR and _open[key]:
            _kept.setdefault(key, []).append(handle)
            return
        _open.pop(key, None)  # what a Counter notes by being asked
        handle.close()
