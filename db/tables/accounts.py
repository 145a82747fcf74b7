"""Agencies, sites, accounts and refused acts (CM-04, XC-06)."""

from __future__ import annotations

from sqlalchemy import Integer, String

from db.fields import INTERNAL, fixed, register, shared

ACCOUNT = shared(
    "account",
    [
        fixed("kind"),
        fixed("name"),
        register("title"),
        register("secret_at", Integer, INTERNAL),
        register("sealed_at", Integer),  # a sealed emergency account: since when its password lies sealed
        register("opened_at", Integer),  # and when the seal was broken
    ],
    derived={
        "agency": String,
        "roles": String,
        "state": String,
        "valid_from": Integer,
        "valid_to": Integer,
        "admitted": String,
    },
    indexes=[("agency",)],
)

SITE = shared(
    "site",
    [register("label"), register("tls_pin"), register("tls_until", Integer)],
    derived={
        "agency": String,
        "letter": String,
        "state": String,
        "last_seq": Integer,
        "heir": String,
        "enrolled_at": Integer,
        "state_at": Integer,  # since when in this state; of a forked site the time of the last act both branches share
        "key_at": Integer,  # since when it signs with its present key
    },
)

AGENCY = shared("agency", [register("name")], derived={"recovery_key": String, "admitted_by": String})

REFUSAL = shared(
    "refusal",
    [
        fixed("at", Integer, INTERNAL),
        fixed("command", scope=INTERNAL),
        fixed("code", scope=INTERNAL),
        fixed("field", scope=INTERNAL),
        fixed("account_id", scope=INTERNAL),
        fixed("about", scope=INTERNAL),
    ],
    scope=INTERNAL,
    indexes=[("at",)],
)
