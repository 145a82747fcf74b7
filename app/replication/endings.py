"""Why a session ended, said once for the log, the status and the peer."""

from __future__ import annotations

from typing import Final

from app.kernel.errors import ErrorCode, Refusal

CLAUSE: Final = "REPLICATION, Wire"

DUPLICATE: Final = "refusal.sync.duplicate"
CLOSED: Final = "refusal.sync.closed"
CUT: Final = "refusal.sync.cut"
FRAME: Final = "refusal.sync.frame"
BAD_TRANSACTION: Final = "refusal.sync.bad_transaction"
PEER_ERROR: Final = "refusal.sync.peer_error"
PAUSED: Final = "refusal.sync.paused"
INTERNAL: Final = "refusal.sync.internal"
REVOKED: Final = "refusal.sync.revoked"
NOT_PAIRED: Final = "refusal.sync.not_paired"

# What a peer may give as its reason in ERR, and what that means seen from here; anything else is PEER_ERROR.
_TOLD: Final = {
    "bad_transaction": "refused_there",
    "closed": "closed",
    "district": "district",
    "duplicate": "duplicate",
    "fork": "fork",
    "frame": "refused_there",
    "not_paired": "not_paired_there",
    "own_chain_behind": "peer_chain_behind",
    "paused": "paused",
    "proto_newer": "proto_older",
    "proto_older": "proto_newer",
    "realm": "realm",
    "revoked": "revoked_there",
    "same_site": "same_site",
    "silent": "silent",
    "wrong_site": "wrong_site",
}
# What will not go away by dialling again soon: the pause before the next try doubles.
_LASTING: Final = frozenset(
    f"refusal.sync.{name}"
    for name in (
        "bad_transaction",
        "district",
        "fork",
        "frame",
        "internal",
        "own_chain_behind",
        "peer_chain_behind",
        "peer_error",
        "realm",
        "refused_there",
        "revoked_there",
        "same_site",
        "wrong_site",
    )
)


class SessionEndedError(Exception):
    """A session is over: text key and technical detail (for log and ERR, never data)."""

    def __init__(self, key: str, detail: str = "", *, from_peer: bool = False) -> None:
        super().__init__(f"{key} {detail}".strip())
        self.key, self.detail, self.from_peer = key, detail, from_peer

    @property
    def lasting(self) -> bool:
        """True when trying again at once would end the same way."""
        return self.key in _LASTING


def refusal(key: str) -> Refusal:
    """An E_SYNC refusal with a key below `refusal.sync`."""
    return Refusal(ErrorCode.SYNC, f"refusal.sync.{key}", clause=CLAUSE)


def told(code: str) -> SessionEndedError:
    """The ending that a peer's ERR announces."""
    name = _TOLD.get(code.removeprefix("refusal.sync."))
    return SessionEndedError(PEER_ERROR if name is None else f"refusal.sync.{name}", from_peer=True)
