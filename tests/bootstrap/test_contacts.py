"""Contacts of real sites: sealed everywhere, opened where the key was given, gone for good after a purge (XC-07)."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest

from app.bootstrap.attachment_files import AttachmentFiles
from app.bootstrap.checking import verify_site
from app.bootstrap.contact_keys import ContactKeys, masked_contacts
from app.bootstrap.purging import purge
from app.bootstrap.service import Service
from app.kernel.enums import ContactAbout
from app.kernel.errors import ErrorCode, Refusal
from app.local.sealing import NotUnsealedError, key_id, seal, unseal
from app.local.subject_keys import DestroyedError, SubjectKeys
from app.queries import contacts
from app.usecases.contacts import AddContact, ChangeContact, Personal, PurgePersonalData, RevealContact
from tests.bootstrap.linked import both, until, up
from tests.bootstrap.test_attachments import attached, here, picture, rows
from tests.kit import Site, Town, act, register

NAME, NUMBER = "物业值班张三", "138-0000-1234"


def noted(site: Site, incident_id: str, number: str = NUMBER) -> str:
    """A contact at the scene; returns its id."""
    command = AddContact(incident_id=incident_id, about=ContactAbout.SCENE, name=NAME, number=number)
    return str(act(site, "duty_officer", command).result["contact_id"])


def seen(site: Site, contact_id: str) -> tuple[str, str]:
    result = act(site, "duty_officer", RevealContact(contact_id=contact_id)).result
    return result["name"], result["number"]


def states(site: Site, incident_id: str) -> list[str]:
    return [row.state for row in masked_contacts(site.node, incident_id)]


def bytes_of(folder: Path, *without: str) -> bytes:
    """Everything in a data folder, files named in `without` apart."""
    files = sorted(each for each in folder.rglob("*") if each.is_file() and each.name not in without)
    assert files
    return b"".join(each.read_bytes() for each in files)


def test_masked_by_default_and_every_look_is_noted(town: Town) -> None:
    incident = register(town.frd).id
    contact_id = noted(town.frd, incident)
    [row] = masked_contacts(town.frd.node, incident)
    assert (row.masked, row.state, row.about) == ("物** 138****34", "open", "scene")
    assert seen(town.frd, contact_id) == (NAME, NUMBER)
    looked = town.frd.node.read(lambda c: contacts.accesses(c, contact_id))
    assert [each.account_id for each in looked] == [town.frd.account("duty_officer")]
    with pytest.raises(Refusal) as denied:
        act(town.frd, "observer", RevealContact(contact_id=contact_id))
    assert denied.value.code is ErrorCode.PERM


def test_the_value_stands_in_no_file_but_under_its_key(town: Town) -> None:
    """QUALITY, attack test 11: database, log of writes, backups: neither name nor number in the clear."""
    incident = register(town.frd).id
    noted(town.frd, incident)
    everything = bytes_of(town.frd.node.data.root)
    for secret in (NAME.encode(), NUMBER.encode(), b"1380000", NAME.encode("utf-16-le")):
        assert secret not in everything
    [key] = key_rows(town.frd)
    assert key not in bytes_of(town.frd.node.data.root, "subject_keys.db")


def key_rows(site: Site) -> list[bytes]:
    with sqlite3.connect(site.node.data.subject_keys) as connection:
        return [row[0] for row in connection.execute("SELECT key FROM subject_key")]


def test_the_partner_gets_the_key_and_opens_it(town: Town) -> None:
    incident = register(town.frd).id

    async def story() -> None:
        async with both(town) as (emb, frd):
            await until(lambda: up(emb) and up(frd), "up")
            contact_id = await asyncio.to_thread(noted, town.frd, incident)
            await until(lambda: states(town.emb, incident) == ["open"], "the key at EMB")
            assert await asyncio.to_thread(seen, town.emb, contact_id) == (NAME, NUMBER)
            change = ChangeContact(contact_id=contact_id, name=NAME, number="021-55550000")
            await asyncio.to_thread(act, town.emb, "duty_officer", change)
            await until(lambda: seen(town.frd, contact_id)[1] == "021-55550000", "the correction at FRD")

    asyncio.run(story())
    assert len(key_rows(town.emb)) == len(key_rows(town.frd)) == 1, "one key for one contact"


def test_before_the_key_has_come_it_is_said_so(town: Town) -> None:
    """The record alone (as by stick): sealed, and told plainly."""
    incident = register(town.frd).id
    contact_id = noted(town.frd, incident)
    town.sync()
    assert states(town.emb, incident) in (["waiting"], ["withheld"])
    with pytest.raises(Refusal) as refused:
        seen(town.emb, contact_id)
    assert (refused.value.code, refused.value.text) == (ErrorCode.STATE, "refusal.contacts.no_key")


def test_keys_go_only_to_who_may_read_and_only_where_they_belong(town: Town) -> None:
    incident = register(town.frd).id
    noted(town.frd, incident)
    [key] = key_rows(town.frd)
    theirs, ours = ContactKeys(town.frd.node), ContactKeys(town.emb.node)
    assert theirs.held([key_id(key)], ["contact"]) == [key]
    assert theirs.held([key_id(key)], []) == [], "the hall"
    assert ours.take([key, b"x" * 32]) == 0, "nobody here needs it"


def test_a_purge_destroys_it_on_both_sides_and_in_every_copy(town: Town, tmp_path: Path) -> None:
    incident = register(town.frd).id

    async def before() -> str:
        async with both(town) as (emb, frd):
            await until(lambda: up(emb) and up(frd), "up")
            contact_id = await asyncio.to_thread(noted, town.frd, incident)
            await until(lambda: states(town.emb, incident) == ["open"], "the key at EMB")
            return contact_id

    contact_id = asyncio.run(before())
    keys = key_rows(town.frd)
    order = PurgePersonalData(entity=Personal.CONTACT, entity_id=contact_id, reason="事件已结束")
    with pytest.raises(Refusal) as denied:
        act(town.emb, "duty_officer", order)
    assert denied.value.code is ErrorCode.PERM

    async def ordered() -> None:
        async with both(town) as (emb, frd):
            await until(lambda: up(emb) and up(frd), "up")
            await asyncio.to_thread(act, town.emb, "duty_chief", order)
            await until(lambda: len(acks(town.emb, contact_id)) == 2, "both have said so, at EMB")
            await until(lambda: len(acks(town.frd, contact_id)) == 2, "both have said so, at FRD")

    asyncio.run(ordered())
    assert {row.agency for row in acks(town.frd, contact_id)} == {"EMB", "FRD"}
    for site in (town.emb, town.frd):
        assert states(site, incident) == ["purged"] and key_rows(site) == []
        everything = bytes_of(site.node.data.root)
        assert not any(key in everything for key in keys), "overwritten, not only unlinked"
        with pytest.raises(Refusal) as refused:
            seen(site, contact_id)
        assert refused.value.text == "refusal.contacts.purged"
        assert not verify_site(site.node.data)["damaged"]
    with pytest.raises(Refusal) as again:
        act(town.frd, "duty_chief", order)
    assert again.value.code is ErrorCode.STATE


@pytest.mark.parametrize(
    ("bound", "filed"),
    [(False, False), (True, False), (True, True)],
    ids=["copied", "sealed anew", "filed under the second"],
)
def test_a_key_that_another_contact_names_too_is_destroyed_with_its_own(
    town: Town, monkeypatch: pytest.MonkeyPatch, bound: bool, filed: bool
) -> None:
    """Attack: a manipulated console makes a second contact out of the sealed text of a first one, or seals one under its key.
    Whomever the key is filed under: a purge of the first that is acknowledged leaves it nowhere, and it does not come back."""
    incident = register(town.frd).id
    first = noted(town.frd, incident)
    [row] = town.frd.node.read(contacts.sealed)
    [key] = key_rows(town.frd)
    copied = str(row.sealed)

    def under_the_first(_: SubjectKeys, subject: str, value: str) -> str:
        return seal(key, subject, value) if bound else copied

    with monkeypatch.context() as patch:
        patch.setattr(SubjectKeys, "seal", under_the_first)
        second = noted(town.frd, incident)
    if filed:
        assert town.emb.node.subject_keys.add(second, key)
    order = PurgePersonalData(entity=Personal.CONTACT, entity_id=first, reason="家属要求")

    async def story() -> None:
        async with both(town) as (emb, frd):
            await until(lambda: up(emb) and up(frd), "up")
            await until(lambda: len(town.emb.node.read(contacts.sealed)) == 2, "both contacts at EMB")
            await until(lambda: key_rows(town.emb) == [key], "the key at EMB")
            assert town.emb.node.subject_keys.unseal(first, copied) is not None
            await asyncio.to_thread(act, town.emb, "duty_chief", order)
            await until(lambda: len(acks(town.emb, first)) == 2, "both have said so")
            assert key_rows(town.emb) == key_rows(town.frd) == []

    asyncio.run(story())
    keys = ContactKeys(town.emb.node)
    assert keys.take([key]) == 0
    assert key_rows(town.emb) == [], "not by the back door of the second either"


def acks(site: Site, contact_id: str) -> list[contacts.PurgeAckRow]:
    return site.node.read(lambda c: contacts.acknowledged(c, "contact", contact_id))


def test_a_value_written_apart_from_the_purge_is_not_brought_back(town: Town) -> None:
    """EMB corrects the number while FRD orders the purge: the purge stands, and the late key is not kept."""
    incident = register(town.frd).id

    async def linked(then: object) -> None:
        async with both(town) as (emb, frd):
            await until(lambda: up(emb) and up(frd), "up")
            await until(then, "done")  # type: ignore[arg-type]

    contact_id = noted(town.frd, incident)
    asyncio.run(linked(lambda: states(town.emb, incident) == ["open"]))
    act(town.emb, "duty_officer", ChangeContact(contact_id=contact_id, name="", number="021-55550000"))
    order = PurgePersonalData(entity=Personal.CONTACT, entity_id=contact_id, reason="家属要求")
    act(town.frd, "duty_chief", order)
    assert purge(town.frd.node) == 1 and purge(town.frd.node) == 0
    asyncio.run(linked(lambda: len(acks(town.emb, contact_id)) == 2 and len(acks(town.frd, contact_id)) == 2))
    for site in (town.emb, town.frd):
        assert states(site, incident) == ["purged"] and key_rows(site) == []
        with pytest.raises(DestroyedError):
            site.node.subject_keys.for_subject(contact_id)
        assert not site.node.subject_keys.add(contact_id, b"k" * 32)


def test_the_file_of_an_attachment_is_destroyed_too(town: Town, tmp_path: Path) -> None:
    incident, other = register(town.frd).id, register(town.frd).id
    source = picture(tmp_path, "人员照片.jpg", 50_000)
    content = attached(town.frd, source, incident)
    attached(town.frd, source, other)
    row = rows(town.frd, incident)[0]

    async def story() -> None:
        async with both(town) as (emb, frd):
            await until(lambda: up(emb) and up(frd) and here(town.emb, incident), "the file at EMB")
            order = PurgePersonalData(entity=Personal.ATTACHMENT, entity_id=row.id, reason="家属要求")
            await asyncio.to_thread(act, town.emb, "leader", order)
            await until(lambda: not town.emb.node.attachments.has(content), "destroyed at EMB")
            await until(lambda: not town.frd.node.attachments.has(content), "destroyed at FRD")

    asyncio.run(story())
    for site in (town.emb, town.frd):
        assert [each.purged_at is not None for each in (*rows(site, incident), *rows(site, other))] == [
            True,
            True,
        ]
        assert source.read_bytes()[:1000] not in bytes_of(site.node.data.root)


def test_the_same_picture_attached_apart_does_not_bring_it_back(town: Town, tmp_path: Path) -> None:
    """Both rooms attach it while apart; purged at one, it is gone at both, for whichever record, and is not taken in again."""
    source = picture(tmp_path, "人员照片.jpg", 50_000)
    incident, other = register(town.frd).id, register(town.emb).id
    content = attached(town.frd, source, incident)
    assert attached(town.emb, source, other) == content
    row = rows(town.frd, incident)[0]
    order = PurgePersonalData(entity=Personal.ATTACHMENT, entity_id=row.id, reason="家属要求")
    act(town.frd, "duty_chief", order)
    assert purge(town.frd.node) == 1

    async def story() -> None:
        async with both(town) as (emb, frd):
            await until(lambda: up(emb) and up(frd), "up")
            await until(lambda: len(rows(town.frd, other)) == 1, "EMB's record at FRD")
            await until(lambda: not town.emb.node.attachments.has(content), "destroyed at EMB")

    asyncio.run(story())
    for site in (town.emb, town.frd):
        assert not site.node.attachments.has(content)
        assert AttachmentFiles(site.node).wanted() == [], "nobody asks for it again"
        assert all(each.purged_at is not None for each in (*rows(site, incident), *rows(site, other)))
    with pytest.raises(Refusal) as refused:
        attached(town.emb, source, register(town.emb).id)
    assert refused.value.text == "refusal.attachments.purged"


def test_order_that_came_while_nobody_ran_is_carried_out_at_the_start(town: Town) -> None:
    incident = register(town.frd).id
    contact_id = noted(town.frd, incident)
    act(
        town.frd,
        "duty_chief",
        PurgePersonalData(entity=Personal.CONTACT, entity_id=contact_id, reason="结束"),
    )
    assert key_rows(town.frd), "nobody carries it out yet"

    async def started() -> None:
        async with Service(town.frd.node):
            await until(lambda: acks(town.frd, contact_id), "carried out")

    asyncio.run(started())
    assert key_rows(town.frd) == []


def test_a_sealed_text_opens_for_its_subject_and_key_alone() -> None:
    key = bytes(range(32))
    text = seal(key, "a", "value")
    assert unseal(key, "a", text) == "value" and seal(key, "a", "value") == text != seal(key, "a", "Value")
    assert len(seal(key, "a", "x" * 60)) == len(text), "lengths are told in steps"
    for other_key, subject, sealed in (
        (bytes(32), "a", text),
        (key, "b", text),
        (key, "a", text[:-4] + "AAA="),
        (key, "a", "2" + text[1:]),
        (key, "a", ""),
        (key, "a", text.rsplit(".", 1)[0] + ".€"),
    ):
        with pytest.raises(NotUnsealedError):
            unseal(other_key, subject, sealed)


def test_keys_outlive_the_program_and_are_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "keys.db"
    first = SubjectKeys(path)
    made = first.for_subject("a")
    first.close()
    assert path.stat().st_mode & 0o077 == 0
    again = SubjectKeys(path)
    assert again.for_subject("a") == made and again.of(made.id) == made
    assert made.key.hex() not in repr(made)
    again.destroy(["a"])
    again.close()
    assert made.key not in path.read_bytes()
    shutil.copy(path, tmp_path / "copy.db")
    assert SubjectKeys(tmp_path / "copy.db").is_destroyed("a")
