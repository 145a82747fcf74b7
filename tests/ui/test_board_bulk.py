"""Many rows at once, as while a partner's operations arrive in bulk: one change of the list (QUALITY, Speed)."""

from __future__ import annotations

from app.ui.board import list_view
from app.ui.board.delegate import HEAD, ROW
from app.ui.board.model import STEPS_MOST
from tests.ui.board_world import NOW
from tests.ui.test_board_list import Stand, row, stand

__all__ = ["stand"]


def test_many_rows_that_come_at_once_are_one_change_and_move_nothing_that_is_read(stand: Stand) -> None:
    """While a partner's operations arrive in bulk every single step would wait for the interpreter (QUALITY, Speed)."""
    stand.put(*(row(f"r{number:02d}", NOW + 700_000 + number * 10) for number in range(60)))
    stand.show()
    stand.list.verticalScrollBar().setValue(1000)
    top = stand.model.ids()[stand.list.rowAt(0)]
    where = stand.rect(top)
    stand.list.choose("r25")
    also = stand.model.index(stand.model.place_of("r27") or 0)
    stand.list.selectionModel().select(also, list_view._ALSO)
    resets, arranged, chosen = list[int](), list[int](), list[str]()
    stand.model.modelReset.connect(lambda: resets.append(1))
    stand.model.arranged.connect(lambda: arranged.append(1))
    stand.list.chosen.connect(chosen.append)
    for number in range(STEPS_MOST + 1):
        stand.sorted.put(row(f"n{number:02d}", NOW + 700_005 + number * 20))
        stand.sorted.put(row(f"o{number:02d}", NOW - 1 - number))
    stand.sorted.drop("r59")
    stand.arrange()
    assert (len(resets), len(arranged)) == (1, 1)
    assert stand.model.ids() == [item.id for item in stand.sorted.items(NOW, 600)]
    assert stand.rect(top) == where
    assert (stand.list.chosen_id(), stand.list.chosen_ids(), chosen) == ("r25", ["r25", "r27"], [])
    for at in range(stand.model.rowCount()):
        wanted = HEAD if stand.model.ids()[at].startswith("#") else ROW
        assert stand.list.visualRect(stand.model.index(at)).height() == wanted, at
    stand.put(row("one", NOW + 700_001))
    assert (len(resets), len(arranged)) == (1, 2), "a single row is a single step"
