"""Moments and spans as the screen writes them: 24 h, Asia/Shanghai, ages in the largest fitting unit (SCREEN)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from app.kernel.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, SHANGHAI, from_ms
from app.kernel.texts import Texts

_DIGITAL_H, _HOURS_H = 10, 48
_MORNING_H, _EVENING_H = 6, 18  # local hours: before the first, a time from the second on is yesterday's
_DECEMBER = 12
_TIME = re.compile(r"(?:(?:(\d{4})-)?(\d{1,2})-(\d{1,2})\s+)?(\d{1,2}):?(\d{2})(?::?(\d{2}))?")


def local(ms: int) -> datetime:
    """UTC ms -> aware local time."""
    return from_ms(ms).astimezone(SHANGHAI)


def clock_text(ms: int) -> str:
    """20:16:07."""
    return f"{local(ms):%H:%M:%S}"


def minute_text(ms: int) -> str:
    """20:16."""
    return f"{local(ms):%H:%M}"


def day_text(texts: Texts, ms: int) -> str:
    """Month and day as the language writes them."""
    when = local(ms)
    return texts.get("ui.shell.date", month=when.month, day=when.day)


def weekday_text(texts: Texts, ms: int) -> str:
    """Name of the weekday."""
    return texts.get("ui.shell.weekdays").split()[local(ms).weekday()]


def exact_text(ms: int) -> str:
    """2025-07-14 20:16:07, for tooltips and timelines."""
    return f"{local(ms):%Y-%m-%d %H:%M:%S}"


def countdown(texts: Texts, left_ms: int) -> str:
    """mm:ss or h:mm:ss of a span, without sign; a running second counts as a whole one until it is over.

    Left: 600 000 -> 10:00, 599 001 -> 10:00. Passed: -1 -> 00:00, -161 000 -> 02:41 (D-02: the due moment is on time).
    From ten hours on the largest unit is enough, as on the board.
    """
    seconds = -(-left_ms // SECOND_MS) if left_ms >= 0 else -left_ms // SECOND_MS
    hours, rest = divmod(seconds, 3600)
    if hours >= _DIGITAL_H:
        return texts.get("ui.shell.age.h", n=hours) if hours < _HOURS_H else age(texts, seconds * SECOND_MS)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60:02}:{rest % 60:02}"


def age(texts: Texts, ms: int) -> str:
    """An age or span in its largest unit: 38 s, 12 min, 2 h, 3 d; below zero counts as nothing."""
    ms = max(0, ms)
    for key, unit in (("d", DAY_MS), ("h", HOUR_MS), ("min", MINUTE_MS)):
        if ms >= unit:
            return texts.get(f"ui.shell.age.{key}", n=ms // unit)
    return texts.get("ui.shell.age.s", n=ms // SECOND_MS)


def day_clock(ms: int, now_ms: int) -> str:
    """20:16:07 of today; 07-13 20:16:07 of another day; with its year when that is another one."""
    when, now = local(ms), local(now_ms)
    if when.date() == now.date():
        return f"{when:%H:%M:%S}"
    return f"{when:%m-%d %H:%M:%S}" if when.year == now.year else f"{when:%Y-%m-%d %H:%M:%S}"


def parse_time(text: str, now_ms: int) -> datetime | None:
    """What an officer types for a moment: 14:02, 1402, 140210, 7-14 23:58, 2025-07-14 23:58; None when it is no time.

    Without a date it is today's, also when that lies ahead: rules say whether it may (D-26). Two exceptions, which a form
    shows and asks: a late evening's time typed before six in the morning is yesterday's, a time of the first minute typed
    just before midnight is the coming day's. A month and day of December typed in January is the year before.
    """
    found = _TIME.fullmatch(text.strip().replace("\uff1a", ":"))
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) if part else None for part in found.groups())
    now = local(now_ms)
    try:
        when = now.replace(hour=hour or 0, minute=minute or 0, second=second or 0, microsecond=0)
        if month is not None and day is not None:
            ended = year is None and month == _DECEMBER and now.month == 1
            return when.replace(year=year or now.year - ended, month=month, day=day)
    except ValueError:
        return None
    if now.hour < _MORNING_H and when.hour >= _EVENING_H:
        return when - timedelta(days=1)
    coming = when + timedelta(days=1)
    return coming if coming - now <= timedelta(minutes=1) else when


def has_date(text: str) -> bool:
    """True when a date was typed before the time."""
    found = _TIME.fullmatch(text.strip().replace("\uff1a", ":"))
    return found is not None and found.group(2) is not None
