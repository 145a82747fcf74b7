"""The lines of a sealed sheet: typed back as they stand, and every slip of the finger is found in its line."""

from __future__ import annotations

import random

import pytest

from app.domain.sealing import ALPHABET, SheetError, as_sealed, key_lines, key_of_lines, sealed_password

ABOUT = ("live", "EMB", "310105")
KEY = bytes(range(7, 39))


def test_a_sheet_is_typed_back() -> None:
    lines = key_lines(KEY, ABOUT)
    assert len(lines) == 4 and all(len(line) == 19 and line.count(" ") == 3 for line in lines)
    assert key_of_lines(lines, ABOUT) == KEY
    sloppy = [
        "",
        *(line.lower().replace(" ", "-").replace("1", "l").replace("0", "o") for line in lines),
        "  ",
    ]
    assert key_of_lines(sloppy, ABOUT) == KEY
    for seed in range(200):
        key = random.Random(seed).randbytes(32)
        assert key_of_lines(key_lines(key, ABOUT), ABOUT) == key


def test_every_single_slip_is_found_in_its_line() -> None:
    """Every other character in every place, every two neighbours changed round."""
    lines = key_lines(KEY, ABOUT)
    missed = tried = 0
    for number, line in enumerate(lines):
        slips = [
            line[:at] + other + line[at + 1 :]
            for at, char in enumerate(line)
            if char != " "
            for other in ALPHABET
        ]
        slips += [line[:at] + line[at + 1] + line[at] + line[at + 2 :] for at in range(len(line) - 1)]
        for slip in slips:
            if as_sealed(slip) == as_sealed(line):
                continue
            tried += 1
            try:
                key_of_lines([*lines[:number], slip, *lines[number + 1 :]], ABOUT)
                missed += 1
            except SheetError as wrong:
                assert wrong.line == number + 1
    assert tried > 2000 and missed <= 1  # one in 32 768


def test_lines_of_another_place_or_sheet_are_found() -> None:
    lines = key_lines(KEY, ABOUT)
    for wrong, line in (
        ([lines[1], lines[0], *lines[2:]], 1),
        (lines[:3], 0),
        ([*lines, lines[0]], 0),
        ([*lines[:3], lines[3][:-1]], 4),
        ([*lines[:2], "!!!! ???? **** ####", lines[3]], 0),
    ):
        with pytest.raises(SheetError) as told:
            key_of_lines(wrong, ABOUT)
        assert told.value.line == line
    with pytest.raises(SheetError):
        key_of_lines(lines, ("live", "FRD", "310105"))
    with pytest.raises(ValueError, match="length"):
        key_lines(b"short", ABOUT)


def test_a_sealed_password_can_be_typed_at_night() -> None:
    found = {sealed_password(random.Random(n).randbytes(10)) for n in range(100)}
    assert len(found) == 100
    with pytest.raises(ValueError, match="length"):
        sealed_password(b"short")
    one = found.pop()
    assert len(as_sealed(one)) == 16 and as_sealed(one.lower().replace("-", " ")) == as_sealed(one)
