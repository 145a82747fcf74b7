"""A console that has nothing yet, and one that has more than fits: what is empty, what is crowded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.kernel.errors import EnvironmentFault
from app.ui.help.hints import EVERYBODY
from app.ui.help.hints import MEMORY as HINTS
from tools import stage as on
from tools.gallery.screens.shot import Picture, Scene, Shot


def empty(scene: Scene) -> Iterator[Shot]:
    """Nothing was registered, nobody is on watch, no line stands."""
    window, overlays = scene.window, scene.window.overlays
    sheet = overlays.sign_in
    if not sheet.is_open:
        sheet.ask()
    yield Shot("empty-sign-in", window, sheet, (Picture("sign-in", sheet),))
    scene.stage.emb.sign_in("officer")
    yield Shot("empty", window)
    window.session.lock()
    window.console.remember(HINTS, {})
    scene.stage.emb.sign_in("chief")
    yield Shot("empty-hint", window, window.features.help.card)
    window.features.help.noted()
    window.console.remember(HINTS, {EVERYBODY: []})
    scene.sign_in("officer")
    scene.quiet()
    scene.run("alarms.open")
    yield Shot("empty-alarms", window, overlays.alarms)
    overlays.alarms.dismiss()
    scene.run("shelters")
    on.still(window)
    yield Shot("empty-shelters", window, overlays.registers)
    overlays.registers.dismiss()
    window.features.conflicts.conflicts()
    on.still(window)
    yield Shot("empty-conflicts", window, overlays.conflicts)
    overlays.conflicts.dismiss()
    scene.run("backup.open")
    on.still(window)
    yield Shot("empty-backup", window, overlays.backup)
    overlays.backup.dismiss()


def broken(scene: Scene) -> Iterator[Shot]:
    """The board could not be read; it has not been read yet."""
    board: Any = scene.window.board
    board._failed(EnvironmentFault("database.locked", "fault.database.locked", path="console.db"))
    yield Shot("board-error", scene.window)
    board._error = None
    board.feed.loaded = False
    board._show_face()
    yield Shot("board-loading", scene.window)
    board.feed.open()
    on.until(lambda: board.feed.loaded, "read")
    board._show_face()


def pairing(scene: Scene) -> Iterator[Shot]:
    """Both rooms have their windows open: the number to be read on the telephone."""
    window, frd = scene.window, scene.stage.frd
    if not frd.console.opened.done():
        frd.open()
    scene.sign_in("admin")
    scene.run("pairing.open")
    page = window.overlays.pairing.network
    page.address.editor.setText("127.0.0.1:0")
    page.open()
    on.until(lambda: page.view.open, "the pairing window is open")
    on.still(window)
    yield Shot("pairing-waiting", window, window.overlays.pairing)
    admin = frd.account("admin")
    on.until(lambda: frd.console._service is not None, "the other room's network is up")
    frd.console.pairing.dial(page.view.address, admin)
    on.until(lambda: bool(page.number.text), "there is a number")
    on.still(window)
    yield Shot("pairing", window, window.overlays.pairing, (Picture("pairing", window.overlays.pairing, 12),))
    page.close_window()
    on.until(lambda: not page.view.open, "the pairing window is closed")


def crowd(scene: Scene) -> Iterator[Shot]:
    """Hundreds of incidents, texts too long, texts that would like to be markup."""
    window = scene.window
    on.until(lambda: len(window.feeds.rows) > 1, "the rows")
    scene.stage.emb.sign_in("officer")
    yield Shot("crowd", window)
    window.session.select_incident(window.feeds.rows[1].id)
    window.open_desk()
    on.still(window)
    yield Shot("crowd-desk", window)
    window.close_desk()
    scene.run("alarms.open")
    yield Shot("crowd-alarms", window, window.overlays.alarms)


EMPTY = (empty, broken, pairing)
CROWD = (crowd,)
