"""What the settings screen says of a rule number, and by which words it is found. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.kernel.texts import Texts
from app.ui.history.lines import AGAINST
from app.ui.settings.port import FIXED, LATER, NumberRow
from app.ui.shell import moments
from app.ui.shell.initials import rank
from app.ui.shell.languages import other_texts

if TYPE_CHECKING:
    from app.ui.console import DistrictView

SUBJECTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "reports",
        (
            "oral_report_limit",
            "written_report_limit",
            "amber_before",
            "remote_first_report_left",
            "report_missed_after",
            "report_held_after",
            "vertical_report_gap",
            "supplement_window",
            "supplement_window_short",
            "after_action_review",
        ),
    ),
    (
        "incidents",
        (
            "pending_class_limit",
            "reportable_grade",
            "major_alarm_grade",
            "duplicate_distance",
            "duplicate_window",
            "future_tolerance",
            "late_entry_window",
        ),
    ),
    (
        "together",
        (
            "notice_ack_limit",
            "order_ack_limit",
            "oral_consent_confirm",
            "command_arrival_notice",
            "consultation_start_limit",
            "scene_silence",
            "readiness_stale",
            "posting_absent_after",
            "push_unread",
            "air_response_limit",
            "line_test_interval",
        ),
    ),
    (
        "console",
        (
            "clock_skew_warn",
            "backup_interval",
            "backup_keep_all",
            "backup_keep_daily",
            "attachment_limit",
        ),
    ),
)
"""Every rule number stands under one subject."""

BASIS = "D-31"
GAP = "\N{EM SPACE}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list: a heading (`key` empty), or a number with its value and what is to be noted of it."""

    key: str
    name: str
    second: str = ""
    value: str = ""
    tone: str = "text"
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the card: name and words, with a tone for what is unusual."""

    name: str
    value: str
    tone: str = "text"


def name_of(texts: Texts, key: str) -> str:
    """A rule number in words."""
    return texts.get(f"enum.rule_key.{key}")


def amount(texts: Texts, row: NumberRow, value: int) -> str:
    """A value with its unit."""
    return texts.get("ui.settings.amount", n=value, unit=texts.get(f"enum.unit.{row.unit}"))


def found(texts: Texts, row: NumberRow, needle: str) -> bool:
    """True if what was typed means this number: name in either language, initials, rule id, source."""
    wanted = needle.strip().lower()
    if not wanted:
        return True
    named = any(
        rank(wanted, name_of(each, row.key)) is not None for each in (texts, other_texts(texts.language))
    )
    return named or any(wanted in said.lower() for said in (row.rule, row.clause, row.key.replace("_", " ")))


def lines(texts: Texts, rows: Sequence[NumberRow], needle: str, edited: Sequence[str]) -> list[Line]:
    """The list: subjects with their numbers; a subject of which nothing is found has no heading."""
    by_key = {row.key: row for row in rows}
    out: list[Line] = []
    for subject, keys in SUBJECTS:
        of_subject = [by_key[key] for key in keys if key in by_key and found(texts, by_key[key], needle)]
        if of_subject:
            out.append(Line("", texts.get(f"ui.settings.subject.{subject}")))
            out += [_line(texts, row, row.key in edited) for row in of_subject]
    return out


def _line(texts: Texts, row: NumberRow, edited: bool) -> Line:
    second = [row.rule]
    tone, icon = "text", ""
    if row.disputed:
        second.append(texts.get("ui.settings.mark.disputed"))
        tone, icon = "warn", "bolt"
    elif edited:
        second.append(texts.get("ui.settings.mark.edited"))
        tone, icon = "accent", "pencil"
    elif row.value != row.default:
        second.append(texts.get("ui.settings.mark.changed", value=amount(texts, row, row.default)))
        tone = "accent"
    elif row.standing in (LATER, FIXED):
        second.append(texts.get(f"ui.settings.mark.{row.standing}"))
        tone = "muted"
    said = GAP.join(second)
    return Line(row.key, name_of(texts, row.key), said, amount(texts, row, row.value), tone, icon)


def facts(texts: Texts, row: NumberRow, district: DistrictView, may: str, now_ms: int) -> list[Fact]:
    """Everything that is known of a number; `may`: who can change it, in words."""
    get = texts.get
    told = [Fact(get("ui.settings.fact.value"), amount(texts, row, row.value))]
    if row.disputed:
        values = AGAINST.join(amount(texts, row, value) for value in row.disputed)
        told = [
            Fact(get("ui.settings.fact.disputed"), values, "warn"),
            Fact(get("ui.settings.fact.until"), amount(texts, row, row.value)),
        ]
    told.append(Fact(get("ui.settings.fact.default"), amount(texts, row, row.default)))
    if row.own != row.default:
        told.append(Fact(get("ui.settings.fact.own"), amount(texts, row, row.own)))
    unit = get(f"enum.unit.{row.unit}")
    told += [
        Fact(get("ui.settings.fact.range"), get("ui.settings.range", low=row.low, high=row.high, unit=unit)),
        Fact(get("ui.settings.fact.rule"), get("ui.settings.rule", rule=row.rule, basis=BASIS)),
        Fact(get("ui.settings.fact.clause"), _clause(texts, row)),
        Fact(get("ui.settings.fact.may"), may),
        Fact(get("ui.settings.fact.changed"), changed(texts, row, district, now_ms)),
    ]
    return told


def _clause(texts: Texts, row: NumberRow) -> str:
    """The pack's own words; where the screen is not Chinese, the catalogue's for the same rule."""
    key = f"clause.{row.rule}"
    return (
        row.clause
        if row.clause.isascii() or texts.language == "zh_CN" or not texts.has(key)
        else texts.get(key)
    )


def changed(texts: Texts, row: NumberRow, district: DistrictView, now_ms: int) -> str:
    """Who changed it last, and when."""
    if row.changed_at is None:
        return texts.get("ui.settings.never")
    view = district.agencies.get(row.agency)
    who = " ".join(part for part in (view.short if view is not None else row.agency, row.title) if part)
    return texts.get("ui.settings.by", who=who, time=moments.day_clock(row.changed_at, now_ms))


def standing(texts: Texts, row: NumberRow) -> str:
    """What a change of it does: for clocks that begin later only; or, for now, nothing."""
    return texts.get(f"ui.settings.standing.{row.standing}")


def who_may(texts: Texts, district: DistrictView) -> str:
    """Who may change rule numbers, by the permission table (XC-06)."""
    from app.usecases.permissions import matrix

    by_roles: dict[tuple[str, ...], list[str]] = {}
    for key, view in district.agencies.items():
        if roles := tuple(matrix().table.get(("change_rule_number", key), ())):
            names = tuple(sorted(texts.get(f"enum.role.{role}") for role in roles))
            by_roles.setdefault(names, []).append(view.short)
    comma = texts.get("wording.comma")
    return "\n".join(
        texts.get("ui.settings.may", agencies=comma.join(agencies), roles=comma.join(roles))
        for roles, agencies in by_roles.items()
    )
