"""The cable between two consoles on this machine, and the hand that pulls it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tools.relay import Relay


@contextlib.contextmanager
def cables(
    targets: tuple[int, int], ports: tuple[int, int] = (0, 0)
) -> Iterator[tuple[tuple[int, int], Callable[[bool], None]]]:
    """Relays before two ports; yields their own ports and the hand that pulls the cable (True) or puts it back (False).

    `ports`: where the relays listen, 0 for any free one. OSError when one is taken.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="cables", daemon=True)
    thread.start()
    relays = [Relay(target, port=port) for target, port in zip(targets, ports, strict=True)]

    def on_loop(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    def stop(relay: Relay) -> None:
        on_loop(relay.__aexit__(None, None, None))

    async def pull(pulled: bool) -> None:
        for relay in relays:
            relay.refusing = pulled
            if pulled:
                relay.cut()

    try:
        with contextlib.ExitStack() as ends:
            for relay in relays:
                on_loop(relay.__aenter__())
                ends.callback(stop, relay)
            yield (relays[0].port, relays[1].port), lambda pulled: on_loop(pull(pulled))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
