"""The same history in the executable model that the design was found with, where that model is at hand.

Only what both know: registers, sections, status, extremes, retraction, approvals, stock, rights, cuts. Acts are checked at the
origin by both, and what one refuses the other must refuse too.
"""

from __future__ import annotations

import importlib.util
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from app.journal import certificates, rows, verbs
from app.journal.journal import QuarantinedError
from app.journal.operation import Act
from tests.simulation.network import push, settle
from tests.simulation.observe import observe
from tests.simulation.world import City, Station, found, granting, revoking, seeded_salts

MODEL = Path(__file__).parents[2].parent / "shared" / "spikes" / "replication" / "model" / "model.py"
pytestmark = pytest.mark.skipif(not MODEL.is_file(), reason=f"the shared model is not at hand: {MODEL}")

NAMES = ("E1", "E2", "F1", "H1")
SHORT = {"EMB": "E", "FRD": "F", "HALL": "H"}
CASES = ("i1", "i2")
STEPS = 130


def load_model() -> ModuleType:
    """Import the model under a name of its own."""
    spec = importlib.util.spec_from_file_location("shared_replication_model", MODEL)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@dataclass
class Both:
    """One city twice: real workstations and model sites of the same names, told the same things."""

    model: Any
    rng: random.Random
    city: City
    real: dict[str, Station] = field(default_factory=dict)
    sites: dict[str, Any] = field(default_factory=dict)
    acts: list[tuple[str, bytes, str]] = field(default_factory=list)  # author's name, real hash, model hash

    def __post_init__(self) -> None:
        offsets = {name: self.rng.choice([0, 0, -7_200_000, 10_800_000]) for name in NAMES}
        self.real = found(self.city, NAMES, offsets)
        keys = {name: name.encode() for name in NAMES}
        world = self.model.World(
            {"E1": "EMB", "F1": "FRD", "H1": "STR"},
            {"Ea": "EMB", "Fa": "FRD", "Ha": "STR"},
            keys,
            {"EMB": b"e", "FRD": b"f"},
        )
        for name in NAMES:
            agency = {"E": "EMB", "F": "FRD", "H": "STR"}[name[0]]
            scopes = {"joint"} if name == "H1" else {"joint", "contact", "internal:" + agency}
            self.sites[name] = self.model.Site(
                name, agency, scopes, keys[name], world, self.model.Rules(), self.real[name].clock.now_ms
            )
        self._found_model()
        settle(self.real.values())
        shares = {name: 4 for name in NAMES}
        self.real["E1"].act(
            "EMB-a",
            Act(
                "share",
                "sim_store",
                "foam",
                "joint",
                {"v": "share", "shares": {self.real[n].site: 4 for n in NAMES}},
            ),
        )
        self.commit("E1", "Ea", ("stock_init", "foam", {"item": "foam", "shares": shares}, "joint"))
        self.sync()

    def _found_model(self) -> None:
        body = {"agency": "EMB", "target": "E2", "cert": self.sign("enrol", "E2", None)}
        self.commit("E1", "Ea", ("enrol", "ctl", body, "joint"))
        for letter, agency in (("E", "EMB"), ("F", "FRD")):
            for short, role in (("o", "officer"), ("p", "officer"), ("c", "chief")):
                grant = {"agency": agency, "actor": letter + short, "role": role}
                self.commit(letter + "1", letter + "a", ("grant", "ctl", grant, "joint"))
        self.commit("H1", "Ha", ("grant", "ctl", {"agency": "STR", "actor": "Hh", "role": "hall"}, "joint"))

    def sign(self, command: str, target: str, last: int | None) -> str:
        """A certificate of EMB in the model."""
        return str(self.model.sign(b"e", self.model.blake(command, "EMB", target, last)))

    def commit(self, name: str, actor: str, *acts: Any) -> str | None:
        """Author in the model after its own check; the last operation's hash, None when refused."""
        site = self.sites[name]
        ops = site.make(actor, list(acts))
        if site.origin_check(ops):
            return None
        site.commit(ops)
        return str(ops[-1].hash)

    def act(self, name: str, actor: str, real: Act, model: tuple[str, str, dict[str, Any], str]) -> None:
        """The same act in both; both take it or both refuse it."""
        self.city.now_ms += 1_000
        reason = None
        try:
            self.real[name].act(actor, real)
        except QuarantinedError as refusal:
            reason = refusal.reason
        digest = self.commit(name, SHORT[actor.split("-", maxsplit=1)[0]] + actor[-1], model)
        assert (reason is None) == (digest is not None), (name, actor, real, reason, model)
        if digest is not None:
            self.acts.append((name, self.real[name].end.hash, digest))

    def send(self, one: str, other: str) -> None:
        """Everything one has goes to the other, in both."""
        push(self.real[one], self.real[other], self.rng)
        for last in list(self.sites[one].txs):
            self.sites[other].receive(self.sites[one].offer(last, self.sites[other]))

    def sync(self) -> None:
        """Everybody tells everybody until all know all."""
        for _ in range(3):
            for one in NAMES:
                for other in NAMES:
                    if one != other:
                        self.send(one, other)

    # -- acts both know ------------------------------------------------------------------------------------------------
    def step(self) -> None:
        """One act, or one exchange."""
        name = self.rng.choice(NAMES)
        if self.rng.random() < 0.35:
            self.send(name, self.rng.choice([other for other in NAMES if other != name]))
        elif self.rng.random() < 0.2:
            self.rights(name)
        elif name == "H1":
            self.write(name, "HALL-h", "cause", str(self.rng.randint(0, 5)))
        else:
            actor = f"{self.real[name].agency}-{self.rng.choice('oopcc')}"
            case = self.rng.choice(CASES)
            self.rng.choice(
                [
                    self.register,
                    self.register,
                    self.section,
                    self.entry,
                    self.strike,
                    self.rest,
                    self.stock,
                    self.approve,
                ]
            )(name, actor, case)

    def write(
        self, name: str, actor: str, column: str, value: str, case: str = "i1", scope: str = "joint"
    ) -> None:
        """A write over all heads known there."""
        maker = self.real[name].maker()
        over = maker.heads("sim_case", case, column)
        body: dict[str, Any] = {"v": verbs.WRITE, "set": {column: value}} | (
            {"over": {column: over}} if over else {}
        )
        command = {"scene_handling": "section", "aftermath": "section", "status": "status"}.get(column, "set")
        heads = [head.hash for head in self.sites[name].proj.heads.get((case, column), ())]
        real = Act("edit_hall" if name == "H1" else "edit", "sim_case", case, scope, body)
        self.act(name, actor, real, (command, case, {"name": column, "value": value, "over": heads}, scope))

    def register(self, name: str, actor: str, case: str) -> None:
        column, scope = self.rng.choice(
            [
                ("place", "joint"),
                ("cause", "joint"),
                ("phone", "contact"),
                ("memo", "internal:EMB"),
                ("memo_f", "internal:FRD"),
            ]
        )
        self.write(name, actor, column, str(self.rng.randint(0, 5)), case, scope)

    def section(self, name: str, actor: str, case: str) -> None:
        if self.rng.random() < 0.25:
            body = {"v": verbs.OWN, "field": "scene_handling", "to": "FRD"}
            self.act(
                name,
                actor,
                Act("own", "sim_case", case, "joint", body),
                ("attach", case, {"unit": 1}, "joint"),
            )
            return
        column = self.rng.choice(["scene_handling", "scene_handling", "aftermath", "status"])
        value = (
            self.rng.choice(["handling", "controlled", "closed"])
            if column == "status"
            else f"t{self.rng.randint(0, 3)}"
        )
        self.write(name, actor, column, value, case)

    def entry(self, name: str, actor: str, case: str) -> None:
        kind, value = self.rng.choice(["grade", "received"]), self.rng.randint(1, 9)
        column = {"grade": "grade", "received": "received_at"}[kind]
        real = Act("edit", "sim_case", case, "joint", {"v": verbs.WRITE, "set": {}, "entry": {column: value}})
        self.act(name, actor, real, (kind, case, {"value": value}, "joint"))

    def strike(self, name: str, actor: str, case: str) -> None:
        kind, column = self.rng.choice([("grade", "grade"), ("received", "received_at")])
        entries = self.sites[name].proj.entries.get((kind, case), ())
        if not entries:
            return
        op = self.rng.choice(entries)
        digest = next(real for _, real, model in self.acts if model == op.hash)
        body = {"v": verbs.STRIKE, "field": column, "ops": [digest], "why": ""}
        self.act(
            name,
            actor,
            Act("strike", "sim_case", case, "joint", body),
            ("void_entry", case, {"entry": list(op.dot)}, "joint"),
        )

    def rest(self, name: str, actor: str, case: str) -> None:
        if self.rng.random() < 0.3:
            real = Act("retract", "sim_case", case, "joint", {"v": verbs.RETRACT, "why": "x"})
            self.act(name, actor, real, ("retract", case, {"reason": "x"}, "joint"))
        else:
            log = f"l{len(self.acts)}"
            body = {"v": verbs.WRITE, "new": True, "set": {"text": "x"}}
            self.act(
                name, actor, Act("log", "sim_log", log, "joint", body), ("log", log, {"text": "x"}, "joint")
            )

    def stock(self, name: str, actor: str, _case: str) -> None:
        body: dict[str, Any] = {"item": "foam", "n": self.rng.randint(1, 3)}
        if self.rng.random() < 0.1:
            body["force"] = True
        plain = {key: value for key, value in body.items() if key != "item"}
        if self.rng.random() < 0.5:
            self.act(
                name,
                actor,
                Act("take", "sim_store", "foam", "joint", {"v": "take", **plain}),
                ("take", "foam", body, "joint"),
            )
        else:
            to = self.rng.choice([other for other in NAMES if other != name])
            real = Act("take", "sim_store", "foam", "joint", {"v": "move", "to": self.real[to].site, **plain})
            self.act(name, actor, real, ("move", "foam", {**body, "to": to}, "joint"))

    def approve(self, name: str, actor: str, case: str) -> None:
        column = self.rng.choice(["scene_handling", "aftermath", "place"])
        state, site = self.real[name].journal.state, self.sites[name]
        state.forget_records()
        record = state.record("sim_case", case)
        version = rows.version_of(state, record, column)
        if version is not None and len(record.heads[column]) == 1:  # the model knows no equal values
            body = {"v": verbs.APPROVE, "field": column, "version": version}
            model = {"name": column, "version": site.proj.version((case, column))}
            self.act(
                name,
                actor,
                Act("approve", "sim_case", case, "joint", body),
                ("approve", case, model, "joint"),
            )

    def rights(self, name: str) -> None:
        """An administrator gives or takes a right, or cuts the agency's other workstation."""
        agency, letter = self.real[name].agency, name[0]
        if agency == "HALL":
            return
        short, role = self.rng.choice([("o", "officer"), ("p", "officer"), ("c", "chief"), ("c", "officer")])
        account = {"agency": agency, "actor": letter + short}
        kind = self.rng.choice(["grant", "grant", "revoke", "cut"])
        if kind == "grant":
            real, model = (
                granting(f"{agency}-{short}", role),
                ("grant", "ctl", {**account, "role": role}, "joint"),
            )
        elif kind == "revoke":
            real, model = revoking(f"{agency}-{short}"), ("revoke_actor", "ctl", account, "joint")
        elif name == "E1" and self.rng.random() < 0.5:
            self.cut()
            return
        else:
            return
        self.act(name, f"{agency}-a", real, model)

    def cut(self) -> None:
        """E1 revokes E2 after one of its acts that E1 knows."""
        known = [a for a in self.acts if a[0] == "E2" and a[2] in self.sites["E1"].store]
        if not known:
            return
        _, digest, model_digest = self.rng.choice(known)
        place = self.real["E1"].journal.state.store.place(digest)
        assert place is not None
        real = certificates.cutting(self.city.recovery("EMB"), "live", "EMB", self.real["E2"].site, place[1])
        last = self.sites["E1"].store[model_digest].seq
        body = {
            "agency": "EMB",
            "target": "E2",
            "last_seq": last,
            "cert": self.sign("revoke_site", "E2", last),
        }
        self.act("E1", "EMB-a", real, ("revoke_site", "ctl", body, "joint"))

    # -- comparing -----------------------------------------------------------------------------------------------------
    def compare(self, name: str) -> None:
        """The same verdicts, registers, extremes, retractions, approvals and stock at one site."""
        real, model = observe(self.real[name]), self.sites[name].proj.state()
        verdict = self.sites[name].proj.verdict
        of_real = {digest: other for _, digest, other in self.acts}
        dots = {
            self.sites[name].store[other].dot: other
            for _, _, other in self.acts
            if other in self.sites[name].store
        }
        for digest, other in of_real.items():
            if other in verdict:
                assert (verdict[other] is not None) == (digest in real["quarantine"]), (
                    verdict[other],
                    real["quarantine"].get(digest),
                )
        registers = {
            k[1:]: (v[0], {of_real[h] for h in v[1]})
            for k, v in real["registers"].items()
            if k[0] == "sim_case"
        }
        assert registers == {
            k: (v[0], {dots[d] for d in v[1]}) for k, v in model["registers"].items() if v[1]
        }
        extremes = {(k[2][:5], k[1]): v[0] for k, v in real["extremes"].items()}
        struck = {
            (k[2][:5], k[1])
            for k, (_, entries) in real["extremes"].items()
            if all(gone for _, gone in entries.values())
        }
        extremes = {k: v for k, v in extremes.items() if k not in struck}  # of these the model shows nothing
        assert extremes == {(k[0][:5], k[1]): v for k, v in model["extreme"].items()}
        retracted = {k[1] for k, v in real["retracted"].items() if v}
        assert retracted == {k for k, v in model["retracted"].items() if v}
        approvals = {of_real[digest]: good for digest, good in real["approvals"].items()}
        assert approvals == {dots[dot]: v == "good" for dot, v in model["approvals"].items()}
        stock = {n: real["stock"]["foam", self.real[n].site] for n in NAMES}
        assert stock == {n: model["stock"].get(("foam", n), 0) for n in NAMES}
        assert {k[1] for k in real["owners"]} == set(model["owners"])


@pytest.mark.parametrize("seed", range(10))
def test_both_tell_the_same_story(seed: int) -> None:
    """Ten histories; the model knows nothing of SQLite, the journal nothing of the model."""
    with seeded_salts(seed):
        both = Both(load_model(), random.Random(seed), City(seed))
        for _ in range(STEPS):
            both.step()
        both.sync()
        for name in NAMES:
            both.compare(name)
    assert len(both.acts) > 20
