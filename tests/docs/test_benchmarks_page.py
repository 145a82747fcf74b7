"""The page of the benchmarks: a place for each of them, verdicts that follow from the figures."""

from __future__ import annotations

import importlib.util
import re

import pytest

from benchmarks.__main__ import NAMES, PAGE, put, rows
from benchmarks.figures import Figure, ratio_of_pairs, share


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_runs_alone_and_has_its_place(name: str) -> None:
    assert importlib.util.find_spec(f"benchmarks.{name}") is not None
    page = PAGE.read_text("utf-8")
    part = rows(name, [Figure(f"{name}: something", 2.0, most=1.0)])
    changed = put(page, name, part)
    assert part in changed
    others = [other for other in NAMES if other != name]
    kept = re.compile(rf"<!-- (?:{'|'.join(others)}) -->.*?<!-- end of", re.DOTALL)
    assert kept.findall(changed) == kept.findall(page)
    assert "| something | 2.00 × | ≤ 1 × | **missed** |" in part


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        put("nothing here", "start", "x")


@pytest.mark.parametrize(
    ("figure", "reached"),
    [
        (Figure("x", 1.5, most=1.5), True),
        (Figure("x", 1.51, most=1.5), False),
        (Figure("x", 50, least=50), True),
        (Figure("x", 49.9, least=50), False),
        (Figure("x", 1), None),
    ],
)
def test_verdicts(figure: Figure, reached: bool | None) -> None:
    assert figure.reached is reached


def test_told_misses_are_explained() -> None:
    """Every benchmark with a missed figure has a paragraph that says why."""
    page = PAGE.read_text("utf-8")
    explained = page.partition("## What misses")[2].partition("## Figures")[0]
    for name in NAMES:
        part = page.partition(f"<!-- {name} -->")[2].partition("<!-- end of")[0]
        assert "**missed**" not in part or f"- **{name}" in explained, name


def test_pairs_and_shares() -> None:
    assert ratio_of_pairs([2, 4, 9], [1, 2, 3]) == 2
    assert share([5, 1, 3, 2, 4], 0.95) == 5
    assert share([1.0], 0.99) == 1.0
