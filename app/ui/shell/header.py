"""The header: where we are, what time it is, who stands watch on both sides, how the line stands, who acts here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QToolButton, QWidget

from app.kernel.enums import LinkState, Realm
from app.ui.links.judgement import NO_NETWORK, OWN_ENDED, Standing
from app.ui.session import Session
from app.ui.shell import header_text, moments
from app.ui.shell.runs import Painter, Run, RunLines
from app.ui.shell.sheet import tip
from app.ui.theme.button import HintButton
from app.ui.theme.chips import Look
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow
    from app.queries.duty import WatchRow
    from app.ui.console import Console

HEIGHT, HEIGHT_SMALL = 56, 48
INSET = 12
ROWS = (24, 20)
CLOCK_WIDTH, CLOCK_WIDTH_SMALL = 204, 172
ACCOUNT_WIDTH = 112
MAP_X, MAP_X_SMALL, LINKS_WIDTH = 444, 396, 400
BLOCK_GAP = 16
LINK_STEP, WATCH_LEAST = 40, 336
TIGHT_BELOW = 1200


class LinkBlock(RunLines):
    """The link lines; on a bad plate while duty is single-sided, or nothing can be saved here any more."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, ROWS, parent=parent)
        self.alarmed = False
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_alarmed(self, alarmed: bool) -> None:
        """Change the plate."""
        if alarmed != self.alarmed:
            self.alarmed = alarmed
            margin = INSET if alarmed else 0
            self.setContentsMargins(margin, 0, margin, 0)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The plate first."""
        if self.alarmed:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.badbg)
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
            painter.end()
        super().paintEvent(event)


class ClockFace(QWidget):
    """hh:mm:ss in 24 px, weekday and date beside it; repaints only what changed."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("headerClock")
        self._theme = theme
        self.time, self.weekday, self.date = "", "", ""
        theme.changed.connect(self.update)

    def show_time(self, time: str, weekday: str, date: str) -> None:
        """Show a moment."""
        if (weekday, date) != (self.weekday, self.date):
            self.update()
        elif time != self.time:
            self.update(0, 0, self._time_width(), self.height())
        self.time, self.weekday, self.date = time, weekday, date
        self.setAccessibleName(f"{date} {weekday} {time}")

    def _time_width(self) -> int:
        return QFontMetrics(self._theme.font("clock", bold=True)).horizontalAdvance("00:00:00") + 2

    def paintEvent(self, event: QPaintEvent) -> None:
        """Time, then weekday over date."""
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.setPen(theme.text)
        painter.setFont(theme.font("clock", bold=True))
        width = self._time_width()
        box = QRect(0, 0, width, self.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.time)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.muted)
        left, middle = width + 12, self.height() / 2
        painter.drawText(QPointF(left, middle - 4), self.weekday)
        painter.drawText(QPointF(left, middle + 13), self.date)
        painter.end()


class Header(QWidget):
    """Height 56 (48 in narrow windows). Signals: `lock_wanted`, `account_clicked`, `links_wanted`, `link_desk_wanted`."""

    lock_wanted = Signal()
    account_clicked = Signal()
    links_wanted = Signal()
    link_desk_wanted = Signal()

    def __init__(
        self, console: Console, session: Session, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self.setProperty("plane", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self._console, self._session, self._theme, self._texts = console, session, theme, console.texts
        self._small = False
        self._map_x, self._links_width = MAP_X, LINKS_WIDTH
        self._standing: Standing = NO_NETWORK
        self._link_room = 0
        self._watch: Sequence[WatchRow] = ()
        self._watch_known = False
        self._left: frozenset[str] = frozenset()
        self._now = console.clock.now_ms()
        self._build()
        session.account_changed.connect(self.show_account)
        self.set_small(False)
        self.show_account(session.account)

    def _build(self) -> None:
        theme = self._theme
        self.title = RunLines(theme, (28,), parent=self)
        self.title.setObjectName("headerTitle")
        self.clock = ClockFace(theme, self)
        self.own, self.other = RunLines(theme, ROWS, parent=self), RunLines(theme, ROWS, parent=self)
        self.both = RunLines(theme, (22, 22), parent=self)
        for name, widget in (
            ("headerOwn", self.own),
            ("headerPartner", self.other),
            ("headerBoth", self.both),
        ):
            widget.setObjectName(name)
        self.link = LinkBlock(theme, self)
        self.link.setObjectName("headerLink")
        self.account = RunLines(theme, (20, 18), right=True, parent=self)
        self.account.setObjectName("headerAccount")
        self.account.setCursor(Qt.CursorShape.PointingHandCursor)
        self.lock = QToolButton(self)
        self.lock.setObjectName("headerLock")
        self.lock.setProperty("kind", "quiet")
        self.lock.setIconSize(QSize(18, 18))
        self.lock.clicked.connect(self.lock_wanted)
        self.links = HintButton(
            theme, self._texts.get("ui.shell.links"), icon="link", hint="Ctrl+3", parent=self
        )
        self.links.setObjectName("headerLinks")
        self.links.clicked.connect(self.links_wanted)
        for button in (self.lock, self.links):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # both have their keys
        theme.changed.connect(self._redress)

    # -- content -----------------------------------------------------------------------------------------------------------
    def _title(self) -> list[Run]:
        texts = self._texts
        name = texts.get(
            "ui.shell.title_short" if self._small else "ui.shell.title", district=self._console.district.name
        )
        runs = [Run(name, size="summary", bold=True)]
        if self._console.realm == Realm.EXERCISE:
            runs.append(Run(texts.get("enum.realm.exercise"), size="table", look=Look.WARN, gap=12))
        return runs

    def tick(self, now_ms: int) -> None:
        """A second has passed."""
        self._now = now_ms
        texts = self._texts
        self.clock.show_time(
            moments.clock_text(now_ms), moments.weekday_text(texts, now_ms), moments.day_text(texts, now_ms)
        )
        self._show_link()

    def show_watch(self, rows: Sequence[WatchRow], left: frozenset[str]) -> None:
        """Who stands watch now, of both agencies; `left`: those of which somebody has left since their first shift."""
        self._watch, self._watch_known, self._left = rows, True, left
        self._show_watch()

    def _show_watch(self) -> None:
        texts, agencies, console = self._texts, self._console.district.agencies, self._console
        known, linked = self._watch_known, self._standing.state in (LinkState.UP, LinkState.DEGRADED)
        lines, shorts = [], []
        for key, own in ((console.agency, True), (console.partner, False)):
            view, fresh = agencies[key], own or linked
            here = {"known": known, "fresh": fresh, "dropped": key in self._left}
            lines.append(header_text.agency_lines(texts, view, own, self._watch, **here))
            shorts.append(header_text.agency_short(texts, view, own, self._watch, **here))
        self.own.set_runs(*lines[0])
        self.other.set_runs(*lines[1])
        self.both.set_runs(*shorts)
        if self._small:
            self._place()
        for block in (self.own, self.other, self.both):  # what does not fit is read there
            block.setToolTip(tip(f"{block.text()}\n{texts.get('ui.shell.watch.basis')}"))

    def show_link(self, standing: Standing) -> None:
        """How the line to the partner stands; painted with the next tick's ages as well."""
        self._standing = standing
        self._show_link()
        self._show_watch()

    def _show_link(self) -> None:
        alone = header_text.is_single_sided(self._standing)
        self.link.set_alarmed(alone or self._standing is OWN_ENDED)
        make = header_text.single_sided_lines if alone else header_text.link_lines
        self.link.set_runs(*make(self._texts, self._standing, self._now))
        self.link.setToolTip(tip(f"{self.link.text()}\n{self._texts.get('ui.shell.link_basis')}"))
        needs = self._link_needs()
        if needs != self._link_room:
            self._link_room = needs
            self._place()

    def _link_needs(self) -> int:
        """Room for what is said of the line, in steps: an age that grows by a digit moves nothing."""
        painter = Painter(self._theme)
        words = max((math.ceil(painter.total(line)) for line in self.link.runs), default=0)
        margins = self.link.contentsMargins()
        return LINK_STEP * math.ceil((words + 1 + margins.left() + margins.right()) / LINK_STEP)

    def show_account(self, account: AccountRow | None) -> None:
        """Who acts here, or that the window is locked."""
        texts = self._texts
        agency = self._console.district.agencies[self._console.agency].short
        if account is None:
            first = [Run(texts.get("ui.shell.locked"), "warn", "small", True)]
            self.lock.setToolTip(texts.get("ui.shell.action.sign_in"))
        else:
            first = [Run(account.title or account.name or "", size="small", shrinks=True)]
            self.lock.setToolTip(texts.get("ui.shell.action.lock"))
        self.account.set_runs(first, [Run(agency, "muted", "small", shrinks=True)])
        self._redress()
        self._place()

    def _redress(self) -> None:
        locked = self._session.locked
        self.lock.setIcon(self._theme.icon("lock" if locked else "unlock", "warn" if locked else "muted"))

    # -- places ------------------------------------------------------------------------------------------------------------
    def set_small(self, small: bool) -> None:
        """The narrow header: one line per agency, links behind a button."""
        self._small = small
        self.setFixedHeight(HEIGHT_SMALL if small else HEIGHT)
        for widget in (self.own, self.other):
            widget.setVisible(not small)
        self.both.setVisible(small)
        self.links.setVisible(small)
        self.title.set_runs(self._title())
        self._show_watch()
        self._place()

    def set_columns(self, map_x: int, links_width: int) -> None:
        """Blocks begin on the x of the panels below them."""
        if (map_x, links_width) != (self._map_x, self._links_width):
            self._map_x, self._links_width = map_x, links_width
            self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the blocks anew."""
        self._place()
        super().resizeEvent(event)

    def _place(self) -> None:
        width, height = self.width(), self.height()
        lock_x = width - INSET - 28
        self.lock.setGeometry(lock_x, (height - 28) // 2, 28, 28)
        left = (MAP_X_SMALL if self._small else self._map_x) + INSET
        if width < TIGHT_BELOW:  # half a screen: the clock moves up to the title
            left = min(left, self.title.sizeHint().width() + 2 * INSET)
        self.title.setGeometry(INSET, 0, left - 2 * INSET, height)
        clock_width = CLOCK_WIDTH_SMALL if self._small else CLOCK_WIDTH
        self.clock.setGeometry(left, 0, clock_width, height)
        if self._small:
            self._place_small(left + clock_width, lock_x)
        else:
            self._place_wide(left + clock_width, lock_x)

    def _place_wide(self, x: int, lock_x: int) -> None:
        height = self.height()
        account_x = lock_x - 8 - ACCOUNT_WIDTH
        self.account.setGeometry(account_x, 0, ACCOUNT_WIDTH, height)
        link_x = max(x + 2 * BLOCK_GAP, self.width() - self._links_width + INSET)
        least = x + BLOCK_GAP + 2 * WATCH_LEAST  # who stands watch keeps its room
        link_x = min(link_x, max(least, account_x - BLOCK_GAP - self._link_room))
        self._place_link(link_x, account_x - BLOCK_GAP)
        room = (link_x - BLOCK_GAP - x - BLOCK_GAP) // 2
        self.own.setGeometry(x + BLOCK_GAP, 0, room - BLOCK_GAP, height)
        self.other.setGeometry(x + BLOCK_GAP + room, 0, room - BLOCK_GAP, height)

    def _place_small(self, x: int, lock_x: int) -> None:
        height = self.height()
        button = self.links.sizeHint().width()
        account = min(ACCOUNT_WIDTH, self.account.sizeHint().width())
        account_x = lock_x - 8 - account
        self.account.setGeometry(account_x, 0, account, height)
        button_x = account_x - BLOCK_GAP - button
        self.links.setGeometry(button_x, (height - 28) // 2, button, 28)
        room = button_x - BLOCK_GAP - x
        both = max(room * 2 // 5, min(self._watch_width() + BLOCK_GAP, room * 3 // 5))
        self.both.setGeometry(x + BLOCK_GAP, 0, both - BLOCK_GAP, height)
        self._place_link(x + BLOCK_GAP + both, button_x - BLOCK_GAP)

    def _watch_width(self) -> int:
        """What the short lines need to say how each watch stands; who is missing may be cut off, that may not."""
        painter = Painter(self._theme)
        lines = ([run for run in line if not run.shrinks] for line in self.both.runs)
        return max((math.ceil(painter.total(line)) + 1 for line in lines), default=0)

    def _place_link(self, left: int, right: int) -> None:
        margin = 4 if self.height() == HEIGHT else 2
        self.link.setGeometry(left, margin, max(0, right - left), self.height() - 2 * margin)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The account block opens what the account can do; the link block the link desk."""
        place = event.position().toPoint()
        if self.account.geometry().contains(place):
            self.account_clicked.emit()
        elif self.link.geometry().contains(place):
            self.link_desk_wanted.emit()
        else:
            super().mousePressEvent(event)
