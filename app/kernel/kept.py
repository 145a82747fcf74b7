"""What was read out of the program's own files, kept as JSON beside them: parsing TOML takes longer than the whole board does.

As with compiled modules: made anew when a source has another time or size, and left away where nothing can or may be written.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

FOLDER = "__pycache__"
_FORM = 1


def kept(name: str, sources: Sequence[str], make: Callable[[], Any]) -> Any:
    """What `make` makes of the sources (JSON values), from the last time if they are the same; `name` tells it from others'."""
    if not sources:
        return make()
    stamp: list[Any] = [_FORM]
    for source in sources:
        found = os.stat(source)
        stamp.append([os.path.basename(source), found.st_mtime_ns, found.st_size])
    path = os.path.join(os.path.dirname(sources[0]), FOLDER, f"{name}.json")
    try:
        with open(path, encoding="utf-8") as file:
            before = json.load(file)
        if before[0] == stamp:
            return before[1]
    except (OSError, ValueError, LookupError, TypeError):
        pass
    content = make()
    if not sys.dont_write_bytecode:
        _keep(Path(path), json.dumps([stamp, content], ensure_ascii=False))
    return content


def _keep(path: Path, text: str) -> None:
    """Whoever else keeps it at the same moment keeps the same."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        temporary.write_text(text, "utf-8")
        os.replace(temporary, path)
