"""Files of attachments in a bundle: pieces behind the text, and what the maker lacks himself (CM-05, REPLICATION, Wire)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from app.journal.journal import PeerView
from app.replication.files import FilesPort
from app.replication.frames import CHUNK_BYTES, MAX_WANTED_BYTES, FileChunk, FrameCodec, Want
from app.replication.ports import JournalPort

MAX_WANTS: Final = 256  # files asked for in one bundle; the others come with the next
_ENTITY: Final = "attachment"


def wants(files: FilesPort) -> list[bytes]:
    """Frames that ask for the files which records here speak of and which are not here."""
    codec = FrameCodec()
    found = files.wanted()[:MAX_WANTS]
    return [
        codec.encode(Want(bytes.fromhex(content), 0, min(max(1, size), MAX_WANTED_BYTES)))
        for content, size in found
    ]


def named_in(
    journal: JournalPort, start: dict[str, int], view: PeerView, limit_bytes: int
) -> Iterator[list[str]]:
    """Hashes (hex) of the files that acts beyond a vector name, a slice of the journal at a time; each step belongs to the
    writer's thread."""
    cursor = 0
    while found := journal.after(start, limit_bytes, cursor):
        cursor = found[-1][0]
        named: list[str] = []
        for _, tx in found:
            for op in journal.offer(tx, view):
                if op.entity == _ENTITY and op.body is not None:
                    named += _contents(op.content)
        yield named


def _contents(body: Mapping[str, Any]) -> Iterator[str]:
    values = body.get("set")
    content = values.get("content") if isinstance(values, dict) else None
    if isinstance(content, str):
        yield content


def chunks(files: FilesPort, contents: Iterable[str]) -> Iterator[bytes]:
    """Frames with all pieces of these files, one after the other; one that is not here is left out."""
    codec = FrameCodec()
    for content in contents:
        offset = 0
        while piece := files.piece(content, offset, CHUNK_BYTES):
            yield codec.encode(FileChunk(bytes.fromhex(content), offset, piece))
            offset += len(piece)


class Attaching:
    """Takes pieces in, each file from where it stands: what came by wire or with an earlier part is gone on with."""

    def __init__(self, files: FilesPort) -> None:
        self._files = files
        self._wanted: dict[str, int] | None = None
        self._claimed: set[str] = set()

    def recorded(self) -> None:
        """Acts came in: they may speak of further files."""
        self._wanted = None

    def take(self, chunk: FileChunk) -> tuple[bool, bool]:
        """(nothing is missing before this piece, the file is whole now)."""
        content, data = chunk.content.hex(), chunk.data
        size = self._known().get(content)
        if size is None or not data or not self._claim(content):
            return True, False  # here already, of no record, or coming by wire just now
        held = self._files.held(content)
        if chunk.offset > held:
            return False, False
        if chunk.offset + len(data) > held:
            held = self._files.append(content, held, data[held - chunk.offset :])
        if held < size:
            return True, False
        whole = self._files.finish(content, size)
        self._known().pop(content, None)
        return True, whole

    def end(self) -> None:
        """Others may fetch these files again."""
        for content in self._claimed:
            self._files.release(content)
        self._claimed.clear()

    def _known(self) -> dict[str, int]:
        if self._wanted is None:
            self._wanted = dict(self._files.wanted())
        return self._wanted

    def _claim(self, content: str) -> bool:
        if content not in self._claimed and self._files.claim(content):
            self._claimed.add(content)
        return content in self._claimed
