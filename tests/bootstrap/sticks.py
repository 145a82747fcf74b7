"""Two rooms without any network between them, and a folder that goes back and forth."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import bundle_export, bundle_import, pairing
from app.exchange.bundles import Exported, Imported
from app.local import acks
from tests.kit import Site, Town


def introduce(town: Town) -> None:
    """Identity files compared and confirmed on both sides; nobody dials anybody."""
    files = [pairing.identity_file(site.node, []) for site in (town.emb, town.frd)]
    number = pairing.compare(town.emb.node, files[1]).number
    pairing.confirm(town.emb.node, files[1], number, town.emb.admin)
    pairing.confirm(town.frd.node, files[0], number, town.frd.admin)


def make(site: Site, to: str, folder: Path, who: str = "duty_officer", **how: Any) -> Exported:
    """Make a bundle."""
    return bundle_export.export(site.node, to, folder, site.account(who), **how)


def take(site: Site, *paths: Path, who: str = "duty_officer", **how: Any) -> Imported:
    """Take files or a folder in."""
    return bundle_import.take(site.node, paths, site.account(who), **how)


def heads(site: Site) -> dict[str, int]:
    """Site -> highest number held."""
    return {chain: seq for chain, (seq, _) in site.vector().items()}


def log_of(site: Site) -> list[str]:
    """What was noted of bundles, oldest first."""
    from app.queries import duty

    texts = [str(row.text) for row in reversed(site.node.local(duty.log)) if row.kind == "link"]
    return [text for text in texts if "数据包" in text]


@pytest.fixture
def apart(town: Town) -> Iterator[Town]:
    """The town, paired; both know that the other holds what was exchanged before the network went."""
    for site, other in ((town.emb, town.frd), (town.frd, town.emb)):
        known = {other.node.me.site: heads(other)}
        site.node.local(partial(acks.note, changes=known, at=0))
    introduce(town)
    yield town
