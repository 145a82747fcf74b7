"""The main window and the forms over it, on the evening's stage: what an officer sees all shift long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from app.kernel.enums import Post
from app.kernel.errors import EnvironmentFault
from app.usecases.duty import LeaveWatch, TakeWatch
from tools import stage as on
from tools.gallery.screens.shot import NARROW, Picture, Scene, Shot

_KEY, _CTRL = Qt.Key, Qt.KeyboardModifier.ControlModifier


def locked(scene: Scene) -> Iterator[Shot]:
    """Before anybody signed in, a wrong password, and locked."""
    window, sheet = scene.window, scene.window.overlays.sign_in
    sheet.ask()
    yield Shot("sign-in", window, sheet)
    sheet.name.setText("officer")
    sheet.password.setText("wrong-one")
    sheet.submit()
    on.until(sheet.problem.text, "a wrong password is told")
    yield Shot("sign-in-wrong", window, sheet)
    sheet.dismiss()
    yield Shot("locked", window)
    scene.stage.emb.sign_in()
    window.session.lock()
    yield Shot("locked-by-key", window, sheet)
    scene.stage.emb.sign_in()


def watch(scene: Scene) -> Iterator[Shot]:
    """The watch is taken, its place, what is missing."""
    window = scene.window
    window.deeds.watch()
    sheet = window.overlays.watch
    on.until(lambda: sheet.others.count() > 1, "those present")
    yield Shot("watch", window, sheet, (Picture("watch", sheet),))
    sheet.dismiss()
    on.man(scene.stage.emb)
    on.man(scene.stage.frd)
    on.until(lambda: window.feeds.watch is not None and len(window.feeds.watch) >= 5, "the shift is complete")
    on.still(window)
    yield Shot("header", window, None, (Picture("header", window.header, 0),))


def duty(scene: Scene) -> Iterator[Shot]:
    """The window in the middle of an evening, nothing selected, something selected, a filter without a hit."""
    window = scene.window
    window.session.select_incident("")
    yield Shot("duty-nothing-selected", window)
    scene.select("mall")
    scene.quiet()
    pictures = (
        Picture("duty"),
        Picture("board", window.board, 0),
        Picture("map", window.map_host, 0),
        Picture("alarms", window.strip, 0, window.status),
        Picture("duty-light", theme="light"),
        Picture("small", size=NARROW),
    )
    yield Shot("duty", window, None, pictures)
    on.press(_KEY.Key_F, _CTRL)
    on.put("zzzz")
    on.still(window)
    yield Shot("duty-nothing-found", window)
    for _ in range(4):
        on.press(_KEY.Key_Backspace)
    board: Any = window.board
    board._failed(EnvironmentFault("database.locked", "fault.database.locked", path="console.db"))
    yield Shot("board-error-over-rows", window)
    board._error = None


def register(scene: Scene) -> Iterator[Shot]:
    """New, what is missing, a list of places, filled, a fault in place."""
    window, sheet = scene.window, scene.window.overlays.register
    on.press(_KEY.Key_N, _CTRL)
    yield Shot("register-empty", window, sheet)
    on.press(_KEY.Key_Return, _CTRL)
    on.until(sheet.fields["place"].fault.text, "the missing place is told")
    yield Shot("register-missing", window, sheet)
    sheet.start_over()
    for _ in range(3):
        on.press(_KEY.Key_Tab)
    sheet.place.setFocus()
    on.put("tsl")
    yield Shot("register-place", window, sheet, (Picture("register-place", sheet),))
    on.press(_KEY.Key_Return)
    on.put("某小区8号楼")
    on.press(_KEY.Key_Tab)
    on.put("hz")
    on.press(_KEY.Key_Return)
    on.press(_KEY.Key_Tab)
    on.put("2")
    on.press(_KEY.Key_Tab)
    on.put("居民楼火灾，有人员被困")
    on.still(window)
    yield Shot("register", window, sheet, (Picture("register", sheet),))
    sheet.received.setText("25:10")
    on.press(_KEY.Key_Return, _CTRL)
    yield Shot("register-fault", window, sheet, (Picture("register-fault", sheet),))
    sheet.start_over()
    on.press(_KEY.Key_Escape)


def reports(scene: Scene) -> Iterator[Shot]:
    """Oral report and its fault; raising a grade, and the refusal that says who can."""
    window, overlays = scene.window, scene.window.overlays
    scene.select("gas")
    window.deeds.oral()
    yield Shot("oral", window, overlays.oral, (Picture("oral", overlays.oral),))
    overlays.oral.spoken.setText("soon")
    overlays.oral.submit()
    yield Shot("oral-fault", window, overlays.oral)
    overlays.oral.dismiss()
    row = window.selected_row  # nobody here may (RC-16); the sheet is the fire side's
    assert row is not None
    overlays.grade.ask(row)
    yield Shot("raise", window, overlays.grade)
    overlays.grade.submit()
    on.until(overlays.refusals.isVisible, "refused")
    yield Shot("refusal", window, None, (Picture("refusal", overlays.refusals),))


def palette(scene: Scene) -> Iterator[Shot]:
    """Palette: everything, found, nothing; the keys."""
    window, overlays = scene.window, scene.window.overlays
    on.press(_KEY.Key_K, _CTRL)
    yield Shot("palette", window, overlays.palette)
    on.put("tsl")
    yield Shot("palette-found", window, overlays.palette, (Picture("palette", overlays.palette),))
    on.put("zzz")
    yield Shot("palette-nothing", window, overlays.palette)
    overlays.palette.dismiss()
    on.press(_KEY.Key_F1)
    yield Shot("keys", window, overlays.keys, (Picture("keys", overlays.keys),))


def ended(scene: Scene) -> Iterator[Shot]:
    """A forgotten watch, and the shift that is short of one."""
    window = scene.window
    scene.sign_in("chief")
    window.deeds.watch()
    sheet = window.overlays.watch
    on.until(lambda: sheet.others.count() > 1, "those present")
    on.still(window)
    buttons = [
        each
        for each in sheet.findChildren(QPushButton)
        if each.objectName().startswith("watch.end.") and each.isVisible()
    ]
    buttons[-1].click()
    yield Shot("watch-end", window, sheet, (Picture("watch-end", sheet),))
    sheet.submit()
    on.until(sheet.field.fault.text, "a reason is asked for")
    yield Shot("watch-end-fault", window, sheet)
    sheet.dismiss()
    scene.stage.emb.act(LeaveWatch(), "officer")
    on.until(lambda: bool(window.strip.line.text()), "short of one")
    on.still(window)
    yield Shot("short-handed", window, None, (Picture("short-handed", window.header, 0, window.header),))
    scene.stage.emb.act(TakeWatch(post=Post.DUTY_OFFICER), "officer")
    scene.sign_in("officer")


def desk(scene: Scene) -> Iterator[Shot]:
    """The desk with a dispute, without one, and its timeline."""
    window = scene.window
    scene.select("home")
    window.open_desk()
    on.still(window)
    yield Shot("desk-quiet", window)
    window.close_desk()
    scene.select("mall")
    window.open_desk()
    scene.quiet()
    on.still(window)
    cards = window.desk.findChildren(QWidget, "conflict.what") if window.desk is not None else []
    card = (Picture("conflict", cards[0], 12),) if cards else ()
    yield Shot("desk", window, None, (Picture("desk"), *card))
    window.open_desk("timeline")
    on.still(window)
    yield Shot("timeline", window, None, (Picture("timeline", window.desk, 0),))
    window.close_desk()


def alarms(scene: Scene) -> Iterator[Shot]:
    """The list of alarms, putting one off."""
    window = scene.window
    scene.run("alarms.open")
    sheet = window.overlays.alarms
    yield Shot("alarms", window, sheet)
    sheet.ask_snooze()
    yield Shot("alarms-put-off", window, sheet)


def notes(scene: Scene) -> Iterator[Shot]:
    """Notes, one with an offer; a full disk."""
    window = scene.window
    toasts = window.overlays.toasts
    toasts.say(scene.texts.get("ui.forms.register.done", no="EMB-20250714-008"))
    toasts.say(
        scene.texts.get("ui.forms.register.offer_begun", time="20:16"),
        icon="alert",
        tone="warn",
        undo=lambda: None,
    )
    yield Shot("notes", window)
    window.session.refused.emit(EnvironmentFault("database.full", "fault.database.full", path="/var/lib/jdc"))
    yield Shot("fault", window)


CHAPTERS = (locked, watch, duty, register, reports, palette, ended, desk, alarms, notes)
