"""Password verifiers of this workstation (CM-04): argon2id, with a growing pause after wrong passwords.

They never leave the workstation and never enter the journal: an append-only record that is copied to other agencies is
no place for something that can be guessed offline (docs/decisions).
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from app.kernel.clock import Clock
from db.sql import sql
from db.tables.local import CREDENTIAL

MEMORY_KIB = 19 * 1024  # 19 MiB, 2 passes (OWASP)
FREE_FAILURES = 5
FIRST_PAUSE_S = 30
LONGEST_PAUSE_S = 900
MIN_LENGTH = 8

_C = CREDENTIAL.c
_NEW = insert(CREDENTIAL).values(
    {name: bindparam(name) for name in ("account_id", "verifier", "failures", "locked_until")}
)
_SET = sql(
    _NEW.on_conflict_do_update(
        index_elements=[_C.account_id],
        set_={name: _NEW.excluded[name] for name in ("verifier", "failures", "locked_until")},
    )
)
_SELECT = sql(
    select(_C.verifier, _C.failures, _C.locked_until).where(_C.account_id == bindparam("account_id"))
)
_OF = update(CREDENTIAL).where(_C.account_id == bindparam("of"))
_FAILED = sql(_OF.values({name: bindparam(name) for name in ("failures", "locked_until")}))
_USED = sql(_OF.values({name: bindparam(name) for name in ("failures", "locked_until", "last_used_at")}))

_HASHER = PasswordHasher(time_cost=2, memory_cost=MEMORY_KIB, parallelism=1)


class SignIn(StrEnum):
    """Result of a sign-in."""

    OK = "ok"
    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(frozen=True)
class Attempt:
    """Result and, where locked, how long (ms)."""

    result: SignIn
    wait_ms: int = 0


def set_password(connection: sqlite3.Connection, account_id: str, password: str) -> None:
    """Store a verifier; ValueError when the password is shorter than 8 characters or blank."""
    if len(password) < MIN_LENGTH or not password.strip():
        raise ValueError("password too short or blank")
    connection.execute(
        _SET, {"account_id": account_id, "verifier": _HASHER.hash(password), "failures": 0, "locked_until": 0}
    )


def has_password(connection: sqlite3.Connection, account_id: str) -> bool:
    """True if this workstation knows a password of the account."""
    return connection.execute(_SELECT, {"account_id": account_id}).fetchone() is not None


def check_password(connection: sqlite3.Connection, account_id: str, password: str, clock: Clock) -> Attempt:
    """Check a password; after five wrong ones each further one waits longer, up to a quarter of an hour."""
    now = clock.now_ms()
    row = connection.execute(_SELECT, {"account_id": account_id}).fetchone()
    if row is None:
        _HASHER.hash(password)  # the same time as for an account that is here
        return Attempt(SignIn.WRONG)
    verifier, failures, locked_until = row
    # A pause beyond the longest one comes from a clock that was set back: nobody is shut out for that.
    if now < locked_until <= now + LONGEST_PAUSE_S * 1000:
        return Attempt(SignIn.LOCKED, locked_until - now)
    try:
        _HASHER.verify(verifier, password)
    except (VerificationError, InvalidHashError):
        pause_s = _pause_s(failures + 1)
        wrong = {"of": account_id, "failures": failures + 1, "locked_until": now + pause_s * 1000}
        connection.execute(_FAILED, wrong)
        return Attempt(SignIn.WRONG, pause_s * 1000)
    connection.execute(_USED, {"of": account_id, "failures": 0, "locked_until": 0, "last_used_at": now})
    return Attempt(SignIn.OK)


def _pause_s(failures: int) -> int:
    over = failures - FREE_FAILURES
    return 0 if over < 0 else int(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(over, 10)))
