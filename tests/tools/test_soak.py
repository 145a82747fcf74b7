"""The long runs go on where they were left and say honestly how far they came."""

from __future__ import annotations

from pathlib import Path

from tools import soak
from tools.soak import KINDS, Ran, Stage

GOALS = {"simulation": 100, "kills": 40, "fuzz": 60}


class FakeMachine:
    """Answers every batch as the real commands do; `broken`: part of a command that fails."""

    def __init__(self, broken: str = "") -> None:
        self.broken, self.asked = broken, list[list[str]]()

    def __call__(self, command: list[str], more: dict[str, str]) -> Ran:
        self.asked.append([*command, *more.values()])
        bad = bool(self.broken) and any(self.broken in part for part in command)
        if "tests.simulation" in command:
            count, first = command[2:]
            again = f"    again: python -m tests.simulation 1 {first} 90\n" if bad else ""
            return Ran(int(bad), f"{again}{int(bad)} of {count} seeds fail in 3 s; mean\n")
        if "pytest" in command:
            said = f"{more['KILL_ROUNDS']} rounds, 70 acts acknowledged; a killed site opened again within"
            return (
                Ran(1, "1 failed")
                if bad
                else Ran(0, f"{said} 30 ms (median), 144 ms (longest), 19 within 100 ms\n")
            )
        return Ran(int(bad), "" if bad else "9 seeds from 5: 80 frames, 12 parts, 40 understood\n")


def ran(machine: FakeMachine, stages: dict[str, Stage], minutes: float | None = None, jobs: int = 1) -> int:
    kept: list[None] = []
    soak.soak(stages, GOALS, minutes, machine, lambda: kept.append(None), "abc1234", jobs)
    return len(kept)


def fresh() -> dict[str, Stage]:
    return {name: Stage() for name in KINDS}


def test_all_goals_are_reached_in_batches_and_kept_after_each() -> None:
    machine, stages = FakeMachine(), fresh()
    assert ran(machine, stages) == len(machine.asked) == 3 + 2 + 1
    assert {name: stage.done for name, stage in stages.items()} == GOALS
    seeds = [command[2:] for command in machine.asked if "tests.simulation" in command]
    assert seeds == [["40", "0"], ["40", "40"], ["20", "80"]], "every seed once"
    kills = {command[-1] for command in machine.asked if "pytest" in command}
    assert len(kills) == 2, "another seed for every batch"
    assert stages["kills"].figures["acts acknowledged"] == 140
    assert stages["kills"].figures["of them open again within 100 ms"] == 2 * 19
    assert not any(stage.failed for stage in stages.values())


def test_batches_side_by_side_do_the_same() -> None:
    machine, stages, alone = FakeMachine(), fresh(), fresh()
    assert ran(machine, stages, jobs=4) == 2, "six batches in turns of four"
    ran(FakeMachine(), alone)
    seeds = sorted(command[2:] for command in machine.asked if "tests.simulation" in command)
    assert seeds == [["20", "80"], ["40", "0"], ["40", "40"]], "every seed once"
    for name in KINDS:
        assert (stages[name].done, stages[name].figures) == (alone[name].done, alone[name].figures)


def test_the_next_call_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    stages, path = fresh(), tmp_path / "out" / "soak.json"
    assert ran(FakeMachine(), stages, minutes=0.0) == 0
    stages["simulation"].done = 80
    soak.save(path, stages)
    again, machine = soak.load(path), FakeMachine()
    ran(machine, again)
    assert [command[2:] for command in machine.asked if "tests.simulation" in command] == [["20", "80"]]
    assert soak.load(tmp_path / "none.json") == fresh()


def test_failures_stand_on_the_page_with_how_to_see_them_again() -> None:
    for broken, wanted in {
        "tests.simulation": "python -m tests.simulation 1 0 90",
        "test_killed": "KILL_ROUNDS=20 KILL_SEED=20250714",
        "tests.replication.fuzz": "fuzz from 1000000",
    }.items():
        stages = fresh()
        ran(FakeMachine(broken), stages)
        page = soak.page(stages, GOALS)
        assert wanted in page
        assert sum(bool(stage.failed) for stage in stages.values()) == 1


def test_the_page_says_how_far_it_came() -> None:
    stages = fresh()
    assert "| seeds of the simulation | 0 | 100 | 0 | 0.0 | – | – |" in soak.page(stages, GOALS)
    stages["simulation"] = Stage(done=40, seconds=1800, commits=["a", "b"], days=["2026-11-22"])
    assert "| 40 | 100 | 0 | 0.5 | 2026-11-22 | a to b |" in soak.page(stages, GOALS)
