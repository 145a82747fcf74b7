"""Watch and duty log (JD-01, JD-04, JD-11, D-26)."""

from __future__ import annotations

from typing import Any

import pytest

from app.kernel.enums import LinkState, LogKind, Post
from app.queries import alarms, duty
from app.queries.alarms import AlarmState
from app.queries.duty import LogRow, WatchRow
from app.usecases.duty import (
    AcknowledgeAlarm,
    AmendLogEntry,
    EndWatch,
    LeaveWatch,
    NoteLinkState,
    SnoozeAlarm,
    TakeWatch,
    WriteLogEntry,
)
from tests.kit import Site, Town, act, business, moment, ms, refused, register


def present(site: Site) -> list[WatchRow]:
    return site.node.local(duty.on_watch)


def log(site: Site) -> list[LogRow]:
    """Entries, newest first, without what the administrator's own acts left there before."""
    return [row for row in site.node.local(duty.log) if row.author_role != "account_admin"]


# -- watch -----------------------------------------------------------------------------------------------------------------
def test_three_posts_are_taken_and_both_rooms_show_them(town: Town) -> None:
    """JD-04, JD-01: leader, chief, officer; the other side sees who is there, the log says it in words."""
    for who, post in (
        ("leader", Post.LEADER_ON_SHIFT),
        ("duty_chief", Post.DUTY_CHIEF),
        ("duty_officer", Post.DUTY_OFFICER),
    ):
        act(town.emb, who, TakeWatch(post=post))
    town.sync()
    for site in (town.emb, town.frd):
        assert [(row.agency, row.post, row.taken_at) for row in present(site)] == [
            ("EMB", post, ms("08:00:00")) for post in ("duty_chief", "duty_officer", "leader_on_shift")
        ]
        entry = log(site)[-1]
        assert (entry.kind, entry.at, entry.agency) == ("watch", ms("08:00:00"), "EMB")
        assert "岗位：" in (entry.text or "")
    assert business(town.emb) == business(town.frd)


def test_one_person_is_not_chief_and_officer_at_once(emb: Site) -> None:
    """JD-04 two-person rule: a chief may serve as officer, but not be both."""
    act(emb, "duty_chief", TakeWatch(post=Post.DUTY_OFFICER))
    command = TakeWatch(post=Post.DUTY_CHIEF)
    wrong = refused(
        emb, "duty_chief", command, "E_STATE", "refusal.duty.two_posts", field="post", clause="JD-04"
    )
    assert (wrong.params["post"], wrong.params["held"]) == (Post.DUTY_CHIEF, Post.DUTY_OFFICER)
    act(emb, "duty_chief", LeaveWatch())
    act(emb, "duty_chief", command)
    assert [row.post for row in present(emb)] == ["duty_chief"]


@pytest.mark.parametrize(
    ("who", "post", "can"),
    [
        ("duty_officer", Post.DUTY_CHIEF, ("duty_chief",)),
        ("duty_officer", Post.LEADER_ON_SHIFT, ("leader",)),
        ("leader", Post.DUTY_OFFICER, ("duty_chief", "duty_officer")),
    ],
)
def test_posts_go_with_roles(emb: Site, who: str, post: Post, can: tuple[str, ...]) -> None:
    """JD-04: a division-rank leader, a duty chief, a full-time officer."""
    command = TakeWatch(post=post)
    refused(emb, who, command, "E_PERM", "refusal.permission.denied", field="post", clause="JD-04", can=can)


def test_post_is_taken_once_and_left_once(emb: Site) -> None:
    """JD-04: twice on the same post is E_STATE; who is not there cannot leave."""
    take, leave = TakeWatch(post=Post.DUTY_OFFICER), LeaveWatch()
    text = "refusal.duty.not_on_watch"
    refused(emb, "duty_officer", leave, "E_STATE", text, field="post", clause="JD-04")
    act(emb, "duty_officer", take)
    wrong = "refusal.duty.already_on_post"
    refused(emb, "duty_officer", take, "E_STATE", wrong, field="post", clause="JD-04")
    emb.at("20:00:00")
    act(emb, "duty_officer", leave)
    assert present(emb) == []
    [row] = emb.rows("watch")
    assert (row["taken_at"], row["left_at"]) == (ms("08:00:00"), ms("20:00:00"))


def test_one_of_two_posts_is_left(emb: Site) -> None:
    """JD-04: leaving names the post; the other one stays."""
    from app.kernel.enums import Role
    from app.usecases.accounts import CreateAccount

    roles = [Role.LEADER, Role.DUTY_OFFICER]
    both = act(emb, "admin", CreateAccount(name="both", title="带班", roles=roles)).result["account_id"]
    for post in (Post.LEADER_ON_SHIFT, Post.DUTY_OFFICER):
        act(emb, both, TakeWatch(post=post))
    act(emb, both, LeaveWatch(post=Post.DUTY_OFFICER))
    assert [row.post for row in present(emb)] == ["leader_on_shift"]
    act(emb, both, LeaveWatch())
    assert present(emb) == []


def test_posts_of_the_other_side_are_theirs(town: Town) -> None:
    """JD-04: the watch is counted per agency."""
    act(town.frd, "duty_officer", TakeWatch(post=Post.DUTY_OFFICER))
    town.sync()
    text = "refusal.duty.not_on_watch"
    refused(town.emb, "duty_officer", LeaveWatch(), "E_STATE", text, field="post", clause="JD-04")
    act(town.emb, "duty_officer", TakeWatch(post=Post.DUTY_OFFICER))
    assert len(present(town.emb)) == 2


def forgotten(site: Site) -> str:
    """The officer of a site takes the watch and goes home without leaving it."""
    watch_id = str(act(site, "duty_officer", TakeWatch(post=Post.DUTY_OFFICER)).result["watch_id"])
    site.at("20:05:00")
    return watch_id


@pytest.mark.parametrize("who", ["duty_chief", "leader"])
def test_a_forgotten_watch_is_ended_by_chief_or_leader_and_the_officer_is_told(town: Town, who: str) -> None:
    """JD-04: the log says who, whose, which post and why, on both sides; the officer finds it by the watch."""
    watch_id = forgotten(town.emb)
    officer = town.emb.account("duty_officer")
    assert town.emb.node.local(lambda c: duty.ended_by_others(c, officer, 0)) == []
    act(town.emb, who, EndWatch(watch_id=watch_id, reason=" 下班忘记离岗 "))
    assert present(town.emb) == []
    town.sync()
    for site in (town.emb, town.frd):
        [told] = site.node.local(lambda c: duty.ended_by_others(c, officer, ms("20:00:00")))
        assert (told.at, told.kind, told.account_id) == (ms("20:05:00"), "watch", town.emb.account(who))
        assert "离岗，岗位：值班员，原因：下班忘记离岗。" in (told.text or "")
        assert site.node.local(lambda c: duty.ended_by_others(c, officer, ms("20:05:00"))) == []
    act(town.emb, "duty_officer", TakeWatch(post=Post.DUTY_OFFICER))
    assert town.emb.node.local(lambda c: duty.last_left(c, "EMB")) == ms("20:05:00")
    assert town.emb.node.local(lambda c: duty.last_left(c, "FRD")) is None


def test_leaving_by_oneself_tells_nobody(emb: Site) -> None:
    """JD-04: only what another ended is told."""
    forgotten(emb)
    act(emb, "duty_officer", LeaveWatch())
    officer = emb.account("duty_officer")
    assert emb.node.local(lambda c: duty.ended_by_others(c, officer, 0)) == []


def test_who_may_end_a_watch_and_which(town: Town) -> None:
    """JD-04: no officer, no other agency, not without a reason, not twice, not one's own."""
    watch_id = forgotten(town.emb)
    town.sync()
    end = EndWatch(watch_id=watch_id, reason="忘记离岗")
    refused(
        town.emb, "duty_officer", end, "E_PERM", "refusal.permission.denied",
        clause="XC-06", can=("duty_chief", "leader"),
    )  # fmt: skip
    refused(
        town.frd,
        "duty_chief",
        end,
        "E_OWNER",
        "refusal.owner.row",
        field="watch_id",
        clause="JD-04",
        owner="EMB",
    )
    blank = EndWatch(watch_id=watch_id, reason=" ")
    text = "refusal.duty.end_reason_required"
    refused(town.emb, "duty_chief", blank, "E_REQUIRED", text, field="reason", clause="JD-04")
    nothing = EndWatch(watch_id="none", reason="x")
    refused(town.emb, "duty_chief", nothing, "E_STATE", "refusal.record.missing", field="watch_id")
    assert len(present(town.emb)) == 1
    act(town.emb, "duty_chief", end)
    text = "refusal.duty.watch_over"
    refused(town.emb, "leader", end, "E_STATE", text, field="watch_id", clause="JD-04")
    mine = str(act(town.emb, "duty_chief", TakeWatch(post=Post.DUTY_CHIEF)).result["watch_id"])
    own = EndWatch(watch_id=mine, reason="x")
    text = "refusal.duty.own_watch"
    refused(town.emb, "duty_chief", own, "E_STATE", text, field="watch_id", clause="JD-04")


def test_those_present_are_listed_with_their_titles(town: Town) -> None:
    """JD-04: one agency's people, longest first."""
    act(town.emb, "duty_officer", TakeWatch(post=Post.DUTY_OFFICER))
    town.emb.at("08:10:00")
    act(town.emb, "duty_chief", TakeWatch(post=Post.DUTY_CHIEF))
    rows = town.emb.node.local(lambda c: duty.present(c, "EMB"))
    assert [(row.post, row.taken_at) for row in rows] == [
        ("duty_officer", ms("08:00:00")),
        ("duty_chief", ms("08:10:00")),
    ]
    assert all(row.title for row in rows)
    assert town.emb.node.local(lambda c: duty.present(c, "FRD")) == []


# -- alarms ----------------------------------------------------------------------------------------------------------------
def test_an_alarm_is_acknowledged_once_for_the_whole_agency(town: Town) -> None:
    """JD-11: who heard a red alarm, and when, is an entry; each agency answers for itself."""
    row = register(town.emb)
    alarm = f"oral_report:{row.id}:1:RED"
    heard = AcknowledgeAlarm(alarm=alarm, text="超 00:01 口头报未报", incident_id=row.id)

    def known(site: Site, agency: str) -> set[str]:
        found = site.node.local(lambda c: alarms.states(c, agency, [alarm, "other"]))
        return {name for name, state in found.items() if state.acknowledged_at == ms("08:00:00")}

    assert known(town.emb, "EMB") == set()
    first = act(town.emb, "duty_officer", heard).result
    again = act(town.emb, "duty_chief", heard).result
    assert (first["new"], again["new"], again["entry_id"]) == (True, False, first["entry_id"])
    town.sync()
    for site in (town.emb, town.frd):
        assert known(site, "EMB") == {alarm} and known(site, "FRD") == set()
        [entry] = [each for each in log(site) if each.kind == LogKind.ALARM]
        assert (entry.at, entry.incident_id) == (ms("08:00:00"), row.id)
        assert "确认警报：超 00:01 口头报未报" in (entry.text or "")
    act(town.frd, "duty_officer", heard)
    assert known(town.frd, "FRD") == {alarm}


@pytest.mark.parametrize("field", ["alarm", "text"])
def test_an_alarm_without_a_name_or_words_is_not_acknowledged(emb: Site, field: str) -> None:
    """JD-11: an empty entry says nothing."""
    command = AcknowledgeAlarm(**{"alarm": "a", "text": "b", field: " "})
    text = "refusal.duty.alarm_required"
    refused(emb, "duty_officer", command, "E_REQUIRED", text, field=field, clause="JD-11")


def test_technicians_do_not_acknowledge(emb: Site) -> None:
    """XC-06: an alarm is for those who can do something about it."""
    command = AcknowledgeAlarm(alarm="a", text="b")
    can = ("duty_officer", "duty_chief", "leader", "authorised")
    refused(emb, "technician", command, "E_PERM", "refusal.permission.denied", clause="XC-06", can=can)


def state_of(site: Site, alarm: str, agency: str = "EMB") -> AlarmState:
    return site.node.local(lambda c: alarms.states(c, agency, [alarm]))[alarm]


def test_an_amber_alarm_is_put_off_for_the_whole_agency_with_minutes_and_reason(town: Town) -> None:
    """JD-11: a decision an investigation asks about; it comes back by itself, and three times are enough."""
    row = register(town.emb)
    alarm = f"class_pending:{row.id}"
    command = SnoozeAlarm(alarm=alarm, text="类别待定", minutes=10, reason=" 等现场核实 ", incident_id=row.no)
    assert state_of(town.emb, alarm) == AlarmState()
    first = act(town.emb, "duty_officer", command).result
    assert (first["new"], first["until"]) == (True, ms("08:10:00"))
    town.emb.at("08:09:59")
    again = act(town.emb, "duty_chief", command).result
    assert (again["new"], again["entry_id"], again["until"]) == (False, first["entry_id"], first["until"])
    town.sync()
    for site in (town.emb, town.frd):
        state = state_of(site, alarm)
        assert (state.until, state.times, state.acknowledged_at) == (ms("08:10:00"), 1, None)
        assert state.snoozed_by == town.emb.node.local(duty.log)[0].text.split("暂缓")[0]  # type: ignore[union-attr]
        assert state_of(site, alarm, "FRD") == AlarmState(), "each agency decides for itself"
        [entry] = [each for each in log(site) if each.kind == LogKind.ALARM]
        assert entry.incident_id == row.id
        assert "暂缓警报 10 分钟，原因：等现场核实。警报内容：类别待定。" in (entry.text or "")
    for time, minutes, until in (("08:10:00", 5, "08:15:00"), ("08:20:00", 30, "08:50:00")):
        town.emb.at(time)
        longer = SnoozeAlarm(alarm=alarm, text="类别待定", minutes=minutes, reason="x")
        assert act(town.emb, "duty_officer", longer).result["until"] == ms(until)
    town.emb.at("08:50:00")
    text = "refusal.duty.snooze_often"
    refused(town.emb, "duty_officer", command, "E_STATE", text, field="alarm", clause="JD-11")


@pytest.mark.parametrize(
    ("given", "code", "text", "field"),
    [
        ({"alarm": "single_sided:5"}, "E_STATE", "refusal.duty.snooze_red", "alarm"),
        ({"minutes": 7}, "E_RANGE", "refusal.duty.snooze_minutes", "minutes"),
        ({"reason": " "}, "E_REQUIRED", "refusal.duty.snooze_reason", "reason"),
        ({"alarm": "gone:1"}, "E_STATE", "refusal.duty.alarm_unknown", "alarm"),
        ({"text": ""}, "E_REQUIRED", "refusal.duty.alarm_required", "text"),
    ],
)
def test_what_is_not_put_off(emb: Site, given: dict[str, Any], code: str, text: str, field: str) -> None:
    """JD-11: red never, nothing without a reason."""
    command = SnoozeAlarm(**{"alarm": "skew", "text": "b", "minutes": 5, "reason": "c", **given})
    refused(emb, "duty_officer", command, code, text, field=field, clause="JD-11")


def test_the_history_of_a_shift_is_what_its_agency_did_about_alarms(town: Town) -> None:
    """JD-11: newest first, from a moment on, nobody else's."""
    act(town.emb, "duty_officer", AcknowledgeAlarm(alarm="single_sided:1", text="甲"))
    act(town.frd, "duty_officer", AcknowledgeAlarm(alarm="single_sided:1", text="乙"))
    town.at("08:05:00").sync()
    act(town.emb, "duty_chief", SnoozeAlarm(alarm="skew", text="丙", minutes=5, reason="丁"))
    act(town.emb, "duty_officer", WriteLogEntry(text="戊"))

    def acts(since: str) -> list[str]:
        found = town.emb.node.local(lambda c: alarms.history(c, "EMB", ms(since)))
        return [row.text.partition("警报")[2] for row in found]

    assert acts("08:00:00") == [" 5 分钟，原因：丁。警报内容：丙。", "：甲。"]
    assert acts("08:00:01") == [" 5 分钟，原因：丁。警报内容：丙。"]
    assert acts("08:05:01") == []


# -- log -------------------------------------------------------------------------------------------------------------------
def test_entry_holds_both_times_and_who(town: Town) -> None:
    """JD-11, D-26: time of the event, time of entry, author, role, incident."""
    row = register(town.emb)
    act(town.emb, "duty_officer", TakeWatch(post=Post.DUTY_OFFICER))
    town.emb.at("08:05:00")
    entry = WriteLogEntry(
        text=" 区总值班室来电询问 ", at=moment("08:03:00"), kind=LogKind.CALL, incident_id=row.no
    )
    entry_id = act(town.emb, "duty_officer", entry).result["entry_id"]
    town.sync()
    for site in (town.emb, town.frd):
        [found] = [each for each in log(site) if each.id == entry_id]
        assert (found.text, found.kind, found.at, found.entered_at) == (
            "区总值班室来电询问",
            "call",
            ms("08:03:00"),
            ms("08:05:00"),
        )
        assert (found.agency, found.author_role, found.incident_id) == ("EMB", "duty_officer", row.id)
        of_incident = site.node.local(lambda c: duty.log_of_incident(c, row.id))
        assert [each.id for each in of_incident] == [entry_id]


@pytest.mark.parametrize(
    ("given", "code", "text", "field", "clause"),
    [
        ({"text": ""}, "E_REQUIRED", "refusal.duty.log_text_required", "text", "JD-11"),
        ({"text": " \u200b\u3000"}, "E_REQUIRED", "refusal.duty.log_text_required", "text", "JD-11"),
        ({"at": moment("08:01:01")}, "E_TIME", "refusal.time.future", "at", "JD-11"),
        ({"at": moment("07:00:00", "2025-07-13")}, "E_TIME", "refusal.time.needs_confirm", "at", "D-26"),
        ({"incident_id": "EMB-20250714-009"}, "E_STATE", "refusal.record.missing", "incident_id", None),
    ],
)
def test_entries_that_are_refused(
    emb: Site, given: dict[str, Any], code: str, text: str, field: str, clause: str | None
) -> None:
    """JD-11: no text, a time more than 60 s ahead; D-26: far back only when confirmed."""
    command = WriteLogEntry(**{"text": "记事", **given})
    refused(emb, "duty_officer", command, code, text, field=field, clause=clause)


def test_late_entry_once_confirmed(emb: Site) -> None:
    """D-26: more than 24 h back after confirmation; 60 s ahead is still allowed."""
    late = WriteLogEntry(text="补记", at=moment("07:00:00", "2025-07-01"), late_confirmed=True)
    act(emb, "duty_officer", late)
    act(emb, "duty_officer", WriteLogEntry(text="记事", at=moment("08:01:00")))
    assert [entry.text for entry in log(emb)] == ["记事", "补记"]


def test_entries_are_amended_never_edited(town: Town) -> None:
    """JD-11: the amendment is a new row that links to the old one and keeps its event time; others cannot amend ours."""
    first = act(town.emb, "duty_officer", WriteLogEntry(text="3人受伤")).result["entry_id"]
    town.emb.at("09:00:00")
    second = act(town.emb, "duty_chief", AmendLogEntry(entry_id=first, text="2人受伤")).result["entry_id"]
    rows = {entry.id: entry for entry in log(town.emb)}
    assert (rows[first].text, rows[second].text) == ("3人受伤", "2人受伤")
    assert (rows[second].amends_id, rows[second].at, rows[second].entered_at) == (
        first,
        ms("08:00:00"),
        ms("09:00:00"),
    )
    town.sync()
    theirs = AmendLogEntry(entry_id=first, text="x")
    text = "refusal.owner.row"
    refused(town.frd, "duty_officer", theirs, "E_OWNER", text, clause="JD-11", owner="EMB")
    blank = AmendLogEntry(entry_id=first, text=" ")
    empty = "refusal.duty.log_text_required"
    refused(town.emb, "duty_officer", blank, "E_REQUIRED", empty, field="text", clause="JD-11")
    missing = AmendLogEntry(entry_id="none", text="x")
    refused(town.emb, "duty_officer", missing, "E_STATE", "refusal.record.missing", field="entry_id")


def test_log_rows_cannot_be_changed_by_the_other_side_either(town: Town) -> None:
    """JD-11: the fields are written once; a later write by changed software has no effect anywhere."""
    from tests.kit import forge, maker, verdict

    entry = act(town.emb, "duty_officer", WriteLogEntry(text="原文")).result["entry_id"]
    town.sync()
    acts = maker(town.frd).write("write_log_entry", "log_entry", entry, {"text": "改过"})
    tx = forge(town.frd, town.frd.account("duty_officer"), acts)
    town.sync()
    for site in (town.emb, town.frd):
        assert verdict(site, tx) == ["effect"]
        assert "原文" in [each.text for each in log(site)]


# -- links -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("note", "said"),
    [
        ({"state": LinkState.UP, "first": True}, "与消防支队的数据链路已接通（启动后首次）。"),
        ({"state": LinkState.UP, "seconds": 2520}, "与消防支队的数据链路恢复，中断 2520 秒。"),
        (
            {"state": LinkState.DOWN, "seconds": 60},
            "与消防支队的数据链路中断，此前畅通 60 秒；转为单方值守。",
        ),
        ({"state": LinkState.DEGRADED, "seconds": 30}, "与消防支队的数据链路不稳定，已持续 30 秒。"),
        (
            {"state": LinkState.UP, "seconds": 95, "steady": True},
            "与消防支队的数据链路恢复稳定，不稳定 95 秒。",
        ),
    ],
)
def test_changes_of_a_link_are_log_rows(emb: Site, note: dict[str, Any], said: str) -> None:
    """JD-01: the first link-up is a first connection and no recovery after 0 seconds; agencies have names."""
    act(emb, "console", NoteLinkState(peer="FRD", **note))
    [entry] = log(emb)
    assert (entry.text, entry.kind, entry.author_role) == (said, "link", "console")


def test_link_to_a_colleague_is_not_one_to_the_partner(emb: Site) -> None:
    """JD-01: a further workstation of our own agency is called what it is."""
    act(emb, "console", NoteLinkState(peer="EMB", state=LinkState.UP, first=True))
    [entry] = log(emb)
    assert entry.text == "与应急局另一席位的数据链路已接通（启动后首次）。"


def test_people_do_not_write_link_notes(emb: Site) -> None:
    """JD-01: only the console's own account notes the state of a link."""
    command = NoteLinkState(peer="FRD", state=LinkState.DOWN)
    refused(
        emb,
        "technician",
        command,
        "E_PERM",
        "refusal.permission.denied",
        clause="XC-06",
        can=("console",),
    )
