"""Two consoles as processes with their windows, paired, with a cable in each direction that can be pulled.

Acts go in through the local socket; what a console holds is read from its database, what it shows from its window.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from app.bootstrap import pairing
from app.bootstrap.node import Node, Open
from app.cli import asking
from app.kernel.clock import ManualClock, iso
from app.kernel.enums import AccountKind, Agency, Role
from app.kernel.paths import DataDir
from app.local import credentials
from app.queries import accounts
from app.usecases.accounts import CreateAccount
from tests.cli.runner import free_port
from tests.kit import CHEAP_HASHER, DAY, PASSWORD, Site, found_site, meet, ms, people, sync
from tools.cables import cables

PATIENCE_S = 60.0
# Consoles are forked from a process that has loaded the program and done nothing with it: loading is most of a start.
CONSOLES: Any = multiprocessing.get_context("forkserver")
CONSOLES.set_forkserver_preload(
    [
        "tests.scenarios.duo",
        "tests.scenarios.room",
        "app.bootstrap.node",
        "app.bootstrap.service",
        "app.ui.desk.page",
        "app.ui.links.panel",
        "app.ui.shell.sign_in",
    ]
)
TOGETHER = "both.clock"  # the clocks of both rooms, unless one of them was set alone
EXPIRED = "expired"  # an account whose period has ended, at either console


def _console(*given: Any) -> None:
    """What the forked process does; Qt stays out of the process that asks."""
    from tests.scenarios.room import run

    run(*given)


class Gone(Exception):
    """A console did not answer."""


def until(true: Callable[[], Any], what: str, patience_s: float = PATIENCE_S, pause_s: float = 0.03) -> Any:
    """Wait for a condition; its value. AssertionError with its name when it does not come."""
    end = time.monotonic() + patience_s
    while not (value := true()):
        if time.monotonic() > end:
            raise AssertionError(f"never: {what}")
        time.sleep(pause_s)
    return value


def _write_clock(file: Path, at_ms: int) -> None:
    """In one step: whoever reads finds the old moment or the new one."""
    beside = file.with_suffix(".new")
    beside.write_text(iso(at_ms), "utf-8")
    beside.replace(file)


@dataclass
class Room:
    """One console: its folder, its clock, the process that holds it."""

    agency: str
    data: DataDir
    clock_file: Path
    port: int
    admin: str
    process: BaseProcess | None = None
    line: Connection | None = None
    outside: list[str] = field(default_factory=list)

    # -- the process -------------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Open the console and its window; it is ready when `wait_ready` returns."""
        self.line, theirs = CONSOLES.Pipe()
        where = (str(self.data.root), str(self.clock_file), f"127.0.0.1:{self.port}")
        self.process = CONSOLES.Process(
            target=_console, args=(*where, theirs, str(self._errors)), daemon=True
        )
        self.process.start()
        theirs.close()

    @property
    def _errors(self) -> Path:
        return self.data.root.parent / f"{self.agency}.err"

    def wait_ready(self) -> None:
        """Wait until window, site and network are there."""
        try:
            until(lambda: self.ask("ready"), f"{self.agency} is ready")
        except AssertionError as never:
            os.kill(self.pid, signal.SIGUSR1)  # it says where its threads stand
            time.sleep(1.0)
            raise AssertionError(self.said_wrong()) from never

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self.process is not None and self.process.pid is not None
        return self.process.pid

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self._gone()

    def stop(self) -> None:
        """Ask it to end, as the officer does in the evening; what it reached outside this machine is remembered."""
        if self.process is None:
            return
        self.outside += self.ask("outside")
        asking.ask_running(self.data, {"call": "stop"})
        self.process.join(PATIENCE_S)
        assert self.process.exitcode == 0, (self.process.exitcode, self.said_wrong())
        self._gone()

    def end(self) -> None:
        """Leave nothing running, however it stands."""
        if self.process is not None:
            self.process.kill()
            self._gone()

    def _gone(self) -> None:
        assert self.process is not None and self.line is not None
        self.process.join()
        self.process.close()
        self.line.close()
        self.process = self.line = None

    def said_wrong(self) -> str:
        """What the process wrote on standard error."""
        return self._errors.read_text("utf-8", "replace")[-12_000:] if self._errors.exists() else ""

    # -- questions ---------------------------------------------------------------------------------------------------------
    def ask(self, what: str, **more: Any) -> Any:
        """Ask the window's process."""
        assert self.line is not None
        try:
            self.line.send({"ask": what, **more})
            if not self.line.poll(PATIENCE_S):
                raise Gone(f"{self.agency} does not answer: {what}\n{self.said_wrong()}")
            return self.line.recv()
        except (BrokenPipeError, ConnectionResetError, EOFError) as gone:
            raise Gone(self.said_wrong()) from gone

    def sit_down(self, who: str = "duty_officer") -> None:
        """The officer at the window."""
        until(
            lambda: self.ask("sign_in", name=f"{self.agency}-{who}", password=PASSWORD),
            f"{who} sits at {self.agency}",
        )

    def texts(self, incident: str | None = None) -> list[str]:
        """What the window paints, with the desk of an incident open or without."""
        lines: list[str] = self.ask("texts", incident=incident)
        return lines

    def request(self, request: dict[str, Any]) -> dict[str, Any]:
        """Through the local socket."""
        answer = asking.ask_running(self.data, request)
        if answer is None:
            raise Gone(self.said_wrong())
        return answer

    def do(self, who: str, command: str, **arguments: Any) -> dict[str, Any]:
        """Carry out a command as a role of this agency (its account is called AGENCY-role)."""
        request = {"call": "do", "command": command, "arguments": arguments, "as": f"{self.agency}-{who}"}
        return self.request({**request, "password": PASSWORD})

    def set_clock(self, at_ms: int) -> None:
        """Set this console's clock alone: from then on it is its own."""
        _write_clock(self.clock_file, at_ms)

    def connect(self) -> sqlite3.Connection:
        """A connection to its database that cannot write."""
        return sqlite3.connect(f"file:{self.data.database}?mode=ro", uri=True, timeout=10)

    def rows(self, statement: str, *given: Any) -> list[dict[str, Any]]:
        """Rows of its database, by name."""
        with closing(self.connect()) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement, given)]


@dataclass
class Duo:
    """Both consoles and the cable between them."""

    emb: Room
    frd: Room
    pull: Callable[[bool], None]
    up: bool = True

    @property
    def both(self) -> tuple[Room, Room]:
        """EMB, FRD."""
        return self.emb, self.frd

    def room(self, agency: str) -> Room:
        """A console by its agency."""
        return {"EMB": self.emb, "FRD": self.frd}[agency]

    def other(self, room: Room) -> Room:
        """Its partner."""
        return self.frd if room is self.emb else self.emb

    def set_clocks(self, at_ms: int) -> None:
        """Both clocks at once: were one set before the other, both consoles would note that they are apart (D-24)."""
        _write_clock(self.emb.clock_file.with_name(TOGETHER), at_ms)
        for room in self.both:
            if not room.clock_file.is_symlink():
                room.clock_file.unlink(missing_ok=True)
                room.clock_file.symlink_to(TOGETHER)

    def set_link(self, up: bool) -> None:
        """Put the cable back, or pull it; returns when both consoles know and have entered it into their logs."""
        before = [self._notes(room) for room in self.both]
        self.pull(not up)
        self.up = up
        self._noted(before, "up" if up else "down")
        if up:
            self.settle()

    def _noted(self, before: list[int], what: str) -> None:
        for room, known in zip(self.both, before, strict=True):
            until(
                lambda room=room, known=known: self._notes(room) > known,  # type: ignore[misc]
                f"{room.agency} has noted that the link is {what}",
            )

    def _notes(self, room: Room) -> int:
        """Entries a console has made itself about its links."""
        statement = "SELECT count(*) AS n FROM log_entry WHERE kind = 'link' AND agency = ?"
        return int(room.rows(statement, room.agency)[0]["n"])

    def start(self) -> None:
        """Open both; unless the cable is pulled, wait for the link and for what both enter into their logs about it."""
        before = [self._notes(room) for room in self.both]
        for room in self.both:
            room.start()
        for room in self.both:
            room.wait_ready()
            room.sit_down()
        if self.up:
            self._noted(before, "up")
            self.settle()

    def restart(self) -> None:
        """Both consoles end and are opened again."""
        for room in self.both:
            room.stop()
        self.start()

    def kill_and_restart(self, room: Room) -> None:
        """kill -9 of one console; it is opened again."""
        room.outside += room.ask("outside")
        room.kill()
        room.start()
        room.wait_ready()
        room.sit_down()

    def settle(self) -> None:
        """While the link is up: wait until both hold the same chains, and each knows that the other does."""
        if self.up:
            until(lambda: self.held(self.emb) == self.held(self.frd), "both hold the same")
            self._know(self.emb, self.frd)
            self._know(self.frd, self.emb)

    def _know(self, room: Room, other: Room) -> None:
        """Wait until a console knows that the other holds its chain."""
        until(
            lambda: self.known(room, other) == self.own_end(room),
            f"{room.agency} knows what {other.agency} holds of it",
        )

    def own_end(self, room: Room) -> int:
        """How far a console's own chain reaches."""
        (row,) = room.rows("SELECT max(o.seq) AS n FROM op o JOIN self s ON s.site = o.site")
        return int(row["n"])

    def known(self, room: Room, other: Room) -> int:
        """How far of its own chain a console knows the other to hold it."""
        (there,) = other.rows("SELECT site FROM self")
        sql = "SELECT a.seq AS n FROM peer_ack a JOIN self s ON s.site = a.site WHERE a.peer = ?"
        return max((row["n"] for row in room.rows(sql, there["site"])), default=0)

    def held(self, room: Room) -> dict[str, int]:
        """Site -> how far its chain reaches here."""
        return {
            row["site"]: row["n"] for row in room.rows("SELECT site, max(seq) AS n FROM op GROUP BY site")
        }


# -- founding --------------------------------------------------------------------------------------------------------------
def found_two(folder: Path, day: str) -> None:
    """Both sites, empty, with an account for every role, paired over two ports that `duo` chooses: done once for each day."""
    with cheap_hasher():
        sites = [found_site(folder, agency, start="00:00:00") for agency in (Agency.EMB, Agency.FRD)]
        for site in sites:
            site.clock.set(ms("00:00:00", day))
        for site in sites:
            people(site)
            _expired(site)
        meet(sites[0], sites[1])
        meet(sites[1], sites[0])
        sync(*sites)
        for site in sites:
            names = [f"{site.agency}-{role}" for role in Role if role is not Role.CONSOLE]
            for name in [*names, f"{site.agency}-{EXPIRED}"]:
                site.node.set_password(site.account(name), PASSWORD, site.admin)
        sync(*sites)
        for site in sites:
            site.node.close()


def _expired(site: Site) -> None:
    """An account whose period ends with the first second of the day: one that is over already is refused (CM-04)."""
    made = CreateAccount(
        name=f"{site.agency}-{EXPIRED}",
        title="已过期",
        roles=[Role.OBSERVER],
        kind=AccountKind.PERSON,
        valid_to=_moment(site.clock.now_ms() + 1_000),
    )
    site.node.execute(made, site.admin)


def _moment(at_ms: int) -> Any:
    from app.kernel.clock import from_ms

    return from_ms(at_ms)


@contextmanager
def cheap_hasher() -> Iterator[None]:
    """Password verifiers that cost next to nothing to make; to check them costs what was chosen when they were made."""
    before = credentials._HASHER
    credentials._HASHER = CHEAP_HASHER
    try:
        yield
    finally:
        credentials._HASHER = before


@contextmanager
def duo(founded: Path, folder: Path, day: str = DAY) -> Iterator[Duo]:
    """Copies of two founded sites, paired, each dialling the other through a cable of its own; nothing is left running."""
    shutil.copytree(founded, folder)
    ports = free_port(), free_port()
    with ExitStack() as ends:
        dialled, pull = ends.enter_context(cables(ports))
        rooms = []
        sites = [_open(folder, agency, day) for agency in (Agency.EMB, Agency.FRD)]
        _pair(sites, dialled)
        for site, port in zip(sites, ports, strict=True):
            site.node.close()
            clock_file = folder / f"{site.agency}.clock"
            rooms.append(Room(str(site.agency), site.node.data, clock_file, port, site.admin))
            ends.callback(rooms[-1].end)
        both = Duo(rooms[0], rooms[1], pull)
        both.set_clocks(ms("00:00:00", day))
        yield both


def _open(folder: Path, agency: Agency, day: str) -> Site:
    clock = ManualClock(ms("00:00:00", day))
    node = Node(Open(DataDir(folder / agency), clock))
    site = Site(node, clock, agency, folder / f"recovery-{agency}.json")
    row = node.local(lambda c: accounts.account_called(c, "admin", agency))
    assert row is not None
    site.admin = row.id
    return site


def _pair(sites: list[Site], dialled: tuple[int, int]) -> None:
    files = [pairing.identity_file(site.node, []) for site in sites]
    number = pairing.compare(sites[0].node, files[1]).number
    for site, other, port in zip(sites, files[::-1], dialled[::-1], strict=True):
        pairing.confirm(site.node, other, number, site.admin, f"127.0.0.1:{port}")
