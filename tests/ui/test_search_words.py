"""Words of a search without a window: what is marked of a result, and what is offered while typing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kernel.texts import Texts
from app.queries.accounts import AccountRow
from app.queries.search_language import Field, parse
from app.ui.console import AgencyView, DistrictView
from app.ui.desk.values import Words
from app.ui.search import understanding, vocabulary
from app.ui.search.lines import FAR, LONGEST, marks, snippet

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a loaded machine
TODAY = date(2025, 7, 14)
DISTRICT = DistrictView(
    "310105",
    "长宁区",
    {
        "EMB": AgencyView("EMB", "长宁区应急管理局", "应急局"),
        "FRD": AgencyView("FRD", "长宁区消防救援支队", "消防支队"),
    },
    (("310105006", "天山路街道"), ("310105009", "虹桥街道"), ("310105102", "新泾镇")),
    (),
    (0, 0, 1, 1),
    also={"310105006": ("Tianshan Road Subdistrict",)},
)
ENGLISH = replace(
    DISTRICT,
    agencies={
        "EMB": AgencyView("EMB", "Changning Emergency Management Bureau", "Emergency Bureau"),
        "FRD": AgencyView("FRD", "Changning Fire and Rescue Detachment", "Fire Detachment"),
    },
    also={**DISTRICT.also, "EMB": ("长宁区应急管理局", "应急局")},
)


class Console:
    """As much of a console as the vocabulary asks for."""

    agency, partner = "EMB", "FRD"

    def __init__(self, language: str) -> None:
        self.texts = Texts.load(language)
        self.district = DISTRICT if language == "zh_CN" else ENGLISH


@pytest.fixture(params=["zh_CN", "en"])
def console(request: pytest.FixtureRequest) -> Console:
    return Console(request.param)


@UNTIMED
@given(st.text("天山路aBÉ火", max_size=30), st.lists(st.text("天山aB火", max_size=3), max_size=4))
def test_marks_are_where_like_finds_the_words(text: str, words: list[str]) -> None:
    found = marks(text, words)
    folded = text.translate({65: 97, 66: 98})
    for word in filter(None, (each.lower() for each in words)):
        at = folded.find(word)
        assert at < 0 or any(start <= at and at + len(word) <= end for start, end in found)
    for start, end in found:
        assert 0 <= start < end <= len(text)
    assert all(one[1] < other[0] for one, other in pairwise(found))


def test_a_hit_far_behind_is_brought_into_the_line() -> None:
    text = "长" * 200 + "仓库 冒烟" + "长" * 400
    line = snippet(text, ("冒烟",))
    assert line.startswith("…") and "冒烟" in line[:FAR] and len(line) <= LONGEST + 1
    assert snippet("天山路\n 冒烟", ("冒烟",)) == "天山路 冒烟"
    assert snippet(text, ("没有",)) == "长" * 200 + "仓库 冒烟" + "长" * 34 + "长" * (LONGEST - 239)


def test_every_name_of_the_language_leads_to_one_thing(console: Console) -> None:
    language = vocabulary.language(console)  # type: ignore[arg-type]
    names = [name for known in language.fields.values() for name in known]
    words = [name for known in (*language.flags.values(), *language.days.values()) for name in known]
    assert len(set(names)) == len(names)
    assert len(set(words)) == len(words)
    for name in names:
        assert not any(char.isspace() or char in ':："“' for char in name)
    for of, options in language.options.items():
        for option in options:
            assert option.key in language.keys_of(of, option.written), option
            assert option.key in language.keys_of(of, option.label) or " " in option.label, option


def test_both_languages_and_initials_are_understood(console: Console) -> None:
    language = vocabulary.language(console)  # type: ignore[arg-type]
    for typed in ("街道:tsl", "street:天山路街道", "街道:tianshan", "STREET:310105006"):
        assert dict(parse(typed, language, TODAY).narrow.keys) == {Field.STREET: ("310105006",)}, typed
    for typed in ("级别:Ⅱ", "level:2", "级别:重大", "level:zd", "等级:ii"):
        assert dict(parse(typed, language, TODAY).narrow.keys) == {Field.LEVEL: ("level_2",)}, typed
    for typed in ("单位:我方", "agency:us", "归属:应急局", "单位:EMB"):
        assert dict(parse(typed, language, TODAY).narrow.keys) == {Field.AGENCY: ("EMB",)}, typed
    assert dict(parse("岗位:zbz", language, TODAY).narrow.keys) == {Field.ROLE: ("duty_chief",)}


def test_what_is_offered_is_understood_once_it_is_taken(console: Console) -> None:
    language = vocabulary.language(console)  # type: ignore[arg-type]
    names = [known[0] for known in language.fields.values()]
    for name in names:
        text = f"火 {name}:"
        offers = understanding.offers(text, len(text), language, console.texts)
        for entry in offers.entries:
            taken, cursor = offers.taken(text, entry)
            assert cursor == len(taken)
            query = parse(taken, language, TODAY)
            assert query.words[0].text == "火" and len(query.items) == 2, taken
            assert query.narrow, taken
    for start in ("st", "jd", "wj", "open", "街"):
        offers = understanding.offers(start, len(start), language, console.texts)
        for entry in offers.entries:
            assert parse(offers.taken(start, entry)[0], language, TODAY).words == ()


def test_nothing_is_offered_inside_a_phrase_or_for_what_stands_there(console: Console) -> None:
    language = vocabulary.language(console)  # type: ignore[arg-type]
    for text in ('"街', "", "火 ", "foo:b", "编号:1"):
        assert understanding.offers(text, len(text), language, console.texts).entries == ()


def test_an_offer_in_the_middle_leaves_the_rest() -> None:
    console = Console("zh_CN")
    language = vocabulary.language(console)  # type: ignore[arg-type]
    offers = understanding.offers("火 街道:hq 未结", 7, language, console.texts)
    assert [entry.name for entry in offers.entries] == ["虹桥街道"]
    assert offers.taken("火 街道:hq 未结", offers.entries[0]) == ("火 街道:虹桥街道 未结", 10)


@pytest.mark.parametrize(
    ("title", "said"), [("console-" + "z" * 26, "应急局 工作站"), ("1 号台", "应急局 1 号台")]
)
def test_who_wrote_is_a_post_or_a_workstation_never_an_id(title: str, said: str) -> None:
    """What a console entered by itself: its label, or that it is the workstation."""
    name = "console-" + "z" * 26
    row = AccountRow("a", "machine", name, title, "EMB", "console", "active", None, None)
    words = Words(Texts.load(), DISTRICT, "EMB")
    assert words.who("a", {"a": row}) == said
    assert "zzz" not in words.post("a", {"a": row})
