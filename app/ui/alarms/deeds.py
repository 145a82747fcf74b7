"""The window's ways to alarms: the list, acknowledging one or several, putting off (JD-11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from app.kernel.enums import Severity
from app.ui.actions import Action, always

if TYPE_CHECKING:
    from app.kernel.changes import ChangeSet
    from app.ui.shell.alarms import Alarm
    from app.ui.shell.main_window import MainWindow

SHORTCUT = "Shift+F2"


class AlarmDeeds:
    """Enters the action into the window's table; the list is made with its first opening."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._under_way: set[str] = set()
        window.actions_table.add(
            Action("alarms.open", "ui.alarms.action", SHORTCUT, self.open, always, "ui.shell.group.watch")
        )
        window.overlays.when_made["alarms"] = self._made
        window.strip.list_wanted.connect(self.open)
        window.feeds.alarms_changed.connect(self._changed)

    def open(self) -> None:
        """Shift+F2: the list; seeing needs no account."""
        sheet = self._window.overlays.alarms
        self._window.overlays.dismiss_others(sheet)
        sheet.open()

    def _made(self, sheet: Any) -> None:
        sheet.take(self._window.feeds)
        sheet.acknowledge_wanted.connect(self.acknowledge)
        sheet.snooze_wanted.connect(self._snooze)
        sheet.act_wanted.connect(self._go)

    def _changed(self) -> None:
        sheet: Any = self._window.overlays.made("alarms")
        if sheet is not None:
            sheet.show_alarms()

    def heard(self, changes: ChangeSet) -> None:
        """A commit, for the history."""
        sheet: Any = self._window.overlays.made("alarms")
        if sheet is not None and changes.touches("log_entry"):
            sheet.read()

    # -- acts --------------------------------------------------------------------------------------------------------------
    @property
    def waiting(self) -> list[Alarm]:
        """Alarms that nobody has acknowledged and that are not being acknowledged just now."""
        return [each for each in self._window.feeds.desk.unacknowledged if each.id not in self._under_way]

    def acknowledge_top(self) -> None:
        """F2: one key, the top alarm, once for the agency (JD-11)."""
        if waiting := self.waiting:
            self.acknowledge(waiting[:1])
        elif not self._under_way:
            self._say("ui.shell.alarm.nothing")

    def acknowledge(self, alarms: Sequence[Alarm], entered: Callable[[int], None] | None = None) -> None:
        """Each is an entry of its own; `entered` hears how many stand in the log, once all were answered. Where nobody may
        act, the sound stops at least."""
        desk, session = self._window.feeds.desk, self._window.session
        waiting = [each for each in self.waiting if each in alarms]
        if not waiting:
            self._say("ui.alarms.amber_stays" if alarms else "ui.shell.alarm.nothing")
        elif session.locked:
            desk.muted.update(each.id for each in desk.unacknowledged)
            session.sign_in_wanted.emit("ui.shell.sign_in.to_acknowledge")
        else:
            answers: list[bool] = []

            def answered(good: bool) -> None:
                answers.append(good)
                if len(answers) == len(waiting) and any(answers) and entered is not None:
                    entered(sum(answers))

            for alarm in waiting:
                self._acknowledge(alarm, answered)

    def _acknowledge(self, alarm: Alarm, answered: Callable[[bool], None]) -> None:
        from app.usecases.duty import AcknowledgeAlarm

        feeds = self._window.feeds

        def heard(_done: Any) -> None:
            self._under_way.discard(alarm.id)
            feeds.acknowledge([alarm.id])
            answered(True)

        def refused(_error: BaseException) -> bool:
            self._under_way.discard(alarm.id)
            feeds.desk.muted.add(alarm.id)
            answered(False)
            return False

        said = self._window.strip.sentence(alarm)
        command = AcknowledgeAlarm(alarm=alarm.id, text=said, incident_id=alarm.incident_id or None)
        if self._window.session.act(command, heard, refused):
            self._under_way.add(alarm.id)

    def _snooze(
        self, alarm: Alarm, minutes: int, reason: str, failed: Callable[[BaseException], bool]
    ) -> None:
        from app.usecases.duty import SnoozeAlarm

        command = SnoozeAlarm(
            alarm=alarm.id,
            text=self._window.strip.sentence(alarm),
            minutes=minutes,
            reason=reason,
            incident_id=alarm.incident_id or None,
        )
        sheet: Any = self._window.overlays.alarms

        def done(_done: Any) -> None:
            sheet.put_off()
            self._say("ui.alarms.put_off", n=minutes)

        self._window.session.act(command, done, failed)

    def _go(self, alarm: Alarm, act: str) -> None:
        """The act that answers an alarm, on its incident where it has one."""
        if alarm.incident_id:
            self._window.session.select_incident(alarm.incident_id)
        self._window.overlays.alarms.dismiss()
        if alarm.incident_id and alarm.severity is not Severity.NOTICE:
            self._window.open_desk()
        else:
            self._window.deeds.runner(act)()

    def _say(self, key: str, **given: Any) -> None:
        text = self._window.texts.get(key, **given)
        self._window.overlays.toasts.say(text, icon="info", tone="muted")
