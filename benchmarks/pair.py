"""Two sites for the benchmarks: EMB in this process, FRD in one of its own, over TLS on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from pathlib import Path

from app.bootstrap.exercise import ExerciseSite, make_pair
from app.bootstrap.listening import Listening
from app.bootstrap.node import Node, Open
from app.bootstrap.service import Service
from app.kernel.clock import SystemClock
from tools.duo import free_ports
from tools.relay import Relay

ROOT = Path(__file__).resolve().parents[1]


class Here:
    """The EMB site in this process; acts are carried out on the thread that calls.

    With `relayed` the partner reaches it through a relay only, which counts the bytes of both directions.
    """

    def __init__(self, folder: Path, relayed: bool = False) -> None:
        self.ports = free_ports()
        self._relayed = relayed
        door = free_ports()[0] if relayed else self.ports[0]
        self._door = door
        self.emb, self.frd = make_pair(folder, SystemClock(), (door, self.ports[1]))
        self.node = Node(Open(self.emb.data, SystemClock()))
        rows = self.node.read(
            lambda c: c.execute("SELECT name, id FROM account WHERE agency = 'EMB'").fetchall()
        )
        self.officer = str(dict(rows)["officer"])
        self.relay: Relay | None = None
        self._ended: Future[None] = Future()
        self._up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="net")
        self.service: Service | None = None

    @contextlib.asynccontextmanager
    async def _relaying(self) -> AsyncIterator[None]:
        if not self._relayed:
            yield
            return
        async with Relay(self.ports[0], port=self._door) as self.relay:
            yield

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with (
            self._relaying(),
            Service(self.node, Listening("127.0.0.1", self.ports[0])) as self.service,
        ):
            self._up.set()
            await self._stop.wait()

    def begin(self) -> None:
        """Listen."""
        self._thread.start()
        self._up.wait()

    def end(self) -> None:
        """Network, then site."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self.node.close()

    def waiting(self) -> int | None:
        """Own operations that the partner has not acknowledged; None while nothing is known of it."""
        assert self.service is not None
        counts = [link.waiting_out for link in self.service.links()]
        known = [count.count for count in counts if count is not None]
        return sum(known) if known else None


@contextlib.contextmanager
def partner(site: ExerciseSite, port: int, module: str) -> Iterator[subprocess.Popen[str]]:
    """FRD as a process: `module` is main or a trial that takes the same arguments."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    verb = ["serve"] if module == "main" else []
    command = [sys.executable, "-m", module, *verb, "--data", str(site.data.root)]
    command += ["--listen", f"127.0.0.1:{port}"] + ([] if verb else ["--realm", "exercise"])
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()
