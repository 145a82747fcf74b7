"""What every verb is given: the data folder and the clock."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.kernel.clock import Clock, FileClock, ManualClock, parse_moment
from app.kernel.enums import Realm
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.paths import DataDir


def clock_of(text: str | None) -> Clock | None:
    """The test clock that was asked for; Refusal E_FORMAT when it is none."""
    if text is None:
        return None
    try:
        if text.startswith("@"):
            clock = FileClock(Path(text[1:]))
            clock.now_ms()
            return clock
        return ManualClock(parse_moment(text))
    except (ValueError, OverflowError, OSError) as wrong:
        raise wrong_input("clock", str(wrong)) from wrong


def wrong_input(field: str, problem: str) -> Refusal:
    """E_FORMAT for an input of the command line."""
    return Refusal(ErrorCode.FORMAT, "refusal.command.input", field=field, problem=problem)


def data_of(arguments: argparse.Namespace) -> DataDir:
    """The data folder that was asked for, else the user's."""
    if arguments.data is not None:
        return DataDir(arguments.data)
    return DataDir.default(Realm(arguments.realm))
