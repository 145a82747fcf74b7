"""Verbs of operation bodies, with the exact shape of each. What does not fit is quarantined as malformed.

write     {"new"?: True, "set": {field: value}, "over"?: {field: [hash]}, "entry"?: {field: int}, "why"?: str, "batch"?: str,
           "cause"?: [str]}                                  what the id of a new record was derived from
strike    {"field": str, "ops": [hash], "why": str}          entries struck out of a maximum or minimum
retract   {"why": str}
text      {"field": str, "epoch": int, "update": bytes}     an update of a long shared text (texts.py)
approve   {"field": str, "version": bytes}
own       {"field": str, "to": agency}                       ownership moves by its own operation (D-06)
disclose  {"field": str}                                     opens a whole register, past and future, irrevocably
share     {"shares": {site: int}}; take {"n": int, "force"?: bool}; move {"n": int, "to": site, "force"?: bool}
grant     {"agency", "roles": [role], "valid_from"?, "valid_to"?}; revoke {"agency"}; admit {"agency"}; dismiss {"agency"}
          on entity account; who was dismissed is no longer admitted
appoint   {"agency", "cert", "serial"?}                      on entity account, by certificate
enrol     {"agency", "key", "letter", "cert"}; close {"agency", "heir", "cert"}; cut {"agency", "last_seq", "cert"}    on site
rotate    {"key", "by", "proof"}                             on site, of the site about itself (site_keys.py)
meet      {"key": bytes, "name": str}                        on entity agency: another agency's recovery key, after pairing
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WRITE, STRIKE, RETRACT, APPROVE, OWN, DISCLOSE = "write", "strike", "retract", "approve", "own", "disclose"
TEXT = "text"
SHARE, TAKE, MOVE = "share", "take", "move"
GRANT, REVOKE, ADMIT, DISMISS, APPOINT = "grant", "revoke", "admit", "dismiss", "appoint"
ENROL, CLOSE, CUT, MEET = "enrol", "close", "cut", "meet"
ROTATE = "rotate"

# Judged apart from what else their transaction holds, and at home only.
RIGHTS = frozenset({GRANT, REVOKE, ADMIT, DISMISS, MEET})
# Without effect when concurrent with their author's revocation.
GRANTING = frozenset({GRANT, DISCLOSE, ADMIT, MEET})
CERTIFIED = frozenset({APPOINT, ENROL, CLOSE, CUT})  # valid by themselves, whoever carries them
CONTROL = GRANTING | CERTIFIED | {REVOKE, DISMISS, OWN, ROTATE}
VALIDITY_INPUT = CONTROL | {SHARE, TAKE, MOVE}  # read by validity: always joint

_INT64 = 1 << 63  # what SQLite stores
_KEY_BYTES, _SIGNATURE_BYTES = 32, 64
_TEXT, _BYTES, _INT, _MAP, _LIST = str, bytes, int, dict, list
_SHAPES: dict[str, tuple[dict[str, type], dict[str, type]]] = {
    WRITE: (
        {"set": _MAP},
        {"new": bool, "over": _MAP, "entry": _MAP, "why": _TEXT, "batch": _TEXT, "cause": _LIST},
    ),
    STRIKE: ({"field": _TEXT, "ops": _LIST, "why": _TEXT}, {}),
    RETRACT: ({"why": _TEXT}, {"batch": _TEXT}),
    TEXT: ({"field": _TEXT, "epoch": _INT, "update": _BYTES}, {}),
    APPROVE: ({"field": _TEXT, "version": _BYTES}, {}),
    OWN: ({"field": _TEXT, "to": _TEXT}, {}),
    DISCLOSE: ({"field": _TEXT}, {}),
    SHARE: ({"shares": _MAP}, {}),
    TAKE: ({"n": _INT}, {"force": bool}),
    MOVE: ({"n": _INT, "to": _TEXT}, {"force": bool}),
    GRANT: ({"agency": _TEXT, "roles": _LIST}, {"valid_from": _INT, "valid_to": _INT}),
    REVOKE: ({"agency": _TEXT}, {}),
    ADMIT: ({"agency": _TEXT}, {}),
    DISMISS: ({"agency": _TEXT}, {}),
    APPOINT: ({"agency": _TEXT, "cert": _BYTES}, {"serial": _INT}),
    ENROL: ({"agency": _TEXT, "key": _BYTES, "letter": _TEXT, "cert": _BYTES}, {}),
    CLOSE: ({"agency": _TEXT, "heir": _TEXT, "cert": _BYTES}, {}),
    CUT: ({"agency": _TEXT, "last_seq": _INT, "cert": _BYTES}, {}),
    MEET: ({"key": _BYTES, "name": _TEXT}, {}),
    ROTATE: ({"key": _BYTES, "by": _BYTES, "proof": _BYTES}, {}),
}
_HOME = {
    GRANT: "account",
    REVOKE: "account",
    ADMIT: "account",
    DISMISS: "account",
    APPOINT: "account",
    ENROL: "site",
    CLOSE: "site",
    CUT: "site",
    MEET: "agency",
    ROTATE: "site",
}


def well_formed(entity: str, content: Mapping[str, Any]) -> bool:
    """True if the body has the shape of its verb and stands on the entity the verb belongs to."""
    verb = content.get("v")
    shape = _SHAPES.get(verb) if isinstance(verb, str) else None
    if shape is None or _HOME.get(str(verb), entity) != entity:
        return False
    needed, optional = shape
    given = {name: value for name, value in content.items() if name != "v"}
    if not needed.keys() <= given.keys() or not given.keys() <= needed.keys() | optional.keys():
        return False
    kinds = {**needed, **optional}
    if not all(_is(value, kinds[name]) for name, value in given.items()):
        return False
    return _parts_fit(str(verb), given)


def _is(value: object, kind: type) -> bool:
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and -_INT64 <= value < _INT64
    return isinstance(value, kind)


def _texts(values: object) -> bool:
    return isinstance(values, (list, dict)) and all(isinstance(value, str) for value in values)


def _hashes(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, bytes) for value in values)


def _parts_fit(verb: str, given: Mapping[str, Any]) -> bool:
    if verb == WRITE:
        over, entry = given.get("over", {}), given.get("entry", {})
        return (
            _texts(given["set"])
            and _texts(over)
            and all(_hashes(heads) for heads in over.values())
            and over.keys() <= given["set"].keys()
            and _texts(entry)
            and _texts(given.get("cause", []))
            and all(_is(value, int) for value in entry.values())
        )
    if verb == STRIKE:
        return _hashes(given["ops"])
    if verb == GRANT:
        return _texts(given["roles"])
    if verb == SHARE:
        return _texts(given["shares"]) and all(_is(n, int) and n >= 0 for n in given["shares"].values())
    if verb in (TAKE, MOVE):
        return bool(given["n"] > 0)
    if verb == ROTATE:
        lengths = (len(given["key"]), len(given["by"]), len(given["proof"]))
        return lengths == (_KEY_BYTES, _SIGNATURE_BYTES, _SIGNATURE_BYTES)
    if verb in (ENROL, MEET):
        return len(given["key"]) == _KEY_BYTES
    return bool(verb != CUT or given["last_seq"] >= 0)
