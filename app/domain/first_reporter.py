"""Who owes the first report: the first-arrived force's agency (RP-01, D-03). Moments in UTC ms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.domain.deadlines import remaining_ms
from app.domain.first_arrival import Arrival, first_arrived
from app.kernel.clock import SECOND_MS
from app.kernel.enums import Agency
from app.kernel.errors import ErrorCode, Refusal

REMOTE_LEFT_S = 600


class ReportOrigin(StrEnum):
    """Where a first report comes from: the force on the scene, or the room that took the call."""

    SCENE = "scene"
    REMOTE = "remote"


_NOT_YOURS = {
    ReportOrigin.SCENE: "refusal.reports.first_not_yours",
    ReportOrigin.REMOTE: "refusal.reports.first_of_receiver",
}


@dataclass(frozen=True, slots=True)
class FirstReporter:
    """The agency that owes (scene) or may file (remote) the first report."""

    agency: Agency
    origin: ReportOrigin


def first_reporter(
    arrivals: Iterable[Arrival],
    *,
    received_by: Agency,
    oral_due_at: int | None,
    now_ms: int,
    left_s: int = REMOTE_LEFT_S,
) -> FirstReporter | None:
    """Who files the first report now (RP-01, D-03).

    With somebody on the scene: the first-arrived agency. With nobody there and `left_s` seconds or less of
    the oral limit left: the agency that received the call, origin remote. None while neither holds (or no
    clock runs).
    """
    agency = first_arrived(arrivals)
    if agency is not None:
        return FirstReporter(agency, ReportOrigin.SCENE)
    if oral_due_at is not None and remaining_ms(now_ms, oral_due_at) <= left_s * SECOND_MS:
        return FirstReporter(received_by, ReportOrigin.REMOTE)
    return None


def owner_of_first(arrivals: Iterable[Arrival], received_by: Agency) -> FirstReporter:
    """Whose report the first one is, at any time: the first-arrived agency's, before that the one's that took the call
    (RP-01, D-03; the board says the same of the clocks).
    """
    agency = first_arrived(arrivals)
    if agency is None:
        return FirstReporter(received_by, ReportOrigin.REMOTE)
    return FirstReporter(agency, ReportOrigin.SCENE)


def check_first_reporter(agency: Agency, reporter: FirstReporter | None) -> None:
    """Check that an agency may file the first report now (RP-01).

    Raises Refusal E_OWNER naming the owner when it is the other side's, E_STATE while nobody has arrived and
    the call is too young for a remote report.
    """
    if reporter is None:
        raise Refusal(
            ErrorCode.STATE, "refusal.reports.first_nobody_arrived", field="kind", clause="RP-01, D-03"
        )
    if reporter.agency is not agency:
        raise Refusal(
            ErrorCode.OWNER,
            _NOT_YOURS[reporter.origin],
            field="kind",
            who=(reporter.agency.value,),
            clause="RP-01, D-03",
            owner=reporter.agency,
        )
