"""What the tests of the rules share: moments, packs, and the expectation of a refusal."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.domain.district import District, parse_district
from app.kernel.clock import parse_moment
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.texts import RESOURCES

DISTRICTS = ("310105", "310117", "371082")


def at(time: str, day: str = "2025-07-14") -> int:
    """Local time of day -> UTC milliseconds, e.g. at("14:02:10")."""
    return parse_moment(f"{day}T{time}+08:00")


def pack(code: str = "310105") -> dict[str, Any]:
    """A district pack as parsed, fresh each time so that a test may spoil it."""
    return tomllib.loads((RESOURCES / "districts" / f"{code}.toml").read_text("utf-8"))


def district(code: str = "310105") -> District:
    """A district of the packs that come with the program."""
    return parse_district(pack(code))


@contextmanager
def refused(code: ErrorCode, field: str | None = None, text: str | None = None) -> Iterator[Refusal]:
    """Expect a refusal with this code and, where given, this field and sentence."""
    holder = Refusal(code, "none")
    with pytest.raises(Refusal) as caught:
        yield holder
    assert caught.value.code is code
    assert field is None or caught.value.field == field
    assert text is None or caught.value.text == text
    assert caught.value.clause, "a refusal names its rule"
    holder.params, holder.who, holder.clause = caught.value.params, caught.value.who, caught.value.clause
