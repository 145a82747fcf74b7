"""The long runs: python -m tools.soak [--minutes M] [--seeds N] [--rounds N] [--fuzz-seconds N] [--fresh]

Seeds of the simulation, kills of real consoles, fuzzing, in turns and in batches, until each goal is reached or the time is over.
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


@dataclass
class Stage:
    """One kind of run: how far it is, what failed (with how to see it again), figures, since when, and on which commits."""

    done: int = 0
    seconds: float = 0.0
    failed: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)
    days: list[str] = field(default_factory=list)

    def add(self, name: str, value: int) -> None:
        """Count on."""
        self.figures[name] = self.figures.get(name, 0) + value

    def longest(self, name: str, value: int) -> None:
        """Keep the largest."""
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
def simulate(stage: Stage, count: int, runner: Runner) -> None:
    """Seeds of the simulation, from where it stands."""
    ran = runner(["-m", "tests.simulation", str(count), str(stage.done)], {})
    found = _SEEDS.search(ran.said)
    if found is None:
        stage.failed.append(f"seeds {stage.done} to {stage.done + count - 1}: no result: {ran.said[-300:]}")
    else:
        stage.failed += _AGAIN.findall(ran.said)
    stage.done += count


def kill(stage: Stage, count: int, runner: Runner) -> None:
    """Rounds of kill -9 of either console under load; another seed for every batch."""
    seed = SEED_OF_KILLS + stage.done
    test = "tests/bootstrap/test_killed_over_tls.py"
    given = {"KILL_ROUNDS": str(count), "KILL_SEED": str(seed)}
    ran = runner(["-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", test], given)
    found = _ROUNDS.search(ran.said)
    if ran.code or found is None:
        stage.failed.append(f"KILL_ROUNDS={count} KILL_SEED={seed} pytest {test}: {ran.said[-300:]}")
    else:
        stage.add("acts acknowledged", int(found[2]))
        stage.add("rounds timed", int(found[1]))
        stage.add("of them open again within 100 ms", int(found[5]))
        stage.longest("longest ms until a killed site was open again", int(found[4]))
        stage.longest("largest median of that in a batch, ms", int(found[3]))
    stage.done += count


def fuzz(stage: Stage, seconds: int, runner: Runner) -> None:
    """Frame decoder and bundles."""
    seed = 1_000_000 * (1 + stage.done)
    ran = runner(["-m", "tests.replication.fuzz", str(seconds), str(seed)], {})
    found = _FUZZED.search(ran.said)
    if ran.code or found is None:
        stage.failed += _AGAIN.findall(ran.said) or [f"fuzz from {seed}: {ran.said[-300:]}"]
    else:
        for name, value in zip(("seeds", "frames", "parts of bundles"), found.groups(), strict=True):
            stage.add(name, int(value))
    stage.done += seconds


KINDS: dict[str, tuple[str, int, Callable[[Stage, int, Runner], None]]] = {
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


def soak(
    stages: dict[str, Stage],
    goals: dict[str, int],
    minutes: float | None,
    runner: Runner,
    keep: Callable[[], None],
    commit: str,
) -> None:
    """Batches in turns, the kind that is furthest from its goal first, until all are reached or the time is over."""
    end = time.monotonic() + 60 * minutes if minutes is not None else float("inf")
    while time.monotonic() < end:
        left = [name for name in KINDS if stages[name].done < goals[name]]
        if not left:
            return
        name = min(left, key=lambda each: stages[each].done / goals[each])
        stage, (_, size, work) = stages[name], KINDS[name]
        begun, today = time.monotonic(), datetime.now(UTC).strftime("%Y-%m-%d")
        work(stage, min(size, goals[name] - stage.done), runner)
        stage.seconds += time.monotonic() - begun
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
        "again. This page is written by it after every batch and says how far it came, no more.",
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

    soak(stages, goals, given.minutes, run, keep, _commit())
    return 1 if any(stage.failed for stage in stages.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
