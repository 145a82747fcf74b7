"""Starts a command on the present X display and waits until something is painted: python -m tools.painted PICTURE COMMAND...

Prints `painted after N.N s` and writes the picture of the screen, then ends the command with all that it started. Exit 1 when
the command ends first or nothing is painted in time.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from PySide6.QtGui import QGuiApplication, QImage

MOST_S, STEP_S, STILL = 120.0, 0.1, 15
COLOURS = 60  # an empty screen has one, a painted window hundreds


def colours(image: QImage) -> int:
    """How many different colours a picture has, looked at in every third row."""
    seen: set[int] = set()
    for y in range(0, image.height(), 3):
        line = image.copy(0, y, image.width(), 1)
        seen.update(memoryview(line.constBits()).cast("I"))
    return len(seen)


def watch(app: QGuiApplication, process: subprocess.Popen[bytes]) -> tuple[float, QImage] | None:
    """Seconds until the screen was painted first, and its picture once it is still; None when it does not come to that."""
    began, first, last, still = time.monotonic(), None, QImage(), 0
    while time.monotonic() - began < MOST_S and process.poll() is None:
        now = app.primaryScreen().grabWindow(0).toImage().convertToFormat(QImage.Format.Format_RGB32)
        if first is None and colours(now) >= COLOURS:
            first = time.monotonic() - began
        still = still + 1 if now == last else 0
        if first is not None and (still >= STILL or time.monotonic() - began - first > MOST_S / 10):
            return first, now
        last = now
        time.sleep(STEP_S)
    return None


def main(arguments: list[str]) -> int:
    """Start, watch, end."""
    picture, command = arguments[0], arguments[1:]
    app = QGuiApplication(sys.argv[:1])
    process = subprocess.Popen(command, start_new_session=True)
    try:
        found = watch(app, process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()
    if found is None:
        sys.stdout.write("nothing was painted\n")
        return 1
    found[1].save(picture)
    sys.stdout.write(f"painted after {found[0]:.1f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
