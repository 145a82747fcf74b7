"""The window over its site: what is loaded when, what ends how, what survives (QUALITY, Speed and Reliability)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.bootstrap.node import Node, Open, hold_lock
from app.bootstrap.site_console import SiteConsole
from app.bootstrap.window import run_window
from app.kernel.clock import ManualClock, SystemClock
from app.kernel.enums import Agency, Post, Realm
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir
from app.ui import start
from app.ui.shell import main_window
from app.ui.shell.fault_sheet import FaultSheet
from app.usecases.duty import TakeWatch
from tests.kit import START, Site, founded_town, ms, register
from tests.ui.window_kit import Open as OpenRoom
from tests.ui.window_kit import Room, emb_room, rooms, threads

__all__ = ["emb_room", "founded_town", "rooms"]
ROOT = Path(__file__).resolve().parents[2]


def test_no_display_is_said_before_qt_would_abort() -> None:
    with pytest.raises(EnvironmentFault) as told:
        start.check_display({}, "linux")
    assert told.value.code == "display.none"
    with pytest.raises(EnvironmentFault):
        start.check_display({"DISPLAY": ":987"}, "linux")
    with pytest.raises(EnvironmentFault):
        start.check_display({"DISPLAY": "nonsense", "WAYLAND_DISPLAY": "nowhere"}, "linux")
    start.check_display({"QT_QPA_PLATFORM": "offscreen"}, "linux")
    start.check_display({}, "win32")


def test_the_window_opens_over_its_site_and_closes_without_a_trace(rooms: OpenRoom) -> None:
    before = threads()
    room = rooms("EMB")
    assert {"net", "window-reader"} <= threads() - before
    data = room.console.data
    room.close()
    left = {name for name in threads() - before if not name.startswith("plot-import")}
    assert not left
    with Node(Open(data, ManualClock(ms(START)))) as node:
        assert node.me.agency == "EMB"


def test_closing_twice_does_nothing_more(emb_room: Room) -> None:
    emb_room.close()
    emb_room.window.dispose()
    assert emb_room.console._closed


NOTHING_HEAVY = """
import sys
from pathlib import Path
import app.cli.main, app.bootstrap.window
from app.bootstrap.site_console import SiteConsole
from app.kernel.clock import SystemClock
from app.kernel.paths import DataDir
from app.ui import start
console = SiteConsole(DataDir(Path(sys.argv[1])), SystemClock())
app = start.application()
window = start.open_window(console)
from app.ui.shell import furniture
HEAVY = ("sqlalchemy", "alembic", "pyqtgraph", "numpy", "folium", "qasync", "websockets", "asyncio",
         "PySide6.QtWebEngineCore", "PySide6.QtMultimedia", "PySide6.QtNetwork",
         "html", "subprocess", "platformdirs", "logging.handlers", "pickle", "getpass",
         "app.ui.shell.header", "app.ui.shell.deeds", "app.ui.shell.ports", "app.ui.actions", "app.bootstrap.node",
         "app.bootstrap.window_backup", "app.domain.deadlines")
def bring(window):
    loaded = [name for name in HEAVY if name in sys.modules]
    ours = sum(name.partition(".")[0] in ("app", "db") for name in sys.modules)
    hooked = sys.modules["builtins"].__import__.__module__
    sys.stdout.write(f"loaded={loaded} rows={window.board.model.rowCount()} hooked={hooked} ours={ours}")
    real(window)
    window.first_painted.connect(window.close)
real, furniture.bring = furniture.bring, bring
window.closed.connect(app.quit)
window.resize(1200, 700)
window.show()
app.exec()
window.dispose()
console.close()
"""


OURS_MOST = 74  # modules of ours before the first paint; each costs 0.3 to 1 ms (docs/decisions/0040)


def test_the_board_paints_its_rows_before_anything_heavy_is_loaded(
    founded_town: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    shutil.copytree(founded_town[0] / "EMB", tmp_path / "EMB")
    with Node(Open(DataDir(tmp_path / "EMB"), ManualClock(ms(START)))) as node:
        register(Site(node, ManualClock(ms(START)), Agency.EMB, tmp_path))
    ran = subprocess.run(
        [sys.executable, "-c", NOTHING_HEAVY, str(tmp_path / "EMB")],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found, _, ours = ran.stdout.rpartition(" ours=")
    assert found == "loaded=[] rows=2 hooked=app.kernel.imports", ran.stderr
    assert int(ours) <= OURS_MOST


def test_a_key_is_heard_before_what_stands_around_the_board_has_come(
    rooms: OpenRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_window, "SEEN_MS", 3_600_000)
    room = rooms("EMB", wait=False)
    room.wait(lambda: room.board.feed.loaded and room.window._painted)
    heights = [room.board.height(), room.board.width()]
    assert not hasattr(room.window, "header")
    QTest.keyClick(room.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    room.wait(room.window.header.isVisible)
    room.wait(lambda: room.window.overlays.top_open() is not None)
    assert [room.board.height(), room.board.width()] == heights  # nothing has moved
    room.wait(lambda: room.console.opened.done() and room.window.desk is not None)


def test_a_window_closed_before_it_was_furnished_ends_without_a_trace(
    rooms: OpenRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_window, "SEEN_MS", 3_600_000)
    before = threads()
    room = rooms("EMB", wait=False)
    room.wait(lambda: room.window._painted)
    room.close()
    assert not threads() - before


def test_acts_asked_for_before_the_site_is_open_wait_for_it(rooms: OpenRoom) -> None:
    asked = []

    def early(console: SiteConsole) -> None:
        asked.append(console.sign_in("EMB-duty_officer", "correct-horse-1"))
        console.remember("early", [1])

    room = rooms("EMB", before=early)
    assert asked[0].result(5).name == "EMB-duty_officer"
    assert room.console.memory("early") == [1]


def test_a_console_already_running_is_told_in_the_window(rooms: OpenRoom, tmp_path: Path) -> None:
    held = []

    def hold(console: SiteConsole) -> None:
        held.append(hold_lock(console.data))

    room = rooms("EMB", before=hold, wait=False)
    room.wait(lambda: room.window.fault is not None)
    assert room.window.fault is not None and room.window.fault.code == "database.in_use"
    sheet = room.window.findChild(FaultSheet, "faultSheet")
    assert sheet is not None and "已在这个数据目录上运行" in sheet.sentence.text()
    window = room.window  # no board, no header: an empty one would say that nobody is on watch
    assert not any(part.isVisible() for part in (window.header, window.columns, window.strip, window.status))
    held[0].release()


def test_the_program_ends_with_its_window_and_says_how(
    founded_town: tuple[Path, dict[str, str]], tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.cli.asking import ask_running
    from app.ui.shell import map_host

    monkeypatch.setattr(map_host, "_PANEL", "app.ui.map.not_in_this_test")
    shutil.copytree(founded_town[0] / "EMB", tmp_path / "EMB")
    data = DataDir(tmp_path / "EMB")
    before = threads()

    def stop() -> None:
        for _ in range(200):
            if ask_running(data, {"call": "stop"}) is not None:
                return
            stopping.wait(0.05)

    stopping = threading.Event()
    asker = threading.Thread(target=stop, name="asker")
    asker.start()
    code = run_window(data, Realm.LIVE, SystemClock(), None)
    asker.join()
    assert code == 0
    assert not {name for name in threads() - before if not name.startswith("plot-import")}


def test_data_of_the_other_realm_is_refused(
    founded_town: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    shutil.copytree(founded_town[0] / "EMB", tmp_path / "EMB")
    before = threads()
    with pytest.raises(EnvironmentFault) as told:
        run_window(DataDir(tmp_path / "EMB"), Realm.EXERCISE, SystemClock(), None)
    assert told.value.code == "data.realm"
    assert threads() == before


def test_a_port_that_is_taken_costs_the_listening_and_nothing_else(rooms: OpenRoom) -> None:
    import socket

    from app.bootstrap.listening import Listening

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        def listen(console: SiteConsole) -> None:
            console._listen = Listening("127.0.0.1", port)

        room = rooms("EMB", before=listen)
        room.wait(room.console.troubles)
        room.tick()
        room.wait(lambda: any(alarm.kind == "trouble" for alarm in room.window.feeds.desk.standing))
        assert room.act(TakeWatch(post=Post.DUTY_OFFICER)).result["watch_id"]


KILLED = """
import os, signal, sys
from pathlib import Path
from app.bootstrap.site_console import SiteConsole
from app.kernel.clock import SystemClock
from app.kernel.paths import DataDir
console = SiteConsole(DataDir(Path(sys.argv[1])), SystemClock())
console.open()
console.remember("draft.register", {"what": "有人员被困", "at": 1})
console.sign_in("nobody", "wrong").exception()   # one thread: what was asked before is done
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_typed_survives_a_killed_console(
    founded_town: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    shutil.copytree(founded_town[0] / "EMB", tmp_path / "EMB")
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "EMB")], cwd=ROOT, timeout=60, check=False
    )
    assert ran.returncode == -signal.SIGKILL
    console = SiteConsole(DataDir(tmp_path / "EMB"), SystemClock())
    assert console.memory("draft.register") == {"what": "有人员被困", "at": 1}
    console.close()
