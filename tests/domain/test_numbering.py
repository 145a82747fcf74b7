"""Incident numbers (D-20, D-35)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.numbering import IncidentNumber, incident_number, parse_number, workstation_letter
from app.kernel.enums import Agency
from app.kernel.errors import ErrorCode
from tests.domain.helpers import refused

LETTERS = st.sampled_from(["", *"BCDEFGHIJKLMNOPQRSTUVWXYZ"])
PARTS = st.tuples(
    st.sampled_from(Agency),
    st.dates(date(2020, 1, 1), date(2099, 12, 31)).map(lambda day: f"{day:%Y%m%d}"),
    LETTERS,
    st.integers(1, 20_000),
)


def test_forms() -> None:
    assert incident_number(Agency.EMB, "20250714", "", 1) == "EMB-20250714-001"
    assert incident_number(Agency.EMB, "20250714", "B", 1) == "EMB-20250714-B001"
    assert incident_number(Agency.FRD, "20250714", "", 999) == "FRD-20250714-999"
    assert incident_number(Agency.FRD, "20250714", "", 1000) == "FRD-20250714-1000"


@given(PARTS)
def test_round_trip(parts: tuple[Agency, str, str, int]) -> None:
    agency, day, letter, n = parts
    assert parse_number(incident_number(*parts)) == IncidentNumber(day, agency, letter, n)


@given(PARTS, PARTS)
def test_different_parts_never_print_the_same(
    one: tuple[Agency, str, str, int], two: tuple[Agency, str, str, int]
) -> None:
    assert (incident_number(*one) == incident_number(*two)) == (one == two)


@given(st.lists(st.integers(1, 20_000), unique=True))
def test_a_series_sorts_by_count_also_beyond_999(counts: list[int]) -> None:
    numbers = [parse_number(incident_number(Agency.EMB, "20250714", "", n)) for n in counts]
    assert [number.n for number in sorted(numbers)] == sorted(counts)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "EMB-20250714-01",
        "EMB-20250714-000",
        "EMB-20250714-0001",
        "EMB-20250714-A001",
        "EMB-20250714-b001",
        "EMB-20250230-001",
        "XXX-20250714-001",
        "EMB-20250714-001 ",
        "EMB-20250714-001\n",
        "EMB-20250714-٠٠١",
        "EMB20250714001",
    ],
)
def test_no_number(text: str) -> None:
    with refused(ErrorCode.FORMAT, "no"):
        parse_number(text)


@pytest.mark.parametrize(
    ("day", "letter", "n"),
    [
        ("20250714", "", 0),
        ("20250714", "", -1),
        ("2025-07-14", "", 1),
        ("20251314", "", 1),
        ("20250714", "A", 1),
    ],
)
def test_parts_that_make_no_number(day: str, letter: str, n: int) -> None:
    with pytest.raises(ValueError, match="no incident number"):
        incident_number(Agency.EMB, day, letter, n)


def test_letters_of_workstations() -> None:
    assert [workstation_letter(position) for position in (1, 2, 3, 26)] == ["", "B", "C", "Z"]
    for position in (0, 27):
        with pytest.raises(ValueError, match="series letter"):
            workstation_letter(position)
