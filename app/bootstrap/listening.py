"""Where a site may be reached: host and port, read from text. Light: also used before the first paint."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.errors import ErrorCode, Refusal


@dataclass(frozen=True)
class Listening:
    """Where peers may reach this site; None: it only dials."""

    host: str
    port: int


def parse_address(text: str) -> tuple[str, int] | None:
    """host:port -> (host, port), None for nothing; Refusal E_FORMAT otherwise."""
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise Refusal(ErrorCode.FORMAT, "refusal.sync.address", field="address", clause="JD-01")
    return host.strip("[]"), int(port)
