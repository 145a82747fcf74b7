"""Bad weather for the cables between two consoles, drawn from a seed: delays, bottlenecks, standstill, cuts in mid-frame,
refusals, connections that overtake each other. It ends with `calm`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tools.relay import Relay

LONGEST_S = 0.6  # one kind of weather
DELAY_S, STALL_S, HOLD_S = 0.25, 0.5, 0.4
SLOWEST, FASTEST = 600, 60_000  # bytes a second
CUT_WITHIN = 3_000  # bytes: most often in the middle of a frame


class Weather:
    """Changes relays on their loop; `happened` counts what it did."""

    def __init__(self, relays: Sequence[Relay], loop: asyncio.AbstractEventLoop, seed: int) -> None:
        self.relays, self._loop = relays, loop
        self._chance = random.Random(seed)
        self._blowing: Any = None
        self.happened: Counter[str] = Counter()
        self._kinds: dict[str, Callable[[Relay], None]] = {
            "delay": self._delay,
            "bottleneck": self._bottleneck,
            "standstill": self._standstill,
            "cut": lambda relay: relay.cut(),
            "cut in mid-frame": self._cut_after,
            "refusal": self._refusal,
            "overtaking": self._overtaking,
            "sun": self._clear,
        }

    def blow(self) -> None:
        """Begin."""
        self._blowing = asyncio.run_coroutine_threadsafe(self._blow(), self._loop)

    def calm(self) -> None:
        """End: from here on the cables let everything through."""
        self._everywhere(self._clear)

    def pulled(self) -> None:
        """End as well: from here on nothing comes through."""
        self._everywhere(self._pull)

    def _everywhere(self, what: Callable[[Relay], None]) -> None:
        if self._blowing is not None:
            self._blowing.cancel()
            self._blowing = None

        async def all_of_them() -> None:
            for relay in self.relays:
                self._clear(relay)
                what(relay)

        asyncio.run_coroutine_threadsafe(all_of_them(), self._loop).result()

    @staticmethod
    def _pull(relay: Relay) -> None:
        relay.refusing = True
        relay.cut()

    async def _blow(self) -> None:
        while True:
            name = self._chance.choice(list(self._kinds))
            relay = self._chance.choice(self.relays)
            self._kinds[name](relay)
            self.happened[name] += 1
            await asyncio.sleep(self._chance.uniform(0.0, LONGEST_S))

    def _delay(self, relay: Relay) -> None:
        relay.delay_s = self._chance.uniform(0.0, DELAY_S)

    def _bottleneck(self, relay: Relay) -> None:
        relay.rate = self._chance.randint(SLOWEST, FASTEST)

    def _standstill(self, relay: Relay) -> None:
        relay.stall()
        self._loop.call_later(self._chance.uniform(0.0, STALL_S), relay.stall, False)

    def _cut_after(self, relay: Relay) -> None:
        relay.cut_after = relay.forwarded + self._chance.randint(1, CUT_WITHIN)

    def _refusal(self, relay: Relay) -> None:
        self._pull(relay)
        self._loop.call_later(self._chance.uniform(0.0, STALL_S), self._let_in, relay)

    def _let_in(self, relay: Relay) -> None:
        if self._blowing is not None:  # whoever pulled the cable meanwhile means it
            relay.refusing = False

    def _overtaking(self, relay: Relay) -> None:
        relay.hold_s = lambda: self._chance.uniform(0.0, HOLD_S)

    def _clear(self, relay: Relay) -> None:
        relay.delay_s, relay.rate, relay.cut_after, relay.refusing = 0.0, None, None, False
        relay.hold_s = lambda: 0.0
        relay.stall(False)


@contextlib.contextmanager
def weather(targets: Sequence[int], seed: int) -> Iterator[tuple[list[int], Weather]]:
    """Relays before ports on loopback, one for each; yields their own ports and the weather over them, which is calm."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="weather", daemon=True)
    thread.start()

    def on_loop(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    relays = [Relay(target) for target in targets]
    try:
        with contextlib.ExitStack() as ends:
            for relay in relays:
                on_loop(relay.__aenter__())
                ends.callback(lambda relay=relay: on_loop(relay.__aexit__(None, None, None)))  # type: ignore[misc]
            over = Weather(relays, loop, seed)
            ends.callback(over.calm)
            yield [relay.port for relay in relays], over
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
