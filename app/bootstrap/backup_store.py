"""A folder of backups: each copy with what is known of it in a small file beside it (XC-09).

The note is for people and for thinning. Whether a copy is good is never taken from it alone: restoring reads the copy through.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from app.domain.backups import Kept, Standing
from app.kernel.paths import sync_folder, write_secret
from db.backup import backup_moment, backups

MARK = "duty-console-backups.json"
FILES = "files"  # what stands beside the database, by content, once for all copies of a folder
SECOND_FOLDER = "backup.second"  # key of the workstation's memory: the folder that was chosen
_FORMAT = 1
_PIECE = 1 << 20


@dataclass(frozen=True)
class Copy:
    """One backup: where, of which moment, how large, why it was made, what checking it found.

    `verified_at`: when it was restored and checked, None when it was not or did not stand; `problem`: what was wrong, in
    short. `entries` counts what it holds, None while nobody has looked.
    """

    path: Path
    at: int
    size: int
    why: str = ""
    entries: int | None = None
    verified_at: int | None = None
    problem: str = ""
    digest: str = ""

    @property
    def standing(self) -> Standing:
        """What is known of it."""
        if self.problem:
            return Standing.FAILED
        return Standing.UNCHECKED if self.verified_at is None else Standing.VERIFIED

    @property
    def kept(self) -> Kept:
        """As the rules see it."""
        return Kept(self.path.name, self.at, self.standing)


def note_of(path: Path) -> Path:
    """The note beside a copy."""
    return path.with_suffix(".json")


def copies(folder: Path) -> list[Copy]:
    """Backups of a folder, newest first; one without a fitting note counts as unchecked."""
    return [_read(path) for path in reversed(backups(folder))]


def _read(path: Path) -> Copy:
    bare = Copy(path, backup_moment(path), path.stat().st_size)
    try:
        told: Any = json.loads(note_of(path).read_text("utf-8"))
        if told["format"] != _FORMAT or told["size"] != bare.size:
            return bare  # changed since
        verified, entries = told["verified_at"], told["entries"]
        return replace(
            bare,
            why=str(told["why"]),
            entries=None if entries is None else int(entries),
            verified_at=None if verified is None else int(verified),
            problem=str(told["problem"]),
            digest=str(told["digest"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return bare


def write_note(copy: Copy) -> None:
    """Keep what is known of a copy; OSError reaches the caller."""
    told = {name: value for name, value in asdict(copy).items() if name != "path"}
    write_secret(note_of(copy.path), json.dumps({"format": _FORMAT, **told}).encode())


def digest_of(path: Path) -> str:
    """BLAKE2b-256 of a file."""
    digest = hashlib.blake2b(digest_size=32)
    with path.open("rb") as handle:
        while piece := handle.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def remove(path: Path) -> None:
    """Take a copy and its note away."""
    path.unlink(missing_ok=True)
    note_of(path).unlink(missing_ok=True)


def free_bytes(folder: Path) -> int:
    """Room on the disk of a folder; OSError when it cannot be asked."""
    return shutil.disk_usage(folder).free


# -- the second folder -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Mark:
    """The id of a marked folder; `fresh`: it was not marked before."""

    id: str
    fresh: bool


def mark(folder: Path, site: str) -> Mark:
    """Make a folder known as ours: a stick that is not in leaves an empty folder that must not be taken for it.

    It keeps the id it has: who else uses the same folder knows it by that.
    """
    before = _mark_of(folder)
    made = Mark(before or secrets.token_hex(8), fresh=before is None)
    write_secret(folder / MARK, json.dumps({"site": site, "id": made.id}).encode())
    return made


def is_marked(folder: Path, ids: Collection[str] = ()) -> bool:
    """True if this is a folder that was chosen: one of these ids ("": any), where ids are given."""
    found = _mark_of(folder)
    return found is not None and (not ids or "" in ids or found in ids)


def _mark_of(folder: Path) -> str | None:
    """The id in a folder's mark, "" of a mark without, None of a folder without."""
    try:
        told: Any = json.loads((folder / MARK).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return "" if (folder / MARK).is_file() else None
    made = told.get("id") if isinstance(told, dict) else None
    return made if isinstance(made, str) else ""


def carry(copy: Copy, folder: Path) -> Copy:
    """Copy a backup into another folder and read it there; OSError when it does not arrive as it left."""
    target = folder / copy.path.name
    partial = folder / f".{copy.path.name}.{os.getpid()}.part"
    try:
        shutil.copyfile(copy.path, partial)
        os.chmod(partial, 0o600)
        with partial.open("rb+") as handle:
            os.fsync(handle.fileno())
        if digest_of(partial) != copy.digest:
            raise OSError(f"{target.name} arrived changed")
        os.replace(partial, target)
        sync_folder(folder)
    finally:
        partial.unlink(missing_ok=True)
    carried = replace(copy, path=target)
    write_note(carried)
    return carried
