"""Exit codes and answers; both are stable (docs/COMMAND-LINE.md)."""

from __future__ import annotations

import json
import sys
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """What the command line returns."""

    OK = 0
    BUG = 1
    USAGE = 2
    REFUSED = 3  # a rule refused the act: error.code is E_*
    FAULT = 4  # disk, lock, port, key, schema: error.code names it
    DAMAGED = 5  # verify found something


def say(answer: Any) -> None:
    """Print an answer as one JSON document in UTF-8, whatever the terminal's language is."""
    text = json.dumps(answer, ensure_ascii=False, indent=2) + "\n"
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def exit_of(answer: dict[str, Any]) -> Exit:
    """Exit code of an answer."""
    if answer.get("ok"):
        return Exit.OK
    return Exit.REFUSED if answer.get("kind") == "refusal" else Exit.FAULT
