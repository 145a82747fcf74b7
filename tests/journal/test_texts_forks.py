"""Long texts beside a forked chain (decision 0027): whichever branch came first, one text follows, and honest words and
deletions keep the order in which their authors had seen each other."""

from __future__ import annotations

import random

import pytest

from app.journal.operation import Act, ChainEnd, Transaction
from tests.journal.test_texts import CASE, PLACE, append, shown, write
from tests.journal.towns import Town, sync, tick, town
from tests.simulation.checks import causal_shuffle, reference
from tests.simulation.world import Station, fresh_connection

PEOPLE = {"E1": "EMB-o", "F1": "FRD-o", "F2": "FRD-p"}


def branch(liar: Station, end: ChainEnd, length: int, *parents: bytes) -> list[Transaction]:
    """Transactions of the liar's from one place on; the first of them has seen `parents`."""
    out: list[Transaction] = []
    for n in range(length):
        body = {"v": "write", "set": {"place": f"{length}-{n}"}}
        act = Act("edit", "sim_case", CASE, "joint", body)
        tx = liar.forge("EMB-p", [act], end=end, parents=parents if n == 0 else ())
        out.append(tx)
        end = ChainEnd(tx[-1].seq, tx[-1].hash)
    return out


def shuffled(rng: random.Random, order: list[Transaction]) -> list[Transaction]:
    """Another causal order."""
    return causal_shuffle(type("Any", (), {"rng": rng})(), order)


def test_what_was_deleted_behind_a_short_branch_is_gone() -> None:
    """An author who heard of others' words through the short branch of a fork has seen them, however long the other branch is:
    what he deletes is gone, and what he writes behind them stands behind them."""
    stations = town("E1", "E2", "F1", "F2")
    east, liar, fire = stations["E1"], stations["E2"], stations["F1"]
    write(east, "开头。结尾。")
    sync(stations)
    end = liar.end
    fire.journal.receive(branch(liar, end, 9))
    write(fire, "开头。误报。起火。结尾。", "FRD-o")
    short = branch(liar, end, 1, fire.last()[-1].hash)
    east.journal.receive(
        [*(tx for tx in fire.transactions() if tx[0].site in (liar.site, fire.site)), *short]
    )
    assert east.journal.state.causality.parents_for(east.end.hash) == [fire.last()[-1].hash]
    east.journal.state.causality.tips = {short[-1][-1].hash}  # as a program before decision 0045 named them
    write(east, "开头。起火，已控制。结尾。")
    sync(stations)
    assert shown(stations) == {"开头。起火，已控制。结尾。"}


def behind(stations: Town, made: list[Transaction]) -> list[Transaction]:
    """Transactions with all that their authors had seen, in causal order."""
    order = {tx[-1].hash: tx for each in stations.values() for tx in each.transactions()}
    order |= {tx[-1].hash: tx for tx in made}
    inside: set[bytes] = set()
    todo = [tx[-1].hash for tx in made]
    while todo:
        digest = todo.pop()
        if digest and digest not in inside:
            inside.add(digest)
            todo += [order[digest][0].prev, *order[digest][0].parents]
    return shuffled(random.Random(0), [order[digest] for digest in sorted(inside)])


def story(seed: int) -> Town:
    """Three rooms write while a fourth's chain grows two branches of different length, which hear of the rooms' words."""
    rng = random.Random(seed)
    stations = town("E1", "E2", "F1", "F2")
    liar = stations["E2"]
    write(stations["E1"], "起初的话。")
    append(liar, "席位二的话。", "EMB-p")
    sync(stations)
    begun = liar.end
    branches: list[list[Transaction]] = [[], []]
    for step in range(16):
        at = stations[rng.choice(sorted(PEOPLE))]
        if rng.random() < 0.7:
            grown = rng.choice(branches)
            at.journal.receive(behind(stations, grown))
            own = [tx for tx in at.transactions() if tx[0].site == at.site]
            end = ChainEnd(grown[-1][-1].seq, grown[-1][-1].hash) if grown else begun
            grown += branch(liar, end, rng.choice((1, 1, 20)), own[-1][-1].hash)
            at.journal.receive(grown)
        now = str(at.row(CASE)["minutes"])
        spot, gone = rng.randint(0, len(now)), rng.randint(0, 4)
        write(at, now[:spot] + f"{at.name}{step}" + now[spot + gone :], PEOPLE[at.name])
        tick(stations)
        if rng.random() < 0.1:
            sync(stations, *rng.sample(sorted(PEOPLE), 2))
    for made in branches:
        stations["F2"].journal.receive(behind(stations, made))
    sync(stations)
    return stations


def ordered(at: Station) -> list[bytes]:
    """Updates as they are joined."""
    rows = at.connection.execute("SELECT hash FROM text_part ORDER BY seen, hash")
    return [row[0] for row in rows]


@pytest.mark.parametrize("seed", range(20))
def test_one_text_whatever_branch_came_first(seed: int) -> None:
    """REPLICATION, Merge: every order of arrival, the oracle and a rebuild give one text, and nobody's words are joined before
    those he had seen."""
    stations = story(seed)
    east = stations["E1"]
    [text] = shown(stations)
    known = reference(east)
    causal = known.reading.causal
    assert east.site not in causal.forks and stations["E2"].site in causal.forks
    for order in {tuple(ordered(each)) for each in stations.values()}:
        assert not any(
            causal.is_ancestor(later, causal.ops[earlier])
            for n, earlier in enumerate(order)
            for later in order[n + 1 :]
        )
    assert known.state["texts"][PLACE][0] == text
    state = east.journal.state.texts.state_of(*PLACE)
    for again in range(4):
        rng = random.Random(again)
        twin = Station("E1", east.city, east.clock, east.key, fresh_connection())
        todo = shuffled(rng, east.transactions())
        while todo:
            size = rng.choice((1, 3, 1000))
            twin.journal.receive(todo[:size])
            todo = todo[size:]
        assert twin.row(CASE)["minutes"] == text
        assert twin.journal.state.texts.state_of(*PLACE) == state
        twin.journal.rebuild()
        assert twin.row(CASE)["minutes"] == text
