"""What the rules say of those on watch (JD-04), for the screen; light on purpose: nothing here opens a database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.watch import Holder, missing_posts, two_persons_present
from app.kernel.enums import Post

if TYPE_CHECKING:
    from app.queries.duty import WatchRow


@dataclass(frozen=True, slots=True)
class Presence:
    """One agency's shift now: posts nobody holds, whether chief and officer are two persons, how many persons."""

    missing: tuple[Post, ...]
    two_persons: bool
    people: int


def presence(rows: Iterable[WatchRow], agency: str) -> Presence:
    """Judge those present of one agency (JD-04); posts that only a newer version knows count as persons."""
    mine = [row for row in rows if row.agency == agency]
    holders = [Holder(row.account_id or "", Post(row.post)) for row in mine if row.post in set(Post)]
    return Presence(
        missing_posts(holders), two_persons_present(holders), len({row.account_id for row in mine})
    )
