"""Where a site may be reached, read from text, and where alarms come in. Light: also used before the first paint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.kernel.errors import ErrorCode, Refusal


@dataclass(frozen=True)
class Listening:
    """Where peers may reach this site; None: it only dials."""

    host: str
    port: int


@dataclass(frozen=True)
class Doors:
    """Where alarms may come in besides the local socket: a watched folder, a port of local POST (IS-01)."""

    folder: Path | None = None
    port: int | None = None


NO_DOORS = Doors()


def listening_at(text: str | None) -> Listening | None:
    """Where to listen; port 0 takes any free one. Refusal E_FORMAT for no address."""
    where = parse_address(text or "", lowest=0)
    return Listening(*where) if where else None


def parse_address(text: str, lowest: int = 1) -> tuple[str, int] | None:
    """host:port -> (host, port), None for nothing; Refusal E_FORMAT otherwise. `lowest` 0: an address of our own."""
    if not text:
        return None
    host, _, port = text.rpartition(":")
    number = int(port) if port.isascii() and port.isdigit() else -1
    if not host or not lowest <= number < 1 << 16:
        raise no_address(own=not lowest)
    return host.strip("[]"), number


def no_address(*, own: bool) -> Refusal:
    """What was given is no address, of ours or of the other side."""
    key = "refusal.sync.own_address" if own else "refusal.sync.address"
    return Refusal(ErrorCode.FORMAT, key, field="address", clause="JD-01")
