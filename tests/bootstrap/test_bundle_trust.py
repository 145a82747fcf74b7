"""Whom a bundle is from and for, when keys change, workstations close, and the console runs meanwhile (CM-07, CM-04)."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from app.bootstrap import bundle_look, bundles, trusting
from app.bootstrap.bundles import partners, signing_key
from app.bootstrap.service import Service
from app.exchange.bundles import Exported
from app.journal.site_keys import succession
from app.kernel.changes import ACKNOWLEDGED, ChangeSet
from app.kernel.errors import ErrorCode, Refusal
from app.local import acks
from app.local import bundles as local_bundles
from app.queries import accounts
from app.replication.bundles import parts
from app.replication.bundles.parts import Succession
from tests.bootstrap.linked import until
from tests.bootstrap.sticks import apart, heads, make, take
from tests.kit import Site, Town, register

__all__ = ["apart"]


def paths_of(made: Exported) -> list[Path]:
    return [Path(name) for name in made.files]


def refused(site: Site, text: str, *paths: Path) -> None:
    with pytest.raises(Refusal) as caught:
        take(site, *paths)
    assert (caught.value.text, caught.value.code) == (text, ErrorCode.SYNC)


# -- keys ------------------------------------------------------------------------------------------------------------------
def test_a_bundle_signed_with_a_new_key_shows_the_way_from_the_old_one(apart: Town, tmp_path: Path) -> None:
    """Nobody has told the other room of the change: the bundle does, twice over."""
    emb, frd = apart.emb, apart.frd
    for _ in range(2):
        trusting.rotate_key(emb.node, emb.admin)
    register(emb)
    [taken] = take(frd, *paths_of(make(emb, "FRD", tmp_path))).bundles
    assert taken.state == "whole"
    site = emb.node.me.site
    assert frd.node.local(lambda _: frd.node.journal.public_key(site)) == emb.node.key.public
    [back] = take(emb, *paths_of(make(frd, "EMB", tmp_path))).bundles
    assert back.state == "whole", "sealed to the new key by now"


def test_what_is_on_its_way_still_opens_after_one_change_and_not_after_two(
    apart: Town, tmp_path: Path
) -> None:
    emb, frd = apart.emb, apart.frd
    register(emb)
    made = make(emb, "FRD", tmp_path)
    trusting.rotate_key(frd.node, frd.admin)
    assert take(frd, *paths_of(made)).bundles[0].state == "whole"
    register(emb)
    later = make(emb, "FRD", tmp_path)
    trusting.rotate_key(frd.node, frd.admin)
    refused(frd, "refusal.bundles.old_key", *paths_of(later))
    take(emb, *paths_of(make(frd, "EMB", tmp_path)))
    assert take(frd, *paths_of(make(emb, "FRD", tmp_path))).bundles[0].state == "whole", (
        "after word came back"
    )


def test_a_key_that_was_given_up_signs_nothing_any_more(apart: Town, tmp_path: Path) -> None:
    """Whoever stole the old key cannot speak for the workstation once the change is known here."""
    emb, frd = apart.emb, apart.frd
    register(emb)
    old = make(emb, "FRD", tmp_path)
    trusting.rotate_key(emb.node, emb.admin)
    take(frd, *paths_of(make(emb, "FRD", tmp_path)))
    refused(frd, "refusal.bundles.superseded_key", *paths_of(old))


def test_successions_are_believed_only_with_both_signatures() -> None:
    old, new, thief = SigningKey.generate(), SigningKey.generate(), SigningKey.generate()
    site, known = "x" * 26, bytes(old.verify_key)
    good = succession("live", site, old, new)
    honest = Succession(good["key"], good["by"], good["proof"])
    assert signing_key("live", site, known, [honest]) == bytes(new.verify_key)
    assert signing_key("live", site, bytes(new.verify_key), [honest]) == bytes(new.verify_key)
    forged = succession("live", site, thief, thief)
    for wrong in (
        [Succession(forged["key"], forged["by"], forged["proof"])],
        [Succession(good["key"], good["by"], forged["proof"])],
        [Succession(forged["key"], good["by"], forged["proof"])],
    ):
        assert signing_key("live", site, known, wrong) == known
    assert signing_key("exercise", site, known, [honest]) == known, "of another realm"


# -- standing --------------------------------------------------------------------------------------------------------------
@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch):
    """Makes the partner's workstation closed or revoked, as certificates would."""

    def make_it(state: str, site: str) -> None:
        real = accounts.sites

        def sites(connection):
            return [
                dataclasses.replace(row, state=state) if row.id == site else row for row in real(connection)
            ]

        monkeypatch.setattr(accounts, "sites", sites)

    return make_it


@pytest.mark.parametrize("state", ["closed", "revoked"])
def test_nothing_is_carried_to_a_workstation_that_is_closed(
    apart: Town, tmp_path: Path, standing, state: str
) -> None:
    standing(state, apart.frd.node.me.site)
    assert [each.closed for each in partners(apart.emb.node)] == [True]
    for to in ("FRD", apart.frd.node.me.site):
        with pytest.raises(Refusal) as caught:
            make(apart.emb, to, tmp_path)
        assert caught.value.text == "refusal.bundles.partner_closed"
    assert list(tmp_path.glob("*.jdb")) == []


def test_late_acts_of_a_closed_workstation_are_taken_a_stolen_ones_are_not(
    apart: Town, tmp_path: Path, standing
) -> None:
    """REPLICATION, Trust: a lost one is closed, nothing of it is lost; a stolen one is revoked."""
    emb, frd = apart.emb, apart.frd
    register(frd)
    made = make(frd, "EMB", tmp_path)
    standing("revoked", frd.node.me.site)
    refused(emb, "refusal.bundles.revoked_sender", *paths_of(made))
    standing("closed", frd.node.me.site)
    [looked] = bundle_look.examine(emb.node, paths_of(made), emb.account("duty_officer")).bundles
    assert looked.closed
    assert take(emb, *paths_of(made)).bundles[0].state == "whole"


def test_an_exercise_and_another_district_stay_outside(
    apart: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XC-10."""
    register(apart.emb)
    made = make(apart.emb, "FRD", tmp_path)
    real = parts.outline

    def altered(**wrong: str):
        def read(data: bytes) -> parts.Outline:
            found = real(data)
            from msgspec.structs import replace

            return dataclasses.replace(found, head=replace(found.head, **wrong))

        return read

    for wrong, key in (({"realm": "exercise"}, "realm"), ({"district": "310117"}, "district")):
        monkeypatch.setattr(bundles, "outline", altered(**wrong))
        refused(apart.frd, f"refusal.bundles.{key}", *paths_of(made))


def test_an_id_that_another_site_used_before_takes_nothing_away(apart: Town, tmp_path: Path) -> None:
    """Ids lie open on the stick: whoever copies one into a bundle of his own stands for himself only."""
    emb, frd = apart.emb, apart.frd
    register(emb)
    made = make(emb, "FRD", tmp_path)
    mine = emb.node.local(lambda c: local_bundles.one(c, "out", frd.node.me.site, made.bundle_id))
    assert mine is not None
    his = dataclasses.replace(mine, direction="in", peer="f" * 26, seq=7, state="whole", entries=0)
    frd.node.local(lambda c: local_bundles.save(c, his))
    [looked] = bundle_look.examine(frd.node, paths_of(made), frd.account("duty_officer")).bundles
    assert looked.state == "new"
    [taken] = take(frd, *paths_of(made)).bundles
    assert (taken.site, taken.seq, taken.state) == (emb.node.me.site, made.seq, "whole")
    rows = frd.node.local(local_bundles.newest)
    assert {(row.peer, row.seq) for row in rows} == {(emb.node.me.site, made.seq), ("f" * 26, 7)}
    assert his in rows


# -- while the console runs ------------------------------------------------------------------------------------------------
def test_the_running_console_learns_by_stick_what_has_arrived(apart: Town, tmp_path: Path) -> None:
    """JD-01: what waits for the partner falls although no line ever came up; screens hear of it."""
    emb, frd = apart.emb, apart.frd
    register(emb)
    take(frd, *paths_of(make(emb, "FRD", tmp_path)))
    back = make(frd, "EMB", tmp_path)
    heard: list[ChangeSet] = []

    async def scenario() -> None:
        async with Service(emb.node) as service:
            emb.node.subscribe(heard.append)
            [before] = service.links()
            assert before.waiting_out is not None and before.waiting_out.count > 1
            await asyncio.to_thread(take, emb, *paths_of(back))
            await until(lambda: service.links()[0].waiting_out.count <= 1, "acknowledged")  # type: ignore[union-attr]
            site, peer = emb.node.me.site, frd.node.me.site
            await until(
                lambda: emb.node.local(acks.noted).get(peer, {}).get(site, 0) >= heads(frd)[site], "noted"
            )
        assert emb.node.hear_of_peer is None

    asyncio.run(scenario())
    assert any(changes.only_acknowledged for changes in heard)
    assert any(change.entity == ACKNOWLEDGED for changes in heard for change in changes.changes)


def test_an_old_bundle_takes_back_no_acknowledgement(apart: Town, tmp_path: Path) -> None:
    emb, frd = apart.emb, apart.frd
    old = make(frd, "EMB", tmp_path)
    register(emb)
    take(frd, *paths_of(make(emb, "FRD", tmp_path)))
    take(emb, *paths_of(make(frd, "EMB", tmp_path)))
    [before] = partners(emb.node)
    take(emb, *paths_of(old))
    assert partners(emb.node) == [before]
