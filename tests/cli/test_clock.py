"""The test clock in a file, read by several processes while somebody writes it (XC-05)."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.kernel.clock import FileClock
from tests.kit import ms


def test_it_follows_the_file(tmp_path: Path) -> None:
    """XC-05: a moment with its offset, whatever zone it is written in."""
    file = tmp_path / "clock"
    clock = FileClock(file)
    for text in ("2025-07-14T14:02:10+08:00", "2025-07-14T06:02:10Z\n", " 2025-07-14T14:02:10.000+08:00 "):
        file.write_text(text)
        assert clock.now_ms() == ms("14:02:10")


def test_a_moment_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    """While the file is empty, half-written or away the moment read last holds: no act fails for it."""
    file = tmp_path / "clock"
    file.write_text("2025-07-14T14:02:10+08:00")
    clock = FileClock(file)
    assert clock.now_ms() == ms("14:02:10")
    for text in ("", "2025-07-1", "2025-07-14T15:00:00"):
        file.write_text(text)
        assert clock.now_ms() == ms("14:02:10")
    file.unlink()
    assert clock.now_ms() == ms("14:02:10")
    file.write_text("2025-07-14T15:00:00+08:00")
    assert clock.now_ms() == ms("15:00:00")


@pytest.mark.parametrize("text", ["", "now", "2025-07-14T14:02:10", None])
def test_no_moment_at_all(tmp_path: Path, text: str | None) -> None:
    """XC-05: nothing is guessed at the start."""
    file = tmp_path / "clock"
    if text is not None:
        file.write_text(text)
    with pytest.raises((ValueError, OSError)):
        FileClock(file).now_ms()
