"""Run all scenarios and write what they came to: .venv/bin/python -m tests.scenarios [--lost] [S1 S2 ...]"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.scenarios import page
from tests.scenarios.duo import found_two
from tests.scenarios.judging import State
from tests.scenarios.reading import scenarios
from tests.scenarios.running import run


def main(arguments: list[str]) -> int:
    """1 when something failed, differed after restarts, or held before and no longer does."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    wanted = [name for name in arguments if not name.startswith("-")]
    kept, bad = page.load(), False
    results = dict(kept)
    for scenario in scenarios():
        if wanted and scenario.id not in wanted:
            continue
        with tempfile.TemporaryDirectory(prefix="jdc-") as folder:
            founded = Path(folder) / "founded"
            founded.mkdir()
            found_two(founded, scenario.day)
            ran = [
                run(scenario, founded, Path(folder) / str(again), restart=again) for again in (False, True)
            ]
        once, again = (each.plain() for each in ran)
        results[scenario.id] = once
        lost = page.held(kept[scenario.id]) - page.held(once) if scenario.id in kept else {}
        failed = [(where, each) for where, each in ran[0].judged() if each.state is State.FAILED]
        for line in [*ran[0].late, *ran[1].late, *map(str, lost), *map(str, failed)]:
            sys.stdout.write(f"{line}\n")
        if once != again:
            sys.stdout.write(f"{scenario.id}: not the same after restarts\n")
        bad = bad or once != again or bool(failed) or (bool(lost) and "--lost" not in arguments)
    if bad:
        return 1
    page.write(dict(sorted(results.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
