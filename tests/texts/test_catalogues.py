"""Both languages say the same things, completely, and Chinese is written as a duty room writes it."""

from __future__ import annotations

import inspect
import re
from enum import Enum
from types import ModuleType

import pytest

from app.domain import alarm_grade, district, first_reporter, rule_numbers
from app.domain.incident_class import special_hq_key
from app.domain.wording import enum_key
from app.kernel import enums, errors
from app.kernel.enums import IncidentClass
from app.kernel.texts import RESOURCES, Texts
from db.reference import read_table
from db.tables import ENTITIES
from tests.texts import scan

ZH = Texts.load("zh_CN")
EN = Texts.load("en")
LANGUAGES = (ZH, EN)
HAN = r"[\u4e00-\u9fff]"
SAID = [key for key in ZH.catalogue if key.startswith(("refusal.", "fault."))]


def test_both_languages_hold_the_same_keys() -> None:
    assert ZH.catalogue.keys() == EN.catalogue.keys()
    assert len(SAID) > 80


def test_both_languages_hold_the_same_files() -> None:
    names = [{path.name for path in (RESOURCES / "texts" / t.language).iterdir()} for t in LANGUAGES]
    assert names[0] == names[1]


def test_both_languages_take_the_same_parameters() -> None:
    different = [key for key in ZH.catalogue if ZH.parameters(key) != EN.parameters(key)]
    assert not different


@pytest.mark.parametrize("texts", LANGUAGES, ids=lambda t: t.language)
def test_no_text_is_empty_or_untidy(texts: Texts) -> None:
    untidy = [key for key, text in texts.catalogue.items() if not text.strip() or text != text.strip(" \n")]
    assert set(untidy) <= {"wording.comma"}


def enum_classes(*modules: ModuleType) -> list[type[Enum]]:
    """Enumerations that these modules define themselves."""
    return [
        member
        for module in modules
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Enum) and member.__module__ == module.__name__
    ]


ENUMS = enum_classes(enums, errors, alarm_grade, district, first_reporter, rule_numbers)


@pytest.mark.parametrize("enumeration", ENUMS, ids=lambda e: e.__name__)
def test_every_value_has_a_name(enumeration: type[Enum]) -> None:
    missing = [enum_key(member) for member in enumeration if not ZH.has(enum_key(member))]
    assert not missing


def test_every_name_belongs_to_a_value() -> None:
    known = {enum_key(member) for enumeration in ENUMS for member in enumeration}
    tables = {key.rsplit(".", 1)[0] for key in known}
    named = {key for key in ZH.catalogue if key.rsplit(".", 1)[0] in tables}
    assert named == known


def test_names_of_one_vocabulary_differ() -> None:
    for texts in LANGUAGES:
        for enumeration in ENUMS:
            names = [texts.get(enum_key(member)) for member in enumeration]
            assert len(set(names)) == len(names), enumeration


@pytest.mark.parametrize("known", [c for c in IncidentClass if c is not IncidentClass.PENDING])
def test_every_class_has_its_special_headquarters(known: IncidentClass) -> None:
    assert ZH.has(str(special_hq_key(known)))


def test_english_holds_no_chinese() -> None:
    assert not [key for key, text in EN.catalogue.items() if re.search(HAN, text)]


def citations_removed(text: str) -> str:
    """Text without document numbers, clause numbers and parameters, which have their own spelling."""
    for pattern in (
        r"〔\d+〕\d+号",
        r"[一二三四五六七八九十]+(\([一二三四五六七八九十]+\)\d*|\d+)",
        r"\{\w+\}",
    ):
        text = re.sub(pattern, "“", text)
    return text


def test_chinese_punctuation_is_full_width() -> None:
    half = re.compile(rf"{HAN}[,;:!?()\"']|[,;:!?()\"']{HAN}|\.\.\.|{HAN}\.")
    assert not [key for key, text in ZH.catalogue.items() if half.search(citations_removed(text))]


def test_what_does_not_count_is_called_by_one_name() -> None:
    """The conflict desk and the workstations screen speak of the same thing."""
    other = [key for key, text in ZH.catalogue.items() if "采纳" in text]
    assert not other
    assert ZH.catalogue["ui.sites.offers"].startswith("未被接受")


def test_a_space_stands_between_han_and_letters_or_digits() -> None:
    tight = re.compile(rf"{HAN}[A-Za-z0-9]|[A-Za-z0-9]{HAN}")
    assert not [key for key, text in ZH.catalogue.items() if tight.search(citations_removed(text))]


def test_every_sentence_says_what_to_do() -> None:
    for key in SAID:
        assert ZH.get(key, **dict.fromkeys(ZH.parameters(key), "x")).endswith("。"), key
        assert EN.get(key, **dict.fromkeys(EN.parameters(key), "x")).endswith("."), key
        assert re.search("请|可|无需|无须", ZH.catalogue[key]), key


def test_every_source_named_by_a_rule_has_its_words() -> None:
    ids = {rule for path in scan.sources("app") for rule in scan.clause_ids(path.read_text("utf-8"))}
    assert {"RP-02", "D-37", "JD-04", "D-26"} <= ids
    assert not [rule for rule in sorted(ids) if not ZH.has(f"clause.{rule}")]


def test_every_act_of_the_permission_table_has_a_name() -> None:
    commands = [row["command"] for row in read_table("permissions")]
    assert "register_incident" in commands
    assert not [command for command in commands if not ZH.has(f"act.{command}")]


def test_every_shared_table_has_a_name() -> None:
    assert not [name for name in ENTITIES if not ZH.has(f"entity.{name}")]
