"""Free text on the large screen: nothing that tells who a person is (CS-08, XC-07). All data invented."""

from __future__ import annotations

import pytest

from app.ui.wall.clean import clean


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("居民楼火灾，报警人李某 13900001111", "居民楼火灾"),
        ("电梯困人（电话021-5555 0000）", "电梯困人"),
        ("商场火灾，二层4人被困", "商场火灾，二层4人被困"),
        ("某小区6号楼502室", "某小区6号楼"),
        ("某小区3单元12室火灾", "某小区火灾"),
        ("王先生被困，腿部受伤", "某先生被困，腿部受伤"),
        ("联系人：赵某某，手机一三九零零零零一一一一；已疏散46人", "已疏散46人"),
        ("身份证310105199001011234", ""),
        ("caller J. Doe, +86 139 0000 1111, smoke on floor 3", "smoke on floor 3"),
        ("邮件 a.b@example.org 来报", "邮件 来报"),
        ("", ""),
        ("30分钟内报送 2025年", "30分钟内报送 2025年"),
        ("G15沈海高速1234公里处", "G15沈海高速1234公里处"),
    ],
)
def test_what_could_be_personal_is_left_out(typed: str, shown: str) -> None:
    assert clean(typed) == shown


def test_nothing_is_nothing() -> None:
    assert clean(None) == ""
