"""The search language: what is printed parses to the same, nothing typed is lost, nothing typed means anything to SQL."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.queries.search_language import (
    Field,
    Filter,
    Flag,
    Flagged,
    Item,
    Language,
    Narrow,
    Option,
    Query,
    Unsaid,
    Word,
    parse,
    printed,
    without,
)

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a loaded machine
TODAY = date(2025, 7, 14)
LANGUAGE = Language(
    {
        Field.STREET: ("街道", "street"),
        Field.LEVEL: ("级别", "level"),
        Field.STATUS: ("状态", "status"),
        Field.TYPE: ("类型", "type"),
        Field.AGENCY: ("单位", "归属", "agency"),
        Field.ROLE: ("岗位", "role"),
        Field.DATE: ("日期", "date"),
        Field.NUMBER: ("编号", "number"),
        Field.PLACE: ("地点", "place"),
        Field.EVENT: ("事件", "event"),
    },
    {
        Flag.OPEN: ("未结", "open"),
        Flag.CLOSED: ("已结", "closed"),
        Flag.CONFLICT: ("分歧", "冲突"),
        Flag.OURS: ("待我方", "我方欠"),
        Flag.THEIRS: ("待对方", "对方欠"),
    },
    {0: ("今天", "today"), 1: ("昨天", "yesterday")},
    ("近", "last"),
    {
        Field.STREET: (
            Option("310105006", "天山路街道", ("天山路街道", "tsljd", "310105006")),
            Option("310105005", "周家桥街道", ("周家桥街道", "zjqjd", "310105005")),
            Option("310105010", "程家桥街道", ("程家桥街道", "cjqjd", "310105010")),
        ),
        Field.LEVEL: (
            Option("level_1", "Ⅰ 特别重大", ("ⅰ", "1", "特别重大", "tbzd"), "Ⅰ"),
            Option("level_2", "Ⅱ 重大", ("ⅱ", "2", "重大", "zd"), "Ⅱ"),
        ),
        Field.STATUS: (Option("handling", "处置中", ("处置中", "czz", "handling")),),
    },
    ",，、",
)


def read(text: str) -> Query:
    return parse(text, LANGUAGE, TODAY)


def keys(text: str) -> dict[Field, tuple[str, ...]]:
    return dict(read(text).narrow.keys)


def test_the_example_of_the_issue() -> None:
    query = read("街道:天山 级别:Ⅱ 未结")
    assert query.words == ()
    assert query.narrow == Narrow(
        ((Field.STREET, ("310105006",)), (Field.LEVEL, ("level_2",))), flags=frozenset({Flag.OPEN})
    )


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("街道:tsl", ("310105006",)),
        ("街道：天山路街道", ("310105006",)),
        ("street:TSLJD", ("310105006",)),
        ("街道:家桥", ("310105005", "310105010")),
        ("街道:天山,周家桥", ("310105006", "310105005")),
        ("街道:天山、周", ("310105006", "310105005")),
        ('街道:"天山路街道"', ("310105006",)),
        ("街道:天山 街道:周家桥", ("310105006", "310105005")),
    ],
)
def test_streets_by_characters_and_initials_several_add_up(typed: str, found: tuple[str, ...]) -> None:
    assert keys(typed) == {Field.STREET: found}


def test_a_whole_name_is_meant_before_one_that_holds_it() -> None:
    assert keys("级别:重大") == {Field.LEVEL: ("level_2",)}
    assert keys("级别:特别") == {Field.LEVEL: ("level_1",)}
    assert keys("级别:Ⅰ,2") == {Field.LEVEL: ("level_1", "level_2")}


@pytest.mark.parametrize("typed", ["街道:火星", "街道:天山,火星", "日期:2025-13-40", "状态:q", "状态:z"])
def test_a_value_that_is_not_there_is_searched_for_as_it_stands_and_doubted(typed: str) -> None:
    [word] = read(typed).items
    assert isinstance(word, Word)
    assert word.text == typed
    assert word.doubt is not None
    assert not read(typed).narrow


@pytest.mark.parametrize("typed", ["foo:bar", "12:30", "http://x", "：", ":", "街:", "a:b:c", "“", '"'])
def test_an_unknown_name_is_a_word(typed: str) -> None:
    assert read(typed) == Query((Word(typed),))


def test_a_name_without_a_value_hides_nothing() -> None:
    query = read("火 街道:")
    assert query.items == (Word("火"), Unsaid(Field.STREET))
    assert not query.narrow
    assert not read("街道:  ")


def test_what_stands_in_quotation_marks_is_a_text() -> None:
    assert read('"未结"').items == (Word("未结", quoted=True),)
    assert read("“天山 火灾” 今天").items[0] == Word("天山 火灾", quoted=True)
    assert read('"说""停"""').items == (Word('说"停"', quoted=True),)
    assert read('"没有收尾').items == (Word("没有收尾", quoted=True),)


def test_flags_and_days() -> None:
    assert read("未结 我方欠 冲突").narrow.flags == {Flag.OPEN, Flag.OURS, Flag.CONFLICT}
    assert read("昨天").narrow.days == ("2025-07-13", "2025-07-13")
    assert read("OPEN").narrow.flags == {Flag.OPEN}
    assert read("未结案").words == (Word("未结案"),)


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("日期:今天", ("2025-07-14", "2025-07-14")),
        ("日期:7-1", ("2025-07-01", "2025-07-01")),
        ("日期:12-31", ("2024-12-31", "2024-12-31")),
        ("日期:2024/2/29", ("2024-02-29", "2024-02-29")),
        ("日期:7-3..7-1", ("2025-07-01", "2025-07-03")),
        ("日期:昨天..今天", ("2025-07-13", "2025-07-14")),
        ("date:last7days", ("2025-07-08", "2025-07-14")),
        ("日期:近7天 日期:7-1..7-10", ("2025-07-08", "2025-07-10")),
    ],
)
def test_dates(typed: str, days: tuple[str, str]) -> None:
    assert read(typed).narrow.days == days


def test_texts_of_named_fields() -> None:
    query = read('编号:0714 地点:"天山 路"')
    assert query.narrow.texts == ((Field.NUMBER, "0714"), (Field.PLACE, "天山 路"))


PIECES = st.sampled_from(
    (
        *("街道:", "级别：", "编号:", "日期:", "天山", "Ⅱ", "近7天", "未结", "今天", "7-1..", "火"),
        *('"', "“", "”", " ", "\u3000", ",", ":", "a", "%", "\x00", "😀"),
    )
)
TYPED = st.one_of(st.text(max_size=30), st.lists(PIECES, max_size=10).map("".join))


@UNTIMED
@given(TYPED)
@example('a"b c"d')
@example('街道:"天山')
@example('编号:"')
@example('x "" "')
@example("编号:“a b” c")
@example('"说""停"""')
@example('编号:“a"b”')
def test_what_is_printed_parses_to_the_same(typed: str) -> None:
    query = read(typed)
    again = read(printed(query.items, LANGUAGE))
    assert again == query
    assert again.narrow == query.narrow


@UNTIMED
@given(TYPED)
def test_no_character_is_lost(typed: str) -> None:
    """Whatever is no blank and no empty phrase stands inside exactly one item, in the order of the text."""
    end, left = 0, []
    for item in read(typed).items:
        start, stop = item.span
        assert start >= end
        assert stop > start
        left.append(typed[end:start])
        end = stop
    left.append(typed[end:])
    assert not "".join(left).translate({ord(mark): None for mark in '"“”'}).strip()


@UNTIMED
@given(TYPED, st.data())
def test_taking_an_item_away_leaves_the_others(typed: str, data: st.DataObject) -> None:
    items = read(typed).items
    if not items or any(isinstance(item, Word) and item.text in {'"', "“"} for item in items):
        return
    gone = data.draw(st.sampled_from(items))
    rest: tuple[Item, ...] = tuple(item for item in items if item is not gone)
    assert read(without(typed, gone)).items == rest


def test_items_know_where_they_stand() -> None:
    text = '火 街道:"天山 路" 今天'
    spans = [text[item.span[0] : item.span[1]] for item in read(text).items]
    assert spans == ["火", '街道:"天山 路"', "今天"]
    [_, _, day] = read(text).items
    assert isinstance(day, Flagged)


def test_the_same_word_twice_is_one_word() -> None:
    assert read("火 火 灾").words == (Word("火"), Word("灾"))
    assert isinstance(read("编号:1").items[0], Filter)
