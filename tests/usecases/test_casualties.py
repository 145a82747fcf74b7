"""Casualty figures: stated with verify state, source and time; disputed by two rooms; settled by one act (IS-14, D-19, D-34)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.kernel.enums import Figure, VerifyState
from app.queries import casualties, incidents
from app.queries.casualties import FigureRow
from app.usecases.casualties import SetCasualties
from app.usecases.conflicts import ResolveConflict
from app.usecases.incidents import RegisterIncident, VoidIncident
from tests.kit import Site, Town, act, business, dump, feed_incident, moment, ms, refused, register, ship

VERIFIED, VERIFYING, REFUTED = VerifyState.VERIFIED, VerifyState.VERIFYING, VerifyState.REFUTED


def figure(site: Site, incident_id: str, name: str) -> FigureRow:
    rows = site.node.local(lambda c: casualties.figures(c, incident_id))
    return next(row for row in rows if row.figure == name)


def state(site: Site, incident_id: str, who: str = "duty_officer", **figures: Any) -> None:
    act(site, who, SetCasualties(incident_id=incident_id, **figures))


def apart(town: Town) -> str:
    """S3 14:20 and 14:22: four seriously injured by the bureau, six by the fire side, written while the link is down."""
    row = register(town.frd, what="商场火灾")
    town.sync()
    state(town.emb.at("14:20:00"), row.id, injured_serious=4, verify_state=VERIFYING)
    state(town.frd.at("14:22:00"), row.id, injured_serious=6)
    return row.id


def decide(incident_id: str, **how: Any) -> ResolveConflict:
    return ResolveConflict(entity="incident", entity_id=incident_id, field="injured_serious", **how)


# -- stating ---------------------------------------------------------------------------------------------------------------
def test_a_figure_is_stated_with_state_source_and_time(town: Town) -> None:
    row = register(town.emb)
    town.emb.at("14:31:00")
    state(town.emb, row.id, deaths=1, trapped=0, source=" 现场指挥员 ", stated_at=moment("14:25:00"))
    town.sync()
    for site in (town.emb, town.frd):
        deaths = figure(site, row.id, "deaths")
        assert (deaths.value, deaths.verify_state, deaths.source, deaths.stated_at) == (
            1,
            "reported",
            "现场指挥员",
            ms("14:25:00"),
        )
        assert figure(site, row.id, "trapped").value == 0
        assert figure(site, row.id, "missing").value is None
        assert (site.incident(row.id).incident_level, site.incident(row.id).preliminary) == ("level_4", 1)
    state(town.frd.at("15:00:00"), row.id, deaths=1, verify_state=VERIFIED, source="区中心医院")
    town.sync()
    for site in (town.emb, town.frd):
        assert (site.incident(row.id).incident_level, site.incident(row.id).preliminary) == ("level_4", 0)
        assert figure(site, row.id, "deaths").stated_at == ms("15:00:00")
    assert business(town.emb) == business(town.frd)


def test_a_level_goes_down_when_a_figure_is_corrected_or_refuted(town: Town) -> None:
    """RULES 4.7, D-22: refuted is not "nought": nothing is known any more."""
    row = register(town.emb)
    state(town.emb, row.id, deaths=3)
    assert town.emb.incident(row.id).incident_level == "level_3"
    state(town.emb, row.id, deaths=2)
    assert town.emb.incident(row.id).incident_level == "level_4"
    state(town.emb, row.id, deaths=2, verify_state=REFUTED, source="现场核查")
    assert town.emb.incident(row.id).incident_level == "level_none"
    assert figure(town.emb, row.id, "deaths").printable is None


@pytest.mark.parametrize(
    ("figures", "code", "text", "field"),
    [
        ({}, "E_REQUIRED", "refusal.figures.nothing", None),
        ({"deaths": -1}, "E_RANGE", "refusal.figures.whole_number", "deaths"),
        ({"direct_loss_yuan": 1.5}, "E_RANGE", "refusal.figures.whole_number", "direct_loss_yuan"),
        ({"deaths": 999_999_999_999}, "E_RANGE", "refusal.figures.most_persons", "deaths"),
        ({"evacuated": 10_000_000}, "E_RANGE", "refusal.figures.most_persons", "evacuated"),
        ({"missing": 1_000}, "E_RANGE", "refusal.figures.far_persons", "missing"),
        ({"direct_loss_yuan": 10**13}, "E_RANGE", "refusal.figures.most_yuan", "direct_loss_yuan"),
        ({"direct_loss_yuan": 10**8}, "E_RANGE", "refusal.figures.far_yuan", "direct_loss_yuan"),
        ({"deaths": 1, "verify_state": VERIFIED}, "E_REQUIRED", "refusal.figures.source_required", "source"),
        (
            {"deaths": 1, "verify_state": REFUTED, "source": "\u3000"},
            "E_REQUIRED",
            "refusal.figures.source_required",
            "source",
        ),
        ({"deaths": 1, "stated_at": moment("09:00:00")}, "E_TIME", "refusal.time.future", "stated_at"),
        (
            {"deaths": 1, "stated_at": moment("08:00:00") - timedelta(days=2)},
            "E_TIME",
            "refusal.time.needs_confirm",
            "stated_at",
        ),
    ],
)
def test_what_is_refused(emb: Site, figures: dict[str, Any], code: str, text: str, field: str | None) -> None:
    row = register(emb)
    refused(emb, "duty_officer", SetCasualties(incident_id=row.id, **figures), code, text, field=field)


def test_a_figure_far_above_what_is_known_is_confirmed_by_name(emb: Site) -> None:
    """RC-04: a nought too many is asked about; each figure by itself, and only where it leaps."""
    row = register(emb)
    state(emb, row.id, deaths=3, evacuated=999)
    state(emb, row.id, deaths=29)
    far = "refusal.figures.far_persons"
    both: dict[str, Any] = {"incident_id": row.id, "deaths": 290, "evacuated": 1_000}
    refused(emb, "duty_officer", SetCasualties(**both), "E_RANGE", far, field="deaths")
    confirmed = SetCasualties(**both, figures_confirmed=[Figure.DEATHS])
    refused(emb, "duty_officer", confirmed, "E_RANGE", far, field="evacuated")
    act(emb, "duty_officer", SetCasualties(**both, figures_confirmed=[Figure.DEATHS, Figure.EVACUATED]))
    assert (figure(emb, row.id, "deaths").value, figure(emb, row.id, "evacuated").value) == (290, 1_000)
    state(emb, row.id, evacuated=9_999)
    beyond = SetCasualties(incident_id=row.id, deaths=10**7, figures_confirmed=[Figure.DEATHS])
    refused(emb, "duty_officer", beyond, "E_RANGE", "refusal.figures.most_persons", field="deaths")


def test_no_figures_on_a_false_alarm_nor_by_an_observer(emb: Site) -> None:
    row = register(emb)
    command = SetCasualties(incident_id=row.id, deaths=1)
    refused(emb, "observer", command, "E_PERM", "refusal.permission.denied", clause="XC-06")
    act(emb, "duty_chief", VoidIncident(incident_id=row.id, reason="误报"))
    refused(emb, "duty_officer", command, "E_STATE", "refusal.incidents.set_aside", field="incident_id")


# -- report duty (D-34) ----------------------------------------------------------------------------------------------------
def test_a_later_figure_makes_an_everyday_call_reportable_from_received_at(town: Town) -> None:
    row = feed_incident(town.frd, "A-1", 1)
    assert (row.owes_reports, row.oral_due_at) == (0, None)
    town.sync()
    town.emb.at("08:20:00")
    state(town.emb, row.id, evacuated=30, injured_minor=0)
    assert town.emb.incident(row.id).owes_reports == 0
    state(town.emb, row.id, injured_minor=1)
    town.sync()
    for site in (town.emb, town.frd):
        now = site.incident(row.id)
        assert (now.owes_reports, now.owes_why) == (1, "reportable.by_figures")
        assert (now.oral_due_at, now.written_due_at) == (ms("08:30:00"), ms("09:00:00"))


def test_a_refuted_figure_makes_nothing_reportable_and_a_duty_stays(frd: Site) -> None:
    row = feed_incident(frd, "A-1", 1)
    state(frd, row.id, trapped=2, verify_state=REFUTED, source="现场核查")
    assert frd.incident(row.id).owes_reports == 0
    state(frd, row.id, trapped=2)
    state(frd, row.id, trapped=2, verify_state=REFUTED, source="现场核查")
    assert frd.incident(row.id).owes_reports == 1


def test_both_rooms_make_it_reportable_apart_without_a_disagreement(town: Town) -> None:
    row = feed_incident(town.frd, "A-1", 1)
    town.sync()
    state(town.emb, row.id, deaths=1)
    state(town.frd, row.id, trapped=1)
    town.sync()
    assert town.emb.incident(row.id).conflicts == town.frd.incident(row.id).conflicts == 0
    assert business(town.emb) == business(town.frd)


# -- two rooms (D-19, S3) --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("first", ["EMB", "FRD"])
def test_a_dispute_is_the_same_in_both_rooms_whatever_came_first(town: Town, first: str) -> None:
    incident_id = apart(town)
    ways = [(town.emb, town.frd), (town.frd, town.emb)]
    for source, target in ways if first == "EMB" else reversed(ways):
        ship(source, target)
    found = [figure(site, incident_id, "injured_serious") for site in (town.emb, town.frd)]
    assert found[0] == found[1]
    assert (found[0].disputed, found[0].numbers, found[0].printable) == (True, (4, 6), None)
    for site in (town.emb, town.frd):
        row = site.incident(incident_id)
        assert (row.conflicts, row.incident_level, row.preliminary) == (1, "level_4", 1)
        assert len(site.node.local(incidents.conflicts)) == 2
    assert business(town.emb) == business(town.frd)


def test_the_level_of_a_dispute_hangs_on_no_pick(town: Town) -> None:
    """D-19: the lower figure is written later, and shown by the register; the level says the graver one, as a first judgement."""
    row = register(town.emb)
    town.sync()
    state(town.emb.at("14:20:00"), row.id, deaths=12)
    state(town.frd.at("14:22:00"), row.id, deaths=2, verify_state=VERIFIED, source="区中心医院")
    town.sync()
    for site in (town.emb, town.frd):
        assert site.rows("incident")[0]["deaths"] == 2
        assert (site.incident(row.id).incident_level, site.incident(row.id).preliminary) == ("level_2", 1)
        assert figure(site, row.id, "deaths").printable == 2


def test_a_disputed_figure_is_settled_before_it_is_written_on(town: Town) -> None:
    incident_id = apart(town)
    town.sync()
    command = SetCasualties(incident_id=incident_id, injured_serious=5)
    refused(
        town.emb, "duty_officer", command, "E_STATE", "refusal.record.in_conflict", field="injured_serious"
    )
    state(town.emb, incident_id, deaths=1)


def test_a_third_value_is_set_once_and_the_other_console_comes_too_late(town: Town) -> None:
    """S3 14:55 and 14:56."""
    incident_id = apart(town)
    town.sync()
    town.emb.at("14:55:00")
    act(town.emb, "duty_officer", decide(incident_id, value=5, reason="医院核实", verify_state=VERIFIED))
    town.sync()
    for site in (town.emb, town.frd):
        now = figure(site, incident_id, "injured_serious")
        assert (now.value, now.verify_state, now.source, now.stated_at) == (
            5,
            "verified",
            "医院核实",
            ms("14:55:00"),
        )
        assert (now.disputed, site.node.local(incidents.conflicts)) == (False, [])
        row = site.incident(incident_id)
        assert (row.conflicts, row.incident_level, row.preliminary) == (0, "level_4", 0)
    town.frd.at("14:56:00")
    late = decide(incident_id, value=6)
    refused(
        town.frd,
        "duty_officer",
        late,
        "E_STATE",
        "refusal.record.conflict_resolved",
        field="field",
        clause="D-19",
    )
    before = dump(town.emb)
    for source, target in [(town.frd, town.emb), (town.emb, town.frd)] * 2:  # S3 15:00: brought again
        ship(source, target)
    assert dump(town.emb, "refusal") == {name: rows for name, rows in before.items() if name != "refusal"}


def test_a_kept_value_stands_as_written_or_is_verified_along_with_it(town: Town) -> None:
    incident_id = apart(town)
    town.sync()
    rows = town.emb.node.local(lambda c: incidents.conflicts_of(c, "incident", incident_id))
    four = next(row for row in rows if row.value[0] == 4)
    act(town.emb, "duty_officer", decide(incident_id, keep=four.hash.hex(), reason="电话核对"))
    kept = figure(town.emb, incident_id, "injured_serious")
    assert (kept.value, kept.verify_state, kept.source, kept.stated_at) == (
        4,
        "verifying",
        None,
        ms("14:20:00"),
    )
    town.frd.at("14:57:00")
    how: dict[str, Any] = {"keep": four.hash.hex(), "verify_state": VERIFIED, "source": "区中心医院"}
    act(town.frd, "duty_officer", decide(incident_id, reason="医院名单", **how))
    kept = figure(town.frd, incident_id, "injured_serious")
    assert (kept.value, kept.verify_state, kept.source, kept.stated_at) == (
        4,
        "verified",
        "区中心医院",
        ms("14:57:00"),
    )


def test_decided_apart_differently_it_stands_against_each_other_again(town: Town) -> None:
    """Nobody's decision is lost: two that had not seen each other are a new disagreement, of the two decisions alone."""
    incident_id = apart(town)
    town.sync()
    act(town.emb, "duty_officer", decide(incident_id, value=5, reason="医院", verify_state=VERIFIED))
    act(town.frd, "duty_officer", decide(incident_id, value=7, reason="现场", verify_state=VERIFIED))
    town.sync()
    for site in (town.emb, town.frd):
        assert figure(site, incident_id, "injured_serious").numbers == (5, 7)
        assert len(site.node.local(incidents.conflicts)) == 2
        assert figure(site, incident_id, "injured_serious").printable == 5
    assert business(town.emb) == business(town.frd)


def test_nobody_decides_over_values_he_has_not_seen(town: Town) -> None:
    """A third value came between looking and deciding: told, and nothing written."""
    incident_id = apart(town)
    town.sync()
    seen = [row.hash.hex() for row in town.emb.node.local(incidents.conflicts)]
    act(town.frd, "duty_officer", decide(incident_id, value=7, reason="现场"))
    state(town.frd, incident_id, injured_serious=8)
    ship(town.emb, town.frd)
    act(town.emb, "duty_chief", decide(incident_id, value=9, reason="医院", against=seen))
    town.sync()
    stale = decide(incident_id, value=5, reason="医院核实", against=seen)
    refused(
        town.emb,
        "duty_officer",
        stale,
        "E_STATE",
        "refusal.record.conflict_changed",
        field="field",
        clause="D-19",
    )
    now = [row.hash.hex() for row in town.emb.node.local(incidents.conflicts)]
    act(town.emb, "duty_officer", decide(incident_id, value=5, reason="医院核实", against=now))
    assert figure(town.emb, incident_id, "injured_serious").value == 5


@pytest.mark.parametrize(
    ("how", "code", "text", "field"),
    [
        ({"value": -1, "reason": "x"}, "E_RANGE", "refusal.figures.whole_number", "injured_serious"),
        (
            {"value": 10**12, "reason": "x", "figures_confirmed": [Figure.INJURED_SERIOUS]},
            "E_RANGE",
            "refusal.figures.most_persons",
            "injured_serious",
        ),
        ({"value": 60, "reason": "x"}, "E_RANGE", "refusal.figures.far_persons", "injured_serious"),
        ({"value": "5", "reason": "x"}, "E_RANGE", "refusal.record.value", "value"),
        ({"value": [5, "verified", "x", 1], "reason": "x"}, "E_RANGE", "refusal.record.value", "value"),
        ({"value": 5, "reason": " "}, "E_REQUIRED", "refusal.record.reason_required", "reason"),
        (
            {"value": 5, "reason": "x", "stated_at": moment("23:00:00")},
            "E_TIME",
            "refusal.time.future",
            "stated_at",
        ),
    ],
)
def test_a_third_value_is_checked_like_any_other(
    town: Town, how: dict[str, Any], code: str, text: str, field: str
) -> None:
    incident_id = apart(town)
    town.sync()
    refused(town.emb, "duty_officer", decide(incident_id, **how), code, text, field=field)


def test_a_decided_figure_makes_an_everyday_call_reportable(town: Town) -> None:
    row = feed_incident(town.frd, "A-1", 1)
    town.sync()
    state(town.emb.at("08:05:00"), row.id, injured_serious=0)
    state(town.frd.at("08:06:00"), row.id, injured_serious=0, verify_state=VERIFYING)
    town.sync()
    assert figure(town.emb, row.id, "injured_serious").numbers == (0,)
    act(town.emb, "duty_officer", decide(row.id, value=1, reason="医院", verify_state=VERIFIED))
    town.sync()
    assert town.frd.incident(row.id).owes_why == "reportable.by_figures"


# -- with the registration (SCREEN, D-37) ----------------------------------------------------------------------------------
def test_figures_can_come_with_the_registration(town: Town) -> None:
    row = register(town.emb, injured_serious=2, trapped=0, received_at=moment("07:58:00"))
    town.sync()
    for site in (town.emb, town.frd):
        serious = figure(site, row.id, "injured_serious")
        assert (serious.value, serious.verify_state, serious.source, serious.stated_at) == (
            2,
            "reported",
            None,
            ms("07:58:00"),
        )
        assert figure(site, row.id, "trapped").value == 0
        assert (site.incident(row.id).incident_level, site.incident(row.id).preliminary) == ("level_4", 1)


def test_a_figure_far_above_is_confirmed_with_the_registration(emb: Site) -> None:
    given: dict[str, Any] = {"received_at": moment("08:00:00"), "place": "某路", "evacuated": 1_000}
    far = "refusal.figures.far_persons"
    refused(emb, "duty_officer", RegisterIncident(**given), "E_RANGE", far, field="evacuated")
    act(emb, "duty_officer", RegisterIncident(**given, figures_confirmed=[Figure.EVACUATED]))


def test_a_bad_figure_is_refused_with_the_registration(emb: Site) -> None:
    command = RegisterIncident(received_at=moment("08:00:00"), place="某路", missing=-1)
    refused(emb, "duty_officer", command, "E_RANGE", "refusal.figures.whole_number", field="missing")
