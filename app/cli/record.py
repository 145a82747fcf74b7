"""Verbs about the site and its record: serve, commands, verify, rebuild, backup, restore."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from typing import Any

import msgspec

from app.cli.given import clock_of, data_of
from app.kernel.clock import SystemClock
from app.kernel.errors import EnvironmentFault


def commands(arguments: argparse.Namespace) -> dict[str, Any]:
    """Every command with its JSON schema, what it is for, and who may use it."""
    from app.bootstrap.feature_table import FEATURES
    from app.usecases.commands import TABLE
    from app.usecases.permissions import matrix

    assert FEATURES
    table = matrix().table
    out = {}
    for name, entry in sorted(TABLE.items()):
        roles = {
            agency: sorted(names) for (command, agency), names in sorted(table.items()) if command == name
        }
        doc = (entry.command.__doc__ or "").strip()
        out[name] = {"about": doc, "roles": roles, "schema": schema_of(entry.command)}
    return {"ok": True, "commands": out}


def schema_of(command: type[Any]) -> dict[str, Any]:
    """JSON schema of a command's input; unknown names are refused."""
    schema = msgspec.json.schema(command)
    for part in schema["$defs"].values():
        if part.get("type") == "object":
            part["additionalProperties"] = False
    return schema


def serve(arguments: argparse.Namespace) -> dict[str, Any] | None:
    """Run the site until SIGINT, SIGTERM or `stop`; tells the port once it listens."""
    from app.bootstrap.listening import Doors, listening_at
    from app.bootstrap.node import open_node

    where = listening_at(arguments.listen)
    doors = Doors(arguments.feed_folder, arguments.feed_port)
    with open_node(data_of(arguments).root, clock_of(arguments.clock)) as node:
        asyncio.run(_serve(node, where, doors))
    return None


async def _serve(node: Any, listen: Any, doors: Any) -> None:
    from app.bootstrap.service import Service
    from app.cli.exits import say

    async with Service(node, listen, doors) as service:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows: interrupted by KeyboardInterrupt
                loop.add_signal_handler(number, service.stop.set)
        ports = {"port": service.replication.port, "feed_port": service.feed_port}
        say({"ok": True, "site": node.me.site, "agency": node.me.agency, **ports})
        await service.stop.wait()


def verify(arguments: argparse.Namespace) -> dict[str, Any]:
    """Check the whole record without writing a byte; exit code 5 names what was found."""
    from app.bootstrap.checking import verify_site

    return verify_site(data_of(arguments))


def rebuild(arguments: argparse.Namespace) -> dict[str, Any]:
    """Project the journal again; needs the site to itself."""
    from app.bootstrap.node import open_node

    with open_node(data_of(arguments).root, clock_of(arguments.clock)) as node:
        node.local(lambda _: node.journal.rebuild())
        count = node.local(lambda connection: connection.execute("SELECT count(*) FROM op").fetchone()[0])
    return {"ok": True, "result": {"operations": count}}


def backup(arguments: argparse.Namespace) -> dict[str, Any]:
    """Copy the database while it may be in use, check the copy, then give it its name."""
    from app.bootstrap.node import told_plainly
    from db.backup import backup as copy
    from db.backup import check_backup

    data = data_of(arguments)
    if arguments.file.exists():
        raise EnvironmentFault("file.exists", "fault.file.exists", path=str(arguments.file))
    if not arguments.file.parent.is_dir():
        raise EnvironmentFault("file.unwritable", "fault.file.unwritable", path=str(arguments.file))
    with told_plainly(data.database):
        copy(data.database, arguments.file)
        info = check_backup(arguments.file)
    return {"ok": True, "result": {"file": str(info.path), "bytes": info.size, "operations": info.entries}}


def restore(arguments: argparse.Namespace) -> dict[str, Any]:
    """Restore a copy into an empty data folder as a new site."""
    from app.bootstrap.restoring import restore as bring_back

    clock = clock_of(arguments.clock) or SystemClock()
    made = bring_back(data_of(arguments), arguments.file, arguments.recovery_file, clock, arguments.letter)
    return {"ok": True, "result": {"site": made.site, "closed_site": made.closed_site, "letter": made.letter}}
