"""Carrying out orders to destroy personal data, wherever they were given, and saying so (XC-07; REPLICATION, Contacts)."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Collection, Sequence

from app.bootstrap import attaching, second_folders
from app.bootstrap.node import Node, told_plainly
from app.bootstrap.second_folders import Folder
from app.kernel.changes import ChangeSet
from app.kernel.enums import Priority
from app.kernel.errors import EnvironmentFault, Refusal
from app.local.attachments import AttachmentStore, names_a_file
from app.queries import attachments, contacts
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
        self._stir.wait()
        if not self._ending:
            attaching.sweep(self._node)
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

    EnvironmentFault `purge.second` when one of the second folders of backups, the present one or a former, is not at hand: a
    file that may lie there is not destroyed, and nobody is told it is.
    """
    rows = node.read(lambda connection: contacts.to_purge(connection, node.me.site))
    _destroy_keys(node, [row.id for row in rows if row.entity == Personal.CONTACT])
    files = {row.content for row in rows if row.content is not None and names_a_file(row.content)}
    _destroy_files(node, files)
    left = second_folders.destroy(node, files)
    _sweep(node)
    for row in rows:
        if row.content not in left:
            node.execute(
                AcknowledgePurge(entity=Personal(row.entity), entity_id=row.id),
                node.me.console_account,
                Priority.BULK,
            )
    if files:
        second_folders.settle(node, left)
    if left:
        raise EnvironmentFault("purge.second", "fault.purge.second", path=said(node, *left.values()))
    return len(rows)


def said(node: Node, *left: Sequence[Folder]) -> str:
    """Names of the folders that are waited for."""
    among = node.local(second_folders.known)
    names = (second_folders.name_of(folder, among) for folders in left for folder in folders)
    return node.texts.get("wording.comma").join(dict.fromkeys(names))


def waits_for(node: Node, content: str) -> list[Folder]:
    """The folders in which a purged file may still lie."""
    return [each for each in node.local(second_folders.known) if content not in each.done]


def _destroy_keys(node: Node, subjects: list[str]) -> None:
    try:
        node.subject_keys.destroy(subjects, node.read(contacts.purged_texts) if subjects else ())
    except (sqlite3.Error, OSError) as wrong:
        raise EnvironmentFault(
            "data.unwritable", "fault.data.unwritable", path=str(node.data.subject_keys)
        ) from wrong


def _destroy_files(node: Node, contents: Collection[str]) -> None:
    """The files, what has come of them, and every copy of them in the backups on this machine."""
    with told_plainly(node.data.attachments):
        for store in (node.attachments, AttachmentStore(node.data.backed_up_attachments)):
            for content in contents:
                store.drop(content)


def _sweep(node: Node) -> None:
    """Beginnings of files that no record wants any more, and parts that killed programs left."""
    wanted = {row.content for row in node.read(attachments.contents) if row.content}
    with told_plainly(node.data.attachments):
        node.attachments.sweep(wanted)
        AttachmentStore(node.data.backed_up_attachments).sweep_left()
