"""Which alarms stand, derived from rows and links alone: whoever sees the same rows sees the same alarms (D-02, JD-01).

Ranks and rules are declared in `app/domain/alarms.py`; what people do about alarms is kept by `alarm_desk.py`. No widgets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.kernel.clock import MINUTE_MS, SECOND_MS
from app.kernel.enums import DeadlineKind, LinkState, Severity
from app.queries.titles import title_of

if TYPE_CHECKING:
    from app.queries.incidents import IncidentRow
    from app.queries.presence import Presence
    from app.ui.links.judgement import Standing


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm. `id` stays the same while its cause does; `due_at` (UTC ms) counts for clocks, `since` for the rest.

    `kind` is one of those declared; `id` begins with it and, where it can have several ranks, ends with the rank. `owner` is
    the agency that owes, or empty.
    """

    id: str
    severity: Severity
    kind: str
    incident_id: str = ""
    title: str = ""
    owner: str = ""
    due_at: int | None = None
    since: int | None = None
    number: int = 0


def _clocks(row: IncidentRow) -> Iterable[tuple[DeadlineKind, int]]:
    """The clocks of an incident that still run."""
    if row.oral_due_at is not None and row.oral_met_at is None:
        yield DeadlineKind.ORAL_REPORT, row.oral_due_at
    if row.written_due_at is not None and row.written_met_at is None:
        yield DeadlineKind.WRITTEN_REPORT, row.written_due_at


def of_clocks(
    rows: Iterable[IncidentRow], owners: Mapping[str, Sequence[str]], now_ms: int, amber_s: int
) -> list[Alarm]:
    """Overdue clocks are red, those within the amber span amber; the due moment itself is still on time (D-02).

    `owners`: agencies that owe the clocks of an incident, as the board says it (D-03).
    """
    found = []
    for row in rows:
        if not row.open or row.retracted:
            continue
        for kind, due in _clocks(row):
            left = due - now_ms
            if left > amber_s * SECOND_MS:
                continue
            severity = Severity.RED if left < 0 else Severity.AMBER
            found.append(
                Alarm(
                    f"{kind}:{row.id}:{due}:{severity.name}",
                    severity,
                    kind.value,
                    row.id,
                    _title(row),
                    next(iter(owners.get(row.id, ())), row.agency or ""),
                    due,
                )
            )
    return found


def _title(row: IncidentRow) -> str:
    return title_of(row.place, row.what) or row.no or ""


def of_classes(rows: Iterable[IncidentRow], now_ms: int, limit_s: int) -> list[Alarm]:
    """A class that is still pending so long after the registration is said, amber, until somebody sets it (RC-01, D-31)."""
    from app.queries.incidents import class_overdue_since

    found = []
    for row in rows:
        since = class_overdue_since(row, now_ms, limit_s)
        if since is not None:
            found.append(
                Alarm(
                    f"class_pending:{row.id}",
                    Severity.AMBER,
                    "class_pending",
                    row.id,
                    _title(row),
                    row.agency or "",
                    since=since,
                    number=limit_s * SECOND_MS // MINUTE_MS,
                )
            )
    return found


def of_link(standing: Standing) -> list[Alarm]:
    """Partner not reachable: single-sided duty (JD-01). Clocks more than the limit apart warn (D-24)."""
    found = []
    if standing.state is LinkState.DOWN:
        found.append(
            Alarm(f"single_sided:{standing.since}", Severity.RED, "single_sided", since=standing.since)
        )
    if standing.clock_warns and standing.offset_ms is not None:
        seconds = round(standing.offset_ms / SECOND_MS)
        found.append(Alarm("skew", Severity.AMBER, "skew", number=seconds))
    return found


def of_watch(presence: Presence, left_at: int | None, said: str) -> list[Alarm]:
    """A shift that has dropped below chief and officer is red, any other missing post amber (JD-04).

    `left_at`: when somebody of the agency last left a post (UTC ms), None when nobody ever did; it names the alarm, so
    that one who takes a post does not raise it again and the next who leaves does. `said`: the sentence.
    """
    if not presence.missing and presence.two_persons:
        return []
    if presence.two_persons or left_at is None:
        missing = ",".join(post.value for post in presence.missing)
        return [Alarm(f"understaffed:{missing}:AMBER", Severity.AMBER, "understaffed", title=said)]
    return [Alarm(f"understaffed:{left_at}:RED", Severity.RED, "understaffed", title=said, since=left_at)]
