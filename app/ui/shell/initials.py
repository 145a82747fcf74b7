"""Pinyin initials of Chinese names, so that `tsl` finds what begins with them (SCREEN, Keyboard).

GB 2312 orders its first level (3 755 characters) by pinyin, so a character's code tells its letter; the others stand in
resources/initials.toml. Of characters with several readings one is known: a name that is not found by its initials is
still found by its characters.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache

from app.kernel.texts import RESOURCES

_FIRST, _LAST = 0xB0A1, 0xD7F9
_STARTS = (
    (0xB0A1, "a"),
    (0xB0C5, "b"),
    (0xB2C1, "c"),
    (0xB4EE, "d"),
    (0xB6EA, "e"),
    (0xB7A2, "f"),
    (0xB8C1, "g"),
    (0xB9FE, "h"),
    (0xBBF7, "j"),
    (0xBFA6, "k"),
    (0xC0AC, "l"),
    (0xC2E8, "m"),
    (0xC4C3, "n"),
    (0xC5B6, "o"),
    (0xC5BE, "p"),
    (0xC6DA, "q"),
    (0xC8BB, "r"),
    (0xC8F6, "s"),
    (0xCBFA, "t"),
    (0xCDDA, "w"),
    (0xCEF4, "x"),
    (0xD1B9, "y"),
    (0xD4D1, "z"),
)
EXACT = -1
_CODES = tuple(code for code, _ in _STARTS)


@lru_cache(maxsize=1)
def _others() -> dict[str, str]:
    """Letters of the second level."""
    path = RESOURCES / "initials.toml"
    table = tomllib.loads(path.read_text("utf-8"))
    return {character: letter for letter, characters in table.items() for character in characters}


def initial(character: str) -> str:
    """Letter of one character: its pinyin initial, itself for a Latin letter or digit, nothing for anything else."""
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    try:
        code = int.from_bytes(character.encode("gb2312"))
    except UnicodeEncodeError:
        return _others().get(character, "")
    if not _FIRST <= code <= _LAST:
        return _others().get(character, "")
    return _STARTS[bisect_right(_CODES, code) - 1][1]


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """Initials of a name in order: the street called Tianshan Lu Jiedao -> tsljd."""
    return "".join(initial(character) for character in name)


def rank(needle: str, name: str) -> int | None:
    """How well a typed needle fits a name, best first: -1 (EXACT) is the name or its initials, 0 begins it, 1 begins its
    initials, 2 stands in it, 3 stands in its initials; None when it does not fit. Case and blanks around do not count.
    """
    wanted = needle.strip().lower()
    plain, letters = name.lower(), initials(name)
    if wanted and wanted in (plain, letters):
        return EXACT
    if not wanted or plain.startswith(wanted):
        return 0
    if letters.startswith(wanted):
        return 1
    if wanted in plain:
        return 2
    return 3 if len(wanted) > 1 and wanted in letters else None


def matched(needle: str, name: str) -> tuple[int, int] | None:
    """Which characters (start, length) of a name the needle stands for, to be shown; None when that cannot be told."""
    wanted = needle.strip().lower()
    if not wanted:
        return None
    at = name.lower().find(wanted)
    if at >= 0:
        return at, len(wanted)
    at = initials(name).find(wanted)
    whole = len(initials(name)) == len(name)
    return (at, len(wanted)) if at >= 0 and whole else None


def speller(streets: Sequence[tuple[str, str]]) -> Callable[[str], tuple[str, ...]]:
    """Names of the streets whose pinyin initials begin with what was typed."""

    def spell(typed: str) -> tuple[str, ...]:
        if not (typed.isascii() and typed.isalpha()):
            return ()
        return tuple(name for _, name in streets if initials(name).startswith(typed.lower()))

    return spell
