"""The link desk: every line as it really stands, its story, what is stuck and what to do next (JD-01, D-24, D-38)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.kernel.changes import ACKNOWLEDGED, ChangeSet
from app.kernel.errors import EnvironmentFault, Refusal
from app.ui.link_desk.facts import FactsTable
from app.ui.link_desk.forgetting import Forgetting
from app.ui.link_desk.port import LinkStory, PeerCard
from app.ui.link_desk.words import REVOKED, Wording
from app.ui.relay import Relay
from app.ui.session import Session
from app.ui.shell.runs import Run, RunLines, Runs
from app.ui.shell.sheet import Sheet, plain, press_focused, set_tone, tip
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.shell.ports import SiteDoor

WIDTH, PEERS_WIDTH = 1040, 232
LOG_LINES, LOG_ROW = 60, 22
TICK_MS, READ_MS = 1_000, 500


class LinkDeskSheet(Sheet):
    """`pair_wanted(site)`: pair anew, or with somebody new (""); `action_wanted(id)`: another screen of the action table."""

    pair_wanted = Signal(str)
    action_wanted = Signal(str)

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__(
            "linkDeskSheet", texts.get("ui.link_desk.title"), texts.get("ui.link_desk.hint"), parent
        )
        self._console, self._session, self._theme, self._texts = console, session, theme, texts
        self.wording = Wording(texts, console.district.agencies, console.agency)
        self._relay = Relay(self)
        self.story = LinkStory()
        self._known = False
        self._clock = QTimer(self, interval=TICK_MS)
        self._clock.timeout.connect(self.tick)
        self._again = QTimer(self, singleShot=True, interval=READ_MS)
        self._again.timeout.connect(self.read)
        self._build()
        self.closed.connect(self._clock.stop)
        self.closed.connect(self._hide_acts)

    def dispose(self) -> None:
        """Hear nothing any more."""
        self._clock.stop()
        self._relay.stop()

    # -- parts -------------------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        self.stack = QStackedWidget()
        self.stack.addWidget(self._empty_page())
        self.stack.addWidget(self._desk_page())
        self.body.addWidget(self.stack, 1)
        self.body.addLayout(self._foot())

    def _empty_page(self) -> QWidget:
        """Nobody is paired: how that is done."""
        page, texts = QWidget(), self._texts
        column = QVBoxLayout(page)
        column.addStretch(1)
        self.empty_head, self.empty = plain(size="head"), plain(tone="muted")
        for label in (self.empty_head, self.empty):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            column.addWidget(label)
        self.empty.setObjectName("linkDeskEmpty")
        self.first = HintButton(self._theme, texts.get("ui.link_desk.pair"), icon="link", kind="primary")
        self.first.setObjectName("linkDeskFirst")
        self.first.clicked.connect(lambda: self.pair_wanted.emit(""))
        column.addSpacing(12)
        column.addWidget(self.first, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        return page

    def _desk_page(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        self.peers = QListWidget()
        self.peers.setObjectName("linkDeskPeers")
        self.peers.setAccessibleName(self._texts.get("ui.link_desk.peers"))
        self.peers.setFrameShape(QFrame.Shape.NoFrame)
        self.peers.setFixedWidth(PEERS_WIDTH)
        self.peers.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.peers.currentRowChanged.connect(self._other_chosen)
        row.addWidget(self.peers)
        right = QVBoxLayout()
        right.setSpacing(8)
        self.name = plain(size="head")
        self.name.setObjectName("linkDeskName")
        self.state = RunLines(self._theme, (28,))
        self.state.setObjectName("linkDeskState")
        self.advice = plain()
        self.advice.setObjectName("linkDeskAdvice")
        self.advice.setWordWrap(True)
        self.facts = FactsTable()
        for part in (self.name, self.state):
            right.addWidget(part)
        right.addWidget(self._story_area(), 1)
        row.addLayout(right, 1)
        return page

    def _story_area(self) -> QScrollArea:
        """Advice, facts, log; low windows scroll it, nothing is pushed into something else."""
        inside = QWidget()
        inside.setProperty("plane", "surface")
        inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self._column = column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for part in (self.advice, self.facts):
            column.addWidget(part)
        column.addLayout(self._address_row())
        column.addSpacing(8)
        column.addWidget(plain(self._texts.get("ui.link_desk.log"), size="head"))
        self.log = RunLines(self._theme, (LOG_ROW,))
        column.addWidget(self.log)
        column.addStretch(1)
        area = QScrollArea()
        area.setObjectName("linkDeskStory")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(self._texts.get("ui.link_desk.log"))
        area.setWidget(inside)
        self._show_log([])
        return area

    def _address_row(self) -> QVBoxLayout:
        texts = self._texts
        self.address = QLineEdit()
        self.address.setObjectName("linkDeskAddress")
        self.address.setProperty("form", "true")
        self.address.setAccessibleName(texts.get("ui.link_desk.fact.address"))
        self.address.setPlaceholderText(texts.get("ui.link_desk.address_hint"))
        self.address.returnPressed.connect(self._save_address)
        self.save = HintButton(
            self._theme, texts.get("ui.link_desk.save"), hint="Enter", kind="primary", icon="save"
        )
        self.save.setObjectName("linkDeskSave")
        self.save.clicked.connect(self._save_address)
        self.fault = plain(tone="bad", size="small")
        self.fault.setObjectName("linkDeskFault")
        self.fault.setWordWrap(True)
        self._editor = QWidget()
        row = QHBoxLayout(self._editor)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.address, 1)
        row.addWidget(self.save)
        self._editor.hide()
        self.fault.hide()
        column = QVBoxLayout()
        column.setSpacing(4)
        self.forgetting = Forgetting(self._theme, texts)
        self.forgetting.wanted.connect(self._forget)
        self.forgetting.left.connect(self._leave_acts)
        column.addWidget(self._editor)
        column.addWidget(self.forgetting)
        column.addWidget(self.fault)
        return column

    def _show_log(self, lines: Sequence[Runs]) -> None:
        """As many lines as there are; a hint where there are none."""
        before, self.log = self.log, RunLines(self._theme, (LOG_ROW,) * max(1, len(lines)))
        self.log.setObjectName("linkDeskLog")
        self.log.set_runs(*(lines or [[Run(self._texts.get("ui.links.no_log"), "muted", "small")]]))
        self.log.setToolTip(tip(self.log.text()))
        self._column.replaceWidget(before, self.log)
        before.hide()
        before.deleteLater()

    def _foot(self) -> QHBoxLayout:
        texts, row = self._texts, QHBoxLayout()
        row.setSpacing(8)
        self.change = HintButton(self._theme, texts.get("ui.link_desk.change_address"), icon="pencil")
        self.change.setObjectName("linkDeskChange")
        self.change.clicked.connect(self._edit_address)
        self.again = HintButton(self._theme, texts.get("ui.link_desk.pair_again"), icon="link")
        self.again.setObjectName("linkDeskPair")
        self.again.clicked.connect(self._pair_again)
        self.more: dict[str, HintButton] = {}
        self.forget = HintButton(self._theme, texts.get("ui.link_desk.forget"), icon="link-off")
        self.forget.setObjectName("linkDeskForget")
        self.forget.clicked.connect(self._ask_forget)
        for part in (self.change, self.again, self.forget):
            row.addWidget(part)
        for action_id, name, icon in (
            ("bundles", "bundle", "export"),
            ("sites.open", "sites", "monitor"),
            ("backup.open", "backup", "database"),
        ):
            button = HintButton(self._theme, texts.get(f"ui.link_desk.{name}"), icon=icon)
            button.setObjectName(f"linkDesk.{action_id}")
            button.clicked.connect(lambda _on=False, wanted=action_id: self.action_wanted.emit(wanted))
            button.hide()
            self.more[action_id] = button
            row.addWidget(button)
        row.addStretch(1)
        return row

    def offer(self, known: Sequence[str]) -> None:
        """Show the ways to other screens that this build has."""
        for action_id, button in self.more.items():
            button.setVisible(action_id in known)

    # -- place and focus ---------------------------------------------------------------------------------------------------
    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As high as the body of the window."""
        self.setFixedSize(min(WIDTH, max(1, whole.width() - 24)), max(1, whole.height() - 24))

    def first_field(self) -> QWidget:
        """The list of lines; with nobody paired, the way to pair."""
        return self.peers if self.story.peers else self.first

    def showEvent(self, event: QShowEvent) -> None:
        """Read anew, and follow the clock while it is seen."""
        super().showEvent(event)
        self.read()
        self._clock.start()

    # -- reading -----------------------------------------------------------------------------------------------------------
    def read(self) -> None:
        """Peers and their story."""
        self._relay.then(self._console.link_desk.story(), self._take, self._session.failed.emit)

    def _take(self, story: LinkStory) -> None:
        if story == self.story and self._known:
            return
        chosen = self.chosen.site if self.chosen is not None else ""
        fresh, self._known = not self._known, True
        self.story = story
        self.peers.blockSignals(True)
        self.peers.clear()
        for card in story.peers:
            self.peers.addItem(QListWidgetItem(self.wording.name(card)))
        at = next((n for n, card in enumerate(story.peers) if card.site == chosen), 0)
        self.peers.setCurrentRow(at)
        self.peers.blockSignals(False)
        now = self._console.clock.now_ms()
        self._show_log([self.wording.log_line(line, now) for line in story.log[:LOG_LINES]])
        self.tick()
        if fresh and self.is_open:
            self.first_field().setFocus(Qt.FocusReason.OtherFocusReason)

    def heard(self, changes: ChangeSet) -> None:
        """A commit: what the log says, or how workstations stand, may be another."""
        touched = any(changes.touches(name) for name in ("log_entry", "site", "agency", ACKNOWLEDGED))
        if self.is_open and touched and not self._again.isActive():
            self._again.start()

    # -- showing -----------------------------------------------------------------------------------------------------------
    @property
    def chosen(self) -> PeerCard | None:
        """The line that is looked at."""
        at = self.peers.currentRow()
        return self.story.peers[at] if 0 <= at < len(self.story.peers) else None

    def tick(self) -> None:
        """Once a second: states, ages, figures."""
        self.stack.setCurrentIndex(1 if self.story.peers else 0)
        for button in (self.change, self.again, self.forget):
            button.setVisible(bool(self.story.peers))
        if not self.story.peers:
            self._show_empty()
            return
        now, links = self._console.clock.now_ms(), self._console.links()
        for at, each in enumerate(self.story.peers):
            standing = self.wording.standing(each, links, now)
            item = self.peers.item(at)
            item.setIcon(self._theme.icon(standing.icon, standing.tone))
            said = f"{self.wording.name(each)}\n{self._texts.get(standing.word)}"
            if item.text() != said:
                item.setText(said)
                item.setToolTip(tip(said))
        card = self.chosen
        if card is None:
            return
        for button in (self.change, self.again):
            button.setVisible(card.state != REVOKED)
        standing = self.wording.standing(card, links, now)
        self.name.setText(self.wording.name(card))
        self.state.set_runs(self.wording.head(standing, now))
        said, tone = self.wording.advice(card, standing, now)
        if self.advice.text() != said:
            self.advice.setText(said)
        set_tone(self.advice, tone)
        self.facts.show_facts(self.wording.facts(card, standing, self._console.link_desk.listening(), now))

    def _show_empty(self) -> None:
        key = "nobody" if self._known else "reading"
        self.empty_head.setText(self._texts.get(f"ui.link_desk.{key}"))
        self.empty.setText(self._texts.get("ui.link_desk.nobody_why") if self._known else "")
        self.first.setVisible(self._known)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves the address or the question first; Enter presses the button that has the focus."""
        asks = not (self._editor.isHidden() and self.forgetting.isHidden())
        if event.key() == Qt.Key.Key_Escape and asks:
            self._leave_acts()
            event.accept()
        elif not press_focused(self, event):
            super().keyPressEvent(event)

    # -- acts --------------------------------------------------------------------------------------------------------------
    def _pair_again(self) -> None:
        self.pair_wanted.emit(self.chosen.site if self.chosen is not None else "")

    def _edit_address(self) -> None:
        card = self.chosen
        if card is None:
            return
        self.fault.hide()
        self.forgetting.hide()
        self.address.setText(card.address)
        self._editor.show()
        self.address.setFocus(Qt.FocusReason.OtherFocusReason)
        self.address.selectAll()

    def _save_address(self) -> None:
        card, account = self.chosen, self._session.account
        if card is None:
            return
        if account is None:
            self._session.sign_in_wanted.emit("ui.shell.sign_in.to_act")
            return
        asked = self._console.link_desk.set_address(card.site, self.address.text(), account.id)
        self._relay.then(asked, lambda _none: self._saved(), self._not_saved)

    def _ask_forget(self) -> None:
        if self.chosen is not None:
            self.fault.hide()
            self._editor.hide()
            self.forgetting.ask()

    def _forget(self) -> None:
        card, account = self.chosen, self._session.account
        if card is None:
            return
        if account is None:
            self._session.sign_in_wanted.emit("ui.shell.sign_in.to_act")
            return
        asked = self._console.link_desk.forget(card.site, account.id)
        self._relay.then(asked, lambda _none: self._saved(), self._not_saved)

    def _other_chosen(self, _row: int) -> None:
        """What was asked about one line is never done to another."""
        self._hide_acts()
        self.tick()

    def _hide_acts(self) -> None:
        for part in (self._editor, self.forgetting, self.fault):
            part.hide()

    def _leave_acts(self) -> None:
        self._hide_acts()
        self.peers.setFocus(Qt.FocusReason.OtherFocusReason)

    def _saved(self) -> None:
        self._leave_acts()
        self.read()

    def _not_saved(self, error: Exception) -> None:
        if not isinstance(error, Refusal | EnvironmentFault):
            self._session.failed.emit(error)
            return
        said = [self._console.sentence(error)]
        if isinstance(error, Refusal) and (who := self._console.who(error)):
            said.append(self._texts.get("ui.shell.refusal.who", who=who))
        self.fault.setText("\n".join(said))
        self.fault.show()
