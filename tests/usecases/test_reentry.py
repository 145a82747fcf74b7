"""Acts of a workstation that was copied: quarantined everywhere, offered once, entered anew under the name of who is on duty."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bootstrap.node import Node, Open
from app.journal.history import history
from app.journal.journal import PeerView
from app.kernel.enums import IncidentClass, IncidentStatus, VerifyState
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.paths import DataDir
from app.queries import reentries
from app.queries.reentries import OfferRow
from app.usecases.casualties import SetCasualties
from app.usecases.duty import WriteLogEntry
from app.usecases.incidents import RegisterIncident, SetIncidentStatus
from app.usecases.reentry import ReenterAct, SetAsideAct
from tests.bootstrap.test_joining import joined
from tests.kit import Site, Town, act, business, founded_town, moment, ms, refused, register, ship, sync, town

__all__ = ["founded_town", "town"]


def offers(site: Site) -> list[OfferRow]:
    return site.node.read(lambda connection: reentries.offers(connection, site.agency))


def clone(site: Site, folder: Path) -> Site:
    """A copy of the data folder, started beside the original."""
    data = site.node.data
    site.node.close()
    shutil.copytree(data.root, folder)
    site.node = Node(Open(data, site.clock))
    return Site(
        Node(Open(DataDir(folder), site.clock)), site.clock, site.agency, site.recovery_file, site.admin
    )


def ship_all(source: Site, target: Site) -> None:
    """Carry everything from the first operation on, as a session does for a chain that shows another head there."""
    view = PeerView(target.node.me.agency, target.node.me.site)
    journal = source.node.journal
    txs = source.node.local(lambda _: [journal.offer(tx, view) for _, tx in journal.after({}, 1 << 30)])
    target.node.publish(target.node.local(lambda _: target.node.journal.receive(txs)).changes)


@pytest.fixture
def second(town: Town, founded_town: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[Site]:
    """A second workstation of the bureau, which goes on when the first one is closed."""
    shutil.copyfile(founded_town[0] / "recovery-EMB.json", town.emb.recovery_file)
    site = joined(town, tmp_path / "B")
    yield site
    site.node.close()


@pytest.fixture
def forked(town: Town, second: Site, tmp_path: Path) -> Town:
    """The bureau's first workstation was copied; original and copy wrote on, and the others have seen both."""
    incident = register(town.emb)
    town.sync()
    sync(town.emb, second)
    for site in (town.emb, town.frd, second):
        site.at("09:00:00")
    copy = clone(town.emb, tmp_path / "copy")
    second.extra["incident"] = incident.id
    act(town.emb, "duty_officer", WriteLogEntry(text="原机所记", at=moment("08:50:00")))
    again = RegisterIncident(
        received_at=moment("08:55:00"), class_code=IncidentClass.ACCIDENT, place="另一处", what="原机所登记"
    )
    act(town.emb, "duty_officer", again)
    act(copy, "duty_officer", WriteLogEntry(text="副本所记"))
    figures = SetCasualties(
        incident_id=incident.id,
        injured_minor=2,
        verify_state=VerifyState.VERIFIED,
        source="现场指挥",
        stated_at=moment("08:58:00"),
    )
    act(copy, "duty_officer", figures)
    act(copy, "duty_officer", SetIncidentStatus(incident_id=incident.id, to=IncidentStatus.HANDLING))
    ship(town.emb, town.frd)
    ship_all(copy, town.frd)
    copy.node.close()
    sync(town.frd, second)
    return town


def offer_of(site: Site, command: str, **values: object) -> OfferRow:
    """The one offer of a command with these values."""
    [found] = [row for row in offers(site) if row.command == command and values.items() <= row.values.items()]
    return found


def test_both_branches_are_offered_to_their_own_agency_in_the_order_of_writing(
    forked: Town, second: Site
) -> None:
    assert offers(forked.frd) == []
    rows = offers(second)
    commands = [row.command for row in rows]
    assert sorted(commands) == [
        "register_incident",
        "set_casualties",
        "set_incident_status",
        "write_log_entry",
        "write_log_entry",
    ]
    assert [row.recorded_at for row in rows] == sorted(row.recorded_at for row in rows)
    said = {row.values.get("text") for row in rows if row.command == "write_log_entry"}
    assert said == {"原机所记", "副本所记"}
    assert all(row.reason == "cut" and row.agency == "EMB" and row.outcome is None for row in rows)
    sites = {row["id"]: row["state"] for row in second.rows("site")}
    assert sites[forked.emb.node.me.site] == "forked"


def test_an_act_is_entered_anew_once_and_names_the_old_one(forked: Town, second: Site) -> None:
    """The new entry is the present officer's, of the time the old one spoke of; both rooms have it."""
    row = offer_of(second, "write_log_entry", text="原机所记")
    done = act(second, "duty_chief", ReenterAct(act=row.act))
    entries = [each for each in second.rows("log_entry") if each["text"] == "原机所记"]
    assert [(each["account_id"], each["at"]) for each in entries] == [
        (second.account("duty_chief"), ms("08:50:00"))
    ]
    assert row.act not in {each.act for each in offers(second)}
    [noted] = second.rows("reentry")
    assert (noted["outcome"], noted["command"], noted["made"]) == (
        "entered",
        "write_log_entry",
        entries[0]["id"],
    )
    assert done.result["act"] == row.act
    [told] = second.node.local(lambda c: history(c, "log_entry", entries[0]["id"]))
    assert row.act[:12] in str(told.details) and "2025-07-14T09:00" in str(told.details)
    refused(
        second, "duty_officer", ReenterAct(act=row.act), ErrorCode.STATE, "refusal.reentry.done", field="act"
    )
    sync(second, forked.frd)
    assert [each["text"] for each in forked.frd.rows("log_entry")].count("原机所记") == 1


def test_registers_figures_and_states_come_back_as_they_were_said(forked: Town, second: Site) -> None:
    incident = second.extra["incident"]
    for command in ("register_incident", "set_casualties", "set_incident_status"):
        act(second, "duty_officer", ReenterAct(act=offer_of(second, command).act))
    born = next(row for row in second.rows("incident") if row["what"] == "原机所登记")
    assert (born["place"], born["received_at"], born["no"][:4]) == ("另一处", ms("08:55:00"), "EMB-")
    assert born["registered_by"] == second.account("duty_officer")
    row = next(row for row in second.rows("incident") if row["id"] == incident)
    assert (row["injured_minor"], row["injured_minor_state"], row["injured_minor_source"]) == (
        2,
        "verified",
        "现场指挥",
    )
    assert row["injured_minor_stated_at"] == ms("08:58:00")
    assert row["status"] == "handling"
    sync(second, forked.frd)
    assert business(second) == business(forked.frd)


def test_single_arguments_may_be_put_right(forked: Town, second: Site) -> None:
    row = offer_of(second, "register_incident")
    act(second, "duty_officer", ReenterAct(act=row.act, arguments={"place": "更正后的地点"}))
    assert next(r for r in second.rows("incident") if r["what"] == "原机所登记")["place"] == "更正后的地点"
    other = offer_of(second, "write_log_entry", text="副本所记")
    strange = ReenterAct(act=other.act, arguments={"nonsense": 1})
    refused(second, "duty_officer", strange, ErrorCode.FORMAT, "refusal.command.strange", field="nonsense")
    wrong = ReenterAct(act=other.act, arguments={"at": 7})
    refused(
        second, "duty_officer", wrong, ErrorCode.REQUIRED, "refusal.reentry.incomplete", field="arguments"
    )


def test_the_ordinary_rules_and_rights_hold(forked: Town, second: Site) -> None:
    """Who may not do it may not enter it anew; what is refused leaves the offer open."""
    row = offer_of(second, "set_incident_status")
    may = ("duty_officer", "duty_chief", "leader")
    refused(
        second, "technician", ReenterAct(act=row.act), ErrorCode.PERM, "refusal.permission.denied", can=may
    )
    refused(second, "observer", ReenterAct(act=row.act), ErrorCode.PERM, "refusal.permission.denied")
    act(
        second,
        "duty_officer",
        SetIncidentStatus(incident_id=second.extra["incident"], to=IncidentStatus.HANDLING),
    )
    with pytest.raises(Refusal):
        act(second, "duty_officer", ReenterAct(act=row.act))
    assert row.act in {each.act for each in offers(second)}


def test_what_is_not_needed_is_put_aside_with_a_reason(forked: Town, second: Site) -> None:
    row = offer_of(second, "set_casualties")
    blank = SetAsideAct(act=row.act, reason=" ")
    refused(second, "duty_chief", blank, ErrorCode.REQUIRED, "refusal.reentry.reason", field="reason")
    refused(
        second,
        "duty_officer",
        SetAsideAct(act=row.act, reason="x"),
        ErrorCode.PERM,
        "refusal.permission.denied",
    )
    act(second, "duty_chief", SetAsideAct(act=row.act, reason="已电话核实，无人受伤"))
    assert row.act not in {each.act for each in offers(second)}
    [noted] = second.rows("reentry")
    assert (noted["outcome"], noted["reason"], noted["made"]) == ("set_aside", "已电话核实，无人受伤", None)


def test_others_acts_valid_acts_and_nonsense_are_not_entered_anew(forked: Town, second: Site) -> None:
    sync(second, forked.frd)
    row = offer_of(second, "write_log_entry", text="副本所记")
    refused(
        forked.frd,
        "duty_chief",
        ReenterAct(act=row.act),
        ErrorCode.OWNER,
        "refusal.owner.row",
        field="act",
        owner="EMB",
    )
    for wrong in ("", "zz", "00" * 32, second.rows("op")[0]["hash"].hex()):
        refused(
            second,
            "duty_chief",
            ReenterAct(act=wrong),
            ErrorCode.STATE,
            "refusal.record.missing",
            field="act",
        )
