"""Any edited, removed, swapped, added or cut-off entry and any touched row is found and named (QUALITY, attack test 8).

The attacker owns the machine: the triggers are dropped first, and hashes are recomputed where that helps him.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from app.journal.chain_faults import FaultKind
from app.journal.operation import Operation, header_hash, pack, rebuild_operation
from app.journal.store import Store
from app.journal.verify import Depth, verify
from tests.db.world import POLICY, seed
from tests.journal.victim import SHALLOW, Victim, op_at, original, victim

__all__ = ["original", "victim"]


def _pair(connection: sqlite3.Connection, site: str) -> tuple[int, int]:
    """Numbers of the first transaction of two operations after the founding one."""
    row = connection.execute(
        "SELECT tx, max(seq) FROM op WHERE site = ? AND tx > 1 GROUP BY tx HAVING count(*) = 2", (site,)
    )
    first, last = row.fetchone()
    return first, last


def test_untouched_file_is_in_order(victim: Victim) -> None:
    report = victim.examine()
    assert report.ok
    assert report.entries == report.bodies == 19
    assert report.signatures == 16
    assert report.chains == {victim.own: 14, victim.peer: 5}
    assert report.rows > 30


def test_missing_guards_are_named(victim: Victim) -> None:
    with victim.attack():
        pass
    report = victim.examine()
    assert report.guards_missing == ("op_never_changed", "op_never_deleted")
    assert not report.ok


# -- one entry edited ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("body", pack({"v": "write", "set": {"text": "other"}}), FaultKind.HIDDEN),
        ("actor", "somebody", FaultKind.HIDDEN),
        ("command", "other", FaultKind.HIDDEN),
        ("entity", "incident", FaultKind.HIDDEN),
        ("entity_id", "l9", FaultKind.HIDDEN),
        ("schema_v", 1, FaultKind.HIDDEN),
        ("salt", b"s" * 16, FaultKind.HIDDEN),
        ("salt", b"", FaultKind.HIDDEN),
        ("body", None, FaultKind.HALF_WITHHELD),
        ("actor", None, FaultKind.TYPE),
        ("body", "text", FaultKind.TYPE),
        ("hlc", 1, FaultKind.HEADER),
        ("scope", "internal:EMB", FaultKind.HEADER),
        ("commitment", b"c" * 32, FaultKind.HEADER),
        ("hash", b"h" * 32, FaultKind.HEADER),
        ("prev", b"p" * 32, FaultKind.HEADER),
        ("tx", 2, FaultKind.HEADER),
        ("tx_last", 0, FaultKind.HEADER),
        ("parents", b"p" * 32, FaultKind.HEADER),
        ("parents", b"odd", FaultKind.PARENT),
        ("hlc", "never", FaultKind.TYPE),
        ("scope", b"joint", FaultKind.TYPE),
        ("sig", b"s" * 64, FaultKind.SIGNATURE),
        ("sig", b"short", FaultKind.SIGNATURE),
        ("sig", None, FaultKind.SIGNATURE),
    ],
)
def test_edited_column_is_found_at_its_entry(
    victim: Victim, column: str, value: object, kind: FaultKind
) -> None:
    with victim.attack() as connection:
        connection.execute(f"UPDATE op SET {column} = ? WHERE site = ? AND seq = 9", (value, victim.own))
    found = victim.found()
    assert (kind, victim.own, 9) in found
    assert {(site, seq) for _, site, seq in found} == {(victim.own, 9)}


def test_edited_seq_and_site_leave_a_hole(victim: Victim) -> None:
    with victim.attack() as connection:
        connection.execute("UPDATE op SET seq = 90 WHERE site = ? AND seq = 9", (victim.own,))
        connection.execute("UPDATE op SET site = 'nobody' WHERE site = ? AND seq = 3", (victim.peer,))
    found = victim.found()
    assert {(FaultKind.MISSING, victim.own, 9), (FaultKind.HEADER, victim.own, 90)} <= found
    assert {(FaultKind.MISSING, victim.peer, 3), (FaultKind.UNKNOWN_SITE, "nobody", 3)} <= found


def test_text_that_is_none_does_not_stop_the_walk(victim: Victim) -> None:
    with victim.attack() as connection:
        connection.execute(
            "UPDATE op SET actor = CAST(x'ff' AS TEXT) WHERE site = ? AND seq = 6", (victim.own,)
        )
        connection.execute("UPDATE op SET hlc = hlc + 1 WHERE site = ? AND seq = 9", (victim.own,))
    found = victim.found()
    assert (FaultKind.TYPE, victim.own, 6) in found
    assert (FaultKind.HEADER, victim.own, 9) in found


def _forge(connection: sqlite3.Connection, op: Operation, changed: Operation, realm: str = "live") -> None:
    """Replace an entry by a self-consistent one."""
    made = rebuild_operation(realm, changed)
    connection.execute(
        "UPDATE op SET hash = ?, commitment = ?, body = ?, hlc = ? WHERE hash = ?",
        (made.hash, made.commit, made.body, made.hlc, op.hash),
    )


def test_self_consistent_forgery_inside_a_transaction_is_named_and_not_its_successor(victim: Victim) -> None:
    with victim.attack() as connection:
        first, _ = _pair(connection, victim.own)
        op = op_at(connection, victim.own, first)
        _forge(
            connection,
            op,
            replace(op, body=pack({"v": "write", "set": {"text": "forged", "at": 8}, "new": True})),
        )
    assert victim.found() == {(FaultKind.REPLACED, victim.own, first)}
    assert victim.found(Depth(signatures=False, projection=False)) == {
        (FaultKind.REPLACED, victim.own, first)
    }


def test_self_consistent_forgery_of_a_whole_transaction_lacks_its_signature(victim: Victim) -> None:
    with victim.attack() as connection:
        op = op_at(connection, victim.own, 9)
        _forge(connection, op, replace(op, hlc=op.hlc + 1))
    assert victim.found() == {(FaultKind.SIGNATURE, victim.own, 9)}
    assert victim.found(Depth(signatures=False, projection=False)) == {(FaultKind.REPLACED, victim.own, 9)}


def test_rewritten_tail_under_another_key_is_found_at_every_transaction(victim: Victim) -> None:
    """The attacker rewrites the peer's chain from entry 4 on, signs with his own key and mends what is noted of it."""
    thief = SigningKey(seed("thief"))
    with victim.attack() as connection:
        prev = op_at(connection, victim.peer, 3).hash
        for seq in (4, 5):
            op = op_at(connection, victim.peer, seq)
            made = rebuild_operation("live", replace(op, prev=prev, hlc=op.hlc + 7))
            signature = thief.sign(made.hash).signature
            connection.execute(
                "UPDATE op SET hash = ?, prev = ?, hlc = ?, sig = ? WHERE hash = ?",
                (made.hash, made.prev, made.hlc, signature, op.hash),
            )
            prev = made.hash
        connection.execute("UPDATE chain SET hash = ? WHERE site = ?", (prev, victim.peer))
    found = victim.found()
    assert {(FaultKind.SIGNATURE, victim.peer, 4), (FaultKind.SIGNATURE, victim.peer, 5)} <= found
    # and with his key put in place of the site's: the id is the hash of the key
    with victim.attack() as connection:
        connection.execute("UPDATE chain SET key = ? WHERE site = ?", (bytes(thief.verify_key), victim.peer))
    assert (FaultKind.KEY, victim.peer, 0) in victim.found()


@pytest.mark.parametrize("key", [b"", b"short", b"k" * 32, b"k" * 64])
def test_wrong_key_is_named_and_nothing_breaks(victim: Victim, key: bytes) -> None:
    with victim.attack() as connection:
        connection.execute("UPDATE chain SET key = ? WHERE site = ?", (key, victim.peer))
    found = victim.found()
    assert (FaultKind.KEY, victim.peer, 0) in found
    assert {(FaultKind.SIGNATURE, victim.peer, seq) for seq in (2, 3, 4, 5)} <= found


def test_entries_of_another_realm_do_not_verify(victim: Victim) -> None:
    """XC-10: the realm is part of every hash."""
    exercise = replace(victim.standpoint, realm="exercise")
    report = verify(victim.path, exercise, POLICY, depth=SHALLOW)
    assert sum(fault.kind is FaultKind.HEADER for fault in report.faults) == report.entries


# -- entries removed, swapped, added ------------------------------------------------------------------------------------
@pytest.mark.parametrize("seq", range(1, 14))
def test_deleted_entry_is_named(victim: Victim, seq: int) -> None:
    with victim.attack() as connection:
        connection.execute("DELETE FROM op WHERE site = ? AND seq = ?", (victim.own, seq))
    assert (FaultKind.MISSING, victim.own, seq) in victim.found()


def test_several_deleted_entries_are_one_range(victim: Victim) -> None:
    with victim.attack() as connection:
        connection.execute("DELETE FROM op WHERE site = ? AND seq IN (7, 8, 9)", (victim.own,))
    (fault,) = [fault for fault in victim.examine(SHALLOW).faults if fault.kind is FaultKind.MISSING]
    assert (fault.site, fault.seq, fault.last_seq) == (victim.own, 7, 9)


def test_truncated_foreign_chain_is_named(victim: Victim) -> None:
    with victim.attack() as connection:
        connection.execute("DELETE FROM op WHERE site = ? AND seq > 3", (victim.peer,))
    (fault,) = [fault for fault in victim.examine(SHALLOW).faults if fault.kind is FaultKind.END]
    assert (fault.site, fault.seq, fault.last_seq, fault.detail) == (victim.peer, 4, 5, "cut off")


def test_truncation_with_the_chain_mended_is_given_away_by_what_others_saw(victim: Victim) -> None:
    """Operation 4 of the peer is named as parent by ours; what 5 did still stands in the projected tables."""
    with victim.attack() as connection:
        left = op_at(connection, victim.peer, 3)
        connection.execute("DELETE FROM op WHERE site = ? AND seq > 3", (victim.peer,))
        connection.execute("UPDATE chain SET seq = 3, hash = ? WHERE site = ?", (left.hash, victim.peer))
    assert FaultKind.PARENT in {kind for kind, _, _ in victim.found()}


def test_truncated_end_of_a_transaction_is_named(victim: Victim) -> None:
    with victim.attack() as connection:
        first, last = _pair(connection, victim.own)
        connection.execute("DELETE FROM op WHERE site = ? AND seq >= ?", (victim.own, last))
    found = victim.found()
    assert (FaultKind.TRANSACTION, victim.own, first) in found
    assert (FaultKind.END, victim.own, last) in found


def _swap_rows(connection: sqlite3.Connection, site: str, one: int, other: int) -> None:
    rows = [
        connection.execute("SELECT n FROM op WHERE site = ? AND seq = ?", (site, seq)).fetchone()[0]
        for seq in (one, other)
    ]
    for seq, n in ((one, -1), (other, rows[0]), (one, rows[1])):
        connection.execute("UPDATE op SET n = ? WHERE site = ? AND seq = ?", (n, site, seq))


@pytest.mark.parametrize(("one", "other"), [(7, 8), (7, 11), (8, 9)])
def test_swapped_rows_are_both_named(victim: Victim, one: int, other: int) -> None:
    with victim.attack() as connection:
        _swap_rows(connection, victim.own, one, other)
    found = victim.found()
    assert {(FaultKind.ORDER, victim.own, one), (FaultKind.ORDER, victim.own, other)} <= found
    assert not any(kind in (FaultKind.HEADER, FaultKind.HIDDEN, FaultKind.MISSING) for kind, _, _ in found)


def test_swapped_contents_are_both_named(victim: Victim) -> None:
    with victim.attack() as connection:
        one, other = op_at(connection, victim.own, 7), op_at(connection, victim.own, 8)
        for op, body in ((one, other.body), (other, one.body)):
            connection.execute("UPDATE op SET body = ? WHERE hash = ?", (body, op.hash))
    assert victim.found() == {(FaultKind.HIDDEN, victim.own, 7), (FaultKind.HIDDEN, victim.own, 8)}


def _insert(connection: sqlite3.Connection, op: Operation, n: int | None = None) -> None:
    Store(connection).append((op,))
    if n is not None:
        connection.execute("UPDATE op SET n = ? WHERE hash = ?", (n, op.hash))


def test_forged_entry_at_the_end_is_named(victim: Victim) -> None:
    with victim.attack() as connection:
        last = op_at(connection, victim.peer, 5)
        forged = replace(
            last, seq=6, tx=6, prev=last.hash, parents=(), sig=SigningKey(seed("thief")).sign(b"x").signature
        )
        forged = rebuild_operation("live", forged)
        _insert(connection, forged)
    found = victim.found()
    assert found == {(FaultKind.SIGNATURE, victim.peer, 6), (FaultKind.END, victim.peer, 6)}
    with victim.attack() as connection:
        connection.execute("UPDATE chain SET seq = 6, hash = ? WHERE site = ?", (forged.hash, victim.peer))
    assert victim.found() == {(FaultKind.SIGNATURE, victim.peer, 6)}


def test_forged_second_entry_under_a_number_is_named(victim: Victim) -> None:
    with victim.attack() as connection:
        genuine = op_at(connection, victim.peer, 4)
        _insert(connection, rebuild_operation("live", replace(genuine, hlc=genuine.hlc + 1)))
    found = victim.found()
    assert (FaultKind.SIGNATURE, victim.peer, 4) in found
    assert (FaultKind.FORK, victim.peer, 4) in found


def test_foreign_entry_inside_a_transaction_is_named(victim: Victim) -> None:
    with victim.attack() as connection:
        first, last = _pair(connection, victim.own)
        stray = op_at(connection, victim.peer, 5)
        after = connection.execute(
            "SELECT n FROM op WHERE site = ? AND seq = ?", (victim.own, last)
        ).fetchone()[0]
        connection.execute("UPDATE op SET n = n + 100 WHERE n >= ?", (after,))
        connection.execute("UPDATE op SET n = ? WHERE hash = ?", (after, stray.hash))
    found = victim.found()
    assert (FaultKind.TRANSACTION, victim.own, first) in found
    assert (FaultKind.TRANSACTION, victim.own, last) in found


def test_parent_that_stands_later_is_named(victim: Victim) -> None:
    with victim.attack() as connection:
        child = connection.execute(
            "SELECT n, site, seq, parents FROM op WHERE site = ? AND length(parents) > 0 ORDER BY n DESC",
            (victim.own,),
        ).fetchone()
        parent = connection.execute("SELECT n, site FROM op WHERE hash = ?", (child[3][:32],)).fetchone()
        assert parent[1] == victim.peer
        connection.execute("UPDATE op SET n = -n WHERE n > ?", (child[0],))
        connection.execute("UPDATE op SET n = 1000 - n WHERE n < 0")
        connection.execute("UPDATE op SET n = ? WHERE n = ?", (child[0] + 1, parent[0]))
    assert (FaultKind.PARENT, child[1], child[2]) in victim.found()


def test_forgotten_chain_is_named(victim: Victim) -> None:
    with victim.attack() as connection:
        connection.execute("DELETE FROM chain WHERE site = ?", (victim.peer,))
    assert (FaultKind.UNKNOWN_SITE, victim.peer, 1) in victim.found()


def test_fork_noted_without_proof_is_named(victim: Victim) -> None:
    with victim.attack() as connection:
        connection.execute("UPDATE chain SET fork_seq = 4 WHERE site = ?", (victim.peer,))
    assert victim.found() == {(FaultKind.FORK, victim.peer, 4)}


# -- any single change, by chance ---------------------------------------------------------------------------------------
_COLUMNS = ["hash", "prev", "tx", "tx_last", "parents", "hlc", "scope", "commitment", "sig", "actor", "command", "entity",
            "entity_id", "schema_v", "salt", "body"]  # fmt: skip
_VALUES = st.one_of(
    st.binary(max_size=80),
    st.text(max_size=20),
    st.integers(-(2**63), 2**63 - 1),
    st.none(),
    st.floats(allow_nan=False),
)


@given(row=st.integers(1, 19), column=st.sampled_from(_COLUMNS), value=_VALUES, flip=st.integers(0, 10_000))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_single_change_is_found_at_its_position(
    victim: Victim, original: Victim, row: int, column: str, value: object, flip: int
) -> None:
    """A value put in by chance, or one bit flipped where a column holds bytes."""
    victim.path.write_bytes(original.path.read_bytes())
    with victim.attack() as connection:
        site, seq, old = connection.execute(
            f"SELECT site, seq, {column} FROM op WHERE n = ?", (row,)
        ).fetchone()
        if isinstance(old, bytes) and old and flip % 2:
            at, bit = divmod(flip % (8 * len(old)), 8)
            value = old[:at] + bytes([old[at] ^ 1 << bit]) + old[at + 1 :]
        try:
            connection.execute(f"UPDATE op SET {column} = ? WHERE n = ?", (value, row))
        except sqlite3.IntegrityError:
            return  # a column that may not be empty
        new = connection.execute(f"SELECT {column} FROM op WHERE n = ?", (row,)).fetchone()[0]
        last = connection.execute("SELECT max(seq) FROM op WHERE site = ?", (site,)).fetchone()[0]
    same = old == new and type(old) is type(new)
    if column == "sig" and new is None and site == victim.peer and seq < last:
        same = True  # a later one vouches for it, as for what came in bulk (decision 0026); no act is changed
    found = {(fault.site, fault.seq) for fault in victim.examine(SHALLOW).faults}
    assert ((site, seq) in found) is not same
    if column != "hash":  # others may name a changed hash as parent or predecessor
        assert found <= {(site, seq)}


def test_header_hash_used_by_the_attacker_is_the_real_one(victim: Victim) -> None:
    """The forgeries above are self-consistent, or they would prove nothing."""
    with victim.attack() as connection:
        op = op_at(connection, victim.own, 9)
        made = rebuild_operation("live", replace(op, hlc=op.hlc + 1))
    assert made.hash == header_hash("live", made)
    assert made.hash != op.hash
