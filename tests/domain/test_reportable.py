"""Which incidents owe reports (D-34)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import reportable
from app.domain.figures import Figures
from app.domain.reportable import ReportableRule, owes_reports
from tests.domain.helpers import district

RULE = ReportableRule(min_alarm_grade=2, type_codes=frozenset({"hazmat"}))


def test_everything_a_person_registers_owes_reports() -> None:
    assert owes_reports(True, None, None, None, RULE) == (True, reportable.BY_PERSON)


@pytest.mark.parametrize(("grade", "owes"), [(None, False), (1, False), (2, True), (5, True)])
def test_a_feed_incident_owes_by_grade(grade: int | None, owes: bool) -> None:
    expected = reportable.BY_GRADE if owes else reportable.EVERYDAY
    assert owes_reports(False, grade, "fire", Figures(), RULE) == (owes, expected)


def test_a_feed_incident_owes_by_type() -> None:
    assert owes_reports(False, 1, "hazmat", None, RULE) == (True, reportable.BY_TYPE)
    assert owes_reports(False, 1, "gas", None, RULE) == (False, reportable.EVERYDAY)


@pytest.mark.parametrize("figure", ["deaths", "injured_serious", "injured_minor", "missing", "trapped"])
def test_a_feed_incident_owes_when_one_person_is_harmed(figure: str) -> None:
    assert owes_reports(False, 1, None, Figures(**{figure: 1}), RULE) == (True, reportable.BY_FIGURES)
    assert owes_reports(False, 1, None, Figures(**{figure: 0}), RULE) == (False, reportable.EVERYDAY)


def test_evacuation_and_loss_alone_make_no_reportable_incident() -> None:
    figures = Figures(evacuated=200, direct_loss_yuan=5_000)
    assert owes_reports(False, 1, None, figures, RULE) == (False, reportable.EVERYDAY)


@given(st.booleans(), st.none() | st.integers(1, 5), st.integers(0, 3))
def test_a_reason_never_takes_the_duty_away(person: bool, grade: int | None, trapped: int) -> None:
    before, _ = owes_reports(person, grade, None, None, RULE)
    after, reason = owes_reports(person, grade, None, Figures(trapped=trapped), RULE)
    assert after >= before
    assert after == (reason != reportable.EVERYDAY)


def test_the_sample_pack_states_the_default() -> None:
    assert district().reportable_rule == ReportableRule()
