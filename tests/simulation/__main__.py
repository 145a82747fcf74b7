"""python -m tests.simulation SEEDS [FIRST [STEPS]]: run many seeds on all processors and report what fails."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections import Counter

from tests.simulation.simulator import STEPS, run


def _one(job: tuple[int, int]) -> tuple[int, dict[str, str], Counter[str]]:
    seed, steps = job
    try:
        found, simulation = run(seed, steps)
    except Exception as error:
        return seed, {f"crash: {type(error).__name__}": str(error)[:200]}, Counter()
    counts = Counter(simulation.counts)
    station = next(iter(simulation.stations.values()))
    for name, sql in (
        ("operations", "SELECT count(*) FROM op"),
        ("conflicts", "SELECT count(DISTINCT entity || entity_id || field) FROM conflict"),
        ("quarantined", "SELECT count(*) FROM quarantine"),
        ("flags", "SELECT count(*) FROM flag"),
    ):
        counts[name] = station.connection.execute(sql).fetchone()[0]
    counts["lost with all copies"] = simulation.lost_with_all_copies
    return seed, found, counts


def main(arguments: list[str]) -> int:
    """Run the seeds; 1 if one of them fails."""
    count, first, steps = (*map(int, arguments), *(50, 0, STEPS)[len(arguments) :])
    begun, total, kinds, failed = time.monotonic(), Counter[str](), Counter[str](), 0
    with multiprocessing.Pool() as pool:
        for seed, found, counts in pool.imap_unordered(_one, [(first + n, steps) for n in range(count)]):
            total.update(counts)
            failed += bool(found)
            kinds.update({name.split(":")[-1].strip() for name in found})
            for name, example in found.items():
                sys.stdout.write(f"seed {seed}: {name}: {example}\n")
            if found:
                sys.stdout.write(f"    again: python -m tests.simulation 1 {seed} {steps}\n")
    mean = ", ".join(f"{name} {value / count:.1f}" for name, value in sorted(total.items()))
    sys.stdout.write(
        f"{failed} of {count} seeds fail in {time.monotonic() - begun:.0f} s; mean per seed: {mean}\n"
    )
    for name, number in kinds.most_common():
        sys.stdout.write(f"    {number:5d}  {name}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
