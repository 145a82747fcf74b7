"""Input from outside as commands and arguments: strict, and told by field what does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import msgspec

from app.kernel.errors import ErrorCode, Refusal
from app.usecases.commands import TABLE, Command

_MISSING = re.compile(r"missing required field `(\w+)`")
_PATH = re.compile(r"at `\$\.(\w+)")
_NUMBER = re.compile(r"Expected `(?:int|float)\b")


def check_storable(value: Any) -> None:
    """Refuse what no journal and no database takes: half characters (E_FORMAT), numbers beyond 64 bits (E_RANGE)."""
    try:
        msgspec.msgpack.encode(value)
    except OverflowError as wrong:
        raise Refusal(ErrorCode.RANGE, "refusal.record.out_of_range", clause="XC-01") from wrong
    except (UnicodeEncodeError, RecursionError) as wrong:
        raise Refusal(ErrorCode.FORMAT, "refusal.command.encoding", clause="XC-01") from wrong


def parse_command(name: str, arguments: Any) -> Command:
    """A command from JSON; Refusal naming the field.

    E_REQUIRED for one that is missing, E_RANGE for what should be a number, E_FORMAT for all else and for a name that
    nobody knows.
    """
    entry = TABLE.get(name)
    if entry is None:
        raise Refusal(ErrorCode.FORMAT, "refusal.command.unknown", field="command", name=name)
    known = {field.name for field in fields(entry.command)}
    strange = sorted(set(arguments) - known) if isinstance(arguments, dict) else []
    if strange:
        raise Refusal(ErrorCode.FORMAT, "refusal.command.strange", field=strange[0], problem=strange[0])
    try:
        return msgspec.convert(arguments, entry.command, strict=True)
    except msgspec.ValidationError as wrong:
        raise _wrong_input(str(wrong)) from wrong
    except UnicodeEncodeError as wrong:
        raise Refusal(ErrorCode.FORMAT, "refusal.command.encoding", clause="XC-01") from wrong


def _wrong_input(problem: str) -> Refusal:
    """What msgspec found, as a refusal: "Object missing required field `x`", "Expected `int`, got `str` - at `$.x`"."""
    path, missing = _PATH.search(problem), _MISSING.search(problem)
    if missing is not None:
        field = path[1] if path else missing[1]
        return Refusal(ErrorCode.REQUIRED, "refusal.command.missing", field=field, problem=problem)
    if path is None:
        return Refusal(ErrorCode.FORMAT, "refusal.command.input", problem=problem)
    code = ErrorCode.RANGE if _NUMBER.match(problem) else ErrorCode.FORMAT
    return Refusal(code, "refusal.command.field", field=path[1], problem=problem)


def fit_for_audit(name: str, refusal: Refusal) -> tuple[str | None, Refusal]:
    """Command and refusal without anything the asker made up: the audit holds no free text (XC-07)."""
    entry = TABLE.get(name)
    known = {field.name for field in fields(entry.command)} if entry else set()
    field = refusal.field if refusal.field in known else None
    return entry.name if entry else None, Refusal(refusal.code, refusal.text, field=field)


def wrong_argument(name: str) -> Refusal:
    """The refusal of a query's argument: E_RANGE."""
    return Refusal(ErrorCode.RANGE, "refusal.query.value", field=name, name=name)


def limit_of(arguments: Mapping[str, Any], most: int) -> int:
    """How many rows are asked for, `most` when nothing is said."""
    limit = arguments.get("limit", most)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= most:
        raise wrong_argument("limit")
    return limit


def text_of(arguments: Mapping[str, Any], name: str) -> str:
    """A text among the arguments; KeyError when it is missing."""
    value = arguments[name]
    if not isinstance(value, str):
        raise wrong_argument(name)
    return value
