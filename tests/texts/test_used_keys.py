"""Whatever the program can say exists in both languages, with the parameters it is given."""

from __future__ import annotations

import pytest

from app.kernel.texts import Texts
from tests.texts import scan

ZH = Texts.load("zh_CN")
USES = scan.program_uses("app")

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


def test_no_key_is_put_together_at_run_time() -> None:
    found = [
        place
        for path in scan.sources("app")
        for place in scan.composed(path.read_text("utf-8"), str(path.relative_to(scan.ROOT)))
    ]
    assert not found


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
