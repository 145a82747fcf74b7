"""What nobody caught, and what ends the process: both leave a trace in the folder of logs, without personal data.

An error that reaches the top of a thread goes into the log, where digits are masked. When the process itself dies (a fault in
native code), the stack of each thread is written into `crash.txt`: names of files and functions, no values.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import sys
import threading
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

FILE = "crash.txt"
FORMER = "crash-*.txt"
KEPT = 5  # traces of earlier crashes
log = logging.getLogger(__name__)
_open: list[BinaryIO] = []  # faulthandler keeps no hold of it


def leave_traces(folder: Path) -> None:
    """From now on, until the process ends; the trace of an earlier crash is put aside. OSError when the folder cannot be
    written.
    """
    _put_aside(folder)
    file = (folder / FILE).open("ab")
    faulthandler.enable(file)
    for former in _open:
        former.close()
    _open[:] = [file]
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _put_aside(folder: Path) -> None:
    """A trace that is there already belongs to another process: it gets the moment of its end as its name."""
    trace = folder / FILE
    with contextlib.suppress(OSError):  # still held by the process that wrote it (Windows)
        if trace.is_file() and trace.stat().st_size:
            ended = datetime.fromtimestamp(trace.stat().st_mtime)  # noqa: DTZ006 - a name for people at this machine
            os.replace(trace, folder / f"crash-{ended:%Y%m%d-%H%M%S}.txt")
        for old in former(folder)[KEPT:]:
            old.unlink()


def former(folder: Path) -> list[Path]:
    """Traces of earlier crashes, newest first."""
    return sorted(folder.glob(FORMER), reverse=True)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    log.critical("nobody caught this", exc_info=(kind, error, trace))


def _uncaught_in_thread(what: threading.ExceptHookArgs) -> None:
    if what.exc_type is SystemExit or what.exc_value is None:
        return
    name = what.thread.name if what.thread is not None else "?"
    log.critical(
        "nobody caught this on %s", name, exc_info=(what.exc_type, what.exc_value, what.exc_traceback)
    )
