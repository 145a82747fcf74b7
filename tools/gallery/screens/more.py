"""Search, settings, situation, accounts, help, diagnostics; layouts; the wall: on the evening's stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools import stage as on
from tools.gallery.screens.shot import WIDE, Picture, Scene, Shot


def search(scene: Scene) -> Iterator[Shot]:
    """Nothing asked yet, found, nothing found."""
    window = scene.window
    scene.run("search.everywhere")
    sheet = window.overlays.search
    yield Shot("search-empty", window, sheet)
    for name, words in (("search", "火灾"), ("search-nothing", "8888")):
        sheet.ask(words)
        on.until(lambda: not sheet.flow.busy, "an answer")
        on.still(window)
        yield Shot(name, window, sheet)


def settings(scene: Scene) -> Iterator[Shot]:
    """Numbers of the rules, and one's own."""
    window = scene.window
    scene.run("settings")
    sheet = window.overlays.settings
    yield Shot("settings", window, sheet, (Picture("settings", sheet),))
    sheet.ask("own")
    on.still(window)
    yield Shot("settings-own", window, sheet)


def sheets(scene: Scene) -> Iterator[Shot]:
    """One page each: the situation, accounts, the manual, diagnostics."""
    window, overlays = scene.window, scene.window.overlays
    scene.run("situation.open")
    on.still(window)
    yield Shot("situation", window, overlays.situation)
    overlays.situation.dismiss()
    scene.run("manual")
    on.still(window)
    yield Shot("manual", window, overlays.manual)
    overlays.manual.dismiss()
    scene.run("diagnostics")
    on.still(window)
    yield Shot("diagnostics", window, overlays.diagnostics, (Picture("diagnostics", overlays.diagnostics),))
    overlays.diagnostics.dismiss()
    scene.run("shortcuts.open")
    on.still(window)
    yield Shot("shortcuts", window, overlays.shortcuts)
    overlays.shortcuts.dismiss()
    scene.sign_in("admin")
    scene.run("accounts.open")
    on.still(window)
    sheet = overlays.accounts
    yield Shot("accounts", window, sheet)
    for deed in ("create", "roles", "password", "revoke"):
        sheet.choose(deed)
        on.still(window)
        yield Shot(f"accounts-{deed}", window, sheet)
    sheet.dismiss()
    scene.sign_in("officer")


def layouts(scene: Scene) -> Iterator[Shot]:
    """The other two ways the window is laid out."""
    window = scene.window
    for name in ("single", "emergency"):
        scene.run(f"layout.{name}")
        on.still(window)
        pictures = (Picture("emergency"),) if name == "emergency" else ()
        yield Shot(f"layout-{name}", window, None, pictures)
    scene.run("layout.duty")
    window.features.layouts.open_menu()
    menu = window.features.layouts.menu
    assert menu is not None
    on.still(window)
    yield Shot("layout-menu", window, None, (Picture("layout-menu", menu, 60),))
    menu.close()


def wall(scene: Scene) -> Iterator[Shot]:
    """The wall: the situation, and one incident under discussion."""
    window = scene.window
    window.features.wall.open()
    made = window.features.wall.wall
    assert made is not None
    made.showNormal()
    made.resize(*WIDE)
    on.until(lambda: bool(made.said()), "it says something")
    panel: Any = made.map
    if not on.unseen():
        on.until(lambda: panel is None or panel.host.listening, "the wall's map")
    on.still(window)
    yield Shot("wall", made, themes=("wall",))
    made.discuss(scene.ids["mall"])
    on.still(window)
    yield Shot("wall-discussed", made, None, (Picture("wall", theme="wall"),), ("wall",))
    made.close()


CHAPTERS = (search, settings, sheets, layouts, wall)
