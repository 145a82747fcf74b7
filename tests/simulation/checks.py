"""What must be true when a city has come to rest."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from app.journal import floods, verbs
from app.journal.operation import Operation, Transaction, check_transaction
from app.journal.vouching import closed_after, closed_before, vouchers
from tests.oracle.reference import Reference, State, read
from tests.simulation import schema
from tests.simulation.observe import observe, projected_rows
from tests.simulation.world import Station, fresh_connection

if TYPE_CHECKING:
    from tests.simulation.simulator import Simulation

Findings = dict[str, str]  # what is wrong -> an example


def check(simulation: Simulation) -> Findings:
    """All checks; empty when the city is sound."""
    found: Findings = {}
    stations = list(simulation.stations.values())
    references = {s.name: reference(s) for s in stations}
    states = {s.name: observe(s) for s in stations}
    left = _may_be_left_out(simulation)
    reordered = simulation.rng.sample(
        sorted(simulation.stations), 2
    )  # of the others next time: the seeds are many
    for each in stations:
        _compare(found, f"{each.name} against the oracle", states[each.name], references[each.name].state)
        if each.name in reordered:
            _against_other_orders(found, simulation, each, states[each.name])
        _rebuild(found, each)
        _chains(found, each, references[each.name])
        _numbers(found, simulation, each, references[each.name])
        _known_bad(found, simulation, each, references[each.name])
        _leaks(found, simulation, each)
        held = {op.hash for tx in each.transactions() for op in tx} | left
        _all_there(found, f"{each.name}: acknowledged but missing", simulation.acked - held)
        _all_there(found, f"{each.name}: honest act stuck", simulation.honest.keys() - held)
    found.update(simulation.parcels.wrong(stations))
    for early in simulation.early:
        found["body left before its disclosure arrived"] = early
    for index, one in enumerate(stations):
        for other in stations[index + 1 :]:
            if references[one.name].reading.setting.anchors == references[other.name].reading.setting.anchors:
                scopes = scopes_of(one) & scopes_of(other)
                known = references[one.name], references[other.name]
                both = known[0].reading.causal.ops.keys() & known[1].reading.causal.ops.keys()
                parts = [restrict(states[s.name], references[s.name], scopes, both) for s in (one, other)]
                _compare(found, f"{one.name} against {other.name}", *parts)
    return found


def reference(station: Station, transactions: Iterable[Transaction] | None = None) -> Reference:
    """The oracle's reading of what a workstation holds."""
    key = bytes(station.city.recovery(station.agency).verify_key)
    held = station.transactions() if transactions is None else transactions
    return read(held, schema.policy(), station.city.realm, station.agency, key)


def scopes_of(station: Station) -> frozenset[str]:
    """Scopes whose bodies a workstation may hold."""
    return frozenset({"joint", f"internal:{station.agency}"}) | station.granted


# -- comparing ---------------------------------------------------------------------------------------------------------


def _compare(found: Findings, name: str, ours: State, theirs: State) -> None:
    for part in theirs:
        if ours[part] != theirs[part]:
            found[f"{name}: {part}"] = _difference(ours[part], theirs[part])


def _difference(ours: dict[Any, Any], theirs: dict[Any, Any]) -> str:
    for key in {**ours, **theirs}:
        if ours.get(key, "-") != theirs.get(key, "-") or (key in ours) != (key in theirs):
            return f"{_short(key)}: {_short(ours.get(key, '-'))} | {_short(theirs.get(key, '-'))}"
    return "order"


def _short(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()[:8]
    if isinstance(value, (tuple, list)):
        return "(" + ", ".join(map(_short, value)) + ")"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_short(k)}: {_short(v)}" for k, v in value.items()) + "}"
    return str(value)


def _may_be_left_out(simulation: Simulation) -> set[bytes]:
    """Strangers, and what stands behind the fork of a workstation that signed more branches than are taken (decision 0045)."""
    out = {digest for digest, (lie, _) in simulation.liars.bad.items() if lie == "stranger"}
    for station in (*simulation.stations.values(), *simulation.gone):
        for site in simulation.liars.branchy & station.journal.state.chains.keys():
            fork = station.journal.state.chains[site].fork_seq
            if fork is not None:
                out |= {
                    tx[-1].hash for tx in station.transactions() if tx[0].site == site and tx[-1].seq >= fork
                }
    return out


def restrict(state: State, known: Reference, scopes: frozenset[str], both: Collection[bytes]) -> State:
    """The part of a state that everybody with these scopes must share; of what has no effect that which both hold."""
    ops, opened = known.reading.causal.ops, known.opened
    inside = any(scope.startswith("internal:") for scope in scopes)
    made = known.reading.valid_with(verbs.WRITE, verbs.STRIKE, verbs.RETRACT, verbs.APPROVE, verbs.TEXT)
    records = {(op.entity, op.entity_id) for op in made if op.scope in scopes}

    def shared(register: tuple[str, str, str]) -> bool:
        scope = schema.ENTITIES[register[0]].fields[register[2]].scope
        return register in opened or scope in scopes or (scope == "internal" and inside)

    def visible(*digests: bytes) -> bool:
        return all(ops[digest].scope in scopes for digest in digests)

    out = {
        part: dict(state[part]) for part in ("extremes", "stock", "owners", "accounts", "sites", "derived")
    }
    for part in ("registers", "conflicts", "texts"):
        out[part] = {key: value for key, value in state[part].items() if shared(key) and key[:2] in records}
    for part in ("births", "retracted"):
        out[part] = {key: value for key, value in state[part].items() if key in records}
    out["sets"] = {
        entity: tuple(i for i in ids if (entity, i) in records)
        for entity, ids in state["sets"].items()
        if any((entity, i) in records for i in ids)
    }
    out["approvals"] = {digest: value for digest, value in state["approvals"].items() if visible(digest)}
    refused = {digest: reason for digest, reason in state["quarantine"].items() if digest in both}
    out["quarantine"] = {digest: reason for digest, reason in refused.items() if visible(digest)}
    out["flags"] = {
        flag: None
        for flag in state["flags"]
        if flag[1] in both
        and visible(flag[1], *([bytes.fromhex(flag[2])] if flag[0] == "edit outlasts retraction" else []))
    }
    return out


# -- one workstation ---------------------------------------------------------------------------------------------------


def causal_shuffle(simulation: Simulation, transactions: list[Transaction]) -> list[Transaction]:
    """The same transactions in another order in which everything comes after what it had seen."""
    todo = list(transactions)
    simulation.rng.shuffle(todo)
    done: set[bytes] = set()
    out: list[Transaction] = []
    while todo:
        left = []
        for tx in todo:
            needs = {digest for digest in (tx[0].prev, *tx[0].parents) if digest}
            if needs <= done:
                done.update(op.hash for op in tx)
                out.append(tx)
            else:
                left.append(tx)
        assert len(left) < len(todo), "no causal order"
        todo = left
    return out


def _against_other_orders(found: Findings, simulation: Simulation, station: Station, state: State) -> None:
    """Oracle and real projector in another causal order, in batches of any size."""
    order = causal_shuffle(simulation, station.transactions())
    _compare(found, f"{station.name}: oracle in another order", state, reference(station, order).state)
    twin = Station(station.name, station.city, station.clock, station.key, fresh_connection())
    while order:
        size = simulation.rng.randint(1, 40)
        size = closed_before(order, size) or closed_after(order)
        with patch.object(floods, "MOST_STRANGERS", 1 << 30), patch.object(floods, "MOST_BRANCHES", 1 << 30):
            twin.journal.receive(order[:size])
        order = order[size:]
    _compare(found, f"{station.name}: projected in another order", observe(twin), state)


def _rebuild(found: Findings, station: Station) -> None:
    before = projected_rows(station)
    station.journal.rebuild()
    after = projected_rows(station)
    for table, rows in before.items():
        if rows != after[table]:
            only = [row for row in rows if row not in after[table]]
            new = [row for row in after[table] if row not in rows]
            found[f"{station.name}: rebuild differs in {table}"] = f"{_short(only[:1])} | {_short(new[:1])}"


def _numbers(found: Findings, simulation: Simulation, station: Station, known: Reference) -> None:
    """A number of the series is given once, by one workstation, also where its incident was not accepted (D-20, D-35)."""
    given: dict[str, tuple[str, str]] = {}
    forks = known.reading.causal.forks
    for op in known.reading.causal.ops.values():
        if op.withheld or op.entity != "incident" or op.hash in simulation.liars.forged or op.site in forks:
            continue
        number = op.content.get("set", {}).get("no") if op.content.get("v") == "write" else None
        if number is not None and given.setdefault(number, (op.site, str(op.entity_id))) != (
            op.site,
            op.entity_id,
        ):
            found[f"{station.name}: a number given twice"] = str(number)


def _chains(found: Findings, station: Station, known: Reference) -> None:
    for tx in station.transactions():
        key = known.reading.causal.key_before(tx[0], station.city.realm)
        check_transaction(station.city.realm, tx, key)
        before = station.journal.state.store.place(tx[0].prev) if tx[0].prev else (tx[0].site, 0)
        if before is None or before[:2] != (tx[0].site, tx[0].seq - 1):
            found[f"{station.name}: chain"] = f"{tx[0].site[:4]}:{tx[0].seq}"
    alone = [digest for digest, by in vouchers(station.transactions()).items() if by is None]
    if alone:
        found[f"{station.name}: nobody vouches"] = alone[0].hex()[:8]


def _known_bad(found: Findings, simulation: Simulation, station: Station, known: Reference) -> None:
    verdicts = known.reading.verdicts
    quarantined = observe(station)["quarantine"]
    for digest, (lie, because) in simulation.liars.bad.items():
        op = station.journal.state.store.get(digest)
        if (
            op is None
            or op.withheld
            or not all(b in verdicts and verdicts[b].reason is None for b in because)
        ):
            continue
        if digest not in quarantined:
            found[f"{station.name}: projected a lie ({lie})"] = _short(digest)


def _leaks(found: Findings, simulation: Simulation, station: Station) -> None:
    scopes = scopes_of(station)
    opened = {
        (op.entity_id, op.content["field"])
        for other in (*simulation.stations.values(), *simulation.gone)
        for tx in other.transactions()
        for op in tx
        if not op.withheld and op.content.get("v") == "disclose"
    }
    for tx in station.transactions():
        for op in tx:
            if op.withheld or op.scope in scopes or op.hash in simulation.liars.forged:
                continue
            if (
                op.site in station.written_as
            ):  # a guest's internal act stays at the workstation it was written on
                continue
            if not _only_opened(op, opened):
                found[f"{station.name}: leak"] = f"{op.scope} {op.entity_id}"


def written(op: Operation) -> list[str]:
    """Registers and texts an operation writes to."""
    text = op.content.get("v") == "text"
    return [op.content["field"]] if text else list(op.content.get("set", {}))


def _only_opened(op: Operation, opened: set[tuple[str | None, str]]) -> bool:
    fields = written(op)
    return bool(fields) and all((op.entity_id, name) in opened for name in fields)


def _all_there(found: Findings, name: str, missing: Iterable[bytes]) -> None:
    for digest in missing:
        found[name] = _short(digest)
