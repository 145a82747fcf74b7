"""What the settings screen asks of a running site."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

USED, LATER, FIXED = "used", "later", "fixed"


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One rule number as it stands (D-31), in its own `unit`.

    `value` holds now; `own` is the pack's, `default` the stated default. `standing`: used | later (no duty of this version
    asks for it) | fixed (this version keeps to the default). `changed_at` (UTC ms), `agency`, `title`: who changed it
    last, None and "" when nobody did. `disputed`: values that stand against each other.
    """

    key: str
    value: int
    own: int
    default: int
    unit: str
    low: int
    high: int
    rule: str
    clause: str
    standing: str = USED
    changed_at: int | None = None
    agency: str = ""
    title: str = ""
    disputed: tuple[int, ...] = ()


class SettingsDoor(Protocol):
    """The rule numbers of the site behind the window."""

    def numbers(self) -> Future[Sequence[NumberRow]]:
        """All of them, in the order of the rules."""
        ...
