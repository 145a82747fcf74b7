"""For all window tests."""

from __future__ import annotations

import pytest

from app.ui.board import delegate


@pytest.fixture(autouse=True)
def whole_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of a board are taken whole on a slow machine too; the test of frames that are cut sets its own limit."""
    monkeypatch.setattr(delegate, "FRAME_MS", 60_000)
