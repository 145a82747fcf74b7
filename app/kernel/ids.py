"""Identifiers of records (RFC 9562, version 8): bound to the workstation that makes the record, or to its agency and a cause.

Nobody else can make a record under such an id, so nobody can write over what stands fixed in it (REPLICATION, Births).
"""

from __future__ import annotations

import hashlib
import os
import threading
import uuid

from app.kernel.clock import Clock

_MS_BITS, _RANDOM_BITS, _TAG_BITS = 48, 26, 48
OWN_BYTES = 10  # of an id, without the tag
_LOW_RANDOM = _RANDOM_BITS - 12  # twelve stand before the variant
_TAG = (1 << _TAG_BITS) - 1
_EARLIER = uuid.UUID("6d0e3a2c-8f0b-5b7e-9f57-0c6b1f3a6f10")
_VERSION, _VARIANT = 8, 0b10


class _Counter:
    """Numbers that no two ids of one site and millisecond share, as long as the program runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[str, tuple[int, int]] = {}

    def next(self, site: str, at_ms: int) -> int:
        """A number of 26 bits."""
        with self._lock:
            then, before = self._last.get(site, (-1, 0))
            drawn = int.from_bytes(os.urandom(4)) >> (32 - _RANDOM_BITS)
            number = (before + 1) & (1 << _RANDOM_BITS) - 1 if then == at_ms else drawn
            self._last[site] = (at_ms, number)
            return number


_COUNTER = _Counter()


def new_id(clock: Clock, site: str) -> str:
    """Return a fresh id of a record that this site makes, ordered by the clock's milliseconds: 26 bits that are drawn in a new
    millisecond and count on within it, then the tag that binds it to the site.
    """
    at_ms = clock.now_ms() & (1 << _MS_BITS) - 1
    random = _COUNTER.next(site, at_ms)
    head = at_ms << 80
    head |= random >> _LOW_RANDOM << 64
    head |= (random & (1 << _LOW_RANDOM) - 1) << _TAG_BITS
    head = _marked(head)
    return str(uuid.UUID(int=head | _tag(head, site)))


def derived_id(agency: str, *cause: str) -> str:
    """Return the id of a record that follows from a cause: made at two workstations of an agency it is one record
    (REPLICATION, Reactions).
    """
    hashed = hashlib.blake2b(digest_size=16, person=b"jdc-cause")
    for part in (agency, *cause):
        data = part.encode()
        hashed.update(len(data).to_bytes(8) + data)
    return str(uuid.UUID(int=_marked(int.from_bytes(hashed.digest()))))


def earlier_derived_id(*cause: str) -> str:
    """What earlier versions derived from a cause: to find what they made, not to make anything."""
    return str(uuid.uuid5(_EARLIER, "\x1f".join(cause)))


def is_bound(entity_id: str) -> bool:
    """True for an id of this kind; earlier versions made others."""
    return _number(entity_id) is not None


def is_own_id(entity_id: str, site: str) -> bool:
    """True if this site may have made the id with `new_id`."""
    number = _number(entity_id)
    return number is not None and number & _TAG == _tag(number & ~_TAG, site)


def own_part(entity_id: str, site: str) -> bytes | None:
    """The 10 bytes that an id made by this site does not owe to its maker; None for any other id."""
    number = _number(entity_id)
    if number is None or number & _TAG != _tag(number & ~_TAG, site):
        return None
    return (number >> _TAG_BITS).to_bytes(OWN_BYTES)


def own_id(part: bytes, site: str) -> str:
    """The id of which `own_part` is left; ValueError when it is no part of such an id."""
    head = int.from_bytes(part) << _TAG_BITS
    if len(part) != OWN_BYTES or _marked(head) != head:
        raise ValueError("no part of an id")
    digits = format(head | _tag(head, site), "032x")
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _marked(number: int) -> int:
    """The number with the bits of version and variant set."""
    number &= ~(0xF << 76 | 0b11 << 62)
    return number | _VERSION << 76 | _VARIANT << 62


def _tag(head: int, site: str) -> int:
    data = head.to_bytes(16) + site.encode()
    return int.from_bytes(hashlib.blake2b(data, digest_size=_TAG_BITS // 8, person=b"jdc-id").digest())


def _number(entity_id: str) -> int | None:
    """The id as a number; None unless it is one of version 8 in the one way of writing it."""
    digits = entity_id.replace("-", "")
    try:
        number = int(digits, 16)
    except ValueError:
        return None
    hyphened = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    if hyphened != entity_id or format(number, "032x") != digits:
        return None
    return number if number >> 76 & 0xF == _VERSION and number >> 62 & 0b11 == _VARIANT else None
