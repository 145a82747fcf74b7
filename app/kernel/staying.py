"""Settings of the interpreter for a process that stays: a console with its window, or one that serves without."""

from __future__ import annotations

import gc
import sys

# Objects made between two looks for garbage, such looks until the older ones are looked at too, and of those until all are. A
# block of a peer's operations holds some ten thousand objects at once, none of them garbage. A look holds the screen up: 10 ms
# for 40 000 objects, 90 ms when 400 000 were let gather (`benchmarks.arrival`).
GARBAGE_AFTER = (10_000, 4, 100)
# How long a busy thread keeps the interpreter from another: the screen asks for it hundreds of times in one paint.
SWITCH_S = 0.001


def stay() -> None:
    """Called once what the start made is there: it stays for good and is not looked through again."""
    gc.freeze()
    gc.set_threshold(*GARBAGE_AFTER)
    sys.setswitchinterval(SWITCH_S)
