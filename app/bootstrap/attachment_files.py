"""The files of a site as replication gets them: what is missing by the records, what may be handed out (CM-05)."""

from __future__ import annotations

import threading

from app.bootstrap.node import Node, told_plainly
from app.domain.attachment import MIB
from app.domain.rule_numbers import MAX_ATTACHMENT_MIB
from app.kernel.changes import Change, ChangeSet
from app.kernel.enums import ChangeKind, Origin
from app.local.attachments import AttachmentStore, names_a_file
from app.queries import attachments


class AttachmentFiles:
    """FilesPort over a node and its store.

    Only a file that a record speaks of is handed out: who knows a hash from elsewhere gets nothing by it. Nothing above
    `MAX_ATTACHMENT_MIB` is fetched, whatever a record says.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._store: AttachmentStore = node.attachments
        self._here: set[str] = set()
        self._claimed: set[str] = set()
        self._guard = threading.Lock()

    def wanted(self) -> list[tuple[str, int]]:
        """Files that records speak of and that are not here, small ones first."""
        with told_plainly(self._node.data.attachments):
            known = self._node.read(attachments.contents)
            out = []
            for row in known:
                if row.content is None or row.content in self._here or not _may_come(row.content, row.size):
                    continue
                if self._store.has(row.content):
                    self._here.add(row.content)
                else:
                    out.append((row.content, row.size or 0))
        return out

    def claim(self, content: str) -> bool:
        """True if nobody else is fetching this file."""
        with self._guard:
            free = content not in self._claimed
            self._claimed.add(content)
            return free

    def release(self, content: str) -> None:
        """End a claim."""
        with self._guard:
            self._claimed.discard(content)

    def held(self, content: str) -> int:
        """Bytes that have come so far."""
        with told_plainly(self._node.data.attachments):
            return self._store.held(content)

    def append(self, content: str, offset: int, data: bytes) -> int:
        """Add a piece."""
        with told_plainly(self._node.data.attachments):
            return self._store.append(content, offset, data)

    def finish(self, content: str, size: int) -> bool:
        """Check, keep, tell the screens."""
        with told_plainly(self._node.data.attachments):
            whole = self._store.held(content) == size and self._store.finish(content)
            if not whole:
                self._store.drop(content)
                return False
            rows = self._node.read(lambda connection: attachments.named(connection, content))
        changes = (Change("attachment", row.id, ChangeKind.CHANGED, Origin.PEER) for row in rows)
        self._node.publish(ChangeSet(tuple(changes)))
        return True

    def piece(self, content: str, offset: int, size: int) -> bytes | None:
        """Bytes of a file that a record speaks of."""
        with told_plainly(self._node.data.attachments):
            if not self._node.read(lambda connection: attachments.named(connection, content)):
                return None
            return self._store.read(content, offset, size)


def _may_come(content: str, size: int | None) -> bool:
    """What a record says is a peer's word."""
    return names_a_file(content) and size is not None and 0 < size <= MAX_ATTACHMENT_MIB * MIB
