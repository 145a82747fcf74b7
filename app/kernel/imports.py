"""One import at a time, whichever threads import.

Python locks module by module. When one thread imports a package that imports its parts, and another imports one of these
parts at the same moment, each waits for what the other holds, and one of them gets a `_DeadlockError` in the middle of its
work. The window imports on several threads after its first paint (the site behind it, queries, map, plot), so imports take
turns, as they did before Python 3.3. What is already there is had without waiting.
"""

from __future__ import annotations

import builtins
import contextlib
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

_turn = threading.RLock()
_import = builtins.__import__


def _is_there(name: str, wanted: Sequence[str]) -> bool:
    """True if a module is loaded to its end, with everything that is wanted of it."""
    module = sys.modules.get(name)
    if module is None or getattr(getattr(module, "__spec__", None), "_initializing", False):
        return False
    return all(hasattr(module, each) for each in wanted)


def _in_turn(
    name: str,
    globals_: Any = None,
    locals_: Any = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> Any:
    if level == 0 and _is_there(name, fromlist or ()):
        return _import(name, globals_, locals_, fromlist or (), level)
    with _turn:
        return _import(name, globals_, locals_, fromlist or (), level)


def one_at_a_time() -> None:
    """From now on imports of this process take turns. Idempotent; called before any thread is started, and once PySide is there.

    PySide puts a function of its own in front when it is imported. That reads the source of every module imported afterwards,
    to see whether it may ask for other names of Qt (`from __feature__ import ...`): 0.2 ms each, and nothing here asks.
    """
    builtins.__import__ = _in_turn  # type: ignore[assignment]


@contextlib.contextmanager
def turn() -> Iterator[None]:
    """A turn of its own for loading a large library of native code, whatever stands in front of `__import__` at that moment."""
    with _turn:
        yield
