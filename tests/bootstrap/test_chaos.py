"""Two consoles as processes at work behind cables in bad weather, drawn from a seed: in the end they hold the same (XC-02)."""

from __future__ import annotations

import os
import random
import time
from contextlib import ExitStack

from app.cli.exits import Exit
from tests.bootstrap.rooms import Room, paired
from tests.cli.runner import free_port, process, until
from tests.kit import Town
from tests.scenarios import general
from tools.weather import weather

SEED = int(os.environ.get("CHAOS_SEED", "20250802"))
ACTS = int(os.environ.get("CHAOS_ACTS", "70"))
PAUSE_S = 0.08
PATIENCE_S = 120.0
WORDS = ("厨房起火", "电器起火", "烟雾报警", "误报待核", "车辆起火")


def test_bad_weather_between_two_rooms(town: Town) -> None:
    """Delays, bottlenecks, standstill, cuts in mid-frame, refusals, connections that overtake each other; both rooms write on the
    same incidents meanwhile. When it is calm again both hold the same rows and the same conflicts, and nothing was lost."""
    ports = (free_port(), free_port())
    with weather(ports, SEED) as (dialled, over), ExitStack() as stack:
        rooms = paired((town.emb, town.frd), ports, dialled)
        for room in rooms:
            room.start(stack)
        over.blow()
        chance = random.Random(SEED)
        records = _at_work(rooms, chance)
        over.pulled()
        _disagree(rooms)
        over.blow()
        records |= _at_work(rooms, chance)
        over.calm()
        assert len(over.happened) > 5, over.happened
        until(lambda: general.business(rooms[0]) == general.business(rooms[1]), "the same rows", PATIENCE_S)
        assert rooms[0].shows() == rooms[1].shows()
        assert {**rooms[0].acknowledged, **rooms[1].acknowledged}.items() <= rooms[0].shows().items()
        assert rooms[0].rows("SELECT 1 FROM conflict LIMIT 1"), "both wrote while they were apart"
        for room in rooms:
            general.nothing_lost(room, records)
            assert room.running is not None
            assert not general.foreign_sockets(room.running.running.pid)
            assert room.running.end() == Exit.OK
    for room in rooms:
        assert process("verify", "--data", room.data.root).code == Exit.OK


def _disagree(rooms: list[Room]) -> None:
    """Cut off from each other, both write on an incident that both have and nobody disagrees about yet."""
    known = [
        {row["id"] for row in room.rows("SELECT id FROM incident WHERE conflicts = 0")} for room in rooms
    ]
    shared = sorted(known[0] & known[1])[0]
    for room in rooms:
        answer = room.do("change_incident", incident_id=shared, what=f"{room.agency} 记的情况")
        assert answer is not None and answer["ok"], answer


def _at_work(rooms: list[Room], chance: random.Random) -> dict[str, str]:
    """Registrations, changes of any incident in sight, log entries; ids of what was answered for."""
    records: dict[str, str] = {}
    for number in range(ACTS):
        room = chance.choice(rooms)
        kind = chance.random()
        ids = [row["id"] for row in room.rows("SELECT id FROM incident ORDER BY id")]
        if kind < 0.4 or not ids:
            assert room.register(f"{room.agency} {number}")
        elif kind < 0.8:  # refused where the two have come to disagree: that is settled by a person
            room.do("change_incident", incident_id=chance.choice(ids), what=chance.choice(WORDS))
        else:
            answer = room.do("write_log_entry", text=f"{number}")
            assert answer is not None and answer["ok"], answer
            records[answer["result"]["entry_id"]] = "log_entry"
        time.sleep(chance.uniform(0.0, PAUSE_S))
    return records
