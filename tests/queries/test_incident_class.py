"""Classes that are pending for too long, and the headquarters of those that are known (RC-01)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.kernel.clock import MINUTE_MS
from app.kernel.enums import IncidentClass
from app.queries import incidents
from app.usecases.incidents import ChangeIncident
from tests.kit import Site, act, emb, register, town

__all__ = ["emb", "town"]
LIMIT_S = 600


def test_a_pending_class_is_late_after_ten_minutes(emb: Site) -> None:
    row = register(emb, class_code=IncidentClass.PENDING)
    at = row.registered_at or 0
    assert incidents.class_overdue_since(row, at + 10 * MINUTE_MS, LIMIT_S) is None
    assert incidents.class_overdue_since(row, at + 10 * MINUTE_MS + 1, LIMIT_S) == at
    for over in ({"open": 0}, {"retracted": 1}, {"class_code": "accident"}, {"class_code": None}):
        assert incidents.class_overdue_since(replace(row, **over), at + 60 * MINUTE_MS, LIMIT_S) is None, over
    assert incidents.class_overdue_since(row, at + 3 * MINUTE_MS + 1, 180) == at, "another district's limit"


def test_open_incidents_without_a_class_are_found(emb: Site) -> None:
    row = register(emb, class_code=IncidentClass.PENDING)
    register(emb)
    assert [found.id for found in emb.node.local(incidents.pending_class)] == [row.id]
    act(emb, "duty_officer", ChangeIncident(incident_id=row.id, class_code=IncidentClass.NATURAL))
    assert emb.node.local(incidents.pending_class) == []


@pytest.mark.parametrize("code", [*IncidentClass, None, "unknown"])
def test_every_known_class_has_its_headquarters(code: str | None) -> None:
    known = code in set(IncidentClass) - {IncidentClass.PENDING}
    assert incidents.special_hq(code) == (f"special_hq.{code}" if known else None)
