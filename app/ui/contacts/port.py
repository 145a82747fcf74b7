"""What the screen of contacts asks of a running site; what it does goes through commands."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ContactLine:
    """One contact, masked; `state`: open | waiting | withheld | disputed | purged; `destroyed`: agencies that have
    said so; `why`: the reason of the order."""

    id: str
    about: str
    masked: str
    at: int
    agency: str
    state: str
    destroyed: tuple[str, ...] = ()
    why: str = ""


class ContactDoor(Protocol):
    """Contacts of the site behind the window."""

    def lines(self, incident_id: str) -> Future[Sequence[ContactLine]]:
        """Contacts of an incident, oldest first."""
        ...
