"""Files of attachments in a bundle: pieces behind the text, and what the maker lacks himself (CM-05, REPLICATION, Wire)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from app.journal.journal import PeerView
from app.kernel.errors import EnvironmentFault
from app.replication.files import NO_ROOM, FilesPort
from app.replication.frames import CHUNK_BYTES, MAX_WANTED_BYTES, FileChunk, FrameCodec, Want
from app.replication.ports import JournalPort

MAX_WANTS: Final = 256  # files asked for in one bundle; the others come with the next
_ENTITY: Final = "attachment"
_LOG = logging.getLogger(__name__)


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
    """Takes pieces in, each file from where it stands: what came by wire or with an earlier part is gone on with.

    Records may differ about the size of a file; it is tried at each size they name where its pieces end.
    """

    def __init__(self, files: FilesPort) -> None:
        self._files = files
        self._wanted: dict[str, set[int]] | None = None
        self._claimed: set[str] = set()
        self._passed: set[str] = set()  # whatever more of these comes is let pass
        self._open: tuple[str, int] | None = None  # may be whole, if no more of it comes

    def recorded(self) -> None:
        """Acts came in: they may speak of further files."""
        self._wanted = None

    def take(self, chunk: FileChunk) -> tuple[bool, int]:
        """(nothing is missing before this piece, how many files have become whole)."""
        content, data = chunk.content.hex(), chunk.data
        whole = self.over() if self._open is not None and self._open[0] != content else 0
        sizes = self._known().get(content) if content not in self._passed else None
        if sizes is None or not data or not self._claim(content):
            return True, whole  # here already, of no record, or coming by wire just now
        held = self._files.held(content)
        if not chunk.offset and held in sizes:  # it ended there, and comes anew from its beginning
            if self._finish(content, held):
                return True, whole + 1
            held = 0
        if chunk.offset > held:
            return False, whole
        if (reach := chunk.offset + len(data)) > held:
            held = self._append(content, held, data[held - chunk.offset :])
            if (
                held != reach
            ):  # destroyed meanwhile, no kind that travels, or without room: the rest of it is let pass
                self._passed.add(content)
                return True, whole
        self._open = (content, held) if held in sizes else None
        if held < max(sizes):
            return True, whole
        self._open = None
        whole += self._finish(content, max(sizes))
        self._known().pop(content, None)
        return True, whole

    def _append(self, content: str, held: int, data: bytes) -> int:
        try:
            return self._files.append(content, held, data)
        except EnvironmentFault as fault:
            if fault.code != NO_ROOM:
                raise
            _LOG.warning(
                "a file waits for room: %s", content[:12]
            )  # it comes by wire, or is asked for by the next bundle
            return -1

    def over(self) -> int:
        """No more of the last file comes just now: it may be whole although a record says otherwise. How many are."""
        last, self._open = self._open, None
        return 0 if last is None else self._finish(*last, more=True)

    def end(self) -> None:
        """Others may fetch these files again."""
        self._open = None
        for content in self._claimed:
            self._files.release(content)
        self._claimed.clear()

    def _finish(self, content: str, size: int, *, more: bool = False) -> int:
        whole = self._files.finish(content, size, more=more)
        if whole:
            self._known().pop(content, None)
        return int(whole)

    def _known(self) -> dict[str, set[int]]:
        if self._wanted is None:
            self._wanted = {}
            for content, size in self._files.wanted():
                self._wanted.setdefault(content, set()).add(size)
        return self._wanted

    def _claim(self, content: str) -> bool:
        if content not in self._claimed and self._files.claim(content):
            self._claimed.add(content)
        return content in self._claimed
