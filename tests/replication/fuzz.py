"""python -m tests.replication.fuzz SECONDS [FIRST_SEED]: fuzz frame decoder and bundles; 1 and the seed when something breaks."""

from __future__ import annotations

import sys
import time

from tests.replication.fuzzing import Tally, run_seed


def main(arguments: list[str]) -> int:
    """Run seed after seed until the time is over."""
    seconds = float(arguments[0]) if arguments else 60.0
    seed = first = int(arguments[1]) if len(arguments) > 1 else int(time.monotonic_ns() % 1_000_000_000)
    tally, end = Tally(), time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            run_seed(seed, tally)
        except AssertionError as finding:
            sys.stdout.write(f"{finding}\n    again: python -m tests.replication.fuzz 1 {seed}\n")
            return 1
        seed += 1
    sys.stdout.write(
        f"{seed - first} seeds from {first}: {tally.frames} frames, {tally.parts} parts, {tally.understood} understood,"
        f" none raised anything but a refusal; slowest {tally.slowest_s * 1000:.0f} ms\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
