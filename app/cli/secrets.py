"""Passwords come from standard input, a terminal prompt or a key file; never from an argument."""

from __future__ import annotations

import getpass
import os
import stat
import sys
from pathlib import Path

from app.kernel.errors import EnvironmentFault


def read_secret(key_file: Path | None, prompt: str) -> str:
    """First line of the key file or of standard input; asked for without echo on a terminal."""
    if key_file is not None:
        return _from_file(key_file)
    if sys.stdin.isatty():
        return getpass.getpass(prompt, stream=sys.stderr)
    return sys.stdin.readline().rstrip("\r\n")


def _from_file(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise EnvironmentFault("keys.file", "fault.keys.file", path=str(path)) from wrong
    if os.name != "nt" and stat.S_IMODE(mode) & 0o077:
        raise EnvironmentFault("keys.open", "fault.keys.open", path=str(path))
    return text.split("\n", 1)[0].rstrip("\r")
