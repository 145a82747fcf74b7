"""District packs (PRODUCT, RULES part 9, D-31)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.domain.district import Module, StreetKind, parse_district
from app.domain.rule_numbers import LATER, SPECS, RuleKey, Unit
from app.kernel.enums import Agency, Recipient
from app.kernel.errors import ErrorCode
from tests.domain.helpers import DISTRICTS, district, pack, refused


@pytest.mark.parametrize("code", DISTRICTS)
def test_every_pack_parses(code: str) -> None:
    found = district(code)
    assert found.code == code
    assert found.recipients[0].key is Recipient.GOV_DUTY_ROOM, "the chain begins there"
    assert set(found.rules) == set(RuleKey)
    assert all(number.rule and number.clause for number in found.rules.values())
    assert all(number.value == number.default for number in found.rules.values())


def test_changning_has_nine_streets_and_one_town() -> None:
    streets = district().streets
    assert len(streets) == 10
    assert [s.name for s in streets if s.kind is StreetKind.TOWN] == ["新泾镇"]
    codes = [s.code[-3:] for s in streets]
    assert codes == ["001", "002", "004", "005", "006", "008", "009", "010", "011", "102"]


def test_places_differ_by_configuration_alone() -> None:
    assert district("310105").agencies[Agency.FRD].full == "长宁区消防救援支队"
    assert district("371082").agencies[Agency.FRD].full == "荣成市消防救援大队"
    assert district("371082").has(Module.CONSENT)
    assert not district("310117").has(Module.CONSENT)


def test_stated_numbers() -> None:
    changning = district()
    assert changning.seconds(RuleKey.ORAL_REPORT_LIMIT) == 1_800
    assert changning.seconds(RuleKey.WRITTEN_REPORT_LIMIT) == 3_600
    assert changning.seconds(RuleKey.SUPPLEMENT_WINDOW) == 30 * 86_400
    assert changning.value(RuleKey.CLOCK_SKEW_WARN) == 60
    assert changning.value(RuleKey.MAJOR_ALARM_GRADE) == 3


def test_a_grade_is_no_duration() -> None:
    with pytest.raises(ValueError, match="no duration"):
        district().seconds(RuleKey.REPORTABLE_GRADE)


def test_a_changed_number_leaves_the_pack_alone() -> None:
    oral = district().rules[RuleKey.ORAL_REPORT_LIMIT]
    assert oral.changed_to(20).seconds == 1_200
    assert (oral.value, oral.changed_to(20).default) == (30, 30)


@pytest.mark.parametrize("value", [0, -1, 1_441, 2.5, True])
def test_a_number_stays_in_its_range(value: Any) -> None:
    with refused(ErrorCode.RANGE, "oral_report_limit") as refusal:
        district().rules[RuleKey.ORAL_REPORT_LIMIT].changed_to(value)
    assert (refusal.params["low"], refusal.params["high"]) == (1, 1_440)


def test_every_number_has_a_range() -> None:
    assert set(SPECS) == set(RuleKey)
    assert all(0 < spec.low < spec.high for spec in SPECS.values())
    assert {spec.unit for spec in SPECS.values()} == set(Unit)


def paths(table: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Path of every key below a table."""
    keys = table.keys() if isinstance(table, dict) else range(len(table))
    for key in keys:
        yield (*path, key)
        if isinstance(table[key], dict | list):
            yield from paths(table[key], (*path, key))


def holder(table: Any, path: tuple[Any, ...]) -> Any:
    """The table that holds the last key of a path."""
    for key in path[:-1]:
        table = table[key]
    return table


def written(path: tuple[Any, ...]) -> str:
    """A path as the messages write it."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")


KEYS = [path for path in paths(pack()) if isinstance(path[-1], str)]
SCALARS = [path for path in KEYS if not isinstance(holder(pack(), path)[path[-1]], dict | list)]


def named_wrongly(spoilt: dict[str, Any], expected: str) -> list[str]:
    """What the parser says, when it does not begin with the expected path."""
    try:
        parse_district(spoilt)
    except ValueError as fault:
        return [] if str(fault).startswith(expected + ":") else [f"{expected}: {fault}"]
    return [f"{expected}: taken"]


def test_a_pack_of_an_earlier_version_gets_the_numbers_that_came_later() -> None:
    older = pack()
    for key in LATER:
        del older["rules"][key.value]
    rules = parse_district(older).rules
    assert set(rules) == set(RuleKey)
    for key, number in LATER.items():
        shipped = district().rules[key]
        assert (number.default, number.unit, number.rule) == (shipped.default, shipped.unit, shipped.rule)
        assert rules[key] == number


def test_a_missing_key_is_named() -> None:
    wrong: list[str] = []
    for path in KEYS:
        if path[0] == "rules" and path[1:] in {(key.value,) for key in LATER}:
            continue
        spoilt = pack()
        del holder(spoilt, path)[path[-1]]
        wrong += named_wrongly(spoilt, written(path))
    assert not wrong
    assert len(KEYS) > 200


@pytest.mark.parametrize("bad", [None, "", " ", -1, 1e400, [], {}], ids=repr)
def test_a_wrong_value_is_named(bad: Any) -> None:
    wrong: list[str] = []
    for path in SCALARS:
        # -1 is a fine latitude
        value = 181 if path[0] == "box" and bad == -1 else bad
        wrong += named_wrongly(spoil(path, value), written(path))
    assert not wrong


def test_an_unknown_key_is_named() -> None:
    tables = [path for path in KEYS if isinstance(holder(pack(), path)[path[-1]], dict)]
    wrong: list[str] = []
    for path in tables:
        wrong += named_wrongly(spoil((*path, "typo"), 1), written((*path, "typo")))
    assert not wrong


def spoil(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    spoilt = pack()
    holder(spoilt, path)[path[-1]] = value
    return spoilt


@pytest.mark.parametrize(
    ("spoilt", "path"),
    [
        (spoil(("streets", 1, "code"), "310105001"), "streets[1].code"),
        (spoil(("streets", 1, "code"), "310117001"), "streets[1].code"),
        (spoil(("recipients", 1, "key"), "gov_duty_room"), "recipients[1].key"),
        (spoil(("recipients",), []), "recipients"),
        (spoil(("box", "east"), 121.0), "box.east"),
        (spoil(("box", "north"), 31.0), "box.north"),
        (spoil(("box", "crs"), "GCJ-02"), "box.crs"),
        (spoil(("rules", "oral_report_limit", "unit"), "s"), "rules.oral_report_limit.unit"),
        (spoil(("reportable", "type_codes"), ["fire", 3]), "reportable.type_codes[1]"),
        (spoil(("rules", "oral_report_limit", "value"), True), "rules.oral_report_limit.value"),
        (spoil(("box", "south"), True), "box.south"),
        (spoil(("modules", "consent"), 1), "modules.consent"),
        (spoil(("streets",), {}), "streets"),
        (spoil(("streets", 0), "310105001"), "streets[0]"),
        (spoil(("title",), "x"), "title"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_faults_are_named(spoilt: dict[str, Any], path: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_district(spoilt)
    assert str(caught.value).startswith(path + ":")
