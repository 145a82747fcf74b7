"""The map panel: cheap to make, loads when told, says honestly when it cannot (MP-01, MP-02, MP-06).

`record_clicked(kind, id)` when a marker or a line of the list is chosen; an incident is selected for the session as
well. `point_picked(lon, lat)` in WGS-84 degrees when a place was picked to register an incident there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import cos, log2, radians
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QGuiApplication, QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.map import words
from app.ui.map.card import ForcesCard
from app.ui.map.ground import Ground
from app.ui.map.host import MapHost
from app.ui.map.overlays import BAR_PX, Hint, LayerBar, Placeholder, ToolBar
from app.ui.map.side_list import WIDTH as LIST_PX
from app.ui.map.side_list import SideList
from app.ui.shell.moments import clock_text

if TYPE_CHECKING:
    from app.ui.console import Console
    from app.ui.map.feed import MapFeed
    from app.ui.session import Session
    from app.ui.theme.theme import Theme

KINDS = ("incident", "station", "vehicle", "shelter", "point")
_TICK_MS, _LEAST_MS = 1000, 50
_INSET = 12
_LIST_LIMIT = 2000
_ROOM = (620, 480)  # below it the card starts folded and the legend is left out
_ROOM_FOR_WORDS = 200  # beside the open list the sentence needs this many px, else it keeps the middle
_REFERENCE_PX = 12
_LAYERS_KEY = "map.layers"
_ACROSS_M, _EQUATOR_M, _TILE_PX = 6_000.0, 40_075_017.0, 256
_CARD_KEY = "map.card_folded"
CRASHED = "ui.map.broken.crashed"
COMEBACK_MS = 1000
COMEBACKS, COMEBACK_WITHIN_MS = (
    3,
    600_000,
)  # so often by itself in ten minutes; then somebody presses the button


class MapPanel(QWidget):
    """The map with everything over it. `bare` leaves out tools, layers and card (wall)."""

    record_clicked = Signal(str, str)
    point_picked = Signal(float, float)
    loaded = Signal()
    broken = Signal(str)

    def __init__(
        self,
        console: Console,
        session: Session,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        bare: bool = False,
        clean: Callable[[str | None], str] | None = None,
    ) -> None:
        """`clean`: what free text passes before it is shown."""
        super().__init__(parent)
        self._clean = clean
        self._framed: tuple[float, float, float] | None = None
        self.setObjectName("mapPanel")
        self.setAccessibleName(console.texts.get("ui.map.title"))
        self.setMinimumSize(240, 160)
        self._console, self._session, self._theme = console, session, theme
        self._bare = bare
        self.host = MapHost(self)
        self.host.ready.connect(self._ready)
        self.host.broken.connect(self._failed)
        self._feed: MapFeed | None = None
        self._chosen = f"incident:{session.selected_incident}" if session.selected_incident else ""
        self._clicked = ""
        self._stale_list = False
        self._tick = QTimer(self, singleShot=True)
        self._tick.timeout.connect(self._tell_time)
        self._crashes: list[int] = []  # moments of the crashes after which the page came back by itself
        self._comeback = QTimer(self, singleShot=True, interval=COMEBACK_MS)
        self._comeback.timeout.connect(self.begin)
        self._place()
        session.selected_incident_changed.connect(self._selected)
        theme.changed.connect(self._tell_theme)

    def _place(self) -> None:
        texts, theme = self._console.texts, self._theme
        self._placeholder = Placeholder(texts, theme, self)
        self._placeholder.retry.connect(self.begin)
        self.layers = LayerBar(texts, theme, KINDS, self)
        self.card = ForcesCard(texts, theme, self)
        self.tools = ToolBar(texts, theme, self)
        self.list = SideList(texts, theme, self)
        self._hint = Hint(texts, self)
        kept = self._console.memory(_LAYERS_KEY)
        if isinstance(kept, list):
            self.layers.show_only(kept)
        self.layers.layers_changed.connect(self._layers_changed)
        self.card.unplaced_wanted.connect(self._show_unplaced)
        self.card.folded_changed.connect(self._card_folded)
        self.list.chosen.connect(self._list_chosen)
        self.list.closed.connect(self._close_list)
        buttons = self.tools.buttons
        buttons["pick"].clicked.connect(self._pick_clicked)
        buttons["fit"].clicked.connect(self.fit)
        buttons["zoom_in"].clicked.connect(lambda: self.host.tell("zoom", by=0.5))
        buttons["zoom_out"].clicked.connect(lambda: self.host.tell("zoom", by=-0.5))
        buttons["list"].toggled.connect(self._list_toggled)
        self.list.hide()
        for part in (self.layers, self.card, self.tools):
            part.setHidden(self._bare)
        self._folded_for_room = False

    # -- beginning and end -------------------------------------------------------------------------------------------
    def begin(self) -> None:
        """Start loading; to be called after the first paint of the board. Once more after a failure tries again."""
        self._placeholder.say("loading")
        if self._feed is None:
            self._start_feed()
        district = self._console.district
        units = [unit.rings for unit in self._units()]
        self.host.begin(Ground(district.box, district.outline, units), self._theme.ground)

    def dispose(self) -> None:
        """Stop everything and take the page apart; the panel stays without a map. Idempotent."""
        self._tick.stop()
        self._comeback.stop()
        if self._feed is not None:
            self._feed.stop()
        self.host.close()

    def _units(self) -> Sequence[Any]:
        """Areas of streets and towns, where the district's view has them."""
        found: Sequence[Any] = getattr(self._console.district, "units", ())
        return found

    def _start_feed(self) -> None:
        from app.ui.map.feed import MapFeed

        self._feed = MapFeed(self._console, self, self._clean)
        self._feed.set_awake(self.isVisible())
        self._feed.totals_read.connect(self.card.set_totals)
        self._feed.model_changed.connect(self._counted)
        self._feed.begin()

    def _ready(self) -> None:
        engine = self.host.engine
        if engine is None or self._feed is None:
            return
        bridge = engine.bridge
        bridge.record_clicked.connect(self._record_clicked)
        bridge.ground_pressed.connect(self._ground_pressed)
        bridge.menu_wished.connect(self._menu_wished)
        bridge.escape_pressed.connect(self.cancel_pick)
        bridge.patch_painted.connect(self._feed.painted)
        self._tell_theme()
        tell = self.host.tell
        tell("tell", told=words.of_page(self._console.texts, self._console.district, bare=self._bare))
        tell("units", units=words.names_of_units(self._console.district, self._units()))
        tell("layers", kinds=self.layers.shown)
        tell("room", narrow=self._narrow)
        self._tell_covers()
        self._tell_time()
        tell("fit")
        if self._framed is not None:
            self._tell_frame()
        self._feed.attach(engine.tell)
        if self._chosen:
            tell("choose", key=self._chosen, pan=True)
        self._placeholder.hide()
        self.loaded.emit()

    def _failed(self, key: str) -> None:
        self._tick.stop()
        if self._feed is not None:
            self._feed.attach(None)
        self._placeholder.say("broken", key)
        self._placeholder.show()
        self._raise_overlays()
        if key == CRASHED and self._may_come_back():
            self._comeback.start()
        else:
            self.list.choose_tab(1)
            self.tools.buttons["list"].setChecked(not self._bare)
        self.broken.emit(key)

    def _may_come_back(self) -> bool:
        """A page whose process died is made again by itself, but not again and again."""
        now = self._console.clock.now_ms()
        self._crashes = [at for at in self._crashes if 0 <= now - at < COMEBACK_WITHIN_MS]
        self._crashes.append(now)
        return len(self._crashes) <= COMEBACKS

    # -- to the page -------------------------------------------------------------------------------------------------
    def _tell_theme(self) -> None:
        colours = dict(self._theme.tokens.colours)
        self.host.tell("theme", theme={"colours": colours, "factor": self._theme.px("small") / _REFERENCE_PX})

    def _tell_time(self) -> None:
        """Now, and again when the next second of the console's clock begins: the map turns with the header."""
        now = self._console.clock.now_ms()
        amber_ms = self._console.district.amber_s * 1000
        live = self._console.texts.get("ui.map.word.live", time=clock_text(now))
        self.host.tell("tick", now=now, amber=amber_ms, clock=live)
        if self.host.listening:
            self._tick.start(max(_LEAST_MS, _TICK_MS - now % _TICK_MS))

    def fit(self) -> None:
        """Show the whole district."""
        self.host.tell("fit")

    def look_at(self, place: tuple[float, float] | None, across_m: float = _ACROSS_M) -> None:
        """Frame a place (lon, lat) so that the panel is so many metres wide; None: the whole district. Kept for a page that is
        still loading."""
        self._framed = None if place is None else (*place, across_m)
        self._tell_frame()

    def _tell_frame(self) -> None:
        if self._framed is None:
            self.fit()
            return
        lon, lat, across_m = self._framed
        wide = _EQUATOR_M * cos(radians(lat)) / _TILE_PX * self.width() / across_m
        self.host.tell("show", lon=lon, lat=lat, zoom=log2(max(1.0, wide)))

    def show_record(self, kind: str, record_id: str) -> None:
        """Mark a record and bring it into view."""
        self._choose(f"{kind}:{record_id}", pan=True)

    def _choose(self, key: str, pan: bool) -> None:
        self._chosen = key
        self.host.tell("choose", key=key, pan=pan)

    def _selected(self, incident_id: str) -> None:
        """Selected on the board: marked here, and brought into view unless the click came from here."""
        key = f"incident:{incident_id}" if incident_id else ""
        if not key or key != self._clicked:
            self._choose(key, pan=True)
        self._clicked = ""

    # -- from the page -----------------------------------------------------------------------------------------------
    def _record_clicked(self, kind: str, record_id: str) -> None:
        if kind == "incident":
            self._chosen = self._clicked = f"incident:{record_id}"
            self._session.select_incident(record_id)
            self._clicked = ""
        self.record_clicked.emit(kind, record_id)

    def _list_chosen(self, kind: str, record_id: str) -> None:
        self._choose(f"{kind}:{record_id}", pan=True)
        if kind == "incident":
            self._session.select_incident(record_id)
        self.record_clicked.emit(kind, record_id)

    def _ground_pressed(self, lon: float, lat: float) -> None:
        if self.picking:
            self.cancel_pick()
            self.point_picked.emit(lon, lat)

    def _menu_wished(self, lon: float, lat: float) -> None:
        if self._bare:
            return
        text = self._console.texts.get
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(text("ui.map.tool.register_here"), lambda: self.point_picked.emit(lon, lat))
        menu.addAction(
            text("ui.map.tool.copy_place"),
            lambda: QGuiApplication.clipboard().setText(f"{lon:.6f},{lat:.6f}"),
        )
        menu.popup(QCursor.pos())

    def menu(self) -> QMenu | None:
        """The open menu of a place, None without one."""
        found = self.findChild(QMenu)
        return found if isinstance(found, QMenu) else None

    # -- picking a place ---------------------------------------------------------------------------------------------
    @property
    def picking(self) -> bool:
        """True while the next click on the ground picks a place."""
        return self.tools.buttons["pick"].isChecked()

    def pick_point(self) -> None:
        """The next click on the map picks a place: `point_picked`. Esc cancels."""
        self._set_picking(True)

    def cancel_pick(self) -> None:
        """No place is picked."""
        self._set_picking(False)

    def _pick_clicked(self, on: bool) -> None:
        self._set_picking(on)

    def _set_picking(self, on: bool) -> None:
        self.tools.buttons["pick"].setChecked(on)
        self._hint.setVisible(on)
        self._arrange()
        self.host.tell("pick", on=on)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc ends picking."""
        if event.key() == Qt.Key.Key_Escape and self.picking:
            self.cancel_pick()
        else:
            super().keyPressEvent(event)

    # -- what lies over the map --------------------------------------------------------------------------------------
    def _counted(self) -> None:
        if self._feed is None:
            return
        model = self._feed.model
        counts = model.counts()
        self.layers.set_counts(counts)
        self.card.set_counts(counts["point"], model.unplaced_count())
        self._stale_list = True
        if self.list.isVisible():
            self._fill_list()
        self._arrange()

    def _fill_list(self) -> None:
        if self._feed is None or not self._stale_list:
            return
        self._stale_list = False
        model = self._feed.model
        total = sum(model.counts().values())
        self.list.show_entries(
            model.unplaced()[:_LIST_LIMIT], model.entries(_LIST_LIMIT), max(0, total - _LIST_LIMIT)
        )

    def _show_unplaced(self) -> None:
        self.list.choose_tab(0)
        self.tools.buttons["list"].setChecked(True)

    def _close_list(self) -> None:
        self.tools.buttons["list"].setChecked(False)

    def _list_toggled(self, shown: bool) -> None:
        self._fill_list()
        self.list.setVisible(shown)
        self._arrange()
        if shown:
            self.list.view.setFocus()

    def _layers_changed(self, kinds: list[str]) -> None:
        self._console.remember(_LAYERS_KEY, kinds)
        self.host.tell("layers", kinds=kinds)

    def _card_folded(self, folded: bool) -> None:
        self._arrange()
        if not self._folded_for_room:
            self._console.remember(_CARD_KEY, folded)

    def _raise_overlays(self) -> None:
        for part in (self.layers, self.card, self.tools, self.list, self._hint):
            part.raise_()

    def _arrange(self) -> None:
        width, height = self.width(), self.height()
        tools = self.tools.sizeHint()
        self.layers.move(_INSET, _INSET)
        self.card.move(_INSET, 2 * _INSET + BAR_PX - 4)
        self.tools.setGeometry(QRect(QPoint(width - _INSET - tools.width(), _INSET), tools))
        beside = width - 2 * _INSET - tools.width() + 4
        listed = self.list.isVisibleTo(self)
        self.list.setFixedWidth(max(1, min(LIST_PX, beside - _INSET)))
        self.list.setGeometry(
            beside - self.list.width(), _INSET, self.list.width(), min(height - 2 * _INSET - 60, 560)
        )
        free = self.list.x() - 2 * _INSET if listed else width - 3 * _INSET - tools.width()
        self.layers.fit_into(max(1, free))
        for part in (self.layers, self.card):  # in a narrow map the list lies there instead
            part.setHidden(self._bare or (listed and part.width() > free))
        room = self.list.x() if self.list.isVisibleTo(self) else width
        self._placeholder.setGeometry(self.rect())
        self._placeholder.keep_right_free(width - room if room > _ROOM_FOR_WORDS else 0)
        hint = self._hint.sizeHint()
        room = self.list.x() if listed else width
        self._hint.setGeometry(QRect(QPoint((room - hint.width()) // 2, 2 * _INSET + BAR_PX), hint))

        self._tell_covers()

    def _tell_covers(self) -> None:
        """Labels keep off what lies over the map."""
        parts = (self.layers, self.card, self.tools, self.list, self._hint)
        shown = [part.geometry() for part in parts if not part.isHidden()]
        self.host.tell("cover", boxes=[[box.x(), box.y(), box.width(), box.height()] for box in shown])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The view fills the panel, the rest keeps to its edges."""
        super().resizeEvent(event)
        self.host.fill(self.rect())
        self._folded_for_room = True
        self.card.set_folded(self._narrow or bool(self._console.memory(_CARD_KEY)))
        self._folded_for_room = False
        self.host.tell("room", narrow=self._narrow)
        self._arrange()

    @property
    def _narrow(self) -> bool:
        return self.width() < _ROOM[0] or self.height() < _ROOM[1]

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while hidden."""
        super().showEvent(event)
        if self._feed is not None:
            self._feed.set_awake(True)
            self._tell_time()

    def hideEvent(self, event: QHideEvent) -> None:
        """Push nothing while nobody sees it."""
        super().hideEvent(event)
        if self._feed is not None:
            self._feed.set_awake(False)
