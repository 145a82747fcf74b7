"""Facts of a workstation for its diagnostics page, looked up off the window's thread."""

from __future__ import annotations

import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from app.bootstrap.window_work import WindowWork
from app.kernel import crashes, traces
from app.kernel.errors import EnvironmentFault
from app.kernel.logs import FILE as LOG_FILE
from app.kernel.running import error_of
from app.kernel.texts import RESOURCES
from app.ui.diagnostics.port import Facts, LinkFact, SiteFact

if TYPE_CHECKING:
    from app.bootstrap.node import Node
    from app.bootstrap.service import Service
    from app.queries.accounts import SiteRow

_PROJECT = RESOURCES.parent / "pyproject.toml"
_LOG_TAIL = 200_000  # bytes of the technical log that are looked through


class SiteDiagnostics:
    """The port over a site that may not be open yet."""

    def __init__(self, site: Callable[[], Node], service: Callable[[], Service | None]) -> None:
        """`site`: the open site; it may wait for the opening. `service`: the network, None while it is not up."""
        self._site, self._service = site, service
        self._work = WindowWork("diagnostics-screen", threads=1)

    def look(self) -> Future[Facts]:
        """See the port."""
        return self._work.submit(self._look)

    def traces(self, name: str = "") -> Future[str]:
        """See the port."""
        return self._work.submit(lambda: self._traces(name))

    def save(self, text: str, path: Path) -> Future[None]:
        """See the port."""
        return self._work.submit(lambda: _save(text, path))

    def close(self) -> None:
        """Wait for what is under way."""
        self._work.close()

    def _look(self) -> Facts:
        from app.bootstrap.backup_store import copies
        from app.domain.backups import newest_verified
        from app.domain.rule_numbers import RuleKey
        from app.queries import accounts, settings

        node, service = self._site(), self._service()
        now = node.clock.now_ms()
        rules = node.read(lambda connection: settings.in_force(connection, node.bus.pack.rules))
        sites = node.read(accounts.sites)
        held = copies(node.data.backups)
        last = newest_verified((each.kept for each in held), now)
        free, size = _disk(node.data.root)
        crash = next(iter(crashes.former(node.data.logs)), None)
        fault = node.storage.fault
        verified, damaged = _last_check(node)
        return Facts(
            program=version(),
            python=".".join(map(str, sys.version_info[:3])),
            sqlite=sqlite3.sqlite_version,
            schema=node.read(_schema),
            system=f"{platform.system()} {platform.release()} {platform.machine()}",
            pack=node.bus.pack.code,
            pack_own=(node.data.root / "district.toml").exists(),
            realm=str(node.me.realm),
            agency=str(node.me.agency),
            letter=node.me.letter or "",
            database_bytes=_bytes(node.data.database),
            wal_bytes=_bytes(node.data.beside_database[0]),
            entries=node.read(_entries),
            checked_at=max((each.verified_at or 0 for each in held), default=0) or None,
            verified_at=verified,
            damaged=damaged,
            backup_at=None if last is None else last.at,
            backup_limit_ms=rules[RuleKey.BACKUP_INTERVAL].seconds * 1000,
            backup_count=len(held),
            free_bytes=free,
            disk_bytes=size,
            disk_fault=fault.code if fault is not None else "",
            links=_links(service, sites),
            sites=tuple(
                SiteFact(row.agency or "", row.letter or "", row.state or "", row.id == node.me.site)
                for row in sites
            ),
            jumps=service.self_watch.jumps if service is not None else (),
            now=now,
            started_at=node.opened_at,
            crash_at=None if crash is None else round(crash.stat().st_mtime * 1000),
            crash_error="" if crash is None else error_of(crash.read_text("utf-8", "replace")),
            folder=node.data.root,
        )

    def _traces(self, name: str) -> str:
        folder = self._site().data.logs
        known = {path.name: path for path in crashes.former(folder)}
        path = known.get(name) or next(iter(known.values()), None)
        lines: list[str] = []
        if path is not None:
            lines += [path.stem, *traces.of_crash(path.read_text("utf-8", "replace"))]
        lines += traces.of_log(_tail(folder / LOG_FILE))
        return "\n".join(lines)


def version() -> str:
    """The program's version, "?" where it does not stand beside the program."""
    import tomllib

    try:
        return str(tomllib.loads(_PROJECT.read_text("utf-8"))["project"]["version"])
    except (OSError, ValueError, KeyError):
        return "?"


def _last_check(node: Node) -> tuple[int | None, bool]:
    from app.bootstrap.window_backup import LAST_CHECK
    from app.local import memory

    match node.local(memory.load).get(LAST_CHECK):
        case [int(at), bool(damaged)]:
            return at, damaged
    return None, False


def _schema(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row is not None else "?"


def _entries(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM op").fetchone()[0])


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _disk(folder: Path) -> tuple[int | None, int | None]:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None, None
    return usage.free, usage.total


def _links(service: Service | None, sites: list[SiteRow]) -> tuple[LinkFact, ...]:
    letters = {row.id: row.letter or "" for row in sites}
    return tuple(
        LinkFact(
            agency=link.agency,
            letter=letters.get(link.site, ""),
            state=link.state.value,
            waiting_out=link.acts_out.count if link.acts_out is not None else None,
            waiting_in=link.waiting_in,
            acked_at=link.last_acked_at,
            applied_at=link.last_applied_at,
            rtt_ms=link.rtt_ms,
            offset_ms=link.clock_offset_ms,
        )
        for link in (service.links() if service is not None else ())
        if not link.ended
    )


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LOG_TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _save(text: str, path: Path) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as wrong:
        raise EnvironmentFault(
            "diagnostics.unwritable", "fault.diagnostics.unwritable", path=str(path)
        ) from wrong
