"""Imports of a site: checked against its pack's extent, loaded as an account, interrupted ones taken back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.bootstrap.node import Node
from app.exchange.imports import run as run_module
from app.exchange.imports.known import Known, Likeness, known_of
from app.exchange.imports.mapping import MappingMemory, check_needed
from app.exchange.imports.run import (
    UNWATCHED,
    Ask,
    Checked,
    Execute,
    Progress,
    Report,
    Watch,
    load,
    report,
    undo_interrupted,
)
from app.exchange.imports.tables import Unwanted
from app.kernel.enums import Priority
from app.kernel.errors import Refusal
from app.queries import imports
from app.usecases.bus import Done
from app.usecases.commands import Command, name_of
from app.usecases.imports import BeginImport, ImportPoints, ImportShelters, UndoImport, record_id

_guard = threading.Lock()
_running: set[str] = set()  # batches that this process is loading; their ids are unique over all sites


def run(
    node: Node,
    ask: Ask,
    account_id: str,
    *,
    dry_run: bool = False,
    progress: Progress = UNWATCHED.progress,
    cancelled: Callable[[], bool] = UNWATCHED.cancelled,
) -> Report:
    """Import a file as an account; with `dry_run` only the report. Blocks: call it off the screen's thread.

    Refusal E_PERM, recorded, before the file is looked at. A dry run changes nothing at all.
    """
    check_rights(node, ask.kind, account_id)
    if not dry_run:
        take_back_interrupted(node)
    checked = examine(node, ask, account_id)
    check_needed(checked.form, checked.mapped)
    if dry_run:
        return report(checked)
    return load_checked(node, ask, checked, account_id, Watch(progress, cancelled=cancelled))


def examine(node: Node, ask: Ask, account_id: str, unwanted: Unwanted = UNWATCHED.cancelled) -> Checked:
    """Read and check a file; Refusal E_PERM, recorded, before it is looked at."""
    check_rights(node, ask.kind, account_id)
    memory = MappingMemory(folder_of(node) / "mappings.json")
    return run_module.examine(ask, node.bus.pack.box, memory, unwanted, known_records(node, ask.kind))


def load_checked(node: Node, ask: Ask, checked: Checked, account_id: str, watch: Watch) -> Report:
    """Load exactly what was checked and shown, whatever has become of the file meanwhile."""
    check_rights(node, ask.kind, account_id)
    take_back_interrupted(node)
    with _loading(node, account_id) as execute:
        return load(ask, checked, execute, folder_of(node), node.texts, watch)


def check_rights(node: Node, kind: str, account_id: str) -> None:
    """Refusal E_PERM, recorded, unless this account may import this kind (XC-06)."""
    for command in commands_of(kind):
        node.check_right(command, account_id)


def known_records(node: Node, kind: str) -> Known:
    """What the own register holds already, without what an interrupted import left there: that will be taken back."""
    entity = run_module.FORMS[kind]

    def read(connection: Any) -> tuple[list[imports.Identity], list[imports.ImportRow]]:
        rows = imports.standing_identities(connection, entity, node.me.agency)
        return rows, imports.interrupted(connection, node.me.site)

    rows, begun = node.read(read)
    left = {
        record_id(node.me.agency, batch.id, line)
        for batch in begun
        for line in range(1, (batch.last_line or 0) + 1)
    }
    return known_of(Likeness(*row[1:]) for row in rows if row[0] not in left)


def commands_of(kind: str) -> tuple[str, ...]:
    """Names of the commands that an import of a kind (shelters | points) needs."""
    return name_of(BeginImport), name_of(ImportShelters if kind == "shelters" else ImportPoints)


def folder_of(node: Node) -> Path:
    """Where remembered mappings and rejected rows of a site lie."""
    return node.data.root / "imports"


@contextmanager
def _loading(node: Node, account_id: str) -> Iterator[Execute]:
    """Carries out the commands of one import; what it has begun counts as running until the end.

    An account that lost its right half-way cannot take back what it loaded: the console's own does.
    """
    mine: set[str] = set()

    def execute(command: Command) -> Done:
        if isinstance(command, UndoImport):
            try:
                return node.execute(command, account_id, Priority.BULK)
            except Refusal:
                return node.execute(command, node.me.console_account, Priority.BULK)
        if not isinstance(command, BeginImport):
            return node.execute(command, account_id, Priority.BULK)
        with _guard:
            done = node.execute(command, account_id, Priority.BULK)
            mine.add(str(done.result["batch_id"]))
            _running.update(mine)
        return done

    try:
        yield execute
    finally:
        with _guard:
            _running.difference_update(mine)


def take_back_interrupted(node: Node) -> int:
    """Take back imports of this site that were killed half-way; returns how many. None that runs in this process."""
    with _guard:
        begun = node.read(lambda connection: imports.interrupted(connection, node.me.site))
        left = [row for row in begun if row.id not in _running]
        return undo_interrupted(
            lambda command: node.execute(command, node.me.console_account, Priority.BULK), left
        )
