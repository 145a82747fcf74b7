"""Pairing with real windows over loopback, by keyboard: the number on both screens, three tries, files (CM-04; REPLICATION)."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from app.bootstrap.listening import Listening
from app.bootstrap.site_console import SiteConsole
from app.kernel.clock import SystemClock
from app.kernel.enums import LinkState
from app.local import peers
from app.local.pairing_view import LISTEN_MEMORY, PairingView, Stage
from app.ui.pairing.sheet import PairingSheet
from tests.kit import ADMIN_PASSWORD, founded_town
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, Open, Room, emb_room, rooms

__all__ = ["emb_room", "founded_town", "rooms"]
SHIFT = Qt.KeyboardModifier.ShiftModifier


def listens(console: SiteConsole) -> None:
    console._listen = Listening("127.0.0.1", 0)
    console.clock = SystemClock()


def dials(console: SiteConsole) -> None:
    console.clock = SystemClock()


def as_admin(room: Room) -> None:
    """The administrator signs in, by keys."""
    sheet = room.window.overlays.sign_in
    sheet.ask()
    sheet.name.setText("admin")
    sheet.password.setFocus()
    QTest.keyClicks(sheet.password, ADMIN_PASSWORD)
    QTest.keyClick(sheet.password, ENTER)
    room.wait(lambda: not room.window.session.locked)
    room.wait(lambda: room.console._service is not None)


def pairing_of(room: Room) -> PairingSheet:
    """The pairing screen, opened from the command palette by its name."""
    room.press(Qt.Key.Key_K, CTRL)
    palette = room.window.overlays.palette
    room.wait(lambda: palette.is_open)
    room.type("与另一间值班室配对")
    room.settle()
    room.press(ENTER)
    sheet = room.window.overlays.pairing
    room.wait(lambda: sheet.is_open)
    return sheet


def typed(field: QWidget, text: str) -> None:
    """Type into a field and press Enter."""
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, CTRL)
    QTest.keyClicks(field, text)
    QTest.keyClick(field, ENTER)


def shown(sheet: PairingSheet) -> set[str]:
    """Names of the parts that can be seen."""
    names = ("pairingOpen", "pairingStop", "pairingNumber", "pairingSame", "pairingEnd", "pairingAgain")
    return {
        name
        for name in names
        if (found := sheet.findChild(QWidget, name)) is not None and found.isVisibleTo(sheet)
    }


@pytest.fixture
def two(rooms: Open) -> tuple[Room, Room]:
    here, there = rooms("EMB", before=listens), rooms("FRD", before=dials)
    for room in (here, there):
        as_admin(room)
    return here, there


def meet(here: Room, there: Room) -> tuple[PairingSheet, PairingSheet]:
    """Both windows open until both show a number."""
    waits, calls = pairing_of(here), pairing_of(there)
    typed(waits.network.address.editor, "127.0.0.1:0")
    here.wait(lambda: waits.network.view.stage is Stage.LISTENING)
    calls.network.choose_way("dial")
    typed(calls.network.address.editor, here.console.pairing.view().address)
    here.wait(lambda: at(waits, Stage.COMPARING) and at(calls, Stage.COMPARING))
    return waits, calls


def at(sheet: PairingSheet, stage: Stage) -> bool:
    return sheet.network.view.stage is stage


def settled_with(sheet: PairingSheet, tries: int) -> bool:
    return sheet.network.view.tries_left == tries and not sheet.network.busy


def is_said(label: QLabel, words: str) -> bool:
    return label.isVisible() and words in label.text()


def is_paired(sheet: PairingSheet) -> bool:
    return sheet.file.paired


def known(room: Room) -> list[str]:
    node = room.console._node
    assert node is not None
    return [row.agency for row in node.local(peers.peers)]


def up(room: Room) -> Callable[[], bool]:
    return lambda: [link.state for link in room.console.links()] == [LinkState.UP]


def test_both_officers_confirm_and_the_link_comes_up(two: tuple[Room, Room]) -> None:
    here, there = two
    waits, calls = meet(here, there)
    assert waits.network.number.text == calls.network.number.text
    assert "消防救援支队" in waits.network.who.text() and "应急管理局" in calls.network.who.text()
    assert shown(waits) == {"pairingStop", "pairingNumber", "pairingSame"}
    number = waits.network.number.text
    assert not waits.network.same.isEnabled(), "nothing was heard yet"
    typed(waits.network.heard.editor, number)
    here.wait(lambda: at(waits, Stage.WAITING))
    there.wait(lambda: "对方已确认" in calls.network.how.text())
    assert known(here) == known(there) == [], "one alone opens nothing"
    assert "什么都不会传" in waits.network.how.text()
    typed(calls.network.heard.editor, number)
    here.wait(lambda: at(waits, Stage.DONE) and at(calls, Stage.DONE))
    for sheet in (waits, calls):
        assert shown(sheet) == {"pairingEnd"}, "nothing is left to be tried again"
        assert "两边都已确认" in sheet.network.end_note.text()
    here.wait(lambda: up(here)() and up(there)())
    there.press(ENTER)  # the button that has the focus: to the link desk
    desk = there.window.overlays.link_desk
    there.wait(lambda: desk.is_open and desk.story.peers)
    assert desk.story.peers[0].agency == "EMB"


def test_started_by_a_double_click_it_takes_links_from_then_on(rooms: Open) -> None:
    """Neither console was told where to listen: who waits says it here, and it is remembered for the next start."""
    here, there = rooms("EMB", before=dials), rooms("FRD", before=dials)
    for room in (here, there):
        as_admin(room)
    waits, calls = pairing_of(here), pairing_of(there)
    assert waits.network.links.isVisible() and here.console.link_desk.listening() == ""
    waits.network.address.editor.setText("127.0.0.1:0")
    typed(waits.network.links.editor, "127.0.0.1:0")
    here.wait(lambda: at(waits, Stage.LISTENING))
    calls.network.choose_way("dial")
    assert calls.network.links.editor.text() == "", "who dials needs to take none"
    typed(calls.network.address.editor, here.console.pairing.view().address)
    here.wait(lambda: at(waits, Stage.COMPARING) and at(calls, Stage.COMPARING))
    for sheet in (waits, calls):
        typed(sheet.network.heard.editor, waits.network.number.text)
    here.wait(lambda: at(waits, Stage.DONE) and at(calls, Stage.DONE))
    where = here.console.link_desk.listening()
    assert where in calls.network.end_note.text() and "由对方拨本机" in waits.network.end_note.text()
    here.wait(lambda: up(here)() and up(there)())
    here.close()
    again = SiteConsole(here.console.data, SystemClock())
    try:
        remembered = again._listened_before()
        assert remembered is not None and f"{remembered.host}:{remembered.port}" == where
    finally:
        again.close()


def test_a_wrong_number_stands_at_its_field_and_three_close_the_window(two: tuple[Room, Room]) -> None:
    here, there = two
    waits, calls = meet(here, there)
    wrong = "000 000" if waits.network.number.text != "000 000" else "000 001"
    for left in (2, 1):
        typed(waits.network.heard.editor, wrong)
        here.wait(partial(settled_with, waits, left))
        assert "不一致" in waits.network.heard.fault.text() and at(waits, Stage.COMPARING)
        said = f"对方已填错 {3 - left} 次，对方还可核对 {left} 次"
        there.wait(partial(is_said, calls.network.reason, said))
        there.wait(partial(is_said, calls.network.left, "我方还可核对 3 次"))  # nothing was mistyped there
    typed(waits.network.heard.editor, wrong)
    here.wait(lambda: at(waits, Stage.FAILED))
    assert "三次" in waits.network.end_note.text() and "pairingAgain" in shown(waits)
    there.wait(lambda: at(calls, Stage.FAILED))
    assert "三次" in calls.network.end_note.text() and known(here) == known(there) == []


def test_different_said_by_one_gives_both_a_new_number(two: tuple[Room, Room]) -> None:
    here, there = two
    waits, calls = meet(here, there)
    first = waits.network.number.text
    calls.network.other.setFocus()
    there.press(ENTER)
    here.wait(lambda: at(waits, Stage.COMPARING) and waits.network.number.text not in ("", first))
    there.wait(lambda: calls.network.number.text == waits.network.number.text)
    assert waits.network.view.tries_left == calls.network.view.tries_left == 2


def test_put_away_it_goes_on_and_closed_it_is_told_there(two: tuple[Room, Room]) -> None:
    here, there = two
    waits, calls = meet(here, there)
    here.press(ESCAPE)
    assert not waits.is_open and here.console.pairing.view().open
    again = pairing_of(here)
    assert again is waits and shown(again) == {"pairingStop", "pairingNumber", "pairingSame"}
    waits.network.stop.setFocus()
    here.press(ENTER)
    here.wait(lambda: at(waits, Stage.CLOSED))
    assert shown(waits) == {"pairingOpen"}
    there.wait(lambda: "对方关闭了配对窗口" in calls.network.reason.text())


@pytest.mark.parametrize(
    ("view", "head", "note"),
    [
        (
            PairingView(Stage.DONE, agency_name="甲", reason="refusal.pairing.not_heard"),
            "我方已记下甲，还不知道对方",
            "没有收到对方的回执",
        ),
        (PairingView(Stage.FAILED, reason="refusal.pairing.expired"), "没有配对", "十分钟已到"),
        (PairingView(Stage.FAILED, reason="refusal.sync.realm"), "没有配对", "实战"),
        (PairingView(Stage.DONE, agency_name="甲", entered_there=True), "已与甲配对", "还接不通"),
    ],
)
def test_how_it_ended_is_never_claimed_to_be_more(
    emb_room: Room, monkeypatch: pytest.MonkeyPatch, view: PairingView, head: str, note: str
) -> None:
    sheet = pairing_of(emb_room)
    monkeypatch.setattr(emb_room.console.pairing, "view", lambda: view)
    emb_room.wait(lambda: head in sheet.network.end_head.text())
    assert note in sheet.network.end_note.text()
    assert ("pairingAgain" in shown(sheet)) is not view.entered_there


def test_who_may_not_pair_is_told_before_anything(emb_room: Room) -> None:
    room = emb_room
    sheet = pairing_of(room)
    assert "登录" in sheet.denied.text()
    room.press(ESCAPE)
    room.sign_in("duty_officer")
    sheet = pairing_of(room)
    assert "账号管理员" in sheet.denied.text()
    room.wait(lambda: room.console._service is not None)
    typed(sheet.network.address.editor, "127.0.0.1:0")
    room.wait(lambda: "账号管理员" in sheet.network.problem.text())
    assert room.console.pairing.view().stage is Stage.CLOSED


def test_an_address_that_is_none_is_said(two: tuple[Room, Room]) -> None:
    here, _ = two
    sheet = pairing_of(here)
    sheet.network.address.editor.setText("somewhere")
    sheet.network.go.setFocus()
    here.press(Qt.Key.Key_Space)
    field = sheet.network.address
    here.wait(lambda: "地址格式不对" in field.fault.text())
    assert field.editor.property("fault") == "true" and here.focus() is field.editor, (
        "marked, the cursor there"
    )
    assert not sheet.network.problem.text()
    here.type("127.0.0.1")
    assert not field.fault.text()


@pytest.mark.parametrize(
    ("way", "said"), [("listen", "本机地址格式不对"), ("taken", "端口"), ("dial", "对方地址格式不对")]
)
def test_nothing_is_taken_when_one_of_the_addresses_is_wrong(rooms: Open, way: str, said: str) -> None:
    """The refusal comes first: links are not taken, the field stays, the next start knows nothing of it."""
    room = rooms("EMB", before=dials)
    as_admin(room)
    page = pairing_of(room).network
    page.choose_way("dial" if way == "dial" else "listen")
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(1)
        taken = f"127.0.0.1:{holder.getsockname()[1]}"
        page.links.editor.setText("127.0.0.1:0")
        typed(page.address.editor, taken if way == "taken" else "abc")
        room.wait(lambda: said in page.address.fault.text())
        assert room.focus() is page.address.editor and not page.problem.text()
    assert page.links.isVisible() and not room.console.link_desk.listening()
    assert room.console.memory(LISTEN_MEMORY) is None


def test_by_files_twenty_digits_on_both_screens(two: tuple[Room, Room], tmp_path: Path) -> None:
    here, there = two
    sheets = [pairing_of(room) for room in two]
    stick = tmp_path / "stick"
    stick.mkdir()
    for room, sheet in zip(two, sheets, strict=True):
        sheet.choose("file")
        typed(sheet.file.out.editor, str(stick))
        room.wait(sheet.file.written.text)
    assert sorted(path.name for path in stick.iterdir()) == ["EMB.json", "FRD.json"]
    for room, sheet, theirs in zip(two, sheets, ("FRD", "EMB"), strict=True):
        typed(sheet.file.theirs.editor, str(stick / f"{theirs}.json"))
        room.wait(partial(getattr, sheet.file.number, "text"))
    number = sheets[0].file.number.text
    assert number == sheets[1].file.number.text and len(number.replace(" ", "")) == 20
    typed(sheets[0].file.heard.editor, "1" * 20)
    here.wait(sheets[0].file.heard.fault.text)
    assert known(here) == []
    for room, sheet in zip(two, sheets, strict=True):
        typed(sheet.file.heard.editor, number)
        room.wait(partial(is_paired, sheet))
    here.wait(lambda: up(here)() and up(there)())


def test_a_file_that_cannot_be_read_is_said(two: tuple[Room, Room], tmp_path: Path) -> None:
    here, _ = two
    sheet = pairing_of(here)
    sheet.choose("file")
    typed(sheet.file.theirs.editor, str(tmp_path / "nowhere.json"))
    here.wait(sheet.file.problem.text)
    (tmp_path / "bad.json").write_text("{}")
    typed(sheet.file.theirs.editor, str(tmp_path / "bad.json"))
    here.wait(lambda: "损坏" in sheet.file.problem.text())
    assert sheet.file.found is None


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_the_buttons_and_what_is_wrong_are_always_to_be_seen(
    two: tuple[Room, Room], tmp_path: Path, size: tuple[int, int]
) -> None:
    """A low window scrolls the page; what is pressed next and the red line stay in sight."""
    here, there = two
    here.window.resize(*size)
    sheet, theirs = pairing_of(here), pairing_of(there)
    for room, each in ((here, sheet), (there, theirs)):
        each.choose("file")
        typed(each.file.out.editor, str(tmp_path))
        room.wait(each.file.written.text)
    typed(sheet.file.theirs.editor, str(tmp_path / "FRD.json"))
    here.wait(lambda: sheet.file.number.text)
    here.wait(lambda: whole(sheet.file.same))
    typed(sheet.file.heard.editor, "1" * 20)
    here.wait(sheet.file.heard.fault.text)
    here.wait(lambda: whole(sheet.file.heard.fault) and whole(sheet.file.same))


def whole(part: QWidget) -> bool:
    """All of it is to be seen."""
    return part.visibleRegion().boundingRect() == part.rect() and not part.rect().isEmpty()


def test_the_address_is_typed_right_after_the_way_was_chosen(two: tuple[Room, Room]) -> None:
    here, _ = two
    sheet = pairing_of(here)
    here.click(sheet.network.ways["dial"])
    here.type("127.0.0.1:8444")
    assert sheet.network.address.editor.text() == "127.0.0.1:8444"
