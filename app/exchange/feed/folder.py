"""A watched folder: files of alarms (JSON lines) are taken in the order of their names and moved to done/ or rejected/."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path

from app.exchange.feed.intake import FeedIntake
from app.kernel.errors import EnvironmentFault, Refusal

log = logging.getLogger(__name__)


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
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for line in lines:
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


def _decode(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line.rstrip("\n")


def sweep(intake: FeedIntake, folder: Path) -> list[FileResult]:
    """Take all files that lie ready (`*.jsonl`); a writer names its file `.part` until it is complete.

    EnvironmentFault, OSError: the file at hand stays where it is and is taken again at the next sweep, from its beginning;
    what of it had been taken changes nothing the second time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    results = []
    for path in sorted(folder.glob("*.jsonl")):
        result = take_file(intake, path)
        target = folder / ("rejected" if result.rejected else "done")
        target.mkdir(exist_ok=True)
        path.replace(_free(target / path.name))
        results.append(result)
    return results


def _free(path: Path) -> Path:
    number = 1
    free = path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
