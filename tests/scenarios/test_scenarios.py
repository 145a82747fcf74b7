"""Every scenario on two real consoles, in one run and with restarts: what held goes on holding (conventions, D-36)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.scenarios import page
from tests.scenarios.acts import ACTS, MISSING
from tests.scenarios.duo import found_two
from tests.scenarios.reading import HERE, SHARED, files, scenarios
from tests.scenarios.running import run

ALL = {scenario.id: scenario for scenario in scenarios()}
MEND = "run .venv/bin/python -m tests.scenarios to write it anew"


@pytest.mark.parametrize("restart", [False, True], ids=["one-run", "restarted"])
@pytest.mark.parametrize("name", ALL)
def test_scenario(name: str, restart: bool, tmp_path: Path) -> None:
    """The same acts run and the same assertions hold as were kept, none fewer, none more."""
    founded = tmp_path / "founded"
    founded.mkdir()
    found_two(founded, ALL[name].day)
    result = run(ALL[name], founded, tmp_path / "consoles", restart=restart)
    now, kept = result.plain(), page.load()[name]
    failed = [(where, each.text, each.why) for where, each in result.judged() if each.state == "failed"]
    assert not failed, failed
    lost, new = page.held(kept) - page.held(now), page.held(now) - page.held(kept)
    assert not lost, f"held before: {lost}"
    assert not new, f"holds now: {new}; {MEND}"
    assert now == kept, MEND


def test_every_act_is_known() -> None:
    """An act is carried out or named as missing, with what is lacking; nothing is skipped in silence."""
    used = {step.do for scenario in ALL.values() for step in scenario.steps}
    assert used == ACTS.keys() | MISSING.keys()
    assert not ACTS.keys() & MISSING.keys()
    assert all(MISSING.values())


def test_nothing_of_a_missing_act_is_passed() -> None:
    """Whatever a missing act should have led to is not yet possible; every step and every assertion of the files is there."""
    for name, kept in page.load().items():
        scenario = ALL[name]
        assert [(step["number"], step["text"]) for step in kept["steps"]] == [
            (step.number, step.text) for step in scenario.steps
        ]
        for step, read in zip(kept["steps"], scenario.steps, strict=True):
            assert [each["text"] for each in step["assertions"]] == [each.text for each in read.expect]
            states = {each["state"] for each in step["assertions"]}
            assert states <= ({"not yet"} if step["ran"] == "missing" else {"held", "not yet"})
        assert [each["text"] for each in kept["final"]] == [each.text for each in scenario.final]
        assert len(kept["general"]) == 6
    assert page.load().keys() == ALL.keys()


def test_the_link_failure_runs() -> None:
    """Of S3: the cut, work on both sides, kill and restart, the conflict, its resolution, shuffled redelivery."""
    ran = {step["text"].split(" ")[0]: step["ran"] for step in page.load()["S3"]["steps"]}
    for name in (
        "set_casualties",
        "file_report",
        "file_oral_report",
        "kill_process_and_restart",
        "resolve_conflict",
    ):
        assert ran[name] == "run", name
    assert ran["redeliver_all_changes_twice_shuffled"] == "run"
    assert ran["set_link"] == "in part"


def test_page_is_what_was_kept() -> None:
    """docs/scenarios.md says what the last run said."""
    assert page.PAGE.read_text("utf-8") == page.page(page.load()), MEND


@pytest.mark.skipif(
    not SHARED.exists(), reason="the scenarios in ../shared/domain are not here to compare with"
)
def test_copies_are_the_files_as_they_stand() -> None:
    """The copies here are those the scenarios were handed over as."""
    there = {path.name: path.read_bytes() for path in SHARED.glob("*.md")}
    assert {path.name: path.read_bytes() for path in HERE.glob("*.md")} == there
    assert [path.name for path in files()] == sorted(name for name in there if name.startswith("S"))


def _loss(kept: dict[str, Any]) -> dict[str, Any]:
    for _, each in page.judged(kept):
        if each["state"] == "held":
            each["state"] = "not yet"
            return kept
    raise AssertionError("nothing held")


def test_a_loss_is_noticed() -> None:
    """An assertion that held and no longer does stands in the difference."""
    kept, now = page.load()["S3"], _loss(page.load()["S3"])
    assert sum((page.held(kept) - page.held(now)).values()) == 1
    assert not page.held(now) - page.held(kept)
