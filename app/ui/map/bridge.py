"""The channel between window and page: JSON texts to the page, calls of a few slots back."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot


class Bridge(QObject):
    """What the page sees of the console: one signal to hear, a few slots to call, nothing else of the program."""

    message = Signal(str)  # to the page

    page_begun = Signal()
    record_clicked = Signal(str, str)
    ground_pressed = Signal(float, float)
    menu_wished = Signal(float, float)
    escape_pressed = Signal()
    patch_painted = Signal(int, float)

    @Slot()
    def begun(self) -> None:
        """The page is there and listens."""
        self.page_begun.emit()

    @Slot(str, str)
    def clicked(self, kind: str, record_id: str) -> None:
        """A record was clicked."""
        self.record_clicked.emit(kind, record_id)

    @Slot(float, float)
    def pressed(self, lon: float, lat: float) -> None:
        """The ground was clicked, WGS-84 degrees."""
        self.ground_pressed.emit(lon, lat)

    @Slot(float, float)
    def wished(self, lon: float, lat: float) -> None:
        """The menu of a place was asked for."""
        self.menu_wished.emit(lon, lat)

    @Slot()
    def escaped(self) -> None:
        """Esc on the page."""
        self.escape_pressed.emit()

    @Slot(int, float)
    def acknowledged(self, seq: int, page_ms: float) -> None:
        """A patch is painted; milliseconds it took in the page."""
        self.patch_painted.emit(seq, page_ms)
