"""Every refusal of the rules becomes a whole sentence in both languages."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import pytest

from app.bootstrap.feature_table import FEATURES
from app.domain import (
    alarm_grade,
    event_time,
    figures,
    first_report,
    first_reporter,
    geometry,
    incident_status,
    log_entry,
    numbering,
    oral_report,
    registration,
    report_chain,
    rule_numbers,
    shelter,
    watch,
)
from app.domain.registration import RegistrationFacts
from app.domain.report_chain import ChainReport
from app.domain.rule_numbers import RuleKey
from app.domain.wording import clauses, numeral, sentence, who_can
from app.kernel.enums import (
    Agency,
    Channel,
    IncidentClass,
    IncidentStatus,
    Post,
    Recipient,
    ReportForm,
    ReportKind,
    ShelterState,
)
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.texts import Texts
from app.usecases.alarms import UnitStamps
from app.usecases.commands import TABLE
from tests.domain.helpers import at, district
from tests.texts import scan

ZH = Texts.load("zh_CN")
EN = Texts.load("en")
NOW = at("14:02:30")
BOX = district().box
S = IncidentStatus
K = ReportKind
FIRST_SENT = ChainReport(K.FIRST, sent=True)
FINAL_SENT = ChainReport(K.FINAL, sent=True)
FIRE = alarm_grade.AlarmKind.FIRE
MODULES = (
    alarm_grade,
    event_time,
    figures,
    first_report,
    first_reporter,
    geometry,
    incident_status,
    log_entry,
    numbering,
    oral_report,
    registration,
    report_chain,
    rule_numbers,
    shelter,
    watch,
)


def register(**facts: object) -> Callable[[], None]:
    known: dict[str, object] = {"received_at": NOW, "incident_class": IncidentClass.ACCIDENT, "place": "某楼"}
    form = RegistrationFacts(**{**known, **facts})  # type: ignore[arg-type]
    return lambda: registration.check_registration(form, district(), NOW)


def oral(received_at: int | None = None, **fields: object) -> Callable[[], None]:
    known: dict[str, object] = {
        "to_role": "gov_duty_room",
        "channel": Channel.LANDLINE,
        "spoken_at": NOW,
        "gist": "火灾",
    }
    form = oral_report.OralForm(**{**known, **fields})  # type: ignore[arg-type]
    return lambda: oral_report.check_oral_report(form, ["gov_duty_room"], NOW, received_at=received_at)


def first(occurred_at: int | None, place: str, what: str) -> Callable[[], None]:
    return lambda: first_report.check_first_report(occurred_at, place, what, received_at=NOW, now_ms=NOW)


def chain(kind: K, *reports: ChainReport) -> Callable[[], None]:
    return lambda: report_chain.check_next(kind, reports)


RECEIVER = first_reporter.owner_of_first([], Agency.FRD)
OTHER_SIDE = first_reporter.FirstReporter(Agency.FRD, first_reporter.ReportOrigin.SCENE)

REFUSED: list[Callable[[], object]] = [
    lambda: alarm_grade.check_grade(6, FIRE),
    lambda: alarm_grade.check_raise(3, 2, FIRE),
    lambda: alarm_grade.check_raise(3, 3, FIRE),
    lambda: alarm_grade.check_type(5, alarm_grade.AlarmKind.RESCUE),
    lambda: event_time.check_event_time(NOW + 70_000, NOW, field="received_at"),
    lambda: event_time.check_event_time(NOW - 90_000_000, NOW, field="received_at"),
    lambda: event_time.check_event_time(-1, NOW, field="received_at"),
    lambda: figures.check_figure(-1, "deaths"),
    lambda: figures.check_stated(10**12, "deaths", None, confirmed=True),
    lambda: figures.check_stated(1_000, "deaths", 2, confirmed=False),
    lambda: figures.check_stated(10**15, "direct_loss_yuan", None, confirmed=True),
    lambda: figures.check_stated(10**9, "direct_loss_yuan", 2, confirmed=False),
    first(None, "某楼", "火灾"),
    first(NOW, " ", "火灾"),
    first(NOW, "某楼", " "),
    lambda: first_reporter.check_first_reporter(Agency.EMB, None),
    lambda: first_reporter.check_first_reporter(Agency.EMB, OTHER_SIDE),
    lambda: first_reporter.check_first_reporter(Agency.EMB, RECEIVER),
    lambda: geometry.check_point(200, 31.2, BOX),
    lambda: geometry.check_point(120, 31.2, BOX),
    lambda: incident_status.check_transition(S.HANDLING, S.REGISTERED),
    lambda: incident_status.check_transition(S.CLOSED, S.HANDLING),
    lambda: incident_status.check_transition(S.HANDLING, S.CLOSED, owes_reports=True),
    lambda: incident_status.check_transition(S.HANDLING, S.VOID),
    lambda: incident_status.check_transition(S.HANDLING, S.VOID, reason="误报", document_sent=True),
    lambda: log_entry.check_log_entry("", NOW, NOW),
    lambda: numbering.parse_number("1"),
    oral(to_role=None),
    oral(to_role="某人"),
    oral(channel=None),
    oral(channel=Channel.DATA),
    oral(spoken_at=None),
    oral(gist=""),
    oral(received_at=NOW + 1),
    register(received_at=None),
    register(incident_class=None),
    register(place=None),
    register(place="长" * 201),
    register(lon=121.4),
    register(occurred_at=NOW + 1_000),
    register(unit_code="310105003"),
    chain(K.FIRST, FIRST_SENT),
    chain(K.FOLLOW_UP),
    chain(K.FOLLOW_UP, FIRST_SENT, FINAL_SENT),
    chain(K.SUPPLEMENT, FIRST_SENT),
    chain(K.CORRECTION),
    lambda: report_chain.check_next(K.FIRST, [], Recipient.PARTY_OFFICE),
    lambda: report_chain.check_form(K.FINAL, ReportForm.SHORT),
    lambda: report_chain.check_sent_order(K.FINAL, NOW, NOW + 1),
    lambda: report_chain.check_supplement(NOW + 1, NOW, opened=False, who=("leader",)),
    lambda: district().rules[RuleKey.ORAL_REPORT_LIMIT].changed_to(0),
    lambda: shelter.check_area(0),
    lambda: shelter.check_capacity(0),
    lambda: shelter.check_occupied(-1, 10),
    lambda: shelter.check_occupied(11, 10),
    lambda: shelter.check_capacity_holds(10, 11),
    lambda: shelter.check_emptied(ShelterState.CLOSED, 3),
    lambda: shelter.check_transition(ShelterState.CLOSED, ShelterState.OPEN),
    lambda: watch.check_take_post("a", Post.DUTY_OFFICER, [watch.Holder("a", Post.DUTY_CHIEF)]),
    lambda: watch.check_end_watch("a", "b", NOW),
    lambda: watch.check_end_watch("a", "a", None),
]


def refusal_of(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


SAID = [refusal_of(act) for act in REFUSED]


def test_every_sentence_of_these_rules_is_tried() -> None:
    places = [f"{module.__name__.replace('.', '/')}.py" for module in MODULES]
    assert {refusal.text for refusal in SAID} == {use.key for use in scan.program_uses(*places)}


@pytest.mark.parametrize("refusal", SAID, ids=lambda refusal: refusal.text)
def test_refusal_becomes_a_sentence(refusal: Refusal) -> None:
    chinese, english = sentence(ZH, refusal), sentence(EN, refusal)
    # What is Latin in a Chinese sentence: citations, the sample number, our own input.
    plain = re.sub(r"[DR][A-Z]?[A-Z]*-\d+|JD-11|EMB-\d+-\d+", "", chinese)
    assert not re.search(r"[A-Za-z_{}]{2,}", plain), chinese
    assert not re.search(r"[{}_\u4e00-\u9fff]", english), english
    assert clauses(ZH, refusal)
    assert not re.search(r"[\u4e00-\u9fff]", clauses(EN, refusal))


def said(act: Callable[[], object]) -> str:
    return sentence(ZH, refusal_of(act))


def test_states_are_worded() -> None:
    text = said(lambda: incident_status.check_transition(S.HANDLING, S.REGISTERED))
    assert "现为“处置中”，不能改为“已登记”" in text
    assert text.endswith("现在可改为：已控制、已结束、已合并、已作废。")


def test_moments_are_local_and_fields_have_names() -> None:
    text = said(register(occurred_at=at("14:02:31")))
    assert "事发时间 2025-07-14 14:02:31 晚于接报时间 2025-07-14 14:02:30" in text
    assert said(lambda: figures.check_figure(-1, "deaths")).startswith("“死亡人数”")


def test_an_agency_has_the_districts_own_name() -> None:
    refusal = refusal_of(lambda: first_reporter.check_first_reporter(Agency.EMB, OTHER_SIDE))
    rongcheng = {agency.value: names.full for agency, names in district("371082").agencies.items()}
    assert "荣成市消防救援大队完成" in sentence(ZH, refusal, rongcheng)
    assert who_can(ZH, refusal, rongcheng) == "荣成市消防救援大队"
    assert who_can(ZH, refusal) == "消防救援机构"


def test_permission_names_the_act_and_who_can() -> None:
    refusal = Refusal(
        ErrorCode.PERM,
        "refusal.permission.denied",
        who=("duty_chief", "FRD"),
        act="no_such_act",
        clause="CM-04",
    )
    assert sentence(ZH, refusal).endswith("可以办理的是：值班长、消防救援机构。")
    assert "“no_such_act”" in sentence(ZH, refusal)
    assert clauses(ZH, Refusal(ErrorCode.PERM, "refusal.permission.denied")) == ""


def test_names_given_as_text_are_worded_too() -> None:
    owned = Refusal(ErrorCode.OWNER, "refusal.owner.row", owner="EMB")
    assert sentence(ZH, owned).startswith("这条记录归应急管理局填写")
    missing = Refusal(ErrorCode.STATE, "refusal.record.missing", entity="incident")
    assert sentence(EN, missing).startswith("This incident was not found")


def test_faults_are_sentences_too() -> None:
    fault = EnvironmentFault("keys", "fault.keys.site", path="x")
    assert sentence(ZH, fault) == ZH.get("fault.keys.site")


def test_a_missing_parameter_is_a_bug() -> None:
    with pytest.raises(KeyError):
        sentence(ZH, Refusal(ErrorCode.STATE, "refusal.sign_in.locked"))


@pytest.mark.parametrize(
    ("n", "chinese"),
    [
        (1, "一"),
        (2, "二"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (21, "二十一"),
        (99, "九十九"),
        (100, "100"),
    ],
)
def test_numbers_of_follow_ups(n: int, chinese: str) -> None:
    assert ZH.get("report.title_follow_up", number=numeral(ZH, n)) == f"续报{chinese}"
    assert EN.get("report.title_follow_up", number=numeral(EN, n)) == f"Follow-up {n}"


def test_every_input_has_a_name() -> None:
    """Whatever input a refusal names, the officer reads its name and not the program's."""
    given = {each.name for entry in TABLE.values() for each in dataclasses.fields(entry.command)}
    given |= {each.name for each in dataclasses.fields(UnitStamps)}
    assert FEATURES and len(given) > 60
    assert not sorted(name for name in given if not ZH.has(f"field.{name}"))
