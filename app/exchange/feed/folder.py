"""A watched folder: files of alarms (JSON lines) are taken in the order of their names and moved to done/ or rejected/."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from app.exchange.feed.intake import FeedIntake
from app.kernel.errors import EnvironmentFault, Refusal

log = logging.getLogger(__name__)

MAX_LINE = 1 << 20  # characters; as much as a POST may hold


@dataclass(frozen=True)
class FileResult:
    """What became of one file."""

    name: str
    taken: int
    rejected: int


def take_file(intake: FeedIntake, path: Path) -> FileResult:
    """Take every line of a file; a line that is no JSON, is refused or trips over a bug is kept by the intake and counted.

    EnvironmentFault (disk full, say) ends it: the rest was not taken.
    """
    taken = rejected = 0
    with path.open(encoding="utf-8-sig", errors="replace") as handle:
        for line in _lines(handle):
            if not line.strip():
                continue
            try:
                intake.take(_decode(line))
                taken += 1
            except Refusal:
                rejected += 1
            except EnvironmentFault:
                raise
            except Exception:
                log.exception("a line of a feed file failed")
                rejected += 1
    return FileResult(path.name, taken, rejected)


def _lines(handle: TextIO) -> Iterator[str]:
    """Lines of a file; of one that is longer than any alarm only the beginning, which is no alarm."""
    while line := handle.readline(MAX_LINE):
        yield line
        while len(line) == MAX_LINE and not line.endswith("\n"):
            line = handle.readline(MAX_LINE)  # the rest of it is passed over, not held


def _decode(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line.rstrip("\n")


class FolderDoor:
    """A watched folder. A file that was taken and cannot be moved away is not read again, only moved when that can be done."""

    def __init__(self, intake: FeedIntake, folder: Path) -> None:
        self._intake, self._folder = intake, folder
        self._taken: dict[Path, tuple[tuple[int, int, int], FileResult]] = {}  # still in the folder

    def sweep(self) -> list[FileResult]:
        """Take all files that lie ready (`*.jsonl`); a writer names its file `.part` until it is complete.

        EnvironmentFault (disk full, say): the file at hand stays where it is and is taken again at the next sweep, from its
        beginning; what of it had been taken changes nothing the second time. OSError, after everything else was taken: a file
        could not be read, or not be moved to done/ or rejected/.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        results: list[FileResult] = []
        trouble: OSError | None = None
        ready = sorted(self._folder.glob("*.jsonl"))
        self._taken = {path: known for path, known in self._taken.items() if path in ready}
        for path in ready:
            try:
                results += self._take(path)
            except OSError as wrong:
                trouble = trouble or wrong
        if trouble is not None:
            raise trouble
        return results

    def _take(self, path: Path) -> list[FileResult]:
        found = path.stat()
        state = (found.st_ino, found.st_size, found.st_mtime_ns)
        known = self._taken.get(path)
        fresh = known is None or known[0] != state
        result = take_file(self._intake, path) if known is None or known[0] != state else known[1]
        self._taken[path] = (state, result)
        target = self._folder / ("rejected" if result.rejected else "done")
        target.mkdir(exist_ok=True)
        path.replace(_free(target / path.name))
        del self._taken[path]
        return [result] if fresh else []


def sweep(intake: FeedIntake, folder: Path) -> list[FileResult]:
    """One look at a folder; see FolderDoor."""
    return FolderDoor(intake, folder).sweep()


def _free(path: Path) -> Path:
    number = 1
    free = path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
