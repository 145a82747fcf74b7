"""The wall: a window of its own for a large screen. Map left, what is discussed right, clocks on top (CS-08, MP-07).

It has no controls and takes no clicks; F11 or Esc on its keyboard closes it. Its theme is its own, its sizes follow the panel:
text keeps its visual angle at four metres. What it shows of an incident lives with the line to the partner: when that goes, it
leaves the incident by itself and says so, rather than show stale facts as live.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.kernel.changes import ChangeSet
from app.kernel.enums import Realm
from app.ui.relay import Relay
from app.ui.session import Session
from app.ui.shell import header_text, moments
from app.ui.shell.runs import Run
from app.ui.theme.theme import Theme
from app.ui.theme.tokens import REFERENCE_MM_PER_PX
from app.ui.wall import words
from app.ui.wall.clean import clean
from app.ui.wall.column import DRAWN_BODY, Column
from app.ui.wall.data import Discussed, Situation, discussed, situation
from app.ui.wall.strip import HEIGHT, Lines, Strip

if TYPE_CHECKING:
    from app.ui.links.judgement import Standing
    from app.ui.shell.ports import SiteDoor

DRAWN_WIDTH = 3840  # the drawn wall; everything is in proportion to it
SIDE = 1304
GAP = 8
MOST_FACTOR = 1.3  # sizes grow so far for a small panel; beyond, too little would fit
AGAIN_MS = 30_000  # a map that failed is tried again by itself: there is no button here
_TOUCHED = ("incident", "oral_report", "report", "alarm_unit")


class WallWindow(QWidget):
    """`closed` when it was closed by hand. `make_map` makes the map for its session and theme, or None where there is none."""

    closed = Signal()
    left = Signal(str)  # the incident it left by itself: its id

    def __init__(
        self,
        console: SiteDoor,
        make_map: Callable[[Session, Theme, QWidget], QWidget | None],
        mm_per_px: float | None = None,
    ) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self.setObjectName("wall")
        self.setWindowTitle(console.texts.get("ui.wall.window"))
        self._console, self._texts, self._mm_per_px = console, console.texts, mm_per_px
        self.theme = Theme("wall", REFERENCE_MM_PER_PX * 2, self)
        self.session = Session(console, self)
        self._relay = Relay(self)
        self._incident_id = ""
        self._notice: tuple[str, ...] = ()
        self._data: Discussed | None = None
        self._situation: Situation | None = None
        self._standing: Standing | None = None
        self._was_linked = False
        self._place_shown: tuple[float, float] | None = None
        self.strip, self.column = Strip(self.theme, self), Column(self.theme, self)
        self.map = make_map(self.session, self.theme, self)
        for part in (self.strip, self.column, self.map):
            if part is not None:
                part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, True)
                part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._read()

    # -- what is discussed -------------------------------------------------------------------------------------------------
    @property
    def incident_id(self) -> str:
        """The incident under discussion, empty for the situation."""
        return self._incident_id

    def discuss(self, incident_id: str) -> None:
        """Put an incident under discussion, or none; what was said of an earlier one is history."""
        self._incident_id, self._notice, self._data = incident_id, (), None
        self.session.select_incident(incident_id)
        if not incident_id:
            self._look_at(None)
        self._read()
        self._show()

    def hear_link(self, standing: Standing | None) -> None:
        """The line to the partner. Lost, it takes the incident with it."""
        self._standing = standing
        alone = standing is not None and header_text.is_single_sided(standing)
        if alone and self._was_linked and self._incident_id and standing is not None:
            lost = self._incident_id
            since = standing.since if standing.since is not None else self._console.clock.now_ms()
            partner = self._console.district.agencies[self._console.partner].short
            self.discuss("")
            time = moments.minute_text(since)
            self._notice = (
                self._texts.get("ui.wall.lost", partner=partner, time=time),
                self._texts.get("ui.wall.lost_then"),
            )
            self.left.emit(lost)
        elif not alone and standing is not None and standing.state is not None and not self._incident_id:
            self._notice = ()
        if standing is not None and standing.state is not None:
            self._was_linked = not alone
        self._show()

    def heard(self, changes: ChangeSet) -> None:
        """A commit: read again when it may concern what is shown."""
        if changes.everything or changes.touches(*_TOUCHED):
            self._read()

    def _read(self) -> None:
        console, incident_id = self._console, self._incident_id
        own, partner = console.agency, console.partner
        if incident_id:
            future = console.query(lambda c: discussed(c, incident_id, own, partner), "wall.incident")
            self._relay.then(future, self._take_incident)
        else:
            future_of_all = console.query(lambda c: situation(c, own, partner), "wall.situation")
            self._relay.then(future_of_all, self._take_situation)

    def _take_incident(self, data: Discussed | None) -> None:
        if data is None:
            if self._incident_id:  # withdrawn meanwhile
                self.discuss("")
            return
        if data.row.id == self._incident_id:
            self._data = data
            lon, lat = data.row.lon, data.row.lat
            self._look_at(None if lon is None or lat is None else (lon, lat))
            self._show()

    def _look_at(self, place: tuple[float, float] | None) -> None:
        """The map frames what is discussed, or the district."""
        look: Any = getattr(self.map, "look_at", None)
        if callable(look) and place != self._place_shown:
            self._place_shown = place
            look(place)

    def _take_situation(self, data: Situation) -> None:
        self._situation = data
        self._show()

    # -- showing -----------------------------------------------------------------------------------------------------------
    def tick(self, _now_ms: int) -> None:
        """Clocks go on."""
        self._show()

    def _speech(self) -> words.Speech:
        console = self._console
        return words.Speech(console.texts, console.district, console.agency, console.clock.now_ms())

    def _show(self) -> None:
        speech, texts = self._speech(), self._texts
        alone = self._standing is not None and header_text.is_single_sided(self._standing)
        cards: list[Lines] = []
        if self._incident_id:
            now = texts.get("ui.wall.discussing")
            number = "" if self._data is None else self._data.row.no or ""
            cards.append(((Run(now, "accent", "body", True),), (Run(number, "text", "body"),)))
        else:
            now = texts.get("ui.wall.situation")
            cards.append(((Run(now, "muted", "body"),), (Run(texts.get("ui.wall.no_talk"), "text", "body"),)))
        cards.append(words.link_rows(speech, self._standing, alone))
        exercise = self._console.realm == Realm.EXERCISE
        self.strip.show_now(moments.clock_text(speech.now_ms), words.day_runs(speech, exercise), cards)
        more = "" if self._incident_id else texts.get("ui.wall.more", n="{n}")
        self.column.show_rows(self._rows(speech), more)

    def _rows(self, speech: words.Speech) -> list[words.Row]:
        rows = [
            words.Row(((Run(said, "warn", "body", at == 0, shrinks=True),),), 84, gap=8, plate="warnbg")
            for at, said in enumerate(self._notice)
        ]
        if rows:
            rows.append(words.Row((), 24))
        if self._incident_id:
            if self._data is not None:
                return rows + words.incident_rows(speech, self._data)
        elif self._situation is not None:
            return rows + words.situation_rows(speech, self._situation)
        waiting = Run(self._texts.get("ui.wall.reading"), "muted", "body")
        return [*rows, words.Row(((waiting,),), 76)]

    def said(self) -> list[str]:
        """Everything that is read on the wall, but for the map."""
        return [*self.strip.said(), *self.column.said()]

    # -- size --------------------------------------------------------------------------------------------------------------
    def set_pitch(self, mm_per_px: float | None) -> None:
        """Millimetres of one px of this screen, None when nobody told."""
        self._mm_per_px = mm_per_px
        self._place()

    def factor(self) -> float:
        """Px of one unit of the drawn wall: in proportion to the width, larger on a panel that is small."""
        drawn = self.width() / DRAWN_WIDTH
        if self._mm_per_px is None:
            return drawn
        return min(max(drawn, REFERENCE_MM_PER_PX / self._mm_per_px), drawn * MOST_FACTOR)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Sizes of type and places follow the panel."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        factor = self.factor()
        self.theme.resize(REFERENCE_MM_PER_PX / factor)
        width, height = self.width(), self.height()
        gap, high = max(2, round(GAP * factor)), round(HEIGHT * factor)
        side = round(SIDE * self.theme.px("body") / DRAWN_BODY) if width > height else width
        self.strip.setGeometry(0, 0, width, high)
        self.column.setGeometry(width - side, high + gap, side, height - high - gap)
        if self.map is not None:
            self.map.setGeometry(0, high + gap, max(1, width - side - gap), height - high - gap)
        self._show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground between the parts."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.theme.canvas)
        painter.end()

    # -- end ---------------------------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F11 and Esc close it; no other key does anything here."""
        if event.key() in (Qt.Key.Key_F11, Qt.Key.Key_Escape):
            self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Told, so that the console takes it apart."""
        event.accept()
        self.closed.emit()

    def dispose(self) -> None:
        """Hear nothing any more and end the map. Idempotent."""
        self._relay.stop()
        self.session.dispose()
        ending: Any = getattr(self.map, "dispose", None)
        if callable(ending):
            ending()
        self.hide()
        self.deleteLater()


def wall_map(console: SiteDoor) -> Callable[[Session, Theme, QWidget], QWidget | None]:
    """Makes the map of this build without tools and with cleaned labels, or nothing where there is none."""

    def make(session: Session, theme: Theme, parent: QWidget) -> QWidget | None:
        from app.ui.shell.map_host import panel_class

        found = panel_class()
        if found is None:
            return None
        panel: Any = found()(console, session, theme, parent, bare=True, clean=clean)
        panel.broken.connect(lambda _why: QTimer.singleShot(AGAIN_MS, panel, panel.begin))
        panel.begin()
        return panel  # type: ignore[no-any-return]

    return make
