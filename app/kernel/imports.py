"""One import at a time, whichever threads import.

Python locks module by module. When one thread imports a package that imports its parts, and another imports one of these
parts at the same moment, each waits for what the other holds, and one of them gets a `_DeadlockError` in the middle of its
work. The window imports on several threads after its first paint (the site behind it, queries, map, plot), so imports take
turns, as they did before Python 3.3.
"""

from __future__ import annotations

import builtins
import threading
from typing import Any

_turn = threading.RLock()
_import = builtins.__import__


def _in_turn(*given: Any, **named: Any) -> Any:
    with _turn:
        return _import(*given, **named)


def one_at_a_time() -> None:
    """From now on imports of this process take turns. Idempotent; called before any thread is started."""
    builtins.__import__ = _in_turn
