"""The cable of `make duo` and `make tour`: pulled, nothing passes; put back, everything does."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from tools.cables import cables
from tools.duo import pull_at_enter


class Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line)


@pytest.fixture
def echo() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()


def answered(port: int) -> bytes:
    """What comes back over a fresh connection; nothing when the cable is pulled."""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        line.settimeout(10)
        return said(line, b"hello\n")


def said(line: socket.socket, words: bytes) -> bytes:
    """The echo of some words; nothing when the line has ended."""
    try:
        line.sendall(words)
        return line.recv(16)
    except ConnectionError:
        return b""


def test_a_pulled_cable_cuts_what_is_open_and_lets_nothing_new_through(echo: int) -> None:
    with cables((echo, echo)) as (ports, pull):
        assert [answered(port) for port in ports] == [b"hello\n", b"hello\n"]
        with socket.create_connection(("127.0.0.1", ports[0]), 10) as line:
            line.settimeout(10)
            assert said(line, b"one\n") == b"one\n"
            pull(True)
            assert said(line, b"two\n") == b""
        assert [answered(port) for port in ports] == [b"", b""]
        pull(False)
        assert [answered(port) for port in ports] == [b"hello\n", b"hello\n"]


def test_a_taken_port_is_told_and_leaves_no_thread(echo: int) -> None:
    before = threading.active_count()
    with pytest.raises(OSError, match="in use"), cables((echo, echo), (0, echo)):
        pass
    assert threading.active_count() == before


def test_enter_pulls_and_puts_back_in_turn() -> None:
    pulled: list[bool] = []
    said: list[str] = []
    pull_at_enter(["\n", "\n", "\n"], pulled.append, said.append)
    assert pulled == [True, False, True]
    assert said[0] == said[2] != said[1]
