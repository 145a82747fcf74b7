"""kill -9 under load (QUALITY, Reliability): 20 rounds of each story here, more by `python -m tests.db.crash --rounds N`.

JDC_CRASH_ROUNDS and JDC_CRASH_SEED change the number and the moments.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.db import crash

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL")

ROUNDS = int(os.environ.get("JDC_CRASH_ROUNDS", "20"))
SEED = int(os.environ.get("JDC_CRASH_SEED", "1"))


@pytest.mark.parametrize("name", crash.STORIES)
def test_killed_at_random_moments(name: str, tmp_path: Path) -> None:
    figures = crash.STORIES[name](tmp_path, ROUNDS, random.Random(SEED))
    assert figures.rounds == ROUNDS == len(figures.reopen_ms)
    assert figures.acknowledged > ROUNDS // 4  # it was killed at work, not before it
