"""A mark that stands while a console runs: what still stands at the next start tells of an end that was none.

The mark lies in the folder of logs. Its time is touched now and then, so that it also tells when the console was last alive.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path

from app.kernel import crashes
from app.kernel.clock import Clock

FILE = "running"
BEAT_S = 20.0
_NS_PER_MS = 1_000_000
_FATAL = re.compile(r"^(?:Fatal Python error|Windows fatal exception): ([\w .:'()-]{1,80})", re.MULTILINE)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Former:
    """How an earlier run ended without having been closed: about when (UTC ms).

    `trace`: name of the file with the stacks of a crash, empty where the process was just gone (power, killed); `error`: its
    kind, as the system names it.
    """

    at: int
    trace: str = ""
    error: str = ""


class Running:
    """The mark of this process; `begin` once nobody else runs on the same folder, `end` when all is closed."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._file, self._clock = folder, folder / FILE, clock
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> Former | None:
        """Leave the mark; what the one before it tells. A folder that cannot be written tells nothing."""
        try:
            found = self._former()
            self._file.write_text(_newest(self._folder), "utf-8")
            self._touch()
        except OSError as wrong:
            log.warning("no mark of running: %s", type(wrong).__name__)
            return None
        self._thread = threading.Thread(target=self._beat, name="running", daemon=True)
        self._thread.start()
        return found

    def end(self) -> None:
        """Take the mark away; nothing when there is none of ours."""
        if self._thread is None:
            return
        self._ended.set()
        self._thread.join()
        self._thread = None
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)

    def _former(self) -> Former | None:
        if not self._file.exists():
            return None
        at = round(self._file.stat().st_mtime_ns / _NS_PER_MS)
        trace = _newest(self._folder)
        if not trace or trace == self._file.read_text("utf-8").strip():
            return Former(at)  # no other trace than the one that was there before it began
        return Former(at, trace, error_of((self._folder / trace).read_text("utf-8", "replace")))

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            self._touch()

    def _touch(self) -> None:
        now = self._clock.now_ms()
        with contextlib.suppress(OSError):
            os.utime(self._file, ns=(now * _NS_PER_MS, now * _NS_PER_MS))


def _newest(folder: Path) -> str:
    trace = next(iter(crashes.former(folder)), None)
    return trace.name if trace is not None else ""


def error_of(trace: str) -> str:
    """What kind of fault a trace begins with; empty when it does not say."""
    found = _FATAL.search(trace)
    return found.group(1).strip() if found is not None else ""
