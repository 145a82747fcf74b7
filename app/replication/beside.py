"""What travels beside the journal in a session: files of attachments and keys of contacts, each asked for by who lacks it, and
who has which file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from app.kernel.tasks import run_until_first_ends
from app.replication.contact_keys import KeyExchange, KeysPort, NoKeys
from app.replication.files import FileExchange, FilesPort, NoFiles
from app.replication.frames import AskHeld, AskKeys, FileChunk, Held, Keys, Want
from app.replication.outbox import Outbox
from app.replication.peers import Pace
from app.replication.receipts import NoReceipts, Receipts, ReceiptsPort
from app.replication.status import PeerStatus


@dataclass(frozen=True)
class Beside:
    """What a site keeps beside its journal."""

    files: FilesPort = field(default_factory=NoFiles)
    keys: KeysPort = field(default_factory=NoKeys)
    receipts: ReceiptsPort = field(default_factory=NoReceipts)


class BesideExchange:
    """A session's part. `peer`: its site; `scopes`: what it may read; `ask`: False towards a version that knows nothing of
    this."""

    def __init__(
        self,
        beside: Beside,
        outbox: Outbox,
        status: PeerStatus,
        pace: Pace,
        *,
        peer: str,
        scopes: Collection[str],
        ask: bool,
    ) -> None:
        self._files = FileExchange(beside.files, outbox, status, pace, ask=ask)
        self._keys = KeyExchange(beside.keys, outbox, status, pace, scopes=scopes, ask=ask)
        self._receipts = Receipts(beside.receipts, outbox, peer, ask=ask)

    def changed(self, *, files: bool, keys: bool) -> None:
        """Records that may speak of a file, or need a key, were committed here."""
        if files:
            self._files.changed()
            self._receipts.changed()
        if keys:
            self._keys.changed()

    def on_frame(self, frame: Want | FileChunk | AskKeys | Keys | AskHeld | Held) -> None:
        """One of these frames came. FrameError for what has no place here."""
        if isinstance(frame, (Want, FileChunk)):
            self._files.on_frame(frame)
        elif isinstance(frame, (AskHeld, Held)):
            self._receipts.on_frame(frame)
        else:
            self._keys.on_frame(frame)

    async def run(self) -> None:
        """Until cancelled."""
        await run_until_first_ends(
            {"files": self._files.run(), "keys": self._keys.run(), "receipts": self._receipts.run()}
        )
