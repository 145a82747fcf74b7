"""Life of the map page inside a widget: base built on a thread of its own, engine made meanwhile, then loaded."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer, QObject, QRect, QTimer, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from app.kernel.errors import EnvironmentFault
from app.ui.map.ground import Ground
from app.ui.relay import Relay

if TYPE_CHECKING:
    from app.ui.map.engine import Engine

log = logging.getLogger(__name__)
Files = dict[str, bytes]


class MapHost(QObject):
    """`ready` when the page listens; `broken` with a text key when it cannot be shown, after which `begin` tries again."""

    ready = Signal()
    broken = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._panel = parent
        self._relay = Relay(self)
        self._worker: ThreadPoolExecutor | None = None
        self._since = QElapsedTimer()
        self._colour: QColor | None = None
        self.engine: Engine | None = None
        self.listening = False
        self.load_ms = 0.0

    def begin(self, ground: Ground, colour: QColor | None = None) -> None:
        """Start loading; nothing while it is loading or loaded. `colour` is shown until the page has its own."""
        if self.engine is not None or self._worker is not None:
            return
        self._colour = colour
        self._since.start()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="map-base")
        made: Future[Files] = self._worker.submit(_prepare, ground)
        # The engine comes up while folium works; the panel paints its placeholder before either.
        QTimer.singleShot(0, self, self._make_engine)
        self._relay.then(made, self._made, self._not_made)

    def close(self) -> None:
        """Take everything apart; nothing is heard of it afterwards. Idempotent."""
        self._relay.stop()
        if self._worker is not None:
            self._worker.shutdown(wait=True, cancel_futures=True)
            self._worker = None
        self._drop()

    def tell(self, act: str, **content: Any) -> None:
        """Send a message to the page; lost while there is none."""
        if self.engine is not None and self.listening:
            self.engine.tell({"act": act, **content})

    def fill(self, area: QRect) -> None:
        """Give the page this area of the panel."""
        if self.engine is not None:
            self.engine.view.setGeometry(area)

    def _make_engine(self) -> None:
        if self._worker is None:
            return
        try:
            from app.ui.map.engine import Engine
        except ImportError as error:
            log.error("the web engine cannot be loaded: %s", error)
            self._fail("ui.map.broken.engine")
            return
        engine = Engine(self._panel)
        if self._colour is not None:  # a white page in a dark room dazzles
            engine.view.page().setBackgroundColor(self._colour)
        engine.ready.connect(self._listens)
        engine.broken.connect(self._fail)
        self.engine = engine

    def _made(self, files: Files) -> None:
        self._end_worker()
        if self.engine is not None:
            self.fill(self._panel.rect())
            self.engine.view.lower()
            self.engine.view.show()
            self.engine.begin(files)

    def _not_made(self, error: Exception) -> None:
        log.error("the base of the map could not be made", exc_info=error)
        assets = isinstance(error, EnvironmentFault)
        self._fail("ui.map.broken.assets" if assets else "ui.map.broken.build")

    def _listens(self) -> None:
        self.listening = True
        self.load_ms = self._since.nsecsElapsed() / 1e6
        self.ready.emit()

    def _fail(self, key: str) -> None:
        self._end_worker()
        self._drop()
        self.broken.emit(key)

    def _end_worker(self) -> None:
        if self._worker is not None:
            self._worker.shutdown(wait=False)
            self._worker = None

    def _drop(self) -> None:
        self.listening = False
        if self.engine is not None:
            self.engine.close()
            self.engine.deleteLater()
            self.engine = None


def _prepare(ground: Ground) -> Files:
    """Runs on a thread of its own: folium takes a third of a second."""
    from app.ui.map import assets, base

    page = base.build(ground)
    return {**assets.page_files(), "index.html": page.html.encode(), "base.js": page.script.encode()}
