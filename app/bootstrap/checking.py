"""Verify a site's record from outside: reads, never writes, also while a console is running (XC-04)."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import Any

from app.bootstrap.feature_table import policy
from app.bootstrap.findings import count, findings
from app.bootstrap.node import told_plainly
from app.journal.deriving import DERIVERS
from app.journal.high_water import HighWater
from app.journal.reprojection import Standpoint
from app.journal.verify import Depth, Progress, verify
from app.kernel.paths import DataDir
from app.kernel.texts import DEFAULT_LANGUAGE, Texts
from app.local import acks, identity
from app.local.identity import SelfRow
from app.queries import accounts
from db.examine import HEAD, check_header, open_read_only, revision_of
from db.problems import DatabaseProblemError, ProblemKind

MAX_WORKERS = 4
_SENTENCES = {
    "fine": "verify.fine",
    "damaged": "verify.damaged",
    "unreadable": "fault.database.damaged",  # what the window says of the same file
}


def verify_site(
    data: DataDir, tell: Progress | None = None, workers: int | None = None, language: str = DEFAULT_LANGUAGE
) -> dict[str, Any]:
    """Examine every entry, signature and row: {"ok": True, "damaged": bool, "text": ..., "findings": [...], "report": {...}}.

    `ok` says that the examination was carried out. A file that is no longer readable as a database is damaged as well;
    one that is missing, foreign, newer or locked is an EnvironmentFault: there is nothing to examine. `tell` hears of the
    progress; `workers`: processes that walk the chains, None for as many as fit this machine.
    """
    with told_plainly(data.database):
        try:
            report = _report(data, tell, workers or min(MAX_WORKERS, os.cpu_count() or 1))
        except DatabaseProblemError as problem:
            if problem.kind is not ProblemKind.DAMAGED:
                raise
            report = {"ok": False, "pages": [problem.detail or str(problem)]}
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            report = {"ok": False, "pages": [str(error)]}
    found = "fine" if report["ok"] else "unreadable" if set(report) == {"ok", "pages"} else "damaged"
    texts = Texts.load(language)
    return {
        "ok": True,
        "damaged": not report["ok"],
        "text": texts.get(_SENTENCES[found]),
        "findings": findings(texts, report, _names(data) if found == "damaged" else {}),
        "findings_total": count(report),
        "report": report,
    }


def _names(data: DataDir) -> dict[str, str]:
    """What workstations are called; nothing where a touched file does not say."""
    with (
        contextlib.suppress(sqlite3.Error, DatabaseProblemError),
        contextlib.closing(open_read_only(data.database)) as connection,
    ):
        return {row.id: row.label or "" for row in accounts.sites(connection)}
    return {}


def _report(data: DataDir, tell: Progress | None, workers: int) -> dict[str, Any]:
    check_header(data.database)
    revision = revision_of(data.database)
    if revision is not None and revision > HEAD:
        raise DatabaseProblemError(ProblemKind.NEWER, data.database, revision)
    known = _self_row(data)
    if known is None:
        return {"ok": False, "pages": ["the row that says whose site this is, is gone"]}
    report = verify(
        data.database,
        Standpoint(known.realm, known.agency, known.recovery_key, known.site),
        policy(),
        DERIVERS,
        depth=Depth(workers=workers),
        high_water=HighWater(data.high_water),
        peers_seq=_peers_know(data, known.site),
        progress=tell,
    )
    return report.as_dict()


def _peers_know(data: DataDir, site: str) -> int:
    """The highest number of our chain that some peer has acknowledged."""
    with contextlib.closing(open_read_only(data.database)) as connection:
        return max((vector.get(site, 0) for vector in acks.noted(connection).values()), default=0)


def _self_row(data: DataDir) -> SelfRow | None:
    with contextlib.closing(open_read_only(data.database)) as connection:
        there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'self'").fetchone()
        return identity.read_self(connection) if there else None
