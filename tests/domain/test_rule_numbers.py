"""Which rule numbers this version asks for is said as it is (D-31)."""

from __future__ import annotations

import re
from pathlib import Path

from app.domain.rule_numbers import FIXED, IN_USE, RuleKey

APP = Path(__file__).resolve().parents[2] / "app"
_DECLARED = APP / "domain" / "rule_numbers.py"


def asked_for() -> set[str]:
    """Names of the numbers that the program's source asks for."""
    sources = [path.read_text("utf-8") for path in sorted(APP.rglob("*.py")) if path != _DECLARED]
    return {name for source in sources for name in re.findall(r"\bRuleKey\.([A-Z_]+)\b", source)}


def test_what_is_said_to_be_used_is_asked_for_and_nothing_else() -> None:
    """D-31: a number that nothing asks for is shown as such; one that is asked for is not shown as unused."""
    assert {key.name for key in IN_USE} == asked_for()


def test_fixed_ones_are_not_asked_for() -> None:
    assert not IN_USE & FIXED
    assert len(IN_USE | FIXED) < len(RuleKey)
