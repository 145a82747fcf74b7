"""Identifiers: UUIDv7 for what a person creates, UUIDv5 for what follows from it (RFC 9562)."""

from __future__ import annotations

import os
import uuid

from app.kernel.clock import Clock

_REACTIONS = uuid.UUID("6d0e3a2c-8f0b-5b7e-9f57-0c6b1f3a6f10")


def new_id(clock: Clock) -> str:
    """Return a fresh UUIDv7 as text, ordered by the clock's milliseconds."""
    random = int.from_bytes(os.urandom(10))
    high = (clock.now_ms() & (1 << 48) - 1) << 80
    value = high | 0x7 << 76 | (random >> 68) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return str(uuid.UUID(int=value))


def derived_id(*cause: str) -> str:
    """Return the UUIDv5 of a cause: a reaction written at two sites is one row (REPLICATION, Reactions)."""
    return str(uuid.uuid5(_REACTIONS, "\x1f".join(cause)))
