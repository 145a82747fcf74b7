"""Every act of trust is one line in the duty log of both rooms, in words a night officer reads (CM-04, JD-11)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.bootstrap import pairing
from app.bootstrap.certifying import certify
from app.kernel.enums import Agency, Post, Role
from app.usecases.accounts import AdmitAccount, DismissAccount, RevokeAccount, SetAccountRoles
from app.usecases.commands import Command
from app.usecases.duty import TakeWatch
from app.usecases.sites import MeetAgency, PairColleague
from tests.bootstrap.test_joining import cheap, command, keyed, second
from tests.kit import Site, Town, act, refused, register, sync

__all__ = ["cheap", "keyed", "second"]


def lines(site: Site) -> list[str]:
    """The log as it stands here."""
    return sorted(str(row["text"]) for row in site.rows("log_entry"))


def gained(sites: list[Site], do: Callable[[], None]) -> str:
    """The one line that an act brings, the same wherever the record is held."""
    before = lines(sites[0])
    do()
    for other in sites[1:]:
        sync(sites[0], other)
    after = [lines(site) for site in sites]
    assert all(each == after[0] for each in after)
    [line] = [text for text in after[0] if text not in before]
    assert len(after[0]) == len(before) + 1
    return line


def of_account(emb: Site, frd: Site) -> dict[str, Command]:
    ours, theirs = emb.account("observer"), frd.account("technician")
    return {
        "账号管理员停用了账号 EMB-observer（observer）：它不能再登录；以前的记录不变。原因：调离。": RevokeAccount(
            account_id=ours,
            reason="调离",
        ),
        "账号管理员改了账号 EMB-observer（observer）的角色，现为：值班长、值班员。": SetAccountRoles(
            account_id=ours, roles=[Role.DUTY_OFFICER, Role.DUTY_CHIEF]
        ),
        "账号管理员准许{frd}的账号 FRD-technician（technician）在本单位工作站办理。": AdmitAccount(
            account_id=theirs
        ),
    }


@pytest.mark.parametrize("n", range(3))
def test_accounts(town: Town, n: int) -> None:
    """CM-04, JD-11: who disabled an account, changed its roles, admitted a stranger."""
    said, asked = list(of_account(town.emb, town.frd).items())[n]
    line = gained([town.emb, town.frd], lambda: _do(town.emb, asked))
    assert line == said.format(frd=short(town.emb, Agency.FRD))


def test_an_admission_taken_back(town: Town) -> None:
    """GV-04, JD-11."""
    guest = town.frd.account("technician")
    act(town.emb, "admin", AdmitAccount(account_id=guest))
    line = gained([town.emb, town.frd], lambda: _do(town.emb, DismissAccount(account_id=guest)))
    assert line == (
        f"账号管理员取消了{short(town.emb, Agency.FRD)}的账号 FRD-technician（technician）在本单位工作站的准入。"
    )


def test_a_refused_act_leaves_no_line(town: Town) -> None:
    """CM-04: nothing was trusted, nothing is said."""
    before = lines(town.emb)
    refused(
        town.emb,
        "duty_officer",
        RevokeAccount(account_id=town.emb.account("observer"), reason="调离"),
        "E_PERM",
        "refusal.permission.denied",
    )
    assert lines(town.emb) == before


def test_workstations_joined_closed_and_revoked(keyed: Town, second: Site) -> None:
    """CM-04, JD-11: three workstations of two agencies hold one line each for joining, closing, revoking, appointing."""
    emb, frd, hers = keyed.emb, keyed.frd, second.node.me.site
    known = lines(emb)
    sync(second, emb)
    [joined] = [text for text in lines(emb) if text not in known]
    assert joined == "本单位新增工作站 B，用本单位恢复密钥加入，账号管理员：账号管理员。"
    register(second)
    good = second.vector()[hers][0]
    sync(second, emb)
    sync(emb, frd)
    key = emb.recovery_file
    made = command(certify(key, "close", hers, heir=emb.node.me.site, clock=emb.clock))
    assert gained([emb, frd], lambda: _do(emb, made)) == (
        "账号管理员关闭了本单位工作站 B：它写过的照旧有效，由工作站 （无字母） 接替；不再给它联系方式和附件。"
    )
    made = command(certify(key, "revoke", hers, last_seq=good, clock=emb.clock))
    assert gained([emb, frd], lambda: _do(emb, made)) == (
        "账号管理员吊销了本单位工作站 B：2025-07-14 08:00:00 以后它写的双方都不接受，各席位不再与它连线。"
    )
    made = command(certify(key, "appoint", emb.account("duty_chief"), clock=emb.clock))
    assert gained([emb, frd], lambda: _do(emb, made)) == (
        "账号管理员用本单位恢复密钥指定账号 EMB-duty_chief（duty_chief）为账号管理员。"
    )


def test_pairing_is_told_by_whoever_confirmed_it(keyed: Town, second: Site) -> None:
    """CM-04, JD-11: with the partner's workstation and with one of the own agency; a wrong number leaves no line."""
    emb, frd = keyed.emb, keyed.frd
    sync(second, emb)
    for one, other in ((emb, frd), (emb, second)):
        file = pairing.identity_file(other.node)
        number = pairing.compare(one.node, file).number

        def confirm(here: Site = one, file: bytes = file, number: str = number) -> None:
            pairing.confirm(here.node, file, number, here.admin)

        peer = short(emb, other.agency) + ("另一席位" if other is second else "")
        seat = "工作站 B" if other is second else "工作站"
        assert gained([emb, frd, second], confirm) == (
            f"账号管理员核对号码，与{peer}的{seat}配对：从此互收记录。"
        )


def test_an_agency_met_without_pairing(town: Town) -> None:
    """CM-04, JD-11: `do meet_agency` trusts a key all the same."""
    key = town.frd.node.me.recovery_key.hex()
    ask = MeetAgency(agency=Agency.FRD, recovery_key=key, name="消防")
    peer = short(town.emb, Agency.FRD)
    before = lines(town.emb).count(said := f"账号管理员确认了{peer}的密钥：从此接受{peer}的记录。")
    act(town.emb, "admin", ask)
    assert lines(town.emb).count(said) == before + 1


def test_nobody_pairs_with_himself(town: Town) -> None:
    """CM-04."""
    mine = town.emb.node.me.site
    refused(
        town.emb,
        "admin",
        PairColleague(site=mine),
        "E_STATE",
        "refusal.sync.same_site",
        field="site",
        clause="CM-04",
    )


def short(site: Site, agency: Agency) -> str:
    """An agency as the log names it."""
    return site.node.bus.pack.agencies[agency].short


def _do(site: Site, asked: Command) -> None:
    act(site, "admin", asked)


def test_who_is_disabled_on_watch_is_named_with_who_ends_the_watch(town: Town) -> None:
    """JD-04: disabling ends no watch; both rooms read who must."""
    act(town.emb, "duty_officer", TakeWatch(post=Post.DUTY_OFFICER))
    sync(town.emb, town.frd)
    revoke = RevokeAccount(account_id=town.emb.account("duty_officer"), reason="调离")
    line = gained([town.emb, town.frd], lambda: _do(town.emb, revoke))
    assert "原因：调离。它当时在岗（值班员），请值班长或带班领导代为离岗" in line
