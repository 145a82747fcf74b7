"""Requests about exchange by stick (docs/COMMAND-LINE.md): make a bundle, look at one, take it in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from app.bootstrap import bundle_export, bundle_import, bundle_look
from app.bootstrap.node import Node
from app.domain import wording
from app.exchange.bundles import Unusable
from app.kernel.errors import ErrorCode, Refusal

Json = dict[str, Any]


class BundleRequests:
    """`signed_in` gives the account of a request, `plain` makes JSON of a result."""

    def __init__(self, node: Node, signed_in: Callable[[Json], str], plain: Callable[[Any], Any]) -> None:
        self._node, self._signed_in, self._plain = node, signed_in, plain

    def calls(self) -> dict[str, Callable[[Json], Json]]:
        """Names of the requests and what answers them."""
        return {"bundle_export": self._export, "bundle_import": self._import}

    def _export(self, request: Json) -> Json:
        account_id = self._signed_in(request)
        made = bundle_export.export(
            self._node,
            str(request.get("to", "")),
            Path(str(request.get("path", ""))),
            account_id,
            follow=bool(request.get("follow")),
            resume=bool(request.get("resume")),
        )
        return {"result": self._plain(made)}

    def _import(self, request: Json) -> Json:
        account_id = self._signed_in(request)
        given = request.get("paths")
        if not isinstance(given, list) or not given:
            raise Refusal(
                ErrorCode.FORMAT, "refusal.command.input", field="paths", problem="no list of files"
            )
        paths = [Path(str(each)) for each in given]
        if request.get("dry_run"):
            looked = bundle_look.examine(self._node, paths, account_id)
            return {
                "result": {
                    "bundles": self._plain(looked.bundles),
                    "unusable": self._unusable(looked.unusable),
                }
            }
        taken = bundle_import.take(self._node, paths, account_id)
        return {
            "result": {
                "bundles": self._plain(taken.bundles),
                "later": self._plain(taken.later),
                "unusable": self._unusable(taken.unusable),
            }
        }

    def _unusable(self, files: Iterable[Unusable]) -> list[Json]:
        texts = self._node.texts
        return [
            {
                "name": each.name,
                "code": str(getattr(each.error.code, "value", each.error.code)),
                "text": wording.sentence(texts, each.error),
            }
            for each in files
        ]
