"""Agencies, sites, accounts and refused acts (CM-04, XC-06)."""

from __future__ import annotations

from sqlalchemy import Integer, String

from db.fields import INTERNAL, fixed, register, shared

ACCOUNT = shared(
    "account",
    [fixed("kind"), fixed("name"), register("title"), register("secret_at", Integer, INTERNAL)],
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
    [register("label"), register("tls_pin")],
    derived={"agency": String, "letter": String, "state": String, "last_seq": Integer, "heir": String},
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
