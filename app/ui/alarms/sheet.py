"""The list of alarms (Shift+F2): worst first, groups open, who acknowledged, what was put off, what the shift did (JD-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QItemSelectionModel, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QTableView, QVBoxLayout, QWidget

from app.kernel.clock import HOUR_MS
from app.kernel.errors import Refusal
from app.queries.alarms import SNOOZE_MINUTES, AlarmActRow, history
from app.ui.alarms.lines import TONES, Lines
from app.ui.forms.field import Field, line
from app.ui.session import Session
from app.ui.shell import moments
from app.ui.shell.rows import RowsModel, RowsTable
from app.ui.shell.sheet import Sheet, plain, press_focused, set_tone
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.shell.alarm_desk import AlarmDesk
    from app.ui.shell.alarms import Alarm
    from app.ui.shell.feeds import Feeds
    from app.ui.shell.ports import SiteDoor

WIDTH = 1040
TICK_MS = 1_000
WITHOUT_WATCH_H = 12  # so far back the history goes while nobody is on watch
USUAL = SNOOZE_MINUTES[1]  # what Enter takes
_WIDTHS = (96, 120, 480, 220)
_HISTORY_WIDTHS = (140, 700)
_MARGIN = 24
_LIST_PX, _HISTORY_PX = 168, 104


class ListTable(RowsTable):
    """Rows have one cell that matters: Right and Left are the sheet's, to open and close a group."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """All keys of a table but these two."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()
        else:
            super().keyPressEvent(event)


class AlarmSheet(Sheet):
    """`acknowledge_wanted(alarms)`, `snooze_wanted(alarm, minutes, reason, failed)`, `act_wanted(alarm, action)`."""

    acknowledge_wanted = Signal(object)
    snooze_wanted = Signal(object, int, str, object)
    act_wanted = Signal(object, str)

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__("alarmSheet", texts.get("ui.alarms.title"), texts.get("ui.alarms.hint"), parent)
        self._console, self._session, self._theme, self._texts = console, session, theme, texts
        self._lines = Lines(texts, console.agency)
        self._feeds: Feeds | None = None
        self._opened: set[str] = set()
        self._clock = QTimer(self, interval=TICK_MS)
        self._clock.timeout.connect(self.show_alarms)
        self.closed.connect(self._clock.stop)
        self._build()

    # -- parts -------------------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        texts = self._texts
        heads = [texts.get(f"ui.alarms.head.{name}") for name in ("rank", "time", "what", "state")]
        self.model = RowsModel(self._theme, heads, self)
        self.table = ListTable("alarmsTable", texts.get("ui.alarms.title"), self.model, _WIDTHS)
        self.table.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_chosen())
        self.table.selectionModel().currentChanged.connect(lambda *_: self._show_chosen())
        self.table.doubleClicked.connect(lambda _index: self._enter())
        self.empty = plain(texts.get("ui.alarms.empty"), tone="muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.table.setMinimumHeight(_LIST_PX)
        self.body.addWidget(self.table, 3)
        self.body.addWidget(self.empty, 3)
        self.what, self.why, self.next = plain(), plain(tone="muted"), plain()
        for name, label in (("what", self.what), ("why", self.why), ("next", self.next)):
            label.setObjectName(f"alarms.{name}")
            label.setWordWrap(True)
            self.body.addWidget(label)
        self.body.addLayout(self._buttons())
        self.body.addWidget(self._snooze_part())
        self.past = plain(tone="muted", size="small")
        self.past.setObjectName("alarms.past")
        self.body.addWidget(self.past)
        names = [texts.get(f"ui.alarms.head.{name}") for name in ("time", "act")]
        self.acts = RowsModel(self._theme, names, self)
        self.history = RowsTable("alarmsHistory", texts.get("ui.alarms.history"), self.acts, _HISTORY_WIDTHS)
        self.history.setMinimumHeight(_HISTORY_PX)
        self.body.addWidget(self.history, 2)

    def _buttons(self) -> QHBoxLayout:
        texts, row = self._texts, QHBoxLayout()
        row.setSpacing(8)
        self.confirm = HintButton(self._theme, "", hint="Ctrl+Enter", kind="danger")
        self.confirm.setObjectName("alarms.confirm")
        self.confirm.clicked.connect(self.submit)
        self.later = HintButton(self._theme, texts.get("ui.alarms.snooze"), hint="Ctrl+D")
        self.later.setObjectName("alarms.later")
        self.later.clicked.connect(self.ask_snooze)
        self.go = HintButton(self._theme, texts.get("ui.alarms.go"), hint="Enter", kind="quiet")
        self.go.setObjectName("alarms.go")
        self.go.clicked.connect(self._enter)
        self.note = plain(tone="muted", size="small")
        self.note.setObjectName("alarms.note")
        for button in (self.confirm, self.later, self.go):
            row.addWidget(button)
        row.addWidget(self.note, 1)
        return row

    def _snooze_part(self) -> QWidget:
        texts = self._texts
        self.reason = line(texts.get("ui.alarms.reason_hint"))
        self.field = Field("reason", texts.get("ui.alarms.reason"), self.reason, required=True)
        self.reason.returnPressed.connect(lambda: self._snooze(USUAL))
        self.reason.textEdited.connect(lambda _text: self.field.say(""))
        self.asking = QWidget()
        column = QVBoxLayout(self.asking)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.field)
        row = QHBoxLayout()
        self.spans: dict[int, HintButton] = {}
        for minutes in SNOOZE_MINUTES:
            usual = minutes == USUAL
            kind, hint = ("primary", "Enter") if usual else ("secondary", "")
            button = HintButton(self._theme, texts.get("ui.alarms.minutes", n=minutes), kind=kind, hint=hint)
            button.setObjectName(f"alarms.snooze.{minutes}")
            button.clicked.connect(lambda _checked=False, span=minutes: self._snooze(span))
            self.spans[minutes] = button
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        self.asking.hide()
        return self.asking

    def take(self, feeds: Feeds) -> None:
        """Where the alarms come from."""
        self._feeds = feeds

    def first_field(self) -> QWidget:
        """The list: arrows walk it."""
        return self.table

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As high as the body of the window."""
        width = min(WIDTH, max(480, whole.width() - _MARGIN))
        self.setFixedSize(width, max(1, whole.height() - _MARGIN))
        rest = width - 2 * _MARGIN - sum(_WIDTHS) + _WIDTHS[2]
        self.table.setColumnWidth(2, max(160, rest))

    def open(self) -> None:
        """With what stands now; the first alarm is chosen."""
        self._put_away_snooze()
        super().open()
        self.show_alarms()
        self.read()
        self._clock.start()

    # -- what is shown -------------------------------------------------------------------------------------------------------
    @property
    def _desk(self) -> AlarmDesk | None:
        return self._feeds.desk if self._feeds is not None else None

    def show_alarms(self) -> None:
        """What stands now; what was chosen stays chosen."""
        desk = self._desk
        if desk is None or not self.is_open:
            return
        before, here = self._ids(), self.table.chosen
        rows = self._lines.rows(desk, self._opened, self._console.clock.now_ms())
        if self.model.show(rows) or not before:
            self._choose(before, here)
        self.table.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        self._show_chosen()

    def _ids(self) -> list[str]:
        return [self.model.rows[index.row()].id for index in self.table.selectionModel().selectedRows()]

    def choose(self, row_id: str) -> None:
        """Choose one row: an alarm or a group, whichever keys are held down."""
        self._choose([row_id], row_id)

    def _choose(self, ids: list[str], here: str) -> None:
        places = [at for each in ids if (at := self.model.place_of(each)) >= 0]
        if not places and self.model.rows:
            places = [0]
        model, choose = self.table.selectionModel(), QItemSelectionModel.SelectionFlag
        current = self.model.place_of(here)
        if places:
            index = self.model.index(current if current in places else places[0], 0)
            model.setCurrentIndex(index, choose.ClearAndSelect | choose.Rows)
        for at in places:
            model.select(self.model.index(at, 0), choose.Select | choose.Rows)

    @property
    def chosen(self) -> list[Alarm]:
        """The chosen alarms; of a group all."""
        desk = self._desk
        if desk is None:
            return []
        groups = {group.id: group.alarms for group in desk.groups()}
        found: dict[str, Alarm] = {}
        for each in self._ids():
            alarm = desk.find(each)
            for one in groups.get(each, (alarm,) if alarm is not None else ()):
                found[one.id] = one
        return list(found.values())

    def _one(self) -> Alarm | None:
        """The alarm that was chosen, when it is one."""
        desk, ids = self._desk, self._ids()
        return desk.find(ids[0]) if desk is not None and len(ids) == 1 else None

    def _show_chosen(self) -> None:
        desk, alarm, now = self._desk, self._one(), self._console.clock.now_ms()
        if desk is None:
            return
        texts = self._texts
        told = self._lines.told(alarm, now) if alarm is not None else ("", "", "")
        for label, said in zip((self.what, self.why, self.next), told, strict=True):
            label.setText(said)
            label.setVisible(bool(said))
        if alarm is not None:
            set_tone(self.what, TONES[alarm.severity])
        waiting = [each for each in self.chosen if each in desk.unacknowledged]
        self.confirm.setText(texts.get("ui.alarms.confirm", n=len(waiting)))
        self.confirm.setEnabled(bool(waiting))
        note = self._why_no_snooze(alarm)
        self.later.setEnabled(alarm is not None and not note)
        self.note.setText(note)
        self.go.setEnabled(bool(self._ids()))

    def _why_no_snooze(self, alarm: Alarm | None) -> str:
        desk = self._desk
        if alarm is None or desk is None:
            return ""
        if TONES[alarm.severity] == "bad":
            return self._texts.get("ui.alarms.red_stays")
        return self._texts.get("ui.alarms.rests_already") if alarm in desk.resting else ""

    def read(self) -> None:
        """The shift's acts: since the first of those present took a post, or of the last hours."""
        if not self.is_open or self._feeds is None:
            return
        agency, now = self._console.agency, self._console.clock.now_ms()
        taken = [
            row.taken_at for row in self._feeds.watch if row.agency == agency and row.taken_at is not None
        ]
        since = min(taken, default=now - WITHOUT_WATCH_H * HOUR_MS)

        def ask(connection: Any) -> list[AlarmActRow]:
            return history(connection, agency, since)

        def take(found: list[AlarmActRow]) -> None:
            self.acts.show(self._lines.history(found, self._console.clock.now_ms()))
            key = "ui.alarms.past" if found else "ui.alarms.no_past"
            time = moments.day_clock(since, self._console.clock.now_ms())
            self.past.setText(self._texts.get(key, time=time, n=len(found)))

        self._session.ask(ask, take, "alarms.history")

    # -- acts --------------------------------------------------------------------------------------------------------------
    def submit(self) -> None:
        """Acknowledge what is chosen; or put it off, while that is asked."""
        if self.asking.isVisible() and self.reason.hasFocus():
            self._snooze(USUAL)
        elif self.confirm.isEnabled():
            self.acknowledge_wanted.emit(self.chosen)

    def ask_snooze(self) -> None:
        """Reason and minutes."""
        self._show_chosen()
        if not self.later.isEnabled():
            return
        self.history.hide()  # narrow windows need the room for the list
        self.asking.show()
        self.reason.clear()
        self.field.say("")
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def _snooze(self, minutes: int) -> None:
        alarm = self._one()
        if alarm is not None and not self._why_no_snooze(alarm):
            self.snooze_wanted.emit(alarm, minutes, self.reason.text(), self._refused)

    def _refused(self, error: BaseException) -> bool:
        """A missing reason is said at its field, everything else by the refusal bar."""
        if isinstance(error, Refusal) and error.field == self.field.name:
            self.field.say(self._console.sentence(error))
            self.field.focus()
            return True
        return False

    def put_off(self) -> None:
        """It was put off."""
        self._put_away_snooze()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _put_away_snooze(self) -> None:
        self.asking.hide()
        self.history.show()
        self.field.say("")

    def _enter(self) -> None:
        """A group opens or closes; an alarm goes to where it is dealt with."""
        ids, alarm = self._ids(), self._one()
        if alarm is not None:
            self.act_wanted.emit(alarm, self._lines.act(alarm))
        elif len(ids) == 1:
            self._opened ^= {ids[0]}
            self.show_alarms()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter deals with it, Ctrl+D puts it off, Right and Left open and close a group; Esc first ends the asking."""
        key, ctrl = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        enter = key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not ctrl
        if key == Qt.Key.Key_D and ctrl:
            self.ask_snooze()
        elif key == Qt.Key.Key_Escape and self.asking.isVisible():
            self.put_off()
        elif press_focused(self, event):
            return
        elif enter and self.table.hasFocus():
            self._enter()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self.table.hasFocus():
            ids = [each for each in self._ids() if each.startswith("#")]
            wanted = set(ids) - self._opened if key == Qt.Key.Key_Right else set(ids) & self._opened
            self._opened ^= wanted
            self.show_alarms()
        else:
            super().keyPressEvent(event)
            return
        event.accept()
