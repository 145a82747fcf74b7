"""The one list of screens: chapters that bring a window from state to state and hand out a shot of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools import stage as on
from tools.gallery.screens import alone, bare, more, sheets, window
from tools.gallery.screens.shot import WIDE, Chapter, Scene, Shot

EVENING: tuple[Chapter, ...] = (*window.CHAPTERS, *more.CHAPTERS, *sheets.CHAPTERS)
CROWD = 320


@dataclass(frozen=True)
class Rooms:
    """The rooms of all stages, put by: nothing in them yet, the evening, more than fits."""

    bare: on.Kept
    evening: on.Kept
    crowded: on.Kept


def put_by(folder: Path, crowd: int = CROWD) -> Rooms:
    """Found the rooms of all stages once."""

    def fill(shown: on.Stage) -> dict[str, str]:
        on.crowd(shown.emb, crowd)
        return {}

    return Rooms(
        on.keep(folder / "bare", furnished=False),
        on.keep(folder / "evening", on.evening),
        on.keep(folder / "crowded", fill),
    )


def walk(language: str, rooms: Rooms) -> Iterator[Shot]:
    """Every screen in one language, one state after the other, in copies of the rooms."""
    for chapter in alone.CHAPTERS:
        yield from chapter(language, rooms.bare.folder)
    with on.stage(language, at=rooms.bare) as shown:
        shown.pull(True)
        yield from play(shown, bare.EMPTY)
    with on.stage(language, at=rooms.evening) as shown:
        shown.frd.open()
        yield from play(shown, EVENING)
    with on.stage(language, at=rooms.crowded) as shown:
        yield from play(shown, bare.CROWD)


def play(shown: on.Stage, chapters: tuple[Chapter, ...]) -> Iterator[Shot]:
    """Chapters on one stage, each beginning with nothing over the panels."""
    made = shown.emb.show(WIDE)
    scene = Scene(shown, made, shown.ids)
    on.still(made)
    for chapter in chapters:
        scene.away()
        yield from chapter(scene)
    scene.away()
