"""What a restored workstation says of what it lacks is remembered as said only once the log says it (XC-01, XC-09)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import restored_watch
from app.bootstrap.node import Node, Open
from app.bootstrap.restoring import RESTORED, restore
from app.bootstrap.service import Service
from app.kernel.clock import ManualClock
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir
from app.local import memory
from app.usecases.sites import NoteFault
from db.backup import backup
from tests.bootstrap.linked import until
from tests.kit import Site, Town, ms


def known(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = site.node.local(memory.load)[RESTORED]
    return found


def said(site: Site) -> list[str]:
    return [str(row["text"]) for row in site.rows("log_entry") if "备份恢复" in str(row["text"])]


def test_it_is_written_before_it_is_remembered_and_not_twice(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full as it is to be written: it is written later. Killed before that is remembered: it is not written twice."""
    monkeypatch.setattr(restored_watch, "LOOK_S", 0.02)
    monkeypatch.setattr(restored_watch, "RETRY_S", 0.05, raising=False)
    backup(town.emb.node.data.database, tmp_path / "copy.db")
    data, clock = DataDir(tmp_path / "new"), ManualClock(ms("09:00:00"))
    restore(data, tmp_path / "copy.db", town.emb.recovery_file, clock)
    new = Site(Node(Open(data, clock)), clock, town.emb.agency, town.emb.recovery_file, town.emb.admin)
    carried_out, full = new.node.execute, [True, True]

    def execute(command: Any, *given: Any) -> Any:
        if isinstance(command, NoteFault) and full:
            full.pop()
            assert not known(new).get("told"), "remembered before it was written"
            raise EnvironmentFault("storage.full", "fault.storage.full")
        return carried_out(command, *given)

    monkeypatch.setattr(new.node, "execute", execute)

    async def run() -> None:
        async with Service(new.node):
            await until(lambda: known(new).get("told") and said(new), "said")

    asyncio.run(run())
    assert not full and len(said(new)) == 1
    before = {**known(new), "told": False}
    new.node.local(lambda c: memory.keep(c, RESTORED, before, 0))
    asyncio.run(run())
    assert len(said(new)) == 1
    new.node.close()
