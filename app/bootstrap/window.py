"""The console with its window: board first, then the node, then the network; the end in the opposite order."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING

from app.bootstrap.guided import guidance_of, guided_agency, listening_of
from app.bootstrap.listening import NO_DOORS, Doors
from app.bootstrap.site_console import SiteConsole
from app.kernel import crashes, logs
from app.kernel.clock import Clock
from app.kernel.enums import Realm
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir
from app.kernel.texts import Texts

if TYPE_CHECKING:
    from app.bootstrap.listening import Listening

Tell = Callable[[EnvironmentFault], None]
RESTORABLE = ("database.damaged", "high_water")


def _nobody(_fault: EnvironmentFault) -> None:
    """Nobody is to be told."""


def run_window(
    data: DataDir,
    realm: Realm,
    clock: Clock,
    listen: Listening | None,
    side: str | None = None,
    doors: Doors = NO_DOORS,
    tell: Tell = _nobody,
) -> int:
    """Show the console until it is closed, on the whole screen or its left or right half; returns the exit code.

    `doors`: where alarms of the 119 system come in besides the local socket (IS-01).

    EnvironmentFault when nothing can be shown: no display (`display.none`), a folder that cannot be written, data of the
    other realm (XC-10), a file that is no database of ours. What fails later (another console on the same data) is told by
    `tell`, on any thread, and shown in the window, which then ends with code 4.
    """
    from app.ui import start

    start.check_display()
    with _writable(data):
        founded_before = data.database.exists()
    if not founded_before:
        founded = _first_start(data, realm, clock)
        if founded is None:
            return 0
        data, realm = founded
    with _writable(data):
        if data.logs.exists():  # what writes it comes after the first paint
            (data.logs / logs.FILE).open("ab").close()
    guided = guided_agency(data)
    if guided is not None and listen is None:
        listen = listening_of(guided)

    def log_into() -> None:
        with _writable(data):
            if data.logs.exists():
                logs.configure(data.logs)
                crashes.leave_traces(data.logs)

    console = SiteConsole(data, clock, listen, doors=doors)
    try:
        if console.realm != realm:
            raise EnvironmentFault("data.realm", "fault.window.realm", path=str(data.root))
        console.opened.add_done_callback(lambda opened: _tell(opened, tell))
        names = {key: view.short for key, view in console.district.agencies.items()}
        guidance = None if guided is None else guidance_of(guided, console.texts, names)
        code = start.run(console, lambda: console.open(log_into), console.stopped, side, guidance)
    finally:
        console.close()
    if code != start.RESTORE:
        return code
    if not rescue(data, realm, clock):
        return start.EXIT_FAULT
    return run_window(data, realm, clock, listen, side, doors, tell)


def rescue(data: DataDir, realm: Realm, clock: Clock) -> bool:
    """Restore a backup in place of a database that cannot be used; True when there is one to be opened."""
    from app.bootstrap.first_start import SiteFounder
    from app.ui import start

    founder = SiteFounder(data, realm, clock, damaged=True)
    try:
        return start.first_start(founder, only_restore=True)
    finally:
        founder.close()


@contextlib.contextmanager
def _writable(data: DataDir) -> Iterator[None]:
    """A folder that may not be looked into or written is said with its sentence (XC-01)."""
    try:
        yield
    except OSError as wrong:
        raise EnvironmentFault("data.unwritable", "fault.data.unwritable", path=str(data.root)) from wrong


def _tell(opened: Future[None], tell: Tell) -> None:
    fault = None if opened.cancelled() else opened.exception()
    if isinstance(fault, EnvironmentFault):
        tell(fault)


def show_fault(fault: EnvironmentFault) -> bool:
    """Show why there is no window in a small one, to whoever started the program by a double click, until it was read.

    True when a backup is to be restored: offered for a damaged file, and for one whose numbers stand below what has left.
    """
    from app.domain import wording
    from app.ui import start

    texts = Texts.load()
    path = str(fault.params.get("path", ""))
    sentence = wording.sentence(texts, fault)
    return start.show_fault(texts, sentence, fault.code, path, restorable=fault.code in RESTORABLE)


def _first_start(data: DataDir, realm: Realm, clock: Clock) -> tuple[DataDir, Realm] | None:
    """Found a site (or make an exercise) first; None when the window was closed before. What was founded is opened next."""
    from app.bootstrap.first_start import SiteFounder
    from app.ui import start

    founder = SiteFounder(data, realm, clock)
    try:
        return (founder.data, founder.realm) if start.first_start(founder) else None
    finally:
        founder.close()
