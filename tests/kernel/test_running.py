"""How the last run ended is known at the next start (QUALITY, Reliability)."""

from __future__ import annotations

import os
from pathlib import Path

from app.kernel import crashes
from app.kernel.clock import ManualClock
from app.kernel.running import FILE, Former, Running, error_of

NOW = 1_752_451_200_000


def gone(folder: Path, at: int) -> None:
    """A run that left its mark and never took it away."""
    running = Running(folder, ManualClock(at))
    running.begin()
    running._ended.set()
    assert running._thread is not None
    running._thread.join()


def test_a_run_that_was_closed_tells_nothing(tmp_path: Path) -> None:
    running = Running(tmp_path, ManualClock(NOW))
    assert running.begin() is None
    assert (tmp_path / FILE).exists()
    running.end()
    running.end()
    assert not (tmp_path / FILE).exists()
    assert Running(tmp_path, ManualClock(NOW + 1)).begin() is None


def test_a_run_that_was_just_gone_tells_about_when(tmp_path: Path) -> None:
    gone(tmp_path, NOW)
    assert Running(tmp_path, ManualClock(NOW + 60_000)).begin() == Former(NOW)


def test_a_crash_is_told_with_its_trace_once(tmp_path: Path) -> None:
    """A trace that was there before belongs to another run."""
    (tmp_path / "crash-20250713-101010.txt").write_text("Fatal Python error: Aborted\n", "utf-8")
    gone(tmp_path, NOW)
    assert Running(tmp_path, ManualClock(NOW)).begin() == Former(NOW)
    gone(tmp_path, NOW + 5)
    (tmp_path / "crash-20250714-080000.txt").write_text("Fatal Python error: Segmentation fault\n", "utf-8")
    found = Running(tmp_path, ManualClock(NOW + 9)).begin()
    assert found == Former(NOW + 5, "crash-20250714-080000.txt", "Segmentation fault")


def test_an_own_trace_is_put_aside_with_its_moment(tmp_path: Path) -> None:
    trace = tmp_path / crashes.FILE
    trace.write_text("Fatal Python error: Segmentation fault\n", "utf-8")
    os.utime(trace, (1_700_000_000, 1_700_000_000))
    for old in range(crashes.KEPT + 2):
        (tmp_path / f"crash-2020010{old}-000000.txt").write_text("x", "utf-8")
    crashes._put_aside(tmp_path)
    kept = crashes.former(tmp_path)
    assert len(kept) == crashes.KEPT and kept[0].name.startswith("crash-2023") and not trace.exists()
    assert error_of(kept[0].read_text("utf-8")) == "Segmentation fault"
    assert error_of("nothing of the kind") == ""


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    running = Running(tmp_path / "not there", ManualClock(NOW))
    assert running.begin() is None
    running.end()
