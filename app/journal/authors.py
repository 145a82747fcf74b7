"""Whose act it is: agency and roles of an account as they stood in a past (REPLICATION, Trust; FINDINGS 24).

An agency gives and takes rights within itself only: facts of one agency about an account neither add to nor replace those
of another, so that nobody can disable or take over a stranger's account by naming it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from app.journal import verbs
from app.journal.causality import Past, covers
from app.journal.facts import VALID_ONLY, WITH_CUT, Fact, Facts, Standing, fact_key, newest_of
from app.journal.operation import Operation
from app.journal.state import State

ADMINISTRATOR = "account_admin"  # the role a recovery key's certificate gives


@dataclass(frozen=True, slots=True)
class Author:
    """Agency and roles of an account in some past."""

    agency: str | None
    roles: frozenset[str]


def author_of(
    facts: Facts,
    actor: str,
    past: Past | None,
    standings: Collection[Standing] = VALID_ONLY,
    home: str | None = None,
) -> Author:
    """Agency and roles of an account; `home`, the agency of the workstation, goes first where several know the account."""
    by_agency: dict[str, list[Fact]] = {}
    for fact in facts.all(fact_key("account", actor)):
        if fact.standing in standings and (past is None or covers(past, fact.dot)):
            by_agency.setdefault(str(fact.body["agency"]), []).append(fact)
    active = {agency: roles for agency, known in by_agency.items() if (roles := roles_of(known)) is not None}
    if not active:
        return Author(None, frozenset())
    agency = home if home in active else min(active)
    return Author(agency, active[agency])


def is_admitted(
    facts: Facts,
    account: str,
    agency: str,
    past: Past | None,
    standings: Collection[Standing] = VALID_ONLY,
) -> bool:
    """True if a stranger may act at this agency's sites: admitted, and not dismissed since or meanwhile."""
    newest = facts.newest(fact_key("admit", account, agency), past, standings)
    return bool(newest) and all(fact.verb == verbs.ADMIT for fact in newest)


def is_no_strangers(
    facts: Facts, account: str, agency: str, past: Past, standings: Collection[Standing] = VALID_ONLY
) -> bool:
    """True unless the account is known in this past as other agencies' alone."""
    known = facts.all(fact_key("account", account))
    holders = {str(f.body["agency"]) for f in known if f.standing in standings and covers(past, f.dot)}
    return not holders or agency in holders


def roles_of(known: Iterable[Fact]) -> frozenset[str] | None:
    """Roles by one agency's facts about an account, None when revoked: a revocation wins over a concurrent grant."""
    newest = newest_of(counting(list(known)))
    if any(fact.verb == verbs.REVOKE for fact in newest):
        return None
    roles: set[str] = set()
    for fact in newest:
        roles.update([ADMINISTRATOR] if fact.verb == verbs.APPOINT else fact.body["roles"])
    return frozenset(roles)


def counting(known: list[Fact]) -> list[Fact]:
    """A certificate of appointment counts once, where it was first carried: it is there for everybody to read, and whoever
    carried it again could undo what was decided since. To appoint anew the recovery key signs another serial."""
    revocations = [fact for fact in known if fact.verb == verbs.REVOKE]
    out = []
    for fact in known:
        if fact.verb == verbs.APPOINT:
            same = [f for f in known if f.verb == verbs.APPOINT and f.body["cert"] == fact.body["cert"]]
            again = any(f is not fact and covers(fact.past, f.dot) for f in same)
            if again or any(not covers(f.past, r.dot) for f in same for r in revocations):
                continue
        out.append(fact)
    return out


def acting_agency(state: State, op: Operation) -> str | None:
    """Agency a valid act counts for; for a certificate, which needs no author, that of its site."""
    home, past = state.agency_of(op.site), state.causality.past_of(op.hash)
    for standings in (VALID_ONLY, WITH_CUT):
        agency = author_of(state.facts, op.actor or "", past, standings, home).agency
        if agency is not None:
            return agency
    return home
