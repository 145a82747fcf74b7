"""The first-start window: steps at the left, one question at the right, Enter goes on, Esc goes back."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

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
from app.ui.first_start.port import Answers, FirstStart, RestoredView
from app.ui.first_start.restore_pages import CopyPage, KeyPage
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

SIZE = (880, 600)
STEPS_WIDTH = 216


class FirstStartWindow(QWidget):
    """Asks and founds; `finished` with True when a site (or an exercise) is there, False when it was closed before."""

    finished = Signal(bool)
    _settled = Signal(object)
    _stepped = Signal(str)

    def __init__(self, port: FirstStart, theme: Theme, *, only_restore: bool = False) -> None:
        """`only_restore`: a damaged database is there; nothing else is offered."""
        super().__init__()
        self._port, self._texts, self._theme = port, port.texts, theme
        self._busy = self._done = False
        self.setObjectName("firstStart")
        self.setProperty("plane", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.heading = self._texts.get(
            "ui.first_start.restoring" if only_restore else "ui.first_start.window"
        )
        self.setWindowTitle(self.heading)
        self.resize(*SIZE)
        self.choice, self.place, self.seat = ChoicePage(port), PlacePage(port), SeatPage(port)
        self.admin, self.recovery, self.last = AdminPage(port), RecoveryPage(port), LastPage(port)
        self.copy, self.key = CopyPage(port), KeyPage(port)
        self._pages: list[Page] = [self.choice, self.place, self.seat, self.admin, self.recovery, self.last]
        self._every: list[Page] = [*self._pages[:-1], self.copy, self.key, self.last]
        self.stack = QStackedWidget()
        self._build()
        for page in self._every:
            self.stack.addWidget(page)
            page.changed.connect(self._refresh)
        self._settled.connect(self._on_settled)
        self._stepped.connect(self._on_step)
        self._only_restore = only_restore
        if only_restore:
            self.stack.setCurrentWidget(self.copy)
            self.choice.restore.setChecked(True)
            self.copy.propose()
        self._refresh()

    @property
    def _restoring(self) -> bool:
        return self.choice.restore.isChecked()

    def _route(self) -> list[Page]:
        """The pages of the chosen way."""
        if self._restoring:
            way: list[Page] = [self.copy, self.key, self.last]
            return way if self._only_restore else [self.choice, *way]
        return [self.choice, self.last] if self.choice.exercise.isChecked() else self._pages

    @property
    def _page(self) -> Page:
        page = self.stack.currentWidget()
        assert isinstance(page, Page)
        return page

    def _build(self) -> None:
        say = self._texts.get
        self.steps = [label(say(f"ui.first_start.{page.key}.step")) for page in self._every]
        side = QVBoxLayout()
        side.setContentsMargins(24, 24, 12, 24)
        side.setSpacing(16)
        side.addWidget(label(self.heading, size="summary"))
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
        page = self._page
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
        route = self._route()
        self.stack.setCurrentWidget(route[route.index(page) + 1])
        self.recovery.propose(self.place.agency_key, joining=bool(self.seat.letter_key))
        if self._page is self.copy:
            self.copy.propose()
        self._refresh()
        self._focus()

    def go_back(self) -> None:
        """The page before; on the first one nothing."""
        route = self._route()
        at = route.index(self._page)
        if self._busy or self._done or at == 0:
            return
        self.stack.setCurrentWidget(route[at - 1])
        self._refresh()
        self._focus()

    def _focus(self) -> None:
        """The first input of the page; on a page without one the way on."""
        page = self._page
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
        page, route = self._page, self._route()
        self.problem.setText("")
        page.clear_faults()
        only = {self.copy, self.key} if self._restoring else set(self._pages)
        for step, each in zip(self.steps, self._every, strict=True):
            step.setVisible(each in only or each in route)
            step.setProperty("tone", "accent" if each is page else "muted")
            step.setEnabled(each in route)
            step.style().unpolish(step)
            step.style().polish(step)
        way = "restore" if self._restoring else "last"
        self.steps[-1].setText(self._texts.get(f"ui.first_start.{way}.step"))
        if self._only_restore:  # its first question is not asked: the others are counted from one
            for number, each in enumerate(route, 1):
                step = self.steps[self._every.index(each)]
                step.setText(f"{number}  {step.text().partition('  ')[2]}")
        self.back.setVisible(route.index(page) > 0 and not self._done)
        last = page is self.last
        make = "restore_now" if self._restoring else "make"
        self.forward.setText(self._texts.get(f"ui.first_start.{make if last else 'forward'}"))
        if last and not self._busy and not self._done:
            self.last.summary.setText(self._summary(self.choice.exercise.isChecked()))
            self.last.tell("")

    def _summary(self, exercise: bool) -> str:
        if exercise:
            return self._texts.get("ui.first_start.last.exercise")
        if self._restoring:
            pairs = [
                (self.copy.say("path"), str(self.copy.file)),
                (self.copy.say("holds"), self.copy.found.text()),
                (self.key.say("path"), str(self.key.file)),
            ]
            told = summary_lines(self._texts, pairs)
            return f"{told}\n\n{self._texts.get('ui.first_start.restore.means')}"
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
        work: Future[Any]
        if self._restoring:
            work = self._port.restore(self.copy.file, self.key.file, self._stepped.emit)
        elif self.choice.exercise.isChecked():
            work = self._port.exercise()
        else:
            work = self._port.found(self.answers())
        work.add_done_callback(self._settled.emit)

    def _on_step(self, step: str) -> None:
        """How far a restore is."""
        if self._busy:
            self.last.tell(self._texts.get(f"ui.first_start.restore.{step}"))

    def _on_settled(self, work: Future[Any]) -> None:
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
        self.last.tell(self._told_done(work.result()), "good")
        self.forward.setText(self._texts.get("ui.first_start.begin"))
        self.forward.setFocus()

    def _told_done(self, result: Any) -> str:
        if not isinstance(result, RestoredView):
            exercise = self.choice.exercise.isChecked()
            if exercise:
                return self._texts.get("ui.first_start.last.exercise_done")
            return self._texts.get("ui.first_start.last.done")
        said = self._texts.get("ui.first_start.restore.done", letter=result.letter)
        if result.aside is not None:
            said += "\n" + self._texts.get("ui.first_start.restore.aside", path=str(result.aside))
        if result.files_left:
            said += "\n" + self._texts.get("ui.first_start.restore.files_left", n=result.files_left)
        return said + "\n" + self._texts.get("sheet.none_restored")

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
