"""Carrying out orders to destroy personal data, wherever they were given, and saying so (XC-07; REPLICATION, Contacts)."""

from __future__ import annotations

import logging
import sqlite3
import threading

from app.bootstrap.node import Node, told_plainly
from app.kernel.changes import ChangeSet
from app.kernel.enums import Priority
from app.kernel.errors import EnvironmentFault, Refusal
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
        while True:
            self._stir.wait()
            self._stir.clear()
            if self._ending:
                return
            try:
                purge(self._node)
            except (
                Refusal,
                EnvironmentFault,
            ) as wrong:  # tried again with the next change, and at the next start
                log.warning("personal data waits to be destroyed: %s", wrong.code)


def purge(node: Node) -> int:
    """Destroy what was ordered and not yet acknowledged by this site; returns how many records."""
    rows = node.read(lambda connection: contacts.to_purge(connection, node.me.site))
    _destroy_keys(node, [row.id for row in rows if row.entity == Personal.CONTACT])
    for row in rows:
        if row.entity == Personal.ATTACHMENT:
            _destroy_file(node, row)
    _sweep(node)
    for row in rows:
        node.execute(
            AcknowledgePurge(entity=Personal(row.entity), entity_id=row.id),
            node.me.console_account,
            Priority.BULK,
        )
    return len(rows)


def _destroy_keys(node: Node, subjects: list[str]) -> None:
    try:
        node.subject_keys.destroy(subjects, node.read(contacts.purged_texts) if subjects else ())
    except sqlite3.Error as wrong:
        raise EnvironmentFault(
            "data.unwritable", "fault.data.unwritable", path=str(node.data.subject_keys)
        ) from wrong


def _destroy_file(node: Node, row: PurgedRow) -> None:
    """The file, what has come of it, and every copy of it in the backups of this site."""
    if row.content is None or not names_a_file(row.content):
        return
    with told_plainly(node.data.attachments):
        for store in (node.attachments, AttachmentStore(node.data.backed_up_attachments)):
            store.drop(row.content)


def _sweep(node: Node) -> None:
    """Beginnings of files that no record wants any more."""
    wanted = {row.content for row in node.read(attachments.contents) if row.content}
    with told_plainly(node.data.attachments):
        node.attachments.sweep(wanted)
