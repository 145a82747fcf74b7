"""For all window tests."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from app.ui.board import delegate


@pytest.fixture(autouse=True)
def whole_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of a board are taken whole on a slow machine too; the test of frames that are cut sets its own limit."""
    monkeypatch.setattr(delegate, "FRAME_MS", 60_000)


@pytest.fixture(autouse=True)
def garbage_between_tests() -> Iterator[None]:
    """Hundreds of windows live in one process here, as never outside: what is left of one is collected when it is closed, not in
    the middle of making the next."""
    gc.disable()
    yield
    gc.enable()
    gc.collect(1)
