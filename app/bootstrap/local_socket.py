"""Addresses of the local socket: a path of any length fits (the kernel takes about a hundred bytes)."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

MAX_ADDRESS_BYTES = 100
AVAILABLE = hasattr(socket, "AF_UNIX")


@contextlib.contextmanager
def address_of(path: Path) -> Iterator[str]:
    """The address to bind or connect while the context lasts; OSError when the folder is not there."""
    if len(os.fsencode(path)) <= MAX_ADDRESS_BYTES or not Path("/proc/self/fd").is_dir():
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
