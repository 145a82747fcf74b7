"""What killed programs leave of files that were copied in: it goes at the next start, backup or purge (CM-05, XC-07)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.bootstrap import attaching, second_folders
from app.bootstrap.attaching import attach
from app.bootstrap.backup_work import make
from app.bootstrap.node import Node, Open
from app.bootstrap.purging import Purging, purge
from app.kernel.errors import EnvironmentFault, Refusal
from app.local.attachments import AttachmentStore
from app.usecases.bus import Bus
from tests.bootstrap.test_attachments import attached, picture
from tests.bootstrap.test_backing_up import job, quiet
from tests.bootstrap.test_backing_up import until as wait_until
from tests.bootstrap.test_purging_files import order, put_in
from tests.kit import Site, register

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="kill -9")

TAKING = """
import os, signal, sys, time
from pathlib import Path
from app.local.attachments import AttachmentStore
def progress(done):
    if done > 300_000:
        os.kill(os.getpid(), signal.SIGKILL)
AttachmentStore(Path(sys.argv[1])).take(open(sys.argv[2], "rb"), progress)
"""


def killed_while_taking(store: Path, source: Path) -> list[Path]:
    """A real process copies a file in and is killed in the middle; what it leaves."""
    ended = subprocess.run([sys.executable, "-c", TAKING, str(store), str(source)], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    left = list((store / "coming").glob("taking-*"))
    assert len(left) == 1 and left[0].read_bytes()
    return left


def reopen(site: Site) -> None:
    site.node.close()
    site.node = Node(Open(site.node.data, site.clock))


def there(paths: list[Path]) -> list[Path]:
    return [each for each in paths if each.exists()]


def stores(site: Site) -> list[Path]:
    return [site.node.data.attachments, site.node.data.backed_up_attachments]


def test_a_part_of_a_picture_goes_at_the_next_start(emb: Site, tmp_path: Path) -> None:
    source = picture(tmp_path, "a.jpg", 900_000)
    left = [each for store in stores(emb) for each in killed_while_taking(store, source)]
    reopen(emb)
    with Purging(emb.node):
        wait_until(lambda: not there(left))


def test_a_purge_reaches_it(emb: Site, tmp_path: Path) -> None:
    """XC-07: while the console runs: the child process of a backup was killed."""
    source = picture(tmp_path, "a.jpg", 900_000)
    wrong, _ = put_in(emb, tmp_path)
    left = [each for store in stores(emb) for each in killed_while_taking(store, source)]
    order(emb, wrong)
    assert purge(emb.node) == 1
    assert there(left) == []


def test_a_backup_sweeps_its_folders(emb: Site, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.mkdir()
    second_folders.choose(emb.node, second)
    folders = [emb.node.data.backed_up_attachments, second / "files"]
    source = picture(tmp_path, "a.jpg", 900_000)
    left = [each for store in folders for each in killed_while_taking(store, source)]
    assert make(job(emb, second=second), quiet).second == "kept"
    assert there(left) == []


def test_what_is_being_copied_is_left_alone(emb: Site, tmp_path: Path) -> None:
    """A sweep while somebody copies: by this program, and by another."""
    store, source = emb.node.attachments, picture(tmp_path, "a.jpg", 900_000)
    swept: list[int] = []

    def meanwhile(_done: int) -> None:
        if not swept:
            AttachmentStore(emb.node.data.attachments).sweep(())
            swept.append(len(list(emb.node.data.attachments.glob("coming/taking-*"))))

    with source.open("rb") as file:
        taken = store.take(file, meanwhile)
    assert swept == [1] and taken is not None and store.is_sound(taken[0])
    halted = "import sys, time\n" + TAKING.replace(
        "os.kill(os.getpid(), signal.SIGKILL)", "print(done, flush=True), time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", halted, str(emb.node.data.attachments), str(source)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None and other.stdout.readline()
        store.sweep(())
        assert len(list(emb.node.data.attachments.glob("coming/taking-*"))) == 1
        other.kill()
    store.sweep(())
    assert not list(emb.node.data.attachments.glob("coming/taking-*"))


ATTACHING = """
import os, signal, sys
from pathlib import Path
from app.bootstrap import attaching, second_folders
from app.bootstrap.node import Node, Open
from app.kernel.clock import ManualClock
from app.kernel.paths import DataDir
from app.usecases.bus import Bus
Bus.execute = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with Node(Open(DataDir(Path(sys.argv[1])), ManualClock(int(sys.argv[2])))) as node:
    attaching.attach(node, Path(sys.argv[3]), sys.argv[4], sys.argv[5])
"""


def test_a_whole_file_whose_record_never_came_goes_at_the_next_start(emb: Site, tmp_path: Path) -> None:
    """Killed between the file and its record: nobody could ever order that it be destroyed. One with a record stays."""
    incident, officer = register(emb).id, emb.account("duty_officer")
    kept = attached(emb, picture(tmp_path, "kept.jpg", 50_000), incident)
    source, data = picture(tmp_path, "a.jpg", 100_000), emb.node.data
    emb.node.close()
    given = [str(data.root), str(emb.clock.now_ms()), str(source), incident, officer]
    ended = subprocess.run([sys.executable, "-c", ATTACHING, *given], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    store = AttachmentStore(data.attachments)
    [orphan] = set(store.contents()) - {kept}
    reopen(emb)
    with Purging(emb.node):
        wait_until(lambda: not store.has(orphan))
    assert list(store.contents()) == [kept] and not list(data.attachments.glob("coming/*"))


def test_one_that_is_being_attached_while_it_is_swept_stays(
    emb: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The console has just started: somebody is quick."""
    incident, execute = register(emb).id, Bus.execute

    def late(self: Bus, command: object, account_id: str) -> object:
        thread = threading.Thread(target=attaching.sweep, args=(emb.node,))
        thread.start()
        thread.join()
        return execute(self, command, account_id)  # type: ignore[arg-type]

    monkeypatch.setattr(Bus, "execute", late)
    content = attached(emb, picture(tmp_path, "a.jpg", 100_000), incident)
    assert emb.node.attachments.has(content) and not list(emb.node.data.attachments.glob("coming/*"))


def test_a_refused_file_does_not_stay(emb: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No record names it: it goes at once. One that another record names stays; so does one of which nobody knows yet."""
    incident, officer = register(emb).id, emb.account("duty_officer")
    source = picture(tmp_path, "a.jpg", 100_000)
    content = attached(emb, source, incident)
    with pytest.raises(Refusal):
        attach(emb.node, source, incident, officer)
    assert emb.node.attachments.has(content), "attached twice: the first one's"
    other = picture(tmp_path, "b.jpg", 100_000)
    with pytest.raises(Refusal):
        attach(emb.node, other, "no such incident", officer)
    assert list(emb.node.attachments.contents()) == [content]

    def broken(*_: object) -> None:
        raise EnvironmentFault("database.full", "fault.database.full", path="x")

    monkeypatch.setattr(Bus, "execute", broken)
    with pytest.raises(EnvironmentFault):
        attach(emb.node, other, incident, officer)
    assert len(list(emb.node.attachments.contents())) == 2
    fresh = AttachmentStore(emb.node.data.attachments)
    assert len(fresh.announced()) == 1, "the next start asks for its record"


def test_a_name_that_was_taken_out_is_synced_with_its_folder(
    emb: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XC-07: a power cut after the acknowledgement brings nothing back: unlinked, then the folder is synced, then it is said."""
    wrong, content = put_in(emb, tmp_path)
    made = make(job(emb), quiet)
    assert made.problem == ""
    order(emb, wrong)
    steps: list[str] = []
    unlink, fsync, execute = Path.unlink, os.fsync, Bus.execute

    def unlinked(self: Path, missing_ok: bool = False) -> None:
        if self.name == content and self.exists():
            steps.append(f"unlink {self.parent.parent.name}")
        unlink(self, missing_ok)

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if path.name == content[:2]:
            steps.append(f"sync {path.parent.name}")

    def executed(self: Bus, command: object, account_id: str) -> object:
        steps.append("said")
        return execute(self, command, account_id)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "unlink", unlinked)
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Bus, "execute", executed)
    assert purge(emb.node) == 1
    assert steps == ["unlink attachments", "sync attachments", "unlink files", "sync files", "said"]
