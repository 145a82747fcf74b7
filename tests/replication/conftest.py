"""Two workstations that know each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.replication.sites import Site, sites


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[list[Site]]:
    """A bureau's and a brigade's workstation, with empty journals."""
    with sites(tmp_path, "EMB", "FRD") as made:
        yield made
