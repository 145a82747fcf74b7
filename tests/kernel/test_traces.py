"""What of a crash may leave the workstation: places in the program, nothing a person wrote or is called (attack test 11)."""

from __future__ import annotations

import pytest

from app.kernel import traces

SECRET = "张三丰"
HOME = "/" + "home"
CRASH = f"""Fatal Python error: Segmentation fault

Current thread 0x00007f2a (most recent call first):
  File "{HOME}/{SECRET}/console/app/ui/map/engine.py", line 12 in prepare
  File "{HOME}/zhang.san/.venv/lib/python3.11/site-packages/PySide6/thing.py", line 7 in call_13812345678
  File "C:\\Users\\{SECRET}\\console\\app\\ui\\start.py", line 9 in run
  File "{HOME}/{SECRET}.py", line 3 in {SECRET}
{SECRET} 13812345678

Extension modules: {SECRET}
"""
LOG = f"""2025-07-14 08:00:00 INFO app.x something of {SECRET}
2025-07-14 08:00:01 ERROR app.ui.shell a screen's question failed
Traceback (most recent call last):
  File "{HOME}/{SECRET}/console/app/queries/board.py", line 5, in read
    raise ValueError("{SECRET}")
ValueError: {SECRET} 13812345678
2025-07-14 08:00:02 INFO app.x {SECRET}
"""


def test_a_crash_keeps_its_places() -> None:
    told = traces.of_crash(CRASH)
    assert told[:3] == ["fatal: Segmentation fault", "current thread", "  app/ui/map/engine.py:12 prepare"]
    assert "  app/ui/start.py:9 run" in told
    assert "  PySide6/thing.py:7 ?" in told


def test_nothing_else_slips_through() -> None:
    told = "\n".join([*traces.of_crash(CRASH), *traces.of_log(LOG)])
    for secret in (SECRET, "zhang", "13812345678", "Users", HOME):
        assert secret not in told, told


def test_the_log_gives_its_errors() -> None:
    assert traces.of_log(LOG) == ["error", "  app/queries/board.py:5 read", "  ValueError"]


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/a/b/app/ui/start.py", "app/ui/start.py"),
        ("/a/b/main.py", "main.py"),
        ("/a/lib/python3.11/threading.py", "python3.11/threading.py"),
        ("/a/app/张/x.py", "?"),
        (f"{HOME}/zhang/x.py", "?"),
        (f"{HOME}/app/zhang/x.py", "?"),
    ],
)
def test_files_are_named_from_their_package_on(path: str, kept: str) -> None:
    assert traces.shortened(path) == kept
