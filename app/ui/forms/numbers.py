"""Number fields of casualty figures, as they stand in forms (IS-14, RC-04)."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit

from app.kernel.enums import Figure
from app.ui.forms.field import line

FAR = frozenset({"refusal.figures.far_persons", "refusal.figures.far_yuan"})
"""Refusals of a figure far above what is known, which a second press overrides."""
_MOST_DIGITS = 18  # more are beyond all bounds anyway: the rule says so, not the field


def read_number(text: str) -> int | None:
    """A whole number as it is typed, with or without commas; None for anything else."""
    digits = text.strip().replace(",", "").replace("\uff0c", "")
    known = digits.isascii() and digits.isdigit()
    return int(digits.lstrip("0")[:_MOST_DIGITS] or "0") if known else None


def number_lines() -> dict[str, QLineEdit]:
    """An input for each figure, in their order."""
    return {figure.value: line() for figure in Figure}


def typed(lines: dict[str, QLineEdit]) -> dict[str, int | None]:
    """What was typed: the number, or None for what is none; what is empty or disabled is left out."""
    return {
        name: read_number(editor.text())
        for name, editor in lines.items()
        if editor.isEnabled() and editor.text().strip()
    }
