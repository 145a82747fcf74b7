"""Requests about pairing over the network: open a window, look, confirm, close (docs/COMMAND-LINE.md, pair-listen)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from app.bootstrap.listening import no_address, parse_address
from app.bootstrap.network_pairing import NetworkPairing
from app.kernel.clock import iso
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.texts import Texts
from app.local.pairing_view import PairingView

Json = dict[str, Any]


class PairingRequests:
    """`network` is set once there is a loop to pair on; `signed_in` gives the account of a request."""

    def __init__(self, texts: Texts, signed_in: Callable[[Json], str]) -> None:
        self._texts, self._signed_in = texts, signed_in
        self.network: NetworkPairing | None = None

    def calls(self) -> dict[str, Callable[[Json], Json]]:
        """Names of the requests and what answers them."""
        return {
            "pairing_open": self._open,
            "pairing_view": lambda _: self._told(self._pairing().view()),
            "pairing_confirm": self._confirm,
            "pairing_mismatch": lambda request: self._end(request, "mismatch"),
            "pairing_cancel": lambda request: self._end(request, "cancel"),
        }

    def _pairing(self) -> NetworkPairing:
        if self.network is None:
            raise Refusal(ErrorCode.STATE, "refusal.pairing.no_network", clause="CM-04")
        return self.network

    def _open(self, request: Json) -> Json:
        account_id, pairing = self._signed_in(request), self._pairing()
        listens = bool(request.get("listen"))
        where = parse_address(str(request.get("address", "")), lowest=0 if listens else 1)
        if where is None:
            raise no_address(own=listens)
        return self._told((pairing.listen if listens else pairing.dial)(account_id, *where))

    def _confirm(self, request: Json) -> Json:
        account_id = self._signed_in(request)
        return self._told(self._pairing().confirm(account_id, str(request.get("number", ""))))

    def _end(self, request: Json, how: str) -> Json:
        self._signed_in(request)
        pairing = self._pairing()
        return self._told(pairing.mismatch() if how == "mismatch" else pairing.cancel())

    def _told(self, view: PairingView) -> Json:
        told = asdict(view)
        told["until"] = iso(view.until) if view.until else None
        told["text"] = self._texts.get(view.reason) if view.reason and self._texts.has(view.reason) else ""
        return {"result": told}
