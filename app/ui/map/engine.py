"""The web engine behind the map: profile, page, guard, channel; made when asked, taken apart in the right order.

Importing this module loads the web engine.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, QUrl, Signal
from PySide6.QtWebChannel import QWebChannel
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineProfile, QWebEngineSettings
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QWidget
from shiboken6 import delete

from app.ui.map.bridge import Bridge
from app.ui.map.scheme import HOST, INDEX, SCHEME, Guard, PageFiles, index_url, register_scheme

log = logging.getLogger(__name__)
_SILENCE_MS = 20_000
_SANDBOX = "QTWEBENGINE_DISABLE_SANDBOX"
_A = QWebEngineSettings.WebAttribute
_OFF = (
    _A.LocalStorageEnabled,
    _A.LocalContentCanAccessRemoteUrls,
    _A.LocalContentCanAccessFileUrls,
    _A.JavascriptCanOpenWindows,
    _A.JavascriptCanAccessClipboard,
    _A.PluginsEnabled,
    _A.PdfViewerEnabled,
    _A.FullScreenSupportEnabled,
    _A.ScreenCaptureEnabled,
    _A.WebGLEnabled,
    _A.AutoLoadIconsForPage,
    _A.ErrorPageEnabled,
    _A.HyperlinkAuditingEnabled,
    _A.DnsPrefetchEnabled,
    _A.NavigateOnDropEnabled,
    _A.ShowScrollBars,
    _A.SpatialNavigationEnabled,
)


def prepare() -> None:
    """What must hold before the first profile: the scheme is known, and root can start the engine at all.

    The engine ends the whole process when root starts it with its sandbox; a duty room does not work as root, a test
    machine may.
    """
    if hasattr(os, "geteuid") and os.geteuid() == 0 and os.environ.setdefault(_SANDBOX, "1") == "1":
        log.warning("running as root: the web engine starts without its sandbox")
    register_scheme()


class MapPage(QWebEnginePage):
    """The page: it stays where it is, opens nothing, asks nothing."""

    complaint = Signal(str)

    def acceptNavigationRequest(
        self, url: QUrl | str, kind: QWebEnginePage.NavigationType, main_frame: bool
    ) -> bool:
        """Only the page itself may be loaded."""
        del kind
        wanted = QUrl(url)
        own = wanted.scheme().encode() == SCHEME and wanted.host() == HOST and wanted.path() == f"/{INDEX}"
        return own and main_frame

    def javaScriptConsoleMessage(
        self, level: QWebEnginePage.JavaScriptConsoleMessageLevel, message: str, line: int, source: str
    ) -> None:
        """Complaints of the page go to the log without the text they quote, and to whoever listens."""
        if level != QWebEnginePage.JavaScriptConsoleMessageLevel.InfoMessageLevel:
            log.warning("map page: %s line %d", source.rpartition("/")[2], line)
            self.complaint.emit(message)

    def javaScriptAlert(self, origin: QUrl | str, text: str) -> None:
        """The page has nothing to say in a box."""

    def javaScriptConfirm(self, origin: QUrl | str, text: str) -> bool:
        """The page may ask nothing."""
        del origin, text
        return False


class Engine(QObject):
    """One running page. `ready` once it listens; `broken` with the text key of what went wrong."""

    ready = Signal()
    broken = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        prepare()
        self.view = QWebEngineView(parent)
        self.view.setAcceptDrops(False)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        # Off the record: nothing of the page is kept. The page is a child of the view and goes before the profile.
        self.profile = QWebEngineProfile()
        self.files = PageFiles(self.profile)
        self.guard = Guard(self.profile)
        self.profile.installUrlSchemeHandler(SCHEME, self.files)
        self.profile.setUrlRequestInterceptor(self.guard)
        self.page = MapPage(self.profile, self.view)
        self.profile.setParent(parent)
        for attribute in _OFF:
            self.page.settings().setAttribute(attribute, False)
        self.bridge = Bridge(self.page)
        channel = QWebChannel(self.page)
        channel.registerObject("bridge", self.bridge)
        self.page.setWebChannel(channel)
        self.view.setPage(self.page)
        self._silence = QTimer(self, singleShot=True, interval=_SILENCE_MS)
        self._silence.timeout.connect(lambda: self._break("ui.map.broken.silent"))
        self._alive, self._spoke = True, False
        self.bridge.page_begun.connect(self._begun)
        self.page.loadFinished.connect(self._loaded)
        self.page.renderProcessTerminated.connect(self._crashed)

    def begin(self, files: Mapping[str, bytes]) -> None:
        """Load the page, which is made of these files."""
        self.files.serve(files)
        self._silence.start()
        self.page.load(index_url())

    def tell(self, message: Mapping[str, Any]) -> None:
        """Send a message to the page as JSON."""
        if self._alive:
            self.bridge.message.emit(json.dumps(message, ensure_ascii=False, separators=(",", ":")))

    def close(self) -> None:
        """Take everything apart, the page before its profile; nothing is heard of it afterwards. Idempotent."""
        if not self._alive:
            return
        self._alive = False
        self._silence.stop()
        self.view.hide()
        for part in (self.page, self.view, self.profile):
            delete(part)

    def _begun(self) -> None:
        self._silence.stop()
        self._spoke = True
        self.ready.emit()

    def _loaded(self, well: bool) -> None:
        if not well and not self._spoke:  # later it is a refused attempt to go elsewhere
            self._break("ui.map.broken.page")

    def _crashed(self, status: QWebEnginePage.RenderProcessTerminationStatus, code: int) -> None:
        log.error("the map's renderer ended: %s, code %d", status.name, code)
        self._break("ui.map.broken.crashed")

    def _break(self, key: str) -> None:
        """Tell it later: whoever hears it takes the page apart, which is still speaking now."""
        self._silence.stop()
        QTimer.singleShot(0, self, lambda: self._tell_broken(key))

    def _tell_broken(self, key: str) -> None:
        if self._alive:
            self.broken.emit(key)
