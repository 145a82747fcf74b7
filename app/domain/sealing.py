"""What stands on a sealed sheet: a recovery key in lines that can be typed back in, and a password nobody chose.

A line holds eight bytes of the key in thirteen characters and three characters of check, which tell a slip of the finger, two
characters changed round, a line of another sheet or in another's place (one in 32 768 passes). The alphabet lacks I, L, O, U.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KEY_BYTES = 32
LINE_BYTES = 8
LINES = KEY_BYTES // LINE_BYTES
_LINE_CHARS = 13  # 65 bits
_CHECK_CHARS = 3
_GROUP = 4
_BITS = 5
_PASSWORD_CHARS = 16
PASSWORD_BYTES = 10
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})


class SheetError(ValueError):
    """A typed sheet does not hold; `line`: which one (1 to 4), 0 where their number is wrong or the whole is another's."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def key_lines(key: bytes, about: Sequence[str]) -> list[str]:
    """A key of 32 bytes as four lines in groups of four; `about` (realm, agency, district) enters the check."""
    if len(key) != KEY_BYTES:
        raise ValueError("length of the key")
    out = []
    for number in range(LINES):
        part = key[number * LINE_BYTES : (number + 1) * LINE_BYTES]
        out.append(_grouped(_letters(int.from_bytes(part), _LINE_CHARS) + _check(part, number, about)))
    return out


def key_of_lines(lines: Sequence[str], about: Sequence[str]) -> bytes:
    """The key that was typed; SheetError naming the first line that does not hold."""
    typed = [plain for line in lines if (plain := as_sealed(line))]
    if len(typed) != LINES:
        raise SheetError(0)
    key = b""
    for number, line in enumerate(typed):
        body, check = line[:_LINE_CHARS], line[_LINE_CHARS:]
        value = _number(body)
        if len(line) != _LINE_CHARS + _CHECK_CHARS or value is None or value >= 1 << (8 * LINE_BYTES):
            raise SheetError(number + 1)
        part = value.to_bytes(LINE_BYTES)
        if _check(part, number, about) != check:
            raise SheetError(number + 1)
        key += part
    return key


def sealed_password(chance: bytes) -> str:
    """A password in groups of four, to be read from paper at night, made of ten random bytes; ValueError for another number."""
    if len(chance) != PASSWORD_BYTES:
        raise ValueError("length of the password")
    return _grouped(_letters(int.from_bytes(chance), _PASSWORD_CHARS), "-")


def as_sealed(typed: str) -> str:
    """What was typed, as it counts: capitals, no blanks and strokes, letters that look like digits read as such."""
    return "".join(char for char in typed.upper() if char.isalnum()).translate(_READ_AS)


def _check(part: bytes, number: int, about: Sequence[str]) -> str:
    said = b"\0".join(each.encode() for each in about) + bytes([number]) + part
    digest = hashlib.blake2b(said, digest_size=4, person=b"jdc-sheet-1").digest()
    return _letters(int.from_bytes(digest) >> 2, 6)[-_CHECK_CHARS:]


def _letters(value: int, count: int) -> str:
    return "".join(ALPHABET[value >> (_BITS * place) & 31] for place in reversed(range(count)))


def _number(text: str) -> int | None:
    value = 0
    for char in text:
        at = ALPHABET.find(char)
        if at < 0:
            return None
        value = value << _BITS | at
    return value


def _grouped(text: str, between: str = " ") -> str:
    return between.join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))
