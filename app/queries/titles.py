"""How an incident is named in one line, the same on board, desk and alarm strip. Light: the first paint needs it."""

from __future__ import annotations


def title_of(place: str | None, what: str | None) -> str:
    """Place and event as one line, apart where neither holds the other; empty when neither is known."""
    place, what = place or "", what or ""
    if place in what:
        return what
    return place if what in place else f"{place} {what}"
