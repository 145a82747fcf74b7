"""Which incidents owe reports and so have clocks (D-34)."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.figures import Figures, anyone_harmed

BY_PERSON = "reportable.by_person"
BY_GRADE = "reportable.by_grade"
BY_TYPE = "reportable.by_type"
BY_FIGURES = "reportable.by_figures"
EVERYDAY = "reportable.everyday"


@dataclass(frozen=True, slots=True)
class ReportableRule:
    """A district's table of what must be reported: from this alarm grade on, and these types at any grade."""

    min_alarm_grade: int = 2
    type_codes: frozenset[str] = frozenset()


def owes_reports(
    registered_by_person: bool,
    alarm_grade: int | None,
    type_code: str | None,
    figures: Figures | None,
    rule: ReportableRule,
) -> tuple[bool, str]:
    """Whether an incident owes an oral and a written report, and the text key of the reason (D-34).

    Everything a person registers (or declares reportable) does; a feed's incident only by grade, type or a
    person harmed. Otherwise it is an everyday call without clocks. Clocks count from received_at even when
    figures come later.
    """
    reasons = (
        (registered_by_person, BY_PERSON),
        (alarm_grade is not None and alarm_grade >= rule.min_alarm_grade, BY_GRADE),
        (type_code is not None and type_code in rule.type_codes, BY_TYPE),
        (figures is not None and anyone_harmed(figures), BY_FIGURES),
    )
    for holds, reason in reasons:
        if holds:
            return True, reason
    return False, EVERYDAY
