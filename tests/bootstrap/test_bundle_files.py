"""Files of attachments on a stick: behind the text, over several sticks, asked for by the one that comes back (CM-05, CM-07)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.bootstrap import bundle_look, pairing
from app.bootstrap.attachment_files import AttachmentFiles
from app.domain.attachment import MediaType
from app.exchange.bundles import Examined, Exported
from app.kernel.texts import Texts
from app.replication.bundles import writing
from app.replication.frames import CHUNK_BYTES
from app.replication.peers import PeerState
from app.ui.bundles import words
from app.usecases.attachments import AttachFile
from tests.bootstrap.sticks import apart, make, take
from tests.bootstrap.test_attachments import attached, here, picture
from tests.bootstrap.test_city import contact, headers, sealed
from tests.kit import Town, act, register

__all__ = ["apart"]


def paths_of(made: Exported) -> list[Path]:
    return [Path(name) for name in made.files]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "PART_BYTES", 150_000)


@pytest.mark.usefixtures("small")
def test_a_picture_goes_by_stick_over_several_parts(apart: Town, tmp_path: Path) -> None:
    emb, frd = apart.emb, apart.frd
    incident = register(emb).id
    content = attached(emb, picture(tmp_path, "六层阳台.jpg", 400_000), incident)
    made = make(emb, "FRD", tmp_path)
    assert made.attachments == 1 and len(made.files) >= 3
    who = frd.account("duty_officer")
    [looked] = bundle_look.examine(frd.node, paths_of(made), who).bundles
    assert looked.files == 1, "one file, over however many parts"
    [taken] = take(frd, *paths_of(made)).bundles
    assert (taken.state, taken.attachments, taken.hash) == ("whole", 1, made.hash)
    assert here(frd, incident) and frd.node.attachments.is_sound(content)
    [again] = take(frd, *paths_of(made)).bundles
    assert (again.state, again.attachments, again.before_at) == ("nothing_new", 0, frd.clock.now_ms())
    [looked] = bundle_look.examine(frd.node, paths_of(made), who).bundles
    assert (looked.fresh, looked.files, looked.taken_at) == (0, 0, frd.clock.now_ms())


@pytest.mark.usefixtures("small")
def test_a_missing_part_leaves_a_hole_and_the_file_joins_when_it_comes(apart: Town, tmp_path: Path) -> None:
    emb, frd = apart.emb, apart.frd
    incident = register(emb).id
    attached(emb, picture(tmp_path, "俯拍.jpg", 600_000), incident)
    parts = paths_of(make(emb, "FRD", tmp_path))
    [first] = take(frd, parts[0], *parts[2:]).bundles
    assert first.missing == (2,) and not here(frd, incident)
    later = take(frd, parts[1])
    assert later.bundles[0].state == "whole" and here(frd, incident)


def test_a_file_that_did_not_come_is_asked_for_by_the_stick_that_comes_back(
    apart: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The acts are acknowledged, the file is not there: the partner's bundle asks, the next one brings it."""
    emb, frd = apart.emb, apart.frd
    incident = register(emb).id
    content = attached(emb, picture(tmp_path, "门头.jpg", 90_000), incident)
    with monkeypatch.context() as patch:
        patch.setattr(AttachmentFiles, "piece", lambda *_: None)
        take(frd, *paths_of(make(emb, "FRD", tmp_path)))
    assert not here(frd, incident)
    take(emb, *paths_of(make(frd, "EMB", tmp_path)))
    [looked] = bundle_look.examine(
        frd.node, paths_of(made := make(emb, "FRD", tmp_path)), frd.account("duty_officer")
    ).bundles
    assert made.attachments == 1 and looked.total == 1
    assert looked.files == 1
    alone = replace(looked, fresh=0)  # nothing but a file is something, too
    said = words.will_take(Texts.load("zh_CN"), Examined((alone,), ()))
    assert said.startswith("将导入附件 1 个。")
    assert take(frd, *paths_of(made)).bundles[0].attachments == 1
    assert here(frd, incident) and frd.node.attachments.is_sound(content)


def test_only_what_a_record_here_speaks_of_is_taken(
    apart: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack: a partner's program packs files nobody has a record of, and other bytes under a known name."""
    emb, frd = apart.emb, apart.frd
    incident = register(emb).id
    content = attached(emb, picture(tmp_path, "真.jpg", 40_000), incident)
    honest = AttachmentFiles.piece

    def lying(self: AttachmentFiles, name: str, offset: int, size: int) -> bytes | None:
        piece = honest(self, name, offset, size)
        return None if piece is None else bytes(len(piece))

    with monkeypatch.context() as patch:
        patch.setattr(AttachmentFiles, "piece", lying)
        [taken] = take(frd, *paths_of(make(emb, "FRD", tmp_path))).bundles
    assert taken.attachments == 0 and not frd.node.attachments.has(content)
    strange = "ab" * 32
    with monkeypatch.context() as patch:
        patch.setattr(
            AttachmentFiles, "piece", lambda _self, _name, offset, _size: b"x" * 9 if not offset else b""
        )
        patch.setattr("app.bootstrap.bundle_export._Export._files", lambda *_: (strange,))
        made = make(emb, "FRD", tmp_path)
    assert made.attachments == 1
    take(frd, *paths_of(made))
    assert not frd.node.attachments.has(strange) and frd.node.attachments.held(strange) == 0


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("lie", [4 * CHUNK_BYTES, 410_000, 10])
def test_a_record_with_a_false_size_keeps_no_file_from_coming(apart: Town, tmp_path: Path, lie: int) -> None:
    """Attack: a second record of the same file says another size, larger or smaller; the file comes, once damaged too."""
    emb, frd = apart.emb, apart.frd
    source = picture(tmp_path, "门头.jpg", 400_000)
    content = attached(emb, source, register(emb).id)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(emb.node.bus, "_beside", replace(emb.node.bus._beside, stored=lambda _: lie))
        named = AttachFile(
            incident_id=register(emb).id, content=content, size=lie, media_type=MediaType.JPEG, name="b.jpg"
        )
        act(emb, "duty_officer", named)
    honest = AttachmentFiles.piece

    def damaged(self: AttachmentFiles, name: str, offset: int, size: int) -> bytes | None:
        piece = honest(self, name, offset, size)
        return bytes([piece[0] ^ 1]) + piece[1:] if piece and offset else piece

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AttachmentFiles, "piece", damaged)
        made = make(emb, "FRD", tmp_path)
    assert len(made.files) > 2
    take(frd, *paths_of(made))
    assert not frd.node.attachments.has(content)
    assert {size for _, size in AttachmentFiles(frd.node).wanted()} == {400_000, lie}
    take(emb, *paths_of(make(frd, "EMB", tmp_path)))
    (tmp_path / "again").mkdir()
    imported = take(frd, *paths_of(make(emb, "FRD", tmp_path / "again")))
    assert sum(each.attachments for each in imported.bundles) == 1
    assert frd.node.attachments.is_sound(content) and frd.node.attachments.held(content) == 0


def test_a_copied_workstation_is_carried_neither_contacts_nor_files(
    apart: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by wire (REPLICATION, Trust: Lines): the joint record goes along, whoever holds the copy reads no more than that."""
    emb, frd = apart.emb, apart.frd
    incident = register(emb).id
    attached(emb, picture(tmp_path, "门头.jpg", 90_000), incident)
    contact(emb, incident)
    monkeypatch.setattr(pairing, "state_of", lambda _site: PeerState.ENDED)
    made = make(emb, "FRD", tmp_path)
    assert made.attachments == 0
    take(frd, *paths_of(made))
    assert frd.incident(incident).id == incident and frd.count("attachment") == 1
    assert sealed(frd) == [None] and headers(frd) == 1 and not here(frd, incident)
