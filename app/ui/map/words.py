"""What the page is told once: words, legend, notes, names of units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.kernel.texts import Texts

if TYPE_CHECKING:
    from app.ui.console import DistrictView

_FREE_PX = (24, 60, 60, 56)  # left, top, right, bottom: what lies over the map at its edges
_LEVELS = (1, 2, 3, 4, 0)


def of_page(texts: Texts, district: DistrictView, *, bare: bool) -> dict[str, Any]:
    """Words of countdowns, notes and legend; `bare` keeps the legend to the levels of incidents."""
    text, word = texts.get, "ui.map.word"
    return {
        "words": {"left": text(f"{word}.left"), "over": text(f"{word}.over")},
        "notes": {
            "km": text(f"{word}.km", n="{n}"),
            "m": text(f"{word}.m", n="{n}"),
            "crs": text(f"{word}.crs"),
            "dot": text(f"{word}.dot"),
            "lines": [text(f"ui.map.note.{_note(district)}")],
        },
        "legend": _legend(texts)[:1] if bare else _legend(texts),
        "free": list(_FREE_PX),
    }


def names_of_units(district: DistrictView, units: Sequence[Any]) -> list[dict[str, Any]]:
    """Name and seat of every unit that has an area."""
    names = dict(district.streets)
    return [
        {"code": unit.unit_code, "name": names.get(unit.unit_code, unit.unit_code)}
        | {"lon": unit.seat[0], "lat": unit.seat[1]}
        for unit in units
    ]


def _note(district: DistrictView) -> str:
    """Which honest sentence about the lines stands on the map."""
    if not district.outline:
        return "no_outline"
    units: Sequence[Any] = getattr(district, "units", ())
    if not units:
        return "no_units_outline"
    return "schematic_outline" if any(unit.schematic for unit in units) else "outline"


def _legend(texts: Texts) -> list[dict[str, Any]]:
    def line(key: str, kind: str, **look: Any) -> dict[str, Any]:
        return {"kind": kind, "text": texts.get(f"ui.map.legend.{key}"), "looks": [{"kind": kind, **look}]}

    levels = [{"kind": "incident", "level": number} for number in _LEVELS]
    return [
        {"kind": "incident", "text": texts.get("ui.map.legend.incident"), "looks": levels},
        line("station", "station", glyph=texts.get("ui.map.glyph.station")),
        line("minor", "station", minor=True),
        line("shelter", "shelter", state="ok", share=0.5),
        line("vehicle", "vehicle", phase="way"),
        line("point", "point", glyph=texts.get("ui.map.glyph.hospital")),
    ]
