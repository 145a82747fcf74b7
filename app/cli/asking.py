"""One request to a site: through the local socket of a running console, else by opening the site ourselves."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from app.kernel.clock import Clock
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir

Json = dict[str, Any]


def ask(data: DataDir, clock: Clock | None, request: Json) -> Json:
    """Answer of a running console, or of the site opened for this one request."""
    answer = ask_running(data, request)
    if answer is not None:
        return answer
    from app.bootstrap.node import open_node
    from app.bootstrap.requests import Desk

    with open_node(data.root, clock) as node:
        return Desk(node).answer(request)


def ask_running(data: DataDir, request: Json) -> Json | None:
    """Answer of the console that holds this data, None when none is running."""
    from app.bootstrap.local_socket import AVAILABLE, address_of

    if not AVAILABLE or not data.socket.exists():
        return None
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            try:
                with address_of(data.socket) as address:
                    line.connect(address)
            except (ConnectionRefusedError, FileNotFoundError):
                return None  # left behind by a killed console
            line.sendall(json.dumps(request).encode() + b"\n")
            chunks = []
            while chunk := line.recv(1 << 16):
                chunks.append(chunk)
        answer = json.loads(b"".join(chunks))
    except (OSError, ValueError) as wrong:
        raise _silent(data) from wrong
    if not isinstance(answer, dict):
        raise _silent(data)
    return answer


def ask_open(data: DataDir, request: Json) -> Json:
    """Answer of the console that was running a moment ago; EnvironmentFault `console.silent` when it has ended since."""
    answer = ask_running(data, request)
    if answer is None:
        raise _silent(data)
    return answer


def _silent(data: DataDir) -> EnvironmentFault:
    return EnvironmentFault("console.silent", "fault.console.silent", path=str(data.socket))


def read_json(text: str) -> Any:
    """JSON given as argument, or `@file`; ValueError when it is none, OSError when the file cannot be read."""
    try:
        return json.loads(Path(text[1:]).read_text("utf-8") if text.startswith("@") else text)
    except RecursionError as wrong:
        raise ValueError("nested too deeply") from wrong
