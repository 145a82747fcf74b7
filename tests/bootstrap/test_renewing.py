"""The certificate of the link is renewed while the partner is away; afterwards they connect as before, nothing paired again."""

from __future__ import annotations

import asyncio
import stat
from datetime import UTC, datetime, timedelta

import pytest

from app.bootstrap import pairing, renewing, trusting
from app.bootstrap.listening import Listening
from app.bootstrap.service import Service
from app.kernel.clock import from_ms
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.replication.tls import LEAF_KEY_FILE, ROOT_KEY_FILE, VALID_UNTIL, load_tls
from app.usecases.duty import WriteLogEntry
from tests.bootstrap.linked import both, until, up
from tests.kit import Town, act, founded_town, town

__all__ = ["founded_town", "town"]


async def met(town: Town) -> int:
    """Both pair and connect once; the port FRD dials from then on."""
    async with both(town) as (listening, dialling):
        await until(lambda: up(listening) and up(dialling), "connected")
        assert listening.replication.port is not None
        return listening.replication.port


async def again(town: Town, port: int, text: str) -> None:
    """Both start anew; the partner holds what was written meanwhile."""
    async with (
        Service(town.emb.node, Listening("127.0.0.1", port)) as listening,
        Service(town.frd.node) as dialling,
    ):
        await until(lambda: up(listening) and up(dialling), "connected again", 30)
        said = lambda: {row["text"] for row in town.frd.rows("log_entry")}  # noqa: E731
        await until(lambda: text in said(), "what was written meanwhile", 30)


def test_renewed_and_key_changed_while_the_partner_is_away_then_connected(town: Town) -> None:
    """REPLICATION, Wire: renewal needs no new pairing; nor does another signing key."""
    emb, frd = town.emb, town.frd
    port = asyncio.run(met(town))
    file, old = pairing.identity_file(emb.node), load_tls(emb.node.data.keys)
    serial = old.leaf.read_bytes()
    renewing.renew(emb.node, emb.admin)
    after = load_tls(emb.node.data.keys)
    assert after.leaf.read_bytes() != serial and (after.root_pem, after.pin) == (old.root_pem, old.pin)
    assert not (emb.node.data.keys / LEAF_KEY_FILE).exists()
    assert stat.S_IMODE(after.leaf.stat().st_mode) == 0o600
    assert pairing.identity_file(emb.node) == file
    trusting.rotate_key(emb.node, emb.admin)
    act(emb, "duty_officer", WriteLogEntry(text="换证换钥之后"))
    asyncio.run(again(town, port, "换证换钥之后"))
    for site in (emb, frd):
        row = next(row for row in site.rows("site") if row["id"] == emb.node.me.site)
        assert from_ms(row["tls_until"]) == VALID_UNTIL
    assert any("更新了通信证书" in row["text"] for row in frd.rows("log_entry"))
    emb.reopen()
    act(emb, "duty_officer", WriteLogEntry(text="再次启动之后"))
    asyncio.run(again(town, port, "再次启动之后"))


def test_only_the_administrator_and_only_into_the_future(town: Town) -> None:
    emb = town.emb
    with pytest.raises(Refusal) as denied:
        renewing.renew(emb.node, emb.account("duty_chief"))
    assert denied.value.code is ErrorCode.PERM
    kept = load_tls(emb.node.data.keys).leaf.read_bytes()
    with pytest.raises(Refusal) as past:
        renewing.renew(emb.node, emb.admin, datetime(2025, 1, 1, tzinfo=UTC))
    assert past.value.text == "refusal.sites.tls_until"
    assert load_tls(emb.node.data.keys).leaf.read_bytes() == kept
    soon = from_ms(emb.clock.now_ms()) + timedelta(days=20)
    renewing.renew(emb.node, emb.admin, soon)
    (emb.node.data.keys / ROOT_KEY_FILE).write_text("damaged")
    with pytest.raises(EnvironmentFault) as fault:
        renewing.renew(emb.node, emb.admin)
    assert fault.value.code == "keys"
