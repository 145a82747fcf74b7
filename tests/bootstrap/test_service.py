"""Sites at work in one process: links and their log rows, the local socket, the orderly end (JD-01, IS-01)."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import service as service_module
from app.bootstrap.listening import Listening
from app.bootstrap.local_socket import address_of
from app.bootstrap.node import Node, Open
from app.bootstrap.service import Service
from app.cli import asking
from app.kernel.clock import SystemClock
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir
from app.queries import incidents
from app.usecases.incidents import RegisterIncident
from tests.bootstrap.linked import both, log_of, until, up
from tests.kit import PASSWORD, Site, Town, moment


def test_first_link_up_is_no_recovery(town: Town) -> None:
    """JD-01: the first connection is told as such, a later one with the length of the cut; both logs show both sides' rows."""

    async def story() -> None:
        async with both(town) as (listening, dialling):
            await until(lambda: up(listening) and up(dialling), "link up")
            await until(lambda: len(log_of(town.emb)) == 2, "both notes here")
            assert set(log_of(town.emb)) == {
                "与消防支队的数据链路已接通（启动后首次）。",
                "与应急局的数据链路已接通（启动后首次）。",
            }
            await dialling.replication.set_peers(())
            await until(lambda: not up(listening), "link down")
            await until(lambda: any("中断，此前畅通" in text for text in log_of(town.emb)), "note of the cut")
            town.at("08:42:00")
            await dialling._reload_peers()
            await until(lambda: up(listening), "link up again")
            await until(lambda: any("恢复，中断 2520 秒" in text for text in log_of(town.emb)), "recovery")
        assert not any("0 秒" in text and "2520" not in text and "恢复" in text for text in log_of(town.emb))

    asyncio.run(story())


def test_act_here_appears_there(town: Town) -> None:
    """IS-01: an incident of one room stands on the other's board; the console's own end is no cut of the link."""

    async def story() -> None:
        async with both(town) as (listening, dialling):
            await until(lambda: up(listening) and up(dialling), "link up")
            command = RegisterIncident(received_at=moment("08:00:00"), place="虹桥街道某商场")
            done = await asyncio.to_thread(town.frd.node.execute, command, town.frd.account("duty_officer"))
            no = done.result["no"]
            row = await until(
                lambda: town.emb.node.read(lambda c: incidents.incident_by_no(c, no)),
                "row on the other board",
            )
            assert row.place == "虹桥街道某商场"
        notes = [log_of(site) for site in (town.emb, town.frd)]
        assert all("首次" in text for texts in notes for text in texts), notes

    asyncio.run(story())


# -- the local socket ------------------------------------------------------------------------------------------------------
async def raw(site: Site, line: bytes) -> bytes:
    """What the socket answers to bytes."""
    with address_of(site.node.data.socket) as address:
        reader, writer = await asyncio.open_unix_connection(address)
    writer.write(line)
    if line:
        await writer.drain()
    else:
        writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


def test_requests_over_the_socket(emb: Site) -> None:
    """REPLICATION, Threads: with a console open, the command line reaches it; the socket is nobody else's."""

    async def story() -> None:
        async with Service(emb.node) as service:
            path = emb.node.data.socket
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            request = {
                "call": "do",
                "as": "EMB-duty_officer",
                "password": PASSWORD,
                "command": "write_log_entry",
                "arguments": {"text": "记事"},
            }
            answer = await asyncio.to_thread(asking.ask_running, emb.node.data, request)
            assert answer is not None and answer["ok"] is True
            links = await asyncio.to_thread(
                asking.ask_running, emb.node.data, {"call": "show", "query": "links"}
            )
            assert links == {"ok": True, "rows": []}
            assert not service.stop.is_set()
            stopped = await asyncio.to_thread(asking.ask_running, emb.node.data, {"call": "stop"})
            assert stopped == {"ok": True}
            await asyncio.wait_for(service.stop.wait(), 5)
        assert not path.exists()

    asyncio.run(story())


@pytest.mark.parametrize(
    "line", [b"\n", b"hello\n", b"[]\n", b"7\n", b"[" * 50_000 + b"\n", b"x" * (2 << 20), b""]
)
def test_garbage_on_the_socket_is_answered(emb: Site, line: bytes) -> None:
    """XC-01: an answer, and the next request works."""

    async def story() -> None:
        async with Service(emb.node):
            try:
                answer = await raw(emb, line)
            except ConnectionError:
                answer = b""  # the rest of an endless line is not read
            if answer:
                assert json.loads(answer)["error"]["code"] == "E_FORMAT"
            good = await raw(emb, b'{"call": "show", "query": "board"}\n')
            assert json.loads(good)["ok"] is True

    asyncio.run(story())


def test_bug_in_a_request_is_logged_and_the_console_lives(
    emb: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure is logged, never dropped; whoever asked is told that there was no answer."""

    async def story() -> None:
        async with Service(emb.node) as service:

            def broken(request: dict[str, Any]) -> dict[str, Any]:
                raise RuntimeError("a bug")

            with monkeypatch.context() as patch:
                patch.setattr(service.desk, "answer", broken)
                with pytest.raises(EnvironmentFault) as fault:
                    await asyncio.to_thread(asking.ask_running, emb.node.data, {"call": "show"})
            assert fault.value.code == "console.silent"
            good = await asyncio.to_thread(
                asking.ask_running, emb.node.data, {"call": "show", "query": "watch"}
            )
            assert good == {"ok": True, "rows": []}

    asyncio.run(story())
    assert "a local request was not answered" in caplog.text


def test_stale_socket_of_a_killed_console(emb: Site) -> None:
    """REPLICATION, Threads: a file nobody listens on is no console; the next one replaces it."""
    path = emb.node.data.socket
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    dead.bind(str(path))
    dead.close()
    assert path.exists()
    assert asking.ask_running(emb.node.data, {"call": "stop"}) is None

    async def story() -> None:
        async with Service(emb.node):
            answer = await asyncio.to_thread(
                asking.ask_running, emb.node.data, {"call": "show", "query": "board"}
            )
            assert answer == {"ok": True, "rows": []}

    asyncio.run(story())
    assert asking.ask_running(emb.node.data, {"call": "stop"}) is None


def test_socket_in_a_deep_folder(emb: Site, tmp_path: Path) -> None:
    """XC-01: a long path of the data folder (Chinese names count three times) keeps nobody from working."""
    emb.node.close()
    deep = tmp_path / ("长宁区应急管理局值班室数据" * 4)
    shutil.copytree(emb.node.data.root, deep)
    node = Node(Open(DataDir(deep), SystemClock()))
    assert len(os.fsencode(node.data.socket)) > 150

    async def story() -> None:
        async with Service(node):
            answer = await asyncio.to_thread(
                asking.ask_running, node.data, {"call": "show", "query": "board"}
            )
            assert answer == {"ok": True, "rows": []}

    asyncio.run(story())
    node.close()
    emb.node = Node(Open(emb.node.data, emb.clock))


def test_socket_that_cannot_be_made(emb: Site) -> None:
    """XC-01: told as what it is; nothing keeps running."""
    emb.node.data.socket.mkdir()

    async def story() -> None:
        with pytest.raises(EnvironmentFault) as fault:
            async with Service(emb.node):
                pass
        assert fault.value.code == "data.unwritable"

    asyncio.run(story())
    emb.node.data.socket.rmdir()


def test_port_that_is_taken(emb: Site) -> None:
    """XC-01: told by name; the local work would go on without it."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        async def story() -> None:
            with pytest.raises(EnvironmentFault) as fault:
                async with Service(emb.node, Listening("127.0.0.1", port)):
                    pass
            assert fault.value.code == "port.taken"

        asyncio.run(story())
    assert not emb.node.data.socket.exists()


# -- the orderly end -------------------------------------------------------------------------------------------------------
@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """An end that waits less long."""
    monkeypatch.setattr(service_module, "LAST_WORDS_S", 0.3)
    monkeypatch.setattr(service_module, "LAST_ANSWERS_S", 0.5)


def test_everybody_who_asked_before_the_end_gets_an_answer(
    emb: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XC-01: requests under way are finished, and whoever was let in but had not yet asked is answered too."""
    asked, go_on = threading.Event(), threading.Event()

    async def story() -> None:
        service = Service(emb.node)
        answer = service.desk.answer

        def slow(request: dict[str, Any]) -> dict[str, Any]:
            asked.set()
            assert go_on.wait(10)
            return answer(request)

        monkeypatch.setattr(service.desk, "answer", slow)
        line = b'{"call": "show", "query": "watch"}\n'
        await service.__aenter__()
        callers = [asyncio.create_task(raw(emb, line)) for _ in range(3)]
        with address_of(emb.node.data.socket) as address:
            late_reader, late_writer = await asyncio.open_unix_connection(address)
        await asyncio.to_thread(asked.wait, 10)
        end = asyncio.create_task(service.__aexit__())
        await until(lambda: not emb.node.data.socket.exists(), "nobody is let in any more")
        late_writer.write(line)
        await asyncio.sleep(0.05)
        assert not end.done()
        go_on.set()
        answers = [*await asyncio.gather(*callers), await late_reader.read()]
        late_writer.close()
        await end
        assert [json.loads(one) for one in answers] == [{"ok": True, "rows": []}] * 4

    asyncio.run(story())


def test_nobody_holds_up_the_end(
    emb: Site, brief: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """XC-01: a caller who never asks, and a request that never ends, cost seconds and no more."""
    go_on = threading.Event()

    async def story() -> None:
        service = Service(emb.node)

        def endless(request: dict[str, Any]) -> dict[str, Any]:
            assert go_on.wait(30)
            return {}

        monkeypatch.setattr(service.desk, "answer", endless)
        async with service:
            asking_one = asyncio.create_task(raw(emb, b"{}\n"))
            with address_of(emb.node.data.socket) as address:
                reader, writer = await asyncio.open_unix_connection(address)
            await until(lambda: len(service._asked) == 1 and len(service._callers) == 2, "both are in")
        assert (await reader.read(), await asking_one) == (b"", b"")
        writer.close()
        go_on.set()

    asyncio.run(story())
    assert caplog.text.count("a local caller was cut off by the end") == 2
    assert "Exception in callback" not in caplog.text
