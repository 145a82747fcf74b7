"""A day of fire calls told at FRD while the link is cut at random: in the end both rooms equal the file (IS-01, XC-02)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.cli.exits import Exit
from tests.cli.runner import CommandLine, free_port, paired_rooms, process, serve, until
from tests.cli.test_real_day import PATIENCE_S, REAL, REAL_IS_HERE, SYNTHETIC, held, rows, same
from tools.weather import weather

SEED = 20_170_101


@pytest.mark.parametrize(
    ("file", "date", "calls"),
    [
        pytest.param(SYNTHETIC, "2024-03-06", 40, id="synthetic"),
        pytest.param(REAL, "2017-01-01", 539, id="real", marks=REAL_IS_HERE),
    ],
)
def test_a_day_of_fire_calls_over_a_bad_line(
    call: CommandLine, tmp_path: Path, file: Path, date: str, calls: int
) -> None:
    """Cuts in mid-frame, refusals, bottlenecks, standstill all day long; nobody restarts anything."""
    clock = tmp_path / "clock"
    clock.write_text(f"{date}T00:00:00+08:00", "utf-8")
    timed = ("--clock", f"@{clock}")
    pack = tmp_path / "pack.toml"
    assert call("exercise-pack", file, pack).code == Exit.OK
    port = free_port()
    with weather([port], SEED) as ([dialled], over):
        rooms = paired_rooms(call, tmp_path, dialled, "--realm", "exercise", "--district-file", pack, *timed)
        emb, frd = rooms["EMB"], rooms["FRD"]
        with serve(emb, "--listen", f"127.0.0.1:{port}", *timed), serve(frd, *timed):
            over.blow()
            result = _play(frd, file, date, timed)
            over.calm()
            assert result["calls"] == result["outcomes"]["new"] == held(frd) == calls
            assert over.happened["cut"] + over.happened["cut in mid-frame"] + over.happened["refusal"] > 0
            until(lambda: same(emb, frd), "EMB has everything", PATIENCE_S)
            assert held(emb) == calls
    for data in rooms.values():
        assert rows(data, "SELECT count(*) FROM quarantine") == [(0,)]
        assert call("verify", "--data", data, *timed).json["damaged"] is False


def _play(frd: Path, file: Path, date: str, timed: tuple[str, str]) -> dict[str, Any]:
    """Tell the whole day, as fast as it is taken."""
    told = process("replay", file, "--date", date, "--speed", "0", "--data", frd, *timed, timeout=PATIENCE_S)
    assert told.code == Exit.OK, told.err
    result: dict[str, Any] = told.json["result"]
    return result
