"""The reference: transactions in any causal order -> the shared state that every site must compute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.journal import verbs
from app.journal.operation import Operation, Transaction
from app.journal.policy import Policy
from tests.oracle.causal import Causal, body_of
from tests.oracle.contents import opened
from tests.oracle.reading import Anchors, Reading, Setting
from tests.oracle.view import Painter, Register

State = dict[str, dict[Any, Any]]


@dataclass(frozen=True)
class Reference:
    """State of a journal, and what is needed to compare it between sites."""

    state: State
    reading: Reading

    @property
    def opened(self) -> frozenset[Register]:
        """Registers that were disclosed."""
        found = self.reading.valid_with(verbs.DISCLOSE)
        registers = {(op.entity or "", op.entity_id or "", body_of(op)["field"]) for op in found}
        return frozenset(r for r in registers if opened(self.reading, *r, None))


def read(
    transactions: Iterable[Transaction], policy: Policy, realm: str, agency: str, recovery_key: bytes
) -> Reference:
    """Read a journal as a site of this agency does.

    A first reading denies nothing and finds the revocations; a second one denies what was granted concurrently with
    them (FINDINGS 12). Recovery keys of other agencies are those this agency has met; they change nothing in what this
    agency's own administrators did, so a second round with them is the last.
    """
    causal = Causal(transactions)
    anchors: Anchors = {agency: frozenset({recovery_key})}
    while True:
        first = Reading(Setting(causal, policy, realm, anchors))
        revocations = tuple(first.valid_with(verbs.REVOKE))
        second = Reading(Setting(causal, policy, realm, anchors, revocations))
        met = _met(second, agency, recovery_key)
        if met == anchors:
            return Reference(Painter(second).state(), second)
        assert anchors.keys() <= met.keys(), "meeting somebody took another's key away"
        anchors = met


def _met(reading: Reading, agency: str, recovery_key: bytes) -> Anchors:
    keys: dict[str, frozenset[bytes]] = {agency: frozenset({recovery_key})}
    for op in _meetings(reading, agency):
        name = op.entity_id or ""
        keys[name] = keys.get(name, frozenset()) | {body_of(op)["key"]}
    return keys


def _meetings(reading: Reading, agency: str) -> list[Operation]:
    return [op for op in reading.valid_with(verbs.MEET) if reading.verdicts[op.hash].agency == agency]
