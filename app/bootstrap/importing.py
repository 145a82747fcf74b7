"""Imports of a site: checked against its pack's extent, loaded as an account, interrupted ones taken back."""

from __future__ import annotations

from collections.abc import Callable

from app.bootstrap.node import Node
from app.exchange.imports.mapping import MappingMemory
from app.exchange.imports.run import Ask, Progress, Report, check, load, report, undo_interrupted
from app.kernel.enums import Priority
from app.queries import imports


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
    """Import a file as an account; with `dry_run` only the report. Blocks: call it off the screen's thread."""
    take_back_interrupted(node)
    folder = node.data.root / "imports"
    checked = check(ask, node.bus.district().box, MappingMemory(folder / "mappings.json"))
    if dry_run:
        return report(checked)
    return load(
        ask,
        checked,
        lambda command: node.execute(command, account_id, Priority.BULK),
        folder,
        node.texts,
        progress,
        cancelled,
    )


def take_back_interrupted(node: Node) -> int:
    """Take back imports of this site that were killed half-way; returns how many."""
    left = node.read(lambda connection: imports.interrupted(connection, node.me.site))
    return undo_interrupted(
        lambda command: node.execute(command, node.me.console_account, Priority.BULK), left
    )
