"""Slices of an import, sent by whoever may: each row is checked as if it were added by hand (FR-10, RS-08, MP-02)."""

from __future__ import annotations

from typing import Any

import pytest

from app.queries import points
from app.usecases.imports import BeginImport, FinishImport, ImportPoints, ImportShelters
from app.usecases.points import AddPoint
from app.usecases.shelters import AddShelter
from tests.kit import Site, act, refused


def begin(site: Site, entity: str) -> str:
    command = BeginImport(entity=entity, file_name="x.csv", file_hash="h", last_line=3)
    return str(act(site, "technician", command).result["batch_id"])


@pytest.mark.parametrize(
    ("row", "code", "text", "field"),
    [
        (AddPoint(kind=" ", name="x"), "E_REQUIRED", "refusal.points.kind_required", "kind"),
        (
            AddPoint(kind="hospital", name="x", lon=999.0, lat=-500.0),
            "E_RANGE",
            "refusal.points.range",
            "lon",
        ),
        (AddPoint(kind="hospital", name="x", lon=121.4), "E_REQUIRED", "refusal.points.half", "lat"),
        (
            AddPoint(kind="hospital", name="x", lon=2.0, lat=48.0),
            "E_FORMAT",
            "refusal.points.outside_district",
            "lon",
        ),
        (
            AddPoint(kind="hospital", name="x", unit_code="1"),
            "E_FORMAT",
            "refusal.incidents.unit_unknown",
            "unit_code",
        ),
        (AddShelter(name="x", lon=31.2, lat=121.4), "E_RANGE", "refusal.points.range", "lat"),
        (AddShelter(name="x", unit_code="1"), "E_FORMAT", "refusal.incidents.unit_unknown", "unit_code"),
        (AddShelter(name="x", capacity=0), "E_RANGE", "refusal.shelters.capacity", "capacity"),
    ],
)
def test_bad_rows_keep_the_slice_out(emb: Site, row: Any, code: str, text: str, field: str) -> None:
    """MP-02, RULES part 8: the reader is not the only one who can send rows."""
    shelters = isinstance(row, AddShelter)
    batch = begin(emb, "shelter" if shelters else "point")
    kind: Any = ImportShelters if shelters else ImportPoints
    refused(emb, "technician", kind(batch_id=batch, lines=[2], rows=[row]), code, text, field=field)


def test_lines_outside_the_file_would_not_be_taken_back(emb: Site) -> None:
    """FR-10: an import is undone line by line; nothing may stand beside its lines."""
    batch, row = begin(emb, "point"), AddPoint(kind=" hospital ", name="甲院")
    for line in (-1, 0, 4):
        command = ImportPoints(batch_id=batch, lines=[line], rows=[row])
        text = "refusal.imports.lines"
        wrong = refused(emb, "technician", command, "E_RANGE", text, field="lines", clause="FR-10")
        assert wrong.params["last"] == 3
    act(emb, "technician", ImportPoints(batch_id=batch, lines=[3], rows=[row]))
    [point] = emb.node.local(points.points)
    assert (point.name, point.kind) == ("甲院", "hospital")


@pytest.mark.parametrize("field", ["last_line", "accepted", "rejected"])
def test_counts_are_no_debts(emb: Site, field: str) -> None:
    """FR-10: how many rows came in and how many did not."""
    command: BeginImport | FinishImport
    if field == "last_line":
        command = BeginImport(entity="point", file_name="x.csv", file_hash="h", last_line=-1)
    else:
        command = FinishImport(batch_id=begin(emb, "point"), **{"accepted": 0, "rejected": 0, field: -1})
    refused(emb, "technician", command, "E_RANGE", "refusal.imports.count", field=field, clause="FR-10")
