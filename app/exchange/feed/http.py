"""Local authenticated POST: the 119 system on this machine hands in alarms as JSON; loopback only, bearer token."""

from __future__ import annotations

import hmac
import json
import logging
import re
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from app.exchange.feed.intake import FeedIntake
from app.kernel.errors import EnvironmentFault, Refusal

log = logging.getLogger(__name__)

PATH = "/alarms"
MAX_BODY_BYTES = 1 << 20
READ_TIMEOUT_S = 10
_LENGTH = re.compile(r"[0-9]{1,9}")  # str.isdigit takes digits that int does not
_SEVERITY = (
    HTTPStatus.OK,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


class FeedServer:
    """Serves POST /alarms on 127.0.0.1; use it with `with`. EnvironmentFault `port.taken` when the port is in use."""

    def __init__(self, intake: FeedIntake, token: str, port: int = 0) -> None:
        class Handler(_Handler):
            feed, secret = intake, token

        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        except OSError as wrong:
            raise EnvironmentFault("port.taken", "fault.port.taken", host="127.0.0.1", port=port) from wrong
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="feed", daemon=True)

    @property
    def port(self) -> int:
        """The port listened on."""
        return int(self._server.server_address[1])

    def __enter__(self) -> FeedServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    feed: FeedIntake
    secret: str
    timeout = READ_TIMEOUT_S
    server_version = "feed"
    sys_version = ""

    def do_POST(self) -> None:
        """One alarm or a list of them; the answer names what became of each."""
        if self.path != PATH:
            self._answer(HTTPStatus.NOT_FOUND, {"error": "path"})
            return
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.secret}".encode()):
            self._answer(HTTPStatus.UNAUTHORIZED, {"error": "token"})
            return
        length = self.headers.get("Content-Length", "")
        if not _LENGTH.fullmatch(length) or int(length) > MAX_BODY_BYTES:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"error": "length"})
            return
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            self._answer(HTTPStatus.BAD_REQUEST, {"error": "json"})
            return
        alarms = body if isinstance(body, list) else [body]
        results = [self._take(alarm) for alarm in alarms]
        worst = max((status for status, _ in results), key=_SEVERITY.index, default=HTTPStatus.OK)
        self._answer(worst, {"results": [result for _, result in results]})

    def _take(self, alarm: Any) -> tuple[HTTPStatus, Mapping[str, Any]]:
        try:
            return HTTPStatus.OK, self.feed.take(alarm)
        except Refusal as refusal:
            return HTTPStatus.UNPROCESSABLE_ENTITY, {"code": refusal.code.value, "field": refusal.field}
        except EnvironmentFault as fault:
            return HTTPStatus.SERVICE_UNAVAILABLE, {"code": fault.code, "field": None}
        except Exception:
            log.exception("an alarm failed")
            return HTTPStatus.INTERNAL_SERVER_ERROR, {"code": "failed", "field": None}

    def _answer(self, status: HTTPStatus, content: Mapping[str, Any]) -> None:
        data = json.dumps(content).encode()  # plain ASCII: a field may be named with half a character
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """No access log: paths and bodies of strangers have no place in ours."""
