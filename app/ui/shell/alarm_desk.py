"""The queue of alarms as people act on it: acknowledged, put off, grouped, silent at this window; what was already called out.

What people do is an act of the journal (JD-11); kept here is what this window knows of it. No widgets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.kernel.clock import SECOND_MS, local_date
from app.kernel.enums import Severity

if TYPE_CHECKING:
    from app.queries.alarms import AlarmState, Caller
    from app.ui.shell.alarms import Alarm

START_S = 10  # so long after the first look, what stands is not sounded before it is known whether somebody heard it


@dataclass(frozen=True, slots=True)
class Group:
    """Alarms of one kind and rank under one head; red ones and single ones are groups of one."""

    alarms: tuple[Alarm, ...]

    @property
    def id(self) -> str:
        """Told apart from names of alarms by its first character; of a single alarm its own."""
        first = self.alarms[0]
        return first.id if len(self.alarms) == 1 else f"#{first.kind}:{first.severity.name}"

    @property
    def severity(self) -> Severity:
        """The rank of all of them."""
        return self.alarms[0].severity


@dataclass
class AlarmDesk:
    """Which alarms stand and rest, which are acknowledged, which this window is silent about, how many the day has seen.

    `ask_first`: at the start nothing sounds before it is known whether somebody has heard it already.
    """

    ask_first: bool = False
    acknowledged: set[str] = field(default_factory=set)
    muted: set[str] = field(default_factory=set)
    day: str = ""
    seen: set[str] = field(default_factory=set)
    standing: tuple[Alarm, ...] = ()
    resting: tuple[Alarm, ...] = ()  # put off, with the moment of their coming back in `states`
    states: dict[str, AlarmState] = field(default_factory=dict)
    _owed: set[str] = field(default_factory=set)  # amber that has called and not sounded yet
    _began: int | None = None
    _unasked: set[str] = field(default_factory=set)
    _before: set[str] = field(
        default_factory=set
    )  # what stood when the window was closed: nobody is called anew
    _caller: Caller | None = None

    def stand(self, alarms: Sequence[Alarm], now_ms: int) -> bool:
        """Take over what stands now, ranked; True when the set or its order changed."""
        today = local_date(now_ms)
        if today != self.day:
            self.day, self.seen = today, set()
        if self._began is None:
            self._began = now_ms
        starting = self.ask_first and 0 <= now_ms - self._began < START_S * SECOND_MS
        if not starting:
            self._unasked.clear()
        resting = tuple(sorted((a for a in alarms if self._rests(a, now_ms)), key=self._rank))
        away = {alarm.id for alarm in resting}
        ranked = tuple(sorted((a for a in alarms if a.id not in away), key=self._rank))
        changed = (ranked, resting) != (self.standing, self.resting)
        if changed:
            self._appear(ranked, now_ms, starting)
        self.standing, self.resting = ranked, resting
        known = {alarm.id for alarm in (*ranked, *resting)}
        self.seen |= known
        self.acknowledged &= known
        self.muted &= known
        if changed:
            self.states = {name: state for name, state in self.states.items() if name in known}
        return changed

    def _appear(self, ranked: Sequence[Alarm], now_ms: int, starting: bool) -> None:
        """What was not there before calls the room, once per group; and is not sounded before it is known at the start."""
        from app.queries.alarms import Caller

        self._caller = self._caller or Caller()
        stood = {alarm.id for alarm in self.standing}
        fresh = [alarm for alarm in ranked if alarm.id not in stood]
        for alarm in fresh:
            if alarm.id in self._before:
                self._before.discard(alarm.id)
            elif self._caller.calls(alarm.severity, alarm.kind, now_ms):
                self._owed |= {alarm.id} if alarm.severity is Severity.AMBER else set()
        if starting:
            self._unasked |= {alarm.id for alarm in fresh if alarm.id not in self.states}

    def _rests(self, alarm: Alarm, now_ms: int) -> bool:
        state = self.states.get(alarm.id)
        until = state.until if state is not None else None
        return alarm.severity is not Severity.RED and until is not None and now_ms < until

    def _rank(self, alarm: Alarm) -> tuple[bool, bool, int, bool, int, str]:
        """That nothing is saved here any more before all else; then unacknowledged red, acknowledged red, amber, notices; of them
        what is longest overdue or due first."""
        waits = alarm.severity is Severity.RED and alarm.id not in self.acknowledged
        moment = alarm.due_at if alarm.due_at is not None else alarm.since if alarm.since is not None else 0
        return (alarm.kind != "ended", not waits, alarm.severity, alarm.due_at is None, moment, alarm.id)

    @property
    def unacknowledged(self) -> tuple[Alarm, ...]:
        """Red alarms nobody of this agency has acknowledged."""
        return tuple(a for a in self.standing if a.severity is Severity.RED and a.id not in self.acknowledged)

    @property
    def calling(self) -> frozenset[str]:
        """Unacknowledged red alarms that are not silenced at this window."""
        return frozenset(alarm.id for alarm in self.unacknowledged) - self.muted - self._unasked

    @property
    def sounding(self) -> bool:
        """True while there is one."""
        return bool(self.calling)

    def owes_amber(self) -> bool:
        """True once after something amber has called; at the start not before it is known what was put off."""
        if not self._owed or self._unasked:
            return False
        stands = bool(self._owed & {alarm.id for alarm in self.standing})
        self._owed.clear()
        return stands

    def groups(self) -> list[Group]:
        """What stands, each red alone, the others of one kind and rank together where their first one stands (EEMUA 191)."""
        from app.queries.alarms import GROUP_FROM

        together: dict[tuple[Severity, str], list[Alarm]] = {}
        for alarm in self.standing:
            alone = alarm.severity is Severity.RED
            together.setdefault((alarm.severity, alarm.id if alone else alarm.kind), []).append(alarm)
        made: list[Group] = []
        for alarms in together.values():
            if len(alarms) >= GROUP_FROM:
                made.append(Group(tuple(alarms)))
            else:
                made += [Group((alarm,)) for alarm in alarms]
        return made

    def find(self, alarm_id: str) -> Alarm | None:
        """An alarm that stands or rests, by its name."""
        return next((alarm for alarm in (*self.standing, *self.resting) if alarm.id == alarm_id), None)

    def acknowledge(self, alarms: Iterable[str]) -> bool:
        """These were acknowledged, here or at another workstation of the agency; True when that was news."""
        standing = {alarm.id for alarm in self.standing}
        news = (set(alarms) & standing) - self.acknowledged
        self.acknowledged |= news
        self.standing = tuple(sorted(self.standing, key=self._rank))
        return bool(news)

    def take_states(self, found: Mapping[str, AlarmState], asked: Iterable[str]) -> bool:
        """What the record says of what was asked; True when that is news, or when the sound waited for it."""
        waited = bool(self._unasked & set(asked))
        self._unasked -= set(asked)
        news = any(self.states.get(name, type(state)()) != state for name, state in found.items())
        self.states |= found
        heard = [name for name, state in found.items() if state.acknowledged_at is not None]
        return self.acknowledge(heard) or news or waited

    def memory(self) -> dict[str, object]:
        """What is kept over a restart."""
        return {
            "day": self.day,
            "seen": sorted(self.seen),
            "acknowledged": sorted(self.acknowledged),
            "standing": sorted(alarm.id for alarm in (*self.standing, *self.resting)),
        }

    def recall(self, kept: object, now_ms: int) -> None:
        """Take up what was kept; the count only when it is of today."""
        if not isinstance(kept, dict):
            return
        self.acknowledged = {str(item) for item in kept.get("acknowledged", [])}
        self._before = {str(item) for item in kept.get("standing", [])}
        if kept.get("day") == local_date(now_ms):
            self.day = str(kept["day"])
            self.seen = {str(item) for item in kept.get("seen", [])}
