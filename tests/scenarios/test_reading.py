"""The scenario files are read as they stand, and nothing in them that is not understood is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit import ms
from tests.scenarios.reading import files, moment_ms, read_scenario, scenarios

FILE = """# S9 A title
Words before.
```yaml
id: S9
day: 2025-07-14
steps:
{steps}
final:
- count: {{incident: 1, report_first: 2}}
```
Words after.
"""
STEP = '- {t: "08:00:00", at: EMB, do: tick, expect: [{count: {incident: 1}}]}'


def written(folder: Path, steps: str) -> Path:
    path = folder / "S9-a.md"
    path.write_text(FILE.format(steps=steps), "utf-8")
    return path


def test_steps_and_assertions_in_their_order(tmp_path: Path) -> None:
    """`no` is the number of an incident and no truth value; a count is one assertion for each figure; peer goes inside."""
    steps = (
        '- {t: "08:00:00", at: FRD, who: leader, do: act, with: {no: yes, ok: true}, restart: ok,'
        " expect: [{peer: {row: {entity: incident, has: {no: X-1}}}}, {error: E_OWNER, owner: EMB}]}\n"
        '- {t: "00:00:01+1d", at: both, do: tick}'
    )
    scenario = read_scenario(written(tmp_path, steps))
    first, second = scenario.steps
    assert (scenario.id, scenario.title, scenario.day) == ("S9", "A title", "2025-07-14")
    assert (first.who, first.given, first.restart) == ("leader", {"no": "yes", "ok": True}, True)
    assert [(each.kind, each.peer, dict(each.extra)) for each in first.expect] == [
        ("row", True, {}),
        ("error", False, {"owner": "EMB"}),
    ]
    assert first.expect[0].says["has"] == {"no": "X-1"}
    assert first.expect[0].text == "peer: row: {entity: incident, has: {no: X-1}}"
    assert (second.at_ms, second.expect, second.restart) == (ms("00:00:01", "2025-07-15"), (), False)
    assert [each.says for each in scenario.final] == [{"incident": 1}, {"report_first": 2}]


@pytest.mark.parametrize(
    "steps",
    [
        STEP.replace("count", "counts"),
        STEP.replace("{count: {incident: 1}}", "{peer: {screen: x}, count: {incident: 1}}"),
        STEP.replace("{count: {incident: 1}}", "{screen: x, count: {incident: 1}}"),
        STEP.replace("do: tick", "do: tick, then: more"),
        STEP.replace("at: EMB, ", ""),
        STEP.replace("08:00:00", "8 Uhr"),
        STEP + "\n" + STEP.replace("08:00:00", "07:59:59"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, steps: str) -> None:
    assert read_scenario(written(tmp_path, STEP)).steps
    with pytest.raises((ValueError, KeyError)):
        read_scenario(written(tmp_path, steps))


def test_two_blocks_or_other_parts_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, STEP)
    once = path.read_text("utf-8")
    for text in (once * 2, once.replace("final:", "finally:"), "# nothing\n"):
        path.write_text(text, "utf-8")
        with pytest.raises(ValueError):
            read_scenario(path)


def test_times() -> None:
    assert moment_ms("2025-09-10", "2025-09-16T10:05:00") == ms("10:05:00", "2025-09-16")
    assert moment_ms("2025-06-30", "00:00:00+1d") == ms("00:00:00", "2025-07-01")


def test_all_six_are_read() -> None:
    """Every file of the folder, every one with a step at which both may be restarted."""
    read = scenarios()
    assert [scenario.id for scenario in read] == ["S1", "S2", "S3", "S4", "S5", "S6"]
    assert len(files()) == 6
    assert all(sum(step.restart for step in scenario.steps) == 1 for scenario in read)
    lines = [
        line for path in files() for line in path.read_text("utf-8").splitlines() if line.startswith("- {t:")
    ]
    assert sum(len(scenario.steps) for scenario in read) == len(lines) > 100
