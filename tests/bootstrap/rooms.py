"""Both rooms as processes over TLS, asked through their local sockets, killed and opened again."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any

from app.bootstrap import pairing
from app.bootstrap.node import Node, Open
from app.cli import asking
from app.kernel.clock import SystemClock
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir
from tests.cli.runner import Served, serve
from tests.kit import PASSWORD, Site


@dataclass
class Room:
    """One console as a process: its folder, its port, what it has acknowledged and what it was asked without an answer."""

    agency: str
    data: DataDir
    port: int
    acknowledged: dict[str, str] = field(default_factory=dict)  # place -> number
    unanswered: set[str] = field(default_factory=set)
    running: Served | None = None
    outside: list[str] = field(default_factory=list)

    def start(self, stack: ExitStack) -> None:
        """Open it; it listens on its port."""
        self.running = stack.enter_context(serve(self.data.root, "--listen", f"127.0.0.1:{self.port}"))

    def register(self, place: str) -> bool:
        """Ask for an incident; False when the console was gone before it answered."""
        arguments = {"received_at": "2026-01-01T08:00:00+08:00", "place": place, "late_confirmed": True}
        self.unanswered.add(place)
        answer = self.do("register_incident", **arguments)
        if answer is None:
            return False
        assert answer["ok"], answer
        self.unanswered.discard(place)
        self.acknowledged[place] = answer["result"]["no"]
        return True

    def do(self, command: str, **arguments: Any) -> dict[str, Any] | None:
        """A command of the duty officer; None when nobody answered."""
        request = {"call": "do", "command": command, "arguments": arguments, "password": PASSWORD}
        try:
            return asking.ask_running(self.data, {**request, "as": f"{self.agency}-duty_officer"})
        except EnvironmentFault:
            return None

    def shows(self) -> dict[str, str]:
        """Place -> number of every incident on its board."""
        answer = asking.ask_running(self.data, {"call": "show", "query": "board"})
        assert answer is not None and answer["ok"], answer
        return {row["place"]: row["no"] for row in answer["rows"]}

    def rows(self, statement: str, *given: Any) -> list[dict[str, Any]]:
        """Rows of its database by name, which may be open elsewhere."""
        address = f"file:{self.data.database}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=20)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement, given)]

    def reopening_s(self) -> float:
        """Seconds until the site is open again, as it was left; nobody else may have it open."""
        begun = time.perf_counter()
        with contextlib.closing(Node(Open(self.data, SystemClock()))):
            return time.perf_counter() - begun


def paired(sites: Sequence[Site], ports: Sequence[int], dialled: Sequence[int] | None = None) -> list[Room]:
    """Pair two sites and close them: each dials the other, at its port or where a relay before it listens."""
    files = [pairing.identity_file(site.node, []) for site in sites]
    number = pairing.compare(sites[0].node, files[1]).number
    rooms = []
    for site, other, aim, port in zip(sites, files[::-1], (dialled or ports)[::-1], ports, strict=True):
        pairing.confirm(site.node, other, number, site.admin, f"127.0.0.1:{aim}")
        site.node.close()
        rooms.append(Room(str(site.agency), site.node.data, port))
    return rooms
