"""Incident classes (RC-01)."""

from __future__ import annotations

import pytest

from app.domain.incident_class import PENDING_LIMIT_S, class_overdue, special_hq_key
from app.domain.rule_numbers import RuleKey
from app.kernel.enums import IncidentClass
from tests.domain.helpers import at, district


@pytest.mark.parametrize(("after_ms", "overdue"), [(0, False), (600_000, False), (600_001, True)])
def test_pending_for_at_most_ten_minutes(after_ms: int, overdue: bool) -> None:
    registered = at("14:03:00")
    assert class_overdue(IncidentClass.PENDING, registered, registered + after_ms) is overdue


@pytest.mark.parametrize("known", [c for c in IncidentClass if c is not IncidentClass.PENDING])
def test_a_known_class_is_never_overdue_and_has_its_headquarters(known: IncidentClass) -> None:
    assert not class_overdue(known, 0, at("14:03:00"))
    assert special_hq_key(known) == f"special_hq.{known}"


def test_no_headquarters_while_pending() -> None:
    assert special_hq_key(IncidentClass.PENDING) is None
    assert district().seconds(RuleKey.PENDING_CLASS_LIMIT) == PENDING_LIMIT_S
