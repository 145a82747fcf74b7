"""What changed software does: acts that its own journal would have refused, forged and sent all the same."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from nacl.signing import SigningKey

from app.journal import certificates, floods, verbs
from app.journal.causality import covers
from app.journal.facts import fact_key
from app.journal.faults import BadTransactionError, GapError, NewerSchemaError
from app.journal.keys import SiteKey
from app.journal.operation import Act, ChainEnd, Transaction, author_transaction, header_hash
from app.journal.text_codec import Run, Update, decode, encode
from app.journal.texts import client_id
from app.kernel.ids import is_own_id, new_id
from tests.simulation.network import feed
from tests.simulation.officers import CASES, ITEM
from tests.simulation.world import Station, granting, key_of, revoking


@dataclass
class Liars:
    """Lies at random; `bad`: operations that must never be valid anywhere, with the lie's name and the operations whose
    validity makes them so."""

    rng: random.Random
    stations: dict[str, Station]
    bad: dict[bytes, tuple[str, tuple[bytes, ...]]] = field(default_factory=dict)
    forged: set[bytes] = field(default_factory=set)
    told: Counter[str] = field(default_factory=Counter)  # kinds of lies that were told
    branchy: set[str] = field(default_factory=set)  # sites that signed more branches than anybody takes

    def lie(self, at: Station) -> None:
        """One lie of this workstation."""
        kind = self.rng.choice(self.kinds)
        before = len(self.forged)
        if at.journal.public_key(at.site) != at.key.public:
            return  # a copy of this disk has changed the key
        kind(at, self.rng.choice(CASES))
        unkept = (self.future_parent, self.left_out_number)  # no journal takes what these make
        self.told[kind.__name__] += len(self.forged) > before or kind in unkept

    @property
    def kinds(self) -> Sequence[Callable[[Station, str], None]]:
        """Lies, the frequent ones several times."""
        return [
            self.wrong_role,
            *(self.foreign_section,) * 2,
            self.foreign_scope,
            self.half_good,
            *(self.hidden_parents,) * 2,
            self.future_parent,
            self.equivocate,
            self.many_branches,
            self.many_strangers,
            self.overlap,
            self.foreign_rights,
            self.foreign_certificate,
            self.wrong_types,
            self.spend_twice,
            self.head_unseen,
            self.scattered_birth,
            self.left_out_number,
            self.carry_again,
            self.carry_again,
            self.born_again,
            self.born_again,
            self.false_claim,
            self.stranger_to_the_text,
            *(self.torn_text,) * 2,
            *(self.odd_text,) * 3,
        ]

    # -- helpers -----------------------------------------------------------------------------------------------------
    def _officer(self, at: Station) -> str:
        return "HALL-h" if at.agency == "HALL" else f"{at.agency}-o"

    def _edit(self, case: str, scope: str = "joint", **values: object) -> Act:
        return Act("edit", "sim_case", case, scope, {"v": verbs.WRITE, "set": values})

    def _tell(
        self, at: Station, tx: Transaction, lie: str = "", bad: Sequence[int] | None = None
    ) -> Transaction:
        """Swallow a forged transaction; all of it (or the operations at `bad`) is known to be bad when the lie has a name."""
        at.swallow(tx)
        self.forged.update(op.hash for op in tx)
        if lie:
            self.bad.update((tx[index].hash, (lie, ())) for index in (range(len(tx)) if bad is None else bad))
        return tx

    # -- lies --------------------------------------------------------------------------------------------------------
    def wrong_role(self, at: Station, _case: str) -> None:
        self._tell(at, at.forge(self._officer(at), [granting(f"{at.agency}-z", "chief")]), "role")

    def foreign_section(self, at: Station, case: str) -> None:
        if at.agency == "FRD":
            self._tell(at, at.forge("FRD-o", [self._edit(case, aftermath="bad")]), "owner")

    def foreign_scope(self, at: Station, case: str) -> None:
        if at.agency == "FRD":
            act = self._edit(case, "internal:EMB", memo="bad")
        else:
            act = self._edit(case, f"internal:{at.agency}", place="hidden")
        self._tell(at, at.forge(self._officer(at), [act]), "scope")

    def half_good(self, at: Station, case: str) -> None:
        name = f"{at.name}-{self.rng.getrandbits(40):x}"
        good = Act("log", "sim_log", name, "joint", {"v": verbs.WRITE, "new": True, "set": {"text": "half"}})
        bad = self._edit(case, place=7) if self.rng.random() < 0.5 else granting(f"{at.agency}-z", "chief")
        self._tell(at, at.forge(self._officer(at), [good, bad]), "half")

    def hidden_parents(self, at: Station, case: str) -> None:
        """Name an operation that had seen the take-over, not the take-over itself."""
        if at.agency != "EMB":
            return
        state = at.journal.state
        owned = [f for f in state.facts.all(fact_key("owner", "sim_case", case, "scene_handling"))]
        others = [chain.hash for chain in state.chains.values() if chain.site != at.site and chain.seq]
        seen = self.rng.choice(others) if others else b""
        if not seen:
            return
        tx = at.forge("EMB-o", [self._edit(case, scene_handling="bad")], parents=[seen])
        past = state.causality.with_self(seen)
        self._tell(at, tx)
        before = tuple(f.hash for f in owned if covers(past, f.dot))
        if before:
            self.bad[tx[0].hash] = ("hidden", before)

    def future_parent(self, at: Station, case: str) -> None:
        tx = at.forge(self._officer(at), [self._edit(case, place="never")], parents=[self.rng.randbytes(32)])
        for other in self.stations.values():
            if other is not at:
                assert feed(other, [tx]) == 0

    def equivocate(self, at: Station, case: str) -> None:
        """One number, two operations: one here, one elsewhere."""
        left = [at.forge(self._officer(at), [self._edit(case, place="left")])]
        right = at.forge(self._officer(at), [self._edit(case, place="right")] * self.rng.choice((1, 2)))
        self._send_elsewhere(at, right)
        self._tell(at, left[0])

    def overlap(self, at: Station, case: str) -> None:
        """Two transactions that share their first operation."""
        acts = [self._edit(case, place="a"), self._edit(case, cause="b")]
        left = at.forge(self._officer(at), acts)
        end = ChainEnd(left[0].seq, left[0].hash)
        rest = at.forge(self._officer(at), [self._edit(case, cause="c")], end=end, parents=[])[0]
        rest = replace(rest, tx=left[0].seq)
        digest = header_hash(at.city.realm, rest)
        rest = replace(rest, hash=digest, sig=at.key.signing.sign(digest).signature)
        self._send_elsewhere(at, (left[0], rest))
        self._tell(at, left)

    def many_branches(self, at: Station, case: str) -> None:
        """One number, many operations: some to this room, some to that, the last one kept."""
        made = [
            at.forge(self._officer(at), [self._edit(case, place=f"{n}")])
            for n in range(floods.MOST_BRANCHES + self.rng.randint(1, 4))
        ]
        for tx in made[:-1]:
            self._send_elsewhere(at, tx)
        self.branchy.add(at.site)
        self._tell(at, made[-1])

    def many_strangers(self, at: Station, case: str) -> None:
        """Chains of workstations that nobody enrolled, which name what they like."""
        city, known = at.city, [chain.hash for chain in at.journal.state.chains.values() if chain.seq]
        to = self.rng.choice([s for s in self.stations.values() if s is not at])
        made: list[Transaction] = []
        for _ in range(floods.MOST_STRANGERS + self.rng.randint(1, 3)):
            key, nobody = SiteKey(SigningKey(self.rng.randbytes(32))), SigningKey(self.rng.randbytes(32))
            begun = certificates.enrolment(
                nobody, city.realm, self.rng.choice(("EMB", "HALL")), key.public, "Z"
            )
            end, parents = ChainEnd(), [self.rng.choice(known)]
            for act in (begun, self._edit(case, place="stranger")):
                hlc = at.clock.now_ms() << 16
                tx = author_transaction(
                    city.realm, key.signing, key.site, end, parents, [hlc], self._officer(at), [act]
                )
                end, parents = ChainEnd(tx[-1].seq, tx[-1].hash), [made[-1][-1].hash] if made else []
                made.append(tx)
        self.forged.update(op.hash for tx in made for op in tx)
        self.bad.update((op.hash, ("stranger", ())) for tx in made for op in tx)
        feed(to, made)

    def _send_elsewhere(self, at: Station, tx: Transaction) -> None:
        others = [s for s in self.stations.values() if s is not at]
        self.forged.update(op.hash for op in tx)
        feed(self.rng.choice(others), [tx])

    def foreign_rights(self, at: Station, _case: str) -> None:
        """An administrator reaches for another agency's account."""
        other = "FRD" if at.agency == "EMB" else "EMB"
        act = self.rng.choice((revoking, lambda who, **_: granting(who, "chief", agency=at.agency)))
        tx = at.forge(f"{at.agency}-a", [act(f"{other}-o", agency=at.agency)])
        self._tell(at, tx)
        foreign = self.rng.choice((revoking(f"{other}-c"), granting(f"{other}-z", "chief")))
        self._tell(at, at.forge(f"{at.agency}-a", [foreign]), "foreign rights")

    def foreign_certificate(self, at: Station, _case: str) -> None:
        """A recovery key speaks about another agency's workstation or account; or a key that is nobody's."""
        victims = [s for s in self.stations.values() if s.agency != at.agency]
        victim = self.rng.choice(victims)
        city, key = at.city, at.city.recovery(at.agency)
        acts = [
            certificates.cutting(key, city.realm, at.agency, victim.site, 1),
            certificates.closing(key, city.realm, at.agency, victim.site, at.site),
            certificates.enrolment(key, city.realm, at.agency, victim.key.public, "X"),
            certificates.appointment(key, city.realm, at.agency, f"{victim.agency}-o"),
        ]
        self._tell(at, at.forge(f"{at.agency}-a", [self.rng.choice(acts)]))
        nobody = certificates.appointment(key_of("nobody"), city.realm, victim.agency, f"{at.agency}-o")
        self._tell(at, at.forge(f"{at.agency}-a", [nobody]), "certificate")

    def carry_again(self, at: Station, _case: str) -> None:
        """A certificate everybody can read in the journal, carried once more, after whatever it may undo."""
        found = [
            op for tx in at.transactions() for op in tx if op.body and op.content.get("v") in verbs.CERTIFIED
        ]
        op = self.rng.choice([op for op in found if op.content["v"] == verbs.APPOINT] or found)
        act = Act(str(op.command), str(op.entity), str(op.entity_id), "joint", op.content)
        parents = None if self.rng.random() < 0.5 else [self.rng.choice(found).hash]
        self._tell(at, at.forge(self._officer(at), [act], parents=parents))

    def born_again(self, at: Station, _case: str) -> None:
        """Another's record made again, with the lowest stamp, as if nothing of it had been seen."""
        entity = self.rng.choice(("incident", "report", "log_entry", "vehicle"))
        sql = f"SELECT id FROM {entity} ORDER BY id"
        seen = {row[0] for row in at.connection.execute(sql)}
        known = [
            row[0] for name in sorted(self.stations) for row in self.stations[name].connection.execute(sql)
        ]
        others = [each for each in known if not is_own_id(each, at.site)]
        others = [each for each in others if each not in seen] or others  # told of it by another way
        if not others:
            return
        body: dict[str, object] = {"v": verbs.WRITE, "new": True, "set": {"agency": at.agency}}
        if entity == "vehicle":
            body["set"] = {"call_sign": "mine"}
        if self.rng.random() < 0.5:
            body["cause"] = ["guessed"]
        command = {
            "incident": "register_incident",
            "report": "file_report",
            "log_entry": "write_log_entry",
            "vehicle": "add_vehicle",
        }[entity]
        act = Act(command, entity, self.rng.choice(others), "joint", body)
        first = [tx[-1].hash for tx in at.transactions() if tx[0].site == at.site][:1]
        self._tell(at, at.forge(self._officer(at), [act], parents=first, hlc=1), "birth")

    def false_claim(self, at: Station, _case: str) -> None:
        """An entry under another's name, another's agency; a number of another's series."""
        said = self.rng.choice(
            ({"agency": "nobody"}, {"account_id": "FRD-c" if at.agency == "EMB" else "EMB-c"})
        )
        command, entity = "write_log_entry", "log_entry"
        if self.rng.random() < 0.4:
            command, entity, said = "register_incident", "incident", {"no": "EMB-20250714-Z001"}
        body = {"v": verbs.WRITE, "new": True, "set": {**said}}
        act = Act(command, entity, new_id(at.clock, at.site), "joint", body)
        self._tell(at, at.forge(self._officer(at), [act]), "claim")

    def wrong_types(self, at: Station, case: str) -> None:
        values = self.rng.choice(
            ({"place": 5}, {"count": 1 << 63}, {"spot": [1.0, 2.0]}, {"nowhere": "x"}, {"count": True})
        )
        act = self._edit(case, **values)
        if self.rng.random() < 0.3:
            act = Act(
                "edit", "sim_case", case, "joint", {"v": "write", "set": {}, "entry": {"grade": 1 << 64 - 1}}
            )
        self._tell(at, at.forge(self._officer(at), [act]), "types")

    def spend_twice(self, at: Station, _case: str) -> None:
        acts = [Act("take", "sim_store", ITEM, "joint", {"v": verbs.TAKE, "n": 100}) for _ in range(2)]
        self._tell(at, at.forge(self._officer(at), acts), "stock")

    def head_unseen(self, at: Station, case: str) -> None:
        body = {"v": verbs.WRITE, "set": {"place": "over"}, "over": {"place": [self.rng.randbytes(32)]}}
        self._tell(at, at.forge(self._officer(at), [Act("edit", "sim_case", case, "joint", body)]), "head")

    def scattered_birth(self, at: Station, case: str) -> None:
        name = {"EMB": "memo", "FRD": "memo_f", "HALL": "memo"}[at.agency]
        body = {"v": verbs.WRITE, "new": True, "set": {name: "born inside"}}
        act = Act("register", "sim_case", case + "-inside", f"internal:{at.agency}", body)
        self._tell(at, at.forge(self._officer(at), [act]), "birth")

    def left_out_number(self, at: Station, case: str) -> None:
        end = at.end
        tx = at.forge(self._officer(at), [self._edit(case, place="gap")], end=ChainEnd(end.seq + 2, end.hash))
        for other in self.stations.values():
            try:
                other.journal.receive([tx])
            except (BadTransactionError, GapError, NewerSchemaError):
                continue
            assert other.journal.state.store.get(tx[-1].hash) is None, "a chain with a hole was accepted"

    # -- long texts ------------------------------------------------------------------------------------------------------
    def _text(self, case: str, update: Update) -> Act:
        body = {"v": verbs.TEXT, "field": "minutes", "epoch": 0, "update": encode(update)}
        return Act("edit", "sim_case", case, "joint", body)

    def _units(self, at: Station, case: str) -> list[tuple[int, int]]:
        """Units of a text that stand here, as (client, clock)."""
        state = at.journal.state.texts.state_of("sim_case", case, "minutes")
        runs = decode(state).runs if state else {}
        return [
            (client, clock)
            for client in sorted(runs)
            for run in runs[client]
            for clock in range(run.clock, run.clock + run.length)
        ]

    def stranger_to_the_text(self, at: Station, case: str) -> None:
        """An update in the name of another workstation, or of this one in another text."""
        other = self.rng.choice([s for s in self.stations.values() if s.site != at.site] or [at])
        place = ("sim_case", case, "minutes") if other is not at else ("sim_case", "elsewhere", "minutes")
        client = client_id(other.site, place)
        clock = sum(each == client for each, _ in self._units(at, case))
        act = self._text(case, Update({client: (Run(clock, 1, None, None, "x"),)}))
        self._tell(at, at.forge(self._officer(at), [act]), "another's text")

    def torn_text(self, at: Station, case: str) -> None:
        """Behind what nobody typed, with a number left out, or deleting what is not there."""
        client = client_id(at.site, ("sim_case", case, "minutes"))
        clock = sum(each == client for each, _ in self._units(at, case))
        update = self.rng.choice(
            (
                Update({client: (Run(clock, 1, (client, clock + 9), None, "x"),)}),
                Update({client: (Run(clock + 1, 1, None, None, "x"),)}),
                Update({client: (Run(clock, 1, None, None, "x"),)}, {client: ((clock + 5, 2),)}),
                Update({client: (Run(clock, 1, (7, 7), None, "x"),)}),
            )
        )
        self._tell(at, at.forge(self._officer(at), [self._text(case, update)]), "torn text")

    def odd_text(self, at: Station, case: str) -> None:
        """Between neighbours that no editor would name, in any order: sound in form, and everybody must show the same."""
        client, units = client_id(at.site, ("sim_case", case, "minutes")), self._units(at, case)
        clock = sum(each == client for each, _ in units)
        runs = []
        for _ in range(self.rng.randint(1, 3)):
            left, right = (self.rng.choice([None, *units]) for _ in range(2))
            words = self.rng.choice(("odd", "o", "\U00020bb7"))
            runs.append(Run(clock, len(words.encode("utf-16-le")) // 2, left, right, words))
            clock += runs[-1].length
        gone = {c: ((n, 1),) for c, n in self.rng.sample(units, min(len(units), self.rng.randint(0, 2)))}
        self._tell(at, at.forge(self._officer(at), [self._text(case, Update({client: tuple(runs)}, gone))]))
