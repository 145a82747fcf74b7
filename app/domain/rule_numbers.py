"""Rule numbers of a district: every limit that may differ elsewhere, with unit, default and source (D-31)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from app.kernel.errors import ErrorCode, Refusal


class RuleKey(StrEnum):
    """Names of the rule numbers; the rule ids stand beside them in the district pack."""

    ORAL_REPORT_LIMIT = "oral_report_limit"
    WRITTEN_REPORT_LIMIT = "written_report_limit"
    AMBER_BEFORE = "amber_before"
    REMOTE_FIRST_REPORT_LEFT = "remote_first_report_left"
    PENDING_CLASS_LIMIT = "pending_class_limit"
    FUTURE_TOLERANCE = "future_tolerance"
    LATE_ENTRY_WINDOW = "late_entry_window"
    CLOCK_SKEW_WARN = "clock_skew_warn"
    DUPLICATE_DISTANCE = "duplicate_distance"
    DUPLICATE_WINDOW = "duplicate_window"
    READINESS_STALE = "readiness_stale"
    REPORTABLE_GRADE = "reportable_grade"
    MAJOR_ALARM_GRADE = "major_alarm_grade"
    NOTICE_ACK_LIMIT = "notice_ack_limit"
    COMMAND_ARRIVAL_NOTICE = "command_arrival_notice"
    CONSULTATION_START_LIMIT = "consultation_start_limit"
    ORDER_ACK_LIMIT = "order_ack_limit"
    ORAL_CONSENT_CONFIRM = "oral_consent_confirm"
    SCENE_SILENCE = "scene_silence"
    REPORT_MISSED_AFTER = "report_missed_after"
    REPORT_HELD_AFTER = "report_held_after"
    SUPPLEMENT_WINDOW = "supplement_window"
    SUPPLEMENT_WINDOW_SHORT = "supplement_window_short"
    AFTER_ACTION_REVIEW = "after_action_review"
    VERTICAL_REPORT_GAP = "vertical_report_gap"
    LINE_TEST_INTERVAL = "line_test_interval"
    POSTING_ABSENT_AFTER = "posting_absent_after"
    PUSH_UNREAD = "push_unread"
    AIR_RESPONSE_LIMIT = "air_response_limit"
    BACKUP_INTERVAL = "backup_interval"
    BACKUP_KEEP_ALL = "backup_keep_all"
    BACKUP_KEEP_DAILY = "backup_keep_daily"
    ATTACHMENT_LIMIT = "attachment_limit"


class Unit(StrEnum):
    """Units of rule numbers."""

    SECOND = "s"
    MINUTE = "min"
    HOUR = "h"
    DAY = "d"
    METRE = "m"
    GRADE = "grade"
    MEBIBYTE = "MiB"


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """What a rule number may be: its unit, and the range an officer can set it to (both ends included)."""

    unit: Unit
    low: int
    high: int


MAX_ATTACHMENT_MIB = 200  # beyond this no console fetches a file, whatever another district allows
_SECONDS = {Unit.SECOND: 1, Unit.MINUTE: 60, Unit.HOUR: 3_600, Unit.DAY: 86_400}

_MINUTES = RuleSpec(Unit.MINUTE, 1, 1_440)
_SHORT = RuleSpec(Unit.SECOND, 1, 3_600)
_HOURS = RuleSpec(Unit.HOUR, 1, 720)
_DAYS = RuleSpec(Unit.DAY, 1, 366)
_GRADES = RuleSpec(Unit.GRADE, 1, 5)

SPECS: Mapping[RuleKey, RuleSpec] = MappingProxyType(
    {
        RuleKey.ORAL_REPORT_LIMIT: _MINUTES,
        RuleKey.WRITTEN_REPORT_LIMIT: _MINUTES,
        RuleKey.AMBER_BEFORE: _MINUTES,
        RuleKey.REMOTE_FIRST_REPORT_LEFT: _MINUTES,
        RuleKey.PENDING_CLASS_LIMIT: _MINUTES,
        RuleKey.FUTURE_TOLERANCE: _SHORT,
        RuleKey.LATE_ENTRY_WINDOW: _HOURS,
        RuleKey.CLOCK_SKEW_WARN: _SHORT,
        RuleKey.DUPLICATE_DISTANCE: RuleSpec(Unit.METRE, 1, 10_000),
        RuleKey.DUPLICATE_WINDOW: _MINUTES,
        RuleKey.READINESS_STALE: _MINUTES,
        RuleKey.REPORTABLE_GRADE: _GRADES,
        RuleKey.MAJOR_ALARM_GRADE: _GRADES,
        RuleKey.NOTICE_ACK_LIMIT: _MINUTES,
        RuleKey.COMMAND_ARRIVAL_NOTICE: _MINUTES,
        RuleKey.CONSULTATION_START_LIMIT: _MINUTES,
        RuleKey.ORDER_ACK_LIMIT: _MINUTES,
        RuleKey.ORAL_CONSENT_CONFIRM: _HOURS,
        RuleKey.SCENE_SILENCE: _MINUTES,
        RuleKey.REPORT_MISSED_AFTER: _HOURS,
        RuleKey.REPORT_HELD_AFTER: _MINUTES,
        RuleKey.SUPPLEMENT_WINDOW: _DAYS,
        RuleKey.SUPPLEMENT_WINDOW_SHORT: _DAYS,
        RuleKey.AFTER_ACTION_REVIEW: _DAYS,
        RuleKey.VERTICAL_REPORT_GAP: _MINUTES,
        RuleKey.LINE_TEST_INTERVAL: _DAYS,
        RuleKey.POSTING_ABSENT_AFTER: _MINUTES,
        RuleKey.PUSH_UNREAD: _MINUTES,
        RuleKey.AIR_RESPONSE_LIMIT: _MINUTES,
        RuleKey.BACKUP_INTERVAL: RuleSpec(Unit.HOUR, 1, 48),
        RuleKey.BACKUP_KEEP_ALL: _HOURS,
        RuleKey.BACKUP_KEEP_DAILY: _DAYS,
        RuleKey.ATTACHMENT_LIMIT: RuleSpec(Unit.MEBIBYTE, 1, MAX_ATTACHMENT_MIB),
    }
)


# Numbers this version asks for when something is decided or shown; the others wait for the duties they belong to.
IN_USE = frozenset(
    {
        RuleKey.ORAL_REPORT_LIMIT,
        RuleKey.WRITTEN_REPORT_LIMIT,
        RuleKey.AMBER_BEFORE,
        RuleKey.PENDING_CLASS_LIMIT,
        RuleKey.FUTURE_TOLERANCE,
        RuleKey.LATE_ENTRY_WINDOW,
        RuleKey.DUPLICATE_DISTANCE,
        RuleKey.DUPLICATE_WINDOW,
        RuleKey.REPORTABLE_GRADE,
        RuleKey.SUPPLEMENT_WINDOW,
        RuleKey.SUPPLEMENT_WINDOW_SHORT,
        RuleKey.BACKUP_INTERVAL,
        RuleKey.BACKUP_KEEP_ALL,
        RuleKey.BACKUP_KEEP_DAILY,
        RuleKey.ATTACHMENT_LIMIT,
    }
)
# Numbers this version holds to at their default, whatever was entered: said beside them, and not to be changed in the window.
FIXED = frozenset({RuleKey.CLOCK_SKEW_WARN})


@dataclass(frozen=True, slots=True)
class RuleNumber:
    """One number of a district: value and default in `unit`, the rule id, and the clause it comes from."""

    key: RuleKey
    value: int
    default: int
    unit: Unit
    rule: str
    clause: str

    @property
    def seconds(self) -> int:
        """The value in seconds. ValueError for a number that is no duration."""
        if self.unit not in _SECONDS:
            raise ValueError(f"{self.key} is no duration but counts in {self.unit}")
        return self.value * _SECONDS[self.unit]

    def changed_to(self, value: int) -> RuleNumber:
        """The same number with another value, for clocks that start from now on (D-31).

        Raises Refusal E_RANGE outside the range of its RuleSpec.
        """
        spec = SPECS[self.key]
        if isinstance(value, bool) or not isinstance(value, int) or not spec.low <= value <= spec.high:
            raise Refusal(
                ErrorCode.RANGE,
                "refusal.settings.rule_number",
                field=self.key.value,
                clause="D-31",
                low=spec.low,
                high=spec.high,
                unit=spec.unit,
                rule=self.key,
            )
        return replace(self, value=value)


# Numbers that came after the first packs: a room's own pack from an earlier version stays good and gets these.
LATER: Mapping[RuleKey, RuleNumber] = MappingProxyType(
    {
        RuleKey.ATTACHMENT_LIMIT: RuleNumber(
            RuleKey.ATTACHMENT_LIMIT, 20, 20, Unit.MEBIBYTE, "CM-05", "D-31"
        ),
        RuleKey.BACKUP_INTERVAL: RuleNumber(RuleKey.BACKUP_INTERVAL, 6, 6, Unit.HOUR, "XC-09", "D-31"),
        RuleKey.BACKUP_KEEP_ALL: RuleNumber(RuleKey.BACKUP_KEEP_ALL, 24, 24, Unit.HOUR, "XC-09", "D-31"),
        RuleKey.BACKUP_KEEP_DAILY: RuleNumber(RuleKey.BACKUP_KEEP_DAILY, 30, 30, Unit.DAY, "XC-09", "D-31"),
    }
)
