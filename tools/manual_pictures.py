"""`python -m tools.manual_pictures`: the pictures of the manual and the README, taken from the real window in an exercise.

The screens are those of the gallery (`tools.gallery.screens`), here on a virtual screen with the map. Each picture has 256
colours and stays below 200 KB; `--only NAME …` takes some of them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.kernel.texts import DEFAULT_LANGUAGE
from app.ui import start
from tools import stage as on
from tools.gallery import screens
from tools.gallery.checking import dress
from tools.gallery.screens.shot import WIDE, Picture, Shot
from tools.small_png import small_png
from tools.tour import ROOT

IMAGES = ROOT / "docs" / "manual" / "images"
MAP_S = 3.0  # until the map stands still


def take(shot: Shot, picture: Picture) -> None:
    """One picture of one shot."""
    path, window = IMAGES / f"{picture.name}.png", shot.window
    before = (window.size(), window.theme.kind)  # type: ignore[attr-defined]
    dress(shot, picture.theme, picture.size, on_screen=True)
    if (shot.resizes and (window.size(), picture.theme) != before) or "wall" in shot.themes:
        on.settle(MAP_S)
    if picture.to is None:
        on.grab(window, path, picture.part, picture.margin)
    else:
        assert picture.part is not None
        band(window, path, picture.part, picture.to)
    small_png(path)


def band(window: QWidget, path: Path, first: QWidget, last: QWidget) -> None:
    """The rows of the window from one widget to another over its whole width."""
    on.grab(window, path)
    top = first.mapTo(window, QPoint(0, 0)).y()
    bottom = last.mapTo(window, QPoint(0, last.height())).y()
    QImage(str(path)).copy(QRect(0, top, window.width(), bottom - top)).save(str(path))


def main() -> int:
    """Parent: a screen of its own; child: the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tools.manual_pictures")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    ask = parser.parse_args()
    if not ask.child:
        with on.virtual_screen() as environment:
            return on.on_screen("tools.manual_pictures", ["--child", "--only", *ask.only], environment)
    start.application()
    begun = False
    with TemporaryDirectory(prefix="jdc-manual-") as name:
        for shot in screens.walk(DEFAULT_LANGUAGE, screens.put_by(Path(name), crowd=2)):
            wanted = [each for each in shot.pictures if not ask.only or each.name in ask.only]
            if wanted and shot.resizes and not begun:
                begun = True
                on.settle(MAP_S)
            for picture in wanted:
                take(shot, picture)
            if wanted and shot.resizes:
                dress(shot, "dark", WIDE, on_screen=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
