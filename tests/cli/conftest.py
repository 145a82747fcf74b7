"""The command line in this process, and founded sites whose data folders nobody has open."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.runner import CommandLine
from tests.kit import Town, emb, founded_town, frd, town

__all__ = ["emb", "founded_town", "frd", "town"]


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """`call("do", ..., stdin="password")` -> exit code, JSON, standard error."""
    return CommandLine(capfd, monkeypatch)


@pytest.fixture
def rooms(town: Town) -> tuple[Path, Path]:
    """Data folders of both rooms, closed: officers are called AGENCY-duty_officer, administrators admin."""
    for site in (town.emb, town.frd):
        site.node.close()
    return town.emb.node.data.root, town.frd.node.data.root


@pytest.fixture
def room(rooms: tuple[Path, Path]) -> Path:
    """Data folder of the bureau's room, closed."""
    return rooms[0]
