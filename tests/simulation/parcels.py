"""Files of attachments between workstations: the product's own store, its ports and its taking in, over pieces that are lost,
doubled, changed or cut off; on sticks too (CM-05, REPLICATION, Wire).

Who asks whom is played here, as frames are in `network`; what is wanted, handed out, kept and thrown away is the product's.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from app.bootstrap.attachment_files import AttachmentFiles
from app.domain.rule_numbers import LATER
from app.local.attachments import AttachmentStore
from app.queries import attachments
from app.replication.bundles.attached import Attaching
from app.replication.frames import FileChunk
from tests.simulation.world import Station

KINDS = 4  # different files in a city; the same one may be attached at several places
PIECE = 96  # bytes, so that a small file takes several
LOST, DOUBLED, CHANGED, CUT = 0.06, 0.06, 0.04, 0.06
ROUNDS = 5


def body_of(kind: int) -> bytes:
    """The bytes of one of the city's files, of a kind that travels."""
    return b"%PDF-" + random.Random(f"file {kind}").randbytes(150 + 170 * kind)


@dataclass
class Parcels:
    """Where the rooms keep their files, and what befell these on their way. `rng`: a dice of its own beside the city's."""

    root: Path
    rng: random.Random
    counts: Counter[str] = field(default_factory=Counter)

    def store(self, at: Station) -> AttachmentStore:
        """A room's files: its disk, whatever program runs over it."""
        return AttachmentStore(self.root / at.name)

    def files(self, at: Station) -> AttachmentFiles:
        """The port over them; what is wanted follows from the room's own records."""
        node = SimpleNamespace(
            attachments=self.store(at),
            data=SimpleNamespace(attachments=self.root / at.name, root=self.root),
            bus=SimpleNamespace(pack=SimpleNamespace(rules=LATER)),
            read=lambda ask: ask(at.connection),
            publish=lambda _changes: None,
        )
        return AttachmentFiles(cast(Any, node))

    def keep(self, at: Station, kind: int) -> tuple[str, int]:
        """An officer brings a file in: hash and bytes."""
        taken = self.store(at).take(BytesIO(body_of(kind)))
        assert taken is not None
        return taken

    def held(self, at: Station) -> list[str]:
        """What a room could hand out."""
        store = self.store(at)
        return [content for content in _named(at) if store.has(content)]

    def carry(self, sender: Station, receiver: Station, *, calm: bool = False) -> int:
        """The receiver asks for what it lacks, and takes what comes; how many files are whole by that."""
        files, source = self.files(receiver), self.files(sender)
        taking, whole = Attaching(files), 0
        try:
            for content, size in files.wanted():
                pieces = _pieces(source, content, files.held(content), size)
                whole += self._take(taking, pieces if calm else self._way(pieces))
        finally:
            taking.end()
        self.counts["file: came whole"] += whole
        return whole

    def _take(self, taking: Attaching, pieces: Iterable[FileChunk]) -> bool:
        for chunk in pieces:
            joined, done = taking.take(chunk)
            if not joined:  # it is asked for again from where it stands
                self.counts["file: a piece was missing"] += 1
                return False
            if done:
                return True
        return False

    def _way(self, pieces: Iterable[FileChunk]) -> Iterator[FileChunk]:
        for chunk in pieces:
            dice = self.rng.random()
            if dice < LOST:
                continue
            if (dice := dice - LOST) < CHANGED:
                self.counts["file: a piece was changed"] += 1
                harmed = bytearray(chunk.data)
                harmed[self.rng.randrange(len(harmed))] ^= 1 << self.rng.randrange(8)
                yield FileChunk(chunk.content, chunk.offset, bytes(harmed))
                continue
            if (dice := dice - CHANGED) < DOUBLED:
                self.counts["file: a piece came twice"] += 1
                yield chunk
            elif dice < DOUBLED + CUT:
                self.counts["file: cut off"] += 1
                return
            yield chunk

    def settle(self, stations: Iterable[Station]) -> None:
        """Everybody asks everybody, again where something had come changed and was thrown away."""
        rooms = list(stations)
        for _ in range(ROUNDS):
            for sender, receiver in permutations(rooms, 2):
                self.carry(sender, receiver, calm=True)
            if not self.wrong(rooms):
                return

    def wrong(self, stations: Iterable[Station]) -> dict[str, str]:
        """What of it is not as it should be once everything has come to rest."""
        rooms = list(stations)
        somewhere = {content for at in rooms for content in self.store(at).contents()}
        found: dict[str, str] = {}
        for at in rooms:
            store = self.store(at)
            for content in somewhere & set(_named(at)):
                if not store.has(content):
                    found[f"{at.name}: a file that another room holds"] = content[:8]
            for content in store.contents():
                if not store.is_sound(content):
                    found[f"{at.name}: a file with another content"] = content[:8]
        return found


def _named(at: Station) -> list[str]:
    return [row.content for row in attachments.contents(at.connection) if row.content]


def _pieces(source: AttachmentFiles, content: str, offset: int, size: int) -> Iterator[FileChunk]:
    while offset < size and (data := source.piece(content, offset, PIECE)):
        yield FileChunk(bytes.fromhex(content), offset, data)
        offset += len(data)
