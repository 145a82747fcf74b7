"""Files of attachments after a restore: what the backup's folder holds is brought, however often that was cut (XC-01, XC-09).

A restored record stands before its files do: nobody waits for films to register an incident. Where they are is noted in the
record itself before it gets its name, and the note goes once nothing is left to be had there; until then every start goes on.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.bootstrap.attachment_files import check_reserve
from app.bootstrap.beside import copy_file
from app.bootstrap.node import Node, told_plainly
from app.kernel.changes import Change, ChangeSet
from app.kernel.enums import ChangeKind, Origin
from app.kernel.errors import EnvironmentFault
from app.local import memory
from app.local.attachments import AttachmentStore, names_a_file
from app.queries import attachments

RESTORED_FILES: Final = "restored.files"  # kept on this workstation: the folder
RETRY_S: Final = 30.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Left:
    """Where the backup's files are, and how many of those that records name are not here."""

    folder: Path
    count: int


class BringingBack:
    """Goes on bringing on a thread of its own, while there is a note. `trouble`: what stands in the way, for the alarm strip."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.trouble: EnvironmentFault | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bringing files back", daemon=True)

    def __enter__(self) -> BringingBack:
        self._thread.start()
        return self

    def __exit__(self, *why: object) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                left = bring(self._node, self._ending)
            except EnvironmentFault as fault:
                log.warning("files of the backup wait: %s", fault.code)
                self.trouble = fault
            else:
                if left is None:
                    self.trouble = None
                    return
                self.trouble = EnvironmentFault(
                    "restored.files", "fault.restored_files", path=str(left.folder), count=left.count
                )
            self._ending.wait(RETRY_S)


def bring(node: Node, ending: threading.Event | None = None) -> Left | None:
    """Bring what is missing here from where the backup's files are; None when nothing is left to be had there.

    EnvironmentFault for trouble of the disk here. What is damaged there is not brought; it may come from the partner.
    """
    kept = node.local(memory.load).get(RESTORED_FILES)
    if not isinstance(kept, str):
        return None
    folder, missing = Path(kept), _missing(node)
    if missing and not folder.is_dir():
        return Left(folder, len(missing))
    for content in missing:
        if ending is not None and ending.is_set():
            return Left(folder, len(missing))
        _bring_one(node, AttachmentStore(folder), content)
    node.local(lambda connection: memory.keep(connection, RESTORED_FILES, None, node.clock.now_ms()))
    return None


def _missing(node: Node) -> list[str]:
    rows = node.read(attachments.contents)
    named = dict.fromkeys(row.content for row in rows if row.content and names_a_file(row.content))
    with told_plainly(node.data.attachments):
        return [content for content in named if not node.attachments.has(content)]


def _bring_one(node: Node, kept: AttachmentStore, content: str) -> None:
    """It is hashed on its way; an order to destroy it that came meanwhile finds it gone."""
    size = kept.size(content)
    if size is None or not node.attachments.claim(content):
        return
    try:
        check_reserve(node, size)
        with told_plainly(node.data.attachments):
            brought = copy_file(kept, node.attachments, content)
            if brought and node.read(lambda connection: attachments.is_purged(connection, content)):
                node.attachments.drop(content)
                return
    finally:
        node.attachments.release(content)
    if brought:
        with contextlib.suppress(EnvironmentFault), told_plainly(node.data.attachments):
            node.attachments.drop_coming(content)
        rows = node.read(lambda connection: attachments.named(connection, content))
        changes = (Change("attachment", row.id, ChangeKind.CHANGED, Origin.PEER) for row in rows)
        node.publish(ChangeSet(tuple(changes)))


def waited_for(connection: sqlite3.Connection) -> str:
    """The place of backups that files are waited for, while it is not at hand; "" for none."""
    kept = memory.load(connection).get(RESTORED_FILES)
    return str(Path(kept).parent) if isinstance(kept, str) and not Path(kept).is_dir() else ""


def give_up(connection: sqlite3.Connection, at: int) -> None:
    """That place is no more."""
    memory.keep(connection, RESTORED_FILES, None, at)


def note(connection: sqlite3.Connection, folder: Path, at: int) -> None:
    """The files of this record may lie there: entered before the record gets its name."""
    memory.keep(connection, RESTORED_FILES, str(folder.absolute()), at)
