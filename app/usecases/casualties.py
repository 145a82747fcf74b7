"""Casualty figures are stated with how sure they are, by whom, and when (IS-14, D-19, D-34, D-38, RC-04)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.domain.casualties import Statement, check_source, given, registers, standing
from app.domain.event_time import check_event_time
from app.domain.figures import FIGURES, Figures, anyone_harmed
from app.domain.rule_numbers import RuleKey
from app.kernel.enums import Figure, VerifyState
from app.kernel.errors import ErrorCode, Refusal
from app.queries.casualties import figures as figure_rows
from app.queries.incidents import IncidentRow
from app.usecases import incidents
from app.usecases.commands import Command, Moment, Outcome, handles, outcome, writes
from app.usecases.context import Context, check_settled, ms
from app.usecases.report_duty import duty_to_report


@dataclass(frozen=True, kw_only=True, slots=True)
class SetCasualties(Command):
    """State casualty figures of an incident; what is not given stays. Persons, and whole yuan (IS-14).

    `verify_state`, `source` and `stated_at` (now, unless given) are said of all figures given. Figures far above those
    before are confirmed by name (`figures_confirmed`, RC-04).
    """

    incident_id: str
    deaths: int | None = None
    injured_serious: int | None = None
    injured_minor: int | None = None
    missing: int | None = None
    trapped: int | None = None
    evacuated: int | None = None
    direct_loss_yuan: int | None = None
    verify_state: VerifyState = VerifyState.REPORTED
    source: str | None = None
    stated_at: Moment | None = None
    late_confirmed: bool = False
    figures_confirmed: list[Figure] | None = None


def known_figures(context: Context, incident_id: str) -> dict[str, int | None]:
    """The figures that stand now; of a disputed one the largest."""
    rows = figure_rows(context.connection, incident_id)
    return {row.figure: max(row.numbers) if row.disputed and row.numbers else row.value for row in rows}


def duty_by(context: Context, row: IncidentRow, figures: Figures, state: VerifyState) -> dict[str, Any]:
    """The register `report_duty` where these figures make an everyday call reportable (D-34); else nothing.

    What was refuted harms nobody; and a duty, once owed, does not go away by a figure.
    """
    alive = {name: n for name, n in given(figures).items() if standing([Statement(n, state)])}
    if row.owes_reports or not anyone_harmed(Figures(**alive)):
        return {}
    return {"report_duty": duty_to_report(context, False, row.alarm_grade, row.type_code, Figures(**alive))}


@handles(SetCasualties, writes("incident", *FIGURES, "report_duty"))
def set_casualties(command: SetCasualties, context: Context) -> Outcome:
    """Write the registers of the figures given. Where the rooms differ, that is settled first, with a reason (D-19)."""
    row = incidents.standing(context, command.incident_id)
    figures = Figures(**{name: getattr(command, name) for name in FIGURES})
    stated_at = ms(command.stated_at)
    check_source(command.verify_state, command.source)
    if stated_at is not None:
        check_event_time(
            stated_at,
            context.now_ms,
            field="stated_at",
            late_confirmed=command.late_confirmed,
            tolerance_s=context.limit_s(RuleKey.FUTURE_TOLERANCE),
            late_window_s=context.limit_s(RuleKey.LATE_ENTRY_WINDOW),
        )
    values = registers(
        figures,
        command.verify_state,
        command.source,
        context.now_ms if stated_at is None else stated_at,
        known=known_figures(context, row.id),
        confirmed=command.figures_confirmed or (),
    )
    if not values:
        raise Refusal(ErrorCode.REQUIRED, "refusal.figures.nothing", clause="IS-14")
    check_settled(context, "incident", row.id, values)
    values |= duty_by(context, row, figures, command.verify_state)
    return outcome(*context.change("incident", row.id, values), incident_id=row.id)
