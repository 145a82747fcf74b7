"""Figures of an incident: whole numbers from nought, or None while nobody knows (RC-04, D-22)."""

from __future__ import annotations

from dataclasses import dataclass, fields

from app.kernel.errors import ErrorCode, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Persons, and the direct loss in yuan; None = not known, 0 = known to be none."""

    deaths: int | None = None
    injured_serious: int | None = None
    injured_minor: int | None = None
    missing: int | None = None
    trapped: int | None = None
    evacuated: int | None = None
    direct_loss_yuan: int | None = None


FIGURES = tuple(entry.name for entry in fields(Figures))  # in the order in which they are said


def check_figure(value: object, field: str) -> None:
    """Refuse anything but None or a whole number from nought: E_RANGE (RC-04)."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Refusal(ErrorCode.RANGE, "refusal.figures.whole_number", field=field, clause="RC-04")


def check_figures(figures: Figures) -> None:
    """Refuse the first bad figure: E_RANGE naming the field (RC-04)."""
    for entry in fields(figures):
        check_figure(getattr(figures, entry.name), entry.name)


def anyone_harmed(figures: Figures) -> bool:
    """True if anybody is dead, injured, missing or trapped (D-34)."""
    counted = (
        figures.deaths,
        figures.injured_serious,
        figures.injured_minor,
        figures.missing,
        figures.trapped,
    )
    return any(count is not None and count > 0 for count in counted)
