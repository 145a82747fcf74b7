"""docs/COMMAND-LINE.md says what the program does, and every command's schema fits its example."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest

from app.bootstrap.parsing import parse_command
from app.cli.exits import Exit
from app.cli.record import schema_of
from app.kernel.errors import ErrorCode, Refusal
from app.usecases.commands import TABLE
from tools import command_docs
from tools.command_docs import PAGE, PARTS, examples, fault_codes, is_fresh, render

PAGE_TEXT = PAGE.read_text("utf-8")
EXAMPLES = examples()
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def fits(value: Any, schema: dict[str, Any], whole: dict[str, Any]) -> bool:
    """True if a JSON value fits a schema: the part of JSON Schema that is used here."""
    if "$ref" in schema:
        return fits(value, whole["$defs"][schema["$ref"].removeprefix("#/$defs/")], whole)
    if "anyOf" in schema:
        return any(fits(value, each, whole) for each in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    known = schema.get("type")
    if known is not None and not isinstance(value, _TYPES[known]):
        return False
    if known in ("integer", "number") and isinstance(value, bool):
        return False
    if schema.get("format") == "date-time":
        return datetime.fromisoformat(value).tzinfo is not None
    if known == "array":
        return all(fits(each, schema.get("items", {}), whole) for each in value)
    return known != "object" or _object_fits(value, schema, whole)


def _object_fits(value: dict[str, Any], schema: dict[str, Any], whole: dict[str, Any]) -> bool:
    properties = schema.get("properties", {})
    closed = schema.get("additionalProperties", True) is False
    return (
        set(schema.get("required", [])) <= set(value)
        and (not closed or set(value) <= set(properties))
        and all(fits(each, properties.get(name, {}), whole) for name, each in value.items())
    )


def test_page_is_that_of_the_program() -> None:
    """`python -m tools.command_docs` writes it."""
    assert is_fresh()
    assert set(re.findall(r"<!-- part: (\w+) -->", PAGE_TEXT)) == set(PARTS)


def test_an_old_page_is_noticed() -> None:
    old = PAGE_TEXT.replace("`raise_alarm_grade`", "`lower_alarm_grade`")
    assert old != PAGE_TEXT
    assert render(old) == PAGE_TEXT
    with pytest.raises(KeyError):
        render("<!-- part: nothing -->\n<!-- end -->")


def test_checking_and_writing(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE_TEXT.replace("`E_MONO`", "`E_STEREO`"), "utf-8")
    monkeypatch.setattr(command_docs, "PAGE", page)
    assert command_docs.main(["--check"]) == 1
    assert command_docs.main([]) == 0
    assert command_docs.main(["--check"]) == 0
    assert page.read_text("utf-8") == PAGE_TEXT


def test_every_code_is_told() -> None:
    """Exit codes, codes of the rules, codes of faults."""
    for code in Exit:
        assert f"\n| {int(code)} |" in PAGE_TEXT
    codes = {code for code, _ in fault_codes()}
    for name in (*ErrorCode, *codes):
        assert f"`{name}`" in PAGE_TEXT
    assert {"database.exists", "high_water", "console.silent", "keys.open"} <= codes


def test_every_command_has_one_example() -> None:
    assert set(EXAMPLES) == set(TABLE)


@pytest.mark.parametrize("command", sorted(TABLE))
def test_example_fits_schema_and_parser(command: str) -> None:
    """The schema takes its own example, and so does the program; both refuse it with a name nobody knows."""
    schema, example = schema_of(TABLE[command].command), EXAMPLES.get(command, {})
    assert fits(example, schema, schema)
    assert isinstance(parse_command(command, example), TABLE[command].command)
    strange = {**example, "colour": "red"}
    assert not fits(strange, schema, schema)
    with pytest.raises(Refusal):
        parse_command(command, strange)


@pytest.mark.parametrize("command", sorted(TABLE))
def test_schema_and_parser_agree_on_what_is_missing(command: str) -> None:
    """Each needed input taken away is missed by both, under its name."""
    schema, example = schema_of(TABLE[command].command), EXAMPLES.get(command, {})
    needed = schema["$defs"][TABLE[command].command.__name__].get("required", [])
    for name in needed:
        less = deepcopy(example)
        del less[name]
        assert not fits(less, schema, schema)
        with pytest.raises(Refusal) as wrong:
            parse_command(command, less)
        assert (wrong.value.code, wrong.value.field) == (ErrorCode.REQUIRED, name)
    for name, value in example.items():
        other = {**example, name: {"x": 1} if not isinstance(value, dict) else 1}
        assert not fits(other, schema, schema), name
        with pytest.raises(Refusal) as wrong:
            parse_command(command, other)
        assert wrong.value.field == name
