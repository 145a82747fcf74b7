"""Certificates of the agency's recovery key, made apart from any console: the key need not come near the running workstation.

What is made is a command for `do` at any workstation of the agency (REPLICATION, Trust).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.bootstrap.recovery import open_recovery
from app.journal import certificates
from app.journal.operation import Act
from app.kernel.clock import Clock
from app.kernel.errors import ErrorCode, Refusal


def certify(
    recovery_file: Path, what: str, target: str, *, heir: str = "", last_seq: int = 0, clock: Clock
) -> dict[str, Any]:
    """The command that closes or revokes a site, or appoints an account administrator: its name and arguments.

    `what` is close, revoke or appoint. Refusal E_REQUIRED without the heir of a site to be closed;
    EnvironmentFault `keys.recovery` when the file is none.
    """
    found = open_recovery(recovery_file)
    if what == "close":
        if not heir:
            raise Refusal(ErrorCode.REQUIRED, "refusal.sites.heir_required", field="heir", clause="CM-04")
        act = certificates.closing(found.key, found.realm, found.agency, target, heir)
        return _command(act, site=target, heir=heir)
    if what == "revoke":
        act = certificates.cutting(found.key, found.realm, found.agency, target, last_seq)
        return _command(act, site=target, last_seq=last_seq)
    serial = clock.now_ms()  # a certificate counts once: another one for whoever's right was taken since
    act = certificates.appointment(found.key, found.realm, found.agency, target, serial)
    return _command(act, account_id=target, serial=serial)


def _command(act: Act, **arguments: Any) -> dict[str, Any]:
    return {
        "command": act.command,
        "arguments": {**arguments, "certificate": act.body["cert"].hex()},
    }
