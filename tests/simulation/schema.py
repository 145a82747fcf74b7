"""Entities, permissions and ownership of the simulated city: the product's own, and beside them every merge rule and scope once.

The product's tables stand with the product's policy and derived columns; officers have roles of both kinds.
"""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import Float, Integer, MetaData, String

from app.bootstrap import feature_table
from app.journal import verbs
from app.journal.policy import Effect, OwnerRule, Policy
from db.fields import INTERNAL, Entity, fixed, maximum, minimum, owned, register, shared, status, text

METADATA = MetaData()
CAUTION = ("handling", "registered", "clue", "controlled", "closed", "void")
SPOT = {"lon": Float, "lat": Float, "crs": String}

CASE = shared(
    "sim_case",
    [
        fixed("no"),
        register("place"),
        register("cause"),
        register("spot", SPOT),
        register("count", Integer),
        register("phone", scope="contact"),
        register("memo", scope="internal:EMB"),
        register("memo_f", scope="internal:FRD"),
        owned("scene_handling", "scene"),
        owned("aftermath", "bureau"),
        owned("sheet", "birth"),
        status("status", CAUTION),
        maximum("grade"),
        minimum("received_at"),
        text("minutes"),
        text("briefing", scope="internal:EMB"),
    ],
    into=METADATA,
)
LOG = shared("sim_log", [fixed("text"), fixed("case_id")], into=METADATA)
NOTE = shared(
    "sim_note",
    [fixed("text", scope=INTERNAL), register("mood", scope=INTERNAL)],
    scope=INTERNAL,
    into=METADATA,
)
STORE = shared("sim_store", [register("name")], into=METADATA)

ENTITIES: dict[str, Entity] = {
    **feature_table.policy().entities,
    **{entity.name: entity for entity in (CASE, LOG, NOTE, STORE)},
}


def _effect(entity: str, *allowed: str, fields: tuple[str, ...] = ("*",)) -> Effect:
    return Effect(entity, frozenset(allowed), frozenset(fields))


_HALL = ("cause", "memo", "memo_f")
EFFECTS: dict[str, tuple[Effect, ...]] = {
    "register": (_effect("sim_case", verbs.WRITE),),
    "edit": (_effect("sim_case", verbs.WRITE, verbs.TEXT),),
    "edit_hall": (
        _effect("sim_case", verbs.WRITE, fields=_HALL),
        _effect("sim_case", verbs.TEXT, fields=("briefing",)),
    ),
    "log": (_effect("sim_log", verbs.WRITE), _effect("sim_note", verbs.WRITE)),
    "take": (_effect("sim_store", verbs.TAKE, verbs.MOVE),),
    "own": (_effect("sim_case", verbs.OWN, fields=("scene_handling",)),),
    "approve": (_effect("sim_case", verbs.APPROVE),),
    "retract": (_effect("sim_case", verbs.RETRACT), _effect("sim_log", verbs.RETRACT)),
    "strike": (_effect("sim_case", verbs.STRIKE),),
    "disclose": (_effect("sim_case", verbs.DISCLOSE),),
    "label": (_effect("site", verbs.WRITE, fields=("label", "tls_pin")),),
    "share": (_effect("sim_store", verbs.SHARE, verbs.WRITE),),
    "grant": (_effect("account", verbs.GRANT, verbs.WRITE),),
    "revoke": (_effect("account", verbs.REVOKE),),
    "admit": (_effect("account", verbs.ADMIT, verbs.DISMISS),),
    "meet": (_effect("agency", verbs.MEET),),
}
_OFFICER = frozenset({"register", "edit", "log", "take", "own", "label"})
_CHIEF = _OFFICER | {"approve", "retract", "strike", "disclose"}
_RIGHTS = {
    "account_admin": frozenset({"share", "grant", "revoke", "admit", "meet"}),
    "officer": _OFFICER,
    "chief": _CHIEF,
    "hall": frozenset({"edit_hall", "log"}),
}


def permits(command: str, agency: str, roles: frozenset[str]) -> bool:
    """True if one of these roles may carry out the command."""
    own = any(command in _RIGHTS.get(role, frozenset()) for role in roles)
    return own or feature_table.policy().permits(command, agency, roles)


@lru_cache(maxsize=1)
def policy() -> Policy:
    """The product's policy and the city's own: FRD may take over the scene; the aftermath stays with the bureau."""
    product = feature_table.policy()
    owners = {"scene": OwnerRule("EMB", frozenset({"FRD"})), "bureau": OwnerRule("EMB", frozenset())}
    assert not product.effects.keys() & EFFECTS.keys()
    return Policy(
        ENTITIES,
        permits,
        {**product.effects, **EFFECTS},
        {**product.owners, **owners},
        bound=product.bound,
        rights=product.rights,
    )
