"""The list of alarms in words: rows for what stands and what was put off, groups, rule and next step of one. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from app.kernel.enums import Severity
from app.kernel.texts import Texts
from app.queries.alarms import AlarmActRow, AlarmState, happening
from app.ui.shell import alarm_words, moments
from app.ui.shell.alarm_desk import AlarmDesk, Group
from app.ui.shell.alarms import Alarm
from app.ui.shell.rows import Row

TONES = {Severity.RED: "bad", Severity.AMBER: "warn", Severity.NOTICE: "muted"}
_ICONS = {Severity.RED: "bell", Severity.AMBER: "alert", Severity.NOTICE: "info"}
_INDENT = "\N{EM SPACE}"
Say = Callable[[str], str]


class Lines:
    """Words of the list as one agency reads it."""

    def __init__(self, texts: Texts, agency: str) -> None:
        self._texts, self._agency = texts, agency

    def rows(self, desk: AlarmDesk, opened: Collection[str], now_ms: int) -> list[Row]:
        """What stands, worst first, groups closed unless opened; then what was put off."""
        made: list[Row] = []
        for group in desk.groups():
            if len(group.alarms) == 1:
                made.append(self._row(desk, group.alarms[0], now_ms))
                continue
            made.append(self._head(group, group.id in opened, now_ms))
            if group.id in opened:
                made += [self._row(desk, alarm, now_ms, _INDENT) for alarm in group.alarms]
        return made + [self._row(desk, alarm, now_ms) for alarm in desk.resting]

    def _head(self, group: Group, opened: bool, now_ms: int) -> Row:
        first, texts = group.alarms[0], self._texts
        said = texts.get(
            "ui.alarms.group", kind=texts.get(f"ui.alarms.kind.{first.kind}"), n=len(group.alarms)
        )
        rank = texts.get(f"enum.severity.{group.severity.name.lower()}")
        hint = texts.get("ui.alarms.close_group" if opened else "ui.alarms.open_group")
        tone = TONES[group.severity]
        return Row(
            group.id, (rank, self.moment(first, now_ms), said, hint), tone, "alert", said, 0, ((1, tone),)
        )

    def _row(self, desk: AlarmDesk, alarm: Alarm, now_ms: int, indent: str = "") -> Row:
        state, tone = self.state(desk, alarm, now_ms)
        rank = self._texts.get(f"enum.severity.{alarm.severity.name.lower()}")
        said = alarm_words.words(self._texts, alarm, now_ms)
        own = TONES[alarm.severity]
        resting = alarm in desk.resting
        tones = ((1, "muted" if resting else own), (3, tone))
        cells = (indent + rank, self.moment(alarm, now_ms), said, state)
        return Row(alarm.id, cells, "muted" if resting else own, _ICONS[alarm.severity], said, 0, tones)

    def moment(self, alarm: Alarm, now_ms: int) -> str:
        """Its clock, or since when it stands where that is known."""
        if alarm.due_at is not None:
            return alarm_words.clock(self._texts, alarm, now_ms)
        return moments.day_clock(alarm.since, now_ms) if alarm.since is not None else ""

    def state(self, desk: AlarmDesk, alarm: Alarm, now_ms: int) -> tuple[str, str]:
        """What was done about it, by whom and when; and the tone of that."""
        texts, state = self._texts, desk.states.get(alarm.id, AlarmState())
        if alarm.severity is Severity.RED:
            if state.acknowledged_at is not None:
                time = moments.day_clock(state.acknowledged_at, now_ms)
                return texts.get("ui.alarms.heard_by", who=state.acknowledged_by, time=time), "good"
            heard = alarm.id in desk.acknowledged
            return texts.get("ui.alarms.heard" if heard else "ui.alarms.unheard"), "good" if heard else "bad"
        if state.until is not None and now_ms < state.until:
            time = moments.day_clock(state.until, now_ms)
            return texts.get("ui.alarms.rests", time=time, who=state.snoozed_by), "muted"
        if state.times:
            return texts.get("ui.alarms.rested", n=state.times), "muted"
        return "", "muted"

    def told(self, alarm: Alarm, now_ms: int) -> tuple[str, str, str]:
        """What happened, by which rule, what to do next."""
        texts, known = self._texts, happening(alarm.kind)
        rules = known.rules if known is not None else ()
        why = texts.get("wording.comma").join(
            texts.get("ui.alarms.rule", rule=rule, clause=texts.get(f"clause.{rule}")) for rule in rules
        )
        what = alarm_words.sentence(texts, alarm, self._agency, now_ms)
        return what, texts.get("ui.alarms.why", why=why), texts.get(f"ui.alarms.next.{alarm.kind}")

    def act(self, alarm: Alarm) -> str:
        """Id of the action that answers it, "" for none."""
        known = happening(alarm.kind)
        return known.act if known is not None else ""

    def history(self, found: Sequence[AlarmActRow], now_ms: int) -> list[Row]:
        """The shift's acts, newest first."""
        return [
            Row(each.id, (moments.day_clock(each.at, now_ms), each.text), tip=each.text, marked=0)
            for each in found
        ]
