"""Destroying a file for good: in every folder of backups, whatever is under way, and acknowledged only then (XC-07, XC-09)."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.bootstrap.backup_store import SECOND_FOLDER, mark
from app.bootstrap.backup_work import make
from app.bootstrap.purging import purge
from app.kernel.errors import EnvironmentFault
from app.local import memory
from app.local.attachments import AttachmentStore
from app.queries import attachments, contacts
from app.usecases.contacts import Personal, PurgePersonalData
from tests.bootstrap.test_attachments import attached, picture
from tests.bootstrap.test_backing_up import job, quiet
from tests.kit import Site, act, register


def put_in(site: Site, tmp_path: Path, name: str = "wrong.jpg", size: int = 100_000) -> tuple[str, str]:
    """A file is attached: record, content."""
    incident = register(site).id
    content = attached(site, picture(tmp_path, name, size), incident)
    [row] = site.node.read(lambda c: attachments.attachments(c, incident))
    return row.id, content


def order(site: Site, attachment_id: str) -> None:
    command = PurgePersonalData(entity=Personal.ATTACHMENT, entity_id=attachment_id, reason="附错")
    act(site, "duty_chief", command)


def acknowledged(site: Site, attachment_id: str) -> int:
    return len(site.node.read(lambda c: contacts.acknowledged(c, "attachment", attachment_id)))


def test_a_purge_reaches_the_second_folder_or_is_not_acknowledged(emb: Site, tmp_path: Path) -> None:
    """XC-07: the stick is in a drawer: nobody is told that the file is destroyed, until it is."""
    second, drawer = tmp_path / "second", tmp_path / "drawer"
    second.mkdir()
    mark(second, emb.node.me.site)
    emb.node.local(lambda c: memory.keep(c, SECOND_FOLDER, str(second), 0))
    wrong, content = put_in(emb, tmp_path)
    assert make(job(emb, second=second), quiet).second == "kept"
    stores = [AttachmentStore(each / "files") for each in (emb.node.data.backups, second)]
    assert [store.has(content) for store in stores] == [True, True]
    order(emb, wrong)
    second.rename(drawer)
    with pytest.raises(EnvironmentFault) as told:
        purge(emb.node)
    assert (told.value.code, told.value.params["path"]) == ("purge.second", str(second))
    assert not emb.node.attachments.has(content) and not stores[0].has(content)
    assert acknowledged(emb, wrong) == 0
    drawer.rename(second)
    assert purge(emb.node) == 1
    assert not stores[1].has(content) and acknowledged(emb, wrong) == 1


def test_a_backup_under_way_does_not_bring_a_purged_file_back(
    emb: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XC-07: ordered, carried out and acknowledged while the file is on its way into the folder of backups: it is gone again
    before the next one comes."""
    wrong, content = put_in(emb, tmp_path)
    _, larger = put_in(emb, tmp_path, "right.jpg", 200_000)
    kept, named, ways = AttachmentStore(emb.node.data.backups / "files"), AttachmentStore._name, list[str]()

    def meanwhile(self: AttachmentStore, path: Path, name: str) -> None:
        ways.append(name)
        if name == content:
            order(emb, wrong)
            assert purge(emb.node) == 1
        assert not kept.has(content)
        named(self, path, name)

    monkeypatch.setattr(AttachmentStore, "_name", meanwhile)
    made = make(job(emb), quiet)
    assert (made.problem, ways) == ("", [content, larger])
    assert not kept.has(content) and kept.has(larger)


def test_a_purge_sweeps_what_had_come(emb: Site, tmp_path: Path) -> None:
    """Beginnings of files that no record wants: of a file that was never whole here nothing is left either."""
    wrong, _ = put_in(emb, tmp_path)
    stray = "ab" * 32
    assert emb.node.attachments.append(stray, 0, b"x" * 100) == 100
    order(emb, wrong)
    assert purge(emb.node) == 1
    assert emb.node.attachments.held(stray) == 0
