"""Rule numbers of the district, changed by a journalled act; only clocks started later are affected (D-31)."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.rule_numbers import RuleKey
from app.usecases.commands import Command, Outcome, handles, outcome, writes
from app.usecases.context import Context, check_settled


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeRuleNumber(Command):
    """Change one rule number, in its own unit."""

    key: RuleKey
    value: int


def change_to(key: str, value: int) -> ChangeRuleNumber:
    """The command for a number by its name; ValueError for a name there is not."""
    return ChangeRuleNumber(key=RuleKey(key), value=value)


@handles(ChangeRuleNumber, writes("rule_number", "value"))
def change_rule_number(command: ChangeRuleNumber, context: Context) -> Outcome:
    """Checked against the range of its rule (E_RANGE)."""
    context.district.rules[command.key].changed_to(command.value)
    check_settled(context, "rule_number", command.key.value, ["value"])
    return outcome(
        *context.change("rule_number", command.key.value, {"value": command.value}), key=command.key.value
    )
