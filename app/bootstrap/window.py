"""The console with its window: board first, then the node, then the network; the end in the opposite order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bootstrap.listening import NO_DOORS, Doors
from app.bootstrap.site_console import SiteConsole
from app.kernel import logs
from app.kernel.clock import Clock
from app.kernel.enums import Realm
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir

if TYPE_CHECKING:
    from app.bootstrap.listening import Listening


def run_window(
    data: DataDir,
    realm: Realm,
    clock: Clock,
    listen: Listening | None,
    side: str | None = None,
    doors: Doors = NO_DOORS,
) -> int:
    """Show the console until it is closed, on the whole screen or its left or right half; returns the exit code.

    `doors`: where alarms of the 119 system come in besides the local socket (IS-01).

    EnvironmentFault when nothing can be shown: no display (`display.none`), no database, data of the other realm (XC-10),
    a console already running on it. What fails later is shown in the window, which then ends with code 4.
    """
    from app.ui import start

    start.check_display()
    if not data.database.exists():
        founded = _first_start(data, realm, clock)
        if founded is None:
            return 0
        data, realm = founded
    if data.logs.exists():
        logs.configure(data.logs)
    console = SiteConsole(data, clock, listen, doors=doors)
    try:
        if console.realm != realm:
            raise EnvironmentFault("data.realm", "fault.window.realm", path=str(data.root))
        return start.run(console, console.open, console.stopped, side)
    finally:
        console.close()


def _first_start(data: DataDir, realm: Realm, clock: Clock) -> tuple[DataDir, Realm] | None:
    """Found a site (or make an exercise) first; None when the window was closed before. What was founded is opened next."""
    from app.bootstrap.first_start import SiteFounder
    from app.ui import start

    founder = SiteFounder(data, realm, clock)
    try:
        return (founder.data, founder.realm) if start.first_start(founder) else None
    finally:
        founder.close()
