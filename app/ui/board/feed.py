"""What feeds the board: pages and changes from the reader, arranged when nobody's hand is in the way.

Rows live here sorted by the board's key; the model shows an arrangement of them. A change brings new content at once and
where it stands; rows go to their new places when the list has been left alone for three seconds, or at once where that
moves nothing an officer looks at (SCREEN, Manners). Nothing is read or painted while the board cannot be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from app.kernel.changes import ACKNOWLEDGED, ChangeSet
from app.kernel.enums import ChangeKind, Origin
from app.queries import board
from app.queries.board_view import PAGE, BoardRow, BoardView, Counts, Page, Place, Seen
from app.ui.board.arrange import Move, Sorted, steps
from app.ui.board.model import BoardModel
from app.ui.relay import Relay

if TYPE_CHECKING:
    from app.ui.console import Console

WAIT_MS = 250  # how often is looked whether the list was left alone
MISSED_MOST = 2_000  # changes kept while hidden; with more, all is read anew
WHOLE_MOST = 400  # rows read anew at once; the rest comes by paging again
SEEN_MOST = 500  # marks asked for at once; the next acknowledgement or scrolling brings the rest


class Hands(Protocol):
    """The list, as far as the feed must know it."""

    def held(self) -> int:
        """Rows from the top that must not move now."""
        ...

    def keep_place(self) -> None:
        """Before rows change."""
        ...

    def take_place(self) -> None:
        """After rows changed."""
        ...


class BoardFeed(QObject):
    """`opened` when the first page of a view is there, `counted` with new figures, `failed` with an error of a query,
    `held` with how many rows wait for their place.
    """

    opened = Signal()
    counted = Signal(object)  # Counts
    failed = Signal(object)
    held = Signal(int)
    tinted = Signal()

    def __init__(
        self, console: Console, model: BoardModel, hands: Hands, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._console, self._model, self._hands = console, model, hands
        self._relay = Relay(self)
        self._amber_s = console.district.amber_s
        self.view = BoardView(console.agency, console.partner)
        self.counts = Counts()
        self.loaded = False
        self._sorted = Sorted(self.view)
        self._end: Place | None = None
        self._stale_at: int | None = None  # when time alone makes the figures untrue
        self._paging = self._asking = False
        self._visible = True
        self._acknowledged = self._less = self._marking = False
        self._asked: set[str] = set()
        self._units: set[str] = set()
        self._of_partner: set[str] = set()
        self._all_missed = False
        self._again = QTimer(self)
        self._again.setInterval(WAIT_MS)
        self._again.timeout.connect(self._arrange)
        model.more_wanted.connect(self.more)

    def stop(self) -> None:
        """The board closes: nothing is delivered any more."""
        self._relay.stop()
        self._again.stop()

    @property
    def pending(self) -> bool:
        """True while the first page of what is wanted has not come."""
        return self.view is not self._sorted.view

    # -- reading pages -----------------------------------------------------------------------------------------------
    def open(self, view: BoardView | None = None) -> None:
        """Show a view from its beginning; a newer call supersedes the query of an older one."""
        self.view = view or self.view
        self._read_first(PAGE, self._first)

    def reload(self) -> None:
        """Read anew what is loaded, and arrange it without a reset."""
        self._read_first(min(WHOLE_MOST, max(PAGE, len(self._sorted))), self._anew)

    def _read_first(self, limit: int, done: Callable[[Page], None]) -> None:
        wanted = self.view

        def arrived(page: Page) -> None:
            if wanted is self.view:
                done(page)
                self._count()  # afterwards: the rows are painted first
                self._acknowledged = True  # perhaps while the page was read
                self._catch_up()

        self._paging = False
        self._relay.then(
            self._console.query(lambda c: board.page(c, wanted, None, limit), "board.page"),
            arrived,
            self._fail,
        )

    def _take(self, page: Page) -> None:
        self._sorted = Sorted(self.view)
        for row in page.rows:
            self._sorted.put(row)
        self._end = page.end
        self._model.can_more = page.end is not None
        self.loaded = True

    def _first(self, page: Page) -> None:
        self._take(page)
        self._again.stop()
        self._model.replace_all(self._sorted.items(self._console.clock.now_ms(), self._amber_s))
        self.held.emit(0)
        self.opened.emit()

    def _anew(self, page: Page) -> None:
        self._take(page)
        self._arrange()

    def more(self) -> None:
        """Read the next page, once."""
        if self._end is None or self._paging:
            return
        self._paging = True
        wanted, end = self.view, self._end

        def arrived(page: Page) -> None:
            if wanted is self.view and end is self._end:
                self._paging = False
                for row in page.rows:
                    self._sorted.put(row)
                self._end = page.end
                self._model.can_more = page.end is not None
                self._arrange()
                self._acknowledged = True
                self._catch_up()

        self._relay.then(
            self._console.query(lambda c: board.page(c, wanted, end), "board.more"), arrived, self._fail
        )

    def _fail(self, error: Exception) -> None:
        self._paging = False
        self.failed.emit(error)

    # -- changes -----------------------------------------------------------------------------------------------------
    def hear(self, changes: ChangeSet) -> None:
        """News of commits: only the rows they name are read again."""
        if changes.everything:
            self._all_missed = True
        if changes.touches(ACKNOWLEDGED):
            self._acknowledged = True
            self._less |= any(
                c.entity == ACKNOWLEDGED and c.kind is ChangeKind.RETRACTED for c in changes.changes
            )
        incidents = changes.ids("incident")
        self._asked |= incidents
        self._units |= changes.ids("alarm_unit")
        self._of_partner |= {
            change.entity_id
            for change in changes.changes
            if change.entity == "incident" and change.origin is Origin.PEER
        }
        if len(self._asked) + len(self._units) > MISSED_MOST:
            self._all_missed = True
        self._catch_up()

    def set_visible(self, visible: bool) -> None:
        """While it cannot be seen, the board only remembers what it missed."""
        self._visible = visible
        if visible:
            self._catch_up()
            self._arrange()

    def _catch_up(self) -> None:
        if not self._visible or not self.loaded or self._asking:
            return
        if self._acknowledged and not self._marking:
            self._mark()
        if self._all_missed:
            self._all_missed = False
            self._asked.clear()
            self._units.clear()
            self._of_partner.clear()
            self.reload()
        elif self._asked or self._units:
            self._ask_again()

    def _mark(self) -> None:
        """A peer has acknowledged something, or has less than it had: only the marks of what is loaded are read again."""
        less, self._acknowledged, self._less = self._less, False, False
        loaded = self._sorted.rows.values()
        asked = [row.id for row in loaded if row.seen is Seen.QUEUED or (less and row.seen is not None)]
        if not asked:
            return
        self._marking = True

        def arrived(states: dict[str, Seen]) -> None:
            self._marking = False
            here = [(row, state) for id_, state in states.items() if (row := self._sorted.rows.get(id_))]
            changed = [replace(row, seen=state) for row, state in here if row.seen is not state]
            for row in changed:
                self._sorted.put(row)
            self._model.refresh(changed)
            self._catch_up()

        def failed(error: Exception) -> None:
            self._marking = False
            self._fail(error)

        partner, wanted = self.view.partner, asked if less else asked[:SEEN_MOST]
        self._relay.then(self._console.query(lambda c: board.seen(c, wanted, partner)), arrived, failed)

    def _ask_again(self) -> None:
        wanted, ids, units, tint = self.view, self._asked, self._units, self._of_partner
        self._asked, self._units, self._of_partner = set(), set(), set()
        self._asking = True

        def arrived(rows: list[BoardRow]) -> None:
            self._asking = False
            if wanted is self._sorted.view:  # else a page that is newer is on its way
                self._changed(ids, rows, tint)
            self._catch_up()

        def failed(error: Exception) -> None:
            self._asking = False
            self._fail(error)

        self._relay.then(self._console.query(lambda c: board.rows(c, wanted, ids, units)), arrived, failed)

    def _changed(self, ids: Iterable[str], rows: list[BoardRow], tint: set[str]) -> None:
        """Rows read again: those that left the view go, those behind the last page are left for paging."""
        found = {row.id for row in rows}
        for gone in set(ids) - found:
            self._sorted.drop(gone)
        for row in rows:
            if self._within(row):
                self._sorted.put(row)
            else:
                self._sorted.drop(row.id)
        if tint & found:
            self._model.tint(tint & found)
            self.tinted.emit()
        self._model.refresh(rows)
        self._arrange()
        self._count()

    def _within(self, row: BoardRow) -> bool:
        """True if a row stands before the end of what is loaded."""
        if self._end is None:
            return True
        return self.view.key(row) <= self.view.key(self._end)

    # -- arranging ---------------------------------------------------------------------------------------------------
    def _arrange(self) -> None:
        if not self._visible or not self.loaded:
            return
        items = self._sorted.items(self._console.clock.now_ms(), self._amber_s)
        held = self._hands.held()
        self._hands.keep_place()
        settled = self._model.arrange(items, held)
        self._hands.take_place()
        if settled:
            self._again.stop()
        elif not self._again.isActive():
            self._again.start()
        self.held.emit(0 if settled else self._waiting([item.id for item in items]))

    def _waiting(self, wanted: list[str]) -> int:
        """How many rows are not where they belong."""
        return sum(
            1 if isinstance(step, Move) else step.last - step.first + 1
            for step in steps(self._model.ids(), wanted)
        )

    def tick(self) -> None:
        """A second has passed: rows may belong to other groups, also rows that are not loaded."""
        if not self._visible or not self.loaded:
            return
        self._arrange()
        if self._stale_at is not None and self._console.clock.now_ms() >= self._stale_at:
            self._count()

    def set_amber(self, amber_s: int) -> None:
        """From so many seconds before its due moment a clock is amber, from now on (D-02, D-31)."""
        if amber_s != self._amber_s:
            self._amber_s = amber_s
            self._arrange()
            self._count()

    # -- figures -----------------------------------------------------------------------------------------------------
    def _count(self) -> None:
        self._stale_at = None  # asked once
        wanted, now, amber = self.view, self._console.clock.now_ms(), self._amber_s
        future = self._console.query(lambda c: board.counts(c, wanted, now, amber), "board.counts")
        self._relay.then(future, self._counted, self._fail)

    def _counted(self, counts: Counts) -> None:
        self.counts = counts
        moments = (counts.everything.changes_at, counts.shown.changes_at)
        self._stale_at = min((at for at in moments if at is not None), default=None)
        self._model.set_figures(self._model.wording.figures(counts, self.view.sort))
        self.counted.emit(counts)
