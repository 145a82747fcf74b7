"""The permission matrix: every command × every role × every agency, and again when a peer's operation is applied (XC-06).

The kernel is RULES part 3, written out here by hand from the rules, not from the table.
"""

from __future__ import annotations

import csv
from dataclasses import MISSING, fields
from enum import Enum
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from app.bootstrap.feature_table import FEATURES
from app.journal import verbs
from app.journal.operation import Act
from app.kernel.enums import AccountKind, Agency, Role
from app.kernel.errors import Refusal
from app.usecases.accounts import CreateAccount
from app.usecases.bus import RECORD_REFUSAL
from app.usecases.commands import TABLE, Command
from app.usecases.permissions import matrix, parse
from db.reference import read_table
from tests.kit import PEOPLE, Site, Town, act, forge, moment, register, ship

TABLE_FILE = Path(__file__).resolve().parents[2] / "db" / "reference" / "permissions.csv"
INITIALS = {"E": "EMB", "F": "FRD", "H": "HALL"}
ROOM = {"duty_officer", "duty_chief", "leader"}
EVERYBODY = {role.value for role in PEOPLE}

# Acts whose certificates stand by themselves, or that the console writes without a use-case.
WITHOUT_HANDLER = {"enrol_site", RECORD_REFUSAL}

# RULES part 3, row by row: command -> {agency: roles that may}; whatever is not named may not.
KERNEL: dict[str, dict[str, set[str]]] = {
    # register incident: EMB yes, FRD yes, HQ -, street clue only, observer -
    "register_incident": {"EMB": {*ROOM, "authorised"}, "FRD": {*ROOM, "authorised"}},
    # change alarm grade: EMB -, FRD raise
    "raise_alarm_grade": {"FRD": ROOM},
    # file first report: owner only; send report upward: EMB yes, FRD yes
    "file_report": {"EMB": ROOM, "FRD": ROOM},
    "file_oral_report": {"EMB": ROOM, "FRD": ROOM},
    # open/close shelter: EMB yes, FRD -, HQ -, street only counts, observer -
    "set_shelter_state": {"EMB": ROOM},
    # edit own resources: own, own, -, own, -  (shelters are EMB's own; stations and vehicles each side's)
    "add_shelter": {"EMB": {*ROOM, "technician"}},
    "edit_shelter": {"EMB": {*ROOM, "technician"}},
    "edit_station": {"EMB": {*ROOM, "technician"}, "FRD": {*ROOM, "technician"}},
    "set_vehicle_state": {"EMB": {*ROOM, "console"}, "FRD": {*ROOM, "console"}},
    # casualty figures are the affair of both rooms (IS-14)
    "set_casualties": {"EMB": ROOM, "FRD": ROOM},
    # resolve conflict: shared fields either
    "resolve_conflict": {"EMB": ROOM, "FRD": ROOM},
    # striking out is a chief's act (REPLICATION, Merge); a false alarm as well
    "strike_entry": {"EMB": {"duty_chief", "leader"}, "FRD": {"duty_chief", "leader"}},
    "void_incident": {"EMB": {"duty_chief", "leader"}, "FRD": {"duty_chief", "leader"}},
    # accounts: the administrator of each agency alone (CM-04)
    **{
        command: {agency: {"account_admin"} for agency in ("EMB", "FRD", "HALL")}
        for command in (
            "create_account",
            "set_account_roles",
            "revoke_account",
            "rename_account",
            "admit_account",
            "dismiss_account",
            "meet_agency",
            "pair_colleague",
            "forget_peer",
            "close_site",
            "revoke_site",
            "appoint_admin",
        )
    },
    "set_password": {agency: EVERYBODY for agency in ("EMB", "FRD", "HALL")},
    # what consoles write by themselves
    **{
        command: {agency: {"console"} for agency in ("EMB", "FRD", "HALL")}
        for command in ("note_link_state", "note_fault", "announce_site", RECORD_REFUSAL)
    },
    # alarms of the 119 system come in by the machine
    "receive_alarm": {"FRD": {"console"}},
    # exchange by stick: whoever is in the room, its technician, the administrator (CM-07)
    "note_bundle": {
        "EMB": {*ROOM, "technician", "account_admin"},
        "FRD": {*ROOM, "technician", "account_admin"},
        "HALL": {"account_admin"},
    },
    # a folder of backups was destroyed: who chooses them (XC-07)
    "forget_backup_folder": {agency: {"technician", "account_admin"} for agency in ("EMB", "FRD", "HALL")},
    # rule numbers: leaders and authorised persons (D-31)
    "change_rule_number": {"EMB": {"leader", "authorised"}, "FRD": {"leader", "authorised"}},
    # the watch: who stands it
    "take_watch": {"EMB": ROOM, "FRD": ROOM},
    "leave_watch": {"EMB": ROOM, "FRD": ROOM},
    "end_watch": {agency: {"duty_chief", "leader"} for agency in ("EMB", "FRD")},
    "acknowledge_alarm": {agency: {*ROOM, "authorised"} for agency in ("EMB", "FRD")},
    "snooze_alarm": {agency: {*ROOM, "authorised"} for agency in ("EMB", "FRD")},
}


def table() -> dict[tuple[str, str, str], bool]:
    """(command, agency, role) -> permitted, read from the file without the program."""
    with TABLE_FILE.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return {
        (row["command"], agency, role.value): initial in row[role.value]
        for row in rows
        for initial, agency in INITIALS.items()
        for role in Role
    }


CELLS = table()
COMMANDS = sorted({command for command, _, _ in CELLS})


def test_every_command_has_a_row_and_every_row_a_command() -> None:
    """RULES part 3: one table for every command and every role."""
    assert FEATURES
    assert set(TABLE) | WITHOUT_HANDLER == set(COMMANDS)
    assert {role.value for role in Role} == set(read_table("permissions")[0]) - {"command"}


def test_program_and_table_say_the_same() -> None:
    """XC-06: every command × role × agency."""
    permissions = matrix()
    wrong = [
        cell
        for cell, allowed in CELLS.items()
        if permissions.permits(cell[0], cell[1], frozenset({cell[2]})) is not allowed
    ]
    assert wrong == []
    assert len(CELLS) == len(COMMANDS) * 3 * 13


@pytest.mark.parametrize("command", sorted(KERNEL))
def test_kernel(command: str) -> None:
    """RULES part 3: the kernel, role by role."""
    allowed = {(agency, role) for agency, roles in KERNEL[command].items() for role in roles}
    assert {
        (agency, role) for (name, agency, role), yes in CELLS.items() if name == command and yes
    } == allowed


@pytest.mark.parametrize(
    "role", ["hq_reviewer", "observer", "street", "checker", "roster_editor", "embedded"]
)
def test_roles_with_few_rights(role: str) -> None:
    """RULES part 3: HQ reviews, streets send clues, observers read; none of that is in this table yet."""
    rights = {command for (command, _, name), yes in CELLS.items() if yes and name == role}
    assert rights <= {"set_password", "write_log_entry"}
    assert ("write_log_entry" in rights) is (role in ("hq_reviewer", "embedded"))


def test_hall_only_keeps_its_accounts() -> None:
    """GLOSSARY: the hall has observer rights."""
    rights = {command for (command, agency, _), yes in CELLS.items() if yes and agency == "HALL"}
    assert not rights & {"register_incident", "change_incident", "write_log_entry", "file_report"}


def test_deny_by_default() -> None:
    """No command, no role, no agency that the table does not name."""
    permissions = matrix()
    everything = frozenset(Role)
    assert not permissions.permits("unheard_of", "EMB", everything)
    assert not permissions.permits("register_incident", "", everything)
    assert not permissions.permits("register_incident", "POLICE", everything)
    assert not permissions.permits("register_incident", "EMB", frozenset())
    assert not permissions.permits("register_incident", "EMB", frozenset({"duty_officer "}))


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([{"command": "a", "leader": "E"}, {"command": "a", "leader": ""}], "twice"),
        ([{"command": "a", "leader": "X"}], "X"),
        ([{"command": "a", "boss": "E"}], "boss"),
    ],
)
def test_damaged_tables_are_refused(rows: list[dict[str, str]], error: str) -> None:
    """A table with a doubt in it is none."""
    with pytest.raises((ValueError, KeyError), match=error):
        parse(rows)


# -- at the bus ------------------------------------------------------------------------------------------------------------
def some(hint: Any) -> Any:
    """Any value of a type, for commands that are to be refused before they are read."""
    text = str(hint)
    if "datetime" in text:
        return moment("08:00:00")
    if hint in (str, int, float, bool):
        return {str: "x", int: 1, float: 1.0, bool: True}[hint]
    if "list" in text:
        return []
    return (
        next(iter(hint.__members__.values())) if isinstance(hint, type) and issubclass(hint, Enum) else None
    )


def blank(command: type[Command]) -> Command:
    """A command with some value for what it needs."""
    hints = get_type_hints(command)
    needed = {
        each.name: some(hints[each.name])
        for each in fields(command)
        if each.default is MISSING and each.default_factory is MISSING
    }
    return command(**needed)


def denied(site: Site, account: str, command: Command) -> bool:
    """True if the matrix refuses a command (other reasons to refuse it do not count)."""
    try:
        site.node.execute(command, account)
    except Refusal as refusal:
        return refusal.text in ("refusal.permission.denied", "refusal.permission.nobody") and (
            refusal.clause == "XC-06" and refusal.params.get("act") in TABLE
        )
    return False


@pytest.mark.parametrize("agency", [Agency.EMB, Agency.FRD])
def test_bus_refuses_what_the_table_does_not_allow(town: Town, agency: Agency) -> None:
    """XC-06: every command × every role through the bus; each refusal is recorded with who could do it."""
    site = town.emb if agency is Agency.EMB else town.frd
    wrong = []
    revoking = {"revoke_account", "set_account_roles"}  # would end the accounts of this test
    for name, entry in sorted(TABLE.items()):
        for role in Role:
            allowed = CELLS[name, agency, role]
            if allowed and name in revoking:
                continue
            account = site.account("console" if role is Role.CONSOLE else role)
            before = len(site.refusals())
            if denied(site, account, blank(entry.command)) is allowed:
                wrong.append((name, role))
            if not allowed:
                assert len(site.refusals()) == before + 1
    assert wrong == []


def test_several_roles_add_up(emb: Site) -> None:
    """CM-04: a person with two roles may do what either may."""
    roles = [Role.OBSERVER, Role.TECHNICIAN]
    both = act(emb, "admin", CreateAccount(name="both", title="x", roles=roles)).result["account_id"]
    assert not denied(emb, both, blank(TABLE["add_station"].command))
    assert denied(emb, both, blank(TABLE["register_incident"].command))


# -- at the peer -----------------------------------------------------------------------------------------------------------
def an_act(command: str, number: int) -> Act:
    """Some act of a command with an effect the command may have; whether its content is sensible does not matter here."""
    if command == RECORD_REFUSAL:
        return Act(command, "refusal", f"r{number}", "internal:X", {"v": "write", "set": {}, "new": True})
    if not TABLE[command].effects:  # settles under the name of the everyday act; has no effect of its own
        return Act(command, "incident", f"forged-{number}", "joint", {"v": "write", "set": {"what": "x"}})
    effect = TABLE[command].effects[0]
    verb = min(effect.verbs)
    body: dict[str, Any] = {"v": verb}
    if verb == "write":
        body |= {"set": {}, "new": True}
    elif verb == "strike":
        body |= {"field": "alarm_grade", "ops": [], "why": "x"}
    elif verb in ("grant", "revoke", "admit", "dismiss"):
        body |= {"agency": "X"} | ({"roles": ["observer"]} if verb == "grant" else {})
    elif verb == "retract":
        body |= {"why": "x"}
    elif verb == "meet":
        body |= {"key": bytes(32), "name": "x"}
    elif verb == "rotate":
        body |= {"key": bytes(32), "by": bytes(64), "proof": bytes(64)}
    return Act(command, effect.entity, f"forged-{number}", "joint", body)


@pytest.mark.parametrize("agency", [Agency.EMB, Agency.FRD])
def test_peer_quarantines_what_the_table_does_not_allow(town: Town, agency: Agency) -> None:
    """XC-06, QUALITY (9): acts authored around the bus are judged again where they arrive, role by role."""
    source, target = (town.emb, town.frd) if agency is Agency.EMB else (town.frd, town.emb)
    expected: dict[bytes, tuple[str, str, bool]] = {}
    number = 0
    certified = {
        name for name, entry in TABLE.items() if any(e.verbs & verbs.CERTIFIED for e in entry.effects)
    }
    assert certified == {"close_site", "revoke_site", "appoint_admin"}, (
        "these stand by their certificate alone"
    )
    judged = (set(TABLE) | {RECORD_REFUSAL}) - certified
    for command in sorted(judged):
        for role in Role:
            number += 1
            account = source.account("console" if role is Role.CONSOLE else role)
            act_ = an_act(command, number)
            body = {**act_.body, "agency": str(agency)} if "agency" in act_.body else act_.body
            scope = f"internal:{agency}" if command == RECORD_REFUSAL else act_.scope
            forged = Act(act_.command, act_.entity, act_.entity_id, scope, body)
            tx = forge(source, account, [forged])
            expected[tx[0].hash] = (command, role, CELLS[command, agency, role])
    ship(source, target)
    reasons = {row["hash"]: row["reason"] for row in target.rows("quarantine")}
    own = {row["hash"]: row["reason"] for row in source.rows("quarantine")}
    wrong = [
        (command, role, reasons.get(digest))
        for digest, (command, role, allowed) in expected.items()
        if command != RECORD_REFUSAL and (reasons.get(digest) == "role") is allowed
    ]
    assert wrong == []
    assert len(expected) == len(judged) * 13
    joint = {digest for digest, (command, _, _) in expected.items() if command != RECORD_REFUSAL}
    assert {d: r for d, r in own.items() if d in joint} == {d: r for d, r in reasons.items() if d in joint}


def test_peer_quarantines_commands_no_table_knows(town: Town) -> None:
    """Deny by default, for a command of a newer or a changed version as well."""
    tx = forge(
        town.emb,
        town.emb.account("leader"),
        [Act("unheard_of", "incident", "x", "joint", {"v": "write", "set": {"what": "x"}, "new": True})],
    )
    ship(town.emb, town.frd)
    [row] = town.frd.rows("quarantine")
    assert (row["hash"], row["reason"]) == (tx[0].hash, "role")
    assert town.frd.rows("incident") == []


def test_peer_quarantines_effects_a_command_does_not_have(town: Town) -> None:
    """XC-06: the right to write a log entry is no right to write anything else under its name."""
    account = town.emb.account("duty_officer")
    for entity, values in (
        ("incident", {"what": "x"}),
        ("shelter", {"name": "x"}),
        ("account", {"title": "x"}),
    ):
        forge(
            town.emb,
            account,
            [Act("write_log_entry", entity, "x", "joint", {"v": "write", "set": values, "new": True})],
        )
    ship(town.emb, town.frd)
    assert [row["reason"] for row in town.frd.rows("quarantine")] == ["effect"] * 3


@pytest.mark.parametrize(
    ("who", "command", "entity", "body"),
    [
        ("duty_officer", "register_incident", "incident", {"set": {}, "entry": {"alarm_grade": 5}}),
        ("duty_officer", "register_incident", "incident", {"set": {"what": "x"}}),
        ("duty_officer", "set_incident_status", "incident", {"set": {"status": "void"}}),
        ("duty_officer", "set_incident_status", "incident", {"set": {"status": ["void"]}}),
        ("duty_chief", "void_incident", "incident", {"set": {"status": "closed"}}),
        ("duty_officer", "resolve_conflict", "incident", {"set": {"status": "void"}}),
        ("duty_officer", "resolve_conflict", "rule_number", {"set": {"value": 600}}),
        ("duty_officer", "file_oral_report", "oral_report", {"set": {"spoken_at": 1}}),
    ],
)
def test_peer_quarantines_what_a_command_may_not_do_to_a_record(
    town: Town, who: str, command: str, entity: str, body: dict[str, Any]
) -> None:
    """XC-06, RC-16, RULES part 3: registering changes nothing later; voiding, grading, settling are rights of their own."""
    entity_id = register(town.emb).id if entity == "incident" else "oral_report_limit"
    before = town.emb.rows(entity)
    forge(town.emb, town.emb.account(who), [Act(command, entity, entity_id, "joint", {"v": "write", **body})])
    ship(town.emb, town.frd)
    assert [row["reason"] for row in town.frd.rows("quarantine")] in (["effect"], ["type"])
    assert town.emb.rows(entity) == before


def test_machine_accounts_have_no_more_rights_than_their_roles(emb: Site) -> None:
    """CM-04: a machine is an account like others."""
    kind = AccountKind.MACHINE
    feed = act(emb, "admin", CreateAccount(name="feed", title="x", roles=[Role.STREET], kind=kind))
    assert denied(emb, feed.result["account_id"], blank(TABLE["receive_alarm"].command))
