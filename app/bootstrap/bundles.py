"""Exchange by stick over an open site (CM-07): partners, keys, what is known of earlier bundles; one exchange at a time."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from app.bootstrap.node import Node
from app.bootstrap.pairing import known_peers
from app.bootstrap.scopes import scopes_of
from app.bootstrap.site_key_files import past_key
from app.exchange.bundles import Partner, Past
from app.journal.journal import Journal
from app.journal.operation import SCHEMA_V
from app.journal.site_keys import succeeds
from app.kernel.changes import ACKNOWLEDGED, Change, ChangeSet
from app.kernel.enums import ChangeKind, Origin, Priority
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.local import acks, bundles, peers
from app.local.bundles import BundleRow
from app.queries import accounts
from app.queries.links import acts_beyond
from app.replication.bundles.files import Shelf
from app.replication.bundles.parts import (
    Head,
    Opened,
    Outline,
    Succession,
    bundle_refusal,
    check_addressee,
    check_signature,
    outline,
    unseal,
)
from app.replication.identity import read_identity
from app.replication.peers import LocalSite, Peer
from app.usecases.bundles import NoteBundle
from app.usecases.commands import name_of

NOTE: Final = name_of(NoteBundle)
CLOSED: Final = ("closed", "revoked")

log = logging.getLogger(__name__)
_guard = threading.Lock()
_busy: set[Path] = set()


@contextlib.contextmanager
def one_at_a_time(node: Node) -> Iterator[None]:
    """Refusal `busy` while another exchange of this site is under way."""
    root = node.data.root
    with _guard:
        if root in _busy:
            raise bundle_refusal("refusal.bundles.busy", ErrorCode.STATE)
        _busy.add(root)
    try:
        yield
    finally:
        with _guard:
            _busy.discard(root)


def local_site(node: Node) -> LocalSite:
    """This site as it introduces itself in a bundle."""
    me = node.me
    return LocalSite(me.realm, me.district, me.agency, me.site, SCHEMA_V, scopes_of(me.agency))


def shelf_of(node: Node) -> Shelf:
    """Where parts that came too early are laid aside."""
    return Shelf(node.data.root / "bundles")


def note(node: Node, account_id: str, command: NoteBundle) -> None:
    """Enter a step into the log; on trouble the exchange itself stands, and the technical log says what is missing."""
    try:
        node.execute(command, account_id)
    except (Refusal, EnvironmentFault) as wrong:
        log.warning("a step of an exchange by stick was not logged: %s", wrong)


# -- partners --------------------------------------------------------------------------------------------------------------
def standings(node: Node) -> dict[str, accounts.SiteRow]:
    """Site -> its row, for label and standing."""
    return {row.id: row for row in node.read(accounts.sites)}


def partner_named(node: Node, to: str) -> Peer:
    """The paired workstation meant by a site's id or an agency's key.

    Refusal: `unknown_partner`, `several_partners` (names them by id), `partner_closed`.
    """
    known, rows = known_peers(node), standings(node)
    found = [peer for peer in known if to in (peer.site, peer.agency)]
    open_ones = [peer for peer in found if not _is_closed(rows, peer.site)]
    if not found:
        raise bundle_refusal("refusal.bundles.unknown_partner", ErrorCode.STATE, to=to)
    if not open_ones:
        raise bundle_refusal("refusal.bundles.partner_closed", ErrorCode.STATE)
    if len(open_ones) > 1:
        raise bundle_refusal(
            "refusal.bundles.several_partners", ErrorCode.STATE, sites=tuple(p.site for p in open_ones)
        )
    return open_ones[0]


def _is_closed(rows: Mapping[str, accounts.SiteRow], site: str) -> bool:
    return site in rows and (rows[site].state in CLOSED or accounts.is_revoked(rows[site]))


def label_of(rows: Mapping[str, accounts.SiteRow], agencies: Mapping[str, str], site: str) -> str:
    """What a workstation is called beside its agency, where that has several paired ones, never a piece of its id;
    `agencies`: of paired sites."""
    row, agency = rows.get(site), agencies.get(site)
    if row is None or sum(each == agency for each in agencies.values()) <= 1:
        return ""
    return (row.label if row.label and not site.startswith(row.label) else row.letter) or ""


def partners(node: Node) -> list[Partner]:
    """Paired workstations with what waits to be carried to them."""
    noted, rows, paired = node.local(acks.noted), standings(node), known_peers(node)
    agencies = {peer.site: peer.agency for peer in paired}
    out = []
    for peer in paired:
        known = noted.get(peer.site, {})
        made = node.local(partial(bundles.of_peer, direction=bundles.OUT, peer=peer.site))
        last = next((row for row in made if row.state == bundles.MADE), None)
        begun = made[0] if made and made[0].state == bundles.MAKING and made[0].target else None
        count, oldest = node.wait_on_writer(Priority.BULK, partial(waiting, node.journal, known, peer.site))
        carried = carried_acts = 0
        heads = node.wait_on_writer(Priority.BULK, partial(_heads, node.journal, peer.site))
        acts = node.read(partial(acts_beyond, heads=heads, known=known))
        if last is not None:
            reached = after_taking(known, last.carried)
            carried = count - node.wait_on_writer(
                Priority.BULK, partial(count_beyond, node.journal, reached, peer.site)
            )
            carried_acts = acts - node.read(partial(acts_beyond, heads=heads, known=reached))
        out.append(
            Partner(
                site=peer.site,
                agency=peer.agency,
                label=label_of(rows, agencies, peer.site),
                closed=_is_closed(rows, peer.site),
                waiting=count,
                oldest_at=oldest,
                carried=carried,
                follows=last.seq if last is not None and carried else 0,
                unfinished=begun.seq if begun is not None else 0,
                acts=acts,
                carried_acts=carried_acts,
            )
        )
    return out


def after_taking(known: Mapping[str, int], carried: Mapping[str, int]) -> dict[str, int]:
    """What a peer will hold when it takes in what was carried: the higher number of each chain, but nothing of one of which it
    holds another branch."""
    return {
        site: max(known.get(site, 0), carried.get(site, 0)) if known.get(site) != 0 else 0
        for site in {*known, *carried}
    }


def _heads(journal: Journal, peer: str) -> dict[str, int]:
    """How far every chain but the peer's own is held here. On the writer's thread."""
    return {site: seq for site, (seq, _) in journal.vector().items() if site != peer}


def count_beyond(journal: Journal, vector: Mapping[str, int], peer: str) -> int:
    """Operations here beyond a vector, without the peer's own chain. On the writer's thread."""
    return sum(
        max(0, seq - vector.get(site, 0)) for site, (seq, _) in journal.vector().items() if site != peer
    )


def waiting(journal: Journal, known: Mapping[str, int], peer: str) -> tuple[int, int | None]:
    """What a peer lacks as far as is known: how many operations, the oldest recorded when (UTC ms). On the writer's thread."""
    count = count_beyond(journal, known, peer)
    if not count:
        return 0, None
    own = journal.vector().get(peer, (0, b""))[0]
    start = {**known, peer: max(own, known.get(peer, 0))}
    return count, journal.oldest_beyond(start)


def past(node: Node, limit: int = 50) -> list[Past]:
    """Earlier bundles both ways, the newest first."""
    return node.read(partial(past_rows, limit=limit))


def past_rows(connection: sqlite3.Connection, limit: int) -> list[Past]:
    """As `past`, over a connection; `confirmed` once the partner is known to hold all that one carried."""
    noted = acks.noted(connection)
    rows = {row.id: row for row in accounts.sites(connection)}
    agencies = {row.site: row.agency for row in peers.peers(connection)}
    return [
        Past(
            direction=row.direction,
            agency=agencies.get(row.peer, ""),
            label=label_of(rows, agencies, row.peer),
            seq=row.seq,
            bundle_id=row.id,
            at=row.touched_at,
            entries=row.entries,
            applied=row.applied,
            parts=row.parts,
            state=_state_of(row, noted.get(row.peer, {})),
        )
        for row in bundles.newest(connection, limit)
    ]


def _state_of(row: BundleRow, known: Mapping[str, int]) -> str:
    if row.state == bundles.MADE and all(known.get(site, 0) >= seq for site, seq in row.carried.items()):
        return "confirmed"
    return row.state


# -- keys ------------------------------------------------------------------------------------------------------------------
def key_of(node: Node, site: str) -> bytes:
    """A paired site's key in force: by its chain, and before the first contact by the file that was compared."""
    held = node.local(lambda _: node.journal.public_key(site))
    if held is not None:
        return held
    row = next(row for row in node.local(peers.peers) if row.site == site)
    return bytes.fromhex(read_identity(peers_file(row.identity)).site_key)


def peers_file(identity: bytes) -> bytes:
    """The identity file as it was compared."""
    from app.journal.operation import unpack

    return bytes(unpack(identity)["file"])


def own_successions(node: Node) -> list[Succession]:
    """How our key came to be what it is: a reader who knows an earlier one finds the way to it."""

    def read(_: object) -> list[Succession]:
        state = node.journal.state
        found = (state.store.get(each.hash) for each in state.keys.rotations(node.me.site))
        bodies = [op.content for op in found if op is not None]
        return [Succession(body["key"], body["by"], body["proof"]) for body in bodies]

    return node.local(read)


def signing_key(realm: str, site: str, known: bytes, successions: list[Succession]) -> bytes:
    """The key a site signs with now, from one that is known and the words of each key for the next."""
    keys = [each.key for each in successions]
    begin = keys.index(known) + 1 if known in keys else 0
    key = known
    for each in successions[begin:]:
        if not succeeds(realm, site, key, each.key, each.by, each.proof):
            return known
        key = each.key
    return key


# -- opening ---------------------------------------------------------------------------------------------------------------
def opened(node: Node, data: bytes) -> tuple[Outline, Opened]:
    """A part for us, from a paired workstation, unchanged and opened; Refusal says what is wrong with it."""
    part = outline(data)
    check_addressee(local_site(node), part.head)
    _check_sender(node, part)
    earlier = past_key(node.data.keys)
    keys = [node.key.signing, *([] if earlier is None else [earlier])]
    return part, unseal(part, keys)


def _check_sender(node: Node, part: Outline) -> None:
    site = part.sender
    if site not in {row.site for row in node.local(peers.peers)}:
        raise bundle_refusal("refusal.bundles.unknown_sender")
    row = standings(node).get(site)
    if row is not None and accounts.is_revoked(row):
        raise bundle_refusal("refusal.bundles.revoked_sender")
    known = key_of(node, site)
    key = signing_key(node.me.realm, site, known, part.head.successions)
    try:
        check_signature(part, key)
    except Refusal:
        if _signed_before(node, part, part.head):
            raise bundle_refusal("refusal.bundles.superseded_key") from None
        raise


def _signed_before(node: Node, part: Outline, head: Head) -> bool:
    """True if a key signed it that its site has given up since."""

    def earlier(_: object) -> list[bytes]:
        state, site = node.journal.state, part.sender
        chain = state.chains.get(site)
        first = [] if chain is None else [chain.key]
        return first + [each.key for each in state.keys.rotations(site)]

    for key in node.local(earlier):
        with contextlib.suppress(Refusal):
            check_signature(part, key)
            return True
    return False


# -- acknowledgements ------------------------------------------------------------------------------------------------------
def acknowledged(node: Node, peer: str, vector: Mapping[str, int]) -> None:
    """A peer's bundle says that it holds these chains so far; what is known of it never falls by that, but for chains of which
    it holds another branch (0)."""
    if node.hear_of_peer is not None:
        node.hear_of_peer(peer, vector)
        return
    known = node.local(acks.noted).get(peer, {})
    news = acks.news(known, vector)
    if news:
        node.local(partial(acks.note, changes={peer: news}, at=node.clock.now_ms()))
        node.publish(ChangeSet((Change(ACKNOWLEDGED, peer, ChangeKind.CHANGED, Origin.PEER),)))
