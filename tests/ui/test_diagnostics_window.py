"""Diagnostics and what is said after a run that was not closed; nothing of people leaves (XC-07, attack test 11)."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

from PySide6 import __version__ as qt_version
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app.kernel import crashes
from app.kernel.enums import ContactAbout
from app.kernel.running import FILE
from app.kernel.texts import Texts
from app.ui.diagnostics.deeds import MEMORY
from app.ui.diagnostics.ended import EndedCard
from app.ui.diagnostics.port import Facts, LinkFact, SiteFact
from app.ui.diagnostics.sheet import DiagnosticsSheet
from app.ui.diagnostics.words import Telling, document
from app.usecases.contacts import AddContact
from tests.kit import founded_town, ms, register
from tests.ui.window_kit import CTRL, ESCAPE, Open, Room, emb_room, rooms

__all__ = ["emb_room", "founded_town", "rooms"]
SHIFT = Qt.KeyboardModifier.ShiftModifier
HOME = "/" + "home"
ROOT = Path(__file__).resolve().parents[2]
NAME, PHONE, STORY = "欧阳锋", "13912345678", "某小区三楼老人被困"
TRACE = "crash-20250714-074121.txt"
CRASH = f"""Fatal Python error: Segmentation fault

Current thread 0x00007f2a (most recent call first):
  File "{HOME}/{NAME}/console/app/ui/map/engine.py", line 12 in prepare
  File "{HOME}/{NAME}/{PHONE}.py", line 1 in {NAME}

Extension modules: {NAME}
"""
LOG = f"""2025-07-14 07:41:00 ERROR app.ui.shell {STORY} {PHONE}
Traceback (most recent call last):
  File "{HOME}/{NAME}/console/app/queries/board.py", line 5, in read
    raise ValueError("{STORY}")
ValueError: {STORY} {PHONE}
"""


def ended_badly(data: Path, *, crashed: bool) -> None:
    """As a killed process leaves its folder."""
    logs = data / "logs"
    logs.mkdir(exist_ok=True)
    (logs / FILE).write_text("", "utf-8")
    at = ms("07:41:20")
    os.utime(logs / FILE, ns=(at * 10**6, at * 10**6))
    if crashed:
        (logs / TRACE).write_text(CRASH, "utf-8")
        (logs / "console.log").write_text(LOG, "utf-8")


def reopened(rooms: Open, town: Path, tmp_path: Path, *, crashed: bool, before: Any = None) -> Room:
    data = tmp_path / "town" / "EMB"
    shutil.copytree(town / "EMB", data)
    ended_badly(data, crashed=crashed)
    room = rooms("EMB", before=before)
    room.window.overlays.sign_in.dismiss()
    room.wait(lambda: room.window.features.diagnostics.card is not None)
    return room


def card_of(room: Room) -> EndedCard:
    card = room.window.features.diagnostics.card
    assert card is not None and card.isVisible()
    return card


def opened(room: Room) -> DiagnosticsSheet:
    room.window.overlays.sign_in.dismiss()
    assert room.window.actions_table["diagnostics"].run()
    sheet = room.window.overlays.diagnostics
    room.wait(lambda: sheet.rows)
    return sheet


def seeded(room: Room) -> list[str]:
    """Personal data everywhere a person can put it; what must never leave."""
    row = register(room.site, place=f"{NAME}家", what=STORY)
    room.act(AddContact(incident_id=row.id, about=ContactAbout.CALLER, number=PHONE, name=NAME))
    with sqlite3.connect(room.console.data.database) as connection:
        titles = [title for (title,) in connection.execute("SELECT title FROM account") if title]
        names = [name for (name,) in connection.execute("SELECT name FROM account") if name]
    return [NAME, PHONE, STORY, row.id, str(row.no), *titles, *names, room.console.site]


# -- diagnostics -------------------------------------------------------------------------------------------------------------
def test_the_page_tells_versions_database_disk_links_clock_sites(emb_room: Room) -> None:
    room = emb_room
    sheet = opened(room)
    told = {row.name: row.value for row in sheet.rows}
    assert told["SQLite"] == sqlite3.sqlite_version and told["Qt"] == qt_version
    assert told["Python"] == ".".join(map(str, sys.version_info[:3])) and told["程序"][0].isdigit()
    assert told["区域配置"].startswith("310105") and told["数据格式"] != "?"
    assert told["本机时间"].startswith("2025-07-14 08:00:00") and told["位置（不导出）"] == str(
        room.console.data.root
    )
    assert "没有" in told["最近一次"] and "GB" in told["空间"]
    sections = [
        room.console.texts.get(f"ui.diagnostics.section.{name}") for name in ("versions", "sites", "clock")
    ]
    assert set(sections) <= {row.section for row in sheet.rows}
    room.press(ESCAPE)
    assert not sheet.is_open


def test_the_last_check_of_the_record_is_told(emb_room: Room) -> None:
    """XC-04: when somebody had it checked whole, and what it gave; kept on this workstation."""
    room = emb_room
    assert {row.name: row.value for row in opened(room).rows}["上次校验记录"] == "没有"
    found = room.console.backup.check().result(60)
    assert not found.damaged
    room.clock.advance(120)
    sheet = room.window.overlays.diagnostics
    sheet.look()
    room.wait(lambda: "2 分钟前" in {row.name: row.value for row in sheet.rows}["上次校验记录"])
    assert "没有发现问题" in {row.name: row.value for row in sheet.rows}["上次校验记录"]


def test_looked_at_again_copied_and_saved_by_keys(emb_room: Room, tmp_path: Path) -> None:
    room = emb_room
    sheet = opened(room)
    before = {row.name: row.value for row in sheet.rows}["记录"]
    register(room.site)
    room.press(Qt.Key.Key_F5)
    room.wait(lambda: {row.name: row.value for row in sheet.rows}["记录"] != before)
    room.press(Qt.Key.Key_C, CTRL | SHIFT)
    copied = QGuiApplication.clipboard().text()
    assert "SQLite" in copied and str(room.console.data.root) not in copied
    room.press(Qt.Key.Key_S, CTRL)
    dialog: Any = sheet._dialog
    assert dialog is not None and dialog.isVisible()
    dialog.close()
    out = tmp_path / "out.txt"
    dialog.fileSelected.emit(str(out))
    room.wait(out.exists)
    room.wait(lambda: str(out) in sheet.note.text())
    assert out.read_text("utf-8") == copied
    dialog.fileSelected.emit(str(tmp_path / "no" / "such" / "folder.txt"))
    room.wait(
        lambda: room.window.overlays._refusals is not None and room.window.overlays.refusals.isVisible()
    )


def test_nothing_of_people_leaves(
    rooms: Open, founded_town: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """Attack test 11: names, numbers, texts, accounts, ids, paths are in neither the diagnostics nor the report."""
    room = reopened(rooms, founded_town[0], tmp_path, crashed=True)
    secrets = [*seeded(room), str(room.console.data.root), str(tmp_path), HOME]
    sheet = opened(room)
    page, report = tmp_path / "page.txt", tmp_path / "report.txt"
    sheet.write(page)
    room.wait(page.exists)
    card_of(room).report_wanted.emit(str(report))
    room.wait(report.exists)
    sheet.copy_all()
    for text in (page.read_text("utf-8"), report.read_text("utf-8"), QGuiApplication.clipboard().text()):
        found = [secret for secret in secrets if secret and secret in text]
        assert not found, text
    assert "app/ui/map/engine.py:12 prepare" in report.read_text("utf-8")
    assert "app/queries/board.py:5 read" in report.read_text("utf-8")


def test_every_state_has_its_words() -> None:
    """All that a bad day can hold, in both languages, from bare facts."""
    link = LinkFact("FRD", "B", "down", None, 3, None, 5, 987.0, 61_000)
    facts = Facts(
        "0.1.0", "3.11", "3.40", "0006", "Linux", "310105", True, "exercise", "EMB", "", 1, 2, 3, None, 5, True, None, 1, 0,
        None, None, "storage.full", (link,), (SiteFact("FRD", "B", "odd", False),), ((7, -120),), 100_000, 0, 50, "",
        Path("/x"),
    )  # fmt: skip

    class District:
        agencies: ClassVar[dict[str, Any]] = {}

    for language in ("zh_CN", "en"):
        rows = Telling(Texts.load(language), District(), facts, "6").rows()  # type: ignore[arg-type]
        assert {row.tone for row in rows} >= {"warn", "bad"}
        text = document(Texts.load(language), rows)
        assert "/x" not in text and "-120" in text and "storage.full" in text and "987" not in text


# -- how the last run ended --------------------------------------------------------------------------------------------------
def test_after_a_crash_a_card_says_so_until_it_was_read(
    rooms: Open, founded_town: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """What happened, about when, that nothing is lost, which drafts are there; 已知悉 puts it away for good."""

    def with_draft(console: Any) -> None:
        console._memory["draft.register"] = {"place": "x", "at": 0}

    room = reopened(rooms, founded_town[0], tmp_path, crashed=True, before=with_draft)
    card = card_of(room)
    assert "07:41:20" in card.text.text() and "一条不少" in card.text.text() and "登记" in card.text.text()
    assert card.report.isVisible()
    room.settle()
    room.close()
    again = rooms("EMB")
    again.wait(lambda: again.window.features.diagnostics.card is not None)
    assert "07:41:20" in card_of(again).text.text(), "closed in order meanwhile: still not read"
    again.window.overlays.sign_in.dismiss()
    table = again.window.actions_table
    assert table["ended.report"].run(), "by the palette as well"
    dialog: Any = card_of(again)._dialog
    assert dialog.isVisible()
    dialog.close()
    again.click(card_of(again).note)
    assert not table["ended.noted"].run() and not table["ended.report"].run()
    assert again.window.features.diagnostics.card is None and again.console.memory(MEMORY) is None
    again.settle()
    again.close()
    third = rooms("EMB")
    third.settle()
    assert third.console.former is None and third.window.features.diagnostics.card is None


def test_after_a_power_cut_a_quiet_card(
    rooms: Open, founded_town: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    room = reopened(rooms, founded_town[0], tmp_path, crashed=False)
    card = card_of(room)
    assert "断电" in card.text.text() and "没有没填完的草稿" in card.text.text()
    assert not card.report.isVisible()
    room.settle()
    assert (
        card.text.height() >= card.text.heightForWidth(card.text.width()) > card.text.fontMetrics().height()
    )
    column = card.layout()
    assert column is not None and column.totalHeightForWidth(card.width()) == card.height(), (
        "as high as its words"
    )
    foot = card.geometry().bottom()
    card.text.setText("\n".join([card.text.text()] * 3))
    room.wait(lambda: card.text.height() >= card.text.heightForWidth(card.text.width()))
    assert card.geometry().bottom() == foot, "it grows upwards"


def test_closed_in_order_says_nothing(rooms: Open) -> None:
    first = rooms("EMB")
    assert (first.console.data.logs / FILE).exists()
    first.close()
    assert not (first.console.data.logs / FILE).exists()
    second = rooms("EMB")
    assert second.console.former is None


KILLED = """
import ctypes, sys, threading
from pathlib import Path
from app.bootstrap.site_console import SiteConsole
from app.kernel import crashes
from app.kernel.enums import ContactAbout
from app.kernel.clock import SystemClock
from app.kernel.paths import DataDir
data = DataDir(Path(sys.argv[1]))
crashes.leave_traces(data.logs)
console = SiteConsole(data, SystemClock())
console.open()
console.opened.result()
print("open", flush=True)
sys.stdin.readline()
ctypes.string_at(0)
"""


def process_on(data: Path) -> subprocess.Popen[str]:
    made = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(data)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    assert made.stdout is not None and made.stdout.readline().strip() == "open"
    return made


def test_a_real_process_killed_and_one_that_crashed(
    rooms: Open, founded_town: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """kill -9, then a fault in native code: the next start tells one from the other; the record is whole."""
    data = tmp_path / "town" / "EMB"
    shutil.copytree(founded_town[0] / "EMB", data)
    killed = process_on(data)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    room = rooms("EMB")
    assert room.console.former is not None and room.console.former.trace == ""
    room.close()
    crashed = process_on(data)
    crashed.communicate("now\n", timeout=60)
    assert crashed.returncode < 0
    assert (data / "logs" / crashes.FILE).stat().st_size
    crashes._put_aside(data / "logs")  # as the next start of the program does first of all
    room = rooms("EMB")
    former = room.console.former
    assert former is not None and former.error == "Segmentation fault" and former.trace.startswith("crash-")
    room.wait(lambda: room.window.features.diagnostics.card is not None)
    assert "程序出错" in card_of(room).text.text()
