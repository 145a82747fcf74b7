"""The files of a site as replication gets them: what is missing by the records, what may be handed out (CM-05)."""

from __future__ import annotations

import logging
import shutil

from app.bootstrap.node import Node, told_plainly
from app.domain.attachment import HEAD_BYTES, MIB, barred_by_record, media_type_of, reserve_bytes
from app.domain.rule_numbers import MAX_ATTACHMENT_MIB, RuleKey
from app.kernel.changes import Change, ChangeSet
from app.kernel.enums import ChangeKind, Origin
from app.kernel.errors import EnvironmentFault
from app.local.attachments import AttachmentStore, names_a_file
from app.queries import attachments, settings
from app.replication.files import NO_ROOM

log = logging.getLogger(__name__)


class AttachmentFiles:
    """FilesPort over a node and its store.

    Only a file that a record speaks of is handed out: who knows a hash from elsewhere gets nothing by it. Nothing above the
    district's limit, and never above `MAX_ATTACHMENT_MIB`, is fetched, and nothing that is no kind that travels: by the record
    before, by its content once it has come (and never again). A reserve of the disk is left to the record (`reserve_bytes`).
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._store: AttachmentStore = node.attachments

    def wanted(self) -> list[tuple[str, int]]:
        """Files that records speak of and that are not here, small ones first."""
        with told_plainly(self._node.data.attachments):
            known, limit = self._node.read(attachments.contents), limit_mib(self._node)
            wanted = [
                (row.content, row.size or 0)
                for row in known
                if row.content is not None
                and names_a_file(row.content)
                and barred_by_record(row.media_type, row.size, limit) is None
                and not self._store.is_barred(row.content)
                and not self._store.has(row.content)
            ]
            return list(dict.fromkeys(wanted))

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
            check_reserve(self._node, len(data))
            return self._store.append(content, offset, data)

    def finish(self, content: str, size: int, *, more: bool = False) -> bool:
        """Check, keep, tell the screens. What is not whole is thrown away, unless more of it may come; a file that is here
        already (an officer has attached the same one meanwhile) is left alone by that."""
        with told_plainly(self._node.data.attachments):
            held = self._store.held(content)
            if held == size and self._is_barred(content):
                return False
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

    def _is_barred(self, content: str) -> bool:
        """True, and nothing of it stays, if what has come is the file that was named and no kind that travels.

        Judged when it is whole and its hash is right: by its beginning alone a peer that hands out something else could bar a
        good file that others hold.
        """
        head = self._store.head_coming(content)
        if media_type_of(head[:HEAD_BYTES]) is not None or not self._store.coming_is_sound(content):
            return False
        log.warning("the file %s is no kind that travels and was thrown away", content[:12])
        self._store.bar(content)
        self._store.drop_coming(content)
        rows = self._node.read(lambda connection: attachments.named(connection, content))
        changes = (Change("attachment", row.id, ChangeKind.CHANGED, Origin.PEER) for row in rows)
        self._node.publish(ChangeSet(tuple(changes)))
        return True


def limit_mib(node: Node) -> int:
    """The limit that is in force in this district (D-31), never above what any console fetches."""
    rules = node.read(lambda connection: settings.in_force(connection, node.bus.pack.rules))
    return min(rules[RuleKey.ATTACHMENT_LIMIT].value, MAX_ATTACHMENT_MIB)


def check_reserve(node: Node, size: int) -> None:
    """EnvironmentFault `files.no_room` when so many bytes more of a file would take what is left to the record (XC-01)."""
    disk = shutil.disk_usage(node.data.root)
    if disk.free - size < (reserve := reserve_bytes(disk.total)):
        raise EnvironmentFault(
            NO_ROOM, "fault.attachments.no_room", path=str(node.data.root), reserve=-(-reserve // MIB)
        )
