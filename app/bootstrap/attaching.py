"""Attaching a file and taking a copy of one: between the officer's files and the site's store (CM-05; QUALITY, Security)."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from app.bootstrap.attachment_files import check_reserve, limit_mib
from app.bootstrap.node import Node, told_plainly
from app.domain.attachment import HEAD_BYTES, MediaType, check_media, check_size, safe_name
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.local.attachments import AttachmentStore
from app.queries import attachments
from app.usecases.attachments import AttachFile

log = logging.getLogger(__name__)
_PIECE = 1 << 20
UNKNOWN_NAME = "attachment.bin"


def attach(
    node: Node,
    path: Path,
    incident_id: str,
    account_id: str,
    note: str | None = None,
    *,
    progress: Callable[[int], None] = lambda done: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any] | None:
    """Copy a file into the store, then enter the record that names it; None when cancelled. Blocks: off the screen's thread.

    Refusal E_PERM before the file is looked at; E_FORMAT for what is no plain file or no kind that travels; E_RANGE by size.
    """
    node.check_right("attach_file", account_id)
    try:
        kind, content, size = _store(node, path, progress, cancelled)
    except Refusal as refusal:
        node.record_refusal("attach_file", refusal, account_id)
        raise
    if content is None:
        return None
    command = AttachFile(
        incident_id=incident_id, content=content, size=size, media_type=kind, name=path.name, note=note
    )
    try:
        done = node.execute(command, account_id)
    except Refusal:
        forget_unnamed(node, content)
        raise
    node.attachments.settled(content)
    return dict(done.result)


def forget_unnamed(node: Node, content: str) -> None:
    """Drop a file that was taken in and that no record names; trouble of the disk leaves it for the next start."""
    try:
        if not node.read(lambda connection: attachments.is_recorded(connection, content)):
            node.attachments.drop(content)
        node.attachments.settled(content)
    except OSError as wrong:
        log.warning("a file without a record stays for now: %s", wrong)


def sweep(node: Node) -> None:
    """What killed programs have left: parts of files here and beside the backups, and whole ones whose record never came.

    Called with the lock of the data folder held; trouble of the disk leaves it for the next start.
    """
    try:
        for store in (node.attachments, AttachmentStore(node.data.backed_up_attachments)):
            store.sweep_left()
    except OSError as wrong:
        log.warning("left-over parts of files stay for now: %s", wrong)
    for content in node.attachments.announced():
        forget_unnamed(node, content)


def _store(
    node: Node, path: Path, progress: Callable[[int], None], cancelled: Callable[[], bool]
) -> tuple[MediaType, str | None, int]:
    limit = limit_mib(node)
    with _opened(path) as source:
        size = os.fstat(source.fileno()).st_size
        check_size(size, limit)
        kind = check_media(source.read(HEAD_BYTES))
        source.seek(0)
        with told_plainly(node.data.attachments):
            check_reserve(node, size)

        def watched(done: int) -> None:
            check_size(done, limit)  # a file that grows while it is read
            progress(done)

        with told_plainly(node.data.attachments):
            taken = node.attachments.take(source, watched, cancelled, announce=True)
    return (kind, None, 0) if taken is None else (kind, *taken)


def _opened(path: Path) -> BinaryIO:
    """A plain file opened for reading: no folder, no device, no pipe that never ends; a link counts as what it points to."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as wrong:
        raise EnvironmentFault("file.unreadable", "fault.attachments.unreadable", name=path.name) from wrong
    except ValueError as wrong:  # a NUL in the name
        raise Refusal(ErrorCode.FORMAT, "refusal.attachments.kind", field="path", clause="CM-05") from wrong
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refusal(ErrorCode.FORMAT, "refusal.attachments.kind", field="path", clause="CM-05")
    return os.fdopen(descriptor, "rb")


def save_copy(node: Node, attachment_id: str, target: Path) -> dict[str, Any]:
    """Write a copy of an attachment into a new file, or into a folder under its safe name; never over another file.

    Refusal E_STATE when there is no such attachment, or its file has not come yet or is damaged.
    """
    row = node.read(lambda connection: attachments.attachment(connection, attachment_id))
    if row is None or row.content is None:
        raise Refusal(ErrorCode.STATE, "refusal.record.missing", field="attachment_id", entity="attachment")
    if row.purged_at is not None:
        raise Refusal(ErrorCode.STATE, "refusal.contacts.purged", field="attachment_id", clause="XC-07")
    if not node.attachments.has(row.content):
        raise Refusal(ErrorCode.STATE, "refusal.attachments.not_here", field="attachment_id", clause="CM-05")
    if not node.attachments.is_sound(row.content):
        raise Refusal(ErrorCode.STATE, "refusal.attachments.damaged", field="attachment_id", clause="CM-05")
    path = target / suggested_name(row.name, row.media_type) if target.is_dir() else target
    try:
        _copy(node, row.content, path)
    except FileExistsError as there:
        raise EnvironmentFault("file.exists", "fault.file.exists", path=str(path)) from there
    except OSError as wrong:
        raise EnvironmentFault("file.unwritable", "fault.file.unwritable", path=str(path)) from wrong
    return {"file": str(path), "bytes": path.stat().st_size}


def suggested_name(name: str | None, media_type: str | None) -> str:
    """The name under which a copy is saved, whatever a peer has said it is called."""
    if media_type is None or media_type not in set(MediaType):
        return UNKNOWN_NAME  # of a newer version: nothing that opens by itself
    return safe_name(name or "", MediaType(media_type))


def _copy(node: Node, content: str, path: Path) -> None:
    with open(path, "xb") as target:
        try:
            offset = 0
            while piece := node.attachments.read(content, offset, _PIECE):
                target.write(piece)
                offset += len(piece)
            target.flush()
            os.fsync(target.fileno())
        except OSError:
            path.unlink(missing_ok=True)  # no half file
            raise
