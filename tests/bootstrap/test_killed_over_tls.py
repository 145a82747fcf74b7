"""Two real consoles over mutual TLS, killed again and again under load: no acknowledged act is lost (QUALITY, Reliability).

Twenty rounds here, more by `KILL_ROUNDS=1000 pytest tests/bootstrap/test_killed_over_tls.py`. Moments are drawn from a seed;
what is checked does not depend on them.
"""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from app.bootstrap import pairing
from app.cli import asking
from app.cli.exits import Exit
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir
from tests.cli.runner import Served, process, serve, until
from tests.kit import PASSWORD, Site, Town

ROUNDS = int(os.environ.get("KILL_ROUNDS", "20"))
SEED = 20_250_714
LONGEST_S = 0.7
PATIENCE_S = 60.0


@dataclass
class Room:
    """One console as a process: its folder, its port, what it has acknowledged and what it was asked without an answer."""

    agency: str
    data: DataDir
    port: int
    acknowledged: dict[str, str] = field(default_factory=dict)  # place -> number
    unanswered: set[str] = field(default_factory=set)
    running: Served | None = None

    def start(self, stack: ExitStack) -> None:
        self.running = stack.enter_context(serve(self.data.root, "--listen", f"127.0.0.1:{self.port}"))

    def register(self, place: str) -> bool:
        """Ask for an incident; False when the console was gone before it answered."""
        arguments = {"received_at": "2026-01-01T08:00:00+08:00", "place": place, "late_confirmed": True}
        request = {
            "call": "do",
            "command": "register_incident",
            "arguments": arguments,
            "as": f"{self.agency}-duty_officer",
            "password": PASSWORD,
        }
        self.unanswered.add(place)
        try:
            answer = asking.ask_running(self.data, request)
        except EnvironmentFault:
            return False
        if answer is None:
            self.unanswered.discard(place)  # nobody was there to be asked
            return False
        assert answer["ok"], answer
        self.unanswered.discard(place)
        self.acknowledged[place] = answer["result"]["no"]
        return True

    def shows(self) -> dict[str, str]:
        """Place -> number of every incident on its board."""
        answer = asking.ask_running(self.data, {"call": "show", "query": "board"})
        assert answer is not None and answer["ok"], answer
        return {row["place"]: row["no"] for row in answer["rows"]}


@pytest.fixture
def pair(town: Town) -> Iterator[tuple[Room, Room]]:
    """Both rooms, paired, each dialling the other."""
    sites, ports = (town.emb, town.frd), [_free_port(), _free_port()]
    files = [pairing.identity_file(site.node, []) for site in sites]
    number = pairing.compare(town.emb.node, files[1]).number
    for site, other, port in zip(sites, files[::-1], ports[::-1], strict=True):
        pairing.confirm(site.node, other, number, site.admin, f"127.0.0.1:{port}")
        site.node.close()
    yield _room(sites[0], ports[0]), _room(sites[1], ports[1])


def _room(site: Site, port: int) -> Room:
    return Room(str(site.agency), site.node.data, port)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _round(number: int, victim: Room, other: Room, delay_s: float, stack: ExitStack) -> None:
    """Acts at both rooms until the victim is killed; then it opens again and has all it acknowledged."""
    assert victim.running is not None
    assassin = threading.Timer(delay_s, victim.running.kill)
    assassin.start()
    count = 0
    while victim.register(f"{victim.agency} {number}-{count}") or assassin.is_alive():
        other.register(f"{other.agency} {number}-{count} 对方")
        count += 1
    assassin.join()
    victim.start(stack)
    lost = victim.acknowledged.items() - victim.shows().items()
    assert not lost, f"round {number}: {lost}"


def test_killed_over_tls_no_acknowledged_act_is_lost(pair: tuple[Room, Room]) -> None:
    """kill -9 of either console while both act and exchange: nothing acknowledged is lost, both come to hold the same."""
    chance = random.Random(SEED)
    with ExitStack() as stack:
        for room in pair:
            room.start(stack)
        for number in range(ROUNDS):
            victim, other = pair if number % 2 else pair[::-1]
            _round(number, victim, other, chance.uniform(0.05, LONGEST_S), stack)
        wanted = {**pair[0].acknowledged, **pair[1].acknowledged}
        assert len(wanted) > ROUNDS, "killed at work, not before it"
        for room in pair:
            until(lambda room=room: wanted.items() <= room.shows().items(), "both hold all", PATIENCE_S)  # type: ignore[misc]
        until(lambda: pair[0].shows() == pair[1].shows(), "the same boards", PATIENCE_S)
        _check_numbers(pair[0].shows(), pair)
        for room in pair:
            assert room.running is not None and room.running.end() == Exit.OK
    for room in pair:
        assert process("verify", "--data", room.data.root).code == Exit.OK


def _check_numbers(board: dict[str, str], pair: tuple[Room, Room]) -> None:
    """D-20, D-35: a number was given once and never changed; the series has no hole but for acts that got no answer."""
    assert len(set(board.values())) == len(board)
    for room in pair:
        own = sorted(int(no.rsplit("-", 1)[1]) for no in board.values() if no.startswith(room.agency))
        assert own == list(range(1, len(own) + 1))
        extra = {place for place in board if place.startswith(room.agency)} - room.acknowledged.keys()
        assert extra <= room.unanswered
