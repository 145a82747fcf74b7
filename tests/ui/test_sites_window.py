"""Workstations and certificates in the window, by keys: what will happen is said before, then it happens (REPLICATION, Trust)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from app.bootstrap import renewing, sheets
from app.bootstrap.recovery import read_recovery
from app.journal import certificates
from app.kernel.clock import from_ms
from app.kernel.enums import Severity
from app.queries.reentries import OfferRow
from app.ui.desk.values import Words
from app.ui.links.judgement import OWN_ENDED
from app.ui.sites import words as site_words
from app.ui.sites.page import print_page
from app.ui.sites.sheet import SitesSheet
from app.ui.sites.site_part import SitePart
from app.usecases.duty import WriteLogEntry
from tests.bootstrap.test_joining import joined
from tests.kit import ADMIN_PASSWORD, Site, Town, act, cheap_passwords, forge, founded_town, moment, sync
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, Room, emb_room, rooms
from tests.usecases.test_reentry import clone, ship_all

__all__ = ["emb_room", "founded_town", "rooms"]
PAGE = Qt.Key.Key_PageDown


def opened(room: Room) -> SitesSheet:
    """The sheet, by the palette's own action."""
    room.window.overlays.sign_in.dismiss()
    assert room.window.actions_table["sites.open"].run()
    sheet = room.window.overlays.sites
    room.wait(lambda: sheet.view is not None)
    return sheet


def admin(room: Room) -> None:
    """The account administrator takes the seat."""
    sheet = room.window.overlays.sign_in
    sheet.name.setText("admin")
    sheet.password.setText(ADMIN_PASSWORD)
    with cheap_passwords():
        sheet.submit()
        room.wait(lambda: not room.window.session.locked)


def admin_of(room: Room) -> str:
    found = room.site.called("admin")
    assert found is not None
    return found.id


def line_of(sheet: SitesSheet, site: str) -> tuple[str, ...]:
    model = sheet.sites.model
    return model.rows[model.place_of(site)].cells


def test_the_list_says_who_writes_here(emb_room: Room) -> None:
    """Both rooms, this one marked as such; states, keys and certificates in words."""
    sheet = opened(emb_room)
    own = line_of(sheet, emb_room.console.site)
    assert own[0] == "应急局" or own[0]
    assert "本席" in own[2] and own[3] == "在用" and own[7] == "长期有效"
    assert {line.cells[3] for line in sheet.sites.model.rows} == {"在用"}
    assert emb_room.focus() is sheet.sites.table
    emb_room.press(PAGE, CTRL)
    assert sheet.part == "offers" and sheet.offers.stack.currentIndex() == 0
    emb_room.press(ESCAPE)
    assert not sheet.is_open


def test_the_key_is_changed_by_keys_after_saying_what_happens(emb_room: Room) -> None:
    room = emb_room
    admin(room)
    sheet = opened(room)
    before = room.site.node.key.public
    sheet.sites.chips["rotate"].setFocus()
    room.press(Qt.Key.Key_Space)
    assert sheet.sites.about.isVisible() and "无须重新配对" in sheet.sites.about.text()
    assert room.site.node.key.public == before
    room.press(ENTER, CTRL)
    room.wait(lambda: room.site.node.key.public != before)
    room.wait(lambda: sheet.sites.note.text() == "已办理。")
    room.wait(lambda: any("更换了签名密钥" in row["text"] for row in room.site.rows("log_entry")))
    sheet.sites.choose("renew")
    room.press(ENTER, CTRL)
    room.wait(lambda: any("更新了通信证书" in row["text"] for row in room.site.rows("log_entry")))
    room.wait(
        lambda: line_of(sheet, room.console.site)[7] == "长期有效"
    )  # the root ends then, by this room's clock


def test_without_the_right_it_is_refused_in_words(emb_room: Room) -> None:
    room = emb_room
    room.sign_in("duty_officer")
    sheet = opened(room)
    before = room.site.node.key.public
    sheet.sites.choose("rotate")
    room.press(ENTER, CTRL)
    room.wait(lambda: "无权" in sheet.sites.note.text())
    assert "账号管理员" in sheet.sites.note.text()
    assert room.site.node.key.public == before


def test_a_seal_is_shown_once_saved_elsewhere_and_forgotten(emb_room: Room, tmp_path: Path) -> None:
    room = emb_room
    admin(room)
    sheet = opened(room)
    part = sheet.sites
    part.choose("seal")
    with cheap_passwords():
        room.press(ENTER, CTRL)
        room.wait(part.page.isVisible)
    assert "应急-A" in part.page.page and part.page.printing.isVisible()
    part.page.save(tmp_path / "sheet.html")
    assert "本机的磁盘" in part.page.note.text() and not (tmp_path / "sheet.html").exists()
    room.console.sites.on_data_disk = lambda path: False  # type: ignore[method-assign]
    part.page.save(tmp_path / "sheet")
    room.wait((tmp_path / "sheet.sheet.html").exists)
    room.wait(lambda: part.page.page == "")
    part.page.away.click()
    assert not part.page.isVisible() and part.page.page == ""


def test_the_buttons_stay_where_they_are_whatever_is_shown(emb_room: Room) -> None:
    """A row that jumps under the hand makes one press something else."""
    room = emb_room
    admin(room)
    sheet = opened(room)
    part = sheet.sites

    def place() -> tuple[int, int]:
        room.settle()
        chip = part.chips["rotate"]
        at = chip.mapTo(sheet, chip.rect().topLeft())
        return at.y(), part.table.height()

    places = [place()]
    for deed in part.chips:
        part.choose(deed)
        places.append(place())
    part.choose("seal")
    with cheap_passwords():
        room.press(ENTER, CTRL)
        room.wait(part.page.isVisible)
    places.append(place())
    assert "新口令" in part.page.note.text() and "只给这一次" in part.page.note.text()
    part.page.away.click()
    places.append(place())
    assert len(set(places)) == 1, places


def test_the_forgotten_password_at_night(emb_room: Room) -> None:
    """SCREEN, Manners: the sign-in sheet offers the sealed account, says what opening it does, and the alarm stands."""
    room = emb_room
    with cheap_passwords():
        sealed = sheets.seal_account(room.site.node, admin_of(room))
    sheet = room.window.overlays.sign_in
    sheet.ask()
    sheet.sealed.click()
    room.wait(lambda: sheet.name.text() == sealed.name)
    assert "红色告警" in sheet.problem.text() and room.focus() is sheet.password
    with cheap_passwords():
        room.type(sealed.password)
        room.press(ENTER)
        room.wait(lambda: not room.window.session.locked)
    room.wait(lambda: any(alarm.kind == "seal" for alarm in room.window.feeds.desk.standing))
    [alarm] = [alarm for alarm in room.window.feeds.desk.standing if alarm.kind == "seal"]
    assert alarm.severity is Severity.RED and sealed.name in alarm.title
    assert alarm.id in {each.id for each in room.window.feeds.desk.unacknowledged}


@pytest.fixture
def forked_room(emb_room: Room, founded_town: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[Room]:
    """The window of a workstation whose agency's other one was copied: what both copies wrote waits here."""
    room = emb_room
    key = tmp_path / "recovery-EMB.json"
    shutil.copyfile(founded_town[0] / "recovery-EMB.json", key)
    here = room.site
    other = joined(Town(Site(here.node, here.clock, here.agency, key), here), tmp_path / "B")
    sync(here, other)
    other.at("09:00:00")
    copy = clone(other, tmp_path / "copy")
    act(other, "duty_officer", WriteLogEntry(text="原机所记", at=moment("08:50:00")))
    other.clock.advance(1)
    act(copy, "duty_officer", WriteLogEntry(text="副本所记"))
    for each in (other, copy):
        ship_all(each, here)
    room.site.extra["key"] = key
    copy.node.close()
    other.node.close()
    room.clock.set(other.clock.now_ms())
    yield room


def test_a_copied_workstation_is_told_and_its_acts_are_entered_anew(forked_room: Room) -> None:
    """Red in the strip, words in the list, both branches offered; one entered anew, one put aside, each once."""
    room = forked_room
    room.sign_in("duty_chief")
    room.wait(lambda: any(alarm.kind == "forked" for alarm in room.window.feeds.desk.standing))
    [alarm] = [alarm for alarm in room.window.feeds.desk.standing if alarm.kind == "forked"]
    assert alarm.severity is Severity.RED and "疑似被复制" in alarm.title
    sheet = opened(room)
    room.wait(lambda: len(sheet.offers.rows) == 2)
    assert "2" in sheet.parts["offers"].text()
    copied = (
        next(each.row.id for each in sheet.view.sites if each.row.state == "forked") if sheet.view else ""
    )
    assert line_of(sheet, copied)[3] == "疑似复制"
    sheet.sites.table.selectRow(sheet.sites.model.place_of(copied))
    assert "未被接受的记录" in sheet.sites.about.text() and sheet.sites.about.isVisible()
    room.press(PAGE, CTRL)
    assert room.focus() is sheet.offers.table
    assert "原机所记" in sheet.offers.detail.text()
    room.press(ENTER, CTRL)
    room.wait(lambda: len(sheet.offers.rows) == 1)
    assert [row["text"] for row in room.site.rows("log_entry")].count("原机所记") == 1
    assert "副本所记" in sheet.offers.detail.text()
    sheet.offers.aside.click()
    room.wait(sheet.offers.reason.fault.isVisible)
    sheet.offers.reason.editor.setText("另一台已录")
    sheet.offers.aside.click()
    room.wait(lambda: not sheet.offers.rows)
    assert [row["outcome"] for row in room.site.rows("reentry")] == ["entered", "set_aside"]
    room.wait(lambda: not any(alarm.kind == "offers" for alarm in room.window.feeds.desk.standing))


def test_it_is_closed_by_the_recovery_key_after_saying_what_that_means(
    forked_room: Room, founded_town: tuple[Path, dict[str, str]]
) -> None:
    """Not this one, not the partner's; with the key file and an heir it is closed."""
    room = forked_room
    admin(room)
    sheet = opened(room)
    part = sheet.sites
    part.choose("close")
    part.table.selectRow(part.model.place_of(room.console.site))
    assert "它自己" in part.about.text() and not part.run.isVisible()
    partner = next(each.row.id for each in sheet.view.sites if each.row.agency == "FRD") if sheet.view else ""
    part.table.selectRow(part.model.place_of(partner))
    assert "对方" in part.about.text() and not part.run.isVisible()
    copied = (
        next(each.row.id for each in sheet.view.sites if each.row.state == "forked") if sheet.view else ""
    )
    part.table.selectRow(part.model.place_of(copied))
    assert "不能撤回" in part.about.text() and part.run.isVisible() and not part.run.isEnabled()
    assert part.heir.count() == 1
    part.take_key(founded_town[0] / "recovery-FRD.json")
    room.press(ENTER, CTRL)
    room.wait(lambda: part.note.property("tone") == "bad" and part.note.text())
    part.take_key(founded_town[0] / "recovery-EMB.json")
    room.press(ENTER, CTRL)
    room.wait(
        lambda: (
            next(row for row in room.site.rows("site") if row["id"] == copied)["heir"] == room.console.site
        )
    )


def test_a_workstation_that_was_closed_says_so_from_the_start(
    emb_room: Room, founded_town: tuple[Path, ...]
) -> None:
    """REPLICATION, Trust: in red and in the header before anybody types, not only once an act is lost; no link is claimed."""
    room, me = emb_room, emb_room.site.node.me
    feeds, header = room.window.feeds, room.window.header
    assert not [alarm for alarm in feeds.desk.standing if alarm.kind == "ended"]
    recovery = read_recovery(founded_town[0] / "recovery-EMB.json", me.realm, "EMB", me.recovery_key).key
    forge(room.site, admin_of(room), [certificates.closing(recovery, me.realm, "EMB", me.site, "heir")])
    feeds.read_trust()
    room.wait(lambda: [alarm for alarm in feeds.desk.standing if alarm.kind == "ended"])
    [alarm] = [alarm for alarm in feeds.desk.standing if alarm.kind == "ended"]
    assert alarm.severity is Severity.RED and "不能再保存任何操作" in alarm.title
    assert "本工作站已停用" in room.window.strip.sentence(alarm)
    assert feeds.standing is OWN_ENDED and header.link.alarmed
    assert feeds.desk.standing[0] is alarm, "before all that cannot be saved here anyway"
    assert "本工作站已停用" in header.link.text()


def test_a_certificate_that_ends_soon_is_told_thirty_days_before(emb_room: Room) -> None:
    room = emb_room
    feeds = room.window.feeds
    renewing.renew(room.site.node, admin_of(room), from_ms(room.clock.now_ms()) + timedelta(days=31))
    end = room.clock.now_ms() + 31 * 86_400_000
    room.wait(lambda: feeds._calls is not None and (feeds._calls.tls_until or end + 1) <= end)
    assert not [alarm for alarm in feeds.desk.standing if alarm.kind == "certificate"]
    room.tick(2 * 86_400)
    [alarm] = [alarm for alarm in feeds.desk.standing if alarm.kind == "certificate"]
    assert alarm.severity is Severity.NOTICE and "29 天" in alarm.title
    room.tick(23 * 86_400)
    [alarm] = [alarm for alarm in feeds.desk.standing if alarm.kind == "certificate"]
    assert alarm.severity is Severity.AMBER and "6 天" in alarm.title, "the last week"


def test_a_sealed_page_prints_on_one_sheet_each(emb_room: Room, tmp_path: Path) -> None:
    """The printer gets every word of it; recovery key and emergency account stand on sheets of their own."""
    from nacl.signing import SigningKey
    from PySide6.QtPdf import QPdfDocument
    from PySide6.QtPrintSupport import QPrinter

    texts, where = emb_room.console.texts, sheets.where_of(emb_room.site.node)
    recovery = sheets.recovery_page(texts, where, SigningKey.generate(), ["", "B"])
    seal = sheets.seal_page(texts, where, sheets.Sealed("x", "应急-A", "ABCD-EFGH-JKMN-PQRS"))
    target = tmp_path / "sheet.pdf"
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(target))
    print_page(sheets.document(texts, [recovery, seal]), printer)
    found = QPdfDocument()
    found.load(str(target))
    assert found.pageCount() == 2
    said = [found.getAllText(page).text() for page in (0, 1)]
    assert (texts.get("sheet.fingerprint") in said[0], texts.get("sheet.fingerprint") in said[1]) == (
        True,
        False,
    )
    assert "ABCD-EFGH-JKMN-PQRS" not in said[0] and "ABCD-EFGH-JKMN-PQRS" in said[1]
    found.close()


def sealed(room: Room, part: SitePart) -> None:
    """A seal's page was made and is shown."""
    part.choose("seal")
    with cheap_passwords():
        room.press(ENTER, CTRL)
        room.wait(part.page.isVisible)


def test_a_finished_page_stands_in_no_ones_way(emb_room: Room, tmp_path: Path) -> None:
    """Saved, not put away, and then a theft: the deed says what will happen and has its button."""
    room = emb_room
    admin(room)
    part = opened(room).sites
    sealed(room, part)
    room.console.sites.on_data_disk = lambda path: False  # type: ignore[method-assign]
    part.page.save(tmp_path / "sheet.html")
    room.wait(lambda: part.page.page == "" and "已存到" in part.page.note.text())
    part.table.selectRow(1 - part.model.place_of(room.console.site))
    room.click(part.chips["rotate"])
    assert not part.page.isVisible()
    assert "无须重新配对" in part.about.text() and part.about.isVisible() and part.run.isVisible()
    room.click(part.chips["rotate"])
    assert not part.page.isVisible()  # it does not come back


def test_a_page_that_was_not_kept_waits_beside_another_deed(emb_room: Room) -> None:
    room = emb_room
    admin(room)
    part = opened(room).sites
    sealed(room, part)
    room.click(part.chips["rotate"])
    assert not part.page.isVisible() and part.run.isVisible() and part.page.page
    room.click(part.chips["recovery"])
    assert "没有印好或存好" in part.about.text() and not part.run.isVisible()
    room.click(part.chips["seal"])
    assert part.page.isVisible() and part.page.printing.isVisible() and not part.run.isVisible()


def test_what_is_shown_once_is_gone_at_the_lock(emb_room: Room) -> None:
    room = emb_room
    admin(room)
    part = opened(room).sites
    sealed(room, part)
    room.window.session.lock()
    assert part.page.page == "" and not part.page.isVisible() and "已清除" in part.note.text()


def test_a_time_that_is_none_is_called_so(
    founded_town: tuple[Path, dict[str, str]], forked_room: Room
) -> None:
    """25:99 is no time at which nothing was written; the red goes with the next key."""
    room = forked_room
    admin(room)
    sheet = opened(room)
    part = sheet.sites
    part.choose("revoke")
    copied = (
        next(each.row.id for each in sheet.view.sites if each.row.state == "forked") if sheet.view else ""
    )
    part.table.selectRow(part.model.place_of(copied))
    part.take_key(founded_town[0] / "recovery-EMB.json")
    part.stolen.editor.setText("25:99")
    room.press(ENTER, CTRL)
    assert "14:02" in part.stolen.fault.text()
    assert room.focus() is part.stolen.editor
    part.stolen.editor.clear()
    room.type("0")
    assert part.stolen.fault.text() == ""


def test_what_an_act_wrote_is_said_as_elsewhere(emb_room: Room) -> None:
    """Kinds, causes and agencies by their names; numbers of rules come anew and are left out."""
    values = {
        "what": "被盗后写的",
        "origin": "person",
        "agency": "EMB",
        "registered_by": "01a20438",
        "type_code": "fire",
        "owes_reports": 1,
        "owes_why": "reportable.by_person",
        "oral_limit_s": 1800,
        "written_limit_s": 3600,
    }
    row = OfferRow("a", "s", 1, 0, None, None, "EMB", "register_incident", "incident", "i", True, values)
    said = site_words.said(emb_room.console.texts, emb_room.console.district, row)
    assert "火灾" in said and "应报 由人员登记" in said
    for word in ("person", "1800", "3600", "fire", "reportable", "EMB", "01a2", "· 1"):
        assert word not in said, said
    words = Words(emb_room.console.texts, emb_room.console.district, "EMB")
    assert words.value("agency", "EMB") != "EMB" and words.value("origin", "person") == "人员登记"
    account = emb_room.site.called("EMB-duty_officer")
    assert account is not None and account.title
    assert account.title in words.value("registered_by", account.id, {account.id: account})
    assert words.value("registered_by", account.id) == "账号不在本机名册"
