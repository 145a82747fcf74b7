"""No error in a method that Qt calls ends the process (Shiboken 6.11 under Python 3.11)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from app.ui.overrides import shielded

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys
import app.ui
import shiboken6
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

gone = QObject()
shiboken6.delete(gone)

class Window(QWidget):
    def sizeHint(self):
        {fault}

    def event(self, event):
        {fault}

qt = QApplication([])
window = Window()
try:
    window.adjustSize()
except Exception as error:
    print("told", type(error).__name__)
QTimer.singleShot(0, lambda: qt.postEvent(window, QEvent(QEvent.Type.User)))
QTimer.singleShot(50, qt.quit)
try:
    qt.exec()
except Exception as error:
    print("told", type(error).__name__)
print("still there")
sys.stdout.flush()
import os
os._exit(0)
"""


@pytest.mark.parametrize(
    ("fault", "name"),
    [('int("x")', "ValueError"), ("gone.objectName()", "RuntimeError"), ('raise KeyError("x")', "KeyError")],
)
def test_the_console_outlives_an_error_where_qt_calls(fault: str, name: str) -> None:
    """Without the shield the first two end with a segmentation fault."""
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(fault=fault)],
        cwd=ROOT,
        env={"QT_QPA_PLATFORM": "offscreen", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "still there"
    assert f"told {name}" in ran.stdout or name in ran.stderr


class Sample(QWidget):
    """What our classes are like."""

    def event(self, event: QEvent) -> bool:
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        return super().eventFilter(watched, event)

    def own(self, one: int = 1) -> int:
        return one


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="errors are objects from the beginning")
def test_what_overrides_qt_is_shielded_and_takes_as_many_arguments() -> None:
    assert hasattr(Sample.event, "__wrapped__")
    assert not hasattr(Sample.own, "__wrapped__")
    assert Sample.event.__code__.co_argcount == 2
    assert Sample.eventFilter.__code__.co_argcount == 3
    assert Sample.eventFilter.__doc__ is None


def test_defaults_and_names_go_on() -> None:
    def method(self: object, one: int = 1, *, two: int = 2) -> tuple[int, int]:
        return one, two

    made = shielded(method)  # type: ignore[arg-type]
    assert (made(None), made(None, 5, two=6)) == ((1, 2), (5, 6))
