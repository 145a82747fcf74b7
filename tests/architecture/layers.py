"""The folder table of the architecture as data, and a run of import-linter over a copied tree."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Who may import whom inside `app`; everybody may import the kernel.
MAY_IMPORT: Mapping[str, frozenset[str]] = {
    "kernel": frozenset(),
    "domain": frozenset(),
    "journal": frozenset({"domain"}),
    "local": frozenset(),
    "queries": frozenset({"domain"}),
    "usecases": frozenset({"journal", "queries", "local", "domain"}),
    "replication": frozenset({"journal", "domain"}),
    "links": frozenset({"domain"}),
    "exchange": frozenset({"usecases", "queries", "domain"}),
    "ui": frozenset({"usecases", "queries", "local", "exchange", "links"}),
}
COMPOSITION_ROOT = ("bootstrap", "cli")
MAY_IMPORT_DB = frozenset({"journal", "local", "queries", *COMPOSITION_ROOT})
MAY_IMPORT_SQL = frozenset({"journal", "local", "queries", "bootstrap"})
QT = ("PySide6", "shiboken6", "qasync", "pyqtgraph", "folium", "branca")
SQL = ("sqlalchemy", "alembic", "sqlite3")
NOT_PURE = (
    "asyncio", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "shutil", "socket",
    "ssl", "subprocess", "tempfile", "threading", "time", "urllib", "websockets",
)  # fmt: skip
NOT_OURS_TO_IMPORT = ("main", "tests", "benchmarks", "tools", "pytest", "hypothesis")


@dataclass(frozen=True, slots=True)
class Case:
    """One import added to one module, and the contracts (ids) that it must break."""

    module: str
    imported: str
    breaks: frozenset[str]

    @property
    def name(self) -> str:
        """Readable and unique."""
        return f"{self.module} -> {self.imported}"


def _expected(importer: str, imported: str) -> frozenset[str]:
    if imported in COMPOSITION_ROOT:
        return frozenset({"root"})
    if imported in {importer, "kernel"} | MAY_IMPORT[importer]:
        return frozenset()
    return frozenset({importer})


def _inside_app() -> Iterable[Case]:
    targets = (*MAY_IMPORT, *COMPOSITION_ROOT)
    for importer in MAY_IMPORT:
        for imported in targets:
            # A module below the package, so that descendants are seen to be covered.
            yield Case(f"app.{importer}.broken", f"app.{imported}", _expected(importer, imported))
    for importer in COMPOSITION_ROOT:
        for imported in MAY_IMPORT:
            yield Case(f"app.{importer}.broken", f"app.{imported}", frozenset())
    yield Case("app.cli.broken", "app.bootstrap", frozenset())
    yield Case("app.ui.broken", "app.replication.status", frozenset())
    yield Case("app.ui.broken", "app.replication.sessions", frozenset({"ui"}))


def _around_db() -> Iterable[Case]:
    for importer in (*MAY_IMPORT, *COMPOSITION_ROOT):
        module = f"app.{importer}.broken"
        allowed = importer in MAY_IMPORT_DB
        yield Case(module, "db", frozenset() if allowed else frozenset({"db-users"}))
        yield Case(module, "db.tables", frozenset() if allowed else frozenset({"db-users"}))
    for imported in MAY_IMPORT:
        yield Case("db.broken", f"app.{imported}", frozenset({"db-alone"}))


def _outside() -> Iterable[Case]:
    for importer in (*MAY_IMPORT, *COMPOSITION_ROOT, "db"):
        module = {"db": "db.broken"}.get(importer, f"app.{importer}.broken")
        for name in QT:
            yield Case(module, name, frozenset() if importer == "ui" else frozenset({"qt"}))
        for name in SQL:
            allowed = importer == "db" or importer in MAY_IMPORT_SQL
            yield Case(module, name, frozenset() if allowed else frozenset({"sql"}))
        for name in NOT_OURS_TO_IMPORT:
            yield Case(module, name, frozenset({"program"}))
    for name in NOT_PURE:
        yield Case("app.domain.broken", name, frozenset({"pure"}))
        yield Case("app.journal.broken", name, frozenset())


CASES = tuple({case.name: case for case in (*_inside_app(), *_around_db(), *_outside())}.values())

# Runs in a process of its own, where sys.path leads to the copied `app` and `db` instead of the real ones.
_DRIVER = """
import contextlib, io, json, pathlib, sys
sys.path.insert(0, ".")
import importlinter.api
from importlinter.application import use_cases

options = use_cases.read_user_options("pyproject.toml")
use_cases._register_contract_types(options)

def broken():
    with contextlib.redirect_stdout(io.StringIO()):
        report = use_cases.create_report(options, cache_dir=None)
    if report.invalid_contract_options:
        raise SystemExit(f"invalid contracts: {report.invalid_contract_options}")
    ids = {option["name"]: option["id"] for option in options.contracts_options}
    checks = report.get_contracts_and_checks()
    return sorted(ids[contract.name] for contract, check in checks if not check.kept)

answers = {"": broken()}
for module, imported in json.load(sys.stdin):
    path = pathlib.Path(*module.split(".")).with_suffix(".py")
    before = path.read_text("utf-8") if path.exists() else None
    path.write_text(f"import {imported}\\n", "utf-8")
    answers[f"{module} -> {imported}"] = broken()
    path.unlink() if before is None else path.write_text(before, "utf-8")
json.dump(answers, sys.stdout)
"""


def copy_skeleton(target: Path) -> None:
    """Write the packages of the tree without their contents, with the project's own contracts."""
    for package in (*(f"app/{name}" for name in (*MAY_IMPORT, *COMPOSITION_ROOT)), "app", "db"):
        folder = target / package
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").write_text("", "utf-8")
    for module in (
        "app/replication/status.py",
        "app/replication/sessions.py",
        "db/tables.py",
    ):
        (target / module).write_text("", "utf-8")
    (target / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())


def broken_contracts(skeleton: Path, cases: Iterable[Case]) -> dict[str, frozenset[str]]:
    """Add each import in turn to the skeleton; return the ids of the broken contracts by name of the case.

    The entry under "" is the untouched skeleton. RuntimeError when import-linter itself fails.
    """
    done = subprocess.run(
        [sys.executable, "-c", _DRIVER],
        cwd=skeleton,
        input=json.dumps([(case.module, case.imported) for case in cases]),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    answers: dict[str, list[str]] = json.loads(done.stdout)
    return {name: frozenset(ids) for name, ids in answers.items()}
