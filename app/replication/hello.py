"""The first frame both ways: what it says and what must be true of the other's (REPLICATION, Wire; XC-10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.replication.endings import refusal
from app.replication.frames import MAX_RANGES, PROTOCOL, Hello
from app.replication.peers import LocalSite, Peer
from app.replication.wire import pack_heads, ranges_of, site_from_bytes, site_to_bytes, spans, vector_of

OLDER = "refusal.sync.schema_older"
Vector = Mapping[str, tuple[int, bytes]]
Ranges = Mapping[str, Sequence[tuple[int, int]]]


@dataclass(frozen=True)
class Met:
    """What a verified HELLO told: heads of chains, ranges held as headers, scopes, version note (text key).

    `forked` names chains that hold another operation there than here under the same number.
    """

    heads: Vector
    withheld: Mapping[str, list[tuple[int, int]]]
    scopes: frozenset[str]
    instance: bytes
    note: str | None
    forked: frozenset[str]


def flat(ranges: Ranges) -> list[tuple[str, int, int]]:
    """Ranges per site -> (site, first, last)."""
    return [(site, first, last) for site, parts in ranges.items() for first, last in parts]


def greeting(local: LocalSite, vector: Vector, withheld: Ranges, clock_ms: int, instance: bytes) -> Hello:
    """Our HELLO; of very many withheld ranges the first ones, the rest is asked for by FILL.

    `instance` is 16 random bytes of this start of the program: the peer sees by it that we restarted.
    """
    return Hello(
        proto=PROTOCOL,
        schema=local.schema,
        realm=local.realm,
        district=local.district,
        agency=local.agency,
        site=site_to_bytes(local.site),
        vector=pack_heads(vector),
        withheld=spans(flat(withheld)[:MAX_RANGES]),
        scopes=sorted(local.scopes),
        clock_ms=clock_ms,
        nonce=instance,
    )


def check_hello(local: LocalSite, peer: Peer, own: Vector, hello: Hello) -> Met:
    """Judge the peer's HELLO against the pinned peer and our own chains.

    Raises Refusal (E_SYNC): proto_newer, proto_older, realm, district, same_site, wrong_site (not the site
    whose certificate was shown, or not its agency). FrameError when the vector is malformed. What the peer
    says of our own chain is for the journal to judge (`JournalPort.named`).
    """
    if hello.proto != PROTOCOL:
        raise refusal("proto_newer" if hello.proto > PROTOCOL else "proto_older")
    _check_party(local, peer, hello)
    vector_of(hello.vector)  # FrameError
    heads = {site_from_bytes(head.site): (head.seq, head.hash) for head in hello.vector}
    return Met(
        heads=heads,
        withheld=ranges_of(hello.withheld),
        scopes=peer.scopes & frozenset(hello.scopes),
        instance=hello.nonce,
        note=_version_note(local.schema, hello.schema),
        forked=frozenset(site for site, head in heads.items() if site in own and _differs(own[site], head)),
    )


def _differs(ours: tuple[int, bytes], theirs: tuple[int, bytes]) -> bool:
    return ours[0] == theirs[0] and ours[1] != theirs[1]


def _check_party(local: LocalSite, peer: Peer, hello: Hello) -> None:
    site = site_from_bytes(hello.site)
    for wrong, key in (
        (hello.realm != local.realm, "realm"),
        (hello.district != local.district, "district"),
        (site == local.site, "same_site"),
        (site != peer.site or hello.agency != peer.agency, "wrong_site"),
    ):
        if wrong:
            raise refusal(key)


def _version_note(own: int, theirs: int) -> str | None:
    if theirs == own:
        return None
    return "refusal.sync.schema_newer" if theirs > own else OLDER
