"""A console that dies leaves a trace of where (QUALITY, Reliability)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from app.kernel.crashes import FILE

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import ctypes, sys, threading
from pathlib import Path
from app.kernel import crashes, logs

folder = Path(sys.argv[1])
logs.configure(folder)
crashes.leave_traces(folder)
crashes.leave_traces(folder)

def fails():
    raise ValueError("telephone 13812345678")

def dies():
    ctypes.string_at(0)

thread = threading.Thread(target=fails, name="clerk")
thread.start()
thread.join()
{end}()
"""


def ran(folder: Path, end: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(end=end), str(folder)],
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    told = [path.read_text("utf-8") for path in sorted(folder.glob("*.log"))]
    return done.returncode, "".join(told), (folder / FILE).read_text("utf-8")


def test_what_nobody_caught_is_in_the_log_masked(tmp_path: Path) -> None:
    code, log, crash = ran(tmp_path, "fails")
    assert code == 1
    assert log.count("nobody caught this") == 2 and "nobody caught this on clerk" in log
    assert "ValueError" in log and "138" not in log
    assert crash == ""


def test_a_process_that_dies_says_where(tmp_path: Path) -> None:
    code, _, crash = ran(tmp_path, "dies")
    assert code < 0, "nothing hides that it died"
    assert "in dies" in crash and "138" not in crash
