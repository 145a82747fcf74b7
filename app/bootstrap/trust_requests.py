"""Requests about this workstation's own trust: change its key, renew its certificate, seal its emergency account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.bootstrap import renewing, sheets, trusting
from app.bootstrap.node import Node

Json = dict[str, Any]


def calls(node: Node, signed_in: Callable[[Json], str]) -> dict[str, Callable[[Json], Json]]:
    """Request by name; every one needs the right of the command it carries out."""

    def rotate(request: Json) -> Json:
        return {"result": trusting.rotate_key(node, signed_in(request))}

    def seal(request: Json) -> Json:
        sealed = sheets.seal_account(node, signed_in(request))
        page = sheets.document(node.texts, [sheets.seal_page(node.texts, sheets.where_of(node), sealed)])
        return {"result": {"account_id": sealed.account, "name": sealed.name}, "page": page}

    def renew(request: Json) -> Json:
        return {"result": renewing.renew(node, signed_in(request))}

    return {"rotate_key": rotate, "renew": renew, "seal": seal}
