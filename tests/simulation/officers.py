"""What people do: random honest acts of officers, chiefs and administrators, checked by their own journal."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from app.journal import certificates, rows, verbs
from app.journal.faults import BadTransactionError
from app.journal.journal import QuarantinedError
from app.journal.operation import Act
from tests.simulation.duty import Duty
from tests.simulation.parcels import Parcels
from tests.simulation.world import PRODUCT_ROLES, Station, account_agency, granting, meeting, revoking

CASES = ("i1", "i2", "i3")
ITEM = "foam"
STATES = ("handling", "controlled", "closed", "void", "of a later version")


@dataclass
class Officers:
    """Acts at random; refusals of the own journal are counted by reason."""

    rng: random.Random
    stations: dict[str, Station]
    parcels: Parcels
    gone: list[Station] = field(default_factory=list)  # workstations that were lost, not closed yet
    refused: Counter[str] = field(default_factory=Counter)
    did: Counter[str] = field(default_factory=Counter)  # kinds of acts that the own journal took
    kind: str = ""  # of the act at hand
    done: Callable[[Station], None] = lambda _: None

    def act(self, at: Station) -> None:
        """One act of somebody on duty at this workstation."""
        actor = self._actor(at)
        product = actor != "HALL-h" and self.rng.random() < 0.4
        kind = self.rng.choice(Duty(self).kinds if product else self.kinds(actor))
        self.kind = kind.__name__
        kind(at, actor, self.rng.choice(CASES))

    def _actor(self, at: Station) -> str:
        if at.agency == "HALL":
            return "HALL-h"
        if at.name[0] == "E" and self.rng.random() < 0.06:
            return "FRD-o"
        return f"{at.agency}-{self.rng.choice('oooppcccx')}"

    def kinds(self, actor: str) -> Sequence[Callable[[Station, str, str], None]]:
        """What this actor may do, the frequent things several times."""
        if actor == "HALL-h":
            return (self.hall_edit, self.log, self.brief, self.brief)
        return (
            *(self.register,) * 2,
            *(self.edit,) * 5,
            *(self.section,) * 3,
            self.internal,
            self.internal,
            self.status,
            self.entry,
            self.entry,
            self.strike,
            self.take_over,
            self.log,
            self.note,
            self.stock,
            self.stock,
            *(self.approve,) * 2,
            self.retract,
            self.disclose,
            self.two_in_one,
            *(self.minutes,) * 5,
        )

    # -- trying ------------------------------------------------------------------------------------------------------
    def attempt(self, at: Station, actor: str, *transactions: Sequence[Act]) -> bool:
        """Author; False when the own journal refuses."""
        try:
            at.journal.author(actor, [tx for tx in transactions if tx])
        except QuarantinedError as refusal:
            self.refused[refusal.reason] += 1
            return False
        except (
            BadTransactionError
        ) as wrong:  # a copy of this disk has changed the key: this one writes no more
            assert str(wrong) == "signature" and at.journal.public_key(at.site) not in at.ring
            self.refused["signature"] += 1
            return False
        self.did[self.kind] += 1
        self.done(at)
        return True

    def write(
        self, at: Station, actor: str, command: str, entity: str, entity_id: str, **more: object
    ) -> bool:
        """Author writes, one transaction per scope."""
        values = more.pop("values", {})
        acts = at.maker(account_agency(actor)).write(command, entity, entity_id, values, **more)  # type: ignore[arg-type]
        by_scope: dict[str, list[Act]] = {}
        for each in acts:
            by_scope.setdefault(each.scope, []).append(each)
        return self.attempt(at, actor, *by_scope.values())

    def mark(self, at: Station, actor: str, command: str, entity_id: str, verb: str, **body: object) -> bool:
        """Author one act of another verb on a case."""
        return self.attempt(
            at, actor, [at.maker(account_agency(actor)).mark(command, "sim_case", entity_id, verb, **body)]
        )

    # -- officers ----------------------------------------------------------------------------------------------------
    def register(self, at: Station, actor: str, case: str) -> None:
        values = {"no": at.name, "place": at.name, "sheet": at.name, "status": "registered"}
        if self.rng.random() < 0.3:
            values["memo" if account_agency(actor) == "EMB" else "memo_f"] = "at birth"
        entries = {"received_at": self.rng.randint(1, 9)}
        self.write(at, actor, "register", "sim_case", case, values=values, new=True, entries=entries)

    def edit(self, at: Station, actor: str, case: str) -> None:
        values: dict[str, object] = {
            "place": self.rng.randint(0, 5),
            "cause": self.rng.randint(0, 5),
            "count": self.rng.randint(0, 5),
            "spot": [121.4, self.rng.randint(0, 5) / 2, "WGS-84"],
            "phone": str(self.rng.randint(0, 5)),
            "sheet": str(self.rng.randint(0, 5)),
        }
        names = self.rng.sample(sorted(values), self.rng.choice((1, 1, 2)))
        texts = {name: str(values[name]) if name in ("place", "cause") else values[name] for name in names}
        self.write(at, actor, "edit", "sim_case", case, values=texts)

    def section(self, at: Station, actor: str, case: str) -> None:
        name = self.rng.choice(("scene_handling", "scene_handling", "aftermath"))
        self.write(at, actor, "edit", "sim_case", case, values={name: f"t{self.rng.randint(0, 3)}"})

    def internal(self, at: Station, actor: str, case: str) -> None:
        name = "memo" if account_agency(actor) == "EMB" else "memo_f"
        self.write(at, actor, "edit", "sim_case", case, values={name: str(self.rng.randint(0, 9))})

    def status(self, at: Station, actor: str, case: str) -> None:
        self.write(at, actor, "edit", "sim_case", case, values={"status": self.rng.choice(STATES)})

    def entry(self, at: Station, actor: str, case: str) -> None:
        entries = {self.rng.choice(("grade", "received_at")): self.rng.randint(1, 9)}
        self.write(at, actor, "edit", "sim_case", case, entries=entries)

    def strike(self, at: Station, actor: str, case: str) -> None:
        name = self.rng.choice(("grade", "received_at"))
        found = at.connection.execute(
            "SELECT hash FROM entry WHERE entity_id = ? AND field = ?", (case, name)
        ).fetchall()
        if found:
            ops = [row[0] for row in self.rng.sample(found, 1)]
            self.mark(at, actor, "strike", case, verbs.STRIKE, field=name, ops=ops, why="typed")

    def take_over(self, at: Station, actor: str, case: str) -> None:
        self.mark(at, actor, "own", case, verbs.OWN, field="scene_handling", to="FRD")

    def log(self, at: Station, actor: str, case: str) -> None:
        name = f"{at.name}-{self.rng.getrandbits(40):x}"
        self.write(at, actor, "log", "sim_log", name, values={"text": "x", "case_id": case}, new=True)

    def note(self, at: Station, actor: str, case: str) -> None:
        name = f"{account_agency(actor)}-{case}"
        new = not at.row(name, "sim_note")
        values = {"text": "n", "mood": "calm"} if new else {"mood": str(self.rng.randint(0, 5))}
        self.write(at, actor, "log", "sim_note", name, values=values, new=new)

    def stock(self, at: Station, actor: str, _case: str) -> None:
        others = [s.site for s in self.stations.values()]
        body: dict[str, object] = {"v": verbs.TAKE, "n": self.rng.randint(1, 3)}
        if self.rng.random() < 0.5:
            body |= {"v": verbs.MOVE, "to": self.rng.choice(others)}
        if self.rng.random() < 0.08:
            body["force"] = True
        acts = [Act("take", "sim_store", ITEM, "joint", body)] * self.rng.choice((1, 1, 2))
        self.attempt(at, actor, acts)

    def approve(self, at: Station, actor: str, case: str) -> None:
        name = self.rng.choice(("scene_handling", "aftermath", "place", "minutes", "minutes"))
        state = at.journal.state
        state.forget_records()
        version = rows.version_of(state, state.record("sim_case", case), name)
        if version is not None:
            self.mark(at, actor, "approve", case, verbs.APPROVE, field=name, version=version)

    def retract(self, at: Station, actor: str, case: str) -> None:
        if self.rng.random() < 0.7:
            self.mark(at, actor, "retract", case, verbs.RETRACT, why="twice")

    def disclose(self, at: Station, actor: str, case: str) -> None:
        own = ("memo", "briefing", "briefing") if account_agency(actor) == "EMB" else ("memo_f",)
        name = self.rng.choice(own)
        self.mark(at, actor, "disclose", case, verbs.DISCLOSE, field=name)

    def two_in_one(self, at: Station, actor: str, case: str) -> None:
        maker = at.maker(account_agency(actor))
        acts = maker.write("edit", "sim_case", case, {"place": "two"})
        name = f"{at.name}-{self.rng.getrandbits(40):x}"
        self.attempt(at, actor, [*acts, *maker.write("log", "sim_log", name, {"text": "in one"}, new=True)])

    def minutes(self, at: Station, actor: str, case: str) -> None:
        """Type, take out, or both, anywhere in a long text."""
        name = "briefing" if account_agency(actor) == "EMB" and self.rng.random() < 0.3 else "minutes"
        self.retype(at, actor, "edit", case, name)

    def brief(self, at: Station, actor: str, case: str) -> None:
        """The hall goes on writing in a text that was opened to it."""
        self.retype(at, actor, "edit_hall", case, "briefing", "joint")

    def retype(
        self, at: Station, actor: str, command: str, case: str, name: str, scope: str | None = None
    ) -> None:
        """Change a long text in one to three places."""
        shown = str(at.row(case).get(name) or "")
        for _ in range(self.rng.choice((1, 1, 3))):
            begin = self.rng.randint(0, len(shown))
            gone = self.rng.choice((0, 0, 1, 5))
            typed = "".join(self.rng.choice("甲乙丙𠮷ab。") for _ in range(self.rng.choice((0, 1, 3, 6))))
            shown = shown[:begin] + typed + shown[begin + gone :]
        acts = at.maker(account_agency(actor)).text(command, "sim_case", case, name, at.site, shown)
        if scope is not None:
            acts = [replace(act, scope=scope) for act in acts]
        if acts:
            self.attempt(at, actor, *([act] for act in acts))

    def hall_edit(self, at: Station, actor: str, case: str) -> None:
        name = self.rng.choice(("cause", "memo", "memo_f"))
        maker = at.maker()
        over = maker.heads("sim_case", case, name)
        body: dict[str, object] = {"v": verbs.WRITE, "set": {name: f"hall {self.rng.randint(0, 9)}"}}
        if over:
            body["over"] = {name: over}
        self.attempt(at, actor, [Act("edit_hall", "sim_case", case, "joint", body)])

    # -- administrators ----------------------------------------------------------------------------------------------
    def administer(self, at: Station) -> None:
        """One act of the agency's administrator, with the recovery key at hand."""
        kind = self.rng.choice(self.duties)
        self.kind = kind.__name__
        kind(at)

    @property
    def duties(self) -> Sequence[Callable[[Station], None]]:
        """What administrators do, the frequent things several times."""
        twice = (self.grant, self.revoke, self.close)
        return (*twice, *twice, self.admit, self.cut, self.meet, self.appoint)

    def _admin(self, at: Station) -> str:
        return f"{at.agency}-{self.rng.choice('aab')}"

    def grant(self, at: Station) -> None:
        roles = (
            {"h": "hall"}
            if at.agency == "HALL"
            else {"o": "officer", "p": "officer", "c": "chief", "x": "officer"}
        )
        roles["b"] = "account_admin"
        short = self.rng.choice([*roles, "b", "c" if "c" in roles else "b"])
        acts = [granting(f"{at.agency}-{short}", roles[short], *PRODUCT_ROLES[roles[short]])]
        if self.rng.random() < 0.2:
            acts += at.maker().write("grant", "account", f"{at.agency}-{short}", {"title": short})
        self.attempt(at, self._admin(at), acts)

    def revoke(self, at: Station) -> None:
        short = self.rng.choice("h" if at.agency == "HALL" else "opccbbda")
        self.attempt(at, self._admin(at), [revoking(f"{at.agency}-{short}")])

    def appoint(self, at: Station) -> None:
        """The recovery key makes an administrator anew, or one for a single step."""
        short = self.rng.choice("abd")
        key, serial = at.city.recovery(at.agency), self.rng.randint(0, 3)
        account = f"{at.agency}-{short}"
        act = certificates.appointment(key, at.city.realm, at.agency, account, serial)
        if self.attempt(at, self._admin(at), [act]) and short == "d":
            self.attempt(at, account, [granting(account, "officer")])

    def admit(self, at: Station) -> None:
        other = self.rng.choice(("FRD-o", "FRD-c", "EMB-o"))
        verb = self.rng.choice((verbs.ADMIT, verbs.ADMIT, verbs.DISMISS))
        act = Act("admit", "account", other, "joint", {"v": verb, "agency": at.agency})
        self.attempt(at, self._admin(at), [act])

    def cut(self, at: Station) -> None:
        mates = [s for s in self.stations.values() if s.agency == at.agency and s is not at]
        if not mates or self.rng.random() < 0.4:
            return
        mate = self.rng.choice(mates)
        chain = at.journal.state.chains.get(mate.site)
        if chain is not None:
            last = max(chain.seq - self.rng.randint(0, 3), 6 if mate.name in ("E1", "F1", "H1") else 1)
            key = at.city.recovery(at.agency)
            self.attempt(
                at, self._admin(at), [certificates.cutting(key, at.city.realm, at.agency, mate.site, last)]
            )

    def close(self, at: Station) -> None:
        lost = [s for s in self.gone if s.agency == at.agency]
        if lost:
            heir = self.rng.choice([s.site for s in self.stations.values() if s.agency == at.agency])
            key, site = at.city.recovery(at.agency), self.rng.choice(lost).site
            self.attempt(
                at, self._admin(at), [certificates.closing(key, at.city.realm, at.agency, site, heir)]
            )

    def meet(self, at: Station) -> None:
        others = [a for a in ("EMB", "FRD", "HALL") if a != at.agency]
        self.attempt(at, self._admin(at), [meeting(at.city, self.rng.choice(others))])

    def share_out(self, at: Station, each: int) -> None:
        """Give every workstation its first share."""
        shares = {s.site: each for s in self.stations.values()}
        body = {"v": verbs.SHARE, "shares": shares}
        self.attempt(at, f"{at.agency}-a", [Act("share", "sim_store", ITEM, "joint", body)])
