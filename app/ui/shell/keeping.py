"""What a window keeps of its layout on this workstation: by account and by set-up of screens; and how a kept place is made
one that can be seen. Pure but for `screens`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication

MEMORY = "layouts"
MOST_SETUPS = 8  # of one account; the one used longest ago goes first
_GRIP = (120, 40)  # so much of a window's top must lie on a screen: it can be taken there

Box = tuple[int, int, int, int]  # x, y, width, height in px of the desktop


class Screens:
    """The screens of a moment: the whole desktop's areas that windows may use, the first one's being the main screen."""

    def __init__(self, setup: str, areas: Sequence[Box], names: Sequence[str]) -> None:
        self.setup, self.areas, self.names = setup, tuple(areas), tuple(names)

    @property
    def several(self) -> bool:
        """True with more than one screen."""
        return len(self.areas) > 1


def screens() -> Screens:
    """The screens of now; the set-up is told by their names, places and sizes."""
    first = QGuiApplication.primaryScreen()
    found = sorted(QGuiApplication.screens(), key=lambda screen: screen is not first)
    told = [f"{each.name()} {','.join(map(str, box_in(each.geometry())))}" for each in found]
    areas = [box_in(each.availableGeometry()) for each in found]
    return Screens(" | ".join(sorted(told)), areas, [each.name() for each in found])


def box_in(rect: QRect) -> Box:
    """A rectangle as plain numbers."""
    return rect.x(), rect.y(), rect.width(), rect.height()


# -- a place that can be seen ----------------------------------------------------------------------------------------------
def overlap(one: Box, other: Box) -> int:
    """Area in px two boxes share."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return wide * high if wide > 0 and high > 0 else 0


def is_seen(box: Box, areas: Iterable[Box]) -> bool:
    """True if a window at this place can be taken by its top and at least half of it is seen."""
    areas = tuple(areas)
    top = (box[0], box[1], box[2], _GRIP[1])
    taken = any(overlap(top, area) >= _GRIP[0] * _GRIP[1] // 2 for area in areas)
    return taken and 2 * sum(overlap(box, area) for area in areas) >= box[2] * box[3]


def brought_back(box: Box, areas: Sequence[Box]) -> Box:
    """The place itself when it is seen; else the nearest one that lies whole on the screen of which it covers most, or the
    main one."""
    if is_seen(box, areas) or not areas:
        return box
    area = max(areas, key=lambda each: overlap(box, each))
    if not overlap(box, area):
        area = areas[0]
    width, height = min(box[2], area[2]), min(box[3], area[3])
    x = min(max(box[0], area[0]), area[0] + area[2] - width)
    y = min(max(box[1], area[1]), area[1] + area[3] - height)
    return x, y, width, height


# -- what is kept ----------------------------------------------------------------------------------------------------------
def box_of(value: object) -> Box | None:
    """A kept place, None for anything that is none."""
    match value:
        case [int(x), int(y), int(width), int(height)] if width > 0 and height > 0:
            return x, y, width, height
    return None


def kept_for(memory: object, account_id: str, setup: str) -> Mapping[str, Any] | None:
    """What an account keeps for a set-up; without an account what the last one kept. None when there is nothing."""
    stored = memory if isinstance(memory, dict) else {}
    of_all = stored.get("kept")
    mine = of_all.get(account_id or stored.get("last")) if isinstance(of_all, dict) else None
    found = mine.get(setup) if isinstance(mine, dict) else None
    return found if isinstance(found, dict) else None


def with_kept(memory: object, account_id: str, setup: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """The memory with this state; the set-up used last stands last."""
    stored = memory if isinstance(memory, dict) else {}
    of_all = stored.get("kept")
    kept = dict(of_all) if isinstance(of_all, dict) else {}
    mine = kept.get(account_id)
    setups = {name: each for name, each in mine.items() if name != setup} if isinstance(mine, dict) else {}
    setups[setup] = dict(state)
    kept[account_id] = dict(list(setups.items())[-MOST_SETUPS:])
    return {"last": account_id, "kept": kept}
