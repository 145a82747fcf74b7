"""Verbs of the 119 feed: hand in a file of alarms, play a file of fire calls, make a pack for an exercise on it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from app.cli import asking
from app.cli.given import clock_of, data_of
from app.kernel.clock import ManualClock, iso
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.paths import DataDir

Json = dict[str, Any]


@contextmanager
def _teller(data: DataDir, clock: Any) -> Iterator[Callable[[Any], Json]]:
    """Hands alarms to the running console, else to the site opened for as long as it takes."""
    if asking.ask_running(data, {"call": "feed"}) is not None:
        yield lambda alarm: asking.ask_open(data, {"call": "alarm", "alarm": alarm})
        return
    from app.bootstrap.node import open_node
    from app.bootstrap.requests import Desk

    with open_node(data.root, clock) as node:
        desk = Desk(node)
        yield lambda alarm: desk.answer({"call": "alarm", "alarm": alarm})


def feed(arguments: argparse.Namespace) -> Json:
    """Hand in every line; refused ones are kept by the site and named here by line."""

    try:
        lines = arguments.file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        raise EnvironmentFault(
            "file.unreadable", "fault.file.unreadable", path=str(arguments.file)
        ) from wrong
    refused, taken = [], 0
    with _teller(data_of(arguments), clock_of(arguments.clock)) as tell:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            answer = tell(_decoded(line))
            taken += bool(answer["ok"])
            if not answer["ok"]:
                refused.append({"line": number, **answer["error"]})
    return {"ok": True, "result": {"taken": taken, "rejected": refused}}


def _decoded(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line


def replay(arguments: argparse.Namespace) -> Json:
    """Play the file; with a console running on `--clock @FILE`, that file is moved along."""
    from app.exchange.feed.fire_calls import read_calls
    from app.exchange.feed.replay import Played, play

    try:
        day = date.fromisoformat(arguments.date) if arguments.date else None
    except ValueError as wrong:
        raise Refusal(ErrorCode.FORMAT, "refusal.command.input", field="date", problem=str(wrong)) from wrong
    reading = read_calls(arguments.file, day)
    clock, set_clock = _movable(arguments.clock)
    played = Played(calls=0)
    with _teller(data_of(arguments), clock) as tell:
        for total in play(reading, set_clock, lambda alarm: tell(dict(alarm)), arguments.speed):
            played = total
    counts = {"outcomes": dict(played.outcomes), "flags": dict(played.flags)}
    plain = {field.name: getattr(played, field.name) for field in fields(played)}
    return {"ok": True, "result": plain | counts}


def _movable(text: str | None) -> tuple[Any, Callable[[int], None]]:
    """A clock for the site opened here, and the way to move the one in the file."""
    clock = ManualClock(0)
    path = Path(text[1:]) if text and text.startswith("@") else None

    def set_clock(at_ms: int) -> None:
        clock.set(at_ms)
        if path is not None:
            fresh = path.with_name(path.name + ".new")
            fresh.write_text(iso(at_ms), "utf-8")
            fresh.replace(path)

    return clock, set_clock


def load_file(arguments: argparse.Namespace) -> Json:
    """Import a file; the request goes to the running console, else to the site opened here."""
    from app.cli.secrets import read_secret

    pairs = [text.partition("=") for text in arguments.column]
    if any(not mark or not column for _, mark, column in pairs):
        raise Refusal(ErrorCode.FORMAT, "refusal.command.input", field="column", problem="FIELD=COLUMN")
    request = {
        "call": "import",
        "kind": arguments.kind,
        "path": str(arguments.file.resolve()),
        "columns": {field: column for field, _, column in pairs},
        "encoding": arguments.encoding,
        "point_kind": arguments.point_kind,
        "dry_run": arguments.dry_run,
        "as": arguments.account,
        "password": read_secret(arguments.key_file, "Password: "),
    }
    return asking.ask(data_of(arguments), clock_of(arguments.clock), request)


def exercise_pack(arguments: argparse.Namespace) -> Json:
    """Write a district pack whose box is that of the file's points."""
    from app.exchange import packs
    from app.kernel.texts import RESOURCES

    if arguments.out.exists():
        raise EnvironmentFault("file.exists", "fault.file.exists", path=str(arguments.out))
    box = packs.extent(packs.points_of(arguments.file))
    template = (RESOURCES / "districts" / "310105.toml").read_text("utf-8")
    arguments.out.write_text(packs.with_extent(template, box, arguments.file.name), "utf-8")
    return {"ok": True, "result": {"file": str(arguments.out), "box": box}}
