"""A window with a real map panel, and means to ask its page and to wait on conditions."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEventLoop, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from app.ui.map.engine import Engine
from app.ui.map.panel import MapPanel
from app.ui.session import Session
from app.ui.theme.theme import Theme
from tests.ui.map_site import MapSite

PATIENCE_S = 30.0  # a busy machine is slow, a broken map is wrong: only the latter must fail
STEP_MS = 10


def ready_application() -> None:
    """What must hold before the one QApplication of the process; to be called while tests are collected."""
    os.environ.setdefault("QTWEBENGINE_CHROMIUM_FLAGS", "--disable-gpu")
    if QCoreApplication.instance() is None:
        QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)


def spin(ms: int) -> None:
    """Let events run."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def until(condition: Callable[[], Any], what: str = "") -> Any:
    """Wait until a condition holds; returns its value. AssertionError when it never does."""
    end = time.monotonic() + PATIENCE_S
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"did not happen: {what or condition}"
        spin(STEP_MS)


class Stage:
    """One window, one panel, one page."""

    def __init__(self, folder: Path, language: str = "zh_CN", code: str = "310105") -> None:
        self.site = MapSite(folder, language, code)
        self.theme = Theme("dark")
        self.session = Session(self.site)  # type: ignore[arg-type]
        self.window = QMainWindow()
        self.panel = MapPanel(self.site, self.session, self.theme)  # type: ignore[arg-type]
        self.window.setCentralWidget(self.panel)
        self.window.resize(1072, 908)
        self.complaints: list[str] = []
        self.acks: list[tuple[int, float]] = []

    def load(self) -> Stage:
        """Show the window, load the map and wait for it."""
        self.window.show()
        self.panel.begin()
        until(lambda: self.panel.host.listening, "the page listens")
        self.engine.page.complaint.connect(self.complaints.append)
        assert self.panel._feed is not None
        self.panel._feed.acknowledged.connect(lambda seq, ms: self.acks.append((seq, ms)))
        self.settle()
        return self

    def close(self) -> None:
        """Take everything apart."""
        self.panel.dispose()
        self.window.close()
        self.window.deleteLater()
        self.site.close()
        QApplication.sendPostedEvents()

    @property
    def engine(self) -> Engine:
        """The running engine."""
        engine = self.panel.host.engine
        assert engine is not None
        return engine

    @property
    def screen(self) -> QWidget:
        """What takes the mouse for the page."""
        proxy = self.engine.view.focusProxy()
        assert isinstance(proxy, QWidget)
        return proxy

    def js(self, expression: str) -> Any:
        """Value of an expression in the page."""
        found: list[str] = []
        self.engine.page.runJavaScript(f"JSON.stringify((() => ({expression}))())", 0, found.append)
        until(lambda: found, f"an answer to {expression}")
        return json.loads(found[0]) if found[0] else None

    def facts(self) -> dict[str, Any]:
        """What the page has painted."""
        found = self.js("duty.page.facts()")
        assert isinstance(found, dict)
        return found

    def settle(self) -> None:
        """Two frames: what was told is painted."""
        self.js(
            "(window.settled = 0, requestAnimationFrame(() => requestAnimationFrame(() => { settled = 1; })))"
        )
        until(lambda: self.js("settled"), "two frames")

    def where(self, key: str) -> QPoint:
        """Where the page has painted a record, in px of the view."""
        at = until(lambda: self.js(f"duty.live.where({json.dumps(key)})"), f"{key} on the map")
        return QPoint(round(at["x"]), round(at["y"]))

    def holds(self, key: str) -> bool:
        """Whether the page holds a record."""
        return bool(self.js(f"duty.live.items.has({json.dumps(key)})"))

    def click(self, point: QPoint, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        """A real click on the page."""
        QTest.mouseMove(self.screen, point)
        QTest.mouseClick(self.screen, button, Qt.KeyboardModifier.NoModifier, point)

    def tell(self, act: str, **content: Any) -> None:
        """Something the panel could tell the page."""
        self.panel.host.tell(act, **content)
        self.settle()
