"""Incidents (RC-01, RC-16, D-20 to D-22, D-34) with their casualty figures (IS-14), and the units sent to them (IS-01)."""

from __future__ import annotations

from sqlalchemy import Float, Index, Integer, String, text

from db.fields import Claim, Field, fixed, maximum, minimum, register, shared, status

# Order of caution: a life may still be in danger < nobody looks any more (REPLICATION, status machines).
CAUTION = ("handling", "registered", "clue", "controlled", "closed", "merged", "void")

# Casualty figures (IS-14), in the order in which they are said.
FIGURES = (
    "deaths",
    "injured_serious",
    "injured_minor",
    "missing",
    "trapped",
    "evacuated",
    "direct_loss_yuan",
)


def _figure(name: str) -> Field:
    """A figure with its verify state, who stated it and when: one register, so that one disagreement is one conflict (D-38)."""
    columns = {name: Integer, f"{name}_state": String, f"{name}_source": String, f"{name}_stated_at": Integer}
    return register(name, columns)


INCIDENT = shared(
    "incident",
    [
        fixed("no", claim=Claim.NUMBER),
        fixed("agency", claim=Claim.AGENCY),
        fixed("registered_at", Integer),
        fixed("registered_by", claim=Claim.ACCOUNT),
        fixed("origin"),  # person | feed
        fixed("alarm_no"),
        register("source"),
        minimum("received_at"),
        register("occurred_at", Integer),
        register("class_code"),
        register("type_code"),
        register("what"),
        register("place"),
        register("unit_code"),
        register("position", {"lon": Float, "lat": Float, "crs": String}),
        register("address_note"),
        maximum("alarm_grade"),
        status("status", CAUTION),
        register("status_reason"),
        register(
            "report_duty",
            {
                "owes_reports": Integer,
                "owes_why": String,
                "oral_limit_s": Integer,
                "written_limit_s": Integer,
            },
        ),
        *map(_figure, FIGURES),
    ],
    derived={
        "incident_level": String,
        "preliminary": Integer,
        "oral_due_at": Integer,
        "oral_met_at": Integer,
        "oral_status": String,
        "written_due_at": Integer,
        "written_met_at": Integer,
        "written_status": String,
        "next_due_at": Integer,
        "next_clock": String,
        "open": Integer,
    },
    indexes=[
        *(("no",), ("alarm_no",), ("received_at",)),
        # filters of the search: rare values are found by these (docs/decisions/0041)
        *(("unit_code",), ("incident_level",), ("status",), ("type_code",), ("class_code",)),
    ],
    numbered=True,
)
_T = INCIDENT.table.c
# The board's own order (SCREEN): open before closed, what burns first, then the newest.
Index(
    "ix_incident_board",
    _T.open.desc(),
    text("coalesce(next_due_at, 9223372036854775807)"),
    _T.received_at.desc(),
    _T.id,
)
Index("ix_incident_conflicts", _T.conflicts, sqlite_where=_T.conflicts > 0)

ALARM_UNIT = shared(
    "alarm_unit",
    [
        fixed("incident_id"),
        fixed("unit"),
        fixed("unit_kind"),
        register("dispatched_at", Integer),
        register("departed_at", Integer),
        register("arrived_at", Integer),
        register("released_at", Integer),
    ],
    indexes=[("incident_id",)],
)
