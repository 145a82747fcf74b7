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


LEAP = 10  # so many times the figure before: it is asked whether it is meant


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Beyond `most` a figure is a slip of the keyboard; from `many` on it is asked whether it is meant."""

    most: int
    many: int
    beyond: str
    far: str


_PERSONS = _Bounds(9_999_999, 1_000, "refusal.figures.most_persons", "refusal.figures.far_persons")
_YUAN = _Bounds(9_999_999_999_999, 100_000_000, "refusal.figures.most_yuan", "refusal.figures.far_yuan")


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


def check_stated(value: int, field: str, known: int | None, *, confirmed: bool) -> None:
    """Refuse a figure that nobody can have meant, and one far above what is known until it is confirmed: E_RANGE (RC-04).

    `known`: the figure before, None while there is none. Asked of who states a figure, never of what is stored already.
    """
    bounds = _YUAN if field == "direct_loss_yuan" else _PERSONS
    if value > bounds.most:
        raise Refusal(ErrorCode.RANGE, bounds.beyond, field=field, clause="RC-04", most=f"{bounds.most:,}")
    leaps = value >= bounds.many > (known or 0) or (known is not None and 0 < known * LEAP <= value)
    if leaps and not confirmed:
        raise Refusal(ErrorCode.RANGE, bounds.far, field=field, clause="RC-04", n=f"{value:,}")


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
