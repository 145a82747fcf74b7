"""Passwords come from standard input, a terminal prompt or a key file; never from an argument."""

from __future__ import annotations

import sys
from pathlib import Path

from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.paths import check_private


def read_secret(key_file: Path | None, prompt: str) -> str:
    """First line of the key file or of standard input; asked for without echo on a terminal."""
    if key_file is not None:
        return _from_file(key_file)
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass(prompt, stream=sys.stderr)
    try:
        return sys.stdin.buffer.readline().decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as wrong:
        raise Refusal(
            ErrorCode.FORMAT, "refusal.command.encoding", field="password", clause="CM-04"
        ) from wrong


def _from_file(path: Path) -> str:
    try:
        check_private(path)
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise EnvironmentFault("keys.file", "fault.keys.file", path=str(path)) from wrong
    return text.split("\n", 1)[0].rstrip("\r")
