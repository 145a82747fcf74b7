"""Windows of two rooms that only a stick connects."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.bootstrap import pairing
from app.local import acks
from app.ui.bundles.flow import BUSY, State, Way
from app.ui.bundles.sheet import BundleSheet
from tests.bootstrap.sticks import heads
from tests.kit import Site
from tests.ui.window_kit import CTRL, ENTER, Room

SHIFT = Qt.KeyboardModifier.ShiftModifier


def introduce(one: Site, other: Site) -> None:
    """Paired by files; both know that the other holds what it holds now."""
    files = [pairing.identity_file(site.node, []) for site in (one, other)]
    number = pairing.compare(one.node, files[1]).number
    for site, partner, file in ((one, other, files[1]), (other, one, files[0])):
        known = {partner.node.me.site: heads(partner)}
        site.node.local(lambda c, known=known: acks.note(c, known, 0))  # type: ignore[misc]
        admin = site.called("admin")
        assert admin is not None
        pairing.confirm(site.node, file, number, admin.id)


def opened(room: Room, who: str = "duty_officer") -> BundleSheet:
    """The sheet, opened by its key, by somebody signed in."""
    if room.window.session.locked:
        room.sign_in(who)
    room.press(Qt.Key.Key_U, CTRL | SHIFT)
    sheet = room.window.overlays.bundles
    assert sheet.is_open
    room.wait(lambda: sheet.flow.partners is not None)
    return sheet


def turn(room: Room, sheet: BundleSheet, way: Way) -> None:
    """Turn to a page by keys."""
    if sheet.flow.way is not way:
        room.press(Qt.Key.Key_PageDown, CTRL)
    assert sheet.flow.way is way


def type_into(field: object, text: str) -> None:
    """Type into a field and press Enter."""
    field.setFocus()  # type: ignore[attr-defined]
    field.selectAll()  # type: ignore[attr-defined]
    field.insert(text)  # type: ignore[attr-defined]
    QTest.keyClick(field, ENTER)  # type: ignore[call-overload]


def carry(room: Room, sheet: BundleSheet, folder: Path) -> None:
    """Make a bundle in a folder, by keys; wait for its end."""
    turn(room, sheet, Way.OUT)
    room.wait(lambda: sheet.flow.partner is not None)
    type_into(sheet.folder, str(folder))
    room.press(ENTER, CTRL)
    room.wait(lambda: sheet.flow.states[Way.OUT] not in (*BUSY, State.IDLE))


def look(room: Room, sheet: BundleSheet, path: Path) -> None:
    """Choose a file or folder by typing its path; wait until it was looked at."""
    turn(room, sheet, Way.IN)
    type_into(sheet.path, str(path))
    room.wait(lambda: sheet.flow.states[Way.IN] in (State.READY, State.FAULT))


def take(room: Room, sheet: BundleSheet) -> None:
    """Take in what was looked at; wait for its end."""
    room.press(ENTER, CTRL)
    room.wait(lambda: sheet.flow.states[Way.IN] not in (*BUSY, State.READY))
