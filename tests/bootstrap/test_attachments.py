"""Attachments of two real sites: taken in, carried over TLS behind the text, cut and gone on with, saved again (CM-05)."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from app.bootstrap.attaching import attach, save_copy, suggested_name
from app.bootstrap.attachment_files import AttachmentFiles
from app.bootstrap.file_receipts import FileReceipts
from app.domain.attachment import MIB, MediaType
from app.kernel.changes import ChangeSet
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.local.attachments import AttachmentStore
from app.queries import attachments, incidents
from app.queries.attachments import AttachmentRow
from app.usecases.attachments import AttachFile
from app.usecases.contacts import Personal, PurgePersonalData
from tests.bootstrap.linked import both, until, up
from tests.kit import Site, Town, act, register

JPEG = b"\xff\xd8\xff\xe0"


def picture(folder: Path, name: str, size: int) -> Path:
    """A JPEG by its first bytes, the rest cannot be packed."""
    path, body, state = folder / name, bytearray(JPEG), name.encode("utf-8", "replace")
    while len(body) < size:
        state = hashlib.blake2b(state).digest()
        body += state
    path.write_bytes(bytes(body[:size]))
    return path


def rows(site: Site, incident_id: str) -> list[AttachmentRow]:
    return site.node.read(lambda connection: attachments.attachments(connection, incident_id))


def attached(site: Site, path: Path, incident_id: str, who: str = "duty_officer") -> str:
    """Attach a file and return its hash."""
    assert attach(site.node, path, incident_id, site.account(who)) is not None
    return str(rows(site, incident_id)[-1].content)


def here(site: Site, incident_id: str, count: int = 1) -> bool:
    """True if so many attachments are known, and their files are here."""
    found = rows(site, incident_id)
    return len(found) == count and all(site.node.attachments.has(str(row.content)) for row in found)


def test_a_picture_reaches_the_partner_and_is_saved_there(town: Town, tmp_path: Path) -> None:
    incident = register(town.frd).id
    source = picture(tmp_path, "六层阳台.jpg", 300_000)
    told: list[ChangeSet] = []

    async def story() -> None:
        async with both(town) as (emb, frd):
            await until(lambda: up(emb) and up(frd), "up")
            town.emb.node.subscribe(told.append)
            await asyncio.to_thread(attached, town.frd, source, incident)
            await until(lambda: here(town.emb, incident), "the file at EMB")
            await until(
                lambda: sum(c.touches("attachment") for c in told) == 2, "record, then file, are told"
            )

    asyncio.run(story())
    row = rows(town.emb, incident)[0]
    assert (row.name, row.media_type, row.size) == ("六层阳台.jpg", "image/jpeg", 300_000)
    (tmp_path / "out").mkdir()
    saved = save_copy(town.emb.node, row.id, tmp_path / "out")
    assert Path(saved["file"]) == tmp_path / "out" / "六层阳台.jpg"
    assert Path(saved["file"]).read_bytes() == source.read_bytes()
    with pytest.raises(EnvironmentFault) as there:
        save_copy(town.emb.node, row.id, tmp_path / "out")
    assert there.value.code == "file.exists", "never over another file"


def reached(site: Site, incident_id: str) -> list[list[str]]:
    """Agencies known to hold the files of an incident, file by file."""
    names = [str(row.content) for row in rows(site, incident_id)]
    told = [site.node.read(partial(attachments.reached, content=content)) for content in names]
    return [[agency for agency, _ in each] for each in told]


def test_that_a_file_is_there_whole_is_known_where_it_was_attached(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is claimed before the other side has checked the whole file; it is told to the screens, and outlasts a session."""
    incident = register(town.frd).id
    attached(town.frd, picture(tmp_path, "a.jpg", 200_000), incident)
    held_back, finish, told = threading.Event(), AttachmentFiles.finish, list[ChangeSet]()

    def late(self: AttachmentFiles, content: str, size: int) -> bool:
        held_back.wait(30)
        return finish(self, content, size)

    monkeypatch.setattr(AttachmentFiles, "finish", late)
    town.frd.node.subscribe(told.append)

    async def story() -> None:
        async with both(town) as (emb, frd):
            await until(lambda: up(emb) and up(frd), "up")
            content = str(rows(town.frd, incident)[0].content)
            await until(lambda: town.emb.node.attachments.held(content) == 200_000, "every byte is there")
            assert reached(town.frd, incident) == [[]], "sent is not received"
            told.clear()
            held_back.set()
            await until(lambda: reached(town.frd, incident) == [["EMB"]], "received")
            await until(lambda: any(c.touches("attachment") for c in told), "told to the screens")
            assert reached(town.emb, incident) == [[]], "of the other's file nothing is asked"

    asyncio.run(story())
    assert reached(town.frd, incident) == [["EMB"]]


def test_a_file_that_came_otherwise_is_confirmed_by_the_next_session(town: Town, tmp_path: Path) -> None:
    """By stick, say: the question is asked again in every session until it was answered, and then no more."""
    incident = register(town.frd).id
    source = picture(tmp_path, "a.jpg", 50_000)
    content = attached(town.frd, source, incident)
    with source.open("rb") as brought:
        assert town.emb.node.attachments.take(brought) == (content, 50_000)
    receipts = FileReceipts(town.frd.node)
    assert receipts.unconfirmed(town.emb.node.me.site) == [content]
    assert FileReceipts(town.emb.node).whole([content]) == [], "no record here speaks of it yet"

    async def story() -> None:
        async with both(town):
            await until(lambda: reached(town.frd, incident) == [["EMB"]], "confirmed")

    asyncio.run(story())
    assert receipts.unconfirmed(town.emb.node.me.site) == []


def test_only_a_sound_file_is_said_to_be_here(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damaged on the disk: it is there by name, and is not answered for; each state of it is read once."""
    content = attached(town.frd, picture(tmp_path, "a.jpg", 50_000), register(town.frd).id)
    receipts, path = FileReceipts(town.frd.node), town.frd.node.attachments.path(content)
    right, read, sound = path.read_bytes(), list[str](), AttachmentStore.is_sound

    def counted(self: AttachmentStore, content: str) -> bool:
        read.append(content)
        return sound(self, content)

    monkeypatch.setattr(AttachmentStore, "is_sound", counted)
    for held, answer in ((right, [content]), (right[:-1] + b"x", []), (b"x", []), (right, [content])):
        path.write_bytes(held)
        stamp = 1_000_000_000 * (len(read) + 1)
        os.utime(path, ns=(stamp, stamp))
        read.clear()
        assert [receipts.whole([content]) for _ in range(3)] == [answer] * 3
        assert read == [content]
    path.unlink()
    assert receipts.whole([content]) == []


def test_a_later_session_goes_on_where_the_first_one_ended(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = register(town.frd).id
    content = attached(town.frd, picture(tmp_path, "a.jpg", 3 * MIB), incident)
    asked, end, piece = list[int](), [MIB], AttachmentFiles.piece

    def ending(self: AttachmentFiles, wanted: str, offset: int, size: int) -> bytes | None:
        asked.append(offset)
        return piece(self, wanted, offset, size) if offset < end[0] else None

    async def story(ended: Callable[[], bool]) -> None:
        async with both(town):
            await until(ended, "as far as it goes", 60)

    monkeypatch.setattr(AttachmentFiles, "piece", ending)
    asyncio.run(story(lambda: max(asked, default=0) >= MIB))
    assert town.emb.node.attachments.held(content) == MIB and not here(town.emb, incident)
    asked.clear()
    end[0] = 3 * MIB
    asyncio.run(story(lambda: here(town.emb, incident)))
    assert min(asked) == MIB, "nothing came twice"
    assert town.emb.node.attachments.is_sound(content)


def test_a_file_that_is_not_what_was_named_is_thrown_away(town: Town, tmp_path: Path) -> None:
    """A peer that hands out other bytes under a hash: nothing of them stays, and the next session asks again."""
    incident = register(town.frd).id
    content = attached(town.frd, picture(tmp_path, "a.jpg", 100_000), incident)
    right = town.frd.node.attachments.path(content).read_bytes()
    town.frd.node.attachments.path(content).write_bytes(right[:-1] + b"x")
    finished: list[bool] = []
    finish = AttachmentFiles.finish

    def watched(self: AttachmentFiles, wanted: str, size: int) -> bool:
        finished.append(finish(self, wanted, size))
        return finished[-1]

    async def story(good: bool) -> None:
        async with both(town):
            await until(lambda: finished[-1:] == [good], "an end")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AttachmentFiles, "finish", watched)
        asyncio.run(story(False))
        assert not here(town.emb, incident) and town.emb.node.attachments.held(content) == 0
        town.frd.node.attachments.path(content).write_bytes(right)
        asyncio.run(story(True))
    assert here(town.emb, incident)


def test_a_fetch_that_fails_leaves_the_officers_own_copy(town: Town, tmp_path: Path) -> None:
    """The partner's copy is damaged on its way, or of another size than a record says; meanwhile the file is attached here."""
    source = picture(tmp_path, "a.jpg", 100_000)
    content = attached(town.frd, source, register(town.frd).id)
    town.sync()
    files, store = AttachmentFiles(town.emb.node), town.emb.node.attachments
    assert files.wanted() == [(content, 100_000)]
    damaged = bytearray(source.read_bytes())
    damaged[50_000] ^= 1
    assert files.append(content, 0, bytes(damaged)) == 100_000
    attached(town.emb, source, register(town.emb).id)
    for size in (100_000, 99_999):
        assert not files.finish(content, size)
        assert store.is_sound(content) and store.held(content) == 0
        assert files.append(content, 0, b"x") == 1


def ordered(site: Site, incident_id: str) -> None:
    """A file is ordered to be destroyed; nobody carries it out yet."""
    order = PurgePersonalData(
        entity=Personal.ATTACHMENT, entity_id=rows(site, incident_id)[0].id, reason="附错"
    )
    act(site, "duty_chief", order)


def test_no_piece_is_kept_after_the_order_to_destroy_it(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XC-07: whenever it was given: before a piece, and while the whole file is named."""
    incidents_, source = [register(town.frd).id for _ in range(2)], picture(tmp_path, "a.jpg", 1000)
    first = attached(town.frd, source, incidents_[0])
    second = attached(town.frd, picture(tmp_path, "b.jpg", 1000), incidents_[1])
    town.sync()
    files, store = AttachmentFiles(town.emb.node), town.emb.node.attachments
    assert files.append(first, 0, source.read_bytes()[:500]) == 500
    ordered(town.emb, incidents_[0])
    assert files.append(first, 500, source.read_bytes()[500:]) == 0
    assert store.held(first) == 0 and not store.has(first)
    named = AttachmentStore.finish

    def meanwhile(self: AttachmentStore, content: str) -> bool:
        whole = named(self, content)
        ordered(town.emb, incidents_[1])
        return whole

    assert files.append(second, 0, (tmp_path / "b.jpg").read_bytes()) == 1000
    monkeypatch.setattr(AttachmentStore, "finish", meanwhile)
    assert not files.finish(second, 1000)
    assert not store.has(second) and store.held(second) == 0


def test_a_purge_on_the_way_leaves_nothing_and_stops_nothing(town: Town, tmp_path: Path) -> None:
    """Attached by mistake and purged at once, while it is still coming: no piece stays, and the next file comes."""
    incident, officer = register(town.frd).id, town.frd.account("duty_chief")
    content = attached(town.frd, picture(tmp_path, "wrong.jpg", 3 * MIB), incident)
    asked, piece = threading.Event(), AttachmentFiles.append

    def slow(self: AttachmentFiles, wanted: str, offset: int, data: bytes) -> int:
        if wanted == content and offset:
            asked.set()
            assert gone.wait(60)
        return piece(self, wanted, offset, data)

    gone = threading.Event()

    async def story() -> None:
        async with both(town) as (emb, frd):
            await until(lambda: up(emb) and up(frd), "up")
            await until(asked.is_set, "some of it has come")
            order = PurgePersonalData(
                entity=Personal.ATTACHMENT, entity_id=rows(town.frd, incident)[0].id, reason="附错"
            )
            await asyncio.to_thread(town.frd.node.execute, order, officer)
            await until(lambda: rows(town.emb, incident)[0].purged_at, "the order at EMB")
            await until(lambda: not town.emb.node.attachments.held(content), "what had come is gone")
            gone.set()
            await asyncio.to_thread(attached, town.frd, picture(tmp_path, "right.jpg", 50_000), incident)
            right = str(rows(town.frd, incident)[-1].content)
            await until(lambda: town.emb.node.attachments.has(right), "the next one")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AttachmentFiles, "append", slow)
        try:
            asyncio.run(story())
        finally:
            gone.set()
    for site in (town.emb, town.frd):
        assert not site.node.attachments.has(content) and not site.node.attachments.held(content)


def test_a_full_disk_for_files_does_not_end_the_link(town: Town, tmp_path: Path) -> None:
    """Pieces that were asked for and given up are let pass; text goes on, and the link says what waits."""
    incident = register(town.frd).id
    content = attached(town.frd, picture(tmp_path, "a.jpg", 6 * MIB), incident)
    full, ended, append = [True], list[str](), AttachmentFiles.append

    def failing(self: AttachmentFiles, wanted: str, offset: int, data: bytes) -> int:
        if full[0] and offset >= 2 * MIB:
            raise EnvironmentFault("data.unwritable", "fault.data.unwritable", path="x")
        return append(self, wanted, offset, data)

    async def story() -> None:
        async with both(town) as (emb, _):
            emb.replication.on_status(lambda status: ended.append(str(status.reason)))
            await until(lambda: town.emb.node.attachments.held(content) >= 2 * MIB, "some of it")
            await until(lambda: "refusal.attachments.disk" in ended, "told")
            second = await asyncio.to_thread(register, town.frd)
            await until(lambda: town.emb.node.read(lambda c: incidents.incident(c, second.id)), "the text")
            assert "refusal.sync.frame" not in ended
            full[0] = False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AttachmentFiles, "append", failing)
        asyncio.run(story())
    assert not [reason for reason in ended if "frame" in reason]


def test_a_size_that_is_not_the_files_is_refused(town: Town, tmp_path: Path) -> None:
    incident = register(town.frd).id
    with picture(tmp_path, "a.jpg", 1000).open("rb") as source:
        taken = town.frd.node.attachments.take(source)
    assert taken is not None
    wrong = AttachFile(
        incident_id=incident, content=taken[0], size=10, media_type=MediaType.JPEG, name="b.jpg"
    )
    with pytest.raises(Refusal) as refused:
        act(town.frd, "duty_officer", wrong)
    assert refused.value.code is ErrorCode.STATE


def test_what_has_come_is_not_given_up_for_a_record_with_a_smaller_size(town: Town, tmp_path: Path) -> None:
    """Attack: tried at a size that it has passed already, a file goes on where it stands."""
    incident = register(town.frd).id
    content = attached(town.frd, picture(tmp_path, "a.jpg", 1000), incident)
    false = AttachFile(
        incident_id=register(town.frd).id, content=content, size=10, media_type=MediaType.JPEG, name="b.jpg"
    )
    with pytest.MonkeyPatch.context() as patch:
        bus = town.frd.node.bus
        patch.setattr(bus, "_beside", replace(bus._beside, stored=lambda _: 10))
        act(town.frd, "duty_officer", false)
    town.sync()
    files, body = AttachmentFiles(town.emb.node), (tmp_path / "a.jpg").read_bytes()
    assert files.wanted() == [(content, 10), (content, 1000)]
    files.append(content, 0, body[:500])
    assert not files.finish(content, 10) and files.held(content) == 500
    files.append(content, 500, body[500:])
    assert files.finish(content, 1000)


def test_text_does_not_wait_for_a_film(town: Town, tmp_path: Path) -> None:
    """While a large file is held up, an act of an officer goes through."""
    incident = register(town.frd).id
    attached(town.frd, picture(tmp_path, "film.jpg", 8 * MIB), incident)
    gate, piece = threading.Event(), AttachmentFiles.piece

    def halting(self: AttachmentFiles, wanted: str, offset: int, size: int) -> bytes | None:
        if offset:
            gate.wait(60)
        return piece(self, wanted, offset, size)

    async def story() -> None:
        async with both(town) as (emb, frd):
            await until(lambda: up(emb) and up(frd), "up")
            second = await asyncio.to_thread(register, town.frd)
            await until(lambda: town.emb.node.read(lambda c: incidents.incident(c, second.id)), "the text")
            assert not here(town.emb, incident)
            gate.set()
            await until(lambda: here(town.emb, incident), "the file", 60)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AttachmentFiles, "piece", halting)
        asyncio.run(story())


def test_only_what_a_record_names_is_handed_out(town: Town, tmp_path: Path) -> None:
    with picture(tmp_path, "a.jpg", 1000).open("rb") as source:
        taken = town.frd.node.attachments.take(source)
    assert taken is not None
    files = AttachmentFiles(town.frd.node)
    assert files.piece(taken[0], 0, 100) is None, "in the store, but nothing speaks of it"
    content = attached(town.frd, picture(tmp_path, "a.jpg", 1000), register(town.frd).id)
    assert content == taken[0]
    assert files.piece(content, 0, 4) == JPEG


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", ErrorCode.RANGE), (b"MZ\x90\x00" * 10, ErrorCode.FORMAT), (b"PK\x03\x04" * 10, ErrorCode.FORMAT)],
)
def test_what_is_no_attachment_is_refused_and_nothing_is_kept(
    town: Town, tmp_path: Path, content: bytes, code: ErrorCode
) -> None:
    path, incident = tmp_path / "x.jpg", register(town.frd).id
    path.write_bytes(content)
    before = len(town.frd.refusals())
    with pytest.raises(Refusal) as refused:
        attached(town.frd, path, incident)
    assert refused.value.code is code
    assert len(town.frd.refusals()) == before + 1, "one audit entry"
    assert list(town.frd.node.attachments.contents()) == [] and path.read_bytes() == content


def test_size_limit_of_the_district(town: Town, tmp_path: Path) -> None:
    incident = register(town.frd).id
    attached(town.frd, picture(tmp_path, "whole.jpg", 20 * MIB), incident)
    with pytest.raises(Refusal) as refused:
        attached(town.frd, picture(tmp_path, "more.jpg", 20 * MIB + 1), incident)
    assert (refused.value.code, refused.value.params["limit"]) == (ErrorCode.RANGE, 20)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_folders_pipes_and_missing_files_are_told(town: Town, tmp_path: Path) -> None:
    incident = register(town.frd).id
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path / "pipe.jpg", tmp_path):
        with pytest.raises(Refusal) as refused:
            attached(town.frd, path, incident)
        assert refused.value.code is ErrorCode.FORMAT
    with pytest.raises(EnvironmentFault):
        attached(town.frd, tmp_path / "none.jpg", incident)


def test_right_duplicate_and_a_hash_out_of_the_air(town: Town, tmp_path: Path) -> None:
    incident, path = register(town.frd).id, picture(tmp_path, "a.jpg", 1000)
    with pytest.raises(Refusal) as denied:
        attached(town.frd, path, incident, "observer")
    assert denied.value.code is ErrorCode.PERM
    content = attached(town.frd, path, incident)
    with pytest.raises(Refusal) as twice:
        attached(town.frd, path, incident)
    assert twice.value.code is ErrorCode.DUP
    for wrong, code in (("0" * 64, ErrorCode.STATE), ("../" + content, ErrorCode.FORMAT)):
        named = AttachFile(
            incident_id=incident, content=wrong, size=10, media_type=MediaType.JPEG, name="b.jpg"
        )
        with pytest.raises(Refusal) as refused:
            act(town.frd, "duty_officer", named)
        assert refused.value.code is code
    assert len(rows(town.frd, incident)) == 1


def test_cancelled_on_the_way_leaves_nothing(town: Town, tmp_path: Path) -> None:
    incident, done = register(town.frd).id, list[int]()
    path = picture(tmp_path, "a.jpg", MIB)
    officer = town.frd.account("duty_officer")
    assert (
        attach(town.frd.node, path, incident, officer, progress=done.append, cancelled=lambda: bool(done))
        is None
    )
    assert rows(town.frd, incident) == [] and not list(town.frd.node.attachments.contents())
    assert not list(town.frd.node.data.attachments.glob("coming/*"))


def test_a_peer_chooses_no_path(town: Town) -> None:
    """What a record of another version says a file is called."""
    assert suggested_name("../../.bashrc", "image/png") == "bashrc.png"
    assert suggested_name("x.exe", "application/x-msdownload") == "attachment.bin"
    assert suggested_name(None, None) == "attachment.bin"
    with pytest.raises(ValueError, match="not a hash"):
        AttachmentStore(town.emb.node.data.attachments).path("../console.db")


def test_pieces_out_of_order_change_nothing(tmp_path: Path) -> None:
    store, content = AttachmentStore(tmp_path / "store"), "ab" * 32
    assert store.append(content, 0, b"12345") == 5
    assert store.append(content, 9, b"x") == 5 and store.append(content, 0, b"y") == 5
    assert not store.finish(content), "another content"
    store.drop_coming(content)
    assert store.held(content) == 0
