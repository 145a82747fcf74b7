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
    """host:port -> (host, port), None for nothing; Refusal E_FORMAT otherwise."""
    if not text:
        return None
    host, _, port = text.rpartition(":")
    number = int(port) if port.isascii() and port.isdigit() else -1
    if not host or not lowest <= number < 1 << 16:
        raise Refusal(ErrorCode.FORMAT, "refusal.sync.address", field="address", clause="JD-01")
    return host.strip("[]"), number
