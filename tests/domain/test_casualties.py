"""Casualty figures as stated: level, what may be printed, what is no figure (IS-14, D-19, D-22, RULES 4.7)."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.casualties import (
    Statement,
    check_source,
    level_by,
    numbers,
    printable,
    statement_of,
)
from app.domain.figures import FIGURES
from app.kernel.enums import Figure
from app.kernel.enums import IncidentLevel as L
from app.kernel.enums import VerifyState as V
from app.kernel.errors import Refusal
from db.tables import incidents


def said(number: int, state: V = V.REPORTED) -> Statement:
    return Statement(number, state)


def test_the_figures_of_the_rules_are_those_of_the_table() -> None:
    assert incidents.FIGURES == FIGURES == tuple(Figure)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ([4, "verifying", None, 1], said(4, V.VERIFYING)),
        ([0, "verified", "x", 1], said(0, V.VERIFIED)),
        ([4, "of a newer version", None, 1], said(4)),
        ([None, None, None, None], None),
        ([-1, "reported", None, 1], None),
        ([True, "reported", None, 1], None),
        ([4], None),
        ("4", None),
        (None, None),
    ],
)
def test_what_is_stored_is_read_whoever_wrote_it(value: Any, found: Statement | None) -> None:
    assert statement_of(value) == found


def test_numbers_stand_in_one_order_whoever_wrote_first() -> None:
    """D-19: "核实中 (4/6)" in both rooms."""
    assert numbers([said(6), said(4)]) == numbers([said(4), said(6)]) == (4, 6)
    assert numbers([said(4, V.VERIFIED), said(4)]) == (4,)


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ([], None),
        ([said(4)], 4),
        ([said(4, V.VERIFYING)], 4),
        ([said(4, V.REFUTED)], None),
        ([said(4), said(6)], None),
        ([said(4, V.VERIFYING), said(6, V.VERIFIED)], 6),
        ([said(6, V.VERIFIED), said(4, V.VERIFIED)], 4),
        ([said(6, V.VERIFIED), said(4, V.REFUTED)], 6),
        ([said(4), said(4, V.VERIFYING)], None),
    ],
)
def test_a_report_prints_a_disputed_figure_only_when_it_was_verified(
    statements: list[Statement], found: int | None
) -> None:
    assert printable(statements) == printable(statements[::-1]) == found


@pytest.mark.parametrize(
    ("figures", "level", "preliminary"),
    [
        ({}, L.LEVEL_NONE, False),
        ({"deaths": [said(0)]}, L.LEVEL_NONE, False),
        ({"deaths": [said(1)]}, L.LEVEL_4, True),
        ({"deaths": [said(1, V.VERIFIED)]}, L.LEVEL_4, False),
        ({"deaths": [said(1, V.VERIFIED)], "injured_serious": [said(2)]}, L.LEVEL_4, True),
        ({"deaths": [said(3, V.REFUTED)]}, L.LEVEL_NONE, False),
        ({"deaths": [said(3, V.REFUTED)], "injured_serious": [said(1, V.VERIFIED)]}, L.LEVEL_4, False),
        ({"injured_serious": [said(4, V.VERIFYING), said(6)]}, L.LEVEL_4, True),
        ({"injured_serious": [said(4, V.VERIFIED), said(60)]}, L.LEVEL_2, True),
        ({"injured_serious": [said(4, V.VERIFIED), said(60, V.REFUTED)]}, L.LEVEL_4, False),
        ({"injured_serious": [said(4, V.VERIFIED), said(60, V.VERIFIED)]}, L.LEVEL_2, True),
        ({"direct_loss_yuan": [said(10_000_000, V.VERIFIED)]}, L.LEVEL_3, False),
        ({"evacuated": [said(5_000)]}, L.LEVEL_NONE, False),
    ],
)
def test_the_level_follows_from_all_that_stands_never_from_who_wrote_later(
    figures: dict[str, list[Statement]], level: L, preliminary: bool
) -> None:
    """RULES 4.7, D-19, D-22: the gravest of what stands against each other counts, as a first judgement."""
    turned = {name: list(reversed(each)) for name, each in figures.items()}
    assert level_by(figures) == level_by(turned) == (level, preliminary)


def test_who_verified_or_refuted_is_named() -> None:
    for state in (V.VERIFIED, V.REFUTED):
        with pytest.raises(Refusal, match="E_REQUIRED"):
            check_source(state, " ")
        check_source(state, "区中心医院")
    check_source(V.REPORTED, None)
    check_source(V.VERIFYING, "")
