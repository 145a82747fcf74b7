"""Incident levels from figures (RULES 4.7: State Council order 493 art. 3; D-22)."""

from __future__ import annotations

from app.domain.figures import check_figure
from app.kernel.enums import IncidentLevel

# Lower limits, each included ("and above" includes the number, order 493): level 1, 2, 3, 4. Loss in yuan,
# counted in whole yuan.
_DEATHS = (30, 10, 3, 1)
_INJURED_SERIOUS = (100, 50, 10, 1)
_DIRECT_LOSS_YUAN = (100_000_000, 50_000_000, 10_000_000, 1)

_LEVELS = (IncidentLevel.LEVEL_1, IncidentLevel.LEVEL_2, IncidentLevel.LEVEL_3, IncidentLevel.LEVEL_4)
_SEVERITY = {
    IncidentLevel.LEVEL_1: 4,
    IncidentLevel.LEVEL_2: 3,
    IncidentLevel.LEVEL_3: 2,
    IncidentLevel.LEVEL_4: 1,
    IncidentLevel.LEVEL_NONE: 0,
}


def severity(level: IncidentLevel) -> int:
    """4 for level 1 (gravest) down to 1 for level 4, 0 for none: for comparing and sorting."""
    return _SEVERITY[level]


def _column(value: int | None, limits: tuple[int, ...]) -> IncidentLevel:
    for level, limit in zip(_LEVELS, limits, strict=True):
        if value is not None and value >= limit:
            return level
    return IncidentLevel.LEVEL_NONE


def incident_level(
    deaths: int | None, injured_serious: int | None, direct_loss_yuan: int | None
) -> IncidentLevel:
    """Level of an incident: the gravest of the three columns decides (RULES 4.7).

    Persons and whole yuan; None = not known. Nothing known or all nought -> LEVEL_NONE (D-22), not level 4.
    Raises Refusal E_RANGE for a figure that is negative or not a whole number (RC-04).
    """
    check_figure(deaths, "deaths")
    check_figure(injured_serious, "injured_serious")
    check_figure(direct_loss_yuan, "direct_loss_yuan")
    columns = (
        _column(deaths, _DEATHS),
        _column(injured_serious, _INJURED_SERIOUS),
        _column(direct_loss_yuan, _DIRECT_LOSS_YUAN),
    )
    return max(columns, key=severity)


def preliminary(level: IncidentLevel, *, figures_verified: bool) -> bool:
    """True while a level is a first judgement: its figures are not all verified (RULES 4.7, IS-14)."""
    return level is not IncidentLevel.LEVEL_NONE and not figures_verified
