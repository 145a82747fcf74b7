"""What the desk reads of one incident, in one question; rows only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow
    from app.queries.casualties import FigureRow
    from app.queries.duty import LogRow
    from app.queries.incidents import AlarmUnitRow, ConflictRow, IncidentRow
    from app.queries.reports import OralReportRow, ReportRow

ENTITY = "incident"


@dataclass(frozen=True, slots=True)
class DeskData:
    """One incident with everything that hangs on it; `accounts` by id, for who did what."""

    row: IncidentRow
    oral: Sequence[OralReportRow]
    reports: Sequence[ReportRow]
    units: Sequence[AlarmUnitRow]
    log: Sequence[LogRow]
    conflicts: Sequence[ConflictRow]
    accounts: Mapping[str, AccountRow]
    figures: Sequence[FigureRow] = ()


def read(connection: Any, incident_id: str) -> DeskData | None:
    """Everything of one incident; None when it is not here (any more)."""
    from app.queries import accounts, casualties, conflicts, duty, incidents, reports

    row = incidents.incident(connection, incident_id)
    if row is None or row.retracted:
        return None
    return DeskData(
        row,
        reports.oral_reports(connection, incident_id),
        reports.reports(connection, incident_id),
        incidents.units(connection, incident_id),
        duty.log_of_incident(connection, incident_id),
        conflicts.conflicts_of(connection, ENTITY, incident_id),
        {account.id: account for account in accounts.accounts(connection)},
        casualties.figures(connection, incident_id),
    )
