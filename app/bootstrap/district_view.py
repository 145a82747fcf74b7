"""What the screens need of a district pack, read straight from its file; the node checks the whole pack when it opens."""

from __future__ import annotations

import tomllib
from typing import Any

from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir
from app.kernel.texts import DEFAULT_LANGUAGE, RESOURCES
from app.ui.console import AgencyView, DistrictView

_OWN_FILE = "district.toml"


def district_view(code: str, data: DataDir, language: str = DEFAULT_LANGUAGE) -> DistrictView:
    """The pack a site brought itself, else the program's; EnvironmentFault `district` when it cannot be read."""
    own = data.root / _OWN_FILE
    path = own if own.exists() else RESOURCES / "districts" / f"{code}.toml"
    try:
        return _view(tomllib.loads(path.read_text("utf-8")), "" if language == DEFAULT_LANGUAGE else "_en")
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise EnvironmentFault("district", "fault.district", path=str(path), problem=str(wrong)) from wrong


def _view(pack: dict[str, Any], tongue: str) -> DistrictView:
    name = f"name{tongue}"
    agencies = {
        key: AgencyView(key, names[f"full{tongue}"], names[f"short{tongue}"])
        for key, names in pack["agencies"].items()
    }
    box = pack["box"]
    amber = pack["rules"]["amber_before"]
    return DistrictView(
        code=pack["code"],
        name=pack[name],
        agencies=agencies,
        streets=tuple((street["code"], street[name]) for street in pack["streets"]),
        recipients=tuple((recipient["key"], recipient[name]) for recipient in pack["recipients"]),
        box=(box["west"], box["south"], box["east"], box["north"]),
        amber_s=int(amber["value"]) * (60 if amber["unit"] == "min" else 1),
    )
