"""The bus: one door, one commit, refusals recorded without content (XC-06, XC-07, D-31)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

import pytest

from app.bootstrap.recovery import read_recovery
from app.bootstrap.requests import Desk
from app.domain.rule_numbers import RuleKey
from app.journal import certificates
from app.kernel.changes import ChangeSet
from app.kernel.enums import ChangeKind, Origin
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.usecases.commands import TABLE, Command, Entry, Outcome, handles, name_of, outcome
from app.usecases.context import Context
from app.usecases.duty import WriteLogEntry
from app.usecases.incidents import ChangeIncident, RegisterIncident
from app.usecases.settings import ChangeRuleNumber
from tests.kit import Site, Town, act, forge, maker, moment, ms, op_count, own_id, refused, register, ship


@dataclass(frozen=True, kw_only=True, slots=True)
class Unheard(Command):
    """A command that stands in no permission table."""


def test_command_without_a_row_in_the_table_cannot_be_carried_out(
    emb: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RULES part 3: deny by default, for every role, the console's own included."""

    def handler(command: Unheard, context: Context) -> Outcome:
        raise AssertionError("never reached")

    monkeypatch.setitem(TABLE, "unheard", Entry("unheard", Unheard, handler, ()))
    for who in ("leader", "admin", "console"):
        text = "refusal.permission.nobody"
        wrong = refused(emb, who, Unheard(), "E_PERM", text, clause="XC-06", can=())
        assert wrong.params["act"] == "unheard"


def test_names_of_commands() -> None:
    """Verb and noun; a second handler is a mistake."""
    assert name_of(RegisterIncident) == "register_incident"
    with pytest.raises(ValueError, match="two handlers"):
        handles(RegisterIncident)(lambda command, context: outcome())


def test_unknown_account_is_refused_and_recorded(emb: Site) -> None:
    """CM-04: an account nobody knows acts nowhere."""
    ops = op_count(emb)
    with pytest.raises(Refusal) as wrong:
        emb.node.execute(WriteLogEntry(text="x"), "nobody")
    assert (wrong.value.code, wrong.value.text) == (ErrorCode.PERM, "refusal.sign_in.expired")
    assert op_count(emb) == ops + 1
    assert emb.refusals()[0].account_id == "nobody"


def test_a_committed_act_tells_what_changed(emb: Site) -> None:
    """ChangeSet: entity, id, kind, origin; a refused act tells that the audit grew."""
    heard: list[ChangeSet] = []
    end = emb.node.subscribe(heard.append)
    done = act(emb, "duty_officer", RegisterIncident(received_at=moment("08:00:00"), place="某路口"))
    assert heard == [done.changes]
    [change] = done.changes.changes
    assert (change.entity, change.entity_id, change.kind, change.origin) == (
        "incident",
        done.result["incident_id"],
        ChangeKind.NEW,
        Origin.LOCAL,
    )
    with pytest.raises(Refusal):
        act(emb, "observer", WriteLogEntry(text="x"))
    assert len(heard) == 2
    end()
    register(emb)
    assert len(heard) == 2


def test_one_subscriber_that_fails_keeps_nobody_from_hearing(emb: Site) -> None:
    """A failed reaction is logged and the rest goes on."""
    heard: list[ChangeSet] = []

    def broken(changes: ChangeSet) -> None:
        raise RuntimeError("a screen is broken")

    emb.node.subscribe(broken)
    emb.node.subscribe(heard.append)
    register(emb)
    assert len(heard) == 1


def test_refusals_are_the_agencys_own(town: Town) -> None:
    """XC-06, REPLICATION: the audit of refusals is internal; the peer holds headers and no content."""
    refused(town.emb, "observer", WriteLogEntry(text="x"), "E_PERM", "refusal.permission.denied")
    town.sync()
    assert len(town.emb.refusals()) == 1
    assert town.frd.refusals() == []
    held = town.frd.rows("op")
    assert [row for row in held if row["command"] == "record_refusal"] == []
    assert [row for row in held if row["body"] is None and row["scope"] == "internal:EMB"]


def test_refusals_hold_no_content(emb: Site) -> None:
    """XC-07: code, command, field, account, sentence key; never what was typed."""
    with pytest.raises(Refusal):
        act(emb, "observer", WriteLogEntry(text="患者信息甲乙丙"))
    [body] = emb.node.local(
        lambda c: c.execute("SELECT body FROM op WHERE command = 'record_refusal'").fetchone()
    )
    assert "患者信息甲乙丙".encode() not in body
    assert b"write_log_entry" in body


def test_half_characters_are_refused_like_other_wrong_input(emb: Site) -> None:
    """XC-01: what cannot be stored is told; the next act works."""
    for command in (
        WriteLogEntry(text="a\ud800b"),
        RegisterIncident(received_at=moment("08:00:00"), place="路\udcff"),
        ChangeIncident(incident_id="\ud800", what="x"),
    ):
        text = "refusal.command.encoding"
        refused(emb, "duty_officer", command, "E_FORMAT", text, clause="XC-01")
    act(emb, "duty_officer", WriteLogEntry(text="a\x00b"))


def test_bad_rule_number_of_another_version_stops_nothing(town: Town) -> None:
    """D-31: a stored number that does not fit its rule is not used; all acts go on with the pack's own."""
    for key, value in (("oral_report_limit", 0), ("written_report_limit", 10**9), ("unheard_of", 7)):
        acts = maker(town.frd).write("change_rule_number", "rule_number", key, {"value": value}, new=True)
        forge(town.frd, town.frd.account("leader"), acts)
    town.sync()
    for site in (town.emb, town.frd):
        row = register(site)
        assert (row.oral_due_at, row.written_due_at) == (ms("08:30:00"), ms("09:00:00"))
    act(town.emb, "leader", ChangeRuleNumber(key=RuleKey.ORAL_REPORT_LIMIT, value=20))
    assert register(town.emb).oral_due_at == ms("08:20:00")


@pytest.mark.parametrize(
    "duty",
    [[1, "x", 1 << 62, 1 << 62], [1, "x", -5, 0], [1, "x", None, None], [None, None, None, None]],
)
def test_limits_nobody_can_have_meant_stop_no_link(town: Town, duty: list[Any]) -> None:
    """RP-07, D-31: forged limits make no clock and keep nothing from arriving."""
    row = register(town.frd)
    acts = maker(town.frd).write("make_reportable", "incident", row.id, {"report_duty": duty})
    forge(town.frd, town.frd.account("duty_officer"), acts)
    town.sync()
    assert town.emb.incident(row.id).oral_due_at is None
    start = maker(town.frd).write(
        "change_incident", "incident", row.id, {}, entries={"received_at": -(1 << 62)}
    )
    forge(town.frd, town.frd.account("duty_officer"), start)
    town.sync()
    assert town.emb.incident(row.id).next_due_at is None
    register(town.emb)


def test_moments_nobody_can_have_meant_stop_no_link(town: Town) -> None:
    """RP-07: a forged received time at the end of all numbers makes no clock; what comes after it arrives."""
    far = own_id(town.frd)
    values = {"no": "FRD-20250714-777", "status": "registered", "report_duty": [1, "x", 1800, 3600]}
    last = {"received_at": (1 << 63) - 1}
    acts = maker(town.frd).write("register_incident", "incident", far, values, new=True, entries=last)
    forge(town.frd, town.frd.account("duty_officer"), acts)
    row = register(town.frd)
    town.sync()
    assert town.emb.incident(far).oral_due_at is None
    assert town.emb.incident(row.id).oral_due_at == ms("08:30:00")


def test_disk_trouble_is_a_fault_and_no_refusal(emb: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """XC-01: nothing is kept unless committed; the sentence says what to do."""
    before = op_count(emb)

    def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(emb.node.journal.state.store, "flush", full)
        with pytest.raises(EnvironmentFault) as fault:
            register(emb)
    assert (fault.value.code, fault.value.text) == ("database.full", "fault.database.full")
    assert op_count(emb) == before
    assert register(emb).no == "EMB-20250714-001"


def test_a_bug_is_no_damage(emb: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment errors and bugs are told apart."""

    def broken(*_: object) -> None:
        error = sqlite3.IntegrityError("UNIQUE constraint failed")
        error.sqlite_errorcode = sqlite3.SQLITE_CONSTRAINT
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(emb.node.journal.state.store, "flush", broken)
        with pytest.raises(sqlite3.IntegrityError):
            register(emb)
    assert register(emb).no == "EMB-20250714-001"


def test_restart_goes_on_where_it_was(emb: Site) -> None:
    """XC-02: committed is kept; numbers, clocks and the chain go on."""
    first = register(emb)
    emb.reopen()
    assert emb.incident(first.id) == first
    assert register(emb).no == "EMB-20250714-002"


def test_a_closed_workstation_says_so(town: Town) -> None:
    """REPLICATION, Trust: neither an act nor its refusal can be recorded; told in words, by every way in, nothing written."""
    emb, frd = town.emb, town.frd
    recovery = read_recovery(emb.recovery_file, emb.node.me.realm, "EMB", emb.node.me.recovery_key).key
    forge(
        frd, frd.admin, [certificates.closing(recovery, emb.node.me.realm, "EMB", emb.node.me.site, "heir")]
    )
    ship(frd, emb)
    before = op_count(emb)
    ways = (
        lambda: act(emb, "duty_officer", WriteLogEntry(text="x")),
        lambda: act(emb, "observer", WriteLogEntry(text="x")),
        lambda: emb.node.sign_in("EMB-duty_officer", "wrong-horse-1"),
        lambda: emb.node.check_right("meet_agency", emb.account("observer")),
    )
    for way in ways:
        with pytest.raises(EnvironmentFault) as fault:
            way()
        assert (fault.value.code, fault.value.text) == ("site.closed", "fault.site.closed")
    assert op_count(emb) == before
    answer = Desk(emb.node).answer({"call": "do", "as": "EMB-duty_officer", "password": "wrong-horse-1"})
    assert (answer["kind"], answer["error"]["code"]) == ("fault", "site.closed")
    assert "本工作站已停用" in answer["error"]["text"]


def test_a_refusal_that_cannot_be_recorded_is_told(emb: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever keeps a transaction from fitting: a sentence, nothing written, and no failure in its place (XC-01)."""
    before = op_count(emb)
    monkeypatch.setattr("app.journal.journal.MAX_TRANSACTION_BYTES", 10)
    with pytest.raises(Refusal) as refusal:
        act(emb, "duty_officer", WriteLogEntry(text="x"))
    assert (refusal.value.code, refusal.value.text) == (ErrorCode.RANGE, "refusal.command.too_large")
    assert op_count(emb) == before
