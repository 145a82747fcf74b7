"""A shot looked at: its picture, and what all the checks find in it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from PySide6.QtGui import QPixmap

from app.kernel.texts import PSEUDO
from app.ui.board import delegate
from tools import stage as on
from tools.gallery import geometry, names, words
from tools.gallery.allowed import DATA, left
from tools.gallery.geometry import Finding
from tools.gallery.ink import Recorder, look
from tools.gallery.screens.shot import Shot

_ENGINE = "app.ui.map.engine"


@contextmanager
def without_engine() -> Iterator[None]:
    """As where a system library of the web engine is missing: the map's list stands in, nothing of the engine is loaded.

    Pictures of the board are taken whole, however slow the machine is.
    """
    before, frame_ms = sys.modules.get(_ENGINE), delegate.FRAME_MS
    sys.modules[_ENGINE] = None  # type: ignore[assignment]
    delegate.FRAME_MS = 60_000
    try:
        yield
    finally:
        delegate.FRAME_MS = frame_ms
        sys.modules.pop(_ENGINE)
        if before is not None:
            sys.modules[_ENGINE] = before


def data_of(shot: Shot) -> list[str]:
    """Names that the district and the workstations bring along: they stand on the screen and in no catalogue."""
    console: Any = getattr(shot.window, "console", None) or getattr(shot.window, "_console", None)
    if not hasattr(console, "district"):
        return []
    known = [console.district.name, *(name for _, name in console.district.streets)]
    known += [name for view in console.district.agencies.values() for name in (view.full, view.short)]
    sites: list[str] = console.query(_sites).result(on.WAIT_S)
    return [*known, *sites, *(site[:8] for site in sites), *(site[:4] for site in sites)]


def _sites(connection: Any) -> list[str]:
    return [str(row[0]) for row in connection.execute("SELECT id FROM site UNION SELECT site FROM peer")]


def dress(shot: Shot, theme: str, size: tuple[int, int] | None = None, *, on_screen: bool = False) -> None:
    """Another theme, another size; everything is laid out again, and painted only when somebody looks at the screen."""
    window: Any = shot.window
    window.setUpdatesEnabled(on_screen)
    if window.theme.kind != theme:
        window.theme.use(theme)
    if size is not None and shot.resizes and (window.width(), window.height()) != size:
        window.resize(*size)
    if shot.resizes:
        on.still(window)
    else:
        on.settle(0.02)
    window.setUpdatesEnabled(True)


def examine(
    recorder: Recorder, shot: Shot, language: str, data: Sequence[str] = (), *, whole: bool = True
) -> tuple[QPixmap, list[Finding]]:
    """The picture, and what is wrong with it; `data`: texts of the rooms that are nobody's to translate.

    Not `whole`: of a window with a sheet over it the sheet alone, and where it lies.
    """
    seen = shot.window if whole or shot.part is None else shot.part
    picture, painted = look(recorder, seen)
    found = geometry.check(seen, painted)
    if seen is not shot.window:
        found += [*geometry.outside(seen), *geometry.overlaps(seen.parentWidget() or seen)]
    found += names.nameless(seen)
    if shot.part is not None:
        found += names.disorder(shot.part)
    if language == PSEUDO:
        known = [re.compile(re.escape(each)) for each in sorted(data, key=len, reverse=True) if each]
        found += words.outside_catalogues(seen, painted, [*known, *DATA])
    return picture, left(dict.fromkeys(found))
