"""Receipts of attached files over a node: what may be asked, what is answered, what is kept of an answer (CM-05)."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from app.bootstrap.node import Node, told_plainly
from app.kernel.changes import Change, ChangeSet
from app.kernel.enums import ChangeKind, Origin
from app.local import receipts
from app.local.attachments import names_a_file
from app.queries import attachments


class FileReceipts:
    """ReceiptsPort. Only a file that a record here speaks of is answered for: who knows a hash from elsewhere learns nothing."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._looked: dict[str, tuple[int, int, bool]] = {}  # content -> (bytes, changed at, sound)

    def unconfirmed(self, peer: str) -> list[str]:
        """Files of our agency's that are here and of which the peer has said nothing yet."""
        known = self._node.read(partial(attachments.unconfirmed, agency=self._node.me.agency, peer=peer))
        return self._here(known)

    def whole(self, contents: Collection[str]) -> list[str]:
        """Those of these that are here and, read through once, have the content they are named by."""
        named = {row.content for row in self._node.read(attachments.contents)}
        here = self._here([content for content in contents if content in named])
        with told_plainly(self._node.data.attachments):
            return [content for content in here if self._is_sound(content)]

    def confirmed(self, peer: str, contents: Collection[str]) -> None:
        """Keep it; the lines of these files are read again."""
        at = self._node.clock.now_ms()
        self._node.local(partial(receipts.note, peer=peer, contents=contents, at=at))
        rows = [
            row
            for content in contents
            for row in self._node.read(partial(attachments.named, content=content))
        ]
        changes = (Change("attachment", row.id, ChangeKind.CHANGED, Origin.PEER) for row in rows)
        self._node.publish(ChangeSet(tuple(changes)))

    def _is_sound(self, content: str) -> bool:
        """As `AttachmentStore.is_sound`; a file that has not changed since is not read again."""
        store = self._node.attachments
        try:
            found = store.path(content).stat()
            size, changed, sound = self._looked.get(content, (0, 0, False))
            if (size, changed) != (found.st_size, found.st_mtime_ns):
                sound = store.is_sound(content)
                self._looked[content] = (found.st_size, found.st_mtime_ns, sound)
        except FileNotFoundError:  # destroyed meanwhile
            return False
        return sound

    def _here(self, contents: Collection[str]) -> list[str]:
        with told_plainly(self._node.data.attachments):
            return [each for each in contents if names_a_file(each) and self._node.attachments.has(each)]
