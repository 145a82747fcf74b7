"""By which rules the rows were made is noted; other rules project anew (REPLICATION, Versions)."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import MetaData

from app.bootstrap import node as node_module
from app.bootstrap.feature_table import policy
from app.bootstrap.node import Node, Open
from app.journal import rules
from app.journal.policy import Effect, OwnerRule, Policy
from app.journal.rules import fingerprint
from app.journal.verify import verify
from app.kernel.enums import Role
from app.usecases.duty import WriteLogEntry
from db.fields import Claim, fixed, register, shared
from tests.kit import Site, act, emb, founded_town, frd, town

__all__ = ["emb", "founded_town", "frd", "town"]
PROGRAM = (
    "from app.bootstrap.feature_table import policy; from app.journal.rules import fingerprint;"
    " print(fingerprint(policy()))"
)


def test_the_same_program_has_the_same_fingerprint() -> None:
    """In every process, whatever the order of its sets."""
    told = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
        told.add(done.stdout.strip())
    assert told == {fingerprint(policy())}


def _other(**changes: object) -> Policy:
    return replace(policy(), **changes)  # type: ignore[arg-type]


def test_every_rule_is_in_the_fingerprint() -> None:
    """Permissions, effects, owners, bound ids, fields with scope, merge and claim, the versions."""
    known = policy()
    log = known.entities["log_entry"]

    odd = {
        "note": shared("note", [fixed("a")], into=MetaData()),
        "note of a register": shared("note", [register("a")], into=MetaData()),
        "note with a claim": shared("note", [fixed("a", claim=Claim.SITE)], into=MetaData()),
        "internal note": shared("note", [fixed("a", scope="internal")], into=MetaData()),
    }
    others = [
        _other(rights={**known.rights, ("write_log_entry", "EMB"): frozenset({Role.OBSERVER})}),
        _other(effects={**known.effects, "write_log_entry": (Effect("log_entry", frozenset({"write"})),)}),
        _other(owners={"scene_handling": OwnerRule("FRD", frozenset())}),
        _other(bound=frozenset()),
        *(_other(entities={"log_entry": log, "note": each}) for each in odd.values()),
    ]
    prints = [fingerprint(known), *(fingerprint(each) for each in others)]
    with patch.object(rules, "PROJECTION_V", 77):
        prints.append(fingerprint(known))
    assert len(set(prints)) == len(prints)


def test_other_rules_project_anew_at_the_start(emb: Site, caplog: pytest.LogCaptureFixture) -> None:
    """A version in which officers write no log any more: their entry is quarantined at the start, and the log says why."""
    act(emb, "duty_officer", WriteLogEntry(text="x"))
    before = emb.count("quarantine")
    emb.node.close()
    rights = {key: roles for key, roles in policy().rights.items() if key[0] != "write_log_entry"}

    def permits(command: str, agency: str, roles: frozenset[str]) -> bool:
        return command != "write_log_entry" and policy().permits(command, agency, roles)

    stricter = _other(rights=rights, permits=permits)
    standpoint = emb.node.journal.identity
    with patch.object(node_module, "policy", lambda: stricter), caplog.at_level(logging.WARNING):
        with Node(Open(emb.node.data, emb.clock)) as reopened:
            count = "SELECT count(*) FROM quarantine"
            assert reopened.local(lambda c: c.execute(count).fetchone()[0]) == before + 1
        assert "other rules" in caplog.text
        caplog.clear()
        Node(Open(emb.node.data, emb.clock)).close()
        assert "other rules" not in caplog.text
    from app.journal.reprojection import Standpoint

    report = verify(emb.node.data.database, Standpoint.of(standpoint), policy())
    assert report.other_rules and report.differences_total
    with Node(Open(emb.node.data, emb.clock)) as reopened:
        assert reopened.local(lambda c: c.execute(count).fetchone()[0]) == before
