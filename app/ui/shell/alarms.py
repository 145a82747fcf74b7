"""Which alarms stand, derived from rows and links alone: whoever sees the same rows sees the same alarms (D-02, JD-01).

Acknowledging is an act of the journal (JD-11); what is kept here is what this window knows of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from app.kernel.clock import SECOND_MS, local_date
from app.kernel.enums import DeadlineKind, LinkState
from app.queries.titles import title_of

if TYPE_CHECKING:
    from app.queries.incidents import IncidentRow
    from app.queries.presence import Presence
    from app.ui.links.judgement import Standing


class Severity(IntEnum):
    """Red must be acknowledged; amber is said once and stands."""

    RED = 0
    AMBER = 1


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm. `id` stays the same while its cause does; `due_at` (UTC ms) counts for clocks, `since` for the rest.

    `kind`: oral_report, written_report, class_pending, single_sided, understaffed, skew, trouble. `owner` is the agency that
    owes, or empty.
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


def of_classes(rows: Iterable[IncidentRow], now_ms: int) -> list[Alarm]:
    """A class that is still pending ten minutes after the registration is said, amber, until somebody sets it (RC-01)."""
    from app.queries.incidents import class_overdue_since

    found = []
    for row in rows:
        since = class_overdue_since(row, now_ms)
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
        return [Alarm(f"understaffed:{missing}", Severity.AMBER, "understaffed", title=said)]
    return [Alarm(f"understaffed:{left_at}", Severity.RED, "understaffed", title=said, since=left_at)]


@dataclass
class AlarmDesk:
    """Keeps which alarms stand, which are acknowledged, which this window is silent about, how many the day has seen."""

    acknowledged: set[str] = field(default_factory=set)
    muted: set[str] = field(default_factory=set)
    day: str = ""
    seen: set[str] = field(default_factory=set)
    standing: tuple[Alarm, ...] = ()

    def stand(self, alarms: Sequence[Alarm], now_ms: int) -> bool:
        """Take over what stands now, ranked; True when the set or its order changed."""
        today = local_date(now_ms)
        if today != self.day:
            self.day, self.seen = today, set()
        ranked = tuple(sorted(alarms, key=self._rank))
        changed = ranked != self.standing
        self.standing = ranked
        known = {alarm.id for alarm in ranked}
        self.seen |= known
        self.acknowledged &= known
        self.muted &= known
        return changed

    def _rank(self, alarm: Alarm) -> tuple[bool, int, bool, int, str]:
        """Unacknowledged red, acknowledged red, amber; among them what is longest overdue or due first."""
        waits = alarm.severity is Severity.RED and alarm.id not in self.acknowledged
        moment = alarm.due_at if alarm.due_at is not None else alarm.since if alarm.since is not None else 0
        return (not waits, alarm.severity, alarm.due_at is None, moment, alarm.id)

    @property
    def unacknowledged(self) -> tuple[Alarm, ...]:
        """Red alarms nobody of this agency has acknowledged."""
        return tuple(a for a in self.standing if a.severity is Severity.RED and a.id not in self.acknowledged)

    @property
    def sounding(self) -> bool:
        """True while an unacknowledged red alarm is not silenced at this window."""
        return any(alarm.id not in self.muted for alarm in self.unacknowledged)

    def acknowledge(self, alarms: Iterable[str]) -> bool:
        """These were acknowledged, here or at another workstation of the agency; True when that was news."""
        standing = {alarm.id for alarm in self.standing}
        news = (set(alarms) & standing) - self.acknowledged
        self.acknowledged |= news
        self.standing = tuple(sorted(self.standing, key=self._rank))
        return bool(news)

    def memory(self) -> dict[str, object]:
        """What is kept over a restart of the same day."""
        return {"day": self.day, "seen": sorted(self.seen), "acknowledged": sorted(self.acknowledged)}

    def recall(self, kept: object, now_ms: int) -> None:
        """Take up what was kept, when it is of today."""
        if isinstance(kept, dict) and kept.get("day") == local_date(now_ms):
            self.day = str(kept["day"])
            self.seen = {str(item) for item in kept.get("seen", [])}
            self.acknowledged = {str(item) for item in kept.get("acknowledged", [])}
