"""Casualty figures as they are stated, and what follows from them: level, report duty, what may be printed (IS-14, D-19).

A figure is stated with a verify state. Two rooms that were apart may state it differently; nothing that follows from
figures hangs on which of the two was written later (XC-03).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

from app.domain.figures import Figures, check_figures, check_stated
from app.domain.levels import incident_level, preliminary
from app.domain.required import is_blank, require_text, tidy
from app.kernel.enums import IncidentLevel, VerifyState

LEVEL_FIGURES = ("deaths", "injured_serious", "direct_loss_yuan")  # the columns of RULES 4.7
_PARTS = 2
_CLAIMS = (VerifyState.VERIFIED, VerifyState.REFUTED)


@dataclass(frozen=True, slots=True)
class Statement:
    """A figure (persons, or whole yuan) as somebody stated it."""

    number: int
    state: VerifyState


def registers(
    figures: Figures,
    state: VerifyState,
    source: str | None,
    stated_at: int,
    *,
    known: Mapping[str, int | None],
    confirmed: Collection[str],
) -> dict[str, list[str | int | None]]:
    """Values of the registers of the figures that are given (D-38): number, state, source, moment (UTC ms).

    E_RANGE for what is no whole number, what is beyond all bounds, and for what is far above the figures `known` so far and
    is not among those `confirmed` (RC-04).
    """
    check_figures(figures)
    for name, number in given(figures).items():
        check_stated(number, name, known.get(name), confirmed=name in confirmed)
    said = None if source is None or is_blank(source) else tidy(source)
    return {name: [number, state.value, said, stated_at] for name, number in given(figures).items()}


def given(figures: Figures) -> dict[str, int]:
    """The figures that are known, in their order."""
    return {name: number for name, number in asdict(figures).items() if number is not None}


def statement_of(value: object) -> Statement | None:
    """A stored figure ([number, verify state, ...]); None for nothing stated, and for what is no figure.

    A verify state that only a newer version knows counts as the least sure one.
    """
    if not isinstance(value, list | tuple) or len(value) < _PARTS:
        return None
    number, state = value[0], value[1]
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        return None
    known = state in set(VerifyState)
    return Statement(number, VerifyState(state) if known else VerifyState.REPORTED)


def standing(statements: Sequence[Statement]) -> list[Statement]:
    """Without those that were refuted, which say what is not so."""
    return [each for each in statements if each.state is not VerifyState.REFUTED]


def numbers(statements: Sequence[Statement]) -> tuple[int, ...]:
    """Different numbers that stand beside each other, the smaller first: the same in both rooms (D-19)."""
    return tuple(sorted({each.number for each in statements}))


def printable(statements: Sequence[Statement]) -> int | None:
    """What a report may print of a figure; None: it says that the figure is being verified (D-19).

    Statements that differ: the smaller of those that were verified, nothing else. A single one as it stands.
    """
    alive = standing(statements)
    if len(statements) == 1:
        return alive[0].number if alive else None
    return min((each.number for each in alive if each.state is VerifyState.VERIFIED), default=None)


def level_by(figures: Mapping[str, Sequence[Statement]]) -> tuple[IncidentLevel, bool]:
    """Level of an incident by its stated figures, and whether it is a first judgement (RULES 4.7, D-22).

    Of statements that differ the gravest counts: the more cautious state is shown, as with status machines, and it is the
    same whoever wrote later (docs/decisions/0029). It is a first judgement until every statement that counts is verified and none
    stands against another.
    """
    alive = {name: standing(figures.get(name, ())) for name in LEVEL_FIGURES}
    most = {name: max((each.number for each in said), default=None) for name, said in alive.items()}
    level = incident_level(most["deaths"], most["injured_serious"], most["direct_loss_yuan"])
    settled = all(
        len(said) <= 1 and all(each.state is VerifyState.VERIFIED for each in said) for said in alive.values()
    )
    return level, preliminary(level, figures_verified=settled)


def check_source(state: VerifyState, source: str | None) -> None:
    """Who says that a figure is verified, or wrong, is named: E_REQUIRED (IS-14)."""
    if state in _CLAIMS:
        require_text(source, "refusal.figures.source_required", field="source", clause="IS-14")
