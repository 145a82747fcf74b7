"""Imports of several threads take turns: none starts in the middle of another, so that none can wait in a circle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

STORY = """
import email.message, sys, threading
sys.path[:0] = [{root!r}, {folder!r}]
from app.kernel import imports
if {turns}: imports.one_at_a_time()
import slowly
first = threading.Thread(target=__import__, args=("one",))
first.start()
assert slowly.begun.wait(20)
assert __import__("email.message", fromlist=("Message",)).Message  # what is there is had meanwhile
second = threading.Thread(target=__import__, args=("two",))
second.start()
second.join(1 if {turns} else 20)
slowly.go.set()
first.join(20), second.join(20)
print(*slowly.done)
"""
SLOWLY = "import threading\nbegun, go, done = threading.Event(), threading.Event(), []\n"
ONE = "import slowly\nslowly.begun.set()\nassert slowly.go.wait(20)\nslowly.done.append('one')\n"
TWO = "import slowly\nslowly.done.append('two')\n"


@pytest.mark.parametrize(("turns", "order"), [(False, "two one"), (True, "one two")])
def test_an_import_waits_for_the_one_under_way(tmp_path: Path, turns: bool, order: str) -> None:
    for name, text in (("slowly", SLOWLY), ("one", ONE), ("two", TWO)):
        (tmp_path / f"{name}.py").write_text(text)
    root = str(Path(__file__).resolve().parents[2])
    story = STORY.format(root=root, folder=str(tmp_path), turns=turns)
    done = subprocess.run(
        [sys.executable, "-c", story], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stderr, done.stdout.strip()) == ("", order)


def test_a_module_that_imports_others_does_not_wait_for_itself() -> None:
    code = "from app.kernel import imports; imports.one_at_a_time(); imports.one_at_a_time(); import email.mime.text"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0
