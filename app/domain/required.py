"""Blank input: what looks empty to a person is empty (RP-02, D-37, JD-11)."""

from __future__ import annotations

import unicodedata

from app.kernel.errors import ErrorCode, Refusal

_INVISIBLE = frozenset("ZC")  # Unicode separators and control or format characters


def is_blank(text: str | None) -> bool:
    """True for None, nothing, and text without one visible character (blanks, U+3000, zero-width marks)."""
    return text is None or all(unicodedata.category(char)[0] in _INVISIBLE for char in text)


def require_text(value: str | None, text: str, *, field: str, clause: str) -> None:
    """Raise Refusal E_REQUIRED with the sentence key `text` when the value is blank."""
    if is_blank(value):
        raise Refusal(ErrorCode.REQUIRED, text, field=field, clause=clause)
