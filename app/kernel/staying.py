"""Settings of the interpreter for a process that stays: a console with its window, or one that serves without."""

from __future__ import annotations

import gc
import sys

# Objects made between two looks for garbage: a block of a peer's operations holds some ten thousand at once, and each look
# through them, while there is none, is time that nobody has.
GARBAGE_AFTER = (20_000, 20, 20)
# How long a busy thread keeps the interpreter from another: the screen asks for it hundreds of times in one paint.
SWITCH_S = 0.001


def stay() -> None:
    """Called once what the start made is there: it stays for good and is not looked through again."""
    gc.freeze()
    gc.set_threshold(*GARBAGE_AFTER)
    sys.setswitchinterval(SWITCH_S)
