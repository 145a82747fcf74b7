"""What the rules say of those on watch (JD-04)."""

from __future__ import annotations

import pytest

from app.kernel.enums import Post
from app.queries.duty import WatchRow
from app.queries.presence import presence

LEADER, CHIEF, OFFICER = Post.LEADER_ON_SHIFT, Post.DUTY_CHIEF, Post.DUTY_OFFICER


def rows(*held: tuple[str, str]) -> list[WatchRow]:
    return [WatchRow(f"{i}", "EMB", post, who, 0, None) for i, (who, post) in enumerate(held)]


@pytest.mark.parametrize(
    ("held", "missing", "two", "people"),
    [
        ((), (LEADER, CHIEF, OFFICER), False, 0),
        ((("a", LEADER), ("b", CHIEF), ("c", OFFICER)), (), True, 3),
        ((("b", CHIEF), ("c", OFFICER)), (LEADER,), True, 2),
        ((("a", LEADER), ("b", CHIEF)), (OFFICER,), False, 2),
        ((("a", LEADER), ("a", OFFICER)), (CHIEF,), False, 1),
        ((("a", "post_of_tomorrow"),), (LEADER, CHIEF, OFFICER), False, 1),
    ],
)
def test_presence(
    held: tuple[tuple[str, str], ...], missing: tuple[Post, ...], two: bool, people: int
) -> None:
    """JD-04: leader, chief, officer; chief and officer are two persons."""
    found = presence([*rows(*held), WatchRow("x", "FRD", CHIEF, "z", 0, None)], "EMB")
    assert (found.missing, found.two_persons, found.people) == (missing, two, people)
