"""Accounts (CM-04): roles, periods, revocation; sites and agencies; the workstation's own account."""

from __future__ import annotations

from typing import Any

import pytest

from app.kernel.enums import AccountKind, Agency, Role
from app.queries import accounts
from app.queries.accounts import AccountRow
from app.usecases.accounts import (
    AdmitAccount,
    CreateAccount,
    DismissAccount,
    RenameAccount,
    RevokeAccount,
    SetAccountRoles,
    SetPassword,
)
from app.usecases.duty import WriteLogEntry
from app.usecases.sites import AnnounceSite, MeetAgency
from tests.kit import Site, Town, act, business, forge, maker, moment, ms, refused, register, verdict

OFFICER = [Role.DUTY_OFFICER]


def row(site: Site, account_id: str) -> AccountRow:
    found = site.node.local(lambda c: accounts.account(c, account_id))
    assert found is not None
    return found


def create(site: Site, name: str = "zhiban2", **more: Any) -> str:
    known: dict[str, Any] = {"name": name, "title": "值班员 2 席", "roles": OFFICER, **more}
    return str(act(site, "admin", CreateAccount(**known)).result["account_id"])


def test_account_is_made_and_works_on_both_sides(town: Town) -> None:
    """CM-04: named roles, owner agency; its acts count at the peer."""
    new = create(town.emb, roles=[Role.DUTY_OFFICER, Role.DUTY_CHIEF])
    made = row(town.emb, new)
    assert (made.name, made.title, made.agency, made.roles, made.state, made.kind) == (
        "zhiban2",
        "值班员 2 席",
        "EMB",
        "duty_chief,duty_officer",
        "active",
        "person",
    )
    incident = register(town.emb, new)
    town.sync()
    assert town.frd.incident(incident.id).no == incident.no
    assert row(town.frd, new).agency == "EMB"
    assert business(town.emb) == business(town.frd)


@pytest.mark.parametrize(
    ("given", "code", "text", "field"),
    [
        ({"name": " "}, "E_REQUIRED", "refusal.accounts.name_required", "name"),
        ({"title": ""}, "E_REQUIRED", "refusal.accounts.title_required", "title"),
        ({"roles": []}, "E_REQUIRED", "refusal.accounts.roles_required", "roles"),
        ({"roles": [Role.CONSOLE]}, "E_PERM", "refusal.accounts.console_role", "roles"),
        (
            {"valid_from": moment("09:00:00"), "valid_to": moment("08:59:59")},
            "E_TIME",
            "refusal.accounts.period",
            "valid_to",
        ),
        (
            {"valid_from": moment("09:00:00", "0001-01-01")},
            "E_TIME",
            "refusal.time.no_moment",
            "valid_from",
        ),
        (
            {"valid_to": moment("09:00:00", "9999-12-31")},
            "E_TIME",
            "refusal.time.no_moment",
            "valid_to",
        ),
        ({"valid_to": moment("07:59:59")}, "E_TIME", "refusal.accounts.period_over", "valid_to"),
        ({"name": "z" * 33}, "E_RANGE", "refusal.accounts.name_long", "name"),
        ({"title": "值" * 31}, "E_RANGE", "refusal.accounts.title_long", "title"),
        ({"name": " EMB-leader "}, "E_DUP", "refusal.accounts.name_taken", "name"),
        ({"name": "EMB-leader\u200b"}, "E_DUP", "refusal.accounts.name_taken", "name"),
        ({"name": "emb-LEADER"}, "E_DUP", "refusal.accounts.name_taken", "name"),
        ({"name": "\u3164"}, "E_REQUIRED", "refusal.accounts.name_required", "name"),
    ],
)
def test_accounts_that_are_refused(
    emb: Site, given: dict[str, Any], code: str, text: str, field: str
) -> None:
    """CM-04: a name, a title, roles; the console's role is given to nobody; a name is taken once."""
    known: dict[str, Any] = {"name": "zhiban2", "title": "值班员", "roles": OFFICER, **given}
    refused(emb, "admin", CreateAccount(**known), code, text, field=field, clause="CM-04")


def test_both_agencies_may_use_the_same_name(town: Town) -> None:
    """CM-04: a name is one agency's own; whoever signs in at a console is of its agency."""
    theirs = create(town.frd)
    town.sync()
    ours = create(town.emb)
    town.sync()
    for site, expected in ((town.emb, ours), (town.frd, theirs)):
        found = site.called("zhiban2")
        assert found is not None and found.id == expected
        site.node.set_password(expected, "long-enough-1", site.admin)
        assert site.node.sign_in("zhiban2", "long-enough-1").id == expected


def test_roles_are_replaced_and_the_change_counts_at_once(emb: Site) -> None:
    """CM-04 least privilege: the new set replaces the old one."""
    new = create(emb)
    act(emb, "admin", SetAccountRoles(account_id=new, roles=[Role.OBSERVER]))
    assert row(emb, new).roles == "observer"
    refused(emb, new, WriteLogEntry(text="x"), "E_PERM", "refusal.permission.denied", clause="XC-06")


def test_periods_are_kept_with_both_ends(emb: Site) -> None:
    """CM-04: before its period and after it an account is refused, and the use is recorded; both ends still count."""
    new = create(emb, valid_from=moment("09:00:00"), valid_to=moment("17:00:00"))
    command = WriteLogEntry(text="记事")
    for time, allowed in (
        ("08:59:59.999", False),
        ("09:00:00", True),
        ("17:00:00", True),
        ("17:00:00.001", False),
    ):
        emb.at(time)
        if allowed:
            act(emb, new, command)
        else:
            text = "refusal.sign_in.expired"
            refused(emb, new, command, "E_PERM", text, clause="CM-04", can=("account_admin",))
    assert (row(emb, new).valid_from, row(emb, new).valid_to) == (ms("09:00:00"), ms("17:00:00"))
    assert row(emb, emb.account("leader")).valid_from == 0
    emb.at("18:00:00")
    act(emb, "admin", SetAccountRoles(account_id=new, roles=OFFICER))
    act(emb, new, command)


def test_revoked_for_good(town: Town) -> None:
    """CM-04: a revoked account acts no more, cannot be given roles or a password again, and its acts stay."""
    new = create(town.emb)
    incident = register(town.emb, new)
    text = "refusal.accounts.reason_required"
    refused(town.emb, "admin", RevokeAccount(account_id=new), "E_REQUIRED", text, field="reason")
    act(town.emb, "admin", RevokeAccount(account_id=new, reason="调离"))
    refused(town.emb, new, WriteLogEntry(text="x"), "E_PERM", "refusal.sign_in.expired", clause="CM-04")
    for command in (
        RevokeAccount(account_id=new, reason="调离"),
        SetAccountRoles(account_id=new, roles=OFFICER),
        SetPassword(account_id=new),
    ):
        text = "refusal.accounts.already_revoked"
        refused(town.emb, "admin", command, "E_STATE", text, field="account_id", clause="CM-04")
    town.sync()
    assert row(town.frd, new).state == "revoked"
    assert town.frd.incident(incident.id).registered_at == incident.registered_at


def test_administrator_keeps_his_own_right(emb: Site) -> None:
    """CM-04: nobody locks the agency out by mistake; another administrator may."""
    me = emb.admin

    def no(command: Any, field: str) -> None:
        refused(emb, "admin", command, "E_STATE", "refusal.accounts.own_right", field=field, clause="CM-04")

    no(RevokeAccount(account_id=me, reason="调离"), "account_id")
    no(SetAccountRoles(account_id=me, roles=OFFICER), "roles")
    no(SetAccountRoles(account_id=me, roles=[Role.ACCOUNT_ADMIN], valid_to=moment("09:00:00")), "valid_to")
    no(
        SetAccountRoles(account_id=me, roles=[Role.ACCOUNT_ADMIN], valid_from=moment("09:00:00")),
        "valid_from",
    )
    act(emb, "admin", SetAccountRoles(account_id=me, roles=[Role.ACCOUNT_ADMIN, Role.TECHNICIAN]))
    second = create(emb, "admin2", roles=[Role.ACCOUNT_ADMIN])
    act(emb, second, RevokeAccount(account_id=me, reason="调离"))
    refused(
        emb, "admin", RevokeAccount(account_id=second, reason="调离"), "E_PERM", "refusal.sign_in.expired"
    )


def test_console_keeps_its_account(emb: Site) -> None:
    """XC-06: without it no refusal could be recorded any more."""
    console = emb.node.me.console_account
    for command in (
        RevokeAccount(account_id=console, reason="调离"),
        SetAccountRoles(account_id=console, roles=OFFICER),
        SetPassword(account_id=console),
    ):
        text = "refusal.accounts.console_account"
        refused(emb, "admin", command, "E_STATE", text, field="account_id", clause="CM-04")


def test_console_role_cannot_be_given(emb: Site) -> None:
    """CM-04: not to a machine either."""
    new = create(emb, kind=AccountKind.MACHINE)
    for roles in ([Role.CONSOLE], [Role.DUTY_OFFICER, Role.CONSOLE]):
        command = SetAccountRoles(account_id=new, roles=roles)
        refused(
            emb, "admin", command, "E_PERM", "refusal.accounts.console_role", field="roles", clause="CM-04"
        )


def test_accounts_of_the_other_side_are_theirs(town: Town) -> None:
    """CM-04: each agency keeps its own accounts."""
    theirs = town.frd.account("leader")
    for command in (
        SetAccountRoles(account_id=theirs, roles=OFFICER),
        RevokeAccount(account_id=theirs, reason="调离"),
        RenameAccount(account_id=theirs, title="x"),
        SetPassword(account_id=theirs),
    ):
        text = "refusal.owner.row"
        refused(town.emb, "admin", command, "E_OWNER", text, field="account_id", clause="CM-04", owner="FRD")
    missing = RevokeAccount(account_id="none", reason="调离")
    refused(town.emb, "admin", missing, "E_STATE", "refusal.record.missing", field="account_id")


def test_titles_are_changed(emb: Site) -> None:
    """CM-04: titles are roles; the sign-in name stays."""
    new = create(emb)
    act(emb, "admin", RenameAccount(account_id="zhiban2", title=" 值班员 3 席 "))
    assert (row(emb, new).title, row(emb, new).name) == ("值班员 3 席", "zhiban2")
    command = RenameAccount(account_id=new, title=" ")
    text = "refusal.accounts.title_required"
    refused(emb, "admin", command, "E_REQUIRED", text, field="title", clause="CM-04")


def test_admitted_account_acts_for_its_own_agency(town: Town) -> None:
    """GV-04, REPLICATION: a foreign account acts at our console once admitted, and its acts count as its agency's."""
    theirs = town.frd.account("duty_officer")
    command = WriteLogEntry(text="跟班记事")
    refused(town.emb, theirs, command, "E_PERM", "refusal.sign_in.expired")
    own = AdmitAccount(account_id=town.emb.account("leader"))
    refused(town.emb, "admin", own, "E_STATE", "refusal.accounts.own_agency", field="account_id")
    act(town.emb, "admin", AdmitAccount(account_id=theirs))
    entry = act(town.emb, theirs, command).result["entry_id"]
    town.sync()
    [found] = [each for each in town.frd.rows("log_entry") if each["id"] == entry]
    assert found["agency"] == "FRD"
    incident = register(town.emb, theirs)
    assert (incident.agency, incident.no) == ("FRD", "EMB-20250714-001"), (
        "the series is the workstation's (D-35)"
    )
    assert register(town.emb).no == "EMB-20250714-002", "whoever registered, no number is given twice"


def test_an_admission_is_taken_back(town: Town) -> None:
    """GV-04: what the guest did stands, what it tries afterwards is refused; admitted again, it may again."""
    theirs = town.frd.account("duty_officer")
    text = "refusal.accounts.not_admitted"
    refused(town.emb, "admin", DismissAccount(account_id=theirs), "E_STATE", text, field="account_id")
    act(town.emb, "admin", AdmitAccount(account_id=theirs))
    entry = act(town.emb, theirs, WriteLogEntry(text="跟班记事")).result["entry_id"]
    act(town.emb, "admin", DismissAccount(account_id=theirs))
    refused(town.emb, theirs, WriteLogEntry(text="x"), "E_PERM", "refusal.sign_in.expired")
    town.sync()
    assert entry in {row["id"] for row in town.frd.rows("log_entry")}
    [row] = [row for row in town.frd.rows("account") if row["id"] == theirs]
    assert row["admitted"] == ""
    act(town.frd, "duty_officer", WriteLogEntry(text="at home as ever"))
    act(town.emb, "admin", AdmitAccount(account_id=theirs))
    act(town.emb, theirs, WriteLogEntry(text="again"))


# -- passwords as acts -----------------------------------------------------------------------------------------------------
def test_password_is_an_audit_entry_without_content(town: Town) -> None:
    """CM-04: who, when; one's own or, for the administrator, anybody's of the agency; internal to the agency."""
    act(town.emb, "leader", SetPassword(account_id=town.emb.account("leader")))
    act(town.emb, "admin", SetPassword(account_id=town.emb.account("observer")))
    other = SetPassword(account_id=town.emb.account("duty_chief"))
    text = "refusal.permission.denied"
    refused(town.emb, "leader", other, "E_PERM", text, clause="CM-04", can=("account_admin",))
    town.sync()
    for site, at in ((town.emb, ms("08:00:00")), (town.frd, None)):
        [found] = [each for each in site.rows("account") if each["id"] == town.emb.account("leader")]
        assert found["secret_at"] == at


# -- agencies and sites ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "code", "text", "field"),
    [
        ({"agency": Agency.EMB}, "E_STATE", "refusal.sync.same_agency", "agency"),
        ({"recovery_key": "zz"}, "E_FORMAT", "refusal.sync.identity", "recovery_key"),
        ({"recovery_key": "00" * 31}, "E_FORMAT", "refusal.sync.identity", "recovery_key"),
    ],
)
def test_agencies_that_cannot_be_met(
    emb: Site, given: dict[str, Any], code: str, text: str, field: str
) -> None:
    """CM-04: another agency, with a key of 32 bytes."""
    known: dict[str, Any] = {"agency": Agency.HALL, "recovery_key": "00" * 32, "name": "x", **given}
    refused(emb, "admin", MeetAgency(**known), code, text, field=field, clause="CM-04")


def test_console_announces_itself(town: Town) -> None:
    """REPLICATION, Wire: label and pin are signed by the site's own key."""
    act(town.emb, "console", AnnounceSite(label="应急局 1 号台", tls_pin="ab"))
    town.sync()
    for site in (town.emb, town.frd):
        [found] = [each for each in site.rows("site") if each["id"] == town.emb.node.me.site]
        assert (found["label"], found["tls_pin"], found["agency"], found["state"]) == (
            "应急局 1 号台",
            "ab",
            "EMB",
            "enrolled",
        )


def test_grants_of_the_other_agency_do_not_count(town: Town) -> None:
    """XC-06: an administrator who changes his software still cannot appoint people of the other agency."""
    target = town.frd.account("observer")
    act_ = maker(town.emb, "EMB").mark(
        "set_account_roles", "account", target, "grant", agency="FRD", roles=["leader"]
    )
    tx = forge(town.emb, town.emb.admin, [act_])
    town.sync()
    assert verdict(town.frd, tx) != [None]
    assert row(town.frd, target).roles == "observer"
