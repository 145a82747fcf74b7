"""Shelters as a simple register (RS-08)."""

from __future__ import annotations

from sqlalchemy import Float, Integer

from db.fields import fixed, owned, shared
from db.tables.forces import POSITION

SHELTER = shared(
    "shelter",
    [
        fixed("code"),
        owned("name", "birth"),
        owned("kind", "birth"),
        owned("indoor", "birth", Integer),
        owned("area_m2", "birth", Float),
        owned("capacity", "birth", Integer),
        owned("occupied", "birth", Integer),
        owned("state", "birth"),
        owned("unit_code", "birth"),
        owned("address", "birth"),
        owned("position", "birth", POSITION),
    ],
    indexes=[("code",), ("unit_code",)],
)
