"""What model, card and list share: lines of the list, kinds of stations that are drawn small."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from app.kernel.texts import RESOURCES


@dataclass(frozen=True, slots=True)
class Entry:
    """A record by kind and id; `placed` is False for what has no coordinates (MP-02)."""

    kind: str
    id: str
    name: str
    detail: str
    placed: bool


@cache
def minor_station_kinds() -> frozenset[str]:
    """Kinds of stations that are drawn small and counted apart."""
    text = (RESOURCES / "map" / "kinds.toml").read_text("utf-8")
    return frozenset(tomllib.loads(text)["minor_stations"])
