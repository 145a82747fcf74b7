"""The 119 feed of a site: one intake for all its doors (IS-01)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Iterator
from pathlib import Path

from app.bootstrap.node import Node
from app.exchange.feed.folder import FolderDoor
from app.exchange.feed.http import FeedServer
from app.exchange.feed.intake import FeedIntake
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import write_secret

log = logging.getLogger(__name__)

TOKEN_FILE = "feed.token"  # nosec B105
SWEEP_S = 1.0
LONGEST_S = 60.0


def intake_of(node: Node) -> FeedIntake:
    """The intake of an open site; alarms are acts of the console's machine account."""
    rejects = node.data.root / "feed" / "rejected.jsonl"
    return FeedIntake(lambda command: node.execute(command, node.me.console_account), rejects, node.clock)


def token_of(node: Node) -> str:
    """The bearer token of local POST, made once, 0600."""
    path = node.data.keys / TOKEN_FILE
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(32).encode())
    return path.read_text("ascii")


@contextlib.contextmanager
def post_door(node: Node, intake: FeedIntake, port: int | None) -> Iterator[int | None]:
    """Serve local POST while the context lasts; yields the port, None without one. EnvironmentFault `port.taken`."""
    if port is None:
        yield None
        return
    with FeedServer(intake, token_of(node), port) as server:
        yield server.port


async def watch_folder(intake: FeedIntake, folder: Path) -> None:
    """Take what lies ready in the folder, every second, until cancelled.

    Trouble (unreadable folder, full disk, no room in done/, a bug) is logged once as long as it lasts, shown with the feed's
    figures, and the folder is looked at ever more seldom, at least once a minute.
    """
    door, wait_s = FolderDoor(intake, folder), SWEEP_S
    while True:
        trouble = await asyncio.to_thread(_sweep, door)
        if trouble and trouble != intake.trouble:
            log.warning("the feed folder was not taken: %s", trouble)
        intake.trouble = trouble
        wait_s = min(LONGEST_S, wait_s * 2) if trouble else SWEEP_S
        await asyncio.sleep(wait_s)


def _sweep(door: FolderDoor) -> str:
    """One look at the folder; what kept it from being finished, without anybody's data, or nothing."""
    try:
        door.sweep()
    except OSError as wrong:
        return wrong.strerror or type(wrong).__name__
    except EnvironmentFault as fault:
        return fault.code
    except Exception as bug:
        log.exception("the feed folder failed")
        return type(bug).__name__
    return ""
