"""A workstation that was copied, and rooms that only sticks connect: the fork is counted and told as everything else (CM-07)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bootstrap.sticks import apart, log_of, make, take
from tests.kit import Site, Town, founded_town, register, town
from tests.usecases.test_reentry import clone

__all__ = ["apart", "founded_town", "town"]


def paths_of(made: object) -> list[Path]:
    return [Path(name) for name in made.files]  # type: ignore[attr-defined]


def held(at: Site, chain: Site) -> int:
    """How many operations of a chain, of all its branches."""
    sql = "SELECT count(*) FROM op WHERE site = ?"
    return int(at.node.local(lambda c: c.execute(sql, (chain.node.me.site,)).fetchone()[0]))


@pytest.fixture
def copy(apart: Town, tmp_path: Path) -> Iterator[Site]:
    """A copy of the bureau's workstation, before either of them wrote on."""
    made = clone(apart.emb, tmp_path / "copy")
    yield made
    made.node.close()


def test_what_an_import_brings_is_counted_when_it_brings_a_fork(
    apart: Town, copy: Site, tmp_path: Path
) -> None:
    """The other branch takes the chain back to before the fork; what came is still what came, in the log too."""
    for _ in range(6):
        register(apart.emb)
    take(apart.frd, *paths_of(make(apart.emb, "FRD", tmp_path)))
    register(copy)
    (tmp_path / "other").mkdir()
    before = held(apart.frd, copy)
    [taken] = take(apart.frd, *paths_of(make(copy, "FRD", tmp_path / "other"))).bundles
    assert apart.frd.node.journal.state.chains[apart.emb.node.me.site].fork_seq
    assert taken.applied == held(apart.frd, copy) - before > 0
    assert f"{taken.applied}" in log_of(apart.frd)[-1]
