"""Hears that screens came, went or changed, and tells it once they have settled."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QScreen

from app.ui.shell.keeping import Screens, screens

SETTLED_MS = 300  # several signals come for one cable


class ScreenWatch(QObject):
    """`begun` with the first sign of a change, `changed` with the screens of then, once they have settled."""

    begun = Signal()
    changed = Signal(object)  # Screens

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.last: Screens = screens()
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settled.timeout.connect(self._look)
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.screenAdded.connect(self._came)
        app.screenRemoved.connect(self._stir)
        app.primaryScreenChanged.connect(self._stir)
        for screen in QGuiApplication.screens():
            self._listen(screen)

    @property
    def settling(self) -> bool:
        """True while a change is under way: where windows stand now is nobody's wish."""
        return self._settled.isActive()

    def stop(self) -> None:
        """Tell nothing any more."""
        self._settled.stop()
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.screenAdded.disconnect(self._came)
        app.screenRemoved.disconnect(self._stir)
        app.primaryScreenChanged.disconnect(self._stir)
        for screen in QGuiApplication.screens():
            screen.availableGeometryChanged.disconnect(self._stir)

    def _listen(self, screen: QScreen) -> None:
        screen.availableGeometryChanged.connect(self._stir)

    def _came(self, screen: QScreen) -> None:
        self._listen(screen)
        self._stir()

    def _stir(self, *_: object) -> None:
        if not self.settling:
            self.begun.emit()
        self._settled.start()

    def _look(self) -> None:
        now = screens()
        if (now.setup, now.areas) != (self.last.setup, self.last.areas):
            self.last = now
            self.changed.emit(now)
