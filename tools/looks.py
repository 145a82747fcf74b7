"""`python -m tools.looks`: the real window in every size, theme, language and state, as pictures in out/looks, to be looked at.

Sets: `main` (empty, evening, crowd in all sizes), `states` (sheets, errors, desk, alarms, links), `first` (first start).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPushButton

from app.bootstrap.first_start import SiteFounder
from app.kernel.clock import SystemClock
from app.kernel.enums import Realm
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir
from app.ui import start
from app.ui.first_start.window import FirstStartWindow
from app.ui.theme.theme import Theme
from tools import stage as on
from tools.tour import ROOT

SIZES = {"1366": (1366, 768), "1920": (1920, 1080), "3840": (3840, 2160)}
THEMES = ("dark", "light")
SETS = ("main", "states", "first")


class Looks:
    """Takes pictures of one room's window in both themes."""

    def __init__(self, out: Path, room: on.Room) -> None:
        self.out, self.room = out, room

    def take(self, name: str, themes: tuple[str, ...] = THEMES) -> None:
        """One picture for each theme."""
        window = self.room.window
        assert window is not None
        for kind in themes:
            if window.theme.kind != kind:
                window.theme.use(kind)
                on.settle(0.6)
            on.grab(window, self.out / f"{name}-{kind}.png")
        if window.theme.kind != themes[0]:
            window.theme.use(themes[0])

    def sizes(self, name: str, sizes: dict[str, tuple[int, int]]) -> None:
        """One picture for each size and theme."""
        for label, size in sizes.items():
            self.room.show(size)
            on.settle(2.5)
            self.take(f"{name}-{label}")


def main_set(out: Path, language: str, scale: int) -> None:
    """Empty, evening, crowd in all sizes."""
    sizes = SIZES if scale == 1 else {"scaled": (1920, 1080), "scaled-small": (1366, 768)}
    with on.stage(language, furnished=False) as shown:
        shown.emb.show((1920, 1080))
        Looks(out, shown.emb).sizes("empty", sizes)
    with on.stage(language) as shown:
        shown.frd.open()
        window = shown.emb.show((1920, 1080))
        on.man(shown.emb)
        on.man(shown.frd)
        ids = on.evening(shown)
        shown.emb.sign_in()
        window.session.select_incident(ids["mall"])
        looks = Looks(out, shown.emb)
        looks.sizes("evening", sizes)
        window.open_desk()
        looks.sizes("desk", sizes)
    with on.stage(language) as shown:
        shown.emb.open()
        on.crowd(shown.emb)
        window = shown.emb.show((1920, 1080))
        looks = Looks(out, shown.emb)
        looks.sizes("crowd", sizes)
        shown.emb.sign_in()
        window.session.select_incident(window.feeds.rows[1].id)
        window.open_desk()
        looks.sizes("crowd-desk", sizes)


def states_set(out: Path, language: str, scale: int) -> None:
    """Sheets, errors, alarms, links; wide and narrow."""
    with on.stage(language) as shown:
        shown.frd.open()
        shown.emb.show((1920, 1080))
        ids = on.evening(shown)
        for label in ("1920", "1366"):
            shown.emb.show(SIZES[label])
            on.settle(2.0)
            _Walk(Looks(out, shown.emb), shown, ids, label).all()


class _Walk:
    """Through all states of one size."""

    def __init__(self, looks: Looks, shown: on.Stage, ids: dict[str, str], label: str) -> None:

        self.looks, self.shown, self.ids, self.label = looks, shown, ids, label
        assert looks.room.window is not None
        self.window, self.key = looks.room.window, Qt.Key
        self.ctrl = Qt.KeyboardModifier.ControlModifier
        self.number = 0

    def take(self, name: str) -> None:
        """One more picture."""
        self.number += 1
        self.looks.take(f"state-{self.label}-{self.number:02}-{name}")

    def all(self) -> None:
        """Everything."""
        for step in (self.locked, self.main, self.register, self.oral, self.refusals, self.watch, self.palette,
                     self.desk, self.links, self.notes, self.trouble):  # fmt: skip
            self.away()
            step()

    def away(self) -> None:
        """Nothing lies over the panels."""
        window = self.window
        for sheet in list(window.overlays._made.values()):
            sheet.dismiss()
        window.overlays.refusals.dismiss()
        window.close_desk()
        on.focus(window)
        window.focus_board()
        on.settle(0.2)

    def locked(self) -> None:
        """Before signing in, a wrong password, after a lock."""
        window, sheet = self.window, self.window.overlays.sign_in
        window.session.lock()
        sheet.ask()
        self.take("sign-in")
        sheet.name.setText("officer")
        sheet.password.setText("wrong-one")
        sheet.submit()
        on.until(sheet.problem.text, "a wrong password is told")
        self.take("wrong-password")
        sheet.dismiss()
        self.take("locked-board")
        self.looks.room.sign_in()
        window.session.lock()
        self.take("locked-by-key")
        self.looks.room.sign_in()

    def main(self) -> None:
        """Nothing selected, something selected, a search without a hit."""
        self.window.session.select_incident("")
        self.take("nothing-selected")
        self.window.session.select_incident(self.ids["mall"])
        on.settle(0.5)
        self.take("selected")
        on.press(self.key.Key_F, self.ctrl)
        on.put("zzzz")
        on.settle(0.5)
        self.take("nothing-found")
        for _ in range(4):
            on.press(self.key.Key_Backspace)

    def register(self) -> None:
        """New, a list of places, faults, filled, offered again."""
        sheet = self.window.overlays.register
        on.press(self.key.Key_N, self.ctrl)
        self.take("register")
        on.press(self.key.Key_Return, self.ctrl)
        on.until(sheet.fields["place"].fault.text, "the missing place is told")
        self.take("register-missing")
        sheet.place.setFocus()
        on.put("tsl")
        self.take("register-list")
        on.press(self.key.Key_Return)
        on.put("某小区12号楼")
        sheet.received.setText("25:99")
        sheet.what.setText(on.LONG)
        on.press(self.key.Key_Return, self.ctrl)
        self.take("register-fault")
        sheet.start_over()
        on.press(self.key.Key_Escape)

    def oral(self) -> None:
        """Oral report, and its fault."""
        window = self.window
        window.session.select_incident(self.ids["warehouse"])
        on.until(
            lambda: window.selected_row is not None and window.selected_row.id == self.ids["warehouse"], "it"
        )
        window.deeds.oral()
        self.take("oral")
        window.overlays.oral.spoken.setText("soon")
        window.overlays.oral.submit()
        self.take("oral-fault")

    def refusals(self) -> None:
        """Raising the grade is the fire side's: the sheet, and the refusal that says who."""
        self.window.deeds.raise_grade()
        self.take("raise")
        self.window.overlays.grade.submit()
        on.until(self.window.overlays.refusals.isVisible, "refused")
        self.take("refusal")

    def watch(self) -> None:
        """The watch, and ending somebody's."""
        self.window.session.lock()
        self.looks.room.sign_in("chief")
        self.window.deeds.watch()
        sheet = self.window.overlays.watch
        on.until(lambda: sheet.others.count() > 1, "those present")
        on.settle(0.3)
        self.take("watch")

        for button in sheet.findChildren(QPushButton):
            if button.objectName().startswith("watch.end.") and button.isVisible():
                button.click()
                break
        sheet.submit()
        on.until(sheet.field.fault.text, "a reason is asked for")
        self.take("watch-end")
        self.window.session.lock()
        self.looks.room.sign_in()

    def palette(self) -> None:
        """Palette and cheat sheet."""
        on.press(self.key.Key_K, self.ctrl)
        self.take("palette")
        on.put("tsl")
        self.take("palette-found")
        on.put("zzz")
        self.take("palette-nothing")
        on.press(self.key.Key_Escape)
        on.press(self.key.Key_F1)
        self.take("keys")

    def desk(self) -> None:
        """Overview with a conflict, timeline."""
        self.window.session.select_incident(self.ids["mall"])
        on.settle(0.5)
        self.window.open_desk()
        self.take("desk-conflict")
        self.window.open_desk("timeline")
        self.take("desk-timeline")
        self.window.session.select_incident(self.ids["home"])
        on.settle(0.5)
        self.window.open_desk()
        self.take("desk")

    def links(self) -> None:
        """Links; single-sided duty."""
        if self.window.small:
            self.window.deeds.links()
            self.take("links")
        self.shown.pull(True)
        on.until(lambda: not self.shown.linked(), "the cable is out")
        on.settle(3.0)
        self.take("single-sided")
        self.shown.pull(False)
        on.until(self.shown.linked, "the cable is back")
        if self.window.small:
            self.window.deeds.links()

    def notes(self) -> None:
        """Notes, one with an offer; a draft offered again."""
        toasts = self.window.overlays.toasts
        toasts.say(self.window.texts.get("ui.forms.register.done", no="EMB-20250714-008"))
        toasts.say(on.LONG, icon="alert", tone="warn", undo=lambda: None)
        self.take("notes")

    def trouble(self) -> None:
        """A full disk, a bug."""

        session = self.window.session
        session.refused.emit(EnvironmentFault("database.full", "fault.database.full", path="/var/lib/jdc"))
        self.take("fault")


def first_set(out: Path, language: str, scale: int) -> None:
    """Each page of the first start, empty and with what is missing."""

    with tempfile.TemporaryDirectory(prefix="jdc-first-") as name:
        founder = SiteFounder(DataDir(Path(name) / "data"), Realm.EXERCISE, SystemClock(), language)
        for kind in THEMES:
            theme = Theme(kind)
            theme.apply(start.application())
            window = FirstStartWindow(founder, theme)
            window.move(0, 0)
            window.show()
            on.focus(window)
            walk_first_start(
                window,
                lambda step, kind=kind, shown=window: on.grab(shown, out / f"first-{step}-{kind}.png"),
                Path(name),
            )  # type: ignore[misc]
            window.close()
            window.deleteLater()
        founder.close()


def walk_first_start(window: Any, take: Callable[[str], None], folder: Path) -> None:
    """Through all pages: first what is missing, then filled."""
    for number, page in enumerate(window._pages, 1):
        take(f"{number}-{page.key}")
        if page is window.last:
            break
        if page.missing() is not None:
            window.go_on()
            take(f"{number}-{page.key}-missing")
            fill_page(window, page, folder)
            take(f"{number}-{page.key}-filled")
        window.go_on()
        on.settle(0.2)


def fill_page(window: Any, page: Any, folder: Path) -> None:
    """What an administrator would answer."""

    values = {"firstStartPassword": "night-watch-119", "firstStartRepeat": "night-watch-119"}
    for editor in page.findChildren(QLineEdit):
        if not editor.text() and editor.isEnabled():
            secret = editor.echoMode() is QLineEdit.EchoMode.Password
            editor.setText(values["firstStartPassword"] if secret else "admin")
    if page is window.recovery:
        page.path.setText(str(folder / "recovery-EMB.json"))
        page.here.setChecked(True)
        page.understood.setChecked(True)


RUN = {"main": main_set, "states": states_set, "first": first_set}


def main() -> int:
    """Parent: a screen, and a process for each language and scale. Child: the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tools.looks")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "looks")
    parser.add_argument("--only", nargs="*", default=SETS, choices=SETS)
    parser.add_argument("--languages", nargs="*", default=["zh_CN", "en"])
    parser.add_argument("--scales", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    ask = parser.parse_args()
    if ask.child:
        start.application()
        which, language, scale = ask.child
        RUN[which](ask.out, language, int(scale))
        return 0
    code = 0
    with on.virtual_screen() as environment:
        for language in ask.languages:
            for scale in ask.scales:
                for which in ask.only if scale == 1 else [w for w in ask.only if w == "main"]:
                    out = ask.out / language / (which if scale == 1 else f"{which}-x{scale}")
                    shutil.rmtree(out, ignore_errors=True)
                    arguments = ["--out", str(out), "--child", which, language, str(scale)]
                    code |= on.on_screen("tools.looks", arguments, environment, scale)
    sys.stderr.write(f"{ask.out}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
