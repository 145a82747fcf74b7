"""Fuzzing of the frame decoder and of bundles, bounded (attack tests 6); longer: python -m tests.replication.fuzz SECONDS."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.replication import frames
from tests.replication import fuzz, fuzzing
from tests.replication.fuzzing import Tally, bent_values, honest_frames, read_frame, run_seed


@given(st.integers(0, 1 << 60))
@settings(max_examples=120, deadline=None)
def test_bent_frames_and_parts_are_understood_or_refused(seed: int) -> None:
    tally = Tally()
    run_seed(seed, tally)
    assert tally.understood >= 4, "what was not bent is understood"


@given(st.binary(max_size=2000))
@settings(max_examples=200, deadline=None)
def test_noise_is_refused(data: bytes) -> None:
    assert not fuzzing.read_part(data)
    assert not read_frame(data)


def test_bending_gets_behind_the_first_checks() -> None:
    """Values bent inside proper msgpack reach the rebuilding of operations: some pass every check of shape."""
    chance = random.Random(7)
    got = [read_frame(bent_values(honest_frames(chance)[1], chance)) for _ in range(200)]
    assert 10 < sum(got) < 190


def test_the_entry_for_longer_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fuzz.main(["0.2", "5"]) == 0
    assert "seeds from 5" in capsys.readouterr().out

    def broken(realm: str, block: object) -> list[object]:
        raise IndexError("a bug")

    monkeypatch.setattr(fuzzing, "unpack_block", broken)
    assert fuzz.main(["5", "5"]) == 1
    assert "again: python -m tests.replication.fuzz 1 5" in capsys.readouterr().out
    assert frames.MAX_FRAME_BYTES == 64 * 1024
