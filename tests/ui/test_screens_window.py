"""Real screens of Qt: two at the first start, one at the next (docs/decisions/0043). Each start is a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.kit import founded_town

__all__ = ["founded_town"]
ROOT = Path(__file__).resolve().parents[2]
STARTED = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from app.bootstrap.site_console import SiteConsole
from app.kernel.clock import SystemClock
from app.kernel.paths import DataDir
from app.ui import start
from app.ui.shell import map_host
from app.ui.shell.keeping import box_in
map_host._PANEL = "app.ui.map.not_in_this_test"
console = SiteConsole(DataDir(Path(sys.argv[1])), SystemClock())
app = start.application()
window = start.open_window(console)
window.first_painted.connect(console.open)

def act():
    layouts, wall = window.layouts, window.features.wall
    window.overlays.sign_in.dismiss()
    if "float" in sys.argv:
        layouts.float_out("links")
        wall.open()
    floats = {name: box_in(each.geometry()) for name, each in layouts.floats.items()}
    told = {
        "window": box_in(window.geometry()), "floats": floats,
        "wall": None if wall.wall is None else box_in(wall.wall.geometry()),
        "links_home": layouts.is_away("links") is False and window.links.window() is window,
    }
    print("TOLD" + json.dumps(told), flush=True)
    window.close()

window.closed.connect(app.quit)
window.first_painted.connect(lambda: window.layouts.ready.connect(lambda: QTimer.singleShot(0, act)))
window.appear()
if "right" in sys.argv:
    window.showNormal()
    window.setGeometry(2000, 100, 1600, 900)
app.exec()
window.dispose()
console.close()
"""


def started(data: Path, screens: int, *wishes: str) -> Any:
    """What a console told that was started with so many screens beside each other."""
    config = data.parent / "screens.json"
    shape = {"y": 0, "width": 1920, "height": 1080, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    listed = [{"name": f"S{at}", "x": 1920 * at, **shape} for at in range(screens)]
    config.write_text(json.dumps({"synchronousWindowSystemEvents": True, "screens": listed}))
    ran = subprocess.run(
        [sys.executable, "-c", STARTED, str(data), *wishes],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": f"offscreen:configfile={config}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    [line] = [each for each in ran.stdout.splitlines() if each.startswith("TOLD")]
    return json.loads(line.removeprefix("TOLD"))


def test_what_stood_on_the_second_screen_is_there_again_only_with_that_screen(
    founded_town: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    data = tmp_path / "EMB"
    shutil.copytree(founded_town[0] / "EMB", data)
    first = started(data, 2, "right", "float")
    assert first["window"] == [2000, 100, 1600, 900]
    assert (
        first["floats"]["links"][0] < 1920 and first["wall"][0] == 0
    )  # each on the screen the window is not on
    with_one = started(data, 1)
    assert with_one["window"][0] < 1920 and not with_one["floats"] and with_one["wall"] is None
    assert with_one["links_home"]
    with_both = started(data, 2)
    assert with_both["window"] == [2000, 100, 1600, 900]
    assert with_both["floats"] == first["floats"] and with_both["wall"] == first["wall"]
