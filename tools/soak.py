"""The long runs: python -m tools.soak [--minutes M] [--jobs N] [--seeds N] [--rounds N] [--fuzz-seconds N] [--fresh]

Seeds of the simulation, kills of real consoles, fuzzing, in batches, N of them side by side (1), until each goal is reached or
the time is over.
What was done is kept in out/soak.json after every batch, so that the next call goes on there; docs/soak.md is written from it.
Exit 1 when something failed, now or in an earlier call that is still counted.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT, PAGE = ROOT / "out" / "soak.json", ROOT / "docs" / "soak.md"
SEEDS_A_TIME, ROUNDS_A_TIME, FUZZ_S_A_TIME = 40, 20, 60
LONGEST_S = 3_600.0
SEED_OF_KILLS = 20_250_714
_SEEDS = re.compile(r"(\d+) of (\d+) seeds fail in")
_AGAIN = re.compile(r"again: (.*)")
_ROUNDS = re.compile(
    r"(\d+) rounds, (\d+) acts acknowledged; .* (\d+) ms \(median\), (\d+) ms \(longest\), (\d+) within 100 ms"
)
_FUZZED = re.compile(r"(\d+) seeds from \d+: (\d+) frames, (\d+) parts")


@dataclass(frozen=True)
class Found:
    """What a batch found: what failed, figures to be added up, figures of which the largest counts."""

    failed: list[str] = field(default_factory=list)
    sums: dict[str, int] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)


@dataclass
class Stage:
    """One kind of run: how far it is, what failed (with how to see it again), figures, since when, and on which commits."""

    done: int = 0
    seconds: float = 0.0
    failed: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)
    days: list[str] = field(default_factory=list)

    def take(self, count: int, found: Found) -> None:
        """A batch of `count` has ended."""
        self.done += count
        self.failed += found.failed
        for name, value in found.sums.items():
            self.figures[name] = self.figures.get(name, 0) + value
        for name, value in found.longest.items():
            self.figures[name] = max(self.figures.get(name, 0), value)


@dataclass(frozen=True)
class Ran:
    """What a batch said."""

    code: int
    said: str


Runner = Callable[[list[str], dict[str, str]], Ran]


def run(command: list[str], more: dict[str, str]) -> Ran:
    """One batch as a process of its own."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", **more}
    try:
        ran = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return Ran(1, f"no end within {LONGEST_S:.0f} s: {late.cmd}")
    return Ran(ran.returncode, ran.stdout + ran.stderr)


# -- the three kinds -------------------------------------------------------------------------------------------------------
def simulate(first: int, count: int, runner: Runner) -> Found:
    """Seeds of the simulation, from the first one."""
    ran = runner(["-m", "tests.simulation", str(count), str(first)], {})
    if _SEEDS.search(ran.said) is None:
        return Found([f"seeds {first} to {first + count - 1}: no result: {ran.said[-300:]}"])
    return Found(_AGAIN.findall(ran.said))


def kill(first: int, count: int, runner: Runner) -> Found:
    """Rounds of kill -9 of either console under load; another seed for every batch."""
    seed = SEED_OF_KILLS + first
    test = "tests/bootstrap/test_killed_over_tls.py"
    given = {"KILL_ROUNDS": str(count), "KILL_SEED": str(seed)}
    ran = runner(["-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", test], given)
    found = _ROUNDS.search(ran.said)
    if ran.code or found is None:
        return Found([f"KILL_ROUNDS={count} KILL_SEED={seed} pytest {test}: {ran.said[-300:]}"])
    return Found(
        sums={
            "acts acknowledged": int(found[2]),
            "rounds timed": int(found[1]),
            "of them open again within 100 ms": int(found[5]),
        },
        longest={
            "longest ms until a killed site was open again": int(found[4]),
            "largest median of that in a batch, ms": int(found[3]),
        },
    )


def fuzz(first: int, seconds: int, runner: Runner) -> Found:
    """Frame decoder and bundles."""
    seed = 1_000_000 * (1 + first)
    ran = runner(["-m", "tests.replication.fuzz", str(seconds), str(seed)], {})
    found = _FUZZED.search(ran.said)
    if ran.code or found is None:
        return Found(_AGAIN.findall(ran.said) or [f"fuzz from {seed}: {ran.said[-300:]}"])
    names = ("seeds", "frames", "parts of bundles")
    return Found(sums=dict(zip(names, map(int, found.groups()), strict=True)))


Work = Callable[[int, int, Runner], Found]
KINDS: dict[str, tuple[str, int, Work]] = {
    "simulation": ("seeds of the simulation", SEEDS_A_TIME, simulate),
    "kills": ("rounds of kill -9 of either of two consoles under load", ROUNDS_A_TIME, kill),
    "fuzz": ("seconds of fuzzing frames and bundles", FUZZ_S_A_TIME, fuzz),
}


# -- the whole -------------------------------------------------------------------------------------------------------------
def load(path: Path) -> dict[str, Stage]:
    """What earlier calls have done."""
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return {name: Stage(**kept.get(name, {})) for name in KINDS}


def save(path: Path, stages: dict[str, Stage]) -> None:
    """Keep it; a call that ends in between leaves the old or the new file, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps({name: asdict(stage) for name, stage in stages.items()}, indent=1), "utf-8")
    beside.replace(path)


@dataclass(frozen=True)
class Batch:
    """Some of one kind: the first of them, and how many."""

    name: str
    first: int
    count: int

    def run(self, runner: Runner) -> tuple[Found, float]:
        """What it found, and how many seconds it took."""
        begun = time.monotonic()
        return KINDS[self.name][2](self.first, self.count, runner), time.monotonic() - begun


def batches(stages: dict[str, Stage], goals: dict[str, int], jobs: int) -> list[Batch]:
    """The next ones, at most `jobs`: the kind that is furthest from its goal first. None when every goal is reached."""
    reached = {name: stages[name].done for name in KINDS}
    chosen: list[Batch] = []
    while len(chosen) < jobs and (left := [name for name in KINDS if reached[name] < goals[name]]):
        name = min(left, key=lambda each: reached[each] / goals[each])
        count = min(KINDS[name][1], goals[name] - reached[name])
        chosen.append(Batch(name, reached[name], count))
        reached[name] += count
    return chosen


def soak(
    stages: dict[str, Stage],
    goals: dict[str, int],
    minutes: float | None,
    runner: Runner,
    keep: Callable[[], None],
    commit: str,
    jobs: int = 1,
) -> None:
    """Batches, `jobs` of them side by side, until all goals are reached or the time is over; kept after each turn."""
    end = time.monotonic() + 60 * minutes if minutes is not None else float("inf")
    with ThreadPoolExecutor(jobs) as pool:
        while time.monotonic() < end and (turn := batches(stages, goals, jobs)):
            today = datetime.now(UTC).strftime("%Y-%m-%d")
            for batch, (found, seconds) in zip(
                turn, pool.map(lambda each: each.run(runner), turn), strict=True
            ):
                stage = stages[batch.name]
                stage.take(batch.count, found)
                stage.seconds += seconds
                stage.commits += [commit] if commit not in stage.commits else []
                stage.days += [today] if today not in stage.days else []
            keep()


def page(stages: dict[str, Stage], goals: dict[str, int]) -> str:
    """docs/soak.md."""
    out = [
        "# The long runs",
        "",
        "`make soak` runs what is too long for every change: 10 000 seeds of the simulation, 1 000 rounds of kill -9 of either",
        'console, an hour of fuzzing. `make soak ARGS="--minutes 30"` stops after that time and goes on there when it is called',
        "again. This page is written by it after every batch and says how far it came, no more. Seeds that once failed are",
        "mended and run with every `make test` (FOUND in tests/simulation/test_seeds.py).",
        "",
        "| | done | of | failed | hours | days | commits |",
        "|---|--:|--:|--:|--:|---|---|",
    ]
    for name, (what, _, _) in KINDS.items():
        stage = stages[name]
        out.append(
            f"| {what} | {stage.done} | {goals[name]} | {len(stage.failed)} | {stage.seconds / 3600:.1f}"
            f" | {_span(stage.days)} | {_span(stage.commits)} |"
        )
    for name, (what, _, _) in KINDS.items():
        stage = stages[name]
        if stage.figures:
            said = ", ".join(f"{figure} {value}" for figure, value in stage.figures.items())
            out += ["", f"Of the {what}: {said}."]
    for name, (what, _, _) in KINDS.items():
        if stages[name].failed:
            out += ["", f"Failed {what}:", "", *(f"- `{_line(each)}`" for each in stages[name].failed)]
    return "\n".join(out) + "\n"


def _span(values: list[str]) -> str:
    return "–" if not values else values[0] if len(values) == 1 else f"{values[0]} to {values[-1]}"


def _line(text: str) -> str:
    return " ".join(text.replace("`", "'").split())


def _commit() -> str:
    ran = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return ran.stdout.strip() or "unknown"


def main(arguments: list[str]) -> int:
    """Go on with the long runs."""
    parser = argparse.ArgumentParser(prog="make soak", description="the long runs")
    parser.add_argument("--minutes", type=float, help="stop after so many minutes; the next call goes on")
    parser.add_argument("--jobs", type=int, default=1, help="so many batches side by side")
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1_000)
    parser.add_argument("--fuzz-seconds", type=int, default=3_600)
    parser.add_argument("--fresh", action="store_true", help="forget what earlier calls have done")
    given = parser.parse_args(arguments)
    goals = {"simulation": given.seeds, "kills": given.rounds, "fuzz": given.fuzz_seconds}
    stages = {name: Stage() for name in KINDS} if given.fresh else load(KEPT)

    def keep() -> None:
        save(KEPT, stages)
        PAGE.write_text(page(stages, goals), "utf-8")
        done = ", ".join(f"{name} {stage.done}/{goals[name]}" for name, stage in stages.items())
        sys.stdout.write(f"{done}; failed {sum(len(stage.failed) for stage in stages.values())}\n")
        sys.stdout.flush()

    soak(stages, goals, given.minutes, run, keep, _commit(), max(1, given.jobs))
    return 1 if any(stage.failed for stage in stages.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
