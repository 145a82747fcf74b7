"""`make tour`: the story of two rooms on two virtual screens, driven by real key and mouse events; pictures in out/tour.

FRD registers an incident by keyboard; it appears at EMB with its clocks and on the map. The cable is pulled; both work on.
It is put back; everything is on both. `verify` says the record is whole. Needs Xvfb and xdotool (make setup brings them).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.bootstrap.exercise import PASSWORD, make_pair
from app.kernel.clock import SystemClock
from tools.cables import cables
from tools.duo import free_ports

ROOT = Path(__file__).resolve().parents[1]
SCREEN = "1920x1080x24"
WAIT_S = 60.0
SETTLE_S = 1.5
KEY_S = 0.25


class StoryError(Exception):
    """Something did not happen in time."""


@dataclass
class Room:
    """One console on its own virtual screen."""

    agency: str
    data: Path
    port: int
    out: Path
    display: str = ""
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """Environment of everything on this screen."""
        clean = {
            name: value
            for name, value in os.environ.items()
            if name not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY")
        }
        return clean | {"DISPLAY": self.display, "QTWEBENGINE_CHROMIUM_FLAGS": "--disable-gpu"} | _as_root()

    def open(self) -> None:
        """Screen, console, eyes."""
        read, write = os.pipe()
        screen = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", SCREEN, "-nolisten", "tcp"],
            pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        os.close(write)
        with os.fdopen(read) as pipe:
            self.display = ":" + pipe.readline().strip()
        self.processes.append(screen)
        log = (self.out / f"{self.agency}.log").open("w", encoding="utf-8")
        console = [
            sys.executable,
            str(ROOT / "main.py"),
            "window",
            "--realm",
            "exercise",
            "--data",
            str(self.data),
        ]
        self.processes.append(
            subprocess.Popen(
                [*console, "--listen", f"127.0.0.1:{self.port}"],
                env=self.environment,
                stdout=log,
                stderr=log,
                text=True,
            )
        )
        eyes = [sys.executable, "-m", "tools.tour_eyes"]
        self.processes.append(
            subprocess.Popen(
                eyes, env=self.environment, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        )
        _until(
            lambda: self.tool("search", "--onlyvisible", "--name", ".").strip() != "",
            f"{self.agency}: a window",
        )
        _until(lambda: self.ask("links") is not None, f"{self.agency}: the console answers")

    def close(self) -> None:
        """Stop the console as an officer would, then the rest."""
        subprocess.run(
            [sys.executable, str(ROOT / "main.py"), "stop", "--data", str(self.data)],
            check=False,
            capture_output=True,
        )
        for process in reversed(self.processes):
            with contextlib.suppress(subprocess.TimeoutExpired):
                if process.args[0] not in ("Xvfb",) and "window" in process.args:  # type: ignore[index,operator]
                    process.wait(20)
            process.terminate()
            process.wait(20)

    def tool(self, *arguments: str) -> str:
        """One call of xdotool on this screen."""
        done = subprocess.run(
            ["xdotool", *arguments], env=self.environment, check=False, capture_output=True, text=True
        )
        return done.stdout

    def keys(self, *names: str) -> None:
        """Real key strokes, one after the other."""
        for name in names:
            self.tool("key", name)
            time.sleep(KEY_S)

    def type(self, text: str) -> None:
        """Plain characters by key, everything else through the clipboard, as an input method would bring it."""
        if text.isascii():
            self.tool("type", "--delay", "60", text)
        else:
            self._eyes(f"clip {text}")
            self.keys("ctrl+v")
        time.sleep(0.4)

    def picture(self, name: str) -> None:
        """The whole screen into a numbered file, once it is still."""
        time.sleep(SETTLE_S)
        self._eyes(f"grab {self.out / name}-{self.agency}.png")

    def _eyes(self, line: str) -> None:
        eyes = self.processes[2]
        assert eyes.stdin is not None and eyes.stdout is not None
        eyes.stdin.write(line + "\n")
        eyes.stdin.flush()
        if eyes.stdout.readline().strip() != "ok":
            raise StoryError(f"{self.agency}: {line}")

    def ask(self, query: str) -> Any:
        """Rows of a query, asked of the running console; None while it does not answer."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "main.py"), "show", query, "--realm", "exercise", "--data", str(self.data)],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        answer = json.loads(done.stdout) if done.stdout else {}
        return answer.get("rows") if answer.get("ok") else None

    def places(self) -> set[str]:
        """Places on the board."""
        return {str(row["place"]) for row in self.ask("board") or []}

    def on_watch(self) -> int:
        """How many of this room are on watch."""
        return sum(row["agency"] == self.agency for row in self.ask("watch") or [])

    def sign_in(self) -> None:
        """By name and password into the sheet that is open."""
        window = self.tool("search", "--onlyvisible", "--name", ".").split()[-1]
        self.tool("windowfocus", window)
        time.sleep(0.5)
        self.type("officer")
        self.keys("Return")
        self.type(PASSWORD)
        self.keys("Return")
        time.sleep(SETTLE_S)

    def take_watch(self) -> None:
        """Through the palette, then the digit of the post."""
        self.keys("ctrl+k")
        self.type("take watch")
        self.keys("Return", "3")
        time.sleep(SETTLE_S)

    def register(self, place: str, what: str, grade: str) -> None:
        """Ctrl+N, left to right, Ctrl+Enter."""
        self.keys("ctrl+n")
        time.sleep(SETTLE_S)
        self.keys("Tab", "Tab", "Tab")
        self.type(place)
        self.keys("Return", "Tab")
        self.type("hz")
        self.keys("Return", "Tab")
        self.type(grade)
        self.keys("Tab")
        self.type(what)

    def point(self, x: int, y: int) -> None:
        """Alt+P, then a real click on the map."""
        self.keys("alt+p")
        time.sleep(SETTLE_S)
        self.tool("mousemove", str(x), str(y), "click", "1")
        time.sleep(SETTLE_S)


def _as_root() -> dict[str, str]:
    return {"QTWEBENGINE_DISABLE_SANDBOX": "1"} if hasattr(os, "geteuid") and os.geteuid() == 0 else {}


def _until(done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + WAIT_S
    while not done():
        if time.monotonic() > end:
            raise StoryError(f"in {WAIT_S:.0f} s there was not: {what}")
        time.sleep(0.3)


def story(emb: Room, frd: Room, pull: Callable[[bool], None], say: Callable[[str], None]) -> None:
    """The whole story, with a picture of both screens at each turn."""

    def both(name: str) -> None:
        for room in (emb, frd):
            room.picture(name)

    both("01-open-and-seen-without-signing-in")
    for room in (emb, frd):
        room.sign_in()
        room.take_watch()
        _until(lambda room=room: room.on_watch() == 3, f"{room.agency}: three persons on watch")  # type: ignore[misc]
    both("02-the-watch-is-taken")
    say("FRD registers by keyboard")
    frd.register("tsl", "居民楼火灾，有人员被困", "2")
    frd.point(1030, 640)
    frd.picture("03-registering")
    frd.keys("ctrl+Return")
    _until(lambda: "天山路街道" in emb.places(), "the incident at EMB")
    both("04-registered-at-frd-seen-at-emb")
    say("the cable is pulled; both work on")
    pull(True)
    _until(lambda: all(row["state"] == "down" for row in emb.ask("links") or [{}]), "single-sided duty")
    emb.register("hq", "商场电动车起火", "1")
    emb.point(1180, 700)
    emb.keys("ctrl+Return")
    frd.register("bxj", "工地基坑坍塌", "1")
    frd.keys("ctrl+Return")
    _until(lambda: len(emb.places()) == len(frd.places()) == 2, "one more on each side")
    both("05-cable-pulled-both-work-on")
    say("the cable is put back")
    pull(False)
    _until(lambda: emb.places() == frd.places() and len(emb.places()) == 3, "everything on both")
    both("06-cable-back-everything-on-both")
    frd.keys("Escape", "ctrl+1", "Down", "Return")
    time.sleep(2 * SETTLE_S)
    frd.picture("07-incident-desk")


def verified(room: Room) -> bool:
    """What `main.py verify` says."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "verify", "--realm", "exercise", "--data", str(room.data)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    return done.returncode == 0


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def main() -> int:
    """Play the story; the exit code is 0 when it went as told and both records are whole."""
    parser = argparse.ArgumentParser(prog="make tour")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "tour")
    out: Path = parser.parse_args().out.resolve()
    missing = [name for name in ("Xvfb", "xdotool") if shutil.which(name) is None]
    if missing:
        sys.stderr.write(f"缺少 / missing: {', '.join(missing)}\n")
        return 4
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    ports = free_ports()
    with tempfile.TemporaryDirectory(prefix="jdc-tour-") as name, cables(ports) as (dialled, pull):
        emb_site, frd_site = make_pair(Path(name), SystemClock(), dialled)
        emb = Room("EMB", emb_site.data.root, ports[0], out)
        frd = Room("FRD", frd_site.data.root, ports[1], out)
        try:
            for room in (emb, frd):
                room.open()
            story(emb, frd, pull, _say)
        except StoryError:
            for room in (emb, frd):
                with contextlib.suppress(StoryError, OSError, IndexError):
                    room.picture("99-where-it-stopped")
            raise
        finally:
            for room in (emb, frd):
                room.close()
        whole = [verified(room) for room in (emb, frd)]
    sys.stderr.write(f"verify: EMB {whole[0]}, FRD {whole[1]}; {out}\n")
    return 0 if all(whole) else 5


if __name__ == "__main__":
    sys.exit(main())
