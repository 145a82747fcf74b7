"""Every screen once in every language at both usual sizes: nothing cut off, nothing over something else, nothing without a name,
no word of no catalogue. The whole gallery, with pictures, is `make gallery`.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from app.kernel.texts import DEFAULT_LANGUAGE, ENGLISH, PSEUDO
from app.ui.shell.overlays import Overlays
from tests.kit import cheap_passwords
from tools.gallery import screens
from tools.gallery.checking import data_of, dress, examine, without_engine
from tools.gallery.ink import watching
from tools.gallery.screens.shot import NARROW, WIDE
from tools.manual_pictures import IMAGES

SIZES = (NARROW, WIDE)
CROWD = 40  # more than a page, as many rows as any window shows
NO_SHEETS = {"toasts", "refusals"}


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> screens.Rooms:
    """Two rooms of each stage, put by; each language goes on with copies."""
    with cheap_passwords():
        return screens.put_by(tmp_path_factory.mktemp("rooms"), CROWD)


@pytest.fixture(autouse=True)
def garbage_afterwards() -> Iterator[None]:
    """As with the window tests: collected between them, not while a window is made."""
    gc.disable()
    yield
    gc.enable()
    gc.collect(1)


@pytest.mark.parametrize("language", [DEFAULT_LANGUAGE, ENGLISH, PSEUDO])
def test_every_screen_fits(language: str, rooms: screens.Rooms) -> None:
    found: dict[str, list[str]] = {}
    painted = 0
    shots, pictures, sheets = list[str](), list[str](), set[str]()
    with cheap_passwords(), watching() as recorder, without_engine():
        for shot in screens.walk(language, rooms):
            shots.append(shot.name)
            pictures += [each.name for each in shot.pictures]
            for size in SIZES if shot.resizes else (None,):
                dress(shot, shot.themes[0], size)
                for each in examine(recorder, shot, language, data_of(shot), whole=False)[1]:
                    found.setdefault(str(each), []).append(f"{shot.name} {size}")
                painted += len(recorder.painted)
            if shot.resizes:
                sheets |= set(shot.window.overlays._made)  # type: ignore[attr-defined]
    assert not found, "\n".join(f"{what}  @ {', '.join(where)}" for what, where in found.items())
    assert painted > 2_000, "what our own code paints was seen"
    assert len(shots) == len(set(shots)) > 70, "each state has a name of its own"
    assert {path.stem for path in IMAGES.glob("*.png")} <= set(pictures), (
        "the manual's pictures are taken here"
    )
    known = {name for name, each in vars(Overlays).items() if isinstance(each, property)} - NO_SHEETS
    assert known <= sheets, "every sheet is among the screens (tools/gallery/screens)"
