"""A room loses its database and goes on from a backup, over real TLS: what the partner held comes back, what nobody held is said.

REPLICATION, When things go wrong: restore from backup plus the peer's copy of our journal, as a new site.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.bootstrap import pairing
from app.bootstrap.backup_work import BackupJob, make
from app.bootstrap.checking import verify_site
from app.bootstrap.listening import Listening
from app.bootstrap.node import Node, Open
from app.bootstrap.restored_watch import awaited
from app.bootstrap.restoring import RESTORED, restore
from app.bootstrap.service import Service
from app.cli import asking
from app.journal.high_water import HighWater
from app.kernel.clock import ManualClock
from app.kernel.paths import DataDir
from app.local import memory
from tests.bootstrap.linked import until, up
from tests.cli.runner import free_port, process, serve
from tests.cli.runner import until as wait
from tests.kit import PASSWORD, Site, Town, business, cheap_passwords, ms, register

PATIENCE_S = 60.0


@dataclass
class Street:
    """EMB listens, FRD dials; both sites may be closed and opened again under the same address."""

    town: Town
    port: int

    def pair(self, frd: Site) -> None:
        """Both read the same number to each other."""
        files = [pairing.identity_file(site.node, []) for site in (self.town.emb, frd)]
        number = pairing.compare(self.town.emb.node, files[1]).number
        pairing.confirm(self.town.emb.node, files[1], number, self.town.emb.admin)
        address = f"127.0.0.1:{self.port}"
        pairing.confirm(frd.node, files[0], number, frd.account("admin"), address)

    @asynccontextmanager
    async def linked(self, frd: Site) -> AsyncIterator[tuple[Service, Service]]:
        """Both at work."""
        async with (
            Service(self.town.emb.node, Listening("127.0.0.1", self.port)) as listening,
            Service(frd.node) as dialling,
        ):
            await until(lambda: up(dialling), "linked", PATIENCE_S)
            yield listening, dialling


async def both_hold(one: Site, other: Site) -> None:
    """Until both hold the same chains and no note is being written any more."""
    await until(lambda: one.vector() == other.vector(), "the same chains", PATIENCE_S)


def numbers(site: Site) -> set[str]:
    return {str(row["no"]) for row in site.rows("incident")}


def log(site: Site) -> list[str]:
    """What the room's log says of the lost workstation, in the order of writing."""
    rows = [row for row in site.rows("log_entry") if "旧席位" in str(row["text"])]
    return [str(row["text"]) for row in sorted(rows, key=lambda row: int(row["n"]))]


def brought_back(lost: Site, copy: Path, folder: Path, time: str) -> Site:
    """The room's new workstation from a copy."""
    data, clock = DataDir(folder), ManualClock(ms(time))
    made = restore(data, copy, lost.recovery_file, clock)
    site = Site(Node(Open(data, clock)), clock, lost.agency, lost.recovery_file, lost.admin)
    site.extra["made"] = made
    return site


def backed_up(site: Site) -> Path:
    data = site.node.data
    made = make(BackupJob(data.database, data.backups, site.clock.now_ms()), lambda *_: None)
    assert not made.problem
    return made.path


def sound(site: Site) -> None:
    found = verify_site(site.node.data)
    assert not found["damaged"], found["report"]


def test_what_the_partner_held_comes_back_and_the_rest_is_named(town: Town, tmp_path: Path) -> None:
    """XC-01, XC-09, D-35: backup, later acts acknowledged, one act never sent, disk lost, restored, old disk read after all."""
    asyncio.run(_what_the_partner_held_comes_back_and_the_rest_is_named(town, tmp_path))


async def _what_the_partner_held_comes_back_and_the_rest_is_named(town: Town, tmp_path: Path) -> None:
    street, frd = Street(town, free_port()), town.frd
    lost = frd.node.me.site
    street.pair(frd)
    async with street.linked(frd):
        await asyncio.to_thread(register, frd)
        copy = await asyncio.to_thread(backed_up, frd)
        town.at("09:00:00")
        later = [await asyncio.to_thread(register, frd) for _ in range(2)]
        await both_hold(frd, town.emb)
    town.at("09:20:00")
    unsent = register(frd)
    assert unsent.no == "FRD-20250714-004"
    frd.node.close()
    old = tmp_path / "old disk"
    shutil.copytree(frd.node.data.root, old)

    new = brought_back(frd, copy, tmp_path / "new", "10:00:00")
    town.emb.at("10:00:00")
    assert (new.extra["made"].closed_site, new.extra["made"].letter) == (lost, "B")
    assert ms("08:00:00") <= new.extra["made"].last_at < ms("09:00:00")
    assert new.node.sign_in("FRD-duty_officer", PASSWORD).agency == "FRD"
    own = register(new)  # before anybody has seen the certificate
    assert own.no == "FRD-20250714-B001"
    assert awaited(new.node.local(memory.load)[RESTORED]) is not None
    street.pair(new)
    async with street.linked(new):
        await until(lambda: len(log(new)) >= 2, "said", PATIENCE_S)
        await both_hold(new, town.emb)
        assert {row.no for row in later} <= numbers(new)
        assert unsent.no not in numbers(new) | numbers(town.emb)
        assert own.no in numbers(town.emb)
        said = log(new)
        assert "2025-07-14 08:0" in said[0] and "备份恢复" in said[0]
        assert "补到 2025-07-14 09:00:00" in said[1] and "可能缺少 2025-07-14 09:00:00 之后" in said[1]
        assert awaited(new.node.local(memory.load)[RESTORED]) is None
        rows = {row["id"]: row for row in town.emb.rows("site")}
        assert (rows[lost]["state"], rows[lost]["heir"]) == ("closed", new.node.me.site)
        assert business(new) == business(town.emb)
        assert register(new).no == "FRD-20250714-B002"

        # -- the broken disk is read after all: the old console says what it never sent
        resurfaced = Site(
            Node(Open(DataDir(old), frd.clock)), frd.clock, frd.agency, frd.recovery_file, frd.admin
        )
        async with Service(resurfaced.node) as third:
            await until(lambda: up(third), "the old console is linked", PATIENCE_S)
            await until(lambda: unsent.no in numbers(new), "the late act is there as well", PATIENCE_S)
            await until(lambda: len(log(new)) >= 3, "said again", PATIENCE_S)
            await both_hold(new, town.emb)
        assert "补回 " in log(new)[2] and "09:20:00" in log(new)[2]
        flagged = [row for row in town.emb.rows("flag") if row["kind"] == "from a closed site"]
        assert flagged
        assert len(numbers(new)) == town.emb.count("incident") == 6, "no number stands twice"
        await until(lambda: business(new) == business(town.emb), "the same rows", PATIENCE_S)
        resurfaced.node.close()
    sound(new)
    sound(town.emb)
    new.node.close()


def test_restored_while_the_partner_is_away(town: Town, tmp_path: Path) -> None:
    """XC-01: the room works at once and alone; when the partner is back, both catch up with nothing lost."""
    asyncio.run(_restored_while_the_partner_is_away(town, tmp_path))


async def _restored_while_the_partner_is_away(town: Town, tmp_path: Path) -> None:
    street, frd = Street(town, free_port()), town.frd
    street.pair(frd)
    copy = backed_up(frd)
    async with street.linked(frd):
        sent = await asyncio.to_thread(register, frd)
        await both_hold(frd, town.emb)
    frd.node.close()
    new = brought_back(frd, copy, tmp_path / "new", "08:30:00")
    alone = [register(new) for _ in range(3)]
    async with Service(new.node):
        await until(lambda: log(new), "said while alone", PATIENCE_S)
    elsewhere = register(town.emb)
    assert len(log(new)) == 1
    new.reopen()
    street.pair(new)
    async with street.linked(new):
        await until(lambda: len(log(new)) >= 2, "said when it came back", PATIENCE_S)
        await both_hold(new, town.emb)
    assert numbers(new) == {sent.no, elsewhere.no, *(row.no for row in alone)}
    assert business(new) == business(town.emb)
    new.node.close()


def test_nothing_came_after_the_backup(town: Town, tmp_path: Path) -> None:
    """XC-01: the partner has no more of it: said as that, once, over a restart as well."""
    asyncio.run(_nothing_came_after_the_backup(town, tmp_path))


async def _nothing_came_after_the_backup(town: Town, tmp_path: Path) -> None:
    street, frd = Street(town, free_port()), town.frd
    street.pair(frd)
    async with street.linked(frd):
        await both_hold(frd, town.emb)
    copy = backed_up(frd)
    frd.node.close()
    new = brought_back(frd, copy, tmp_path / "new", "08:30:00")
    street.pair(new)
    for _ in range(2):
        async with street.linked(new):
            await until(lambda: len(log(new)) >= 2, "said", PATIENCE_S)
            await both_hold(new, town.emb)
        new.reopen()
    assert [("没有旧席位" in text) for text in log(new)] == [False, True]
    new.node.close()


def test_what_had_been_made_ready_to_leave_is_counted(town: Town, tmp_path: Path) -> None:
    """XC-01: restored in the old folder, which knows how much of the lost chain may have left; what nobody has is counted."""
    asyncio.run(_what_had_been_made_ready_to_leave_is_counted(town))


async def _what_had_been_made_ready_to_leave_is_counted(town: Town) -> None:
    street, frd = Street(town, free_port()), town.frd
    street.pair(frd)
    async with street.linked(frd):
        await both_hold(frd, town.emb)
    copy, data, lost = backed_up(frd), frd.node.data, frd.node.me.site
    frd.node.close()
    mark = HighWater(data.high_water).mark
    assert mark is not None
    HighWater(data.high_water).raise_to(lost, mark.seq + 3, bytes(32))
    clock = ManualClock(ms("08:30:00"))
    restore(data, copy, frd.recovery_file, clock, set_aside=True)
    new = Site(Node(Open(data, clock)), clock, frd.agency, frd.recovery_file, frd.admin)
    street.pair(new)
    async with street.linked(new):
        await until(lambda: len(log(new)) >= 3, "said", PATIENCE_S)
        await both_hold(new, town.emb)
    held = new.vector()[lost][0]
    assert f"至少还有 {mark.seq + 3 - held} 条" in log(new)[2]
    town.frd.node = new.node


def test_killed_lost_restored_and_paired_again_by_the_command_line(town: Town, tmp_path: Path) -> None:
    """XC-01, XC-09: as an administrator does it, with processes: kill -9, the file gone, `restore`, `pair`, all is back."""
    port, emb, frd = free_port(), town.emb.node.data, town.frd.node.data
    Street(town, port).pair(town.frd)
    for site in (town.emb, town.frd):
        with cheap_passwords():
            site.node.set_password(site.account("admin"), PASSWORD, site.admin)
        site.node.close()

    def board(data: DataDir) -> dict[str, str]:
        answer = asking.ask_running(data, {"call": "show", "query": "board"})
        assert answer is not None
        return {row["place"]: row["no"] for row in answer["rows"]}

    def add(data: DataDir, agency: str, place: str) -> str:
        moment = "2026-01-01T08:00:00+08:00"
        arguments = {"received_at": moment, "place": place, "late_confirmed": True}
        asked = {"call": "do", "command": "register_incident", "arguments": arguments}
        who = {"as": f"{agency}-duty_officer", "password": PASSWORD}
        answer = asking.ask_running(data, {**asked, **who})
        assert answer is not None and answer["ok"], answer
        return str(answer["result"]["no"])

    with serve(emb.root, "--listen", f"127.0.0.1:{port}"):
        with serve(frd.root) as doomed:
            add(frd, "FRD", "备份之前")
            copy = process("backup", "--data", frd.root).json["result"]["file"]
            add(frd, "FRD", "备份之后")
            wait(lambda: "备份之后" in board(emb), "acknowledged", PATIENCE_S)
            doomed.kill()
        frd.database.write_bytes(frd.database.read_bytes()[:20_000])
        given = ("--data", frd.root, "--recovery-file", town.frd.recovery_file, "--set-aside")
        back = process("restore", copy, *given)
        assert back.code == 0, back.err
        admin = ("--as", "admin")
        files = {"EMB": tmp_path / "EMB.json", "FRD": tmp_path / "FRD.json"}
        number = ""
        for agency, data in (("EMB", emb), ("FRD", frd)):
            made = process("identity", files[agency], *admin, "--data", data.root, stdin=PASSWORD)
            assert made.code == 0, made.err
        for _ in range(2):  # first the number, then its confirmation
            for agency, other, data in (("EMB", "FRD", emb), ("FRD", "EMB", frd)):
                more: tuple[str, ...] = ("--number", number) if number else ()
                more += ("--address", f"127.0.0.1:{port}") if number and agency == "FRD" else ()
                told = process("pair", files[other], *admin, "--data", data.root, *more, stdin=PASSWORD)
                assert told.code == 0, told.json
            number = str(told.json["result"].get("number", ""))
        with serve(frd.root):
            wait(lambda: "备份之后" in board(frd), "given back", PATIENCE_S)
            no = add(frd, "FRD", "恢复之后")
            assert no.startswith("FRD-20260101-B") or "-B" in no
            wait(lambda: "恢复之后" in board(emb), "arrives", PATIENCE_S)
            assert board(frd) == board(emb)
            assert len(set(board(frd).values())) == len(board(frd)) == 3
    for data in (emb, frd):
        assert process("verify", "--data", data.root).code == 0
    for site in (town.emb, town.frd):
        site.node = Node(Open(site.node.data, site.clock))
