"""The child's side: one job from standard input, its progress and result as JSON lines on standard output."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.bootstrap.child import lower_priority
from app.bootstrap.node import told_plainly
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir

_EVERY_S = 0.1
_MOST_FINDINGS = 200
ALONE = 3  # exit code: nobody is there to tell


class _Voice:
    """Writes to the parent; of progress only as much as can be seen."""

    def __init__(self) -> None:
        self._at, self._stage = 0.0, ""

    def tell(self, stage: str, done: int, total: int) -> None:
        """Progress of a stage."""
        now = time.monotonic()
        if stage == self._stage and done < total and now - self._at < _EVERY_S:
            return
        self._at, self._stage = now, stage
        self.say({"stage": stage, "done": done, "total": total})

    def say(self, told: dict[str, Any]) -> None:
        """One line."""
        sys.stdout.buffer.write(json.dumps(told).encode() + b"\n")
        sys.stdout.buffer.flush()


def _backup(job: dict[str, Any], voice: _Voice) -> dict[str, Any]:
    from app.bootstrap.backup_work import BackupJob, make

    made = make(BackupJob.of(job), voice.tell)
    return {"made": made.path.name, "problem": made.problem, "second": made.second, "removed": made.removed}


def _verify(job: dict[str, Any], voice: _Voice) -> dict[str, Any]:
    from app.bootstrap.checking import verify_site

    found = verify_site(DataDir(Path(job["root"])), voice.tell, workers=1, language=job["language"])
    report = found["report"]
    for name in ("faults", "differences", "pages"):
        every = report.get(name, ())
        report[name] = list(every)[:_MOST_FINDINGS]
        report[f"{name}_total"] = max(len(every), report.get(f"{name}_total", 0))
    return found


_JOBS: dict[str, Callable[[dict[str, Any], _Voice], dict[str, Any]]] = {"backup": _backup, "verify": _verify}


def _leave_with_the_parent() -> None:
    while os.read(0, 4096):
        pass
    os._exit(ALONE)


def main() -> int:
    """Carry out one job; the exit code is 0 when it could be told how it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's; it tells by ending our input
    lower_priority()
    job = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_leave_with_the_parent, daemon=True).start()
    voice = _Voice()
    try:
        with told_plainly(Path(job.get("root", ""))):
            voice.say({"result": _JOBS[job["kind"]](job, voice)})
    except EnvironmentFault as fault:
        params = {name: str(value) for name, value in fault.params.items()}
        voice.say({"fault": {"code": fault.code, "text": fault.text, "params": params}})
    return 0


if __name__ == "__main__":
    sys.exit(main())
