"""The mark of a row in the real window: pending, at the partner's, pending again while the link is cut (REPLICATION, ACK)."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import pairing
from app.bootstrap.listening import Listening
from app.bootstrap.node import Node, Open
from app.bootstrap.site_console import SiteConsole
from app.kernel.clock import ManualClock, SystemClock
from app.kernel.enums import LinkState
from app.kernel.paths import DataDir
from app.ui.board.wording import Shown
from tests.kit import START, founded_town, ms, register
from tests.ui.window_kit import Open as OpenRoom
from tests.ui.window_kit import Room, rooms

__all__ = ["founded_town", "rooms"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def linked(
    founded_town: tuple[Path, dict[str, str]], rooms: OpenRoom, tmp_path: Path
) -> Iterator[tuple[Room, Room]]:
    """Both windows; FRD dials EMB over loopback."""
    port, admins = free_port(), founded_town[1]
    nodes = {}
    for agency in ("EMB", "FRD"):
        shutil.copytree(founded_town[0] / agency, tmp_path / "town" / agency)
        nodes[agency] = Node(Open(DataDir(tmp_path / "town" / agency), ManualClock(ms(START))))
    files = {agency: pairing.identity_file(node, []) for agency, node in nodes.items()}
    number = pairing.compare(nodes["EMB"], files["FRD"]).number
    pairing.confirm(nodes["EMB"], files["FRD"], number, admins["EMB"])
    pairing.confirm(nodes["FRD"], files["EMB"], number, admins["FRD"], f"127.0.0.1:{port}")
    for node in nodes.values():
        node.close()

    def real_time(listen: Listening | None) -> Any:
        def set_up(console: SiteConsole) -> None:
            console.clock = SystemClock()
            console._listen = listen

        return set_up

    here = rooms("EMB", before=real_time(Listening("127.0.0.1", port)))
    yield here, rooms("FRD", before=real_time(None))


def on_net(room: Room, work: Coroutine[Any, Any, None]) -> None:
    """Do something on the net loop of a console."""
    asyncio.run_coroutine_threadsafe(work, room.console._loop).result(30)


def linked_up(room: Room) -> bool:
    return [link.state for link in room.console.links()] == [LinkState.UP]


def row_of(room: Room, incident_id: str) -> Shown | None:
    """What the board paints of an incident."""
    at = room.board.model.place_of(incident_id)
    return None if at is None else room.board.model.shown(room.board.model.item(at))  # type: ignore[arg-type]


def test_marks_say_what_is_at_the_partners(linked: tuple[Room, Room]) -> None:
    """Registered here: at the partner's as soon as his console has it; with the link cut pending; back: at the partner's."""
    here, there = linked
    here.wait(lambda: linked_up(here) and linked_up(there))

    def word(incident_id: str) -> str:
        shown = row_of(here, incident_id)
        return shown.tick_word if shown is not None else ""

    here.site.clock.set(SystemClock().now_ms())
    first = register(here.site).id
    here.wait(lambda: word(first) == "已到对方")
    shown = row_of(here, first)
    assert shown is not None and shown.tick is not None and shown.tick[0] == "check"
    there.wait(lambda: row_of(there, first) is not None)
    service = here.console._service
    assert service is not None
    on_net(here, service.replication.set_peers(()))
    here.wait(lambda: not linked_up(here) and not linked_up(there))
    second = register(here.site, place="单方登记").id
    here.wait(lambda: word(second) == "待发")
    here.settle()
    assert (word(first), word(second)) == ("已到对方", "待发")
    shown = row_of(here, second)
    assert shown is not None and shown.tick is not None and shown.tick[0] == "ring-dashed"
    on_net(here, service._reload_peers())
    here.wait(lambda: word(second) == "已到对方")
    there.wait(lambda: row_of(there, second) is not None)
