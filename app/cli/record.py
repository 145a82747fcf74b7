"""Verbs about the site and its record: serve, commands, verify, rebuild, backup, restore."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from app.cli.given import clock_of, data_of
from app.kernel.clock import SystemClock, iso
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir
from app.kernel.texts import Texts

if TYPE_CHECKING:
    from app.bootstrap.backup_work import BackupJob


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
    from app.bootstrap.backing_up import Backups

    with open_node(data_of(arguments).root, clock_of(arguments.clock)) as node, Backups(node):
        asyncio.run(_serve(node, where, doors))
    return None


async def _serve(node: Any, listen: Any, doors: Any) -> None:
    from app.bootstrap.service import Service
    from app.cli.exits import say
    from app.kernel.staying import stay

    async with Service(node, listen, doors) as service:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows: interrupted by KeyboardInterrupt
                loop.add_signal_handler(number, service.stop.set)
        ports = {"port": service.replication.port, "feed_port": service.feed_port}
        stay()
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
    """Copy the database while it may be in use, restore the copy on trial, check it; without FILE into the folder of backups."""
    from app.bootstrap.backup_work import make
    from app.bootstrap.node import told_plainly

    data, clock = data_of(arguments), clock_of(arguments.clock) or SystemClock()
    if arguments.file is None:
        with told_plainly(data.database):
            made = make(_job(data, clock.now_ms()), lambda *_: None)
        if made.problem:
            raise EnvironmentFault("backup.check", "fault.backup.check", problem=made.problem)
        return _told(made.path)
    if arguments.file.exists():
        raise EnvironmentFault("file.exists", "fault.file.exists", path=str(arguments.file))
    if not arguments.file.parent.is_dir():
        raise EnvironmentFault("file.unwritable", "fault.file.unwritable", path=str(arguments.file))
    return _copy_to(data, arguments.file)


def _job(data: DataDir, at: int) -> BackupJob:
    """Into the site's own folder; thinning is the running console's, which knows the district's numbers."""
    from app.bootstrap.backup_work import BackupJob

    return BackupJob(data.database, data.backups, at, keep_all_ms=sys.maxsize)


def _copy_to(data: DataDir, target: Path) -> dict[str, Any]:
    """A copy under any name, restored on trial inside the data folder: the place of the copy may be slow or small."""
    from app.bootstrap.node import told_plainly
    from app.bootstrap.proving import prove
    from db.backup import backup as copy

    with told_plainly(data.database):
        copy(data.database, target)
        proof = prove(target, data.backups, lambda *_: None)
    if proof.problem:
        raise EnvironmentFault("backup.check", "fault.backup.check", problem=proof.problem)
    return _told(target)


def _told(path: Path) -> dict[str, Any]:
    from db.backup import check_backup

    info = check_backup(path)
    result = {"file": str(info.path), "bytes": info.size, "operations": info.entries, "verified": True}
    return {"ok": True, "result": result}


def restore(arguments: argparse.Namespace) -> dict[str, Any]:
    """Restore a copy as a new site into a data folder without a database, or beside one that is put aside."""
    from app.bootstrap.restoring import restore as bring_back

    clock = clock_of(arguments.clock) or SystemClock()
    made = bring_back(
        data_of(arguments),
        arguments.file,
        arguments.recovery_file,
        clock,
        arguments.letter,
        set_aside=arguments.set_aside,
    )
    result: dict[str, Any] = {"site": made.site, "closed_site": made.closed_site, "letter": made.letter}
    result |= {"last_at": iso(made.last_at), "aside": None if made.aside is None else str(made.aside)}
    result["files_left"] = made.files_left
    result["note"] = Texts.load().get("sheet.none_restored")
    return {"ok": True, "result": result}
