"""A city at work: acts, lies, partitions, lost and repeated frames, crashes, lost disks; then peace, and the checks."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from app.journal import floods, verbs
from app.journal.operation import SCHEMA_V, Act, Transaction
from tests.simulation.checks import Findings, check, scopes_of, written
from tests.simulation.events import Events
from tests.simulation.liars import Liars
from tests.simulation.network import Weather, push, settle
from tests.simulation.officers import CASES, Officers
from tests.simulation.parcels import Parcels
from tests.simulation.world import City, Station, found, granting, seeded_salts

HOUR_MS = 3_600_000
OFFSETS = (0, 0, 0, -3 * HOUR_MS, 2 * HOUR_MS, 5 * HOUR_MS, 300 * 24 * HOUR_MS)
STORM = Weather(loss=0.3, shuffle=0.3, twice=0.1)
STEPS = 200
QUICK = Path("/dev/shm")  # files without a disk, where there is such a place
OLDER = 0.12  # share of rooms that begin with an older program


class Simulation:
    """One seed: a founded city, its officers, perhaps a liar, and what the network and the disks do to it."""

    def __init__(self, seed: int, files: Path) -> None:
        """`files`: an empty folder for the files of attachments."""
        self.rng = random.Random(seed)
        self.seed = seed
        self.city = City(seed)
        names = ["E1", "E2", "F1", *self.rng.sample(["F2", "H1"], self.rng.randint(0, 2))]
        offsets = {name: self.rng.choice(OFFSETS) for name in names}
        older = {name for name in names if self.rng.random() < OLDER}  # they begin with an older program
        version = SCHEMA_V - 1 if older else SCHEMA_V
        self.stations = found(self.city, sorted(names), offsets, version)
        self.gone: list[Station] = []
        self.parcels = Parcels(files, random.Random(f"parcels {seed}"))
        self.officers = Officers(self.rng, self.stations, self.parcels, self.gone, done=self._note_honest)
        self.liars = Liars(self.rng, self.stations)
        self.liar = self.rng.choice([*(n for n in names if n != "E1"), None])
        self.honest: dict[bytes, str] = {}  # last hash of a transaction -> author's workstation
        self.acked: set[bytes] = set()
        self.sent: set[bytes] = set()
        self.early: set[str] = set()  # bodies that left before their disclosure had arrived
        self.lost_with_all_copies = 0
        self.counts: Counter[str] = Counter()
        self.partition: list[set[str]] = []
        self.events = Events(self)
        settle(self.stations.values())
        self.officers.share_out(self.stations["E1"], 4)
        for root in ("E1", "F1"):
            agency = self.stations[root].agency
            self.stations[root].act(f"{agency}-a", granting(f"{agency}-b", "account_admin"))
        if self.rng.random() < 0.5:
            self.officers.admit(self.stations["E1"])
        if "H1" in names:  # one text is open to the hall from the beginning
            body = {"v": verbs.DISCLOSE, "field": "briefing"}
            self.stations["E1"].act("EMB-c", Act("disclose", "sim_case", CASES[0], "joint", body))
        settle(self.stations.values())
        for name in sorted(self.stations.keys() - older):
            self.events.upgrade(self.stations[name])
        self.sent |= {tx[-1].hash for tx in self.stations["E1"].transactions()}

    def _note_honest(self, at: Station) -> None:
        for tx in at.transactions()[-3:]:
            if tx[0].site == at.site and tx[-1].hash not in self.liars.forged:
                self.honest[tx[-1].hash] = at.name

    def run(self, steps: int = STEPS) -> Findings:
        """Live, come to rest, and look."""
        for step in range(steps):
            self.city.now_ms += self.rng.randint(1, 120_000)
            if step % 15 == 0:
                self._divide()
            self._step(self.rng.choice(sorted(self.stations)))
        for each in self.stations.values():
            self.events.upgrade(each)
        settle(self.stations.values(), self.rng)
        self.parcels.settle(self.stations.values())
        self._count()
        return check(self)

    def _count(self) -> None:
        """What this seed has shown: acts, lies, verdicts and flags, beside what happened."""
        self.counts.update({f"act: {name}": n for name, n in self.officers.did.items() if name})
        self.counts.update(self.parcels.counts)
        self.counts.update({f"lie: {name}": n for name, n in self.liars.told.items()})
        held = next(iter(self.stations.values())).transactions()
        self.counts.update(f"verb: {op.content.get('v')}" for tx in held for op in tx if not op.withheld)
        for station in self.stations.values():
            for kind, n in station.connection.execute("SELECT kind, count(*) FROM flag GROUP BY kind"):
                self.counts[f"flag: {kind}"] += n
            for reason, n in station.connection.execute(
                "SELECT reason, count(*) FROM quarantine GROUP BY reason"
            ):
                self.counts[f"quarantined: {reason}"] += n
            hidden = "SELECT count(*) FROM text_part WHERE counts = 0"
            self.counts["text that does not count"] += station.connection.execute(hidden).fetchone()[0]

    def _divide(self) -> None:
        names = sorted(self.stations)
        self.rng.shuffle(names)
        at = self.rng.randint(0, len(names))
        self.partition = [set(names[:at]), set(names[at:])]

    def _step(self, name: str) -> None:
        dice, at = self.rng.random(), self.stations[name]
        if dice < 0.52:
            self.officers.act(at)
        elif dice < 0.59:
            self.officers.administer(at)
        elif dice < 0.67:
            if self.liar in self.stations:
                self.liars.lie(self.stations[str(self.liar)])
        elif dice < 0.75:
            self.events.one(at)
        else:
            self._talk()

    # -- network -----------------------------------------------------------------------------------------------------
    def _talk(self) -> None:
        for _ in range(2):
            one, other = self.rng.sample(sorted(self.stations), 2)
            if any(one in part and other in part for part in self.partition):
                self._push(self.stations[one], self.stations[other])

    def _push(self, sender: Station, receiver: Station) -> None:
        moved = push(sender, receiver, self.rng, STORM, lambda frames: self.left(frames, receiver))
        self.counts["exchanges that brought something"] += bool(moved)
        if sender.version == receiver.version == SCHEMA_V:  # an older program knows nothing of files
            self.parcels.carry(sender, receiver)
        known = dict(sender.acked[receiver.name])
        self.acked.update(
            tx[-1].hash
            for tx in receiver.transactions()
            if tx[-1].hash in self.sent and known.get(tx[0].site, 0)
        )

    def left(self, frames: Iterable[Transaction], receiver: Station) -> None:
        """Transactions are on their way."""
        for tx in frames:
            self.sent.add(tx[-1].hash)
            self._watch(tx, receiver)

    def _watch(self, tx: Transaction, receiver: Station) -> None:
        """A body outside the receiver's scopes leaves only after the receiver has the disclosure (FINDINGS 8)."""
        for op in tx:
            if op.withheld or op.scope in scopes_of(receiver) or op.hash in self.liars.forged:
                continue
            about = receiver.journal.state.store.of_record(str(op.entity), str(op.entity_id))
            opened = {other.content["field"] for other in about if other.content.get("v") == verbs.DISCLOSE}
            self.early.update(
                f"{name} of {op.entity_id} to {receiver.name}" for name in written(op) if name not in opened
            )


@contextmanager
def low_limits() -> Iterator[None]:
    """So few liars' chains and branches are taken that a small city meets the limit (decision 0045)."""
    with patch.object(floods, "MOST_STRANGERS", 3), patch.object(floods, "MOST_BRANCHES", 4):
        yield


def run(seed: int, steps: int = STEPS) -> tuple[Findings, Simulation]:
    """Run one seed; the same seed gives the same city, hashes included."""
    with seeded_salts(seed), low_limits(), TemporaryDirectory(dir=QUICK if QUICK.is_dir() else None) as files:
        simulation = Simulation(seed, Path(files))
        return simulation.run(steps), simulation
