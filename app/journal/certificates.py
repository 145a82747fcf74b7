"""Acts that carry certificates of an agency's recovery key (REPLICATION, Trust)."""

from __future__ import annotations

from nacl.signing import SigningKey

from app.journal import verbs
from app.journal.keys import certify, site_id
from app.journal.operation import Act
from db.fields import JOINT

ENROL_COMMAND = "enrol_site"
CLOSE_COMMAND = "close_site"
CUT_COMMAND = "revoke_site"
APPOINT_COMMAND = "appoint_admin"


def enrolment(recovery: SigningKey, realm: str, agency: str, public_key: bytes, letter: str) -> Act:
    """Enrol a site; every chain begins with its own enrolment."""
    site = site_id(public_key)
    cert = certify(recovery, realm, verbs.ENROL, agency, site, key=public_key.hex(), letter=letter)
    body = {"v": verbs.ENROL, "agency": agency, "key": public_key, "letter": letter, "cert": cert}
    return Act(ENROL_COMMAND, "site", site, JOINT, body)


def appointment(recovery: SigningKey, realm: str, agency: str, account: str, serial: int = 0) -> Act:
    """Make an account the agency's administrator.

    A certificate counts once: `serial` (a time will do) makes another one, for an account whose right was taken since.
    """
    terms = {"serial": serial} if serial else {}
    cert = certify(recovery, realm, verbs.APPOINT, agency, account, **terms)
    body = {"v": verbs.APPOINT, "agency": agency, "cert": cert, **terms}
    return Act(APPOINT_COMMAND, "account", account, JOINT, body)


def closing(recovery: SigningKey, realm: str, agency: str, site: str, heir: str) -> Act:
    """Close a lost or restored site; nothing is quarantined, `heir` takes its shares."""
    cert = certify(recovery, realm, verbs.CLOSE, agency, site, heir=heir)
    return Act(
        CLOSE_COMMAND, "site", site, JOINT, {"v": verbs.CLOSE, "agency": agency, "heir": heir, "cert": cert}
    )


def cutting(recovery: SigningKey, realm: str, agency: str, site: str, last_seq: int) -> Act:
    """Revoke a stolen site: everything beyond `last_seq` (the end of a transaction) is quarantined."""
    cert = certify(recovery, realm, verbs.CUT, agency, site, last_seq=last_seq)
    body = {"v": verbs.CUT, "agency": agency, "last_seq": last_seq, "cert": cert}
    return Act(CUT_COMMAND, "site", site, JOINT, body)
