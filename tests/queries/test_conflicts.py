"""Open disagreements as a list of work, the same in both rooms (XC-03, D-19)."""

from __future__ import annotations

from functools import partial

import pytest

from app.domain.rule_numbers import RuleKey
from app.journal.history import history
from app.kernel.enums import IncidentStatus
from app.queries import conflicts
from app.queries.board import rows
from app.queries.board_view import BoardView
from app.queries.conflicts import ConflictCase, is_cautious, open_conflicts, open_count
from app.queries.disputes import Disputed
from app.usecases.casualties import SetCasualties
from app.usecases.conflicts import choices
from app.usecases.incidents import ChangeIncident, SetIncidentStatus
from app.usecases.settings import ChangeRuleNumber
from db.tables import ENTITIES
from tests.kit import Site, Town, act, ms, register, ship


def cases(site: Site) -> list[ConflictCase]:
    return site.node.local(open_conflicts)


def disputed(town: Town) -> str:
    """Figures, status and place of one incident, and a rule number, changed apart; the fire side's clock is later."""
    row = register(town.emb)
    town.sync()
    for site, number, place, status in (
        (town.emb.at("14:20:00"), 6, "甲路", IncidentStatus.HANDLING),
        (town.frd.at("14:22:00"), 4, "乙路", IncidentStatus.CONTROLLED),
    ):
        if site is town.frd:
            act(site, "duty_officer", SetIncidentStatus(incident_id=row.id, to=IncidentStatus.HANDLING))
        act(site, "duty_officer", SetCasualties(incident_id=row.id, injured_serious=number))
        act(site, "duty_officer", ChangeIncident(incident_id=row.id, place=place))
        act(site, "duty_officer", SetIncidentStatus(incident_id=row.id, to=status))
    act(town.emb.at("14:30:00"), "leader", ChangeRuleNumber(key=RuleKey.ORAL_REPORT_LIMIT, value=25))
    act(town.frd.at("14:31:00"), "leader", ChangeRuleNumber(key=RuleKey.ORAL_REPORT_LIMIT, value=20))
    return row.id


@pytest.mark.parametrize("turned", [False, True])
def test_both_rooms_list_the_same_in_the_same_order(town: Town, turned: bool) -> None:
    incident_id = disputed(town)
    ways = [(town.emb, town.frd), (town.frd, town.emb)]
    for source, target in reversed(ways) if turned else ways:
        ship(source, target)
    found = cases(town.emb)
    assert found == cases(town.frd)
    assert [(case.entity, case.field) for case in found] == [
        ("rule_number", "value"),
        ("incident", "injured_serious"),
        ("incident", "place"),
        ("incident", "status"),
    ]
    assert [site.node.local(open_count) for site in (town.emb, town.frd)] == [4, 4]
    rule, figure, place, status = found
    assert (rule.name, rule.incident_id, rule.no, rule.title) == ("oral_report_limit", None, None, "")
    assert (figure.incident_id, figure.no) == (incident_id, town.emb.incident(incident_id).no)
    assert [row.value[0] for row in figure.rows] == [4, 6], "the smaller first, whoever wrote first"
    assert [row.value for row in place.rows] == ["甲路", "乙路"], "in the order of writing"
    assert (figure.written_at, is_cautious(status), is_cautious(place)) == (ms("14:22:00"), True, False)
    assert status.title.startswith(town.emb.incident(incident_id).place or "?")


def test_what_was_withdrawn_is_neither_listed_nor_counted(town: Town) -> None:
    """D-19: the figure in the status line is that of the desk; a record that was withdrawn needs no decision any more."""
    disputed(town)
    town.sync()
    assert town.emb.node.local(open_count) == len(cases(town.emb)) == 4
    town.emb.node.local(lambda c: c.execute("UPDATE incident SET retracted = 1"))
    assert town.emb.node.local(open_count) == len(cases(town.emb)) == 1
    town.emb.node.local(lambda c: c.execute("UPDATE conflict SET field = 'of a later version'"))
    assert town.emb.node.local(open_count) == len(cases(town.emb)) == 0


def test_a_long_list_ends_with_what_people_can_read(town: Town) -> None:
    disputed(town)
    town.sync()
    assert town.emb.node.local(lambda c: open_conflicts(c, 2)) == cases(town.emb)[:2]


def test_the_board_says_the_numbers_alone(town: Town) -> None:
    incident_id = disputed(town)
    town.sync()
    for site, partner in ((town.emb, "FRD"), (town.frd, "EMB")):
        view = BoardView(str(site.agency), partner)
        [row] = site.node.local(partial(rows, view=view, ids=[incident_id]))
        assert row.disputed[0] == Disputed("injured_serious", (4, 6), figure=True)


def test_what_each_had_seen_can_be_told(town: Town) -> None:
    """Neither had seen the other's; both had seen the registration, and the moment it was made."""
    incident_id = disputed(town)
    town.sync()
    [figure] = [case for case in cases(town.emb) if case.field == "injured_serious"]
    for site in (town.emb, town.frd):
        entries = {
            bytes.fromhex(e.hash): e for e in site.node.local(lambda c: history(c, "incident", incident_id))
        }
        four, six = (entries[row.hash] for row in figure.rows)
        assert not four.had_seen(six.site, six.seq) and not six.had_seen(four.site, four.seq)
        assert four.seen_at[six.site] == ms("08:00:00")
        assert six.seen_at[four.site] <= ms("08:00:00")


def test_a_case_without_a_row_or_of_an_unknown_field_is_left_out(town: Town) -> None:
    disputed(town)
    town.sync()
    node = town.emb.node
    assert node.local(lambda c: conflicts._case(c, "nothing", "x", "y", [])) is None
    assert node.local(lambda c: conflicts._case(c, "incident", "x", "nothing", [])) is None


def test_every_field_says_what_can_be_decided() -> None:
    """A register of the product can be settled by somebody: nothing stays in disagreement for ever."""
    for entity in ("incident", "rule_number"):
        for field in ENTITIES[entity].fields.values():
            if field.merge.value in ("register", "status"):
                assert choices(entity, field.name).keep, f"{entity}.{field.name}"
    assert choices("incident", "status").another is False
    assert choices("incident", "deaths") == choices("incident", "direct_loss_yuan")
    assert choices("incident", "deaths").figure and choices("incident", "deaths").another
    assert not choices("account", "name").keep
