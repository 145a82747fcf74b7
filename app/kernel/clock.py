"""Clocks (XC-05): UTC milliseconds are stored, Asia/Shanghai is shown, and nothing else reads the wall clock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
SECOND_MS = 1_000
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000
FOR_LONG_MS = 10 * 365 * DAY_MS  # what ends later is told as good for long: its date means nothing to anybody
# 0002-01-01 and 9999-01-01: every zone can show them.
_FIRST_MS, _LAST_MS = -62_104_060_800_000, 253_370_764_800_000


class Clock(Protocol):
    """Port: the present moment in UTC milliseconds."""

    def now_ms(self) -> int:
        """Return UTC milliseconds since 1970-01-01."""
        ...


class SystemClock:
    """The workstation's own clock."""

    def now_ms(self) -> int:
        """Return UTC milliseconds since 1970-01-01."""
        return time.time_ns() // 1_000_000


@dataclass
class ManualClock:
    """Test clock: stands still until it is moved."""

    ms: int

    def now_ms(self) -> int:
        """Return UTC milliseconds since 1970-01-01."""
        return self.ms

    def advance(self, seconds: float) -> None:
        """Move forward (or back) by seconds."""
        self.ms += round(seconds * SECOND_MS)

    def set(self, ms: int) -> None:
        """Jump to UTC milliseconds."""
        self.ms = ms


@dataclass
class FileClock:
    """Test clock shared by processes: an ISO 8601 moment with offset stands in a file."""

    path: Path
    _last_ms: int | None = None

    def now_ms(self) -> int:
        """Return UTC milliseconds; while the file is being written, the moment read last.

        ValueError or OSError when no moment with an offset was ever there.
        """
        try:
            self._last_ms = parse_moment(self.path.read_text("utf-8").strip())
        except (ValueError, OSError):
            if self._last_ms is None:
                raise
        return self._last_ms


def to_ms(moment: datetime) -> int:
    """Aware datetime -> UTC milliseconds; ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs an offset")
    return round(moment.timestamp() * SECOND_MS)


def from_ms(ms: int) -> datetime:
    """UTC milliseconds -> aware datetime in UTC; what no calendar holds (another program wrote it) -> its nearest end."""
    ms = min(max(ms, _FIRST_MS), _LAST_MS)
    return datetime.fromtimestamp(ms // SECOND_MS, UTC).replace(microsecond=ms % SECOND_MS * 1000)


def iso(ms: int) -> str:
    """UTC milliseconds -> ISO 8601 in Asia/Shanghai with milliseconds and offset."""
    return from_ms(ms).astimezone(SHANGHAI).isoformat(timespec="milliseconds")


def local_date(ms: int) -> str:
    """UTC milliseconds -> the local date YYYYMMDD (D-20)."""
    return from_ms(ms).astimezone(SHANGHAI).strftime("%Y%m%d")


def parse_moment(text: str) -> int:
    """ISO 8601 with offset -> UTC milliseconds; ValueError without one."""
    return to_ms(datetime.fromisoformat(text))
