"""Whatever the program can say exists in both languages, with the parameters it is given."""

from __future__ import annotations

import pytest

from app.kernel.texts import Texts
from app.replication.endings import told
from db.migrate import ProblemKind
from tests.texts import scan

ZH = Texts.load("zh_CN")
USES = scan.program_uses("app")
# Endings of a session, troubles of a database, a port that cannot be used: each has its test below.
COMPOSING = {
    "app/replication/endings.py",
    "app/replication/service.py",
    "app/bootstrap/node.py",
    "app/bootstrap/reading.py",
    "app/ui/forms/field.py",
}

SAMPLE = """
raise Refusal(ErrorCode.TIME, "refusal.time.future", field="at", clause="D-26", seconds=60)
raise EnvironmentFault("keys", "fault.keys.site", path="x") from wrong
check(value, "refusal.duty.log_text_required", field="text")
raise Refusal(code, "refusal.time.future", **given)
"""


def test_the_scanner_finds_keys_and_parameters() -> None:
    found = list(scan.uses(SAMPLE, "sample"))
    direct = [(use.key, use.params) for use in found if use.params is not None]
    assert direct == [
        ("refusal.time.future", frozenset({"seconds", "field", "who"})),
        ("fault.keys.site", frozenset({"path", "who"})),
    ]
    assert {use.key for use in found} == {
        "refusal.time.future",
        "fault.keys.site",
        "refusal.duty.log_text_required",
    }


def test_the_scanner_finds_keys_that_are_put_together() -> None:
    assert list(scan.composed('x = f"refusal.{kind}.missing"', "sample")) == ["sample:1"]
    assert list(scan.composed('x = f"enum.{kind}"', "sample")) == []


def test_every_sentence_exists() -> None:
    missing = sorted(f"{use.where}: {use.key}" for use in USES if not ZH.has(use.key))
    assert not missing, "\n".join(missing)
    assert len({use.key for use in USES}) > 40


def test_every_sentence_gets_its_parameters() -> None:
    short = [
        f"{use.where}: {use.key} lacks {sorted(ZH.parameters(use.key) - use.params)}"
        for use in USES
        if use.params is not None and ZH.has(use.key) and ZH.parameters(use.key) - use.params
    ]
    assert not short, "\n".join(short)
    assert any(use.params for use in USES)


def test_keys_are_put_together_only_where_other_tests_look() -> None:
    found = {
        place.split(":")[0]
        for path in scan.sources("app")
        for place in scan.composed(path.read_text("utf-8"), str(path.relative_to(scan.ROOT)))
    }
    assert found <= COMPOSING


def test_every_trouble_of_a_database_has_a_sentence() -> None:
    assert not [kind for kind in ProblemKind if not ZH.has(f"fault.database.{kind}")]
    assert ZH.has("fault.port.unusable")


def test_every_ending_has_a_sentence() -> None:
    names = [key.removeprefix("refusal.sync.") for key in ZH.catalogue if key.startswith("refusal.sync.")]
    assert len(names) > 20
    for name in [*names, "unheard_of", ""]:
        assert ZH.has(told(name).key), name
    short = {
        name for path in scan.sources("app/replication") for name in scan.short_names(path.read_text("utf-8"))
    }
    assert {"realm", "unreachable", "own_chain_behind", "proto_older"} <= short
    assert not [name for name in sorted(short) if not ZH.has(f"refusal.sync.{name}")]


@pytest.mark.parametrize(
    "key",
    [
        "refusal.permission.denied",
        "refusal.sign_in.failed",
        "refusal.sign_in.expired",
        "refusal.sign_in.locked",
        "refusal.command.unknown",
        "refusal.command.input",
        "refusal.owner.row",
        "refusal.record.missing",
        "refusal.record.conflict_resolved",
        "fault.port.taken",
        "fault.data.unwritable",
        "fault.display.none",
        *(
            f"fault.database.{kind}"
            for kind in ("damaged", "newer", "older", "locked", "missing", "readonly", "full")
        ),
    ],
)
def test_general_sentences_exist(key: str) -> None:
    assert ZH.has(key)
