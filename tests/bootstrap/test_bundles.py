"""Exchange by stick between two real sites (CM-07): back and forth until equal, with all that sticks do to files."""

from __future__ import annotations

from pathlib import Path

from tests.bootstrap.sticks import apart, heads, log_of, make, take
from tests.kit import Town, business, register

__all__ = ["apart"]


def test_two_rooms_without_network_become_equal_by_sticks_alone(apart: Town, tmp_path: Path) -> None:
    """CM-07: there, back, and there again with what the log says of it: both hold and show the same, and verify."""
    emb, frd = apart.emb, apart.frd
    register(emb, what="甲")
    register(frd, what="乙")
    made = make(emb, "FRD", tmp_path)
    [taken] = take(frd, *map(Path, made.files)).bundles
    assert (taken.state, taken.hash) == ("whole", made.hash) and taken.applied
    back = make(frd, "EMB", tmp_path)
    take(emb, *map(Path, back.files))
    take(frd, *map(Path, make(emb, "FRD", tmp_path).files))
    assert heads(emb) == heads(frd)
    assert business(emb) == business(frd)
    assert len(log_of(emb)) == 5 and log_of(emb) == log_of(frd)
