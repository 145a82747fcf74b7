"""Beginnings of files that are being copied in: held locked by who copies, so that what a killed program left is told apart."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from app.kernel.paths import private_opener

TAKING = "taking-"


@contextlib.contextmanager
def begun(folder: Path, name: str) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file of this name, open for writing and held until the end; then it is gone, unless it was renamed."""
    path = folder / f"{TAKING}{os.getpid()}-{name}"
    handle = _opened(path)
    try:
        yield path, handle
    finally:
        if os.name == "nt":  # there nothing that is open is unlinked or renamed
            handle.close()
        path.unlink(missing_ok=True)
        handle.close()


def sweep(folder: Path) -> None:
    """Throw away beginnings that nobody holds: who copied them was killed. OSError reaches the caller."""
    for each in folder.glob(f"{TAKING}*"):
        _remove_unless_held(each)


def _opened(path: Path) -> BinaryIO:
    _remove_unless_held(path)  # of a killed program that had our number
    while True:
        handle = open(path, "xb", opener=private_opener)  # noqa: SIM115 - handed on
        if _hold(handle, wait=True) and os.fstat(handle.fileno()).st_nlink:
            return handle
        handle.close()  # swept between its making and its holding


def _remove_unless_held(path: Path) -> None:
    if os.name == "nt":
        with contextlib.suppress(PermissionError):
            path.unlink(missing_ok=True)
        return
    with contextlib.suppress(FileNotFoundError), path.open("rb") as handle:
        if _hold(handle, wait=False):
            path.unlink(missing_ok=True)


if sys.platform == "win32":

    def _hold(handle: BinaryIO, *, wait: bool) -> bool:
        return True

else:
    import fcntl

    def _hold(handle: BinaryIO, *, wait: bool) -> bool:
        """True if the file is ours alone now. A file system without locks holds nothing and sweeps nothing."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return wait
        return True
