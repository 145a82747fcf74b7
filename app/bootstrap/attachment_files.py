"""The files of a site as replication gets them: what is missing by the records, what may be handed out (CM-05)."""

from __future__ import annotations

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

    def wanted(self) -> list[tuple[str, int]]:
        """Files that records speak of and that are not here, small ones first."""
        with told_plainly(self._node.data.attachments):
            known = self._node.read(attachments.contents)
            return [
                (row.content, row.size or 0)
                for row in known
                if row.content is not None
                and _may_come(row.content, row.size)
                and not self._store.has(row.content)
            ]

    def claim(self, content: str) -> bool:
        """True if nobody else is fetching this file, by wire or by stick."""
        return self._store.claim(content)

    def release(self, content: str) -> None:
        """End a claim."""
        self._store.release(content)

    def held(self, content: str) -> int:
        """Bytes that have come so far."""
        with told_plainly(self._node.data.attachments):
            return self._store.held(content)

    def append(self, content: str, offset: int, data: bytes) -> int:
        """Add a piece."""
        with told_plainly(self._node.data.attachments):
            if not self._is_named(content):  # purged since it was asked for
                self._store.drop_coming(content)
                return 0
            return self._store.append(content, offset, data)

    def finish(self, content: str, size: int, *, more: bool = False) -> bool:
        """Check, keep, tell the screens. What is not whole is thrown away, unless more of it may come; a file that is here
        already (an officer has attached the same one meanwhile) is left alone by that."""
        with told_plainly(self._node.data.attachments):
            held = self._store.held(content)
            rows = self._node.read(lambda connection: attachments.named(connection, content))
            if held != size or not self._store.finish(content):
                longest = max((row.size or 0 for row in rows), default=0)
                if (
                    not more and not size < held <= longest
                ):  # of records that differ about its size one is false
                    self._store.drop_coming(content)
                return False
            if self._node.read(lambda connection: attachments.is_purged(connection, content)):
                self._store.drop(content)  # in the last moment
                return False
        changes = (Change("attachment", row.id, ChangeKind.CHANGED, Origin.PEER) for row in rows)
        self._node.publish(ChangeSet(tuple(changes)))
        return True

    def piece(self, content: str, offset: int, size: int) -> bytes | None:
        """Bytes of a file that a record speaks of."""
        with told_plainly(self._node.data.attachments):
            return self._store.read(content, offset, size) if self._is_named(content) else None

    def _is_named(self, content: str) -> bool:
        """True if a record speaks of the file and none of them was purged."""
        return bool(self._node.read(lambda connection: attachments.named(connection, content)))


def _may_come(content: str, size: int | None) -> bool:
    """What a record says is a peer's word."""
    return names_a_file(content) and size is not None and 0 < size <= MAX_ATTACHMENT_MIB * MIB
