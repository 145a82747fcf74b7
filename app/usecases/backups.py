"""What people say of places of backups, for the record (XC-07, XC-09)."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.required import tidy
from app.kernel.enums import LogKind
from app.kernel.errors import ErrorCode, Refusal
from app.usecases.commands import Command, Outcome, creates, handles, outcome
from app.usecases.context import Context
from app.usecases.duty import log_acts


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetBackupFolder(Command):
    """Say that a folder in which backups of this workstation were kept is destroyed: nothing that was ordered to be destroyed
    waits for it any more."""

    folder: str


@handles(ForgetBackupFolder, creates("log_entry"))
def forget_backup_folder(command: ForgetBackupFolder, context: Context) -> Outcome:
    """Both rooms read who said so: the confirmation of a purge may rest on it (XC-07)."""
    folder = tidy(command.folder)
    if not folder:
        raise Refusal(ErrorCode.STATE, "refusal.backup.no_folder", field="folder", clause="XC-07")
    text = context.texts.get("log.backup_folder_gone", title=context.author.title or "", path=folder)
    acts = log_acts(context, LogKind.NOTE, text, context.now_ms)
    return outcome(*acts, entry_id=acts[0].entity_id, folder=folder)
