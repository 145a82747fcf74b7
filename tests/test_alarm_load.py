"""A day of calls calls the room seldom enough, loses nothing, and the page says what was counted (EEMUA 191, D-34)."""

from __future__ import annotations

import re
from datetime import date

import pytest

from app.domain.alarms import HAPPENINGS, PROMPT_LIMIT, SNOOZE_MINUTES, SOUNDS
from app.kernel.enums import Severity
from tests.alarm_load import CASES, of_day, worst_flood
from tests.cli.test_real_day import REAL, REAL_IS_HERE, ROOT, SYNTHETIC

PAGE = ROOT / "docs" / "alarms.md"
DAYS = [
    pytest.param("synthetic", SYNTHETIC, date(2024, 3, 6), id="synthetic"),
    pytest.param("real", REAL, date(2017, 1, 1), id="real", marks=REAL_IS_HERE),
]


def part(name: str) -> list[str]:
    """Lines of the page between two marks."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end of {name} -->", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1].splitlines()


@pytest.mark.parametrize("case", CASES, ids=[name for name, _, _ in CASES])
@pytest.mark.parametrize(("name", "file", "day"), DAYS)
def test_a_day_of_calls_prompts_seldom_and_loses_nothing(
    name: str, file: object, day: date, case: tuple[object, ...]
) -> None:
    said, met, rule = case
    load = of_day(file, day, met, rule)  # type: ignore[arg-type]
    assert load.most <= PROMPT_LIMIT and load.lost == 0
    assert load.calls in (40, 539) and load.red + load.amber >= load.prompts > 0
    row = (
        f"| {name} | {said} | {load.calls} | {load.reportable} | {load.red} | {load.amber} | {load.prompts} |"
        f" {load.most} |"
    )
    assert row in part("load"), "the page says what is counted"


def test_forty_amber_alarms_at_once_are_one_prompt_and_forty_red_ones_forty() -> None:
    """Grouped, not lost; red is never grouped away, so a flood of red is not hidden by the limit."""
    amber = worst_flood(40)
    assert (amber.amber, amber.red, amber.lost) == (40, 0, 0) or amber.amber >= 40
    assert amber.prompts <= 2 and amber.most <= PROMPT_LIMIT
    red = worst_flood(40, met_after_s=None)
    assert red.red == 80 and red.most == 40 and red.lost == 0


def test_the_page_shows_the_declared_ranks() -> None:
    rows = part("ranks")[2:]
    made = []
    for kind, known in HAPPENINGS.items():
        ranks = ", ".join(rank.name.lower() for rank in known.ranks)
        groups = ", ".join(rank.name.lower() for rank in known.groups) or "never"
        made.append(f"| `{kind}` | {ranks} | {', '.join(known.rules)} | {groups} | `{known.act}` |")
    assert rows == made
    text = PAGE.read_text("utf-8")
    assert f"again every {SOUNDS[Severity.RED].again_s} s" in text
    assert ", ".join(map(str, SNOOZE_MINUTES[:-1])) + f" or {SNOOZE_MINUTES[-1]} minutes" in text
