"""`make duo`: two consoles side by side, EMB and FRD, paired over loopback in an exercise database.

Enter in the terminal pulls the cable between them, Enter again puts it back.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import platformdirs

from app.bootstrap.exercise import ADMIN, PASSWORD, PEOPLE, make_pair
from app.bootstrap.window import run_window  # noqa: F401 - fails here and not in two windows when Qt is missing
from app.kernel.clock import SystemClock
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import APP_NAME, DataDir
from app.ui.start import check_display
from tools.cables import cables

ROOT = Path(__file__).resolve().parents[1]
AGENCIES = ("EMB", "FRD")
_HOW = (
    "在这里按回车拔掉两台之间的网线，再按一次插回。 / Enter here pulls the cable, Enter again puts it back.\n"
)
_PULLED = "网线已拔掉。 / The cable is pulled.\n"
_BACK = "网线已插回。 / The cable is back.\n"


def free_ports() -> tuple[int, int]:
    """Two ports of this machine that nobody listens on."""
    with socket.socket() as one, socket.socket() as two:
        for each in (one, two):
            each.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def prepare(folder: Path, *, fresh: bool) -> tuple[tuple[int, int], tuple[int, int]]:
    """Make the pair when it is not there; returns where the cable's ends are dialled, and where the consoles listen."""
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    note = folder / "cable"
    if not note.exists():
        shutil.rmtree(folder, ignore_errors=True)
        dialled = free_ports()
        make_pair(folder, SystemClock(), dialled)
        note.write_text("{} {} {} {}".format(*dialled, *free_ports()), "ascii")
    first, second, third, fourth = map(int, note.read_text("ascii").split())
    return (first, second), (third, fourth)


def pull_at_enter(lines: Iterable[str], pull: Callable[[bool], None], say: Callable[[str], object]) -> None:
    """Every line pulls the cable or puts it back, in turn."""
    for number, _ in enumerate(lines):
        pulled = number % 2 == 0
        pull(pulled)
        say(_PULLED if pulled else _BACK)


def command(data: DataDir, port: int, side: str) -> list[str]:
    """How one of the two consoles is started; `side` is left or right half of the screen."""
    main = [sys.executable, str(ROOT / "main.py"), "window", "--realm", "exercise"]
    return [*main, "--data", str(data.root), "--listen", f"127.0.0.1:{port}", "--side", side]


def main() -> int:
    """Prepare, start both, wait until both are closed."""
    parser = argparse.ArgumentParser(prog="make duo")
    parser.add_argument("--fresh", action="store_true", help="throw the exercise away and begin anew")
    parser.add_argument(
        "--folder", type=Path, default=Path(platformdirs.user_data_dir(APP_NAME, appauthor=False)) / "duo"
    )
    arguments = parser.parse_args()
    try:
        check_display()
    except EnvironmentFault:
        sys.stderr.write("没有可用的显示屏，打不开两个窗口；可运行 make tour，在虚拟屏幕上演示并留下截图。\n")
        sys.stderr.write("No display for two windows; `make tour` plays the story on a virtual screen.\n")
        return 4
    dialled, listening = prepare(arguments.folder, fresh=arguments.fresh)
    names = ", ".join(name for name, _ in PEOPLE)
    sys.stderr.write(f"账号 / accounts: {names}, {ADMIN}    口令 / password: {PASSWORD}\n")
    with cables(listening, dialled) as (_, pull):
        running = [
            subprocess.Popen(
                command(DataDir(arguments.folder / agency), port, side), stdin=subprocess.DEVNULL
            )
            for agency, port, side in zip(AGENCIES, listening, ("left", "right"), strict=True)
        ]
        sys.stderr.write(_HOW)
        threading.Thread(target=pull_at_enter, args=(sys.stdin, pull, sys.stderr.write), daemon=True).start()
        return max(abs(process.wait()) for process in running)


if __name__ == "__main__":
    sys.exit(main())
