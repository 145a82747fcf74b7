"""Duty in one process: python -m benchmarks.duty_trial FOLDER HOURS; the last line printed is JSON (see benchmarks/duty.py)."""

from __future__ import annotations

import gc
import json
import random
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.bootstrap.exercise import PASSWORD, make_pair
from app.bootstrap.site_console import SiteConsole
from app.kernel.clock import MINUTE_MS, ManualClock, SystemClock, from_ms
from app.kernel.enums import IncidentClass, IncidentStatus, VerifyState
from app.ui import start
from app.ui.shell import map_host
from app.ui.shell.main_window import MainWindow
from app.usecases.casualties import SetCasualties
from app.usecases.duty import WriteLogEntry
from app.usecases.incidents import ChangeIncident, RegisterIncident, SetIncidentStatus, VoidIncident
from benchmarks.board_data import words
from tools.duo import free_ports

OPEN, BUSIEST = 46, 25  # incidents open at once, changes in the busiest minute
TICK_MS, SIZE = 5, (1920, 1080)
MINUTES_OF_AN_HOUR = 60
LOCK_EACH_H, SHEET_EACH_MIN = 4, 7
SHEETS = ("alarms", "situation", "registers", "backup", "link_desk", "views", "watch")
PAGE_BYTES = 4_096


class Duty(QObject):
    """An officer at a window, one simulated minute after the other."""

    def __init__(self, window: MainWindow, console: SiteConsole, clock: ManualClock, hours: int) -> None:
        super().__init__()
        self._window, self._console, self._clock, self._hours = window, console, clock, hours
        self._chance, self._words = random.Random(72), words()
        self._open: deque[str] = deque()
        self._minute = self._waiting = 0
        self._began = time.monotonic()
        self._last = time.monotonic()
        self.told: dict[str, Any] = {"hours": [], "acts": [], "stalls": [0.0]}
        self._pulse = QTimer(self, interval=TICK_MS)
        self._pulse.setTimerType(Qt.TimerType.PreciseTimer)
        self._pulse.timeout.connect(self._beat)
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._step)

    def begin(self) -> None:
        """Sign in and go."""
        self._window.session.sign_in("chief", PASSWORD, self._started, lambda _error: False)

    def _started(self) -> None:
        self._pulse.start()
        self._last = time.monotonic()
        self._next.start()

    def _beat(self) -> None:
        now = time.monotonic()
        self.told["stalls"].append(max(0.0, (now - self._last) * 1000 - TICK_MS))
        self._last = now

    # -- a minute ------------------------------------------------------------------------------------------------------------
    def _step(self) -> None:
        if self._window.session.locked and not self._waiting:
            self._sign_in()
        if self._waiting:  # acts of the minute before are under way
            self._next.start(1)
            return
        self._clock.advance(60)
        self._window.pulse.second.emit(self._clock.now_ms())
        self._minute += 1
        for _ in range(self._changes()):
            self._act()
        if self._minute % SHEET_EACH_MIN == 0:
            self._look()
        if self._minute % MINUTES_OF_AN_HOUR == 0:
            self._note()
        if self._minute >= self._hours * MINUTES_OF_AN_HOUR:
            self.told["seconds"] = time.monotonic() - self._began
            QApplication.quit()
            return
        self._next.start()

    def _changes(self) -> int:
        """A quiet minute has one, one in a hundred has BUSIEST."""
        return BUSIEST if self._minute % 100 == 50 else self._chance.choice((0, 1, 1, 2, 3))  # noqa: PLR2004

    def _text(self) -> str:
        return "".join(self._chance.choices(self._words, k=self._chance.randint(3, 9)))

    def _act(self) -> None:
        chance, now = self._chance, from_ms(self._clock.now_ms())
        if len(self._open) < OPEN or chance.random() < 0.3:  # noqa: PLR2004
            self._do(RegisterIncident(received_at=now, class_code=IncidentClass.ACCIDENT, type_code="fire",
                                      place=self._text(), what=self._text()), self._registered)  # fmt: skip
        elif len(self._open) > OPEN:
            self._do(VoidIncident(incident_id=self._open.popleft(), reason=self._text()))
        else:
            incident = chance.choice(self._open)
            self._do(chance.choice(self._about(incident)))
            self._window.session.select_incident(incident)

    def _about(self, incident: str) -> list[Any]:
        """What may be done to one that is open."""
        state = self._chance.choice((IncidentStatus.HANDLING, IncidentStatus.CONTROLLED))
        deaths, verify = self._chance.randint(0, 9), VerifyState.VERIFYING
        return [
            ChangeIncident(incident_id=incident, what=self._text()),
            SetIncidentStatus(incident_id=incident, to=state),
            SetCasualties(incident_id=incident, deaths=deaths, verify_state=verify, source="119"),
            WriteLogEntry(text=self._text(), incident_id=incident),
        ]

    def _registered(self, done: Any) -> None:
        self._open.append(str(done.result["incident_id"]))

    def _do(self, command: Any, heard: Any = None) -> None:
        began = time.monotonic()
        self._waiting += 1

        def done(result: Any) -> None:
            self._waiting -= 1
            self.told["acts"].append((time.monotonic() - began) * 1000)
            if heard is not None:
                heard(result)

        def refused(_error: BaseException) -> bool:
            self._waiting -= 1
            return True

        if not self._window.session.act(command, done, refused):
            self._waiting -= 1

    def _look(self) -> None:
        """A sheet is opened, or what is open is put away; now and then the console is locked."""
        overlays = self._window.overlays
        name = SHEETS[self._minute // SHEET_EACH_MIN % len(SHEETS)]
        sheet: Any = getattr(overlays, name)
        overlays.dismiss_others(sheet)
        sheet.open()
        QTimer.singleShot(50, self, sheet.dismiss)
        if self._minute % (LOCK_EACH_H * MINUTES_OF_AN_HOUR) < SHEET_EACH_MIN:
            self._window.session.lock()

    def _sign_in(self) -> None:
        """Locked by hand, or because nobody has touched anything for some minutes of the clock."""
        self._waiting += 1
        self._window.session.sign_in("chief", PASSWORD, self._back, lambda _error: False)

    def _back(self) -> None:
        self._waiting -= 1

    def _note(self) -> None:
        gc.collect()
        rss = int(Path("/proc/self/statm").read_text("ascii").split()[1]) * PAGE_BYTES
        self.told["hours"].append(
            {
                "hour": self._minute / MINUTES_OF_AN_HOUR,
                "rss": rss,
                "files": len(list(Path("/proc/self/fd").iterdir())),
                "threads": threading.active_count(),
                "objects": len(self._window.findChildren(QObject)),
            }
        )
        self._last = time.monotonic()  # looking is no part of the duty


def main(arguments: list[str]) -> int:
    """Found a room, open its window, stand duty."""
    folder, hours = Path(arguments[0]), int(arguments[1])
    emb, _ = make_pair(folder, SystemClock(), free_ports())
    map_host._PANEL = "app.ui.map.not_here"  # the web engine is measured apart
    start.application()
    clock = ManualClock(SystemClock().now_ms() // MINUTE_MS * MINUTE_MS)
    console = SiteConsole(emb.data, clock)
    window = start.open_window(console)
    window.first_painted.connect(console.open)
    window.resize(*SIZE)
    window.show()
    duty = Duty(window, console, clock, hours)
    ready = QTimer(window, interval=50)

    def look() -> None:
        if console.opened.done() and window.desk is not None:
            ready.stop()
            duty.begin()

    ready.timeout.connect(look)
    ready.start()
    QApplication.exec()
    window.close()
    window.dispose()
    console.close()
    sys.stdout.write(json.dumps(duty.told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
