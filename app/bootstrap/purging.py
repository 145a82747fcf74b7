"""Carrying out orders to destroy personal data, wherever they were given, and saying so (XC-07; REPLICATION, Contacts)."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

from app.bootstrap.backup_store import FILES, SECOND_FOLDER, is_marked
from app.bootstrap.node import Node, told_plainly
from app.kernel.changes import ChangeSet
from app.kernel.enums import Priority
from app.kernel.errors import EnvironmentFault, Refusal
from app.local import memory
from app.local.attachments import AttachmentStore, names_a_file
from app.queries import attachments, contacts
from app.queries.contacts import PurgedRow
from app.usecases.contacts import AcknowledgePurge, Personal

log = logging.getLogger(__name__)
ENTITIES = ("contact", "attachment")
RETRY_S = 30.0


class Purging:
    """Destroys keys and files on a thread of its own whenever a commit may have brought an order, and once at the start.

    First everything is destroyed, then it is acknowledged: after a crash in between it is simply done again.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._stir, self._ending = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="purging", daemon=True)

    def __enter__(self) -> Purging:
        self._end_hearing = self._node.subscribe(self._hear)
        self._stir.set()
        self._thread.start()
        return self

    def __exit__(self, *why: object) -> None:
        self._end_hearing()
        self._ending = True
        self._stir.set()
        self._thread.join()

    def _hear(self, changes: ChangeSet) -> None:
        if changes.touches(*ENTITIES):
            self._stir.set()

    def _run(self) -> None:
        said = ""
        while True:
            self._stir.wait(RETRY_S if said else None)
            self._stir.clear()
            if self._ending:
                return
            try:
                purge(self._node)
                said = ""
            except (
                Refusal,
                EnvironmentFault,
            ) as wrong:  # tried again with the next change, after a while, and at the next start
                if said != str(wrong.code):
                    said = str(wrong.code)
                    log.warning("personal data waits to be destroyed: %s", said)


def purge(node: Node) -> int:
    """Destroy what was ordered and not yet acknowledged by this site; returns how many records.

    EnvironmentFault `purge.second` when a second folder of backups is not at hand: a file that may lie there is not destroyed,
    and nobody is told it is.
    """
    rows = node.read(lambda connection: contacts.to_purge(connection, node.me.site))
    _destroy_keys(node, [row.id for row in rows if row.entity == Personal.CONTACT])
    left: set[str] = set()
    second = second_folder(node) if any(row.entity == Personal.ATTACHMENT for row in rows) else None
    for row in rows:
        if row.entity == Personal.ATTACHMENT and not _destroy_file(node, row, second):
            left.add(row.id)
    _sweep(node)
    for row in rows:
        if row.id not in left:
            node.execute(
                AcknowledgePurge(entity=Personal(row.entity), entity_id=row.id),
                node.me.console_account,
                Priority.BULK,
            )
    if left:
        raise EnvironmentFault("purge.second", "fault.purge.second", path=str(second))
    return len(rows)


def second_folder(node: Node) -> Path | None:
    """The second folder of backups that was chosen here, at hand or not."""
    kept = node.local(memory.load).get(SECOND_FOLDER)
    return Path(kept) if isinstance(kept, str) else None


def _destroy_keys(node: Node, subjects: list[str]) -> None:
    try:
        node.subject_keys.destroy(subjects, node.read(contacts.purged_texts) if subjects else ())
    except (sqlite3.Error, OSError) as wrong:
        raise EnvironmentFault(
            "data.unwritable", "fault.data.unwritable", path=str(node.data.subject_keys)
        ) from wrong


def _destroy_file(node: Node, row: PurgedRow, second: Path | None) -> bool:
    """The file, what has come of it, and every copy of it in the backups of this site; False if one of these is out of reach."""
    if row.content is None or not names_a_file(row.content):
        return True
    with told_plainly(node.data.attachments):
        for store in (node.attachments, AttachmentStore(node.data.backed_up_attachments)):
            store.drop(row.content)
    if second is None:
        return True
    try:
        if is_marked(second):
            AttachmentStore(second / FILES).drop(row.content)
            return True
    except OSError as wrong:
        log.warning("the second folder of backups: %s", wrong)
    return False


def _sweep(node: Node) -> None:
    """Beginnings of files that no record wants any more."""
    wanted = {row.content for row in node.read(attachments.contents) if row.content}
    with told_plainly(node.data.attachments):
        node.attachments.sweep(wanted)
