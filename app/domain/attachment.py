"""Attachments: which files travel, how large they may be, and a name that can do no harm (CM-05; QUALITY, Security).

What a file is follows from its first bytes, never from its name. The name is for people: no part of the sender's path
survives, and a copy that is saved here gets its name from `safe_name` again, whatever a peer has said.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final

from app.domain.required import tidy
from app.kernel.errors import ErrorCode, Refusal

MIB: Final = 1 << 20
HEAD_BYTES: Final = 16  # enough to tell every kind
RESERVE_BYTES: Final = 1 << 30  # of the disk stay free for the record; of a small disk a twentieth
_MAX_NAME: Final = 100  # characters; 255 bytes of a file system hold 85 Chinese ones, see _short
_MAX_NAME_BYTES: Final = 200
_CLAUSE: Final = "CM-05"
_BAD: Final = re.compile(r'[<>:"|?*\x00-\x1f]')  # what Windows takes in no name
_DEVICES: Final = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


class MediaType(StrEnum):
    """Kinds of files that may be attached."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    MP4 = "video/mp4"
    PDF = "application/pdf"


_ENDINGS: Final = {
    MediaType.JPEG: (".jpg", ".jpeg"),
    MediaType.PNG: (".png",),
    MediaType.MP4: (".mp4",),
    MediaType.PDF: (".pdf",),
}


def media_type_of(head: bytes) -> MediaType | None:
    """The kind of a file by its first `HEAD_BYTES` bytes; None for any other."""
    if head.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if head.startswith(b"%PDF-"):
        return MediaType.PDF
    return MediaType.MP4 if head[4:8] == b"ftyp" else None


def check_media(head: bytes) -> MediaType:
    """The kind of a file; Refusal E_FORMAT when it is none that travels."""
    kind = media_type_of(head)
    if kind is None:
        raise Refusal(ErrorCode.FORMAT, "refusal.attachments.kind", field="path", clause=_CLAUSE)
    return kind


def reserve_bytes(disk_bytes: int) -> int:
    """What files leave free of a disk of this size: the record goes on where a file waits (XC-01)."""
    return min(RESERVE_BYTES, disk_bytes // 20)


class Barred(StrEnum):
    """Why a file that a record speaks of is not fetched and not handed to anybody here."""

    KIND = "kind"
    SIZE = "size"


def barred_by_record(media_type: str | None, size: int | None, limit_mib: int) -> Barred | None:
    """Why a file is not fetched, by what a peer's record says of it; None when it may come."""
    if media_type not in set(MediaType):
        return Barred.KIND
    return None if size is not None and 0 < size <= limit_mib * MIB else Barred.SIZE


def check_size(size: int, limit_mib: int) -> None:
    """Refusal E_RANGE for an empty file or one above the district's limit (bytes, MiB)."""
    if size <= 0:
        raise Refusal(ErrorCode.RANGE, "refusal.attachments.empty", field="path", clause=_CLAUSE)
    if size > limit_mib * MIB:
        raise Refusal(
            ErrorCode.RANGE,
            "refusal.attachments.too_large",
            field="path",
            clause=_CLAUSE,
            limit=limit_mib,
            size=-(-size // MIB),
        )


def safe_name(name: str, kind: MediaType) -> str:
    """A plain file name for a file of this kind: one level, nothing invisible, ending as the kind does.

    "..\\\\..\\\\x.exe" of a JPEG becomes "x.exe.jpg"; a name of which nothing is left becomes "attachment.jpg".
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    plain = _BAD.sub("_", tidy(last).replace("\n", " ").replace("\t", " ")).strip(" .")
    stem, ending = plain, _ENDINGS[kind][0]
    for known in _ENDINGS[kind]:
        if plain.lower().endswith(known):
            stem, ending = plain[: -len(known)].rstrip(" ."), plain[-len(known) :]
    if _DEVICES.match(stem):
        stem = "_" + stem
    return (_short(stem) or "attachment") + ending


def _short(stem: str) -> str:
    cut = stem[:_MAX_NAME]
    while len(cut.encode("utf-8", "replace")) > _MAX_NAME_BYTES:
        cut = cut[:-1]
    return "".join(char for char in cut if not "\ud800" <= char <= "\udfff").rstrip(" .")
