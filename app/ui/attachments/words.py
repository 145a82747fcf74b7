"""Words of attachments on screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kernel.texts import Texts
from app.ui.attachments.port import AttachmentLine
from app.ui.shell import moments
from app.ui.shell.rows import Row

COLUMNS = ("name", "size", "kind", "attached", "state")
_KB, _MB = 1 << 10, 1 << 20
_KINDS = {
    "image/jpeg": "picture",
    "image/png": "picture",
    "video/mp4": "film",
    "application/pdf": "document",
}
_LOOK = {
    "here": ("good", "check"),
    "coming": ("warn", "clock"),
    "purged": ("muted", "trash"),
    "barred": ("warn", "cross"),
}


def size_words(texts: Texts, size: int) -> str:
    """Bytes as people say them."""
    if size >= _MB:
        return texts.get("ui.attachments.mb", n=f"{size / _MB:.1f}")
    return texts.get("ui.attachments.kb", n=max(1, round(size / _KB)))


def kind_words(texts: Texts, media_type: str) -> str:
    """What sort of file it is."""
    return texts.get(f"ui.attachments.kind.{_KINDS.get(media_type, 'other')}")


def state_words(texts: Texts, each: AttachmentLine, agencies: Mapping[str, Any], now_ms: int) -> str:
    """Where its file is; that others received it is told with the moment, for what has become of it since is not known here."""
    if each.state == "coming" and each.came and each.size:
        return texts.get("ui.attachments.state.part", percent=min(99, each.came * 100 // each.size))
    if each.state == "purged" and each.destroyed:
        names = texts.get("wording.comma").join(agency_name(agencies, agency) for agency in each.destroyed)
        return texts.get("ui.attachments.state.destroyed", names=names)
    if each.state == "here" and each.reached:
        names = texts.get(
            "wording.comma"
        ).join(
            f"{agency_name(agencies, agency)} {moments.day_clock(at, now_ms).rpartition(':')[0]}"  # to the minute
            for agency, at in each.reached
        )
        return texts.get("ui.attachments.state.reached", names=names)
    return texts.get(f"ui.attachments.state.{each.state}")


def agency_name(agencies: Mapping[str, Any], agency: str) -> str:
    """Short name of an agency."""
    known = agencies.get(agency)
    return str(known.short) if known is not None else agency


def row(texts: Texts, each: AttachmentLine, agencies: Mapping[str, Any], now_ms: int) -> Row:
    """One line of the table."""
    tone, icon = _LOOK[each.state]
    attached = f"{moments.day_clock(each.at, now_ms)} {agency_name(agencies, each.agency)}"
    cells = (
        each.name,
        size_words(texts, each.size),
        kind_words(texts, each.media_type),
        attached,
        state_words(texts, each, agencies, now_ms),
    )
    about = "\n".join(
        part
        for part in (each.name, cells[-1], each.why, each.note, f"{each.by} {moments.exact_text(each.at)}")
        if part
    )
    return Row(each.id, cells, tone, icon, about)


def instead(texts: Texts, each: AttachmentLine) -> str:
    """What stands where a picture would, for what is none or not here."""
    said = texts.get(f"ui.attachments.instead.{each.barred or each.state}")
    waits = texts.get("fault.purge.second", path=each.waits) if each.waits else ""
    return "\n".join(part for part in (said, each.why, waits) if part)
