"""Renewing the certificate a workstation dials and answers with: announced in the journal, nothing paired again (0033)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.bootstrap.node import Node
from app.kernel.enums import Priority
from app.replication.tls import ends_at, install_leaf, renewed_leaf
from app.usecases.site_keys import RenewCertificate


def renew(node: Node, account_id: str, until: datetime | None = None) -> dict[str, Any]:
    """Renew the certificate; Refusal when the account may not, EnvironmentFault when root or disk fail.

    The old one is good until the new file has its name: a cut in between leaves the announcement of an end that lies later
    than the present one's, and nothing broken.
    """
    node.check_right("renew_certificate", account_id)
    leaf = renewed_leaf(node.data.keys, node.me.site, until)
    end = ends_at(leaf)

    def work() -> None:
        done = node.bus.execute(RenewCertificate(until=end), account_id)
        install_leaf(node.data.keys, leaf)
        node.publish(done.changes)

    node.writing(work, Priority.OFFICER)
    return {"site": node.me.site, "until": end.isoformat()}
