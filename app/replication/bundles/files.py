"""Parts as files: read without following anything the stick says, written so that a half one never bears its name (CM-07)."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.kernel.errors import EnvironmentFault, ErrorCode
from app.kernel.paths import sync_folder
from app.replication.bundles.parts import MAX_NUMBER, MAX_PART_BYTES, bundle_refusal

SUFFIX: Final = ".jdb"
MAX_FILES: Final = 10_000
MAX_KEPT_BYTES: Final = 2 * 1024**3
_ROOM: Final = 1024 * 1024  # left free on a stick: its own tables grow too
_TEMPORARY: Final = ".writing"
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_KEPT: Final = re.compile(r"([a-z2-7]{26})-([0-9a-f]{32})-([0-9]{4})-([0-9a-f]{64})\.jdb")
_DIGEST_END: Final = 64 + len(SUFFIX)


# -- reading ---------------------------------------------------------------------------------------------------------------
def found(paths: Iterable[Path]) -> list[Path]:
    """Files given, and of a folder the bundles that lie in it; Refusal `too_many`, `none_here`, EnvironmentFault."""
    out: list[Path] = []
    for path in paths:
        if path.is_dir():
            here = _in_folder(path)
            if not here:
                raise bundle_refusal(
                    "refusal.bundles.none_here", ErrorCode.FORMAT, name=path.name or str(path)
                )
            out.extend(here)
        else:
            out.append(path)
        if len(out) > MAX_FILES:
            raise bundle_refusal("refusal.bundles.too_many", ErrorCode.FORMAT, limit=MAX_FILES)
    return out


def _in_folder(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [
                entry.name
                for entry in entries
                if entry.name.lower().endswith(SUFFIX) and entry.is_file(follow_symlinks=False)
            ]
    except OSError as wrong:
        raise _unreadable(folder, wrong) from wrong
    return [folder / name for name in sorted(names)]


def read(path: Path) -> bytes:
    """The bytes of a part. Refusal `no_bundle` for what is no plain file or too large; EnvironmentFault `bundle.unreadable`."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_BINARY", 0)
    if path.is_symlink():  # where the system knows no O_NOFOLLOW
        raise bundle_refusal("refusal.bundles.no_bundle", ErrorCode.FORMAT)
    try:
        descriptor = os.open(path, flags)
    except OSError as wrong:
        if wrong.errno in (errno.ELOOP, errno.ENXIO):
            raise bundle_refusal("refusal.bundles.no_bundle", ErrorCode.FORMAT) from wrong
        raise _unreadable(path, wrong) from wrong
    with contextlib.closing(os.fdopen(descriptor, "rb")) as file:
        try:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode) or about.st_size > MAX_PART_BYTES:
                raise bundle_refusal("refusal.bundles.no_bundle", ErrorCode.FORMAT)
            return file.read(MAX_PART_BYTES + 1)
        except OSError as wrong:
            raise _unreadable(path, wrong) from wrong


def _unreadable(path: Path, wrong: OSError) -> EnvironmentFault:
    return EnvironmentFault(
        "bundle.unreadable", "fault.bundle.unreadable", path=str(path), problem=str(wrong)
    )


# -- writing ---------------------------------------------------------------------------------------------------------------
class Target:
    """Where the parts of one bundle go: a folder that is there, under names of ours, or one file and its followers."""

    def __init__(self, where: Path, stem: str, *, folder_only: bool = False) -> None:
        """EnvironmentFault `bundle.unwritable` when there is no such folder; with `folder_only`, `where` is never a file."""
        if where.is_dir():
            self.folder, self._stem, self._suffix, self._single = where, stem, SUFFIX, False
        else:
            self.folder, self._stem = where.parent, where.stem
            self._suffix, self._single = where.suffix or SUFFIX, True
        if not self.folder.is_dir() or (folder_only and self._single):
            missing = where if folder_only else self.folder
            raise EnvironmentFault(
                "bundle.unwritable", "fault.bundle.no_folder", path=str(missing), problem="no folder"
            )

    def path(self, number: int) -> Path:
        """The file of a part."""
        numbered = "" if self._single and number == 1 else f"-{number:02d}"
        return self.folder / f"{self._stem}{numbered}{self._suffix}"

    def free(self) -> int:
        """Bytes free there; EnvironmentFault when the stick is gone."""
        try:
            return shutil.disk_usage(self.folder).free
        except OSError as wrong:
            raise unwritable(self.folder, wrong) from wrong

    def check_new(self, number: int) -> Path:
        """The file of a part that is to be written; EnvironmentFault `file.exists` where one of this name lies."""
        path = self.path(number)
        if path.exists() or path.is_symlink():
            raise EnvironmentFault("file.exists", "fault.file.exists", path=str(path))
        if self.free() < _ROOM:
            raise full(self.folder)
        return path

    def write(self, number: int, data: bytes) -> Path:
        """Write a part: temporary name, to the medium, read back, then its name. EnvironmentFault `bundle.full`,
        `bundle.unwritable`; no half file is left where that can be helped. A file of this name is replaced: see `check_new`.
        """
        path = self.path(number)
        if self.free() < len(data) + _ROOM:
            raise full(self.folder)
        temporary = path.with_name(path.name + _TEMPORARY)
        try:
            write_through(temporary, data)
            if not reads_back(temporary, data):
                raise OSError(errno.EIO, "reads back differently")
            os.replace(temporary, path)
            sync_folder(self.folder)
        except OSError as wrong:
            discard(temporary)
            raise (full if wrong.errno in _FULL else unwritable)(self.folder, wrong) from wrong
        return path


def full(folder: Path, _wrong: OSError | None = None) -> EnvironmentFault:
    """No room left."""
    return EnvironmentFault("bundle.full", "fault.bundle.full", path=str(folder))


def unwritable(folder: Path, wrong: OSError) -> EnvironmentFault:
    """Pulled out, write-protected, worn out."""
    return EnvironmentFault(
        "bundle.unwritable", "fault.bundle.unwritable", path=str(folder), problem=str(wrong)
    )


def write_through(path: Path, data: bytes) -> None:
    """Make a file anew and bring it onto the medium; OSError."""
    discard(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def reads_back(path: Path, data: bytes) -> bool:
    """True if the medium gives back what was written; from the medium itself where the system lets us ask for that."""
    with path.open("rb") as file:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return file.read(len(data) + 1) == data


def discard(path: Path) -> None:
    """Remove a file if it is there and can be removed."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


# -- parts kept until what is missing comes ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Kept:
    """A part on the shelf; `digest` of all its bytes, as an `Outline` has it, in hex."""

    sender: str
    bundle: bytes
    number: int
    digest: str
    path: Path


class Shelf:
    """Parts that came too early, as they came (sealed), under names of ours: `<sender>-<bundle>-<part>-<digest>.jdb`.

    An id is its sender's own. Of a part that he wrote anew (same bundle and number, other bytes) the one that came last is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, sender: str, bundle: bytes, number: int, data: bytes) -> None:
        """Keep a part; once is enough. Refusal `shelf_full`, EnvironmentFault `bundle.unwritable`."""
        path = self._path(sender, bundle, number, data)
        if path.exists():
            return
        earlier = [each for each in self.kept() if each.path.name.startswith(path.name[:-_DIGEST_END])]
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for left in self.folder.glob("*" + _TEMPORARY):  # by a kill
                discard(left)
            taken = sum(each.stat().st_size for each in self.folder.iterdir())
            taken -= sum(each.path.stat().st_size for each in earlier)
            if taken + len(data) > MAX_KEPT_BYTES:
                raise bundle_refusal("refusal.bundles.shelf_full", ErrorCode.RANGE)
            temporary = path.with_name(path.name + _TEMPORARY)
            write_through(temporary, data)
            os.replace(temporary, path)
            for each in earlier:
                discard(each.path)
            sync_folder(self.folder)
        except OSError as wrong:
            raise (full if wrong.errno in _FULL else unwritable)(self.folder, wrong) from wrong

    def drop(self, sender: str, bundle: bytes, number: int, data: bytes) -> None:
        """Forget a part."""
        discard(self._path(sender, bundle, number, data))

    def kept(self) -> list[Kept]:
        """All of them, by sender, bundle and number."""
        names: Sequence[str] = sorted(os.listdir(self.folder)) if self.folder.is_dir() else ()
        found = ((name, match) for name in names if (match := _KEPT.fullmatch(name)) is not None)
        return [
            Kept(match[1], bytes.fromhex(match[2]), int(match[3]), match[4], self.folder / name)
            for name, match in found
        ]

    def _path(self, sender: str, bundle: bytes, number: int, data: bytes) -> Path:
        digest = hashlib.blake2b(data, digest_size=32).hexdigest()
        name = f"{sender}-{bundle.hex()}-{number:04d}-{digest}{SUFFIX}"
        if not 1 <= number <= MAX_NUMBER or _KEPT.fullmatch(name) is None:
            raise ValueError("part number, bundle or sender")
        return self.folder / name
