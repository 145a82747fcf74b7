"""What the window does: the handlers of the action table, and the notes that follow them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt

from app.kernel.clock import SECOND_MS
from app.kernel.enums import IncidentStatus, Severity
from app.kernel.texts import PSEUDO, Texts
from app.ui.actions import Action, always
from app.ui.shell import grading, moments
from app.ui.shell.languages import next_language
from app.ui.shell.told import tell_ended

if TYPE_CHECKING:
    from app.queries.incidents import IncidentRow
    from app.ui.shell.main_window import MainWindow
    from app.usecases.bus import Done
    from app.usecases.commands import Command

_WINDOW, _INCIDENT = "ui.shell.group.window", "ui.shell.group.incident"
_PANELS, _WATCH, _ACCOUNT = "ui.shell.group.panels", "ui.shell.group.watch", "ui.shell.group.account"
_SIGNED_OUT = "ui.shell.why.signed_out"
_SELECT = "ui.shell.why.select"
REGISTER_DRAFT = "draft.register"


class Deeds:
    """Handlers over one window; `table` is filled here, later features add to it."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._console, self._session, self._texts = window.console, window.session, window.texts
        self._sounded_at = 0
        self._sounded: frozenset[str] = frozenset()
        self._fill_table()
        overlays = window.overlays
        overlays.when_made["register"] = self._made_register
        overlays.when_made["watch"] = self._made_watch
        overlays.when_made["oral"] = self._made_oral
        overlays.when_made["grade"] = self._made_grade

    def _made_register(self, sheet: Any) -> None:
        sheet.registered.connect(self._registered)
        sheet.pick_wanted.connect(self._pick)
        sheet.draft_kept.connect(self._show_draft)

    def _made_watch(self, sheet: Any) -> None:
        sheet.sound.tone = self._window.tone
        sheet.taken.connect(lambda post: self._say(self._texts.get("ui.forms.watch.taken", post=post)))
        sheet.left.connect(lambda: self._say(self._texts.get("ui.forms.watch.left")))
        sheet.ended.connect(lambda title: self._say(self._texts.get("ui.forms.watch.ended", title=title)))

    def _made_oral(self, sheet: Any) -> None:
        sheet.stamped.connect(lambda no, at: self._stamped("ui.forms.oral.done", no, at))
        sheet.amended.connect(lambda no, at: self._stamped("ui.forms.oral.corrected", no, at))

    def _made_grade(self, sheet: Any) -> None:
        sheet.raised.connect(self._raised)

    # -- the table ---------------------------------------------------------------------------------------------------------
    def _fill_table(self) -> None:
        selected, acts = self.has_incident, self._acts
        rows: tuple[tuple[str, str, Callable[[], None], Callable[[], bool], str, str], ...] = (
            ("help", "F1", self.keys, always, _WINDOW, ""),
            ("acknowledge", "F2", self.acknowledge, always, _WATCH, ""),
            ("call", "F3", self.call, lambda: False, _WATCH, "ui.shell.why.call"),
            ("oral", "F4", self.oral, selected, _INCIDENT, _SELECT),
            ("register", "Ctrl+N", self.register, always, _INCIDENT, ""),
            ("open", "", self._window.open_desk, selected, _INCIDENT, _SELECT),
            ("raise", "Ctrl+Up", self.raise_grade, self._may_raise, _INCIDENT, _SELECT),
            ("handling", "", self._to(IncidentStatus.HANDLING), selected, _INCIDENT, _SELECT),
            (
                "controlled",
                "",
                self._to(IncidentStatus.CONTROLLED),
                selected,
                _INCIDENT,
                _SELECT,
            ),
            ("reportable", "", self.make_reportable, selected, _INCIDENT, _SELECT),
            ("palette", "Ctrl+K", self.palette, always, _WINDOW, ""),
            ("search", "Ctrl+F", self.search, always, _PANELS, ""),
            ("board", "Ctrl+1", self.board, always, _PANELS, ""),
            ("map", "Ctrl+2", self.map, always, _PANELS, ""),
            ("links", "Ctrl+3", self.links, always, _PANELS, ""),
            ("desk", "Ctrl+4", self.desk, always, _PANELS, ""),
            ("alarms", "Ctrl+5", self.alarms, always, _PANELS, ""),
            ("take_watch", "", self.watch, acts, _WATCH, _SIGNED_OUT),
            ("leave_watch", "", self.watch, acts, _WATCH, _SIGNED_OUT),
            ("lock", "Ctrl+L", self.lock, acts, _ACCOUNT, _SIGNED_OUT),
            ("sign_in", "", self.sign_in, always, _ACCOUNT, ""),
            ("undo", "Ctrl+Z", self.undo, self._can_undo, _WINDOW, "ui.shell.why.undo"),
            ("theme", "Ctrl+Shift+T", self.theme, always, _WINDOW, ""),
            ("language", "", self.language, always, _WINDOW, ""),
            ("sound", "", self.sound, always, _WINDOW, ""),
            ("quit", "Ctrl+Q", self.quit, always, _WINDOW, ""),
        )
        for name, shortcut, handler, rule, group, why in rows:
            self._window.actions_table.add(
                Action(name, f"ui.shell.action.{name}", shortcut, handler, rule, group, why)
            )

    def has_incident(self) -> bool:
        """True if an incident is selected and seen: the rule of all acts on one."""
        return self._row() is not None and not self._hidden()

    def _hidden(self) -> bool:
        """True if the board's filter hides the selected incident and the desk does not show it large either."""
        hides = getattr(self._window.board, "hides", None)
        return (
            callable(hides) and not self._window.desk_shown and bool(hides(self._session.selected_incident))
        )

    def why_not(self, action: Action) -> str:
        """Why an act is not possible now; empty where nothing is known."""
        row = self._row()
        if action.why is not None and (said := action.why()):
            return said
        if action.id == "raise" and (denied := grading.why_not(self._window)):
            return denied
        if action.why_not == _SELECT and row is not None and self._hidden():
            return self._texts.get("ui.shell.why.hidden", no=row.no or "")
        return self._texts.get(action.why_not) if action.why_not else ""

    def _may_raise(self) -> bool:
        """Only where the permission table lets anybody (RC-16: the fire brigade alone)."""
        return self.has_incident() and grading.denial(self._window) is None

    def _acts(self) -> bool:
        return not self._session.locked

    def _row(self) -> IncidentRow | None:
        return self._window.selected_row

    def tick(self) -> None:
        """An unacknowledged red alarm sounds again after a while."""
        from app.queries.alarms import SOUNDS

        now = self._console.clock.now_ms()
        again_ms = SOUNDS[Severity.RED].again_s * SECOND_MS
        if self._window.feeds.desk.sounding and now - self._sounded_at >= again_ms:
            self._sound(now)

    # -- alarms ------------------------------------------------------------------------------------------------------------
    def alarms_changed(self) -> None:
        """A new red alarm sounds at once, amber once; nothing sounds anew because something else changed."""
        desk = self._window.feeds.desk
        fresh, self._sounded = desk.calling - self._sounded, desk.calling
        owes_amber = desk.owes_amber()
        if fresh:
            self._sound(self._console.clock.now_ms())
        elif owes_amber and not desk.sounding:
            self._window.tone.play(Severity.AMBER)

    def _sound(self, now_ms: int) -> None:
        self._sounded_at = now_ms
        self._window.tone.play(Severity.RED)

    def acknowledge(self) -> None:
        """F2: one key, the top alarm."""
        self._window.features.alarms.acknowledge_top()

    def alarms(self) -> None:
        """Focus the alarm strip."""
        strip = self._window.strip
        (strip.button if strip.button.isVisible() else strip).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def sound(self) -> None:
        """Alarm sound on or off."""
        tone = self._window.tone
        tone.on = not tone.on
        if tone.on and not tone.available:
            self._say(self._texts.get("ui.shell.said.no_audio"), icon="bell-off", tone="warn")
            return
        self._say(
            self._texts.get(f"ui.shell.said.sound_{'on' if tone.on else 'off'}"), icon="bell", tone="muted"
        )

    # -- panels ------------------------------------------------------------------------------------------------------------
    def board(self) -> None:
        """Focus the board."""
        self._window.close_desk()
        self._window.layouts.bring_forward("board")
        self._window.focus_board()

    def search(self) -> None:
        """Focus the board's search."""
        self._window.layouts.bring_forward("board")
        focus = getattr(self._window.board, "focus_search", None)
        if callable(focus):
            focus()
        else:
            self.board()

    def map(self) -> None:
        """Focus the map."""
        self._window.close_desk()
        self._window.layouts.bring_forward("map")
        self._window.map_host.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def links(self) -> None:
        """Focus the links; in narrow windows bring them out or put them away."""
        window = self._window
        window.close_desk()
        hidden = "links" in window.columns.hidden
        if not window.layouts.bring_forward("links") and window.small and not hidden:
            window.toggle_links()
        if window.links is not None and window.links.isVisible():
            window.links.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def desk(self) -> None:
        """Focus the desk, opening it when an incident is selected."""
        window = self._window
        if self._session.selected_incident:
            window.open_desk()
        else:
            window.line.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def back(self) -> None:
        """Esc: refusal away, then the open sheet, then the desk."""
        window = self._window
        sheet = window.overlays.top_open()
        if window.overlays.put_away_refusal():
            return
        if sheet is not None:
            sheet.dismiss()
        else:
            window.close_desk()

    def keys(self) -> None:
        """The cheat sheet; pressed again, the manual where it tells of what is in use."""
        self._window.features.help.keys()

    def palette(self) -> None:
        """The palette."""
        self._open(self._window.overlays.palette)

    def _open(self, sheet: Any) -> None:
        self._window.overlays.dismiss_others(sheet)
        sheet.open()

    # -- account -----------------------------------------------------------------------------------------------------------
    def sign_in(self) -> None:
        """The sign-in sheet."""
        self._window.overlays.sign_in.ask()

    def lacks_sign_in(self, action: Action) -> bool:
        """True if nothing stands in the way of an act but that nobody is signed in."""
        asked = self._session.locked and action.why_not == _SIGNED_OUT and not action.enabled()
        return asked and (action.why is None or not action.why())

    def sign_in_for(self, action: Action) -> None:
        """The sign-in, and after it what was wanted; whoever wants to lock what is locked wants the sign-in alone."""
        sheet = self._window.overlays.sign_in
        if action.id == "lock":
            sheet.ask()
        else:
            sheet.ask("ui.shell.sign_in.then", self.runner(action.id), self._texts.get(action.text))

    def lock(self) -> None:
        """Lock; what is open stays as it is."""
        self._session.lock()

    def lock_or_sign_in(self) -> None:
        """The button in the header."""
        (self.sign_in if self._session.locked else self.lock)()

    def locked_changed(self, locked: bool) -> None:
        """Say it, and show how to go on."""
        if locked:
            self._window.overlays.put_away_refusal()  # what one person was told is not for the next
            self._window.overlays.sign_in.ask()
            return
        account = self._session.account
        title = (account.title or account.name or "") if account is not None else ""
        self._say(self._texts.get("ui.shell.said.signed_in", title=title), icon="person")
        self.tell_ended()

    def account(self) -> None:
        """The account block: watch for who is signed in, sign-in for who is not."""
        (self.sign_in if self._session.locked else self.watch)()

    def watch(self) -> None:
        """Take or leave the watch."""
        if self._session.locked:
            self._session.sign_in_wanted.emit("ui.shell.sign_in.to_act")
            return
        sheet = self._window.overlays.watch
        self._window.overlays.dismiss_others(sheet)
        sheet.ask(self._window.feeds.watch)

    def tell_ended(self) -> None:
        """Whoever had forgotten to leave is told once (JD-04)."""
        tell_ended(self._window)

    # -- incidents ---------------------------------------------------------------------------------------------------------
    def register(self) -> None:
        """The registration form; locked, it can be filled all the same."""
        sheet = self._window.overlays.register
        self._open(sheet)

    def _pick(self) -> None:
        pick = getattr(self._window.map_host.panel, "pick_point", None)
        if callable(pick):
            pick()

    def point_picked(self, lon: float, lat: float) -> None:
        """A point picked on the map goes into the form, opening it when needed."""
        self.register()
        self._window.overlays.register.fill_point(lon, lat)

    def _registered(self, done: Done) -> None:
        incident_id, no = str(done.result["incident_id"]), str(done.result["no"])
        self._session.select_incident(incident_id)
        self._say(self._texts.get("ui.forms.register.done", no=no))
        for other in list(done.result.get("possible_duplicates", ()))[:1]:
            self._tell_duplicate(other)

    def _tell_duplicate(self, other: Any) -> None:
        """D-21: a suggestion; a person decides."""
        other_id = str(other["incident_id"])

        def tell(row: IncidentRow | None) -> None:
            no = row.no if row is not None and row.no else other_id
            span = moments.age(self._texts, int(other["apart_s"]) * SECOND_MS)
            metres = other["distance_m"]
            key = "duplicate_words" if metres is None else "duplicate"
            text = self._texts.get(f"ui.forms.register.{key}", no=no, metres=metres, age=span)
            go = self._texts.get("ui.forms.register.open")
            self._window.overlays.toasts.say(
                text,
                icon="alert",
                tone="warn",
                offer=(go, "", lambda: self._session.select_incident(other_id)),
            )

        def read(connection: Any) -> IncidentRow | None:
            from app.queries.incidents import incident

            return incident(connection, other_id)

        self._session.ask(read, tell)

    def _show_draft(self, waits: bool) -> None:
        show = getattr(self._window.board, "show_draft", None)
        if callable(show):
            show(waits)

    def offer_draft(self) -> None:
        """A registration that was not submitted before the last end is offered again."""
        kept = self._console.memory(REGISTER_DRAFT)
        if not isinstance(kept, dict):
            return
        self._show_draft(True)
        typed = sum(len(str(kept.get(name, ""))) for name in ("place", "what"))
        time = moments.day_clock(int(kept.get("at", 0)), self._console.clock.now_ms())
        text = (
            self._texts.get("ui.forms.register.offer", time=time, n=typed)
            if typed
            else self._texts.get("ui.forms.register.offer_begun", time=time)
        )
        offer = (self._texts.get("ui.forms.register.resume"), "Ctrl+N", self.register)
        self._window.overlays.toasts.say(text, icon="pencil", tone="accent", offer=offer)

    def runner(self, name: str) -> Callable[[], None]:
        """What a button does that stands for an action: the same as its key, the reason included when it cannot."""

        def run() -> None:
            action = self._window.actions_table[name]
            if not action.run():
                self.denied(action)

        return run

    def oral(self) -> None:
        """F4 on the selected incident; an everyday call owes none (D-34)."""
        row = self._row()
        if row is None:
            return
        if not row.owes_reports:
            self._say(self._texts.get("ui.forms.oral.everyday", no=row.no or ""), icon="info", tone="muted")
            return
        sheet = self._window.overlays.oral
        self._window.overlays.dismiss_others(sheet)
        data = self._window.desk.data if self._window.desk is not None else None
        sheet.ask(row, data.oral if data is not None else ())

    def _stamped(self, key: str, no: str, spoken_at: int) -> None:
        self._say(
            self._texts.get(
                key,
                time=moments.day_clock(spoken_at, self._console.clock.now_ms()),
                no=no,
            ),
            icon="mic",
        )

    def raise_grade(self) -> None:
        """Ctrl+Up proposes the next grade, Enter does it."""
        row = self._row()
        if row is not None:
            grading.raise_grade(self._window, row)

    def _raised(self, no: str, grade: str) -> None:
        self._say(self._texts.get("ui.forms.raise.done", no=no, to=grade), icon="fire", tone="warn")

    def _to(self, status: IncidentStatus) -> Callable[[], None]:
        def move() -> None:
            from app.usecases.incidents import SetIncidentStatus

            row = self._row()
            if row is not None:
                self._act(
                    SetIncidentStatus(incident_id=row.id, to=status),
                    row,
                    f"enum.incident_status.{status.value}",
                )

        return move

    def make_reportable(self) -> None:
        """A person declares an everyday call reportable (D-34)."""
        from app.usecases.incidents import MakeReportable

        row = self._row()
        if row is not None:
            self._act(MakeReportable(incident_id=row.id), row, "act.make_reportable")

    def _act(self, command: Command, row: IncidentRow, said: str) -> None:
        text = f"{row.no} {self._texts.get(said)}"
        self._session.act(command, lambda _done: self._say(text))

    # -- the rest ----------------------------------------------------------------------------------------------------------
    def call(self) -> None:
        """Not connected in this version: its rule says so."""

    def undo(self) -> None:
        """What the newest note offers."""
        self._window.overlays.toasts.undo_last()

    def _can_undo(self) -> bool:
        return self._window.overlays.toasts.can_undo()

    def theme(self) -> None:
        """Dark, light, high contrast, dark again."""
        from app.ui.theme.tokens import next_desk_kind

        self._window.theme.use(next_desk_kind(self._window.theme.kind))

    def language(self) -> None:
        """The other language, from the next start on; said in both."""
        new = Texts.load(next_language(self._texts.language))
        self._console.remember("language", new.language)
        here = self._texts.get("ui.shell.said.language") if new.language != PSEUDO else ""
        self._say(f"{here}\n{new.get('ui.shell.said.here')}".strip(), icon="info", tone="muted")

    def quit(self) -> None:
        """Close the window; what would be lost by that is said first."""
        if self._window.features.bundles.may_quit():
            self._window.close()

    def denied(self, action: Action) -> None:
        """A key whose act is not possible now says why; a right that lacks with its rule and with who can."""
        if action.id == "raise" and (refusal := grading.denial(self._window)) is not None:
            self._window.show_error(refusal)
        elif self.lacks_sign_in(action):
            self.sign_in_for(action)
        elif why := self.why_not(action):
            self._say(why, icon="info", tone="muted")

    def _say(self, text: str, *, icon: str = "check", tone: str = "good") -> None:
        self._window.overlays.toasts.say(text, icon=icon, tone=tone)
