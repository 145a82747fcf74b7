"""Pairing by exchanged identity files: the same number is read to each other by telephone and confirmed on both sides.

Until a side has confirmed, it accepts nothing from the other (REPLICATION, Wire: Pairing).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509

from app.bootstrap.listening import parse_address
from app.bootstrap.node import IDENTITY_FILE, Node
from app.bootstrap.scopes import scopes_of
from app.journal.keys import KEY_BYTES
from app.journal.operation import pack, unpack
from app.kernel.clock import to_ms
from app.kernel.enums import Agency, Realm
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.paths import write_secret
from app.local import acks, peers
from app.local.pairing_view import digits_of
from app.local.peers import PeerRow
from app.queries import accounts
from app.queries.accounts import SiteRow
from app.replication.identity import (
    FORMAT,
    FORMAT_ROTATED,
    Identity,
    Succession,
    check_pairing,
    pairing_number,
    read_identity,
    write_identity,
)
from app.replication.peers import Peer, PeerState
from app.replication.tls import load_tls
from app.usecases.commands import name_of
from app.usecases.sites import ForgetPeer, MeetAgency, PairColleague

FORGET: Final = name_of(ForgetPeer)


@dataclass(frozen=True)
class Pairing:
    """A comparison under way: whose file this is and the number both sides must show."""

    identity: Identity
    number: str


def own_identity(node: Node, endpoints: list[str] | None = None) -> Identity:
    """What this site tells of itself."""
    names = node.bus.pack.agencies[Agency(node.me.agency)]
    chain_start = node.local(lambda _: node.journal.state.store.transactions_of(node.me.site, 1))
    certificate = chain_start[0][0].content["cert"]
    site = node.me.site
    first, turns = node.local(lambda _: node.journal.succession(site))
    return Identity(
        format=FORMAT_ROTATED if turns else FORMAT,
        realm=Realm(node.me.realm),
        district=node.me.district,
        agency=node.me.agency,
        agency_name=names.full,
        recovery_key=node.me.recovery_key.hex(),
        site=node.me.site,
        site_key=node.key.public.hex(),
        certificate=base64.b64encode(certificate).decode(),
        tls_root=load_tls(node.data.keys).root_pem,
        endpoints=endpoints or [],
        made_at=node.clock.now_ms(),
        first_key=first.hex() if turns else "",
        successions=[Succession(*(part.hex() for part in turn)) for turn in turns],
    )


def identity_file(node: Node, endpoints: list[str] | None = None) -> bytes:
    """The signed identity file of this site. It stays the same until it is asked for again: both sides compare files."""
    path = node.data.keys / IDENTITY_FILE
    if endpoints is None and path.exists() and _is_of(node, kept := path.read_bytes()):
        return kept
    data = write_identity(own_identity(node, endpoints), node.key.signing)
    write_secret(path, data)
    return data


def _is_of(node: Node, file: bytes) -> bool:
    """False for the file of a site that was in this folder before, or a damaged one."""
    try:
        return read_identity(file).site == node.me.site
    except Refusal:
        return False


def compare(node: Node, other_file: bytes) -> Pairing:
    """Read a peer's identity file and compute the number to compare; Refusal when the two may not pair (XC-10)."""
    other, own = read_identity(other_file), read_identity(identity_file(node))
    check_pairing(own, other)
    check_agency(other)
    _check_standing(node, other.site)
    return Pairing(other, pairing_number(own, other))


def check_agency(other: Identity) -> None:
    """Refusal E_FORMAT for an agency of a newer version: this one has no rules for it."""
    if other.agency not in set(Agency):
        raise Refusal(
            ErrorCode.FORMAT, "refusal.sync.agency_unknown", field="file", clause="CM-04", agency=other.agency
        )


def _check_standing(node: Node, site: str) -> None:
    """Refusal E_SYNC for a workstation that was revoked: whoever has it may read its number on the telephone, too."""
    row = next((row for row in node.local(accounts.sites) if row.id == site), None)
    if state_of(row) is PeerState.REVOKED:
        raise Refusal(ErrorCode.SYNC, "refusal.sync.revoked", field="file", clause="CM-04")


def confirm(node: Node, other_file: bytes, number: str, account_id: str, address: str = "") -> dict[str, Any]:
    """Confirm that the other side read the same number; meets the agency in the journal and admits the site here."""
    pairing = compare(node, other_file)
    if digits_of(number) != digits_of(pairing.number):
        refusal = Refusal(ErrorCode.SYNC, "refusal.sync.pairing_code", field="number", clause="CM-04")
        node.record_refusal("meet_agency", refusal, account_id)
        raise refusal
    first = address or (pairing.identity.endpoints[0] if pairing.identity.endpoints else "")
    return enter(node, pairing.identity, other_file, account_id, first)


def enter(node: Node, other: Identity, other_file: bytes, account_id: str, address: str) -> dict[str, Any]:
    """Enter a side whose number was compared: meet its agency in the journal, admit its site here.

    A further workstation of our own agency is enrolled by our own recovery key: there is nobody to meet.
    """
    _check_standing(node, other.site)
    parse_address(address)  # of the other's making: refused here rather than found out at the next start
    assert len(bytes.fromhex(other.recovery_key)) == KEY_BYTES
    if other.agency == node.me.agency:
        node.check_right("meet_agency", account_id)
        changes = node.execute(PairColleague(site=other.site), account_id).changes
    else:
        agency = Agency(other.agency)
        key, name = other.recovery_key, other.agency_name
        meet = MeetAgency(agency=agency, recovery_key=key, name=name, site=other.site)
        changes = node.execute(meet, account_id).changes
    row = PeerRow(
        other.site, other.agency, other.agency_name, pack({"file": other_file}), address, node.clock.now_ms()
    )
    node.local(lambda connection: peers.confirm_peer(connection, row))
    node.local(lambda _: node.journal.forget_claim(other.site))
    node.publish(changes)
    return {"peer": other.site, "agency": other.agency, "address": address}


def certificate_span(row: PeerRow) -> tuple[int, int]:
    """From when until when the root of a confirmed peer is valid (UTC ms)."""
    root = x509.load_pem_x509_certificate(
        read_identity(unpack(row.identity)["file"]).tls_root.encode("ascii")
    )
    return to_ms(root.not_valid_before_utc), to_ms(root.not_valid_after_utc)


def known_peers(node: Node) -> list[Peer]:
    """Peers confirmed here, with how far each is still met, as replication wants them."""
    noted, sites = node.local(acks.noted), {row.id: row for row in node.local(accounts.sites)}
    return [_peer(row, sites.get(row.site), noted.get(row.site)) for row in node.local(peers.peers)]


def confirmed_peers(node: Node) -> list[Peer]:
    """Peers confirmed here and not revoked."""
    return [peer for peer in known_peers(node) if peer.state is not PeerState.REVOKED]


def state_of(site: SiteRow | None) -> PeerState:
    """How far a paired workstation is met: a stolen one not at all; one that was closed or copied may still hold acts that are
    needed, and is given no contacts and no files (REPLICATION, Trust)."""
    if site is None:
        return PeerState.OPEN
    if accounts.is_revoked(site):
        return PeerState.REVOKED
    return PeerState.ENDED if site.state in ("closed", "forked") else PeerState.OPEN


def _peer(row: PeerRow, site: SiteRow | None, acked: Mapping[str, int] | None) -> Peer:
    state = state_of(site)
    ended_at = site.state_at if site is not None and state is not PeerState.OPEN else None
    root = read_identity(unpack(row.identity)["file"]).tls_root
    endpoint = parse_address(row.address)
    scopes = scopes_of(row.agency) if state is PeerState.OPEN else frozenset()
    return Peer(row.site, row.agency, root, (endpoint,) if endpoint else (), scopes, acked, state, ended_at)


def forget(node: Node, site: str, account_id: str) -> dict[str, Any]:
    """Undo a pairing on this side: entered in the duty log, then neither dialled nor let in until it is paired again.

    Refusal: E_PERM, and E_STATE when no such workstation is paired here.
    """
    node.check_right(FORGET, account_id)
    if site not in {row.site for row in node.local(peers.peers)}:
        refusal = Refusal(ErrorCode.STATE, "refusal.sync.no_peer", field="site", clause="CM-04")
        node.record_refusal(FORGET, refusal, account_id)
        raise refusal
    done = node.execute(ForgetPeer(site=site), account_id)
    node.local(lambda connection: peers.forget_peer(connection, site))
    return dict(done.result)
