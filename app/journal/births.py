"""Who may make a record under an id, and what a body says of its own author (REPLICATION, Births).

The ids of records are bound to the site that makes them, or to the author's agency and a cause that the body names. So nobody
else can bring a second birth of a record, and with it other values of what stands fixed in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.numbering import parse_number
from app.journal.operation import Operation
from app.journal.state import State
from app.kernel.errors import Refusal
from app.kernel.ids import derived_id, is_bound, is_own_id
from db.fields import JOINT, Claim, Field

SINCE_V = 2  # operations of earlier versions made ids of other kinds and claimed what they liked


def against_birth(state: State, op: Operation, content: Mapping[str, Any], agency: str) -> str | None:
    """Reason against making a record under this id, or None.

    Earlier versions made other ids, which stay as free as they were; under an id of the present kind not even an operation
    of an earlier version makes a record that is not its own.
    """
    entity_id = op.entity_id or ""
    if op.entity not in state.policy.bound or (_is_earlier(op) and not is_bound(entity_id)):
        return None
    cause = content.get("cause")
    own = derived_id(agency, *cause) == entity_id if cause is not None else is_own_id(entity_id, op.site)
    return None if own else "id of another"


def against_claim(state: State, op: Operation, field: Field, value: object, agency: str) -> str | None:
    """Reason against what a field says about its author, or None; who says nothing claims nothing."""
    if field.claim is None or value is None or _is_earlier(op):
        return None
    if field.claim is Claim.NUMBER:
        good = _in_series(state, op.site, value)
    else:
        said = {Claim.AGENCY: agency, Claim.ACCOUNT: op.actor, Claim.SITE: op.site}
        good = value == said[field.claim]
    return None if good else "false claim"


def _in_series(state: State, site: str, value: object) -> bool:
    """True for a number of the workstation's own series (D-20, D-35), whoever registers there."""
    enrolment = state.enrolment_of(site)
    try:
        number = parse_number(str(value))
    except Refusal:
        return False
    terms = enrolment.body if enrolment is not None else {}
    return (number.agency, number.letter) == (terms.get("agency"), terms.get("letter"))


def _is_earlier(op: Operation) -> bool:
    return (op.schema_v or 0) < SINCE_V


def goes_back(state: State, op: Operation) -> bool:
    """True if the chain has written in a later version before: nobody escapes a rule by an older number.

    Joint operations alone tell: everybody holds them.
    """
    digest = op.prev
    while digest and (before := state.store.get(digest)) is not None:
        if before.scope == JOINT:
            return (before.schema_v or 0) > (op.schema_v or 0)
        digest = before.prev
    return False
