"""What the scenarios came to: kept as JSON beside them, shown as docs/scenarios.md.

.venv/bin/python -m tests.scenarios runs them all and writes both; it refuses to forget an assertion that held before, unless
`--lost` says that this is meant.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.scenarios.reading import HERE

KEPT = HERE / "results.json"
PAGE = HERE.parents[1] / "docs" / "scenarios.md"

Kept = dict[str, dict[str, Any]]

_HEAD = """# The acceptance scenarios, as far as the program goes

Written by `.venv/bin/python -m tests.scenarios`. `tests/scenarios` runs the six scenarios as they stand on two consoles (real
SQLite, TLS over loopback, real windows offscreen, a clock one sets), once in one run and once with both consoles restarted
where the scenario says so, and compares with this page. An act that does not exist yet is missing, never passed; "in part"
says how the act falls short. An assertion that held once must go on holding. Why it is done this way:
[0037](decisions/0037-scenarios-on-real-consoles.md).
"""
_TABLE = (
    "| scenario | acts run | in part | missing | assertions held | not yet possible | failed |",
    "|---|--:|--:|--:|--:|--:|--:|",
)


def load() -> Kept:
    """What was kept; nothing before the first run."""
    kept: Kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    return kept


def judged(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, assertion) of a kept scenario."""
    for step in result["steps"]:
        for each in step["assertions"]:
            yield f"step {step['number']}", each
    for where in ("final", "general"):
        for each in result[where]:
            yield where, each


def held(result: dict[str, Any]) -> Counter[tuple[str, str]]:
    """What held, with how often."""
    return Counter((where, each["text"]) for where, each in judged(result) if each["state"] == "held")


def write(results: Kept) -> None:
    """Keep results and write the page."""
    KEPT.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")
    PAGE.write_text(page(results), "utf-8")


def page(results: Kept) -> str:
    """The page."""
    out = [_HEAD, *_TABLE]
    for name, result in results.items():
        acts = Counter(step["ran"] for step in result["steps"])
        states = Counter(each["state"] for _, each in judged(result))
        out.append(
            f"| [{name}](#{_anchor(name, result)}) {result['title']} | {acts['run']} | {acts['in part']} | {acts['missing']}"
            f" | {states['held']} | {states['not yet']} | {states['failed']} |"
        )
    for name, result in results.items():
        out += ["", f"## {name} {result['title']}", ""]
        out += _scenario(result)
    return "\n".join(out) + "\n"


def _anchor(name: str, result: dict[str, Any]) -> str:
    kept = "".join(char for char in f"{name} {result['title']}".lower() if char.isalnum() or char in " -")
    return kept.replace(" ", "-")


_SIGNS = {"held": "✓", "not yet": "–", "failed": "✗"}


def _scenario(result: dict[str, Any]) -> Iterator[str]:
    yield "| | at | act | |"
    yield "|--:|---|---|---|"
    for step in result["steps"]:
        ran = f"{step['ran']}: {step['note']}" if step["note"] else step["ran"]
        yield f"| {step['number']} | {step['at']} | `{step['text']}` | {ran} |".replace("\n", " ")
    yield ""
    gone = set()
    for step in result["steps"]:
        if step["ran"] == "missing":
            gone.add(f"step {step['number']}")
    for where, each in judged(result):
        if where not in gone:
            why = f": {each['why']}" if each["why"] else ""
            yield f"- {_SIGNS[each['state']]} {where}, `{each['text']}`{why}"
    lost = sum(len(step["assertions"]) for step in result["steps"] if step["ran"] == "missing")
    if lost:
        yield f"- – {lost} assertions of the missing acts"
