"""Attachments and contacts of a window, over a site that may not be open yet (CM-05, XC-07)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.bootstrap.window_work import WindowWork
from app.ui.attachments.port import AttachmentLine
from app.ui.contacts.port import ContactLine

if TYPE_CHECKING:
    from app.bootstrap.node import Node
    from app.queries.attachments import AttachmentRow

MAX_PICTURE = 32 << 20


class SiteAttachments:
    """The port of the screen of attachments."""

    def __init__(self, site: Callable[[], Node]) -> None:
        self._site, self._work = site, WindowWork("attachments")
        self._taken, self._given_up = 0, False

    def close(self) -> None:
        """End everything; a file under way is given up."""
        self._given_up = True
        self._work.close()

    def lines(self, incident_id: str) -> Future[Sequence[AttachmentLine]]:
        """Attachments of an incident."""

        def work() -> Sequence[AttachmentLine]:
            from app.queries import attachments

            node = self._site()
            rows = node.read(lambda connection: attachments.attachments(connection, incident_id))
            return [_line(node, row) for row in rows]

        return self._work.submit(work)

    def attach(self, path: Path, incident_id: str, account_id: str, note: str) -> Future[bool]:
        """Take a file in."""
        self._taken, self._given_up = 0, False

        def progress(done: int) -> None:
            self._taken = done

        def work() -> bool:
            from app.bootstrap.attaching import attach

            made = attach(
                self._site(),
                path,
                incident_id,
                account_id,
                note or None,
                progress=progress,
                cancelled=lambda: self._given_up,
            )
            return made is not None

        return self._work.submit(work)

    def taken(self) -> int:
        """Bytes taken in."""
        return self._taken

    def give_up(self) -> None:
        """Give it up."""
        self._given_up = True

    def save(self, attachment_id: str, target: Path) -> Future[Path]:
        """Write a copy."""

        def work() -> Path:
            from app.bootstrap.attaching import save_copy

            return Path(save_copy(self._site(), attachment_id, target)["file"])

        return self._work.submit(work)

    def picture(self, attachment_id: str) -> Future[bytes | None]:
        """Bytes of a picture, whole and as they were attached."""

        def work() -> bytes | None:
            from app.queries import attachments

            node = self._site()
            row = node.read(lambda connection: attachments.attachment(connection, attachment_id))
            if row is None or row.content is None or not str(row.media_type).startswith("image/"):
                return None
            if not node.attachments.has(row.content) or (row.size or 0) > MAX_PICTURE:
                return None
            if not node.attachments.is_sound(row.content):
                return None
            return node.attachments.read(row.content, 0, MAX_PICTURE)

        return self._work.submit(work)


class SiteContacts:
    """The port of the screen of contacts."""

    def __init__(self, site: Callable[[], Node]) -> None:
        self._site, self._work = site, WindowWork("contacts")

    def close(self) -> None:
        """End everything."""
        self._work.close()

    def lines(self, incident_id: str) -> Future[Sequence[ContactLine]]:
        """Contacts of an incident, masked."""

        def work() -> Sequence[ContactLine]:
            from app.bootstrap.contact_keys import masked_contacts

            node = self._site()
            return [
                ContactLine(
                    row.id,
                    row.about or "",
                    row.masked,
                    row.at or 0,
                    row.agency or "",
                    row.state,
                    *(_ended(node, "contact", row.id) if row.state == "purged" else ((), "")),
                )
                for row in masked_contacts(node, incident_id)
            ]

        return self._work.submit(work)


def _ended(node: Node, entity: str, entity_id: str) -> tuple[tuple[str, ...], str]:
    """Agencies that have confirmed a purge, and its reason."""
    from app.journal.history import history
    from app.queries import contacts

    rows: Sequence[Any] = node.read(lambda connection: contacts.acknowledged(connection, entity, entity_id))
    entries = node.read(lambda connection: history(connection, entity, entity_id))
    why = [str(each.details["why"]) for each in entries if each.quarantined is None and "why" in each.details]
    return tuple(dict.fromkeys(str(row.agency) for row in rows)), why[-1] if why else ""


def _waits(node: Node, attachment_id: str, content: str) -> str:
    """The second folders of backups in which the copy is not destroyed; this site has not confirmed therefore."""
    from app.bootstrap import purging
    from app.local.attachments import names_a_file
    from app.queries import contacts

    acks = node.read(lambda connection: contacts.acknowledged(connection, "attachment", attachment_id))
    if any(row.site == node.me.site for row in acks) or not names_a_file(content):
        return ""
    return purging.said(node, purging.waits_for(node, content))


def _barred(node: Node, row: AttachmentRow, content: str) -> str:
    """Why the file of a record has no place here: of no kind that travels (judged by its content where it is here), or too large
    to be fetched."""
    from app.bootstrap.attachment_files import limit_mib
    from app.domain.attachment import HEAD_BYTES, Barred, barred_by_record, media_type_of

    head = node.attachments.read(content, 0, HEAD_BYTES)
    if node.attachments.is_barred(content) or (head is not None and media_type_of(head) is None):
        return Barred.KIND.value
    by_record = barred_by_record(row.media_type, row.size, limit_mib(node)) if head is None else None
    return by_record.value if by_record is not None else ""


def _line(node: Node, row: AttachmentRow) -> AttachmentLine:
    from app.local.attachments import names_a_file
    from app.queries import accounts, attachments

    content, account_id = row.content or "", row.account_id or ""
    author = node.read(lambda connection: accounts.account(connection, account_id))
    state, came = "coming", 0
    destroyed: tuple[str, ...] = ()
    reached: list[tuple[str, int]] = []
    why = waits = barred = ""
    if row.purged_at is not None:
        state = "purged"
        destroyed, why = _ended(node, "attachment", row.id)
        waits = _waits(node, row.id, content)
    elif names_a_file(content):
        barred = _barred(node, row, content)
        here = node.attachments.has(content)
        state = "barred" if barred else "here" if here else "coming"
        came = row.size or 0 if here else node.attachments.held(content)
        if row.agency == node.me.agency:
            reached = node.read(lambda connection: attachments.reached(connection, content))
    return AttachmentLine(
        row.id,
        row.name or "",
        row.media_type or "",
        row.size or 0,
        row.at or 0,
        row.agency or "",
        (author.title or author.name or "") if author is not None else "",
        row.note or "",
        state,
        came,
        destroyed,
        why,
        tuple(each for each in reached if each[0] != row.agency),
        waits,
        barred,
    )
