"""`pair-listen` and `pair-connect`: pairing over the network without a screen.

Prints a JSON document for every step. On standard input, after the password: the number as the other side read it, or `no`
when it is another one; the end of the input closes the window.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from app.cli import asking, exits, secrets
from app.cli.given import clock_of, data_of
from app.local.pairing_view import Stage

Json = dict[str, Any]
Ask = Callable[[Json], Json]
_POLL_S: Final = 0.1
_OVER: Final = (Stage.DONE, Stage.FAILED, Stage.CLOSED)
_SHOWN: Final = (
    "stage",
    "number",
    "reason",
    "tries_left",
    "wrong_there",
    "confirmed_there",
    "entered_there",
)


def listen(arguments: argparse.Namespace) -> int:
    """Open a window that waits for the other side."""
    return _pair(arguments, listens=True)


def connect(arguments: argparse.Namespace) -> int:
    """Open a window that dials the other side's."""
    return _pair(arguments, listens=False)


def _pair(arguments: argparse.Namespace, *, listens: bool) -> int:
    password = secrets.read_secret(arguments.key_file, "Password: ")
    signed = {"as": arguments.account, "password": password}
    with _door(arguments) as ask:
        answer = ask({"call": "pairing_open", "listen": listens, "address": arguments.address, **signed})
        if not answer.get("ok"):
            exits.say(answer)
            return exits.exit_of(answer)
        return _follow(ask, answer, signed)


def _follow(ask: Ask, answer: Json, signed: dict[str, str]) -> int:
    """Tell every change, hand on every line of the input, until the window is closed."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    shown: list[Any] = []
    while True:
        view = answer.get("result", {})
        now = [view.get(name) for name in _SHOWN]
        if now != shown or not answer.get("ok"):
            exits.say(answer)
            shown = now
        if answer.get("ok") and view.get("stage") in _OVER:
            return exits.Exit.OK if view["stage"] == Stage.DONE else exits.Exit.REFUSED
        with contextlib.suppress(queue.Empty):
            decided = _decide(ask, lines.get_nowait(), signed)
            if not decided.get("ok"):
                exits.say(decided)
        time.sleep(_POLL_S)
        answer = ask({"call": "pairing_view"})


def _decide(ask: Ask, line: str | None, signed: dict[str, str]) -> Json:
    if line is None:
        return ask({"call": "pairing_cancel", **signed})
    if line.strip().lower() == "no":
        return ask({"call": "pairing_mismatch", **signed})
    return ask({"call": "pairing_confirm", "number": line, **signed})


def _read(lines: queue.SimpleQueue[str | None]) -> None:
    for line in sys.stdin:
        if line.strip():
            lines.put(line)
    lines.put(None)


@contextlib.contextmanager
def _door(arguments: argparse.Namespace) -> Iterator[Ask]:
    """A running console's door, or the site opened for this one pairing."""
    data = data_of(arguments)
    if asking.ask_running(data, {"call": "pairing_view"}) is not None:
        yield lambda request: asking.ask_open(data, request)
        return
    from app.bootstrap.network_pairing import NetworkPairing
    from app.bootstrap.node import open_node
    from app.bootstrap.requests import Desk
    from app.kernel.tasks import TaskSet

    with open_node(data.root, clock_of(arguments.clock)) as node, _loop() as loop:
        desk, tasks = Desk(node), TaskSet("pairing")
        desk.pairing.network = NetworkPairing(node, loop, tasks, lambda: None, lambda: None)
        try:
            yield desk.answer
        finally:
            asyncio.run_coroutine_threadsafe(tasks.close(), loop).result()


@contextlib.contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="net", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
