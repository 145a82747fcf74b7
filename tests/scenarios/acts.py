"""The one table from acts of the scenarios to acts of the program.

An act stands in ACTS or in MISSING, with what is lacking; one that stands in neither is a fault of this table. `note` says what
an act leaves out or in whose way it goes: such a step counts as run "in part".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.scenarios import redelivery
from tests.scenarios.duo import EXPIRED
from tests.scenarios.play import Answer, Missing, Play

STARTING_MS = 15_000  # what an officer waits for a console that was killed

Run = Callable[[Play], Sequence[Answer]]
"""Carries out the act of the step at hand; its answers, one for each command. Raises Missing."""


@dataclass(frozen=True)
class Act:
    """How an act is carried out; `note`: how it falls short of the scenario's, empty when it does not."""

    run: Run
    note: str = ""


ACTS: dict[str, Act] = {}
SETUP: dict[str, Callable[[Play], None]] = {}


def act(name: str, note: str = "") -> Callable[[Run], Run]:
    """Enter an act into the table."""

    def enter(run: Run) -> Run:
        assert name not in ACTS and name not in MISSING, name
        ACTS[name] = Act(run, note)
        return run

    return enter


def setup(scenario: str) -> Callable[[Callable[[Play], None]], Callable[[Play], None]]:
    """Enter what a scenario's text says was there before."""

    def enter(prepare: Callable[[Play], None]) -> Callable[[Play], None]:
        SETUP[scenario] = prepare
        return prepare

    return enter


_ROSTER, _HANDOVER, _TESTS = "no rosters yet", "no handover yet", "no line tests yet"
_CONSULTATION, _SECTIONS, _NOTICES = "no consultations yet", "no report sections yet", "no peer notices yet"
_HQ, _PLANS, _RESOURCES = (
    "no command post and no reviews yet",
    "no call-out plans yet",
    "no stores of supplies yet",
)
_WARNINGS, _TASKS, _FLAGS = "no warnings yet", "no task orders yet", "no quality flags yet"
_RESPONSE, _CLUES = "no response levels yet", "no clues and no merging yet"

MISSING: dict[str, str] = {
    # S1
    "publish_roster": _ROSTER,
    "start_handover": _HANDOVER,
    "sign_handover": _HANDOVER,
    "line_test": _TESTS,
    "confirm_line_test": _TESTS,
    "line_test_both": _TESTS,
    "open_map_without_internet": "the map is a browser of its own, which this run does not start (tests/ui/test_map_page.py)",
    "video_test_stream": "no video yet",
    "spot_check": "no spot checks yet",
    "rollcall": "no roll-calls yet",
    # S2, S3
    "ack_notice": _NOTICES,
    "record_attempt": _NOTICES,
    "join_consultation": _CONSULTATION,
    "conclude_consultation": _CONSULTATION,
    "switch_medium": _CONSULTATION,
    "edit_section": _SECTIONS,
    "submit_sections": _SECTIONS,
    "start_response": _RESPONSE,
    "establish_hq": _HQ,
    "confirm_on_scene": "no obligations of commanders yet",
    "review_report": _HQ,
    "resubmit_and_review": _HQ,
    # S4
    "indicator": "no indicators yet",
    "import_cap": _WARNINGS,
    "push_warning": _WARNINGS,
    "read_receipts": _WARNINGS,
    "enter_emergency": _RESPONSE,
    "return_to_normal": _RESPONSE,
    "fill_plan_from_formation": _PLANS,
    "consent_plan": _PLANS,
    "issue_orders": _PLANS,
    "transfer_supply": _RESOURCES,
    "edit_resource": _RESOURCES,
    "request_resource": _RESOURCES,
    "answer_request": _RESOURCES,
    "disaster_figures": "no disaster figures yet",
    # S5
    "issue_order": _PLANS,
    "draft_plan": _PLANS,
    "submit_plan": _PLANS,
    "reject_plan": _PLANS,
    "edit_plan": _PLANS,
    "submit_and_consent": _PLANS,
    "submit_plan_with_non_24h_force": _PLANS,
    "acknowledge": _PLANS,
    "stamp": _PLANS,
    "refuse": _PLANS,
    "apply_cross_region": "no help across districts yet",
    "propose_cross_region": "no help across districts yet",
    "record_superior_approval": "no help across districts yet",
    "scene_report": "no reports from the scene yet",
    "invite_expert": "no experts yet",
    "request_air": "no air support yet",
    "air_landed": "no air support yet",
    "submit_review": "no after-action reviews yet",
    # S6
    "add_clue": _CLUES,
    "merge": _CLUES,
    "promote_clue": _CLUES,
    "delete_quality_flag": _FLAGS,
    "task_order": _TASKS,
    "return_task": _TASKS,
    "write_cause": "no field for the cause yet",
    "record_vertical": _FLAGS,
    "large_screen": "no large screen yet",
    "export_bulletin_twice": "no export of bulletins yet",
}


# -- incidents -------------------------------------------------------------------------------------------------------------
def _alarm_no(play: Play) -> str:
    return f"{play.scenario.id}-119"


@act("register_incident")
def _register(play: Play) -> Sequence[Answer]:
    given = play.given()
    # Arrivals come in with the 119 system's own number of the alarm, which the scenarios do not name.
    by_feed = play.here.agency == "FRD" and any(step.do == "record_arrival" for step in play.scenario.steps)
    answer = play.do(
        "register_incident",
        received_at=play.moment(given["received_at"]),
        class_code=given.get("class"),
        type_code=given.get("type"),
        alarm_grade=given.get("alarm_grade"),
        place=given.get("place"),
        unit_code=given.get("unit_code"),
        lon=given.get("lon"),
        lat=given.get("lat"),
        source=given.get("source"),
        alarm_no=_alarm_no(play) if by_feed else None,
    )
    if answer["ok"]:
        first = not play.incident
        play.ids[answer["result"]["no"]] = answer["result"]["incident_id"]
        if first or play.here.agency == "FRD":
            play.incident = answer["result"]["incident_id"]
    return [answer]


@act("record_arrival", "comes in through the 119 feed, not by the officer's hand")
def _arrival(play: Play) -> Sequence[Answer]:
    given, [row] = play.given(), _incident(play)
    unit = {
        "unit": given["unit"],
        "unit_kind": given.get("echelon"),
        "arrived_at": play.moment(given["arrived_at"]),
    }
    alarm = {"alarm_no": row["alarm_no"], "received_at": _iso(row["received_at"]), "units": [unit]}
    return [play.noted(play.here.request({"call": "alarm", "alarm": alarm}))]


@act("raise_alarm_grade")
def _raise(play: Play) -> Sequence[Answer]:
    return [play.do("raise_alarm_grade", incident_id=play.incident, to=play.given()["to"])]


@act("set_casualties")
def _casualties(play: Play) -> Sequence[Answer]:
    given = play.given()
    if given.pop("industry_code", None) is not None:
        play.short.append("without the industry: no obligations of commanders yet")
    return [play.do("set_casualties", incident_id=play.incident, **given)]


@act("close_incident")
def _close(play: Play) -> Sequence[Answer]:
    answers = []
    if play.given().get("final_sent"):
        answers += _finished(play)
    return [*answers, play.do("set_incident_status", incident_id=play.incident, to="closed")]


@act("void_incident")
def _void(play: Play) -> Sequence[Answer]:
    if not play.here.rows("SELECT 1 FROM report WHERE incident_id = ? AND form = 'written'", play.incident):
        raise Missing("stands on a written report that could not be sent here before")
    return [
        play.do("void_incident", who="duty_chief", incident_id=play.incident, reason=play.given()["reason"])
    ]


def _incident(play: Play) -> list[dict[str, Any]]:
    return play.here.rows("SELECT * FROM incident WHERE id = ?", play.incident)


def _iso(at_ms: int) -> str:
    from app.kernel.clock import iso

    return iso(at_ms)


# -- reports ---------------------------------------------------------------------------------------------------------------
@act("file_report")
def _file_report(play: Play) -> Sequence[Answer]:
    given = play.given()
    occurred = given.get("occurred_at")
    return [
        play.do(
            "file_report",
            incident_id=play.incident,
            kind=given["kind"],
            form="short" if given["kind"] == "first" else "written",
            occurred_at=play.moment(occurred) if occurred else None,
            place=given.get("place"),
            what=given.get("what"),
        )
    ]


@act("file_oral_report")
def _oral(play: Play) -> Sequence[Answer]:
    given = play.given()
    return [
        play.do(
            "file_oral_report",
            incident_id=play.incident,
            to_role=given.get("to_role"),
            channel=given.get("channel"),
            spoken_at=play.moment(given["spoken_at"]),
            gist=given.get("gist"),
        )
    ]


_SENT = "recorded as sent: sections, review and the document itself do not exist yet"


@act("send_report", _SENT)
def _send_report(play: Play) -> Sequence[Answer]:
    if any(each.kind == "error" for each in play.step.expect if play.step is not None):  # type: ignore[union-attr]
        raise Missing(_HQ)
    return [_written(play, "follow_up")]


@act("send_written", _SENT)
def _send_written(play: Play) -> Sequence[Answer]:
    given = play.given()
    if given.get("origin") == "remote":
        raise Missing("this side may file only after the merge, which does not exist yet")
    return [_written(play, given["kind"])]


@act("final_approved_and_sent", "recorded as sent: the approval does not exist yet")
def _final(play: Play) -> Sequence[Answer]:
    return [_written(play, "final")]


def _written(play: Play, kind: str) -> Answer:
    return play.do("file_report", incident_id=play.incident, kind=kind, form="written", text="情况续报")


def _finished(play: Play) -> list[Answer]:
    """First and final report of an incident that the scenario calls finished."""
    [row] = _incident(play)
    first = play.do(
        "file_report",
        incident_id=play.incident,
        kind="first",
        form="short",
        occurred_at=_iso(row["received_at"]),
        place="北新泾街道",
        what="泄漏",
    )
    return [first, _written(play, "final")]


# -- disagreement ----------------------------------------------------------------------------------------------------------
@act("resolve_conflict")
def _resolve(play: Play) -> Sequence[Answer]:
    """The figure the scenario disagrees about; who gives no reason in the scenario must give one here."""
    given = play.given()
    return [
        play.do(
            "resolve_conflict",
            entity="incident",
            entity_id=play.incident,
            field="injured_serious",
            value=given["value"],
            reason=given.get("reason", "核对"),
            verify_state=given.get("verify_state"),
        )
    ]


# -- the cable, the process, the clock -------------------------------------------------------------------------------------
@act("set_link", "one cable: there is no video line yet")
def _link(play: Play) -> Sequence[Answer]:
    play.duo.set_link(play.given()["data"] == "up")
    return []


@act("kill_process_and_restart")
def _kill(play: Play) -> Sequence[Answer]:
    assert play.step is not None
    play.duo.kill_and_restart(play.here)
    play.duo.set_clocks(
        play.step.at_ms + STARTING_MS
    )  # a clock that stands still would leave it "connecting" for ever
    return []


@act("redeliver_all_changes_twice_shuffled")
def _redeliver(play: Play) -> Sequence[Answer]:
    redelivery.redeliver(play.duo, seed=play.scenario.id)
    return []


@act("tick")
def _tick(_play: Play) -> Sequence[Answer]:
    return []  # the clocks have been set


# -- forces and shelters ---------------------------------------------------------------------------------------------------
@setup("S1")
def _station(play: Play) -> None:
    frd = play.duo.frd
    made = frd.do("duty_officer", "add_station", name="站A", unit_code="310105006")
    play.ids["frd_station_a"] = station = made["result"]["station_id"]
    for number in range(1, 6):
        frd.do("duty_officer", "add_vehicle", station_id=station, call_sign=f"A{number}")


@act("set_vehicle_state", "vehicle by vehicle: no figures of a station are stated")
def _vehicles(play: Play) -> Sequence[Answer]:
    given = play.given()
    vehicles = [
        row["id"]
        for row in play.here.rows(
            "SELECT id FROM vehicle WHERE station_id = ? ORDER BY call_sign", play.ids[given["station"]]
        )
    ]
    ready, out = given.get("ready", 0), given.get("out", 0)
    wanted = ["10"] * ready + ["20"] * out
    if play.step is not None and any(each.kind == "error" for each in play.step.expect):
        wanted = wanted[:1]  # one refused act, not one for every vehicle
    return [
        play.do("set_vehicle_state", vehicle_id=vehicle, state=state)
        for vehicle, state in zip(vehicles, wanted, strict=False)
    ]


@setup("S4")
def _shelters(play: Play) -> None:
    for name, area, capacity in (("S-1", 12_000, 4_000), ("S-2", 300_000, 60_000), ("S-3", 408_000, 100_000)):
        made = play.duo.emb.do(
            "duty_officer", "add_shelter", name=name, code=name, area_m2=area, capacity=capacity
        )
        play.ids[name] = made["result"]["shelter_id"]


@act("set_shelter_area")
def _area(play: Play) -> Sequence[Answer]:
    given = play.given()
    return [play.do("edit_shelter", shelter_id=play.ids[given["id"]], area_m2=given["area_m2"])]


@act("open_shelter")
def _open(play: Play) -> Sequence[Answer]:
    return [play.do("set_shelter_state", shelter_id=play.ids[play.given()["id"]], to="preparing")]


@act("shelter_ready_and_count")
def _ready(play: Play) -> Sequence[Answer]:
    given = play.given()
    return [
        play.do("set_shelter_state", shelter_id=play.ids[given["id"]], to="open", occupied=given["occupied"])
    ]


@act("set_count")
def _count(play: Play) -> Sequence[Answer]:
    given = play.given()
    return [play.do("set_shelter_state", shelter_id=play.ids[given["id"]], occupied=given["occupied"])]


@setup("S5")
def _hazmat(play: Play) -> None:
    made = play.duo.frd.do(
        "duty_officer",
        "register_incident",
        received_at=play.moment("09:00:00"),
        class_code="accident",
        type_code="hazmat",
        alarm_grade=2,
        unit_code="310105011",
    )
    play.incident = made["result"]["incident_id"]
    play.acknowledged[play.incident] = "incident"


# -- accounts --------------------------------------------------------------------------------------------------------------
@act("login")
def _login(play: Play) -> Sequence[Answer]:
    return [play.do("write_log_entry", who=EXPIRED, text="登录")]


@act("write_resource", "a shelter stands for the resource")
def _write_resource(play: Play) -> Sequence[Answer]:
    return [play.do("add_shelter", who="observer", name="不该有的避难场所")]
