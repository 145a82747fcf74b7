"""What looking at a stick says is new is what taking it in brings (CM-07): forks, late bodies, parts given twice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bootstrap import bundle_look, bundles
from app.exchange.bundles import Imported
from tests.bootstrap.sticks import apart, make, take
from tests.bootstrap.test_contacts import noted
from tests.kit import Site, Town, founded_town, register, sync, town
from tests.usecases.test_reentry import clone

__all__ = ["apart", "founded_town", "town"]


class Sticks:
    """Folders one after the other."""

    def __init__(self, root: Path) -> None:
        self._root, self._count = root, 0

    def made(self, source: Site, target: Site, *, follow: bool = False) -> Path:
        """A folder with a new bundle."""
        self._count += 1
        folder = self._root / f"stick {self._count}"
        folder.mkdir()
        make(source, target.agency, folder, follow=follow)
        return folder


@pytest.fixture
def sticks(tmp_path: Path) -> Sticks:
    return Sticks(tmp_path)


def looked(at: Site, *paths: Path) -> list[int]:
    """What is said to be new, by bundle."""
    found = bundle_look.examine(at.node, paths, at.account("duty_officer"))
    return [each.fresh for each in found.bundles]


def brought(imported: Imported) -> list[int]:
    return [each.applied for each in imported.bundles]


@pytest.fixture
def copy(apart: Town, tmp_path: Path) -> Iterator[Site]:
    """A copy of the bureau's workstation, before either of them wrote on."""
    made = clone(apart.emb, tmp_path / "copy")
    yield made
    made.node.close()


def test_another_branch_is_new_although_its_numbers_are_known(
    apart: Town, copy: Site, sticks: Sticks
) -> None:
    """Before the fork is known here, and after it."""
    for _ in range(6):
        register(apart.emb)
    take(apart.frd, sticks.made(apart.emb, apart.frd))
    for _ in range(2):
        register(copy)
        stick = sticks.made(copy, apart.frd)
        said = looked(apart.frd, stick)
        assert said == brought(take(apart.frd, stick)) and said[0] > 0
        assert looked(apart.frd, stick) == [0]
    assert apart.frd.node.journal.state.chains[apart.emb.node.me.site].fork_seq


def test_late_bodies_are_new(apart: Town, sticks: Sticks, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came as header while it might not be read here comes whole: no number grows by it."""
    emb, frd = apart.emb, apart.frd
    with monkeypatch.context() as closed:
        closed.setattr(bundles, "scopes_of", lambda agency: frozenset())
        take(emb, sticks.made(frd, emb))
        noted(emb, register(emb).id)
        take(frd, sticks.made(emb, frd))
        [before] = frd.node.local(lambda _: frd.node.journal.withheld()).values()
    take(emb, sticks.made(frd, emb))
    stick = sticks.made(emb, frd)
    said = looked(frd, stick)
    assert said == brought(take(frd, stick)) == [2]  # the note of the bundle itself, and the contact
    [after] = frd.node.local(lambda _: frd.node.journal.withheld()).values()
    assert after == before[:-1], "what is the bureau's alone stays closed"


def test_nothing_is_counted_twice(apart: Town, sticks: Sticks) -> None:
    """The same part in two folders, and bundles that begin at the same place because no stick came back."""
    emb, frd = apart.emb, apart.frd
    register(emb)
    first = sticks.made(emb, frd)
    again = first.parent / "again"
    shutil.copytree(first, again)
    [alone] = looked(frd, first)
    assert looked(frd, first, again) == [alone]
    register(emb)
    second = sticks.made(emb, frd)
    one, other = looked(frd, first, second)
    assert [one, other] == brought(take(frd, first, second))


def test_what_was_repeated_is_known_what_follows_is_new(apart: Town, sticks: Sticks) -> None:
    """No stick came back, so the second one repeats the first: its sender is ahead of what is here."""
    emb, frd = apart.emb, apart.frd
    register(emb)
    take(frd, sticks.made(emb, frd))
    register(emb)
    second = sticks.made(emb, frd)
    said = looked(frd, second)
    assert said == brought(take(frd, second)) and said[0] > 0
    sync(emb, frd)
    assert looked(frd, second) == [0]
