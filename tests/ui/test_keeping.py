"""What a window keeps, and where it may stand: pure rules (docs/decisions/0043)."""

from __future__ import annotations

import pytest

from app.ui.shell.keeping import MOST_SETUPS, Box, box_of, brought_back, is_seen, kept_for, overlap, with_kept

ONE, TWO = (0, 0, 1920, 1080), (1920, 0, 3840, 2160)


@pytest.mark.parametrize(
    ("box", "seen"),
    [
        ((100, 100, 800, 600), True),
        ((2500, 300, 800, 600), True),  # on the second screen
        ((1700, 100, 800, 600), True),  # over both
        ((6000, 100, 800, 600), False),
        ((100, -700, 800, 600), False),
        ((100, -50, 800, 600), False),  # its top cannot be taken
        ((-500, 100, 800, 600), False),  # less than half of it
        ((-700, 900, 800, 600), False),
    ],
)
def test_a_window_is_seen_when_it_can_be_taken_and_half_of_it_shows(box: Box, seen: bool) -> None:
    assert is_seen(box, [ONE, TWO]) is seen
    assert (brought_back(box, [ONE, TWO]) == box) is seen


def test_what_is_lost_comes_whole_onto_a_screen() -> None:
    on_two = (3000, 500, 1200, 900)
    assert brought_back(on_two, [ONE]) == (720, 180, 1200, 900)
    assert brought_back((2000, 0, 3800, 2100), [ONE]) == ONE  # larger than what is left
    assert brought_back((1800, 400, 1000, 500), [ONE]) == (920, 400, 1000, 500)  # where most of it was
    assert brought_back((5, 5, 10, 10), []) == (5, 5, 10, 10)
    lost = [(x, y, 700, 500) for x in (-900, 1900, 9000) for y in (-900, 1060, 9000)]
    for box in lost:
        back = brought_back(box, [ONE])
        assert overlap(back, ONE) == back[2] * back[3]


def test_states_are_kept_by_account_and_set_up() -> None:
    memory = with_kept(None, "anna", "A", {"layout": "duty"})
    memory = with_kept(memory, "bert", "A", {"layout": "single"})
    memory = with_kept(memory, "bert", "A | B", {"layout": "emergency"})
    assert kept_for(memory, "anna", "A") == {"layout": "duty"}
    assert kept_for(memory, "bert", "A") == {"layout": "single"}
    assert kept_for(memory, "", "A | B") == {"layout": "emergency"}  # nobody yet: whoever was last
    assert kept_for(memory, "anna", "A | B") is None
    assert kept_for(memory, "carl", "A") is None


def test_set_ups_of_an_account_are_bounded_and_the_oldest_goes_first() -> None:
    memory: object = None
    for number in range(MOST_SETUPS + 3):
        memory = with_kept(memory, "anna", f"S{number}", {"n": number})
        memory = with_kept(memory, "anna", "S0", {"n": 0})
    assert kept_for(memory, "anna", "S0") == {"n": 0}
    assert kept_for(memory, "anna", "S1") is None
    assert kept_for(memory, "anna", f"S{MOST_SETUPS + 2}") is not None


@pytest.mark.parametrize(
    "memory", [None, 3, [], {"kept": 1}, {"kept": {"a": 2}}, {"last": "a", "kept": {"a": {"S": 5}}}]
)
def test_a_memory_of_any_shape_is_survived(memory: object) -> None:
    assert kept_for(memory, "a", "S") is None
    assert kept_for(with_kept(memory, "a", "S", {"x": 1}), "a", "S") == {"x": 1}


@pytest.mark.parametrize(
    "value", [None, 1, "abcd", [1, 2, 3], [1, 2, "3", 4], [1, 2, 0, 4], [1, 2, 3, -4], {"x": 1}]
)
def test_a_place_of_any_shape_is_survived(value: object) -> None:
    assert box_of(value) is None
