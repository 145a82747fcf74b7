"""Grouped boards, debts and what is open: pages, heads and membership against the plainest computation (SCREEN, RP-07, D-03)."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.queries import board
from app.queries.board_view import BoardView, Chip, Sort, words_of
from app.ui.board.arrange import Head, Sorted
from tests.queries.test_board import EMB, MINUTE, NOW, add, clear, conflict, db, pages, shared_file

__all__ = ["db", "shared_file"]

INCIDENTS = st.lists(
    st.fixed_dictionaries(
        {
            "open": st.sampled_from([0, 1, 1]),
            "agency": st.sampled_from(["EMB", "FRD", None]),
            "next_due_at": st.sampled_from([None, NOW - 5, NOW + 1, NOW + MINUTE]),
            "received_at": st.sampled_from([None, NOW - 3, NOW]),
            "retracted": st.sampled_from([0, 0, 0, 1]),
            "what": st.sampled_from(["火灾", "内涝", "火灾内涝"]),
            "incident_level": st.sampled_from([None, "level_none", "level_1", "level_2", "level_4"]),
            "unit_code": st.sampled_from([None, "310105001", "310105006"]),
            "conflicts": st.sampled_from([0, 0, 1]),
        }
    ),
    max_size=30,
)
LEVELS = ["level_1", "level_2", "level_4", "level_none"]
STREETS = ["310105001", "310105006", ""]
OWNERS = ["EMB", "FRD", ""]


def owner(row: dict[str, Any]) -> str:
    runs = row["open"] and row["next_due_at"] is not None
    return (row["agency"] or "") if runs else ""


def group_of(row: dict[str, Any], sort: Sort) -> tuple[int, str]:
    """(place among the groups, name)"""
    if not row["open"]:
        return 9, ""
    if sort is Sort.LEVEL:
        name = row["incident_level"] or "level_none"
        return LEVELS.index(name), name
    name = (row["unit_code"] or "") if sort is Sort.STREET else owner(row)
    return (STREETS if sort is Sort.STREET else OWNERS).index(name), name


def belongs(row: dict[str, Any], view: BoardView) -> bool:
    if row["retracted"] or not all(word in row["what"] for (word,) in view.words):
        return False
    return {
        Chip.ALL: True,
        Chip.OPEN: bool(row["open"]),
        Chip.OURS: owner(row) == "EMB",
        Chip.THEIRS: owner(row) == "FRD",
        Chip.CONFLICTS: bool(row["conflicts"]),
    }[view.chip]


def plainly(rows: list[dict[str, Any]], view: BoardView) -> list[str]:
    def key(row: dict[str, Any]) -> tuple[Any, ...]:
        received = (0, -row["received_at"]) if row["received_at"] is not None else (1, 0)
        due = (0, row["next_due_at"]) if row["next_due_at"] is not None else (1, 0)
        if view.sort is Sort.RECEIVED:
            return (*received, row["id"])
        group = group_of(row, view.sort) if view.sort is not Sort.DEADLINE else ()
        return (-row["open"], *group, *due, *received, row["id"])

    return [row["id"] for row in sorted((row for row in rows if belongs(row, view)), key=key)]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    INCIDENTS,
    st.integers(1, 7),
    st.sampled_from(Sort),
    st.sampled_from(Chip),
    st.sampled_from(["", "火灾", "火灾 内涝"]),
)
def test_every_view_holds_its_rows_once_in_order(
    db: sqlite3.Connection,
    incidents: list[dict[str, Any]],
    limit: int,
    sort: Sort,
    chip: Chip,
    words: str,
) -> None:
    clear(db)
    rows = [{"id": f"i{n:02d}", **incident} for n, incident in enumerate(incidents)]
    for row in rows:
        add(db, row["id"], **{name: value for name, value in row.items() if name not in ("id", "conflicts")})
        if row["conflicts"]:
            conflict(db, row["id"], "place", "x", "y")
    view = replace(EMB, sort=sort, chip=chip, words=words_of(words))
    wanted = plainly(rows, view)
    assert pages(db, view, limit) == wanted
    again = board.rows(db, view, [row["id"] for row in rows])
    assert {row.id for row in again} == set(wanted)
    assert set(board.page(db, view, None, 40).rows) == set(again), (
        "a page tells of a row what is told of it alone"
    )
    counts = board.counts(db, view, NOW, 600)
    assert counts.shown.open + counts.shown.closed == len(wanted)


@pytest.mark.parametrize("sort", [Sort.LEVEL, Sort.STREET, Sort.OWNER])
def test_heads_stand_between_groups_and_count_all_open_rows(db: sqlite3.Connection, sort: Sort) -> None:
    for n in range(12):
        add(
            db, f"i{n:02d}", open=int(n < 10), incident_level=LEVELS[n % 4], unit_code=STREETS[n % 3] or None,
            next_due_at=NOW + n if n % 3 else None, agency=("EMB", "FRD")[n % 2],
        )  # fmt: skip
    view = replace(EMB, sort=sort)
    found = Sorted(view)
    for row in board.page(db, view, None, 4).rows:
        found.put(row)
    counts = board.counts(db, view, NOW, 600)
    assert (
        sum(counts.groups.values()) == 10
    )  # rows that are not loaded too; closed ones have a head of their own
    for row in board.page(db, view).rows:
        found.put(row)
    heads = [item.group for item in found.items(NOW, 600) if isinstance(item, Head)]
    assert heads == [*(f"{sort}-{group}" for group in _order(sort)), "closed"]
    assert set(heads) == {f"{sort}-{group}" for group in counts.groups} | {"closed"}


def _order(sort: Sort) -> list[str]:
    return {Sort.LEVEL: LEVELS, Sort.STREET: STREETS, Sort.OWNER: OWNERS}[sort]


@pytest.mark.parametrize("sort", [Sort.LEVEL, Sort.STREET, Sort.OWNER])
def test_closed_rows_of_a_grouped_board_come_by_the_index(db: sqlite3.Connection, sort: Sort) -> None:
    """A million closed rows cost a page nothing: nothing is sorted for them."""
    for n in range(30):
        add(db, f"i{n:02d}", open=0, received_at=NOW + n)
    plans: list[str] = []
    seen: list[str] = []
    db.set_trace_callback(seen.append)
    page = board.page(db, replace(EMB, sort=sort), None, 10)
    assert page.end is not None
    board.page(db, replace(EMB, sort=sort), page.end, 10)
    db.set_trace_callback(None)
    for statement in seen:
        if "FROM incident r INDEXED BY" in statement and "r.open = 0" in statement:
            plans += [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert plans
    assert all("ix_incident_board" in plan for plan in plans), plans
