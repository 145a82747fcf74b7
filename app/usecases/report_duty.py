"""The register `report_duty`: whether reports are owed, why, and the limits the clocks keep (D-31, D-34)."""

from __future__ import annotations

from typing import Any

from app.domain.figures import Figures
from app.domain.reportable import owes_reports
from app.domain.rule_numbers import RuleKey
from app.usecases.context import Context


def duty_to_report(
    context: Context,
    by_person: bool,
    alarm_grade: int | None,
    type_code: str | None,
    figures: Figures | None = None,
) -> list[Any]:
    """Value of the register with the limits of this moment; the clocks themselves count from received_at (D-34)."""
    owes, why = owes_reports(by_person, alarm_grade, type_code, figures, context.district.reportable_rule)
    limits = [context.limit_s(RuleKey.ORAL_REPORT_LIMIT), context.limit_s(RuleKey.WRITTEN_REPORT_LIMIT)]
    return [int(owes), why, *limits]
