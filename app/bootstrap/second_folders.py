"""Second folders of backups: the one in use, and all that ever were, for a purge has to reach what lies in them (XC-07, XC-09).

Each is known by an id in its mark, not by its path alone: two sticks taking turns have one path. What was purged in which is
remembered until a workstation has said that it is done, so that they need not be there at the same time.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from app.bootstrap import bringing_back
from app.bootstrap.backup_store import FILES, SECOND_FOLDER, is_marked, mark
from app.bootstrap.node import Node
from app.kernel.errors import ErrorCode, Refusal
from app.local import memory
from app.local.attachments import AttachmentStore
from app.usecases.backups import ForgetBackupFolder

KNOWN: Final = "backup.second_folders"  # kept on this workstation
_SHOWN: Final = 4  # digits of an id, where two folders have one path
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Folder:
    """One of them. `id`: of its mark, "" of one made before ids were; `done`: files (hash, hex) that were destroyed in it."""

    path: Path
    id: str = ""
    done: frozenset[str] = frozenset()

    @property
    def is_there(self) -> bool:
        """True if this very folder is at hand."""
        return is_marked(self.path, [self.id])

    @property
    def files(self) -> AttachmentStore:
        """The files of attachments in it."""
        return AttachmentStore(self.path / FILES)


def chosen(connection: sqlite3.Connection) -> Path | None:
    """Where copies go now, at hand or not."""
    kept = memory.load(connection).get(SECOND_FOLDER)
    return Path(kept) if isinstance(kept, str) else None


def known(connection: sqlite3.Connection) -> list[Folder]:
    """All that were ever chosen here and are not known to be gone, the latest last."""
    kept: Any = memory.load(connection).get(KNOWN)
    found = [_read(each) for each in kept] if isinstance(kept, list) else []
    now = chosen(connection)
    if now is not None and now not in {each.path for each in found}:
        found.append(Folder(now))
    return found


def _read(told: Any) -> Folder:
    return Folder(Path(told["path"]), str(told["id"]), frozenset(map(str, told["done"])))


def _keep(connection: sqlite3.Connection, folders: Sequence[Folder], at: int) -> None:
    told = [{"path": str(each.path), "id": each.id, "done": sorted(each.done)} for each in folders]
    memory.keep(connection, KNOWN, told or None, at)


def _changed(node: Node, change: Callable[[list[Folder]], list[Folder]]) -> None:
    def work(connection: sqlite3.Connection) -> None:
        before = known(connection)
        after = change(before)
        if after != before:
            _keep(connection, after, node.clock.now_ms())

    node.local(work)


def choose(node: Node, folder: Path | None) -> None:
    """Copies go there from now on, or nowhere; what was chosen before is remembered. OSError when it cannot be marked."""
    made = None if folder is None else mark(folder, node.me.site)
    at = node.clock.now_ms()

    def work(connection: sqlite3.Connection) -> None:
        found = known(connection)
        if folder is not None and made is not None:
            same = next((each for each in found if _is_same(each, folder, made.id, fresh=made.fresh)), None)
            found = [each for each in found if each is not same]
            found.append(replace(same or Folder(folder), path=folder, id=made.id))
        _keep(connection, found, at)
        memory.keep(connection, SECOND_FOLDER, None if folder is None else str(folder), at)

    node.local(work)


def _is_same(known_one: Folder, folder: Path, mark_id: str, *, fresh: bool) -> bool:
    """True for the same id, and for one without at its path that had our mark already."""
    return known_one.id == mark_id or (not known_one.id and known_one.path == folder and not fresh)


# -- purging -----------------------------------------------------------------------------------------------------------------
def destroy(node: Node, contents: Collection[str]) -> dict[str, list[Folder]]:
    """Destroy files in every folder that is at hand; content -> the folders in which it may still lie."""
    folders = node.local(known)
    if not contents:
        return {}
    after = [_destroyed(each, contents) for each in folders]
    by_key = {(each.path, each.id): each.done for each in after}

    def change(found: list[Folder]) -> list[Folder]:
        return [replace(each, done=by_key.get((each.path, each.id), each.done)) for each in found]

    _changed(node, change)
    return {
        content: left
        for content in contents
        if (left := [each for each in after if content not in each.done])
    }


def _destroyed(folder: Folder, contents: Collection[str]) -> Folder:
    waiting = set(contents) - folder.done
    try:
        if waiting and folder.is_there:
            folder.files.sweep_left()
            for content in waiting:
                folder.files.drop(content)
            return replace(folder, done=folder.done | waiting)
    except OSError as wrong:
        log.warning("a second folder of backups: %s", wrong)
    return folder


def settle(node: Node, open_contents: Collection[str]) -> None:
    """What is done everywhere needs no remembering; a former folder that is at hand and holds no file any more neither."""
    empty = {(each.path, each.id) for each, _ in node.local(former) if _is_empty(each)}

    def change(found: list[Folder]) -> list[Folder]:
        wanted = set(open_contents)
        return [replace(each, done=each.done & wanted) for each in found if (each.path, each.id) not in empty]

    _changed(node, change)


def _is_empty(folder: Folder) -> bool:
    try:
        return folder.is_there and next(folder.files.contents(), None) is None
    except OSError:
        return False


# -- by their names ----------------------------------------------------------------------------------------------------------
def name_of(folder: Folder, among: Sequence[Folder]) -> str:
    """What a person calls it: its path, and the beginning of its id where another has the same path."""
    twins = sum(each.path == folder.path for each in among)
    return f"{folder.path} #{folder.id[:_SHOWN] or 0}" if twins > 1 else str(folder.path)


def former(connection: sqlite3.Connection) -> list[tuple[Folder, str]]:
    """Those that are in use no more, with their names."""
    found, now = known(connection), chosen(connection)
    latest = next((each for each in reversed(found) if each.path == now), None)
    return [(each, name_of(each, found)) for each in found if each is not latest]


def names(connection: sqlite3.Connection) -> list[str]:
    """What a person may say is destroyed."""
    found = [name for _, name in former(connection)]
    other = bringing_back.waited_for(connection)
    return [*found, other] if other and other not in found else found


def forget(node: Node, name: str, account_id: str) -> dict[str, Any]:
    """A person says that a former folder, or the one a restore took its files from, was destroyed: entered in the duty log, then
    nothing waits for it any more.

    Refusal: E_PERM, and E_STATE when there is no former folder of this name.
    """
    command = ForgetBackupFolder(folder=name)
    node.check_right("forget_backup_folder", account_id)
    meant = next((folder for folder, said in node.local(former) if said == name), None)
    if meant is None and name != node.local(bringing_back.waited_for):
        refusal = Refusal(ErrorCode.STATE, "refusal.backup.no_folder", field="folder", clause="XC-07")
        node.record_refusal("forget_backup_folder", refusal, account_id)
        raise refusal
    done = node.execute(command, account_id)
    if meant is None:
        node.local(lambda connection: bringing_back.give_up(connection, node.clock.now_ms()))
    else:
        key = (meant.path, meant.id)
        _changed(node, lambda found: [each for each in found if (each.path, each.id) != key])
    return dict(done.result)
