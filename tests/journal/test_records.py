"""Records that are read together are those that are read one by one, whatever a peer calls them (app/journal/records.py)."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.journal import verbs
from app.journal.operation import HASH_BYTES, Act, ChainEnd, Transaction
from app.journal.records import Record, Records
from tests.journal.towns import Town, town
from tests.simulation.world import Station, fresh_connection

ENTITY = "sim_case"
HOSTILE = [
    "a\0b",
    "\0",
    "\0\0",
    "'",
    '"',
    "\\u0000",
    "]",
    "a' OR 1=1 --",
    "火\0警",
    "\ufffe",
    "\U0001f692",
    "x" * 70_000,
]

letters = st.characters(exclude_categories=["Cs"]) | st.just("\0")
names = st.sampled_from(["a", *HOSTILE]) | st.text(letters, min_size=1, max_size=12)


@given(st.lists(names, unique=True, max_size=150), st.lists(names, unique=True, max_size=10))
@example([*HOSTILE, "a"], ["absent", "a\0", "absent\0"])
@example([f"{n}\0{n}" for n in range(150)], [])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_fetched_together_is_fetched_singly(held: list[str], others: list[str]) -> None:
    connection = fresh_connection()
    written = Records(connection)
    for n, name in enumerate(held):
        record = Record(ENTITY, name)
        record.heads["place"] = [n.to_bytes(HASH_BYTES, "big")]
        written.keep(record)
    written.flush()
    wanted = list(dict.fromkeys([*held, *others]))
    together, singly = Records(connection), Records(connection)
    together.fetch(ENTITY, wanted)
    for name in wanted:
        found = together.get(ENTITY, name)
        assert found.packed() == singly.get(ENTITY, name).packed()
        assert bool(found.heads) == (name in held)
    connection.close()


def test_two_rooms_agree_however_what_arrives_is_cut_into_commits() -> None:
    """Records with NUL in their names, then writes over them: in two commits in one room, one by one in the other."""
    small: Town = town("E1", "F1", "F2")
    east, together, singly = small["E1"], small["F1"], small["F2"]
    txs = _written(east, [name for name in HOSTILE if "\0" in name] + ["a", "b", "c", "d"])
    half = len(txs) // 2
    together.journal.receive(txs[:half])
    together.journal.receive(txs[half:])
    for tx in txs:
        singly.journal.receive([tx])
    assert _shown(together) == _shown(singly)
    assert {row[0] for row in _shown(together)} == {tx[0].entity_id for tx in txs}
    assert {row[2] for row in _shown(together)} == {1}  # nothing of either act was overwritten


def _written(at: Station, names: list[str]) -> list[Transaction]:
    """Each record is registered, then each is edited, signed by a workstation that asks nobody."""
    acts = [
        Act("register", ENTITY, n, "joint", {"v": verbs.WRITE, "new": True, "set": {"place": "before"}})
        for n in names
    ]
    acts += [Act("edit", ENTITY, n, "joint", {"v": verbs.WRITE, "set": {"place": "after"}}) for n in names]
    end, txs = at.end, []
    for act in acts:
        txs.append(at.forge("EMB-o", [act], end=end, parents=[]))
        end = ChainEnd(txs[-1][-1].seq, txs[-1][-1].hash)
    return txs


def _shown(at: Station) -> list[tuple[object, ...]]:
    rows = at.connection.execute(f"SELECT id, place, conflicts FROM {ENTITY} ORDER BY id").fetchall()
    states = at.connection.execute("SELECT entity_id, state FROM record WHERE entity = ?", (ENTITY,))
    kept = dict(states.fetchall())
    return [(*row, kept[row[0]]) for row in rows if row[0] != "i1"]
