"""A restore cut at its last step, where the files of attachments are brought: the site stands, the files follow (XC-01)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.bootstrap import attachment_files, beside, bringing_back, second_folders
from app.bootstrap.attachment_files import AttachmentFiles
from app.bootstrap.backup_work import make
from app.bootstrap.bringing_back import BringingBack, bring
from app.bootstrap.node import Node, Open
from app.bootstrap.restoring import restore
from app.kernel.clock import ManualClock
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir
from app.local import memory
from app.local.attachments import AttachmentStore
from tests.bootstrap.test_backing_up import job, quiet
from tests.bootstrap.test_backing_up import until as wait_until
from tests.bootstrap.test_purging_files import order, put_in
from tests.bootstrap.test_receiving_limits import GIB, Disk
from tests.kit import Site, Town, ms

ROOT = Path(__file__).parents[2]
NINE = ms("09:00:00")


class Kept:
    """A backup with two files beside it, and the site it is of closed."""

    def __init__(self, town: Town, tmp_path: Path) -> None:
        self.records, self.contents = zip(
            *(put_in(town.emb, tmp_path, name) for name in ("a.jpg", "b.jpg")), strict=True
        )
        medium = tmp_path / "medium"
        medium.mkdir()
        second_folders.choose(town.emb.node, medium)
        assert make(job(town.emb, second=medium), quiet).second == "kept"
        second_folders.choose(town.emb.node, None)
        town.emb.node.close()
        [self.copy] = medium.glob("console-*.db")
        self.medium, self.data, self.recovery = medium, DataDir(tmp_path / "new"), town.emb.recovery_file

    def restore(self) -> int:
        return restore(self.data, self.copy, self.recovery, ManualClock(NINE)).files_left

    def opened(self) -> Node:
        return Node(Open(self.data, ManualClock(NINE)))

    def here(self) -> list[bool]:
        return [AttachmentStore(self.data.attachments).has(content) for content in self.contents]


@pytest.fixture
def kept(town: Town, tmp_path: Path) -> Kept:
    return Kept(town, tmp_path)


def noted(node: Node) -> bool:
    return bringing_back.RESTORED_FILES in node.local(memory.load)


RESTORING = """
import os, signal, sys
from pathlib import Path
from app.bootstrap import beside
from app.bootstrap.restoring import restore
from app.kernel.clock import ManualClock
from app.kernel.paths import DataDir
from app.local.attachments import AttachmentStore
named, count = AttachmentStore._name, [int(sys.argv[5])]
def name(self, path, content):
    if not count[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    count[0] -= 1
    named(self, path, content)
AttachmentStore._name = name
restore(DataDir(Path(sys.argv[1])), Path(sys.argv[2]), Path(sys.argv[3]), ManualClock(int(sys.argv[4])))
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
@pytest.mark.parametrize("whole", [0, 1])
def test_killed_while_files_are_brought(kept: Kept, whole: int) -> None:
    """XC-01: kill -9 of a real process, before the first file is whole and after it: the next start brings the rest by itself."""
    given = [str(kept.data.root), str(kept.copy), str(kept.recovery), str(NINE), str(whole)]
    ended = subprocess.run([sys.executable, "-c", RESTORING, *given], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert sum(kept.here()) == whole and list(kept.data.attachments.glob("coming/taking-*"))
    with pytest.raises(EnvironmentFault) as again:
        kept.restore()
    assert again.value.code == "database.exists", "true: it is made"
    with kept.opened() as node:
        assert node.workstation.letter == "B" and noted(node)
        with BringingBack(node) as bringing:
            wait_until(lambda: all(kept.here()))
            wait_until(lambda: not noted(node))
        assert bringing.trouble is None and all(map(node.attachments.is_sound, kept.contents))
        assert AttachmentFiles(node).wanted() == []


def test_a_disk_that_fills_is_no_failure_of_the_restore(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """XC-01: the site is made, and said to be; so many files wait, and come once there is room."""
    free = [GIB]
    for module in (beside, attachment_files):
        monkeypatch.setattr(module.shutil, "disk_usage", lambda _: Disk(500 * GIB, 0, free[0]))
    monkeypatch.setattr(bringing_back, "RETRY_S", 0.05)
    assert kept.restore() == 2
    with kept.opened() as node, BringingBack(node) as bringing:
        wait_until(lambda: bringing.trouble is not None)
        assert bringing.trouble is not None and bringing.trouble.code == "files.no_room"
        assert kept.here() == [False, False] and noted(node)
        free[0] = 100 * GIB
        wait_until(lambda: all(kept.here()) and not noted(node))


@pytest.mark.parametrize("end", ["plugged in", "destroyed"])
def test_the_medium_is_not_there(kept: Kept, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """It is named, with how many files wait for it; a person may say that it is destroyed."""
    monkeypatch.setattr(bringing_back, "RETRY_S", 0.05)
    drawer = kept.medium.with_name("drawer")
    with monkeypatch.context() as patch:
        patch.setattr(beside, "_leave_room", lambda *_: (_ for _ in ()).throw(OSError("pulled out")))
        assert kept.restore() == 2
    kept.medium.rename(drawer)
    with kept.opened() as node, BringingBack(node) as bringing:
        wait_until(lambda: bringing.trouble is not None)
        fault = bringing.trouble
        assert fault is not None and fault.text == "fault.restored_files"
        assert fault.params == {"path": str(kept.medium / "files"), "count": 2}
        if end == "plugged in":
            drawer.rename(kept.medium)
            wait_until(lambda: all(kept.here()))
        else:
            assert str(kept.medium) in node.local(second_folders.names)
            technician = node.sign_in("EMB-technician", "correct-horse-1").id
            second_folders.forget(node, str(kept.medium), technician)
            while str(kept.medium) in node.local(second_folders.names):  # it was the second folder as well
                second_folders.forget(node, str(kept.medium), technician)
        wait_until(lambda: not noted(node) and bringing.trouble is None)
    assert kept.here() == [end == "plugged in"] * 2


def test_what_was_ordered_to_be_destroyed_is_not_brought(kept: Kept) -> None:
    """XC-07: the order came after the restore, before the file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beside, "_leave_room", lambda *_: (_ for _ in ()).throw(OSError("full")))
        assert kept.restore() == 2
    with kept.opened() as node:
        site = Site(node, ManualClock(NINE), "EMB", kept.recovery, "")  # type: ignore[arg-type]
        order(site, kept.records[0])
        assert bring(node) is None
    assert kept.here() == [False, True]


def test_a_damaged_file_is_not_brought_and_nothing_waits_for_it(kept: Kept) -> None:
    path = AttachmentStore(kept.medium / "files").path(kept.contents[0])
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert kept.restore() == 1
    with kept.opened() as node:
        assert bring(node) is None and not noted(node)
    assert kept.here() == [False, True]
