"""Points of interest on the map, hospitals first (MP-02)."""

from __future__ import annotations

from db.fields import fixed, owned, shared
from db.tables.forces import POSITION

POINT = shared(
    "point",
    [
        fixed("kind"),
        owned("name", "birth"),
        owned("address", "birth"),
        owned("unit_code", "birth"),
        owned("position", "birth", POSITION),
    ],
    indexes=[("kind",)],
)
