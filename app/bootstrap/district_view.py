"""What the screens need of a district pack, read straight from its file; the node checks the whole pack when it opens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.domain.outline import Outline, parse_outline
from app.kernel.errors import EnvironmentFault
from app.kernel.kept import kept
from app.kernel.paths import DataDir
from app.kernel.texts import DEFAULT_LANGUAGE, RESOURCES
from app.ui.console import AgencyView, DistrictView

_OWN_FILE = "district.toml"
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


def district_view(
    code: str, data: DataDir, language: str = DEFAULT_LANGUAGE
) -> tuple[DistrictView, dict[str, int]]:
    """The pack a site brought itself, else the program's, and its rule numbers that are spans, in seconds (D-31).

    EnvironmentFault `district` when it cannot be read.
    """
    own = data.root / _OWN_FILE
    path = own if own.exists() else RESOURCES / "districts" / f"{code}.toml"
    try:
        pack = _pack(path) if path is own else kept(code, [str(path)], lambda: _pack(path))
        return _view(pack, "" if language == DEFAULT_LANGUAGE else "_en"), _spans(pack)
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise EnvironmentFault("district", "fault.district", path=str(path), problem=str(wrong)) from wrong


def _pack(path: Path) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(path.read_text("utf-8"))


def _outline(code: str, box: dict[str, Any]) -> Outline | None:
    """Lines of the district where the program has them; without, its box is shown, and the map says so.

    The pack of an exercise on a foreign file has the box of that file: lines far away from it are not its own.
    """
    path = RESOURCES / "districts" / "outlines" / f"{code}.geojson"
    outline = parse_outline(json.loads(path.read_text("utf-8"))) if path.exists() else None
    if outline is None:
        return None
    inside = any(
        box["west"] <= lon <= box["east"] and box["south"] <= lat <= box["north"]
        for ring in outline.rings
        for lon, lat in ring
    )
    return outline if inside else None


def _view(pack: dict[str, Any], tongue: str) -> DistrictView:
    name = f"name{tongue}"
    agencies = {
        key: AgencyView(key, names[f"full{tongue}"], names[f"short{tongue}"])
        for key, names in pack["agencies"].items()
    }
    other = "" if tongue else "_en"
    also = {street["code"]: (street[f"name{other}"],) for street in pack["streets"]}
    also |= {key: (names[f"full{other}"], names[f"short{other}"]) for key, names in pack["agencies"].items()}
    box, outline = pack["box"], _outline(pack["code"], pack["box"])
    return DistrictView(
        code=pack["code"],
        name=pack[name],
        agencies=agencies,
        streets=tuple((street["code"], street[name]) for street in pack["streets"]),
        recipients=tuple((recipient["key"], recipient[name]) for recipient in pack["recipients"]),
        box=(box["west"], box["south"], box["east"], box["north"]),
        outline=outline.rings if outline is not None else (),
        amber_s=_spans(pack)["amber_before"],
        pending_s=_spans(pack)["pending_class_limit"],
        units=outline.units if outline is not None else (),
        also=also,
    )


def _spans(pack: dict[str, Any]) -> dict[str, int]:
    return {
        name: int(rule["value"]) * _SECONDS[rule["unit"]]
        for name, rule in pack["rules"].items()
        if rule["unit"] in _SECONDS
    }
