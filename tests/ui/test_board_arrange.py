"""Order, groups and steps of the board against sorting everything anew (SCREEN, Manners; NOTES, groups)."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.queries.board_view import BoardRow, BoardView, Sort
from app.ui.board.arrange import CLOSED, OVERDUE, RUNNING, SOON, Head, Insert, Move, Remove, Sorted, steps
from tests.ui.board_world import NOW

VIEW = BoardView("EMB", "FRD")
RECEIVED = BoardView("EMB", "FRD", sort=Sort.RECEIVED)


def row(row_id: str, due: int | None = None, open_: int = 1, received: int | None = NOW) -> BoardRow:
    """A row with a place in the order and little else."""
    return BoardRow(
        row_id, None, None, None, None, None, None, "handling", None, 1, received, due, None, open_, 0, None, None, None
    )  # fmt: skip


def naming(sorted_: Sorted, now: int = NOW) -> list[str]:
    return [item.id for item in sorted_.items(now, 600)]


ORDERS = st.lists(st.integers(0, 25), unique=True, max_size=26).map(lambda ns: [f"r{n}" for n in ns])


@settings(max_examples=400, deadline=None)
@given(ORDERS, ORDERS)
def test_steps_lead_from_any_order_to_any_other(shown: list[str], wanted: list[str]) -> None:
    now = list(shown)
    for step in steps(shown, wanted):
        if isinstance(step, Remove):
            assert set(now[step.first : step.last + 1]).isdisjoint(wanted)
            del now[step.first : step.last + 1]
        elif isinstance(step, Move):
            assert step.source != step.target
            now.insert(step.target, now.pop(step.source))
        else:
            assert isinstance(step, Insert)
            now[step.first : step.first] = wanted[step.first : step.last + 1]
    assert now == wanted


def test_one_row_that_moves_far_is_one_step() -> None:
    names = [f"r{n}" for n in range(500)]
    moved = [*names[:5], *names[6:400], names[5], *names[400:]]
    assert list(steps(names, moved)) == [Move(5, 399)]
    assert list(steps(moved, names)) == [Move(399, 5)]
    assert list(steps(names, names)) == []


def test_neighbours_go_and_come_together() -> None:
    assert list(steps(list("abcdef"), list("af"))) == [Remove(1, 4)]
    assert list(steps(list("af"), list("abcdef"))) == [Insert(1, 4)]


ROWS = st.lists(
    st.tuples(
        st.integers(0, 15),
        st.sampled_from([None, NOW - 1, NOW, NOW + 600_000, NOW + 600_001]),
        st.sampled_from([0, 1]),
        st.sampled_from([None, NOW, NOW - 1, NOW - 90_000_000]),
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(ROWS, st.sampled_from([VIEW, RECEIVED]))
def test_rows_stand_as_if_sorted_anew_after_every_change(changes: list[Any], view: BoardView) -> None:
    sorted_, plain = Sorted(view), dict[str, BoardRow]()
    for number, due, open_, received in changes:
        new = row(f"r{number:02d}", due, open_, received)
        if new == plain.get(new.id) or (due is None and received is None):
            sorted_.drop(new.id)
            plain.pop(new.id, None)
        else:
            sorted_.put(new)
            plain[new.id] = new
        expected = [each.id for each in sorted(plain.values(), key=view.key)]
        assert [item.id for item in sorted_.items(NOW, 600) if not isinstance(item, Head)] == expected
        assert len(sorted_) == len(plain)


def group_of(one: BoardRow, now: int) -> str:
    """Groups, said in Python; D-02: the limit itself is on time."""
    if not one.open:
        return CLOSED
    if one.due_at is None or one.due_at - now > 600_000:
        return RUNNING
    return OVERDUE if now > one.due_at else SOON


@settings(max_examples=200, deadline=None)
@given(ROWS, st.integers(-2, 2))
def test_every_row_stands_below_the_head_of_its_group(rows: list[Any], later: int) -> None:
    sorted_ = Sorted(VIEW)
    for number, due, open_, received in rows:
        if open_ or due is None:  # a closed incident has no running clock
            sorted_.put(row(f"r{number:02d}", due, open_, received))
    head, heads = "", list[str]()
    for item in sorted_.items(NOW + later, 600):
        if isinstance(item, Head):
            head = item.group
            heads.append(head)
        else:
            assert head == group_of(item, NOW + later)
    assert heads == [group for group in (OVERDUE, SOON, RUNNING, CLOSED) if group in heads]
    assert len(set(heads)) == len(heads)


def test_time_alone_moves_heads_not_rows() -> None:
    sorted_ = Sorted(VIEW)
    for name, due in (("a", NOW + 1_000), ("b", NOW + 700_000), ("c", None)):
        sorted_.put(row(name, due))
    assert naming(sorted_) == ["#soon", "a", "#running", "b", "c"]
    assert naming(sorted_, NOW + 1_000) == ["#soon", "a", "#running", "b", "c"]
    assert naming(sorted_, NOW + 1_001) == ["#overdue", "a", "#running", "b", "c"]
    assert naming(sorted_, NOW + 100_000) == ["#overdue", "a", "#soon", "b", "#running", "c"]


def test_newest_first_has_heads_of_days_in_shanghai() -> None:
    sorted_ = Sorted(RECEIVED)
    midnight = NOW - NOW % 86_400_000 + 16 * 3_600_000 - 86_400_000  # 0:00 in Shanghai of 2025-07-14
    for name, at in (("a", NOW), ("b", midnight), ("c", midnight - 1), ("d", None)):
        sorted_.put(row(name, None, 1, at))
    assert naming(sorted_) == ["#day-20250714", "a", "b", "#day-20250713", "c", "#day-", "d"]


def test_a_dropped_row_is_forgotten() -> None:
    sorted_ = Sorted(VIEW)
    sorted_.put(row("a"))
    sorted_.drop("a")
    sorted_.drop("never there")
    assert naming(sorted_) == []
    assert not sorted_.rows
