"""Every shared field has one merge rule and one scope, declared beside it; every rule of REPLICATION's table is declared, judged
and told as a story (REPLICATION, Merge).
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table

from app.bootstrap import feature_table
from app.journal import verbs
from db.fields import INTERNAL, JOINT, ROW_NUMBER, Entity, Field, Merge, metadata, register, shared
from db.tables import ENTITIES, journal, local
from db.tables.contacts import CONTACT_SCOPE
from tests.journal import test_births, test_stories, test_texts, test_trust
from tests.simulation import schema
from tests.usecases import test_series

BOOKKEEPING = {"id", ROW_NUMBER, "born_agency", "updated_at", "conflicts", "retracted"}
SCOPES = {JOINT, INTERNAL, CONTACT_SCOPE}

# The table of the design, row by row: what of the code carries it, and the story that would fail without it.
STORIES = {
    "incident and resource fields": (Merge.REGISTER, test_stories.test_late_body_is_not_silently_overwritten),
    "owned sections and registers": (Merge.OWNED, test_stories.test_a_wrong_clock_does_not_hide_the_owner),
    "alarm grade": (Merge.MAX, test_stories.test_a_struck_grade_no_longer_counts),
    "earliest received time": (Merge.MIN, test_stories.test_a_struck_grade_no_longer_counts),
    "status machines": (Merge.STATUS, test_stories.test_status_shows_the_more_cautious_move),
    "add-only sets": (Merge.FIXED, test_births.test_a_second_birth_rewrites_nothing),
    "stock quantities": (verbs.TAKE, test_trust.test_the_heir_takes_the_shares_and_late_spending_shows),
    "approvals": (verbs.APPROVE, test_stories.test_approval_does_not_revive),
    "approvals of long text": (verbs.APPROVE, test_texts.test_approval_binds_the_rendered_text),
    "deletions": (verbs.RETRACT, test_stories.test_retraction_and_an_edit_others_cannot_see),
    "long shared text": (Merge.TEXT, test_texts.test_any_order_and_a_rebuild_give_the_same_bytes),
    "numbers": (Merge.FIXED, test_series.test_a_printed_number_never_changes),
}


def tables_without_rules(tables: Iterable[Table], entities: Iterable[Entity]) -> set[str]:
    """Tables that are neither shared nor known as the journal's or this workstation's own."""
    apart = {
        each.name for module in (journal, local) for each in vars(module).values() if isinstance(each, Table)
    }
    return {table.name for table in tables} - apart - {entity.table.name for entity in entities}


def columns_without_rule(entity: Entity) -> set[str]:
    """Columns of a shared table that no field covers, or more than one does."""
    covered = Counter(
        [*entity.derived, *(column for field in entity.fields.values() for column in field.columns)]
    )
    return {
        each.name for each in entity.table.columns if each.name not in BOOKKEEPING and covered[each.name] != 1
    }


def faults(field: Field) -> list[str]:
    """What a declaration lacks."""
    found = []
    if field.merge not in set(Merge):
        found.append("no merge rule")
    if field.scope not in SCOPES:
        found.append("unknown scope")
    if (field.merge is Merge.STATUS) != bool(field.caution):
        found.append("order of caution")
    if (field.merge is Merge.OWNED) != (field.owner is not None):
        found.append("owner")
    if field.claim is not None and field.merge is not Merge.FIXED:
        found.append("claim")
    return found


def test_every_table_and_column_has_its_rule() -> None:
    """No shared field lacks a policy, and no table is shared without one."""
    assert not tables_without_rules(metadata.tables.values(), ENTITIES.values())
    for entity in ENTITIES.values():
        assert not columns_without_rule(entity), entity.name
        assert not {each.name: faults(each) for each in entity.fields.values() if faults(each)}, entity.name
    assert feature_table.policy().entities == ENTITIES


def test_what_lacks_a_rule_is_found() -> None:
    """The test above can fail: a table, a column, a doubled column, a rule without what it needs."""
    into = MetaData()
    good = shared("good", [register("words")], into=into)
    good.table.append_column(Column("forgotten", String))
    assert columns_without_rule(good) == {"forgotten"}
    doubled = shared("doubled", [register("words")], into=into, derived={"level": Integer})
    twice = Entity(
        "doubled", doubled.table, {**doubled.fields, "level": register("level")}, JOINT, doubled.derived
    )
    assert columns_without_rule(twice) == {"level"}
    assert tables_without_rules(into.tables.values(), []) == {"good", "doubled"}
    bare = Field("x", Merge.STATUS, {"x": String()})
    assert faults(bare) == ["order of caution"]
    assert faults(Field("x", Merge.OWNED, {"x": String()}, "somewhere")) == ["unknown scope", "owner"]


def test_every_rule_is_declared_somewhere_and_simulated() -> None:
    """What the product does not use yet stands on the entities of the simulated city, and is judged by the same code."""
    known = {field.merge for entity in schema.ENTITIES.values() for field in entity.fields.values()}
    assert known == set(Merge)
    used = {verb for effects in schema.EFFECTS.values() for effect in effects for verb in effect.verbs}
    assert {
        verbs.SHARE,
        verbs.TAKE,
        verbs.MOVE,
        verbs.APPROVE,
        verbs.RETRACT,
        verbs.TEXT,
        verbs.DISCLOSE,
    } <= used


@pytest.mark.parametrize("row", STORIES)
def test_every_row_of_the_table_has_its_story(row: str) -> None:
    """Rule or verb exists, and there is a test that tells it."""
    rule, story = STORIES[row]
    written = {value for name, value in vars(verbs).items() if name.isupper() and isinstance(value, str)}
    assert (rule in set(Merge) or rule in written) and inspect.isfunction(story) and story.__doc__
