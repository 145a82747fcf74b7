"""The first-start window: steps at the left, one question at the right, Enter goes on, Esc goes back."""

from __future__ import annotations

from concurrent.futures import Future

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.kernel.errors import EnvironmentFault, Refusal
from app.ui.first_start.pages import (
    AdminPage,
    ChoicePage,
    LastPage,
    Page,
    PlacePage,
    RecoveryPage,
    SeatPage,
    label,
    summary_lines,
)
from app.ui.first_start.port import Answers, FirstStart
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

SIZE = (880, 600)
STEPS_WIDTH = 216


class FirstStartWindow(QWidget):
    """Asks and founds; `finished` with True when a site (or an exercise) is there, False when it was closed before."""

    finished = Signal(bool)
    _settled = Signal(object)

    def __init__(self, port: FirstStart, theme: Theme) -> None:
        super().__init__()
        self._port, self._texts, self._theme = port, port.texts, theme
        self._busy = self._done = False
        self.setObjectName("firstStart")
        self.setProperty("plane", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle(self._texts.get("ui.first_start.window"))
        self.resize(*SIZE)
        self.choice, self.place, self.seat = ChoicePage(port), PlacePage(port), SeatPage(port)
        self.admin, self.recovery, self.last = AdminPage(port), RecoveryPage(port), LastPage(port)
        self._pages: list[Page] = [self.choice, self.place, self.seat, self.admin, self.recovery, self.last]
        self.stack = QStackedWidget()
        self._build()
        for page in self._pages:
            self.stack.addWidget(page)
            page.changed.connect(self._refresh)
        self._settled.connect(self._on_settled)
        self._refresh()

    def _build(self) -> None:
        say = self._texts.get
        self.steps = [label(say(f"ui.first_start.{page.key}.step")) for page in self._pages]
        side = QVBoxLayout()
        side.setContentsMargins(24, 24, 12, 24)
        side.setSpacing(16)
        side.addWidget(label(say("ui.first_start.window"), size="summary"))
        for step in self.steps:
            side.addWidget(step)
        side.addStretch(1)
        left = QWidget()
        left.setProperty("plane", "surface")
        left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        left.setFixedWidth(STEPS_WIDTH)
        left.setLayout(side)
        self.problem = label("", tone="warn", size="small")
        self.problem.setObjectName("firstStartProblem")
        self.back = HintButton(self._theme, say("ui.first_start.back"), hint="Esc", kind="quiet")
        self.forward = HintButton(self._theme, say("ui.first_start.forward"), hint="Enter", kind="primary")
        self.back.setObjectName("firstStartBack")
        self.forward.setObjectName("firstStartForward")
        self.back.clicked.connect(self.go_back)
        self.forward.clicked.connect(self.go_on)
        foot = QHBoxLayout()
        foot.addWidget(self.problem, 1)
        foot.addWidget(self.back)
        foot.addWidget(self.forward)
        right = QVBoxLayout()
        right.setContentsMargins(32, 32, 32, 24)
        right.addWidget(self.stack, 1)
        right.addLayout(foot)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(left)
        whole.addLayout(right, 1)

    # -- going on and back -------------------------------------------------------------------------------------------------
    def go_on(self) -> None:
        """The next page, or the founding on the last one; says what is missing instead when something is."""
        page = self._pages[self.stack.currentIndex()]
        if self._busy:
            return
        if self._done:
            self.close()
            return
        if (missing := page.missing()) is not None:
            where, sentence = missing
            self.problem.setText("" if page.show_fault(where, sentence) else sentence)
            where.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        if page is self.last:
            self._make()
            return
        exercise = page is self.choice and self.choice.exercise.isChecked()
        self.stack.setCurrentIndex(len(self._pages) - 1 if exercise else self.stack.currentIndex() + 1)
        self.recovery.propose(self.place.agency_key, joining=bool(self.seat.letter_key))
        self._refresh()
        self._focus()

    def go_back(self) -> None:
        """The page before; on the first one nothing."""
        index = self.stack.currentIndex()
        if self._busy or self._done or index == 0:
            return
        self.stack.setCurrentIndex(0 if self.choice.exercise.isChecked() else index - 1)
        self._refresh()
        self._focus()

    def _focus(self) -> None:
        """The first input of the page; on a page without one the way on."""
        page = self._pages[self.stack.currentIndex()]
        following = page.nextInFocusChain()
        while following is not None and page.isAncestorOf(following):
            if following.focusPolicy() & Qt.FocusPolicy.TabFocus:
                following.setFocus(Qt.FocusReason.TabFocusReason)
                return
            following = following.nextInFocusChain()
        self.forward.setFocus(Qt.FocusReason.TabFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        """The first question has the keys at once."""
        super().showEvent(event)
        self._focus()

    def _refresh(self) -> None:
        index, exercise = self.stack.currentIndex(), self.choice.exercise.isChecked()
        self.problem.setText("")
        self._pages[index].clear_faults()
        for number, step in enumerate(self.steps):
            skipped = exercise and 0 < number < len(self._pages) - 1
            step.setProperty("tone", "accent" if number == index else "muted")
            step.setEnabled(not skipped)
            step.style().unpolish(step)
            step.style().polish(step)
        self.back.setVisible(index > 0 and not self._done)
        last = self._pages[index] is self.last
        self.forward.setText(self._texts.get(f"ui.first_start.{'make' if last else 'forward'}"))
        if last and not self._busy and not self._done:
            self.last.summary.setText(self._summary(exercise))
            self.last.tell("")

    def _summary(self, exercise: bool) -> str:
        if exercise:
            return self._texts.get("ui.first_start.last.exercise")
        names = dict(self.place.pack.agencies)
        pairs = [
            (self.place.say("district"), f"{self.place.pack.name} {self.place.pack.code}"),
            (self.place.say("agency"), names[self.place.agency_key]),
            (self.seat.say("letter"), self.seat.letter.currentText()),
            (self.seat.say("label"), self.seat.name.text().strip()),
            (self.admin.say("name"), self.admin.name.text().strip()),
            (self.admin.say("post"), self.admin.title.text().strip()),
            (self.recovery.say("path"), str(self.recovery.file)),
        ]
        return summary_lines(self._texts, pairs)

    def answers(self) -> Answers:
        """What was filled in."""
        return Answers(
            pack=self.place.pack,
            agency=self.place.agency_key,
            letter=self.seat.letter_key,
            label=self.seat.name.text().strip(),
            admin_name=self.admin.name.text().strip(),
            admin_title=self.admin.title.text().strip(),
            password=self.admin.password.text(),
            recovery_file=self.recovery.file,
        )

    # -- founding ----------------------------------------------------------------------------------------------------------
    def _make(self) -> None:
        self._busy = True
        self.forward.setEnabled(False)
        self.back.setEnabled(False)
        self.last.tell(self._texts.get("ui.first_start.last.working"))
        work = self._port.exercise() if self.choice.exercise.isChecked() else self._port.found(self.answers())
        work.add_done_callback(self._settled.emit)

    def _on_settled(self, work: Future[None]) -> None:
        self._busy = False
        self.forward.setEnabled(True)
        self.back.setEnabled(True)
        error = work.exception()
        if isinstance(error, Refusal | EnvironmentFault):
            self.last.tell(self._port.sentence(error), "bad")
            return
        if error is not None:
            self.last.tell(self._texts.get("ui.first_start.last.bug"), "bad")
            raise error
        self._done = True
        self._refresh()
        exercise = self.choice.exercise.isChecked()
        self.last.tell(
            self._texts.get(f"ui.first_start.last.{'exercise_done' if exercise else 'done'}"), "good"
        )
        self.forward.setText(self._texts.get("ui.first_start.begin"))
        self.forward.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on, Esc goes back."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go_on()
        elif event.key() == Qt.Key.Key_Escape:
            self.go_back()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Not while a site is being made; otherwise tell how it ended."""
        if self._busy:
            event.ignore()
            return
        super().closeEvent(event)
        self.finished.emit(self._done)
