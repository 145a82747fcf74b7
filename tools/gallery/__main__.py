"""`make gallery`: every screen in every theme, size and language into out/gallery, with index.html to look through.

`--languages`, `--themes`, `--sizes` and `--only` (beginnings of names) narrow it. The exit code is 1 when the checks find
something. No screen is needed; the map, which needs one, is shown as where its engine is missing (the manual has it).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from app.kernel.texts import DEFAULT_LANGUAGE, ENGLISH, PSEUDO
from app.ui import start
from app.ui.theme.tokens import DESK_KINDS
from tools.gallery import index, screens
from tools.gallery.checking import data_of, dress, examine, without_engine
from tools.gallery.geometry import Finding
from tools.gallery.ink import watching
from tools.gallery.screens.shot import Shot
from tools.tour import ROOT

LANGUAGES = (DEFAULT_LANGUAGE, ENGLISH, PSEUDO)
SIZES = {
    "1366x768": (1366, 768, 1),
    "1920x1080": (1920, 1080, 1),
    "3840x2160": (1920, 1080, 2),
}  # the last at scale 2
_FOUND = "found-{language}-{scale}.json"


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tools.gallery")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "gallery")
    parser.add_argument("--languages", nargs="*", default=LANGUAGES, choices=LANGUAGES)
    parser.add_argument("--themes", nargs="*", default=DESK_KINDS, choices=DESK_KINDS)
    parser.add_argument("--sizes", nargs="*", default=tuple(SIZES), choices=tuple(SIZES))
    parser.add_argument("--only", nargs="*", default=[""], help="beginnings of the names of screens")
    parser.add_argument("--crowd", type=int, default=screens.CROWD, help="incidents of the crowded board")
    parser.add_argument("--child", nargs=2, metavar=("LANGUAGE", "SCALE"), help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Parent: a process for each language and scale, then the page. Child: the pictures."""
    ask = arguments()
    if ask.child:
        return pictures(ask, ask.child[0], int(ask.child[1]))
    shutil.rmtree(ask.out, ignore_errors=True)
    ask.out.mkdir(parents=True)
    code, found = 0, dict[str, list[str]]()
    for language in ask.languages:
        for scale in sorted({SIZES[size][2] for size in ask.sizes}):
            code |= _child(language, scale)
            kept = ask.out / _FOUND.format(language=language, scale=scale)
            for what, seen in json.loads(kept.read_text("utf-8")).items() if kept.exists() else ():
                found.setdefault(what, []).extend(seen)
            kept.unlink(missing_ok=True)
    page = index.write(ask.out, found)
    for what, seen in found.items():
        sys.stdout.write(f"{what}  [{len(seen)}: {seen[0]}]\n")
    sys.stdout.write(f"{page}\n")
    return code or int(bool(found))


def _child(language: str, scale: int) -> int:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": str(scale)}
    command = [sys.executable, "-m", "tools.gallery", *sys.argv[1:], "--child", language, str(scale)]
    return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode


def pictures(ask: argparse.Namespace, language: str, scale: int) -> int:
    """All pictures of one language at one scale."""
    start.application()
    found: dict[str, list[str]] = {}
    sizes = {
        label: (wide, high) for label, (wide, high, of) in SIZES.items() if of == scale and label in ask.sizes
    }
    with TemporaryDirectory(prefix="jdc-gallery-") as name, watching() as recorder, without_engine():
        rooms = screens.put_by(Path(name), ask.crowd)
        for shot in screens.walk(language, rooms):
            if not shot.name.startswith(tuple(ask.only)):
                continue
            ways = sizes if shot.resizes else {f"own-{scale}": None}
            for label, size in ways.items():
                for theme in [each for each in shot.themes if each in ask.themes or each not in DESK_KINDS]:
                    dress(shot, theme, size)
                    picture, wrong = examine(recorder, shot, language, data_of(shot))
                    _keep(ask.out, shot, f"{theme}-{label}-{language}", picture, wrong, found)
            dress(shot, "dark", screens.WIDE)
    kept = ask.out / _FOUND.format(language=language, scale=scale)
    kept.write_text(json.dumps(found, ensure_ascii=False), "utf-8")
    return 0


def _keep(
    out: Path, shot: Shot, name: str, picture: object, wrong: list[Finding], found: dict[str, list[str]]
) -> None:
    path = out / shot.name / f"{name}.png"
    path.parent.mkdir(exist_ok=True)
    if not picture.save(str(path)):  # type: ignore[attr-defined]
        raise OSError(f"not written: {path}")
    for each in wrong:
        found.setdefault(str(each), []).append(f"{shot.name}/{name}")


if __name__ == "__main__":
    sys.exit(main())
