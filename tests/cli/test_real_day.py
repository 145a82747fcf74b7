"""One day of fire calls told at FRD while EMB follows over TLS: at the end both hold the same (IS-01, XC-02)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from app.cli.exits import Exit
from tests.cli.runner import Answer, CommandLine, Served, free_port, paired_rooms, process, serve, until

ROOT = Path(__file__).resolve().parents[2]
SYNTHETIC = ROOT / "tests" / "exchange" / "fixtures" / "fire_calls.csv"
REAL = ROOT.parent / "shared" / "data" / "incidents" / "sf_fire_calls_2016-12-31_2017-01.csv"
REAL_IS_HERE = pytest.mark.skipif(
    not REAL.exists(), reason="the real fire-call file in ../shared/data is not here"
)
SHARED_TABLES = ("incident", "alarm_unit", "entry", "log_entry", "watch", "quarantine")
PATIENCE_S = 240.0


def rows(data: Path, statement: str) -> list[Any]:
    """Rows of a site's database, which may be open elsewhere."""
    with closing(sqlite3.connect(f"file:{data / 'console.db'}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(statement).fetchall()


def held(data: Path) -> int:
    """How many incidents a site shows."""
    return int(rows(data, "SELECT count(*) FROM incident")[0][0])


@pytest.mark.parametrize(
    ("file", "date", "calls", "faults"),
    [
        pytest.param(SYNTHETIC, "2024-03-06", 40, 2, id="synthetic"),
        pytest.param(REAL, "2017-01-01", 539, 0, id="real", marks=REAL_IS_HERE),
    ],
)
def test_a_day_of_fire_calls(
    call: CommandLine, tmp_path: Path, file: Path, date: str, calls: int, faults: int
) -> None:
    """EMB is killed by the way and comes back; counts equal the file's, both records are whole."""
    clock = tmp_path / "clock"
    clock.write_text(f"{date}T00:00:00+08:00", "utf-8")
    timed = ("--clock", f"@{clock}")
    pack = tmp_path / "pack.toml"
    assert call("exercise-pack", file, pack).code == Exit.OK
    port = free_port()
    rooms = paired_rooms(call, tmp_path, port, "--realm", "exercise", "--district-file", pack, *timed)
    emb, frd = rooms["EMB"], rooms["FRD"]
    listening = ("--listen", f"127.0.0.1:{port}", *timed)
    with serve(frd, *timed):
        with serve(emb, *listening) as first:
            played = _play_beside(frd, file, date, timed, first, emb)
        assert played.code == Exit.OK, played.err
        result = played.json["result"]
        assert result["faults"] == faults
        assert result["calls"] == result["outcomes"]["new"] == held(frd) == calls
        with serve(emb, *listening):
            until(lambda: same(emb, frd), "EMB has everything", PATIENCE_S)
    for data in rooms.values():
        assert call("verify", "--data", data, *timed).json["damaged"] is False


def _play_beside(
    frd: Path, file: Path, date: str, timed: tuple[str, str], emb: Served, emb_data: Path
) -> Answer:
    """Play the file; EMB is killed as soon as it has seen some of the day."""
    answers: list[Answer] = []
    play = ("replay", file, "--date", date, "--speed", "0", "--data", frd, *timed)
    playing = Thread(target=lambda: answers.append(process(*play, timeout=PATIENCE_S)))
    playing.start()
    until(lambda: held(emb_data) > 0, "the board of EMB follows")
    emb.kill()
    playing.join(PATIENCE_S)
    return answers[0]


def same(one: Path, other: Path) -> bool:
    """Both databases hold the same shared rows."""
    return all(_content(one, table) == _content(other, table) for table in SHARED_TABLES)


def _content(data: Path, table: str) -> list[Any]:
    """All rows without their number on the shelf, which each site gives for itself."""
    columns = [name for _, name, *_ in rows(data, f"PRAGMA table_info({table})") if name != "n"]
    return sorted(rows(data, f"SELECT {', '.join(columns)} FROM {table}"), key=repr)
