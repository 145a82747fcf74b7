"""A workstation that was copied, and rooms that only sticks connect: the fork is counted and told as everything else (CM-07)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bootstrap import bundle_export
from app.local import acks
from app.replication.bundles import writing
from app.replication.frames import Hello
from app.replication.hello import Ranges, Vector, greeting
from app.replication.peers import LocalSite
from tests.bootstrap.sticks import apart, log_of, make, take
from tests.bootstrap.test_attachments import attached, picture
from tests.bootstrap.test_joining import joined
from tests.kit import Site, Town, founded_town, register, ship, sync, town
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


@pytest.fixture
def third(
    apart: Town, founded_town: tuple[Path, dict[str, str]], tmp_path: Path
) -> Iterator[tuple[Site, Site]]:
    """A second workstation of the bureau, known in both rooms, and a copy of it."""
    shutil.copyfile(founded_town[0] / "recovery-EMB.json", apart.emb.recovery_file)
    site = joined(apart, tmp_path / "third")
    sync(apart.emb, site)
    apart.sync()
    other = clone(site, tmp_path / "copy of the third")
    yield site, other
    site.node.close()
    other.node.close()


def test_sticks_alone_tell_a_fork_of_a_third_workstation(
    apart: Town, third: tuple[Site, Site], tmp_path: Path
) -> None:
    """Each room holds another branch of it, and took the number the other had named for what it was about to hold itself."""
    emb, frd = apart.emb, apart.frd
    original, other = third
    chain = original.node.me.site
    turns = iter(range(1, 100))

    def stick(source: Site, target: Site, *, follow: bool = False) -> list[Path]:
        folder = tmp_path / f"stick {next(turns)}"
        folder.mkdir()
        return paths_of(make(source, target.agency, folder, follow=follow))

    for _ in range(3):
        register(other)
    ship(other, emb)
    stick(emb, frd)  # it is lost on the way; the next one says what it carried
    take(frd, *stick(emb, frd, follow=True))
    for _ in range(5):
        register(original)
    ship(original, frd)
    assert held(emb, original) < held(frd, original)
    for _ in range(3):
        take(emb, *stick(frd, emb))
        take(frd, *stick(emb, frd))
    forks = {site.node.journal.state.chains[chain].fork_seq for site in (emb, frd)}
    assert len(forks) == 1 and None not in forks
    assert held(emb, original) == held(frd, original)


def test_a_stick_vouches_for_nothing_that_is_not_here(
    apart: Town, third: tuple[Site, Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The partner's stick names a number of a third workstation's that nobody reached: noted is what of it is here, and what
    comes later is carried all the same."""
    emb, frd = apart.emb, apart.frd
    original = third[0]
    chain = original.node.me.site

    def boasting(local: LocalSite, vector: Vector, withheld: Ranges, clock_ms: int, instance: bytes) -> Hello:
        return greeting(local, {**vector, chain: (10**9, bytes(32))}, withheld, clock_ms, instance)

    (tmp_path / "there").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(bundle_export, "greeting", boasting)
        take(emb, *paths_of(make(frd, "EMB", tmp_path / "there")))
    here = held(emb, original)
    assert emb.node.local(acks.noted)[frd.node.me.site][chain] == here
    register(original)
    ship(original, emb)
    assert held(emb, original) > here
    (tmp_path / "back").mkdir()
    take(frd, *paths_of(make(emb, "FRD", tmp_path / "back")))
    assert held(frd, original) == held(emb, original)


def test_sticks_tell_a_fork_although_each_room_took_the_other_to_hold_its_branch(
    apart: Town, third: tuple[Site, Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a stick only the part without that chain arrived, so that either room noted the other's number as one of its own
    branch; as soon as a HELLO shows the other branch that is taken back, and the next stick brings all (REPLICATION, Fork)."""
    emb, frd = apart.emb, apart.frd
    original, other = third
    chain = original.node.me.site
    turns = iter(range(1, 100))
    monkeypatch.setattr(writing, "PART_BYTES", 150_000)

    def stick(source: Site, target: Site) -> list[Path]:
        folder = tmp_path / f"stick {next(turns)}"
        folder.mkdir()
        return paths_of(make(source, target.agency, folder))

    def forks() -> set[int | None]:
        return {site.node.journal.state.chains[chain].fork_seq for site in (emb, frd)}

    def noted(at: Site, of: Site) -> int:
        return at.node.local(acks.noted)[of.node.me.site].get(chain, 0)

    common = held(emb, original)
    for _ in range(3):
        register(other)
    ship(other, emb)
    for _ in range(5):
        register(original)
    ship(original, frd)
    attached(frd, picture(tmp_path, "门头.jpg", 400_000), register(frd).id)
    here = held(emb, original)
    take(emb, stick(frd, emb)[-1])
    assert noted(emb, frd) == here > common, "of a branch that FRD does not hold"
    for _ in range(4):
        register(other)
    ship(other, emb)
    take(frd, *stick(emb, frd))
    assert noted(frd, emb) == held(frd, original) > common, "and EMB does not hold this one"
    assert forks() == {None}
    for _ in range(2):
        take(emb, *stick(frd, emb))
        take(frd, *stick(emb, frd))
    assert len(forks()) == 1 and None not in forks()
    assert held(emb, original) == held(frd, original)
