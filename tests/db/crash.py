"""Killing real processes at random moments (QUALITY, Reliability): nothing acknowledged is lost, nothing is half there.

    python -m tests.db.crash --rounds 1000 [--seed N]

runs the three stories for as many rounds and prints their figures. SIGKILL takes the process, not the machine: what the
disk does at a power failure is SQLite's `synchronous=FULL`, not shown here.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.journal.acts import ActMaker
from app.journal.verify import verify
from db.examine import open_read_only
from tests.db.world import POLICY, Site, busy, found, introduce, reopen

BATCH = 40
LONGEST_S = 0.25


@dataclass
class Figures:
    """What a story measured."""

    rounds: int = 0
    acknowledged: int = 0
    unacknowledged: int = 0
    finished: int = 0
    reopen_ms: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        slow = sorted(self.reopen_ms)
        middle = f"{slow[len(slow) // 2]:.1f} ms, slowest {slow[-1]:.1f} ms" if slow else "-"
        return (
            f"{self.rounds} rounds, {self.acknowledged} acts acknowledged, {self.unacknowledged} durable without "
            f"acknowledgement, {self.finished} ended by themselves, reopened in {middle}"
        )


# -- what the children do -----------------------------------------------------------------------------------------------
def say(*words: object) -> None:
    """Acknowledge: one line, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def act(path: Path, start: int) -> None:
    """Author acts for ever: a log entry, then an incident with a log entry in one transaction, then two transactions at once."""
    site = reopen(path, "EMB")
    say("ready")
    number = start
    while True:
        number += 1
        maker = ActMaker(site.journal.state, "EMB")
        entry = maker.write("record", "log_entry", f"l{number}", {"text": "x" * 200, "at": number}, new=True)
        incident = maker.write(
            "record", "incident", f"i{number}", {"place": "a"}, new=True, entries={"alarm_grade": 1}
        )
        transactions = ([entry], [[*entry, *incident]], [entry, incident])[number % 3]
        site.journal.author(site.officer, transactions)
        say(number)


def receive(path: Path, peer: Path) -> None:
    """Take over a peer's chains in batches, one database transaction each, then stop."""
    other, site = reopen(peer, "EMB"), reopen(path, "FRD")
    say("ready")
    while True:
        known = {name: seq for name, (seq, _) in site.journal.vector().items()}
        batch = [tx for _, tx in other.journal.after(known, 10**9)][:BATCH]
        if not batch:
            return
        site.journal.receive(batch)
        say(json.dumps({name: seq for name, (seq, _) in site.journal.vector().items()}))


def rebuild(path: Path) -> None:
    """Project everything anew, for ever."""
    site = reopen(path, "EMB")
    say("ready")
    while True:
        site.journal.rebuild()
        say("rebuilt")


# -- killing them -------------------------------------------------------------------------------------------------------
def run_and_kill(delay_s: float, *arguments: object) -> tuple[list[str], bool]:
    """Start a child, kill it a while after it is ready; whole lines it said, and whether it had ended by itself."""
    command = [sys.executable, "-m", "tests.db.crash", "--child", *map(str, arguments)]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert child.stdout is not None and child.stderr is not None
    with child.stdout, child.stderr:
        ready = child.stdout.readline()
        try:
            child.wait(delay_s)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
        said, trouble = child.stdout.read(), child.stderr.read()
        code = child.wait()
    if ready != b"ready\n" or code not in (0, -signal.SIGKILL):
        raise RuntimeError(trouble.decode())
    return [line.decode() for line in said.split(b"\n")[:-1]], code == 0


@contextmanager
def reopened(path: Path, agency: str, figures: Figures) -> Iterator[Site]:
    """The site after a crash; the time until its journal can be used is noted."""
    begun = time.perf_counter()
    site = reopen(path, agency)
    figures.reopen_ms.append((time.perf_counter() - begun) * 1000)
    try:
        yield site
    finally:
        site.close()


def check(site: Site) -> None:
    """Everything that must hold after any crash."""
    report = verify(site.path, site.standpoint, POLICY)
    assert report.ok, report.as_dict()


def content(path: Path) -> list[str]:
    """All rows of a database as SQL, in an order of their own; late numbers of chains and rows aside.

    How the full-text index lays out its pages depends on what was written when, so those tables are left out.
    """
    connection = open_read_only(path)
    try:
        lines = (line for line in connection.iterdump() if line.startswith("INSERT"))
        return sorted(line for line in lines if "_grams" not in line.partition("VALUES")[0])
    finally:
        connection.close()


# -- the stories --------------------------------------------------------------------------------------------------------
def acting(folder: Path, rounds: int, chance: random.Random) -> Figures:
    """Kill a console that acts: every acknowledged act is there, each transaction whole, both of a pair or none."""
    figures, path = Figures(rounds), folder / "acting.db"
    found(path, "EMB").close()
    last = 0
    for _ in range(rounds):
        lines, _ = run_and_kill(chance.uniform(0, LONGEST_S), "act", path, last)
        acknowledged = [int(line) for line in lines]
        assert acknowledged == list(range(last + 1, last + 1 + len(acknowledged)))
        with reopened(path, "EMB", figures) as site:
            rows = site.journal.state.connection
            entries = {int(row[0][1:]) for row in rows.execute("SELECT id FROM log_entry")}
            incidents = {
                int(row[0][1:]) for row in rows.execute("SELECT id FROM incident WHERE alarm_grade = 1")
            }
            top = max(entries, default=0)
            assert entries == set(range(1, top + 1))
            assert incidents == {number for number in entries if number % 3}
            assert last + len(acknowledged) <= top <= last + len(acknowledged) + 1
            check(site)
        figures.acknowledged += len(acknowledged)
        figures.unacknowledged += top - last - len(acknowledged)
        last = top
    return figures


def receiving(folder: Path, rounds: int, chance: random.Random) -> Figures:
    """Kill a console that receives: what it acknowledged is projected, whole transactions only, and in the end all is there."""
    figures, path, peer = Figures(rounds), folder / "receiving.db", folder / "peer.db"
    emb, frd = found(peer, "EMB"), found(path, "FRD")
    introduce(emb, frd)
    introduce(frd, emb)
    busy(emb, frd)
    own = emb.journal.own_site
    empty = folder / "empty.db"
    frd.close()
    empty.write_bytes(path.read_bytes())
    while emb.journal.vector()[own][0] < 1500:
        number = emb.journal.vector()[own][0]
        maker = ActMaker(emb.journal.state, "EMB")
        transactions = [
            [*maker.write("record", "log_entry", f"r{number}-{n}-{m}", {"text": "x" * 100}, new=True), *extra]
            for n in range(50)
            for m, extra in enumerate(
                [maker.write("record", "log_entry", f"s{number}-{n}", {"text": "y"}, new=True)]
            )
        ]
        emb.journal.author(emb.officer, transactions)
    emb.close()
    whole = content(_received(folder / "whole.db", empty, peer))
    said: dict[str, int] = {}
    for _ in range(rounds):
        lines, done = run_and_kill(chance.uniform(0, LONGEST_S), "receive", path, peer)
        if lines:
            said = json.loads(lines[-1])
        with reopened(path, "FRD", figures) as site:
            vector = {name: seq for name, (seq, _) in site.journal.vector().items()}
            assert all(vector[name] >= seq for name, seq in said.items())
            check(site)
        figures.acknowledged += len(lines)
        if done:
            figures.finished += 1
            assert content(path) == whole
            path.unlink()
            path.write_bytes(empty.read_bytes())
            said = {}
    return figures


def _received(path: Path, empty: Path, peer: Path) -> Path:
    path.write_bytes(empty.read_bytes())
    other, site = reopen(peer, "EMB"), reopen(path, "FRD")
    other.tell(site)
    other.close()
    site.close()
    return path


def rebuilding(folder: Path, rounds: int, chance: random.Random) -> Figures:
    """Kill a console that projects anew: its rows are those of before, always."""
    figures, path = Figures(rounds), folder / "rebuilding.db"
    emb, frd = found(path, "EMB"), found(folder / "other.db", "FRD")
    introduce(emb, frd)
    introduce(frd, emb)
    busy(emb, frd)
    for number in range(300):
        emb.write("log_entry", f"r{number}", {"text": "x" * 100}, new=True)
    emb.close()
    frd.close()
    before = content(path)
    for _ in range(rounds):
        lines, _ = run_and_kill(chance.uniform(0, LONGEST_S), "rebuild", path)
        with reopened(path, "EMB", figures) as site:
            assert content(path) == before
            check(site)
        figures.acknowledged += len(lines)
    return figures


STORIES: dict[str, Callable[[Path, int, random.Random], Figures]] = {
    "acting": acting,
    "receiving": receiving,
    "rebuilding": rebuilding,
}
CHILDREN: dict[str, Callable[..., None]] = {"act": act, "receive": receive, "rebuild": rebuild}


def main(arguments: list[str]) -> int:
    """Run as a child, or run all stories and print their figures."""
    if arguments[:1] == ["--child"]:
        name, *rest = arguments[1:]
        CHILDREN[name](*(int(each) if each.isdigit() else Path(each) for each in rest))
        return 0
    parser = argparse.ArgumentParser(description="kill real processes at random moments")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    for name, story in STORIES.items():
        with tempfile.TemporaryDirectory(prefix="jdc-crash-") as folder:
            say(f"{name}:", story(Path(folder), options.rounds, random.Random(options.seed)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
