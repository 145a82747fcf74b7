"""Alarms as declared data: which happening is red, amber or a notice, by which rule, how it sounds and groups, what comes next.

What stands is derived from rows and time elsewhere; here are its ranks (D-02, JD-01, JD-04), how often a room may be called
(EEMUA 191: at most ten prompts in ten minutes, D-34), and how long an amber alarm may be put off (JD-11). docs/alarms.md
shows the tables. All pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from app.domain.required import require_text
from app.kernel.clock import MINUTE_MS, SECOND_MS
from app.kernel.enums import Severity
from app.kernel.errors import ErrorCode, Refusal

CLAUSE = "JD-11"
GROUP_FROM = 2  # so many of one kind stand under one head
GROUP_WINDOW_S = (
    120  # another of a kind that has called within this time joins its group without calling again
)
PROMPT_LIMIT, PROMPT_WINDOW_S = 10, 600  # EEMUA 191
SNOOZE_MINUTES = (5, 10, 15, 30)
SNOOZE_TIMES = 3


class AlarmKind(StrEnum):
    """What can call a room."""

    ORAL_REPORT = "oral_report"
    WRITTEN_REPORT = "written_report"
    CLASS_PENDING = "class_pending"
    SINGLE_SIDED = "single_sided"
    UNDERSTAFFED = "understaffed"
    SKEW = "skew"
    TROUBLE = "trouble"
    FORKED = "forked"
    SEAL = "seal"
    OFFERS = "offers"
    CERTIFICATE = "certificate"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Sound:
    """Notes as (pitch in Hz, 0 for a pause; seconds); `again_s`: repeated so often until acknowledged, 0 for once."""

    notes: tuple[tuple[float, float], ...]
    again_s: int


_RED_NOTES = ((880.0, 0.16), (0.0, 0.06), (880.0, 0.16), (0.0, 0.06), (660.0, 0.30))
_AMBER_NOTES = ((523.0, 0.14), (0.0, 0.08), (523.0, 0.14))
SOUNDS: Mapping[Severity, Sound] = MappingProxyType(
    {Severity.RED: Sound(_RED_NOTES, 20), Severity.AMBER: Sound(_AMBER_NOTES, 0)}
)
"""A notice makes no sound. There are no quiet hours: a room on duty hears every alarm by night as by day."""


@dataclass(frozen=True, slots=True)
class Happening:
    """A kind of alarm: the ranks it can have, the rules it comes from, and the act of the window that answers it."""

    ranks: tuple[Severity, ...]
    rules: tuple[str, ...]
    act: str

    @property
    def groups(self) -> tuple[Severity, ...]:
        """Ranks of which several stand under one head: never red."""
        return tuple(rank for rank in self.ranks if rank is not Severity.RED)


_R, _A, _N = Severity.RED, Severity.AMBER, Severity.NOTICE
HAPPENINGS: Mapping[AlarmKind, Happening] = MappingProxyType(
    {
        AlarmKind.ORAL_REPORT: Happening((_R, _A), ("RP-07", "D-02"), "oral"),
        AlarmKind.WRITTEN_REPORT: Happening((_R, _A), ("RP-07", "D-02"), "open"),
        AlarmKind.CLASS_PENDING: Happening((_A,), ("RC-01",), "open"),
        AlarmKind.SINGLE_SIDED: Happening((_R,), ("JD-01",), "link_desk.open"),
        AlarmKind.UNDERSTAFFED: Happening((_R, _A), ("JD-04",), "take_watch"),
        AlarmKind.SKEW: Happening((_A,), ("D-24",), "link_desk.open"),
        AlarmKind.TROUBLE: Happening((_R, _A), ("XC-01",), "backup.open"),
        AlarmKind.FORKED: Happening((_R,), ("XC-04",), "sites.open"),
        AlarmKind.SEAL: Happening((_R,), ("CM-04",), "sites.open"),
        AlarmKind.OFFERS: Happening((_A,), ("XC-04",), "sites.open"),
        AlarmKind.CERTIFICATE: Happening((_A, _N), ("CM-06",), "sites.open"),
        AlarmKind.ENDED: Happening((_R,), ("XC-04",), "sites.open"),
    }
)


def happening(kind: str) -> Happening | None:
    """What is declared of a kind, None for one that only a newer version knows."""
    return HAPPENINGS.get(AlarmKind(kind)) if kind in set(AlarmKind) else None


def rank_of(alarm: str) -> Severity | None:
    """The rank that an alarm's name says: its kind's only one, else its last part; None for what is no alarm.

    A name begins with its kind and ends, where the kind has several ranks, with the rank.
    """
    known = happening(alarm.partition(":")[0])
    if known is None:
        return None
    if len(known.ranks) == 1:
        return known.ranks[0]
    last = alarm.rpartition(":")[2]
    return next((rank for rank in known.ranks if rank.name == last), None)


# -- putting off -----------------------------------------------------------------------------------------------------------
def check_snooze(alarm: str, minutes: int, reason: str, times: int) -> None:
    """Whether an alarm may be put off: amber or a notice, for declared minutes, with a reason, not for ever.

    `times`: how often it was already. Raises Refusal E_STATE for red or unknown ones and when it was put off too often,
    E_RANGE for other minutes, E_REQUIRED without a reason (JD-11).
    """
    rank = rank_of(alarm)
    if rank is None:
        raise Refusal(ErrorCode.STATE, "refusal.duty.alarm_unknown", field="alarm", clause=CLAUSE)
    if rank is Severity.RED:
        raise Refusal(ErrorCode.STATE, "refusal.duty.snooze_red", field="alarm", clause=CLAUSE)
    if isinstance(minutes, bool) or minutes not in SNOOZE_MINUTES:
        allowed = "/".join(str(each) for each in SNOOZE_MINUTES)
        raise Refusal(
            ErrorCode.RANGE, "refusal.duty.snooze_minutes", field="minutes", clause=CLAUSE, allowed=allowed
        )
    require_text(reason, "refusal.duty.snooze_reason", field="reason", clause=CLAUSE)
    if times >= SNOOZE_TIMES:
        raise Refusal(
            ErrorCode.STATE, "refusal.duty.snooze_often", field="alarm", clause=CLAUSE, times=SNOOZE_TIMES
        )


def snoozed_until(at_ms: int, minutes: int) -> int:
    """When an alarm that was put off comes back by itself, UTC ms."""
    return at_ms + minutes * MINUTE_MS


# -- how often a room is called --------------------------------------------------------------------------------------------
@dataclass
class Caller:
    """Says of each alarm that appears whether it calls the room: red always, others once per group and window."""

    last: dict[tuple[Severity, str], int] = field(default_factory=dict)

    def calls(self, rank: Severity, kind: str, at_ms: int) -> bool:
        """True for a prompt of its own; what joins its group stands with it and is counted there."""
        if rank is Severity.RED:
            return True
        before = self.last.get((rank, kind))
        if before is not None and 0 <= at_ms - before < GROUP_WINDOW_S * SECOND_MS:
            return False
        self.last[(rank, kind)] = at_ms
        return True


def busiest(moments: Iterable[int], window_s: int = PROMPT_WINDOW_S) -> tuple[int, int | None]:
    """Most prompts within any window (its later end not included), and the moment of its last one; (0, None) for none."""
    window: deque[int] = deque()
    most, when = 0, None
    for at in sorted(moments):
        window.append(at)
        while at - window[0] >= window_s * SECOND_MS:
            window.popleft()
        if len(window) > most:
            most, when = len(window), at
    return most, when
