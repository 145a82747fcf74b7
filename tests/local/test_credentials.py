"""Password verifiers of a workstation (CM-04): argon2id, a pause that doubles and is bounded, no way around it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import Parameters, Type, extract_parameters

from app.kernel.clock import ManualClock
from app.local import credentials
from app.local.credentials import FIRST_PAUSE_S, FREE_FAILURES, LONGEST_PAUSE_S, SignIn
from db import migrate
from db.engine import open_writer
from tests.kit import cheap_passwords, ms

RIGHT, WRONG = "correct-horse-1", "wrong-horse-1"
START = ms("08:00:00")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "x.db"
    migrate.create(path)
    opened = open_writer(path)
    with cheap_passwords():
        yield opened
    opened.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


def check(connection: sqlite3.Connection, password: str, clock: ManualClock) -> tuple[SignIn, int]:
    attempt = credentials.check_password(connection, "a", password, clock)
    return attempt.result, attempt.wait_ms // 1000


def test_parameters_are_those_of_the_guidance() -> None:
    """QUALITY, Security: argon2id, 19 MiB, two passes, one lane; a salt of its own for every verifier."""
    one, other = credentials._HASHER.hash(RIGHT), credentials._HASHER.hash(RIGHT)
    assert extract_parameters(one) == Parameters(
        type=Type.ID, version=19, salt_len=16, hash_len=32, time_cost=2, memory_cost=19 * 1024, parallelism=1
    )
    assert one != other
    assert RIGHT not in one


def test_right_and_wrong(connection: sqlite3.Connection, clock: ManualClock) -> None:
    """CM-04: what was stored opens, nothing else does; the last use is noted."""
    credentials.set_password(connection, "a", RIGHT)
    assert check(connection, RIGHT, clock) == (SignIn.OK, 0)
    for wrong in ("", WRONG, RIGHT + " ", RIGHT.upper(), RIGHT[:-1]):
        assert check(connection, wrong, clock)[0] in (SignIn.WRONG, SignIn.LOCKED)
    [used] = connection.execute("SELECT last_used_at FROM credential").fetchone()
    assert used == START


def test_unknown_account_costs_the_same_and_is_wrong(
    connection: sqlite3.Connection, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody learns from the time it takes which accounts there are."""
    made: list[str] = []

    class Counting:
        def hash(self, password: str) -> str:
            made.append(password)
            return ""

    monkeypatch.setattr(credentials, "_HASHER", Counting())
    assert check(connection, WRONG, clock) == (SignIn.WRONG, 0)
    assert made == [WRONG]
    assert connection.execute("SELECT count(*) FROM credential").fetchone() == (0,)


def test_short_passwords_are_not_stored(connection: sqlite3.Connection) -> None:
    """CM-04: at least eight characters."""
    with pytest.raises(ValueError, match="short"):
        credentials.set_password(connection, "a", "1234567")
    credentials.set_password(connection, "a", "口令口令口令口令")
    assert connection.execute("SELECT count(*) FROM credential").fetchone() == (1,)


def test_a_thousand_wrong_passwords(connection: sqlite3.Connection, clock: ManualClock) -> None:
    """QUALITY (10): four are free, then the pause doubles up to a quarter of an hour and no further; a day brings few tries."""
    credentials.set_password(connection, "a", RIGHT)
    pauses = []
    for _ in range(1_000):
        result, wait_s = check(connection, WRONG, clock)
        assert result is SignIn.WRONG
        pauses.append(wait_s)
        if wait_s:
            clock.advance(wait_s - 0.001)
            assert check(connection, RIGHT, clock)[0] is SignIn.LOCKED, (
                "not even the right one during the pause"
            )
            clock.advance(0.001)
    free, first = FREE_FAILURES - 1, FIRST_PAUSE_S
    assert pauses[:free] == [0] * free
    assert pauses[free : free + 6] == [first, first * 2, first * 4, first * 8, first * 16, LONGEST_PAUSE_S]
    assert set(pauses[free + 5 :]) == {LONGEST_PAUSE_S}
    assert LONGEST_PAUSE_S == 900
    assert clock.now_ms() - START > 990 * LONGEST_PAUSE_S * 1000, "a thousand tries take ten days"
    assert check(connection, RIGHT, clock) == (SignIn.OK, 0)
    assert check(connection, WRONG, clock) == (SignIn.WRONG, 0), "a right one begins the count anew"


def test_guessing_during_the_pause_does_not_lengthen_it(
    connection: sqlite3.Connection, clock: ManualClock
) -> None:
    """Nobody can keep an officer out by hammering on his name."""
    credentials.set_password(connection, "a", RIGHT)
    for _ in range(FREE_FAILURES):
        check(connection, WRONG, clock)
    for _ in range(50):
        assert check(connection, WRONG, clock)[0] is SignIn.LOCKED
    clock.advance(FIRST_PAUSE_S)
    assert check(connection, RIGHT, clock) == (SignIn.OK, 0)


def test_pauses_survive_a_restart_and_end_with_a_new_password(tmp_path: Path, clock: ManualClock) -> None:
    """CM-04: the count stands in the database; the administrator's new password lifts it."""
    path = tmp_path / "x.db"
    migrate.create(path)
    with cheap_passwords():
        first = open_writer(path)
        credentials.set_password(first, "a", RIGHT)
        for _ in range(FREE_FAILURES):
            check(first, WRONG, clock)
        first.close()
        second = open_writer(path)
        assert check(second, RIGHT, clock) == (SignIn.LOCKED, FIRST_PAUSE_S)
        credentials.set_password(second, "a", "another-one-2")
        assert check(second, "another-one-2", clock) == (SignIn.OK, 0)
        second.close()


def test_clock_that_was_set_back_shuts_nobody_out(connection: sqlite3.Connection, clock: ManualClock) -> None:
    """Wrong passwords typed while the clock stood a year ahead must not lock the account for a year."""
    credentials.set_password(connection, "a", RIGHT)
    clock.advance(366 * 86_400)
    for _ in range(FREE_FAILURES):
        check(connection, WRONG, clock)
    clock.set(START)
    assert check(connection, RIGHT, clock) == (SignIn.OK, 0)


def test_damaged_verifier_opens_to_nobody(connection: sqlite3.Connection, clock: ManualClock) -> None:
    """A verifier that is none is wrong, not an error, and not open."""
    credentials.set_password(connection, "a", RIGHT)
    connection.execute("UPDATE credential SET verifier = 'x'")
    assert check(connection, RIGHT, clock)[0] is SignIn.WRONG
