"""Exchange by stick in the duty log (CM-07, JD-01): who made or took in which bundle, in both rooms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.kernel.enums import LogKind
from app.usecases.commands import Command, Outcome, creates, handles, outcome
from app.usecases.context import Context
from app.usecases.duty import log_acts, peer_said


class Step(StrEnum):
    """What was done with a bundle."""

    MADE = "made"
    RESUMED = "resumed"
    BROKEN = "broken"
    CANCELLED = "cancelled"
    TAKEN = "taken"


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteBundle(Command):
    """Enter into the log what was done with a bundle: its number, its short id, whose partner's, how many entries.

    Written by exporting and importing; whoever may not write it may do neither.
    """

    peer: str
    step: Step
    bundle_no: int
    code: str
    entries: int


@handles(NoteBundle, creates("log_entry"))
def note_bundle(command: NoteBundle, context: Context) -> Outcome:
    """One entry for each step, by the person who took it (JD-11)."""
    text = context.texts.get(
        f"log.bundle_{command.step.value}",
        peer=peer_said(context, command.peer),
        number=command.bundle_no,
        code=command.code,
        entries=command.entries,
    )
    acts = log_acts(context, LogKind.LINK, text, context.now_ms)
    return outcome(*acts, entry_id=acts[0].entity_id)
