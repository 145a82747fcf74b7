"""Imports of a site: checked against its pack's extent, loaded as an account, interrupted ones taken back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.bootstrap.node import Node
from app.exchange.imports.mapping import MappingMemory
from app.exchange.imports.run import Ask, Execute, Progress, Report, check, load, report, undo_interrupted
from app.kernel.enums import Priority
from app.queries import imports
from app.usecases.bus import Done
from app.usecases.commands import Command, name_of
from app.usecases.imports import BeginImport

_guard = threading.Lock()
_running: set[str] = set()  # batches that this process is loading; their ids are unique over all sites


def _silent(done: int, total: int) -> None:
    """Nobody watches."""


def run(
    node: Node,
    ask: Ask,
    account_id: str,
    *,
    dry_run: bool = False,
    progress: Progress = _silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> Report:
    """Import a file as an account; with `dry_run` only the report. Blocks: call it off the screen's thread.

    Refusal E_PERM, recorded, before the file is looked at. A dry run changes nothing at all.
    """
    node.check_right(name_of(BeginImport), account_id)
    folder = node.data.root / "imports"
    checked = check(ask, node.bus.pack.box, MappingMemory(folder / "mappings.json"))
    if dry_run:
        return report(checked)
    take_back_interrupted(node)
    with _loading(node, account_id) as execute:
        return load(ask, checked, execute, folder, node.texts, progress, cancelled)


@contextmanager
def _loading(node: Node, account_id: str) -> Iterator[Execute]:
    """Carries out the commands of one import; what it has begun counts as running until the end."""
    mine: set[str] = set()

    def execute(command: Command) -> Done:
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
