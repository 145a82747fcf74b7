"""What befalls rooms beside the network: restarts, power cuts, lost, copied and torn disks, upgrades, new keys, sticks, feuds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING

from app.journal import certificates, verbs
from app.journal.faults import Fault
from app.journal.keys import SiteKey
from app.journal.operation import SCHEMA_V, Act
from app.journal.site_keys import succession
from app.journal.vouching import closed_before
from tests.simulation.network import acknowledge, wanted
from tests.simulation.observe import projected_rows
from tests.simulation.sticks import carry
from tests.simulation.world import SkewedClock, Station, enrol, fresh_connection, key_of

if TYPE_CHECKING:
    from tests.simulation.simulator import Simulation

MOST_ROOMS = 6
COPY = "~"  # marks a room that runs on a copied disk


class Events:
    """Things that happen to one workstation."""

    def __init__(self, simulation: Simulation) -> None:
        self._sim, self._rng = simulation, simulation.rng

    def one(self, at: Station) -> None:
        """Something happens to this workstation."""
        kinds: tuple[tuple[int, str, Callable[[Station], bool]], ...] = (
            (6, "restart", self.restart),
            (4, "power cut", self.power_cut),
            (4, "restored disk", self.restore),
            (1, "copied disk", self.copy),
            (6, "torn apply", self.torn),
            (8, "upgrade", self.upgrade),
            (3, "key rotation", self.rotate),
            (5, "stick", self.stick),
            (2, "mutual revocation", self.feud),
        )
        [(_, name, event)] = self._rng.choices(kinds, [weight for weight, _, _ in kinds])
        self._sim.officers.kind = ""
        if event(at):
            self._sim.counts[name] += 1

    def restart(self, at: Station) -> bool:
        """The program starts anew over the same file."""
        at.reopen()
        return True

    def power_cut(self, at: Station) -> bool:
        """Own acts that never left may be gone; whatever left was durable before it left."""
        sim = self._sim
        tail = [tx for tx in at.transactions() if tx[0].site == at.site and tx[-1].hash not in sim.sent]
        if not tail or any(tx[-1].hash in sim.liars.forged for tx in tail):
            return False
        drop = {tx[-1].hash for tx in tail[self._rng.randint(0, len(tail)) :]}
        kept = [tx for tx in at.transactions() if tx[-1].hash not in drop]
        at.connection = fresh_connection()
        at.reopen()
        at.journal.receive(kept)
        at.reopen()
        sim.honest = {digest: name for digest, name in sim.honest.items() if digest not in drop}
        return True

    def restore(self, at: Station) -> bool:
        """The disk is replaced by a backup: the room goes on as a new site, the old one is closed some day."""
        sim = self._sim
        name = at.name.rstrip(COPY) + "'"
        if name in sim.stations or len(name) > 4:
            return False
        if at.name == sim.liar:
            sim.liar = None
        order = at.transactions()
        end = closed_before(
            order, self._rng.randint(len(order) // 2, len(order))
        )  # a backup ends with a commit
        kept = order[:end]
        clock = SkewedClock(sim.city, at.clock.offset_ms)
        key = SiteKey(key_of(sim.seed, "site", name))
        fresh = Station(name, sim.city, clock, key, version=at.version)
        fresh.written_as |= at.written_as
        fresh.journal.receive(kept)
        del sim.stations[at.name]
        if not any(other.site == at.site for other in sim.stations.values()):
            sim.gone.append(at)
        sim.stations[name] = fresh
        enrol(sim.city, fresh)
        alive = {tx[-1].hash for s in sim.stations.values() for tx in s.transactions()}
        sim.lost_with_all_copies += len(sim.acked - alive)
        sim.acked &= alive
        sim.honest = {digest: name for digest, name in sim.honest.items() if digest in alive}
        sim.sent |= {tx[-1].hash for tx in fresh.transactions()}
        for other in sim.stations.values():
            other.acked.pop(at.name, None)
            if other is not fresh:
                acknowledge(other, fresh)
        return True

    def copy(self, at: Station) -> bool:
        """The disk is copied and two machines run from it under one key: a fork as soon as both have written."""
        sim, name = self._sim, at.name + COPY
        if COPY in at.name or name in sim.stations or len(sim.stations) >= MOST_ROOMS:
            return False
        connection = sqlite3.connect(":memory:", isolation_level=None)
        at.connection.backup(connection)
        clock = SkewedClock(sim.city, at.clock.offset_ms)
        twin = Station(name, sim.city, clock, at.key, connection, version=at.version, ring=dict(at.ring))
        twin.written_as |= at.written_as
        twin.acked = deepcopy(at.acked)
        sim.sent |= {tx[-1].hash for tx in twin.transactions()}
        sim.stations[name] = twin
        for other in sim.stations.values():
            if at.name in other.acked:
                other.acked[name] = dict(other.acked[at.name])
        return True

    def torn(self, at: Station) -> bool:
        """What comes from another room cannot be written to its end: the database is as before, to the row."""
        others = [self._sim.stations[name] for name in sorted(self._sim.stations) if name != at.name]
        frames = wanted(self._rng.choice(others), at)
        self._sim.left(frames, at)
        left = self._rng.randint(1, 400)

        def stop() -> int:
            nonlocal left
            left -= 1
            return int(left == 0)

        before = projected_rows(at)
        at.connection.set_progress_handler(stop, 20)
        try:
            at.journal.receive(frames)
        except Fault:
            return False
        except sqlite3.OperationalError:
            at.connection.set_progress_handler(None, 0)
            assert projected_rows(at) == before, "half of it stayed"
            assert not at.connection.in_transaction
            return True
        finally:
            at.connection.set_progress_handler(None, 0)
        return False

    def upgrade(self, at: Station) -> bool:
        """An older program is replaced by the present one."""
        if at.version == SCHEMA_V:
            return False
        at.upgrade()
        return True

    def rotate(self, at: Station) -> bool:
        """The workstation's key is changed; the old one stays in its files."""
        new = key_of(self._sim.seed, "site", at.name, len(at.ring))
        body = {"v": verbs.ROTATE, **succession(at.city.realm, at.site, at.key.signing, new)}
        at.ring[bytes(new.verify_key)] = SiteKey(new, at.site)
        at.journal.succeed_by(new)
        act = Act("rotate_key", "site", at.site, "joint", body)
        if at.version < SCHEMA_V or not self._sim.officers.attempt(at, f"{at.agency}-a", [act]):
            at.journal.succeed_by(None)
            return False
        at.key = at.ring[bytes(new.verify_key)]
        return True

    def stick(self, at: Station) -> bool:
        """A bundle goes to another room by hand."""
        names = [name for name in sorted(self._sim.stations) if name != at.name]
        other = self._sim.stations[self._rng.choice(names)]
        known = other.journal.public_key(at.site) == at.key.public
        if not known or at.site == other.site or at.version < SCHEMA_V or other.version < SCHEMA_V:
            return False
        self._sim.left(wanted(at, other), other)
        carry(at, other, self._rng, self._sim.parcels)
        return True

    def feud(self, at: Station) -> bool:
        """Two workstations of one agency revoke each other before they have heard of it."""
        mates = [s for s in self._sim.stations.values() if s.agency == at.agency and s.site != at.site]
        if not mates or self._rng.random() < 0.5:
            return False
        mate, key = self._rng.choice(mates), at.city.recovery(at.agency)
        done = []
        for one, other in ((at, mate), (mate, at)):
            chain = one.journal.state.chains.get(other.site)
            if chain is not None:
                cut = certificates.cutting(key, at.city.realm, at.agency, other.site, max(chain.seq, 6))
                done.append(self._sim.officers.attempt(one, f"{at.agency}-a", [cut]))
        return done == [True, True]
