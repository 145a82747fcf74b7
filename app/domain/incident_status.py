"""State machine of incidents (RULES part 2) and its order of caution for merges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from app.domain.required import require_text
from app.kernel.enums import IncidentStatus as S
from app.kernel.errors import ErrorCode, Refusal

# Forward only, by the main line; a state may be skipped (a small fire is closed from `handling`: S2). A clue
# leaves by promotion, by being merged into an incident (IS-11) or as a false alarm. The last three states are
# final.
TRANSITIONS: Mapping[S, tuple[S, ...]] = MappingProxyType(
    {
        S.CLUE: (S.REGISTERED, S.MERGED, S.VOID),
        S.REGISTERED: (S.HANDLING, S.CONTROLLED, S.CLOSED, S.MERGED, S.VOID),
        S.HANDLING: (S.CONTROLLED, S.CLOSED, S.MERGED, S.VOID),
        S.CONTROLLED: (S.CLOSED, S.MERGED, S.VOID),
        S.CLOSED: (),
        S.MERGED: (),
        S.VOID: (),
    }
)

# Most cautious first: a life may still be in danger < nobody looks any more.
CAUTION: tuple[S, ...] = (S.HANDLING, S.REGISTERED, S.CLUE, S.CONTROLLED, S.CLOSED, S.MERGED, S.VOID)


def most_cautious(statuses: Iterable[S]) -> S:
    """What is shown while two sides disagree. ValueError without any status."""
    return min(statuses, key=CAUTION.index)


def is_terminal(status: S) -> bool:
    """True if no act leads out of this state."""
    return not TRANSITIONS[status]


def is_over(status: S, *, owes_reports: bool, final_sent: bool) -> bool:
    """True if an incident leaves the board's head: it is in a final state, and what it owes has been sent.

    An everyday call that was closed and only then became reportable (D-34) stays in sight with its clocks, like every closed
    incident that owes reports without a final report (RULES part 2).
    """
    return is_terminal(status) and not (status is S.CLOSED and owes_reports and not final_sent)


def _check_closing(owes_reports: bool, final_sent: bool) -> None:
    if owes_reports and not final_sent:
        raise Refusal(
            ErrorCode.STATE, "refusal.incidents.close_needs_final", field="status", clause="RULES-2, D-34"
        )


def _check_voiding(reason: str | None, document_sent: bool) -> None:
    require_text(reason, "refusal.incidents.void_reason_required", field="reason", clause="RULES-2")
    if document_sent:
        raise Refusal(
            ErrorCode.STATE, "refusal.incidents.void_after_document", field="status", clause="RULES-2, D-34"
        )


def check_transition(
    current: S,
    to: S,
    *,
    owes_reports: bool = False,
    final_sent: bool = False,
    document_sent: bool = False,
    reason: str | None = None,
) -> None:
    """Check one step of the state machine (RULES part 2).

    Raises Refusal E_STATE when the step does not exist (params `current`, `to`, `allowed`), when an incident
    that owes reports is closed without a sent final report (D-34), or when one is voided after a written
    report has gone up (S6: a final report is needed instead); E_REQUIRED when `void` has no reason.
    """
    allowed = TRANSITIONS[current]
    if to not in allowed:
        if not allowed:
            raise Refusal(
                ErrorCode.STATE,
                "refusal.incidents.terminal",
                field="status",
                clause="RULES-2",
                current=current,
                to=to,
            )
        raise Refusal(
            ErrorCode.STATE,
            "refusal.incidents.transition",
            field="status",
            clause="RULES-2",
            current=current,
            to=to,
            allowed=allowed,
        )
    if to is S.CLOSED:
        _check_closing(owes_reports, final_sent)
    if to is S.VOID:
        _check_voiding(reason, document_sent)
