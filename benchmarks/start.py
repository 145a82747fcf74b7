"""Start-up: from the start of the process to the painted board, against a bare PySide6 window and Picard in the same run.

python -m benchmarks.start [PAIRS]. The three run in turn, each PAIRS times (15). Without a display of its own the platform is
"offscreen". Picard (another program of the same kind and size) takes part when the system's Python has it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from app.bootstrap.exercise import make_pair
from app.bootstrap.node import Node, Open
from app.kernel.clock import SystemClock, from_ms
from app.kernel.enums import IncidentClass
from app.usecases.incidents import RegisterIncident
from benchmarks.figures import Figure, ratio_of_pairs, tell

ROOT = Path(__file__).resolve().parents[1]
PAIRS, INCIDENTS = 15, 46
FIELDS = 3  # of a line: name, moment, processor time
PATIENCE_S = 60
SYSTEM_PYTHON = Path("/usr/bin/python3")

# The floor: what Qt itself needs for a window over the whole screen, painted once.
BARE = """
import sys, time
from PySide6.QtWidgets import QApplication, QMainWindow
from PySide6.QtCore import QTimer
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, told)
def told():
    sys.stdout.write(f"rows {time.monotonic_ns()} {time.process_time_ns()}\\n")
    sys.stdout.flush()
    app.quit()
app = QApplication([])
window = Window()
window.setGeometry(app.primaryScreen().availableGeometry())
window.show()
app.exec()
"""

# Another program: its own main(), stopped at the first paint of its main window.
PICARD = """
import os, sys, time
sys.path.insert(0, "/usr/lib/picard")
from picard.ui import mainwindow
def paint(self, event):
    sys.stdout.write(f"rows {time.monotonic_ns()} {time.process_time_ns()}\\n")
    sys.stdout.flush()
    os._exit(0)
mainwindow.MainWindow.paintEvent = paint
sys.argv = ["picard", "--no-plugins", "--no-restore", "--stand-alone-instance"]
from picard.tagger import main
main("/usr/share/locale", False)
"""


def furnish(root: Path) -> Path:
    """A founded exercise site with a board full of open incidents; its folder."""
    clock = SystemClock()
    emb, _ = make_pair(root, clock, (1, 2))
    with Node(Open(emb.data, clock)) as node:
        people = node.read(lambda c: dict(c.execute("SELECT name, id FROM account").fetchall()))
        for n in range(INCIDENTS):
            received = from_ms(clock.now_ms() - n * 97_000)
            node.execute(
                RegisterIncident(
                    received_at=received, class_code=IncidentClass.ACCIDENT, type_code="fire",
                    place=f"No. {n} Tianshan Road", what="smoke",
                ),
                people["officer"],
            )  # fmt: skip
    return emb.data.root


Moments = dict[str, tuple[float, float]]


def _once(command: list[str], environment: dict[str, str]) -> Moments:
    """Run once; milliseconds from before the start of the process to each moment it names, on the wall and of the processor."""
    began = time.monotonic_ns()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    found = {
        line[0]: ((int(line[1]) - began) / 1e6, int(line[2]) / 1e6) for line in lines if len(line) == FIELDS
    }
    if not found:
        raise RuntimeError(done.stderr[-2000:])
    return found


def _has_picard() -> bool:
    if not SYSTEM_PYTHON.exists():
        return False
    return (
        subprocess.run(
            [SYSTEM_PYTHON, "-c", PICARD.partition("def ")[0]], capture_output=True, check=False
        ).returncode
        == 0
    )


def run(pairs: int = PAIRS) -> list[Figure]:
    """Interleaved starts; medians and ratios."""
    environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="jdc-bench-") as name:
        site = furnish(Path(name))
        console = [sys.executable, "-m", "benchmarks.start_trial", "--realm", "exercise", "--data", str(site)]
        commands = {"bare": [sys.executable, "-c", BARE], "console": console}
        if _has_picard():
            commands["picard"] = [str(SYSTEM_PYTHON), "-c", PICARD]
            environment["HOME"] = environment["XDG_CONFIG_HOME"] = str(Path(name, "home"))
        found: dict[str, list[Moments]] = {key: [] for key in commands}
        for turn in range(pairs + 1):
            for key, command in commands.items():
                times = _once(command, environment)
                if turn:  # the first round fills the caches of the disk
                    found[key].append(times)
    return _figures(found)


def _figures(found: dict[str, list[Moments]]) -> list[Figure]:
    def every(key: str, moment: str = "rows", processor: bool = False) -> list[float]:
        return [times[moment][processor] for times in found[key]]

    median = statistics.median
    figures = [
        Figure("start: bare PySide6 window painted", median(every("bare")), "ms"),
        Figure("start: window of the console first painted", median(every("console", "first")), "ms"),
        Figure("start: board painted with its rows", median(every("console")), "ms"),
        Figure(
            "start: board with rows / bare window", ratio_of_pairs(every("console"), every("bare")), most=1.5
        ),
        Figure(
            "start: the same in time of the processor",
            ratio_of_pairs(every("console", processor=True), every("bare", processor=True)),
        ),
        Figure("start: what stands around the board in its place", median(every("console", "around")), "ms"),
        Figure("start: map shows the district", median(every("console", "map")), "ms", most=2500),
    ]
    if "picard" in found:
        figures.append(Figure("start: Picard's window painted", median(every("picard")), "ms"))
        figures.append(
            Figure(
                "start: board with rows / Picard", ratio_of_pairs(every("console"), every("picard")), most=1.0
            )
        )
    return figures


if __name__ == "__main__":
    sys.exit(tell(run(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS)))
