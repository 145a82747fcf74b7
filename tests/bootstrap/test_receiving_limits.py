"""What a peer may bring in: kinds that travel, up to the district's limit, and never the room the record needs (CM-05)."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.bootstrap import attaching
from app.bootstrap.attaching import attach
from app.bootstrap.attachment_files import AttachmentFiles
from app.bootstrap.window_attachments import _line
from app.domain.attachment import MIB, MediaType, reserve_bytes
from app.domain.rule_numbers import RuleKey
from app.kernel.enums import LinkState
from app.kernel.errors import EnvironmentFault
from app.queries import settings
from app.usecases import attachments as use_case
from app.usecases.attachments import AttachFile
from app.usecases.settings import ChangeRuleNumber
from tests.bootstrap.linked import both, until, up
from tests.bootstrap.sticks import apart, make, take
from tests.bootstrap.test_attachments import attached, here, picture, rows
from tests.bootstrap.test_durable import knows
from tests.kit import Site, Town, act, register

__all__ = ["apart"]

GIB = 1 << 30


class Odd(StrEnum):
    PROGRAM = "application/x-msdownload"


@contextmanager
def unchecked() -> Iterator[None]:
    """The sender's program asks for nothing of what it should."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(use_case, "check_size", lambda *_: None)
        patch.setattr(use_case, "safe_name", lambda name, _kind: name)
        patch.setattr(attaching, "check_media", lambda _head: MediaType.JPEG)
        yield


def recorded(site: Site, number: int, size: int, kind: StrEnum = MediaType.JPEG) -> str:
    """A record of a file of this size and kind, without the file."""
    content = f"{number:064x}"
    command = AttachFile(
        incident_id=register(site).id,
        content=content,
        size=size,
        media_type=kind,  # type: ignore[arg-type]
        name="a.jpg",
    )
    with unchecked(), pytest.MonkeyPatch.context() as patch:
        bus = site.node.bus
        patch.setattr(bus, "_beside", replace(bus._beside, stored=lambda _: size))
        act(site, "duty_officer", command)
    return content


def wanted(site: Site) -> list[str]:
    return [content for content, _ in AttachmentFiles(site.node).wanted()]


def state(site: Site, incident_id: str) -> tuple[str, str]:
    """State of an incident's only file as the screen gets it, and why it is barred."""
    [row] = rows(site, incident_id)
    line = _line(site.node, row)
    return line.state, line.barred


def test_nothing_above_the_districts_limit_is_fetched(town: Town) -> None:
    """D-31: 20 MiB at first; once it is raised, what waited is wanted."""
    fits, large = recorded(town.frd, 1, 20 * MIB), recorded(town.frd, 2, 20 * MIB + 1)
    recorded(town.frd, 3, 0)
    town.sync()
    assert wanted(town.emb) == [fits]
    states = {str(row["content"]): state(town.emb, row["incident_id"]) for row in town.emb.rows("attachment")}
    assert (states[fits], states[large]) == (("coming", ""), ("barred", "size"))
    act(town.emb, "leader", ChangeRuleNumber(key=RuleKey.ATTACHMENT_LIMIT, value=30))
    assert wanted(town.emb) == [fits, large]


def test_nothing_above_what_any_console_fetches(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """200 MiB, whatever another district's number says and a record here claims."""
    fits = recorded(town.frd, 1, 200 * MIB)
    recorded(town.frd, 2, 200 * MIB + 1)
    town.sync()
    in_force = settings.in_force

    def generous(*given: Any) -> Any:
        rules = in_force(*given)
        number = rules[RuleKey.ATTACHMENT_LIMIT]
        return {**rules, RuleKey.ATTACHMENT_LIMIT: replace(number, value=500)}

    monkeypatch.setattr(settings, "in_force", generous)
    assert wanted(town.emb) == [fits]


def test_a_record_of_another_kind_is_not_fetched(town: Town) -> None:
    content = recorded(town.frd, 1, 1000, Odd.PROGRAM)
    town.sync()
    [row] = town.emb.rows("attachment")
    assert row["content"] == content and wanted(town.emb) == []
    assert state(town.emb, row["incident_id"]) == ("barred", "kind")


def program(folder: Path, name: str, size: int) -> Path:
    """What says it is a picture, and is a program."""
    path = folder / name
    path.write_bytes((b"MZ\x90\x00" * (size // 4 + 1))[:size])
    return path


@pytest.mark.parametrize("size", [10, 400_000])
def test_what_is_no_picture_is_found_out_when_it_comes(town: Town, tmp_path: Path, size: int) -> None:
    """Its record says JPEG. No byte of it stays, it is not asked for again, the screen says so, and the next file comes."""
    incidents = [register(town.frd).id for _ in range(2)]
    with unchecked():
        content = attached(town.frd, program(tmp_path, "a.jpg", size), incidents[0])
    good = attached(town.frd, picture(tmp_path, "b.jpg", 500_000), incidents[1])
    asked: list[int] = []
    piece = AttachmentFiles.piece

    def watched(self: AttachmentFiles, wanted: str, offset: int, size: int) -> bytes | None:
        if wanted == content and not offset:
            asked.append(size)
        return piece(self, wanted, offset, size)

    async def story() -> None:
        async with both(town):
            await until(lambda: town.emb.node.attachments.has(good), "the good one")
            await until(lambda: state(town.emb, incidents[0]) == ("barred", "kind"), "said")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AttachmentFiles, "piece", watched)
        asyncio.run(story())
        asyncio.run(story())
    store = town.emb.node.attachments
    assert not store.has(content) and store.held(content) == 0 and wanted(town.emb) == []
    assert len(asked) == 1, "once for all: after a restart it is not asked for either"
    assert not AttachmentFiles(town.emb.node)._store.is_barred(good)
    assert state(town.frd, incidents[0]) == ("barred", "kind"), "not shown as good where it is either"


def test_nobody_bars_a_good_file_by_handing_out_something_else(town: Town, tmp_path: Path) -> None:
    """Attack: other bytes under the hash of a picture. They are thrown away, and the picture comes from who has it."""
    incident = register(town.frd).id
    content = attached(town.frd, picture(tmp_path, "a.jpg", 100_000), incident)
    town.sync()
    files = AttachmentFiles(town.emb.node)
    assert files.append(content, 0, b"MZ" + bytes(99_998)) == 100_000
    assert not files.finish(content, 100_000)
    assert wanted(town.emb) == [content] and state(town.emb, incident) == ("coming", "")
    files.append(content, 0, (tmp_path / "a.jpg").read_bytes())
    assert files.finish(content, 100_000) and here(town.emb, incident)


def test_nor_does_it_come_by_stick(apart: Town, tmp_path: Path) -> None:
    """The rest of the stick is taken in."""
    emb, frd = apart.emb, apart.frd
    first, second = register(emb).id, register(emb).id
    with unchecked():
        content = attached(emb, program(tmp_path, "a.jpg", 400_000), first)
    attached(emb, picture(tmp_path, "b.jpg", 500_000), second)
    [taken] = take(frd, *[Path(name) for name in make(emb, "FRD", tmp_path).files]).bundles
    assert (taken.state, taken.attachments) == ("whole", 1)
    assert here(frd, second) and not frd.node.attachments.has(content)
    assert frd.node.attachments.held(content) == 0 and state(frd, first) == ("barred", "kind")


# -- room --------------------------------------------------------------------------------------------------------------------
class Disk(NamedTuple):
    total: int
    used: int
    free: int


def test_how_much_is_left_to_the_record() -> None:
    assert reserve_bytes(500 * GIB) == reserve_bytes(20 * GIB) == GIB
    assert reserve_bytes(8 * GIB) == 8 * GIB // 20


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A disk of 500 GiB with as many bytes free as its only item says."""
    free, real = [100 * GIB], shutil.disk_usage

    def usage(path: Any) -> Any:
        return Disk(500 * GIB, 500 * GIB - free[0], free[0]) if free else real(path)

    monkeypatch.setattr("app.bootstrap.attachment_files.shutil.disk_usage", usage)
    return free


def test_files_wait_where_the_record_needs_the_room(town: Town, tmp_path: Path, disk: list[int]) -> None:
    """XC-01: one GiB is left to it; the link says so, text goes on, and the file comes once there is room."""
    incident = register(town.frd).id
    content = attached(town.frd, picture(tmp_path, "a.jpg", 600_000), incident)
    disk[0] = GIB
    waits = [(LinkState.DEGRADED, "refusal.attachments.no_room")]

    async def story() -> None:
        async with both(town) as (emb, frd):
            await until(lambda: [(link.state, link.reason) for link in emb.links()] == waits, "told")
            assert town.emb.node.attachments.held(content) == 0
            row = await asyncio.to_thread(register, town.frd)
            await until(lambda: knows(town.emb, row.id), "the text")
            disk[0] = 100 * GIB
            await until(lambda: here(town.emb, incident), "the file", 90)
            await until(lambda: up(emb) and up(frd), "up")

    asyncio.run(story())


def test_by_stick_the_text_comes_and_the_file_waits(apart: Town, tmp_path: Path, disk: list[int]) -> None:
    emb, frd = apart.emb, apart.frd
    incident = register(emb).id
    content = attached(emb, picture(tmp_path, "a.jpg", 400_000), incident)
    parts = [Path(name) for name in make(emb, "FRD", tmp_path).files]
    disk[0] = GIB
    [taken] = take(frd, *parts).bundles
    assert (taken.state, taken.attachments) == ("whole", 0)
    assert knows(frd, incident) and not frd.node.attachments.has(content)
    disk[0] = 100 * GIB
    assert take(frd, *parts).bundles[0].attachments == 1 and here(frd, incident)


def test_an_officers_own_file_waits_too(emb: Site, tmp_path: Path, disk: list[int]) -> None:
    incident, source = register(emb).id, picture(tmp_path, "a.jpg", 400_000)
    disk[0] = GIB + 399_999
    with pytest.raises(EnvironmentFault) as told:
        attach(emb.node, source, incident, emb.account("duty_officer"))
    assert (told.value.code, told.value.params["reserve"]) == ("files.no_room", 1024)
    assert not list(emb.node.attachments.contents()) and rows(emb, incident) == []
    disk[0] += 1
    attached(emb, source, incident)
