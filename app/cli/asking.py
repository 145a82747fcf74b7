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
    if not hasattr(socket, "AF_UNIX") or not data.socket.exists():
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            line.connect(str(data.socket))
        except (ConnectionRefusedError, FileNotFoundError):
            return None  # left behind by a killed console
        line.sendall(json.dumps(request, ensure_ascii=False).encode() + b"\n")
        chunks = []
        while chunk := line.recv(1 << 16):
            chunks.append(chunk)
    try:
        answer = json.loads(b"".join(chunks))
    except ValueError as wrong:
        raise EnvironmentFault("console.silent", "fault.console.silent", path=str(data.socket)) from wrong
    if not isinstance(answer, dict):
        raise EnvironmentFault("console.silent", "fault.console.silent", path=str(data.socket))
    return answer


def read_json(text: str) -> Any:
    """JSON given as argument, or `@file`."""
    return json.loads(Path(text[1:]).read_text("utf-8") if text.startswith("@") else text)
