"""Theme files read and checked; contrast as WCAG computes it. No Qt here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app.kernel.kept import kept
from app.kernel.texts import RESOURCES

DESK_KINDS = ("dark", "light", "contrast")  # what an officer chooses between, in the order of the switch
KINDS = (*DESK_KINDS, "wall")
LEVELS = ("level_1", "level_2", "level_3", "level_4", "level_none")
REFERENCE_MM_PER_PX = 0.496  # the panel for which the sizes of wall.toml were computed
_LINEAR_BELOW = 0.04045


@dataclass(frozen=True)
class Tokens:
    """One theme file: colours by token as #RRGGBB, sizes of type in px."""

    kind: str
    colours: Mapping[str, str]
    sizes: Mapping[str, int]

    def sized_for(self, mm_per_px: float) -> Tokens:
        """Wall only: sizes for a panel of another pixel pitch, so that text keeps its angle at 4 m."""
        if self.kind != "wall":
            return self
        factor = REFERENCE_MM_PER_PX / mm_per_px
        return Tokens(
            self.kind, self.colours, {name: math.ceil(size * factor) for name, size in self.sizes.items()}
        )


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(path.read_text("utf-8"))


@cache
def load(kind: str) -> Tokens:
    """Read resources/themes/<kind>.toml; KeyError for a kind there is not."""
    if kind not in KINDS:
        raise KeyError(kind)
    path = RESOURCES / "themes" / f"{kind}.toml"
    content = kept(kind, [str(path)], lambda: _read(path))
    return Tokens(kind, content["colours"], content["type"])


def next_desk_kind(kind: str) -> str:
    """The theme that a switch goes to."""
    return DESK_KINDS[(DESK_KINDS.index(kind) + 1) % len(DESK_KINDS)] if kind in DESK_KINDS else DESK_KINDS[0]


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB, 0 to 1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= _LINEAR_BELOW else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours #RRGGBB, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
