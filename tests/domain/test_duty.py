"""Posts on watch (JD-04), duty log (JD-11), oral reports (RP-16, RP-08)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.log_entry import check_log_entry
from app.domain.oral_report import OralForm, check_oral_report
from app.domain.watch import Holder, check_end_watch, check_take_post, missing_posts, two_persons_present
from app.kernel.enums import Channel, Post
from app.kernel.errors import ErrorCode
from tests.domain.helpers import at, district, refused

NOW = at("14:18:00")
HOLDERS = st.lists(st.builds(Holder, person_id=st.sampled_from("abc"), post=st.sampled_from(Post)))


def test_what_is_missing_on_watch() -> None:
    assert missing_posts([]) == (Post.LEADER_ON_SHIFT, Post.DUTY_CHIEF, Post.DUTY_OFFICER)
    assert missing_posts([Holder("a", Post.DUTY_CHIEF)]) == (Post.LEADER_ON_SHIFT, Post.DUTY_OFFICER)
    assert missing_posts([Holder(person, post) for person, post in zip("abc", Post, strict=True)]) == ()


@given(HOLDERS)
def test_missing_and_held_posts_make_up_the_shift(present: list[Holder]) -> None:
    held = {holder.post for holder in present}
    assert held | set(missing_posts(present)) == set(Post)
    assert not held & set(missing_posts(present))


@pytest.mark.parametrize(
    ("present", "kept"),
    [
        ([("a", Post.DUTY_CHIEF), ("b", Post.DUTY_OFFICER)], True),
        ([("a", Post.DUTY_CHIEF), ("a", Post.DUTY_OFFICER)], False),
        ([("a", Post.DUTY_CHIEF), ("a", Post.DUTY_OFFICER), ("b", Post.DUTY_OFFICER)], True),
        ([("a", Post.LEADER_ON_SHIFT), ("b", Post.DUTY_OFFICER)], False),
        ([("a", Post.DUTY_CHIEF), ("b", Post.DUTY_CHIEF)], False),
        ([], False),
    ],
)
def test_two_person_rule(present: list[tuple[str, Post]], kept: bool) -> None:
    assert two_persons_present([Holder(*each) for each in present]) is kept


def test_one_person_is_not_chief_and_officer_at_once() -> None:
    with refused(ErrorCode.STATE, "post"):
        check_take_post("a", Post.DUTY_OFFICER, [Holder("a", Post.DUTY_CHIEF)])
    with refused(ErrorCode.STATE, "post"):
        check_take_post("a", Post.DUTY_CHIEF, [Holder("a", Post.DUTY_OFFICER)])
    check_take_post("b", Post.DUTY_OFFICER, [Holder("a", Post.DUTY_CHIEF)])
    check_take_post("a", Post.DUTY_CHIEF, [Holder("a", Post.LEADER_ON_SHIFT)])


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(Post))))
def test_complete_watch_always_keeps_the_two_person_rule(wishes: list[tuple[str, Post]]) -> None:
    present: list[Holder] = []
    for person, post in wishes:
        chief_and_officer = {Post.DUTY_CHIEF, Post.DUTY_OFFICER}
        mine = {holder.post for holder in present if holder.person_id == person} | {post}
        if mine >= chief_and_officer:
            with refused(ErrorCode.STATE, "post"):
                check_take_post(person, post, present)
        else:
            check_take_post(person, post, present)
            present.append(Holder(person, post))
    assert missing_posts(present) or two_persons_present(present)


def test_only_a_standing_watch_of_another_is_ended() -> None:
    check_end_watch("chief", "officer", None)
    with refused(ErrorCode.STATE, "watch_id", "refusal.duty.watch_over"):
        check_end_watch("chief", "officer", NOW)
    with refused(ErrorCode.STATE, "watch_id", "refusal.duty.own_watch"):
        check_end_watch("chief", "chief", None)


def test_log_entry() -> None:
    check_log_entry("交接完毕", NOW, NOW)
    with refused(ErrorCode.REQUIRED, "text"):
        check_log_entry(" \u3000", NOW, NOW)
    with refused(ErrorCode.TIME, "at", "refusal.time.future"):
        check_log_entry("x", NOW + 60_001, NOW)
    with refused(ErrorCode.TIME, "at", "refusal.time.needs_confirm"):
        check_log_entry("x", NOW - 86_400_001, NOW)
    check_log_entry("x", NOW - 86_400_001, NOW, late_confirmed=True)


FORM = OralForm("gov_duty_room", Channel.LANDLINE, at("14:17:30"), "天山路居民楼火灾")
RECIPIENTS = [recipient.key for recipient in district().recipients]


def check_oral(form: OralForm, received_at: int | None = None, confirmed: bool = False) -> None:
    check_oral_report(form, RECIPIENTS, NOW, received_at=received_at, confirmed=confirmed)


def test_oral_report_of_s2() -> None:
    check_oral(FORM, received_at=at("14:02:10"))
    for field in ("to_role", "channel", "spoken_at", "gist"):
        with refused(ErrorCode.REQUIRED, field):
            check_oral(replace(FORM, **{field: None}))


@pytest.mark.parametrize("field", ["to_role", "gist"])
def test_blank_counts_as_missing(field: str) -> None:
    spoilt: dict[str, Any] = {field: " \u3000"}
    with refused(ErrorCode.REQUIRED, field):
        check_oral(replace(FORM, **spoilt))


def test_recipients_come_from_the_list() -> None:
    with refused(ErrorCode.RANGE, "to_role"):
        check_oral(replace(FORM, to_role="某领导"))


def test_a_text_sent_is_no_oral_report() -> None:
    with refused(ErrorCode.RANGE, "channel"):
        check_oral(replace(FORM, channel=Channel.DATA))


def test_times_of_an_oral_report() -> None:
    with refused(ErrorCode.TIME, "spoken_at", "refusal.time.future"):
        check_oral(replace(FORM, spoken_at=NOW + 60_001))
    with refused(ErrorCode.TIME, "spoken_at", "refusal.time.needs_confirm"):
        check_oral(replace(FORM, spoken_at=NOW - 86_400_001))
    with refused(ErrorCode.TIME, "spoken_at", "refusal.reports.oral_before_received"):
        check_oral(FORM, received_at=at("14:17:31"))
    check_oral(FORM, received_at=at("14:17:31"), confirmed=True)
    check_oral(FORM, received_at=at("14:17:30"))
