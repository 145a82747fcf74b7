"""When a backup is due, which ones are kept, how much room one needs (XC-09). Times are UTC milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.kernel.clock import HOUR_MS, MINUTE_MS, local_date

AHEAD_MS = MINUTE_MS  # a backup dated further ahead was made under another clock and does not count as new
HANDOVER_GAP_MS = HOUR_MS  # at a handover the last one is new enough when it is younger
COPIES_AT_ONCE = 3  # the copy, what is restored from it, and its record projected anew
RESERVE_BYTES = 64 << 20  # stays free for the running database


class Why(StrEnum):
    """What made a backup due."""

    FIRST = "first"
    SCHEDULE = "schedule"
    DAY = "day"
    HANDOVER = "handover"
    ASKED = "asked"


class Standing(StrEnum):
    """What is known of a backup: restored and checked, not yet, or found wanting."""

    VERIFIED = "verified"
    UNCHECKED = "unchecked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Kept:
    """One backup of a folder, as the rules see it."""

    name: str
    at: int
    standing: Standing


def newest_verified(copies: Iterable[Kept], now_ms: int | None = None) -> Kept | None:
    """The latest backup that was restored and checked; those dated ahead of `now_ms` do not count."""
    good = (each for each in copies if each.standing is Standing.VERIFIED)
    counted = [each for each in good if now_ms is None or each.at <= now_ms + AHEAD_MS]
    return max(counted, key=lambda each: each.at, default=None)


def due(copies: Iterable[Kept], now_ms: int, interval_ms: int, *, handover: bool) -> Why | None:
    """Why a backup is due now, None when it is not (XC-09).

    None there yet; the last verified one is older than the interval, or of another day; a watch was handed over.
    """
    last = newest_verified(copies, now_ms)
    if last is None:
        return Why.FIRST
    age = now_ms - last.at
    if age >= interval_ms:
        return Why.SCHEDULE
    if local_date(last.at) != local_date(now_ms):
        return Why.DAY
    return Why.HANDOVER if handover and age >= HANDOVER_GAP_MS else None


def to_remove(copies: Sequence[Kept], now_ms: int, keep_all_ms: int, keep_days: int) -> list[str]:
    """Names of the backups that are not kept: all of the last hours stay, then the last verified one of each day.

    Days are those on which there was one, counted back from the newest: a clock a year ahead thins no month away. The newest
    verified one always stays, however old it is, and so does the newest of all.
    """
    spared = {each.name for each in (newest_verified(copies), max(copies, key=_moment, default=None)) if each}
    days: dict[str, Kept] = {}
    for each in sorted(copies, key=_moment):
        if each.standing is Standing.VERIFIED:
            days[local_date(each.at)] = each
    spared |= {days[day].name for day in sorted(days)[-keep_days:]}
    return [each.name for each in copies if each.name not in spared and now_ms - each.at > keep_all_ms]


def _moment(each: Kept) -> tuple[int, str]:
    return each.at, each.name


def room_needed(database_bytes: int) -> int:
    """Bytes that must be free before a backup begins."""
    return COPIES_AT_ONCE * database_bytes + RESERVE_BYTES
