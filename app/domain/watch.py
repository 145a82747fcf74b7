"""Posts on watch: what is missing, and the two-person rule (JD-04)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.kernel.enums import Post
from app.kernel.errors import ErrorCode, Refusal

# Two different persons, always (001, two-person rule).
_APART = frozenset({Post.DUTY_CHIEF, Post.DUTY_OFFICER})


@dataclass(frozen=True, slots=True)
class Holder:
    """A person present on a post; `person_id` is the account of that person."""

    person_id: str
    post: Post


def missing_posts(present: Iterable[Holder]) -> tuple[Post, ...]:
    """Posts nobody holds, in the order leader, chief, officer (JD-04); empty when the shift is complete."""
    held = {holder.post for holder in present}
    return tuple(post for post in Post if post not in held)


def two_persons_present(present: Iterable[Holder]) -> bool:
    """Two-person rule (JD-04): a chief and an officer, different persons, are there; else a red alert."""
    known = tuple(present)
    chiefs = {holder.person_id for holder in known if holder.post is Post.DUTY_CHIEF}
    officers = {holder.person_id for holder in known if holder.post is Post.DUTY_OFFICER}
    return bool(chiefs) and bool(officers) and len(chiefs | officers) > 1


def check_take_post(person_id: str, post: Post, present: Iterable[Holder]) -> None:
    """Refuse one person as duty chief and duty officer at once: E_STATE (JD-04)."""
    for holder in present:
        if holder.person_id == person_id and holder.post is not post and {holder.post, post} == _APART:
            raise Refusal(
                ErrorCode.STATE,
                "refusal.duty.two_posts",
                field="post",
                clause="JD-04",
                post=post,
                held=holder.post,
            )


def check_end_watch(person_id: str, holder_id: str, left_at_ms: int | None) -> None:
    """Refuse to end a watch that was left already, or one's own: that is leaving (E_STATE, JD-04)."""
    if left_at_ms is not None:
        raise Refusal(ErrorCode.STATE, "refusal.duty.watch_over", field="watch_id", clause="JD-04")
    if person_id == holder_id:
        raise Refusal(ErrorCode.STATE, "refusal.duty.own_watch", field="watch_id", clause="JD-04")
