"""Text as a person sees it: what looks empty is empty (RP-02, D-37, JD-11), and nothing invisible is kept."""

from __future__ import annotations

import re
import unicodedata

from app.kernel.errors import ErrorCode, Refusal

# Unicode separators, control or format characters, marks that stand on nothing.
_INVISIBLE = frozenset("ZCM")
_LOOKS_BLANK = frozenset("\u2800\u3164\uffa0\u115f\u1160")  # drawn as nothing: Braille blank, Hangul fillers
_LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029\x0b\x0c\x85]")
# Control characters but tab and newline; marks that turn the direction of what follows; zero-width blanks; no characters.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]"
)


def is_blank(text: str | None) -> bool:
    """True for None, nothing, and text without one visible character (blanks, U+3000, zero-width marks)."""
    return text is None or all(
        unicodedata.category(char)[0] in _INVISIBLE or char in _LOOKS_BLANK for char in text
    )


def tidy(text: str) -> str:
    """Text without blanks around it and without characters nobody sees: what was typed and pasted stays as it reads.

    A mark that turns the direction of writing would turn whatever a screen, a log or a document shows behind it. Joiners
    within a sign stay; line ends become newlines.
    """
    return _UNSEEN.sub("", _LINE_ENDS.sub("\n", text)).strip()


def alike(name: str) -> str:
    """Key under which two names are one to a reader: wide or narrow, capital or small, with marks nobody sees (CM-04)."""
    plain = unicodedata.normalize("NFKC", tidy(name)).casefold()
    return "".join(
        char for char in plain if unicodedata.category(char)[0] not in "CZ" and char not in _LOOKS_BLANK
    )


def require_text(value: str | None, text: str, *, field: str, clause: str) -> None:
    """Raise Refusal E_REQUIRED with the sentence key `text` when the value is blank."""
    if is_blank(value):
        raise Refusal(ErrorCode.REQUIRED, text, field=field, clause=clause)
