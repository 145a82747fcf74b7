"""Long work in a process of its own, at low priority: the window never waits for it, and it can be given up at any moment.

The parent writes one JSON line (the job); the child answers with JSON lines (progress, then what came of it). A child whose
parent is gone ends by itself: its standard input ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess  # nosec B404 - our own program, no shell
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.kernel.errors import EnvironmentFault

_ROOT = Path(__file__).resolve().parents[2]
_MODULE = "app.bootstrap.child_work"
_PATIENCE_S = 10.0
Tell = Callable[[str, int, int], None]
"""Told (stage, done, in all) on the thread that waits for the child."""


class GivenUpError(Exception):
    """The work was given up on request."""


class Child:
    """One job. `run` waits for it; `give_up` may be called from any thread and ends it."""

    def __init__(self, job: dict[str, Any], tell: Tell) -> None:
        self._job, self._tell = job, tell
        self._guard = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._given_up = False

    def run(self) -> dict[str, Any]:
        """What the job gave; EnvironmentFault as the child met it; GivenUpError; RuntimeError when it died by itself."""
        with self._guard:
            if self._given_up:
                raise GivenUpError
            self._process = process = subprocess.Popen(  # nosec B603 - our own program, arguments of our own
                [sys.executable, "-m", _MODULE],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
            )
        try:
            result = self._talk(process)
        finally:
            self._end(process)
        with self._guard:
            if self._given_up:
                raise GivenUpError
        if result is None:
            raise RuntimeError(f"a child ended with {process.returncode} and without an answer")
        if "fault" in result:
            fault = result["fault"]
            raise EnvironmentFault(fault["code"], fault["text"], **fault["params"])
        found: dict[str, Any] = result["result"]
        return found

    def _talk(self, process: subprocess.Popen[bytes]) -> dict[str, Any] | None:
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(self._job).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            return None
        for line in process.stdout:
            said: dict[str, Any] = json.loads(line)
            if "stage" not in said:
                return said
            self._tell(said["stage"], said["done"], said["total"])
        return None

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.close()
        with contextlib.suppress(BrokenPipeError):  # it was gone before it read everything
            process.stdin.close()
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def give_up(self) -> None:
        """End it; what it had begun is swept away by the next one."""
        with self._guard:
            self._given_up = True
            if self._process is not None and self._process.poll() is None:
                self._process.kill()


def lower_priority() -> None:
    """Called in the child: everything else on this machine goes first."""
    if hasattr(os, "nice"):
        os.nice(15)
