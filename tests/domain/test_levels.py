"""Incident levels (RULES 4.7, D-22, RC-04)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.levels import incident_level, preliminary, severity
from app.kernel.enums import IncidentLevel as L
from app.kernel.errors import ErrorCode
from tests.domain.helpers import refused

FIGURES = st.none() | st.integers(0, 200) | st.integers(0, 200_000_000)

TABLE = [
    # deaths: each limit and the number below it
    ((30, None, None), L.LEVEL_1),
    ((29, None, None), L.LEVEL_2),
    ((10, None, None), L.LEVEL_2),
    ((9, None, None), L.LEVEL_3),
    ((3, None, None), L.LEVEL_3),
    ((2, None, None), L.LEVEL_4),
    ((1, None, None), L.LEVEL_4),
    ((0, None, None), L.LEVEL_NONE),
    ((None, 100, None), L.LEVEL_1),
    ((None, 99, None), L.LEVEL_2),
    ((None, 50, None), L.LEVEL_2),
    ((None, 49, None), L.LEVEL_3),
    ((None, 10, None), L.LEVEL_3),
    ((None, 9, None), L.LEVEL_4),
    ((None, 1, None), L.LEVEL_4),
    ((None, None, 100_000_000), L.LEVEL_1),
    ((None, None, 99_999_999), L.LEVEL_2),
    ((None, None, 50_000_000), L.LEVEL_2),
    ((None, None, 49_999_999), L.LEVEL_3),
    ((None, None, 10_000_000), L.LEVEL_3),
    ((None, None, 9_999_999), L.LEVEL_4),
    ((None, None, 1), L.LEVEL_4),
    ((None, None, None), L.LEVEL_NONE),
    ((0, 0, 0), L.LEVEL_NONE),
    ((0, 5, None), L.LEVEL_4),  # S3 after the hospital's figure
    ((1, 2, None), L.LEVEL_4),  # S2
    ((1, 60, 10), L.LEVEL_2),  # the gravest column decides
]


@pytest.mark.parametrize(("figures", "level"), TABLE)
def test_table_of_order_493(figures: tuple[int | None, int | None, int | None], level: L) -> None:
    assert incident_level(*figures) is level


@pytest.mark.parametrize("bad", [-1, 1.5, "3", True])
@pytest.mark.parametrize("column", ["deaths", "injured_serious", "direct_loss_yuan"])
def test_a_figure_is_a_whole_number_from_nought(bad: Any, column: str) -> None:
    figures: dict[str, Any] = {"deaths": None, "injured_serious": None, "direct_loss_yuan": None, column: bad}
    with refused(ErrorCode.RANGE, column):
        incident_level(**figures)


@given(FIGURES, FIGURES, FIGURES)
def test_highest_of_three_columns_decides(deaths: Any, injured: Any, loss: Any) -> None:
    alone = [
        incident_level(deaths, None, None),
        incident_level(None, injured, None),
        incident_level(None, None, loss),
    ]
    assert severity(incident_level(deaths, injured, loss)) == max(severity(level) for level in alone)


@given(st.tuples(FIGURES, FIGURES, FIGURES), st.integers(0, 2), st.integers(0, 100_000_000))
def test_more_is_never_less_grave(figures: tuple[Any, ...], column: int, more: int) -> None:
    grown = list(figures)
    grown[column] = (grown[column] or 0) + more
    assert severity(incident_level(*grown)) >= severity(incident_level(*figures))


@given(FIGURES, FIGURES, FIGURES)
def test_no_level_means_nothing_known(deaths: Any, injured: Any, loss: Any) -> None:
    nothing = not any((deaths, injured, loss))
    assert (incident_level(deaths, injured, loss) is L.LEVEL_NONE) == nothing


def test_preliminary_until_figures_are_verified() -> None:
    assert preliminary(L.LEVEL_4, figures_verified=False)
    assert not preliminary(L.LEVEL_4, figures_verified=True)
    assert not preliminary(L.LEVEL_NONE, figures_verified=False)
