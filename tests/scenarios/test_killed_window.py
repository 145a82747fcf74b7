"""kill -9 of a console with its window: what was being typed is there again, and what was recorded (QUALITY, Reliability)."""

from __future__ import annotations

from pathlib import Path

from tests.kit import ms
from tests.scenarios import general
from tests.scenarios.duo import duo, found_two, until

DAY = "2025-08-02"
TYPED = "二层过火约120平方米"


def test_a_draft_outlives_kill_9(tmp_path: Path) -> None:
    """The form that was open is offered after the restart and holds what was typed; nothing is entered by it."""
    (tmp_path / "founded").mkdir()
    found_two(tmp_path / "founded", DAY)
    with duo(tmp_path / "founded", tmp_path / "consoles", DAY) as consoles:
        consoles.set_clocks(ms("14:25:00", DAY))
        consoles.start()
        frd = consoles.frd
        frd.ask("draft", text=TYPED)
        kept = "SELECT 1 FROM draft WHERE content LIKE ?"
        until(lambda: frd.rows(kept, f"%{TYPED}%"), "the draft is on the disk")
        consoles.kill_and_restart(frd)
        until(lambda: any(f"{len(TYPED)} 字" in line for line in frd.texts()), "the draft is offered")
        frd.ask("draft")
        until(lambda: TYPED in frd.texts(), "the form holds what was typed")
        assert not frd.rows("SELECT 1 FROM incident")
        consoles.settle()
        general.equal_rows(consoles.emb, frd)
        for room in consoles.both:
            room.stop()
            general.record_is_whole(room)
