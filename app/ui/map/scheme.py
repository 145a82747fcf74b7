"""The scheme `app://map`, from which alone the page is served, and the guard that lets nothing else through (MP-06).

Importing this module loads the web engine: only `engine` does so, and only when the map is shown.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from PySide6.QtCore import QBuffer, QByteArray, QFile, QIODevice, QObject, QUrl
from PySide6.QtWebEngineCore import (
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
    QWebEngineUrlRequestJob,
    QWebEngineUrlScheme,
    QWebEngineUrlSchemeHandler,
)

from app.ui.map.assets import media_type

log = logging.getLogger(__name__)
SCHEME = b"app"
HOST = "map"
INDEX = "index.html"
_CHANNEL = "qwebchannel.js"
_CHANNEL_SOURCE = ":/qtwebchannel/qwebchannel.js"
_KEPT = 200


def register_scheme() -> None:
    """Make the engine know the scheme; after QApplication, before the first profile of the process. Idempotent."""
    if QWebEngineUrlScheme.schemeByName(QByteArray(SCHEME)).name() == SCHEME:
        return
    scheme = QWebEngineUrlScheme(QByteArray(SCHEME))
    scheme.setSyntax(QWebEngineUrlScheme.Syntax.Host)
    scheme.setFlags(QWebEngineUrlScheme.Flag.SecureScheme)
    QWebEngineUrlScheme.registerScheme(scheme)


def index_url() -> QUrl:
    """Where the page begins."""
    return QUrl(f"{SCHEME.decode()}://{HOST}/{INDEX}")


def channel_script() -> bytes:
    """Qt's own side of the channel, from the resources of the Qt library."""
    source = QFile(_CHANNEL_SOURCE)
    if not source.open(QIODevice.OpenModeFlag.ReadOnly):
        raise FileNotFoundError(_CHANNEL_SOURCE)
    body = source.readAll().data()
    source.close()
    return bytes(body)


class PageFiles(QWebEngineUrlSchemeHandler):
    """Answers requests of the scheme from memory; what was asked for in vain stands in `missing`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files: dict[str, bytes] = {}
        self.missing: list[str] = []

    def serve(self, files: Mapping[str, bytes]) -> None:
        """Serve these files by name, and Qt's own side of the channel."""
        self._files = {**files, _CHANNEL: channel_script()}

    def requestStarted(self, job: QWebEngineUrlRequestJob) -> None:
        """Serve one file."""
        url = job.requestUrl()
        name = url.path().lstrip("/")
        body = self._files.get(name) if url.host() == HOST and job.requestMethod() == b"GET" else None
        if body is None:
            if len(self.missing) < _KEPT:
                self.missing.append(url.toString())
            job.fail(QWebEngineUrlRequestJob.Error.UrlNotFound)
            return
        buffer = QBuffer(job)
        buffer.setData(QByteArray(body))
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        job.reply(QByteArray(media_type(name).encode()), buffer)


class Guard(QWebEngineUrlRequestInterceptor):
    """Blocks and lists every request that is not for a file of the page: nothing leaves this machine."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.blocked: list[str] = []

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        """Look at one request."""
        url = info.requestUrl()
        if url.scheme().encode() == SCHEME and url.host() == HOST:
            return
        info.block(True)
        log.warning("the map page asked for something outside: scheme %s", url.scheme())
        if len(self.blocked) < _KEPT:
            self.blocked.append(url.toString())
