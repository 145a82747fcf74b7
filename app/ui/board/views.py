"""Views of the board: a filter with its order under a name. What an account keeps of them on this workstation; pure words.

A filter itself is never recalled at a start or with a sign-in: an incident that yesterday's filter hides would be hidden from
everybody. Order and look of the rows are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from app.queries.board_view import Chip, Sort

LONGEST_NAME = 20
MOST = 30


class Part(StrEnum):
    """What the second line of a row can show."""

    NUMBER = "number"
    STATE = "state"
    OWED = "owed"
    SEEN = "seen"
    FIGURES = "figures"
    RECEIVED = "received"


USUAL = frozenset({Part.NUMBER, Part.STATE, Part.OWED, Part.SEEN})


@dataclass(frozen=True, slots=True)
class View:
    """One view; `name` is a text key for those that come with the program."""

    name: str
    chip: Chip = Chip.ALL
    text: str = ""
    sort: Sort = Sort.DEADLINE
    small: bool = False


BUILT_IN = (
    View("ours", Chip.OURS),
    View("theirs", Chip.THEIRS),
    View("open", Chip.OPEN),
    View("all", Chip.ALL),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What an account keeps: order, parts of a row, small rows, its views."""

    sort: Sort = Sort.DEADLINE
    parts: frozenset[Part] = USUAL
    small: bool = False
    views: tuple[View, ...] = field(default=())

    @classmethod
    def read(cls, stored: Any) -> Kept:
        """From what was stored; anything that is not understood is left out."""
        if not isinstance(stored, dict):
            return cls()
        parts = stored.get("parts")
        views = stored.get("views")
        return cls(
            Sort(stored["sort"]) if stored.get("sort") in set(Sort) else Sort.DEADLINE,
            frozenset(Part(each) for each in parts if each in set(Part))
            if isinstance(parts, list)
            else USUAL,
            stored.get("small") is True,
            tuple(_views(views)) if isinstance(views, list) else (),
        )

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "sort": self.sort.value,
            "parts": sorted(self.parts),
            "small": self.small,
            "views": [asdict(view) for view in self.views],
        }

    def with_view(self, view: View) -> Kept:
        """With one more view, or another one under its name; the oldest goes when there are too many."""
        others = tuple(each for each in self.views if each.name != view.name)
        return replace(self, views=(*others, view)[-MOST:])

    def renamed(self, old: str, new: str) -> Kept:
        """With another name for a view, where it stands; one that had that name goes."""
        kept = tuple(each for each in self.views if each.name != new or old == new)
        return replace(
            self, views=tuple(replace(each, name=new) if each.name == old else each for each in kept)
        )

    def without(self, name: str) -> Kept:
        """Without a view."""
        return replace(self, views=tuple(each for each in self.views if each.name != name))


def _views(stored: Iterable[Any]) -> Iterable[View]:
    for each in stored:
        if not isinstance(each, dict) or not isinstance(each.get("name"), str):
            continue
        chip, sort = each.get("chip"), each.get("sort")
        if chip in set(Chip) and sort in set(Sort):
            text = str(each.get("text", ""))
            yield View(each["name"], Chip(chip), text, Sort(sort), each.get("small") is True)
