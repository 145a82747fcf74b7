"""Files of attachments beside the database, each under the hash of its content; nothing of a sender's path or name is used.

`ab/abcd…` is a whole file, checked; `coming/abcd…` the beginning of one that is on its way; `coming/new-abcd…` says that a file
was taken in here and its record is not known to stand yet, `coming/barred-abcd…` that it came and is no kind that travels. A
file lies on the disk, whole, before anything names it (REPLICATION, Wire).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from app.kernel.paths import private_opener, sync_folder
from app.local import beginnings

_PIECE = 1 << 18
_CONTENT = re.compile(r"[0-9a-f]{64}\Z")
HEAD = 64  # bytes that tell what a file is, and more
_COMING = "coming"
_NEW = "new-"
_BARRED = "barred-"


def names_a_file(content: str) -> bool:
    """True for the hash of a content in hex."""
    return _CONTENT.match(content) is not None


def hasher() -> hashlib.blake2b:
    """The hash a content is named by: BLAKE2b-256 with a domain of its own."""
    return hashlib.blake2b(digest_size=32, person=b"jdc-file")


class AttachmentStore:
    """The folder of one site. OSError of a full or unwritable disk reaches the caller; ValueError for what is no hash."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._claimed: set[str] = set()
        self._announced_here: set[str] = set()  # by this program, which knows what becomes of them
        self._guard = threading.Lock()

    # -- who is bringing a file in --------------------------------------------------------------------------------------------
    def claim(self, content: str) -> bool:
        """True if nobody else is bringing this file in; `release` it afterwards."""
        with self._guard:
            free = content not in self._claimed
            self._claimed.add(content)
            return free

    def release(self, content: str) -> None:
        """End a claim."""
        with self._guard:
            self._claimed.discard(content)

    def sweep(self, wanted: Collection[str]) -> None:
        """Throw away beginnings of files that nobody wants any more, and what killed programs have left of others."""
        for each in (self._root / _COMING).glob("*"):
            if names_a_file(each.name) and each.name not in wanted:
                each.unlink(missing_ok=True)
        self.sweep_left()

    def sweep_left(self) -> None:
        """Throw away what killed programs have left of files they copied in; durable."""
        beginnings.sweep(self._root / _COMING)
        self._sync(self._root / _COMING)

    # -- taken in here, and no record of it is known to stand ---------------------------------------------------------------
    def announced(self) -> list[str]:
        """Files that an earlier program took in here, and none of which was `settled`."""
        found = {each.name.removeprefix(_NEW) for each in (self._root / _COMING).glob(f"{_NEW}*")}
        return sorted(each for each in found - self._announced_here if names_a_file(each))

    def settled(self, content: str) -> None:
        """Its record stands, or it was dropped."""
        self.path(content)
        (self._root / _COMING / (_NEW + content)).unlink(missing_ok=True)

    def size(self, content: str) -> int | None:
        """Bytes of a whole file, None when it is not here."""
        try:
            return self.path(content).stat().st_size
        except FileNotFoundError:
            return None

    def path(self, content: str) -> Path:
        """Where a whole file lies, or would."""
        if not names_a_file(content):
            raise ValueError("not a hash")
        return self._root / content[:2] / content

    def _coming(self, content: str) -> Path:
        self.path(content)
        return self._root / _COMING / content

    def has(self, content: str) -> bool:
        """True if the whole file is here."""
        return self.path(content).is_file()

    def contents(self) -> Iterator[str]:
        """Hashes of all whole files."""
        for folder in sorted(self._root.glob("[0-9a-f][0-9a-f]")):
            yield from sorted(each.name for each in folder.iterdir() if _CONTENT.match(each.name))

    # -- from a file of the officer's ---------------------------------------------------------------------------------------
    def take(
        self,
        source: BinaryIO,
        progress: Callable[[int], None] = lambda done: None,
        cancelled: Callable[[], bool] = lambda: False,
        *,
        announce: bool = False,
    ) -> tuple[str, int] | None:
        """Copy an open file into the store, durably; returns (hash, bytes), or None when it was cancelled.

        What is read is what is hashed: a file that changes meanwhile cannot come in under another's name. `announce`: no record
        names it yet; a start after a kill asks for one, see `announced`.
        """
        digest, size = hasher(), 0
        with beginnings.begun(self._folder(_COMING), str(id(source))) as (temporary, target):
            while piece := source.read(_PIECE):
                if cancelled():
                    return None
                digest.update(piece)
                target.write(piece)
                size += len(piece)
                progress(size)
            target.flush()
            os.fsync(target.fileno())
            if os.name == "nt":
                target.close()
            content = digest.hexdigest()
            if announce and not self.has(content):
                self._announce(content)
            self._name(temporary, content)
        return content, size

    def _announce(self, content: str) -> None:
        self._announced_here.add(content)
        folder = self._folder(_COMING)
        with open(folder / (_NEW + content), "ab", opener=private_opener):
            sync_folder(folder)

    # -- from a peer, piece by piece ----------------------------------------------------------------------------------------
    def held(self, content: str) -> int:
        """Bytes that have come so far."""
        try:
            return self._coming(content).stat().st_size
        except FileNotFoundError:
            return 0

    def coming_is_sound(self, content: str) -> bool:
        """True if what has come is the whole file."""
        return _hash_of(self._coming(content)) == content

    def head_coming(self, content: str) -> bytes:
        """The first bytes of what has come."""
        with contextlib.suppress(FileNotFoundError), open(self._coming(content), "rb") as source:
            return source.read(HEAD)
        return b""

    def append(self, content: str, offset: int, data: bytes) -> int:
        """Add a piece where the last one ended, and return the bytes that are here now; any other piece changes nothing."""
        path = self._coming(content)
        self._folder(_COMING)
        with open(path, "ab", opener=private_opener) as target:
            if target.tell() == offset:
                target.write(data)
            return target.tell()

    def finish(self, content: str) -> bool:
        """Check what came and give it its name; False when it is not what was asked for."""
        path, digest = self._coming(content), hasher()
        with open(path, "rb+") as source:
            while piece := source.read(_PIECE):
                digest.update(piece)
            os.fsync(source.fileno())
        if digest.hexdigest() != content:
            return False
        self._name(path, content)
        return True

    def drop_coming(self, content: str) -> None:
        """Forget what has come of a file; one that is here whole stays."""
        self._coming(content).unlink(missing_ok=True)

    def drop(self, content: str) -> None:
        """Forget a file and what has come of it: it was destroyed for good. A power cut afterwards brings no name of it back."""
        for path in (self._coming(content), self.path(content)):
            path.unlink(missing_ok=True)
            self._sync(path.parent)
        self.settled(content)

    # -- reading ------------------------------------------------------------------------------------------------------------
    def read(self, content: str, offset: int, size: int) -> bytes | None:
        """Up to `size` bytes of a whole file; None when it is not here."""
        with contextlib.suppress(FileNotFoundError), open(self.path(content), "rb") as source:
            source.seek(offset)
            return source.read(size)
        return None

    def is_sound(self, content: str) -> bool:
        """True if the file still has the content it is named by; OSError when it cannot be read."""
        return _hash_of(self.path(content)) == content

    # -- what has no place here ---------------------------------------------------------------------------------------------
    def bar(self, content: str) -> None:
        """It came whole and is no kind that travels: it is not asked for again, after a restart neither."""
        self.path(content)
        (self._folder(_COMING) / (_BARRED + content)).touch(mode=0o600)

    def is_barred(self, content: str) -> bool:
        """True after `bar`."""
        self.path(content)
        return (self._root / _COMING / (_BARRED + content)).exists()

    # -- folders ------------------------------------------------------------------------------------------------------------
    def _folder(self, name: str) -> Path:
        folder = self._root / name
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            for each in (self._root, folder):
                os.chmod(each, 0o700)
            sync_folder(self._root)
        return folder

    @staticmethod
    def _sync(folder: Path) -> None:
        with contextlib.suppress(FileNotFoundError):
            sync_folder(folder)

    def _name(self, path: Path, content: str) -> None:
        folder = self._folder(content[:2])
        os.replace(path, folder / content)
        sync_folder(folder)


def _hash_of(path: Path) -> str:
    digest = hasher()
    with open(path, "rb") as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
