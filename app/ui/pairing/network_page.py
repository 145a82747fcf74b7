"""Pairing over the network: who waits and who dials, the number, what the other reads, how it ended (REPLICATION, Pairing)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.kernel.errors import EnvironmentFault, Refusal
from app.local.pairing_view import DIGITS, LISTEN_MEMORY, PairingView, Stage, digits_of
from app.ui.forms.field import Field
from app.ui.pairing.parts import BigNumber, Page
from app.ui.session import Session
from app.ui.shell import moments
from app.ui.shell.sheet import plain, set_tone
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.shell.ports import SiteDoor

POLL_MS = 200
NUMBER_PX = 64
PORT, LINK_PORT = 8444, 8443  # proposed for the window, and for the links that follow
_PORT_FAULTS = "port."  # taken, or no address of this machine
WAYS = ("listen", "dial")
_WAITING = (Stage.LISTENING, Stage.DIALLING)


class NetworkPage(Page):
    """`stepped`: another step is shown; `desk_wanted`: to the link desk; `over`: put the screen away."""

    stepped = Signal()
    desk_wanted = Signal()
    over = Signal()

    def __init__(self, console: SiteDoor, session: Session, theme: Theme) -> None:
        super().__init__(console, session, theme, "pairingNetwork")
        self.view = PairingView()
        self.way = "listen"
        self._tried = ""  # the field whose address is being tried
        self._again = False  # a window that has ended was read, and the form is wanted again
        self._build_form()
        self._build_waiting()
        self._build_comparing()
        self._build_end()
        self.column.addWidget(self.problem)
        self.column.addStretch(1)
        self._poll = QTimer(self, interval=POLL_MS)
        self._poll.timeout.connect(self.look)
        self.choose_way("listen")
        self.show_view(self.view)

    def begin(self) -> None:
        """The page is shown: follow what goes on."""
        self.look()
        self._poll.start()

    def rest(self) -> None:
        """Nobody looks."""
        self._poll.stop()

    def dispose(self) -> None:
        """Hear nothing any more."""
        self._poll.stop()
        self.relay.stop()

    # -- parts -------------------------------------------------------------------------------------------------------------
    def _build_form(self) -> None:
        self.intro = self.note("network.about")
        self.ways: dict[str, QPushButton] = {}
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        for way in WAYS:
            chip = QPushButton(self.say(f"network.{way}"))
            chip.setObjectName(f"pairingWay.{way}")
            chip.setProperty("kind", "chip")
            chip.setCheckable(True)
            chip.clicked.connect(lambda _on=False, way=way: self._way_chosen(way))
            self.ways[way] = chip
            line.addWidget(chip)
        line.addStretch(1)
        self.column.addWidget(row)
        self.way_note = self.note(size="small")
        self.address = self.field("address", "network.address")
        self.address.editor.returnPressed.connect(self.open)
        self.links = self.field("links", "network.links", "network.links_hint")
        self.links.editor.returnPressed.connect(self.open)
        for typed in (self.address, self.links):
            typed.editor.textEdited.connect(lambda _text, typed=typed: typed.say(""))
        self.go = HintButton(self.theme, self.say("network.open"), hint="Enter", kind="primary", icon="link")
        self.go.setObjectName("pairingOpen")
        self.go.clicked.connect(self.open)
        self._form: list[QWidget] = [
            self.intro,
            row,
            self.way_note,
            self.address,
            self.links,
            self.buttons(self.go),
        ]

    def _build_waiting(self) -> None:
        self.wait_head = plain(size="summary")
        self.wait_head.setObjectName("pairingWaitHead")
        self.column.addWidget(self.wait_head)
        self.where = BigNumber(self.theme, 28)
        self.where.setObjectName("pairingWhere")
        self.column.addWidget(self.where)
        self.wait_note = self.note()
        self.reason = self.note(tone="warn")
        self.reason.setObjectName("pairingReason")
        self.left = self.note(size="small")
        self.left.setObjectName("pairingLeft")
        self.stop = HintButton(self.theme, self.say("network.stop"), icon="stop")
        self.stop.setObjectName("pairingStop")
        self.stop.clicked.connect(self.close_window)
        self._waiting: list[QWidget] = [self.wait_head, self.where, self.wait_note]
        self._foot = self.buttons(self.stop)

    def _build_comparing(self) -> None:
        self.who = plain(size="summary")
        self.who.setObjectName("pairingWho")
        self.who.setWordWrap(True)
        self.number = BigNumber(self.theme, NUMBER_PX)
        self.number.setObjectName("pairingNumber")
        for part in (self.who, self.number):
            self.column.insertWidget(self.column.indexOf(self.reason), part)
        self.how = self.note("network.read_aloud")
        self.heard = self.field("heard", "network.heard", "network.heard_hint")
        self.heard.editor.returnPressed.connect(self.confirm)
        self.heard.editor.textChanged.connect(self._typed)
        self.same = HintButton(
            self.theme, self.say("network.same"), hint="Enter", kind="primary", icon="check"
        )
        self.same.setObjectName("pairingSame")
        self.same.clicked.connect(self.confirm)
        self.other = HintButton(self.theme, self.say("network.other"), icon="cross", kind="danger")
        self.other.setObjectName("pairingOther")
        self.other.clicked.connect(self.differ)
        self._comparing: list[QWidget] = [self.how, self.heard, self.buttons(self.other, self.same)]
        at = self.column.indexOf(self.reason)
        for widget in reversed(self._comparing):
            self.column.insertWidget(at, widget)
        stops = (self.heard.editor, self.other, self.same, self.stop)
        for before, after in pairwise(stops):  # Tab from top to bottom
            QWidget.setTabOrder(before, after)

    def _build_end(self) -> None:
        self.end_head = plain(size="summary")
        self.end_head.setObjectName("pairingEnd")
        self.end_head.setWordWrap(True)
        self.column.insertWidget(self.column.indexOf(self.reason), self.end_head)
        self.end_note = self.note()
        self.desk = HintButton(
            self.theme, self.say("network.desk"), icon="link", kind="primary", hint="Enter"
        )
        self.desk.setObjectName("pairingDesk")
        self.desk.clicked.connect(self.desk_wanted)
        self.once_more = HintButton(self.theme, self.say("network.once_more"), icon="refresh", kind="primary")
        self.once_more.setObjectName("pairingAgain")
        self.once_more.clicked.connect(self.start_again)
        self.done = HintButton(self.theme, self.say("network.close"))
        self.done.setObjectName("pairingDone")
        self.done.clicked.connect(self.over)
        self._end: list[QWidget] = [
            self.end_head,
            self.end_note,
            self.buttons(self.done, self.once_more, self.desk),
        ]

    # -- what the officer does ---------------------------------------------------------------------------------------------
    def _way_chosen(self, way: str) -> None:
        """By hand: the address is typed next."""
        self.choose_way(way)
        self.address.editor.setFocus(Qt.FocusReason.OtherFocusReason)
        self.address.editor.selectAll()

    def choose_way(self, way: str) -> None:
        """Who waits: we, or the other side."""
        self.way = way
        for name, chip in self.ways.items():
            chip.setChecked(name == way)
        self.way_note.setText(self.say(f"network.{way}_note"))
        editor = self.address.editor
        editor.setPlaceholderText(self.say(f"network.{way}_hint"))
        own = self.console.pairing.own_addresses()[0]
        if way == "listen":
            editor.setText(f"{own}:{PORT}")
            self.links.editor.setText(f"{own}:{LINK_PORT}")
        else:
            editor.clear()
            self.links.editor.clear()
        self.address.say("")
        self.links.say("")
        self._show_links()

    def _show_links(self) -> None:
        """Where links are taken is asked once, from a workstation that takes none yet."""
        self.links.setVisible(self._shown() == "form" and not self.console.link_desk.listening())

    def open(self) -> None:
        """Open the window."""
        account_id, address = self.account_id(), self.address.editor.text().strip()
        if account_id is None or self.busy:
            return
        self._again = False
        links = self.links.editor.text().strip()
        self._tried = "address"
        self.address.say("")
        self.links.say("")
        if links and self.links.isVisibleTo(self):
            checked = self.console.pairing.check(address, waits=self.way == "listen")
            self.follow(checked, lambda _: self._take_links(links, address, account_id))
        else:
            self._begin(address, account_id)

    def _take_links(self, links: str, address: str, account_id: str) -> None:
        """Links are taken there; remembered for the next start once the window is open."""
        self._tried = "links"
        self.follow(
            self.console.link_desk.listen_for_links(links, account_id),
            lambda where: self._begin(address, account_id, where),
        )

    def _begin(self, address: str, account_id: str, listens: str = "") -> None:
        self._tried = "address"
        begin = self.console.pairing.listen if self.way == "listen" else self.console.pairing.dial
        self.follow(begin(address, account_id), lambda view: self._begun(view, listens))

    def _begun(self, view: PairingView, listens: str) -> None:
        if listens:
            self.console.remember(LISTEN_MEMORY, listens)
        self.show_view(view)

    def confirm(self) -> None:
        """What the other reads stands in the field."""
        account_id = self.account_id()
        if account_id is None or self.busy or len(digits_of(self.heard.editor.text())) != DIGITS:
            return
        self.follow(self.console.pairing.confirm(self.heard.editor.text(), account_id), self.show_view)

    def differ(self) -> None:
        """What the other reads is another number."""
        if not self.busy:
            self.follow(self.console.pairing.mismatch(), self.show_view)

    def close_window(self) -> None:
        """Give up."""
        if not self.busy:
            self.follow(self.console.pairing.cancel(), self.show_view)

    def start_again(self) -> None:
        """The form again."""
        self._again = True
        self.tell("")
        self.show_view(self.view)
        self.stepped.emit()

    def failed(self, error: Exception) -> None:
        """A wrong number or address stands at its field with the cursor there, the rest at the foot."""
        super().failed(error)
        field = self._field_of(error)
        if field is not None and isinstance(error, Refusal | EnvironmentFault):
            self.tell("")
            field.say(self.console.sentence(error))
            field.focus()
        self.look()

    def _field_of(self, error: Exception) -> Field | None:
        """Where it was typed, if it was typed here."""
        named = getattr(error, "field", None)
        if named == "number":
            return self.heard
        if named == "address" or (
            isinstance(error, EnvironmentFault) and error.code.startswith(_PORT_FAULTS)
        ):
            return self.links if self._tried == "links" else self.address
        return None

    # -- showing -----------------------------------------------------------------------------------------------------------
    def look(self) -> None:
        """How it stands now."""
        self.show_view(self.console.pairing.view())

    def first(self) -> QWidget:
        """Where the next key goes."""
        shown = self._shown()
        if shown == "form":
            return self.address.editor
        if shown == "comparing":
            return self.heard.editor
        if shown == "end":
            return self.desk if self.view.stage is Stage.DONE else self.once_more
        return self.stop

    def _shown(self) -> str:
        stage = self.view.stage
        if stage is Stage.CLOSED or (self._again and not self.view.open):
            return "form"
        if stage in _WAITING:
            return "waiting"
        if stage in (Stage.COMPARING, Stage.WAITING):
            return "comparing"
        return "end"

    def _steps(self) -> dict[str, Sequence[QWidget]]:
        comparing = [self.who, self.number, *self._comparing]
        return {"form": self._form, "waiting": self._waiting, "comparing": comparing, "end": self._end}

    def show_view(self, view: PairingView) -> None:
        """Show a state; the focus goes on with a new step."""
        before, stage = self._shown(), self.view.stage
        fresh = view.number != self.view.number
        self.view = view
        if view.open:
            self._again = False
        shown = self._shown()
        for name, widgets in self._steps().items():
            for widget in widgets:
                widget.setVisible(shown == name)
        self._show_links()
        open_now = shown in ("waiting", "comparing")
        self._foot.setVisible(open_now)
        self.left.setVisible(open_now)
        if fresh:
            self.heard.editor.clear()
            self.heard.say("")
        self._show_words(view, shown)
        if shown != before or view.stage is not stage:
            if view.stage is not stage:
                self.tell("")
                self.heard.say("")
            self.stepped.emit()

    def _show_words(self, view: PairingView, shown: str) -> None:
        now = self.console.clock.now_ms()
        left = moments.countdown(self.texts, max(0, view.until - now))
        self.left.setText(self.say("network.left", time=left, n=view.tries_left))
        reason = "\n".join(self._warnings(view)) if shown in ("waiting", "comparing") else ""
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        if shown == "waiting":
            key = "listening" if view.stage is Stage.LISTENING else "dialling"
            self.wait_head.setText(self.say(f"network.{key}"))
            self.wait_note.setText(self.say(f"network.{key}_note"))
            self.where.show_number(view.address)
        elif shown == "comparing":
            self._show_comparing(view)
        elif shown == "end":
            self._show_end(view)

    def _show_comparing(self, view: PairingView) -> None:
        self.who.setText(self.say("network.who", name=view.agency_name))
        self.number.show_number(view.number)
        waiting = view.stage is Stage.WAITING
        key = "wait_there" if waiting else "confirmed_there" if view.confirmed_there else "read_aloud"
        self.how.setText(self.say(f"network.{key}"))
        set_tone(self.how, "text" if key == "read_aloud" else "accent")
        self.heard.setEnabled(not waiting)
        self.other.setEnabled(True)
        self._show_confirm()

    def _typed(self, _text: str) -> None:
        self.heard.say("")
        self._show_confirm()

    def _show_confirm(self) -> None:
        typed = len(digits_of(self.heard.editor.text())) == DIGITS
        self.same.setEnabled(typed and self.view.stage is Stage.COMPARING)

    def _show_end(self, view: PairingView) -> None:
        paired = view.stage is Stage.DONE
        sure = paired and view.entered_there
        key = "paired" if sure else "half" if paired else "nothing"
        self.end_head.setText(self.say(f"network.{key}", name=view.agency_name))
        set_tone(self.end_head, "good" if sure else "warn" if paired else "bad")
        said = [self._reason(view)] if view.reason else []
        if sure:
            said.append(self.say("network.both"))
        if paired:
            said.append(self._link(view))
        self.end_note.setText("\n".join(said))
        self.desk.setVisible(paired)
        self.once_more.setVisible(not sure)

    def _link(self, view: PairingView) -> str:
        if view.link_address:
            return self.say("network.link_at", address=view.link_address)
        return self.say("network.link_from" if view.own_port else "network.link_nowhere")

    def _warnings(self, view: PairingView) -> list[str]:
        """How the last connection ended, and what the other room has typed wrongly."""
        said = [self._reason(view)]
        if view.wrong_there:
            said.append(self.say("network.wrong_there", n=view.wrong_there, left=view.left_there))
        return [each for each in said if each]

    def _reason(self, view: PairingView) -> str:
        key = view.reason
        return self.texts.get(key) if key and self.texts.has(key) and not self.texts.parameters(key) else ""
