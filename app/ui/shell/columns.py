"""The window's panels: board, map, links, desk; which of them stand where, in every layout, with remembered widths.

duty:  board | map | links, in any order        desk:  board over map | desk        emergency:  board | desk | map
narrow or by choice: board | map, links on demand; desk alone. Panels that float or are hidden leave their room to the others.
Nothing is taken out of its parent when the arrangement changes: every panel only gets another rectangle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

SMALL_BELOW = 1500
BOARD, BOARD_SMALL, LINKS = 440, 392, 400
LEAST, MOST = 320, 720
HANDLE = 4
LOW = 480  # px of height below which board and map do not share a column
ROW = ("board", "map", "links")  # panels that stand side by side, in their first order
PANELS = (*ROW, "desk")
WIDTHS = {  # px; what the handles change, and what is kept
    "board": BOARD,
    "map": 760,  # where another panel takes the room that is left
    "links": LINKS,
    "left": 352,  # board and map beside the desk
    "stack": 444,  # height of the board over the map
    "near_board": 352,  # in the emergency layout
    "near_map": 520,
}
_RANGES = {"left": (280, MOST), "stack": (160, 2000), "near_board": (280, 600), "near_map": (240, 1600)}
_STRETCHES = ("desk", "map", "board", "links")  # who takes the room that is left
Rect = tuple[int, int, int, int]


class Grip(QWidget):
    """A boundary between two panels; dragged, it changes one width."""

    def __init__(self, columns: Columns) -> None:
        super().__init__(columns)
        self._columns = columns
        self.key, self.sign, self.upright = "board", 1, True
        self._from: tuple[QPoint, int] | None = None

    def stand(self, place: Rect, key: str, sign: int, *, upright: bool) -> None:
        """Be the boundary at a place; `sign`: whether the width grows to the right (down) or to the left."""
        self.key, self.sign, self.upright = key, sign, upright
        self.setCursor(Qt.CursorShape.SplitHCursor if upright else Qt.CursorShape.SplitVCursor)
        self.setGeometry(*place)
        self.show()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._from = event.globalPosition().toPoint(), self._columns.shown_width(self.key)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag it."""
        if self._from is not None:
            moved = event.globalPosition().toPoint() - self._from[0]
            way = moved.x() if self.upright else moved.y()
            self._columns.set_width(self.key, self._from[1] + self.sign * way)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Leave it."""
        if self._from is not None:
            self._from = None
            self._columns.arranged.emit()


class Columns(QWidget):
    """`moved` when a boundary moved: (x of the second column, width of the last); `arranged` when a person changed something
    that is to be kept."""

    moved = Signal(int, int)
    arranged = Signal()

    def __init__(self, board: QWidget, map_plate: QWidget) -> None:
        """The map's place is kept until `put`; desk and links are empty places until then."""
        super().__init__()
        self.setObjectName("columns")
        self.parts: dict[str, QWidget] = {
            "board": board,
            "map": map_plate,
            "links": QWidget(),
            "desk": QWidget(),
        }
        for part in self.parts.values():
            part.setParent(self)
        self.order: tuple[str, ...] = ROW
        self.hidden: frozenset[str] = frozenset()
        self.away: frozenset[str] = frozenset()  # in windows of their own
        self.small, self.desk_open, self.links_wanted, self.emergency = False, False, True, False
        self._widths = dict(WIDTHS)
        self._places: dict[str, Rect] = {}
        self._grips: list[Grip] = []

    # -- panels ------------------------------------------------------------------------------------------------------------
    @property
    def links(self) -> QWidget:
        """The panel of the links, or its empty place."""
        return self.parts["links"]

    def put(self, **parts: QWidget) -> None:
        """Put real panels into their places."""
        for name, part in parts.items():
            before = self.parts[name]
            if part is not before:
                self.parts[name] = part
                part.setParent(self)
                before.hide()
                before.deleteLater()
        self.show_all()

    def give(self, name: str) -> QWidget:
        """Give a panel away: it stands in another window now."""
        self.away |= {name}
        part = self.parts[name]
        part.hide()
        return part

    def take_back(self, name: str) -> None:
        """A panel comes back into its place."""
        self.away -= {name}
        self.parts[name].setParent(self)

    def in_row(self) -> list[str]:
        """Panels that may be seen side by side, in their order."""
        gone = self.hidden | self.away
        return [name for name in self.order if name not in gone and (name != "links" or self.links_wanted)]

    def shown(self, name: str) -> bool:
        """True if a panel has room in this window now."""
        return name in self._places

    # -- arrangement -------------------------------------------------------------------------------------------------------
    def arrange(self, *, small: bool, desk_open: bool, links_wanted: bool) -> None:
        """Show the panels of an arrangement with their widths."""
        self.small, self.desk_open, self.links_wanted = small, desk_open, links_wanted
        self.show_all()

    def show_all(self) -> None:
        """Give every panel its room, and hide those that have none."""
        self.fit()
        for name, part in self.parts.items():
            if name not in self.away:
                part.setVisible(name in self._places)

    def fit(self) -> None:
        """Give every panel its rectangle; what is left is the desk's, the map's or the board's."""
        width, height = self.width(), self.height()
        if not self.desk_open:
            row, keys = self.in_row(), {name: name for name in ROW}
            places, grips = self._side_by_side(row, keys, (0, 0, width, height))
        elif self.small and not self.emergency:
            places, grips = {"desk": (0, 0, width, height)}, []
        elif self.emergency and width >= SMALL_BELOW:
            row = [name for name in self.in_row() if name != "links"]
            row.insert(min(1, len(row)), "desk")
            keys = {"board": "near_board", "map": "near_map"}
            places, grips = self._side_by_side(row, keys, (0, 0, width, height))
        else:
            places, grips = self._beside_desk(width, height)
        self._places = places
        for name, place in places.items():
            self.parts[name].setGeometry(*place)
        self._stand(grips)
        self.tell()

    def _side_by_side(
        self, row: list[str], keys: Mapping[str, str], room: Rect
    ) -> tuple[dict[str, Rect], list[tuple[Rect, str, int, bool]]]:
        """Panels in a row with the keys of their widths, and the boundaries between them."""
        left, top, width, height = room
        stretch = next((name for name in _STRETCHES if name in row), "")
        wide = {name: self.wide(keys[name]) for name in row if name != stretch}
        rest = width - HANDLE * max(0, len(row) - 1) - sum(wide.values())
        for name in sorted(wide, key=lambda each: -wide[each]):  # nobody takes all of another's room
            given = min(max(0, LEAST - rest), max(0, wide[name] - LEAST))
            wide[name], rest = wide[name] - given, rest + given
        places: dict[str, Rect] = {}
        grips: list[tuple[Rect, str, int, bool]] = []
        x = left
        for at, name in enumerate(row):
            room_of = wide.get(name, max(1, rest))
            places[name] = (x, top, room_of, height)
            x += room_of
            if at + 1 < len(row):
                before = row.index(stretch) > at
                key = keys[name] if before else keys[row[at + 1]]
                grips.append(((x, top, HANDLE, height), key, 1 if before else -1, True))
                x += HANDLE
        return places, grips

    def _beside_desk(
        self, width: int, height: int
    ) -> tuple[dict[str, Rect], list[tuple[Rect, str, int, bool]]]:
        """Board over map at the left, the desk beside them."""
        stack = [name for name in self.in_row() if name != "links"]
        if height < LOW:  # no room for two: what burns stays
            stack = [name for name in stack if name == "board"] or stack
        left = min(self.wide("near_board" if self.emergency else "left"), width // 2) if stack else 0
        key = "near_board" if self.emergency else "left"
        begin = left + HANDLE if stack else 0
        places: dict[str, Rect] = {"desk": (begin, 0, max(1, width - begin), height)}
        grips: list[tuple[Rect, str, int, bool]] = []
        if stack:
            grips.append(((left, 0, HANDLE, height), key, 1, True))
        upper = min(self._upper(height), height - 160) if len(stack) > 1 else height
        y = 0
        for name in stack:
            high = max(1, upper if y == 0 else height - y)
            places[name] = (0, y, left, high)
            y += high + HANDLE
        if len(stack) > 1:
            grips.append(((0, upper, left, HANDLE), "stack", 1, False))
        return places, grips

    def _upper(self, height: int) -> int:
        """Height of the board over the map; in a low window the map keeps its share until a person says otherwise."""
        given = self._widths["stack"]
        return min(given, height * 11 // 20) if given == WIDTHS["stack"] else given

    def _stand(self, grips: Iterable[tuple[Rect, str, int, bool]]) -> None:
        count = 0
        for count, (place, key, sign, upright) in enumerate(grips, 1):
            if count > len(self._grips):
                self._grips.append(Grip(self))
            self._grips[count - 1].stand(place, key, sign, upright=upright)
        for grip in self._grips[count:]:
            grip.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Board and links keep their widths; the map gets what is left."""
        super().resizeEvent(event)
        self.fit()

    def tell(self) -> None:
        """Say where the columns stand, for what is aligned with them."""
        if self.desk_open:
            return
        row = self.in_row()
        seen = self.width() > 1
        second = self._places[row[1]][0] if len(row) > 1 and seen else self.wide("board") + HANDLE
        last = self._places[row[-1]][2] if len(row) == len(ROW) and seen else self.wide("links")
        fits = second <= MOST + HANDLE and last <= MOST
        self.moved.emit(second if fits else BOARD + HANDLE, last if fits else LINKS)

    # -- widths ------------------------------------------------------------------------------------------------------------
    def wide(self, key: str) -> int:
        """A width as it is now; the board's is fixed where there is little room."""
        given = self._widths[key]
        if key == "near_map" and given == WIDTHS[key]:  # on a large screen a third of it
            return max(given, (self.width() - self._widths["near_board"]) * 33 // 100)
        return BOARD_SMALL if key == "board" and self.small else given

    def shown_width(self, key: str) -> int:
        """What a handle starts from."""
        name = {"near_board": "board", "near_map": "map", "left": "board", "stack": "board"}.get(key, key)
        place = self._places.get(name) or self._places.get("map")
        return self._widths[key] if place is None else place[3 if key == "stack" else 2]

    def set_width(self, key: str, width: int) -> None:
        """Change a width within its limits; in a narrow window the board keeps its own."""
        if key == "board" and self.small:
            return
        least, most = _RANGES.get(key, (LEAST, MOST))
        self._widths[key] = min(max(width, least), most)
        self.fit()

    def reset(self) -> None:
        """Everything as it was made."""
        self.order, self.hidden, self._widths = ROW, frozenset(), dict(WIDTHS)

    def kept(self) -> dict[str, int]:
        """Widths to be remembered."""
        return dict(self._widths)

    def recall_row(self, kept: Mapping[str, Any]) -> None:
        """Take up a remembered order, and that the links are hidden; what else is hidden or floats comes when all is there:
        the board paints first."""
        order = kept.get("order")
        if isinstance(order, list) and sorted(map(str, order)) == sorted(ROW):
            self.order = tuple(order)
        hidden = kept.get("hidden")
        self.hidden = frozenset({"links"} & set(hidden)) if isinstance(hidden, list) else frozenset()

    def recall(self, kept: Any) -> None:
        """Take up remembered widths, when they are sane."""
        if not isinstance(kept, dict):
            return
        for name in self._widths:
            value, (least, most) = kept.get(name), _RANGES.get(name, (LEAST, MOST))
            if isinstance(value, int) and least <= value <= most:
                self._widths[name] = value
