"""Measures of the painted rows, ticks, fading, and the manners of the list (mock/NOTES; SCREEN)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage, QRegion, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.queries.board_view import BoardRow, BoardView, Seen
from app.queries.disputes import Disputed
from app.ui.board import delegate, list_view
from app.ui.board.arrange import Sorted
from app.ui.board.delegate import HEAD, PICTURES, ROW, SMALL_ROW, BoardDelegate, clock_rect, mixed
from app.ui.board.list_view import BoardList
from app.ui.board.model import BoardModel
from app.ui.board.wording import Wording
from app.ui.theme.theme import Theme
from tests.ui.board_world import NOW, TEXTS

WIDTH, HEIGHT = 440, 600
VIEW = BoardView("EMB", "FRD")


def row(row_id: str, due: int | None = None, **more: Any) -> BoardRow:
    plain = BoardRow(
        row_id, f"FRD-20250714-{row_id[-3:]:0>3}", "FRD", "天山路街道某居民楼", "火灾", None, "level_4", "handling", None, 1,
        NOW, due, "oral_report" if due is not None else None, 1, NOW, None, None, None,
    )  # fmt: skip
    return replace(plain, **more)


class Stand:
    """A list of 440 x 600 px with rows of our choice."""

    def __init__(self, kind: str = "dark") -> None:
        self.now = NOW
        self.theme = Theme(kind)
        self.model = BoardModel(Wording(TEXTS["zh_CN"], "EMB", {}))
        self.delegate = BoardDelegate(self.theme, self.model, lambda: self.now)
        self.list = BoardList(self.model, self.delegate)
        self.list.setStyleSheet(self.theme.qss())
        self.list.resize(WIDTH, HEIGHT)
        self.sorted = Sorted(VIEW)

    def put(self, *rows: BoardRow) -> None:
        for each in rows:
            self.sorted.put(each)
        self.arrange()

    def arrange(self) -> None:
        self.list.keep_place()
        self.model.arrange(self.sorted.items(self.now, 600), self.list.held())
        self.list.take_place()

    def show(self) -> None:
        self.list.show()
        QTest.qWaitForWindowExposed(self.list)

    def rest(self) -> None:
        """Until what stands there has been painted, however slow the machine is."""
        for _ in range(6_000):
            if self.delegate._pictures:
                break
            QTest.qWait(10)
        assert self.delegate._pictures, "never painted"
        for _ in range(10):
            QApplication.processEvents()

    def rect(self, row_id: str) -> QRect:
        at = self.model.place_of(row_id)
        assert at is not None
        return self.list.visualRect(self.model.index(at))

    def image(self) -> QImage:
        return self.list.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


@pytest.fixture
def stand(qapp: QApplication) -> Iterator[Stand]:
    made = Stand()
    yield made
    made.list.close()


def colours(image: QImage, rect: QRect) -> set[str]:
    return {
        image.pixelColor(x, y).name()
        for x in range(rect.left(), rect.right() + 1)
        for y in range(rect.top(), rect.bottom() + 1)
    }


def test_rows_are_48_px_heads_24_and_14_rows_with_4_heads_fit_at_1080(stand: Stand) -> None:
    stand.put(row("r1", NOW - 1), row("r2", NOW + 1), row("r3"), row("r4", open=0))
    stand.show()
    heights = [stand.list.visualRect(stand.model.index(at)).height() for at in range(8)]
    assert heights == [HEAD, ROW, HEAD, ROW, HEAD, ROW, HEAD, ROW]
    assert (ROW, SMALL_ROW, HEAD) == (48, 44, 24)
    assert 14 * ROW + 4 * HEAD <= 908 - 76 - 44
    assert stand.rect("r1").width() == WIDTH
    stand.list.set_small(True)
    assert [stand.list.visualRect(stand.model.index(at)).height() for at in range(4)] == [24, 44, 24, 44]


def test_heights_follow_their_rows_through_any_change(stand: Stand) -> None:
    stand.show()
    for step in range(40):
        number = step * 7 % 11
        due = [None, NOW - 1, NOW + 5, NOW + 700_000][step % 4]
        if step % 6 == 5:
            stand.sorted.drop(f"r{number}")
        else:
            stand.put(row(f"r{number}", due, open=int(step % 5 > 0 or due is not None)))
        stand.arrange()
        for at in range(stand.model.rowCount()):
            wanted = HEAD if stand.model.ids()[at].startswith("#") else ROW
            assert stand.list.visualRect(stand.model.index(at)).height() == wanted, (step, at)


def test_the_clock_stands_at_56_and_is_84_wide(stand: Stand) -> None:
    part = clock_rect(QRect(0, 100, 440, 48))
    assert part == QRect(51, 100, 89, 48)  # the plate of an overdue one hangs out by 5
    assert part.right() + 1 == 56 + 84


@pytest.mark.parametrize("kind", ["dark", "light"])
def test_an_overdue_row_has_a_bar_and_a_plate_that_hangs_out(qapp: QApplication, kind: str) -> None:
    stand = Stand(kind)
    stand.put(row("r1", NOW - 161_000), row("r2", NOW + 192_000))
    stand.show()
    image, late, early = stand.image(), stand.rect("r1"), stand.rect("r2")
    bad, surface = stand.theme.bad.name(), stand.theme.surface.name()
    assert colours(image, QRect(0, late.top(), 4, 47)) == {bad}
    assert colours(image, QRect(0, early.top(), 4, 47)) == {surface}
    middle = late.top() + 14
    assert image.pixelColor(53, middle).name() == bad
    assert image.pixelColor(50, middle).name() == surface
    assert bad not in colours(image, clock_rect(early))
    assert stand.theme.warn.name() in colours(image, clock_rect(early))
    stand.list.close()


@pytest.mark.parametrize(
    ("left", "token"),
    [(600_001, "good"), (600_000, "warn"), (0, "warn"), (-1, "ink")],
)
def test_the_clock_is_amber_from_ten_minutes_and_red_when_passed(stand: Stand, left: int, token: str) -> None:
    stand.put(row("r1", NOW + left))
    stand.show()
    box = clock_rect(stand.rect("r1")).adjusted(0, 0, 0, -24)
    assert stand.theme.colour(token).name() in colours(stand.image(), box)


def test_the_selected_row_is_raised_with_an_accent_bar(stand: Stand) -> None:
    stand.put(row("r1"), row("r2"))
    stand.list.choose("r2")
    stand.show()
    image, chosen = stand.image(), stand.rect("r2")
    assert colours(image, QRect(0, chosen.top(), 4, 47)) == {stand.theme.accent.name()}
    assert image.pixelColor(300, chosen.top() + 2).name() == stand.theme.selected.name()
    assert image.pixelColor(300, stand.rect("r1").top() + 2).name() == stand.theme.surface.name()


def test_chips_end_12_px_from_the_edge_own_outlined_partners_filled(stand: Stand) -> None:
    stand.put(
        row("r1", NOW + 1, owed_by=("EMB",)),
        row("r2", NOW + 2, owed_by=("FRD",)),
        row("r3", NOW + 3, owed_by=("HQ",)),
    )
    stand.show()
    image = stand.image()
    edge = WIDTH - 12
    fill, surface = stand.theme.fill.name(), stand.theme.surface.name()
    for name in ("r1", "r2", "r3"):
        middle = stand.rect(name).top() + 36
        assert image.pixelColor(edge, middle).name() == surface
        assert (image.pixelColor(edge - 3, middle).name() == fill) == (name == "r2")
    border = [image.pixelColor(edge - 1, stand.rect("r1").top() + 29 + y).name() for y in range(14)]
    dashed = [image.pixelColor(edge - 1, stand.rect("r3").top() + 29 + y).name() for y in range(14)]
    assert surface not in border
    assert surface in dashed


def test_a_conflict_shows_field_and_values_on_amber(stand: Stand) -> None:
    disputed = row("r1", disputed=(Disputed("injured_serious", (4, 6), figure=True),))
    stand.put(disputed, row("r2"))
    stand.show()
    image = stand.image()
    plate = QPoint(WIDTH - 14, stand.rect("r1").top() + 14)
    assert image.pixelColor(plate).name() == stand.theme.warnbg.name()
    assert image.pixelColor(plate.x(), stand.rect("r2").top() + 14).name() == stand.theme.surface.name()
    assert stand.model.shown(disputed).dispute == "重伤核实中 (4/6)"


@pytest.mark.parametrize(
    ("seen", "token"),
    [(Seen.SEEN, "good"), (Seen.DELIVERED, "muted"), (Seen.UNSEEN, "warn"), (None, None)],
)
def test_ticks_tell_how_far_it_has_come(stand: Stand, seen: Seen | None, token: str | None) -> None:
    stand.put(row("r1", seen=seen, no="1", status="handling"))
    stand.show()
    box = QRect(WIDTH - 70, stand.rect("r1").top() + 28, 58, 16)
    found = colours(stand.image(), box) - {stand.theme.surface.name()}
    if token is None:
        assert not found
    else:
        wanted = stand.theme.colour(token)
        near = [c for c in found if abs(QColor(c).hue() - wanted.hue()) < 12 or QColor(c) == wanted]
        assert near


def test_closed_is_muted_and_void_is_struck_through(stand: Stand) -> None:
    closed, void = row("r1", open=0, status="closed"), row("r2", open=0, status="void", received_at=NOW - 1)
    stand.put(closed, void)
    stand.show()
    image = stand.image()
    line = {name: stand.rect(name).top() + 14 for name in ("r1", "r2")}
    muted = stand.theme.muted.name()
    struck = [image.pixelColor(x, line["r2"]).name() for x in range(142, 250)]
    plain = [image.pixelColor(x, line["r1"]).name() for x in range(142, 250)]
    assert struck.count(muted) > 100
    assert plain.count(muted) < 60
    assert stand.theme.text.name() not in colours(image, stand.rect("r1"))


class Painted(QObject):
    """Remembers which parts of a widget were asked to be painted."""

    def __init__(self) -> None:
        super().__init__()
        self.regions: list[QRegion] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.regions.append(QRegion(event.region()))  # type: ignore[attr-defined]
        return False


def test_a_tick_repaints_the_clocks_of_visible_rows_alone(stand: Stand) -> None:
    stand.put(*(row(f"r{number:02d}", NOW + 1_000 * number) for number in range(40)))
    stand.show()
    stand.rest()
    painted = Painted()
    stand.list.viewport().installEventFilter(painted)
    stand.list.tick()
    QApplication.processEvents()
    assert len(painted.regions) == 1
    region = painted.regions[0]
    visible = stand.list.visible_rows()
    assert 10 < len(visible) < 15
    wanted = QRegion()
    for at in visible:
        wanted += clock_rect(stand.list.visualRect(stand.model.index(at)))
    assert region.subtracted(wanted).isEmpty()
    assert wanted.intersected(stand.list.viewport().rect()).subtracted(region).isEmpty()


def test_a_tick_does_not_paint_titles_again(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.put(row("r1", NOW + 5_000), row("r2"))
    stand.show()
    stand.rest()
    whole: list[str] = []
    monkeypatch.setattr(stand.delegate, "_paint_first_line", lambda *_: whole.append("title"))
    stand.model.retell()
    before = stand.image()  # a grab paints everything
    assert len(whole) == 2
    whole.clear()
    stand.now += 1_000
    stand.list.tick()
    QApplication.processEvents()
    after = stand.image()
    assert not whole
    assert after != before  # the clock went on
    stand.put(row("r2", what="变了"))
    stand.image()
    assert len(whole) == 1


def test_pictures_of_rows_are_few(stand: Stand) -> None:
    stand.put(*(row(f"r{number:03d}", NOW + number) for number in range(200)))
    stand.show()
    bar = stand.list.verticalScrollBar()
    for place in range(0, bar.maximum(), 400):
        bar.setValue(place)
        stand.image()
    assert 10 < len(stand.delegate._pictures) <= PICTURES
    stand.theme.use("light")
    assert not stand.delegate._pictures


def test_a_screen_full_of_new_rows_is_painted_over_several_frames(
    stand: Stand, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow, a frame brings one new row at least; what stands there already stays to be seen (QUALITY, 50 ms)."""
    stand.put(row("r0"))
    stand.show()
    qtbot.waitUntil(lambda: len(stand.delegate._pictures) == 1)
    monkeypatch.setattr(delegate, "FRAME_MS", 0)
    made = list[int]()
    painted = stand.delegate._paint_still

    def paint_still(*given: Any) -> None:
        made.append(frames[0])
        painted(*given)

    monkeypatch.setattr(stand.delegate, "_paint_still", paint_still)
    frames, begun = [0], stand.delegate.begin_frame

    def begin_frame() -> None:
        frames[0] += 1
        begun()

    monkeypatch.setattr(stand.delegate, "begin_frame", begin_frame)
    stand.put(*(row(f"r{number}") for number in range(1, 6)))
    qtbot.waitUntil(lambda: len(stand.delegate._pictures) == 6)
    assert len(made) == len(set(made)) == 5, "one in each frame"
    qtbot.waitUntil(lambda: not stand.delegate.behind)


def test_a_row_turns_red_as_a_whole_when_its_time_is_over(stand: Stand) -> None:
    stand.put(row("r1", NOW + 500))
    stand.show()
    stand.rest()
    painted = Painted()
    stand.list.viewport().installEventFilter(painted)
    stand.now += 1_000
    stand.list.tick()
    QApplication.processEvents()
    assert painted.regions[0].contains(QPoint(2, stand.rect("r1").center().y()))
    assert stand.image().pixelColor(2, stand.rect("r1").center().y()) == stand.theme.bad


def test_the_partners_change_fades_from_the_tint(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.put(row("r1"), row("r2"))
    stand.show()
    elapsed = [0]
    monkeypatch.setattr(stand.model, "_since", type("Timer", (), {"elapsed": lambda self: elapsed[0]})())
    stand.model.tint(["r1"])
    stand.list.fade()
    spot = QPoint(300, stand.rect("r1").top() + 2)
    assert stand.image().pixelColor(spot) == stand.theme.tint
    elapsed[0] = 1_000
    half = stand.image().pixelColor(spot)
    assert half == mixed(stand.theme.tint, stand.theme.surface, 0.5)
    elapsed[0] = 2_001
    stand.list._fade()
    stand.list._fade()
    assert stand.image().pixelColor(spot) == stand.theme.surface
    assert not stand.list._fading.isActive()


def test_long_titles_are_cut_off_before_the_edge(stand: Stand) -> None:
    stand.put(row("r1", place="很长的地名" * 30, disputed=(Disputed("what", ("a" * 40, "b" * 40)),)))
    stand.show()
    image, top = stand.image(), stand.rect("r1").top()
    assert colours(image, QRect(WIDTH - 11, top, 11, 47)) == {stand.theme.surface.name()} | {
        image.pixelColor(WIDTH - 2, top + 46).name()
    }


def test_keys_move_the_selection_past_heads_and_enter_opens(stand: Stand) -> None:
    stand.put(row("r1", NOW - 1), row("r2", NOW + 1), row("r3"))
    stand.show()
    chosen: list[str] = []
    opened: list[str] = []
    stand.list.chosen.connect(chosen.append)
    stand.list.opened.connect(opened.append)
    stand.list.choose("r1")
    assert chosen == []  # others chose: nothing to tell
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Return):
        QTest.keyClick(stand.list, key)
    assert chosen == ["r2", "r3", "r2"]
    assert opened == ["r2"]
    QTest.mouseDClick(stand.list.viewport(), Qt.MouseButton.LeftButton, pos=stand.rect("r3").center())
    assert opened == ["r2", "r3"]


def test_a_click_on_a_head_chooses_nothing(stand: Stand) -> None:
    stand.put(row("r1", NOW - 1))
    stand.show()
    QTest.mouseClick(stand.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(30, 10))
    assert stand.list.chosen_id() == ""


def test_a_selected_row_that_leaves_selects_no_other(stand: Stand) -> None:
    stand.put(row("r1"), row("r2"))
    stand.show()
    chosen: list[str] = []
    stand.list.choose("r1")
    stand.list.chosen.connect(chosen.append)
    stand.sorted.drop("r1")
    stand.arrange()
    assert stand.list.chosen_id() == ""
    assert chosen == []


def test_rows_are_held_down_to_the_selection_while_a_hand_is_at_the_list(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.put(*(row(f"r{number}", NOW + 700_000 + number) for number in range(5)))
    stand.show()
    stand.list.choose("r2")
    assert stand.list.held() == 0
    QTest.keyClick(stand.list, Qt.Key.Key_Down)  # r3
    assert stand.list.busy()
    assert stand.list.held() == 5  # head, r0 ... r3
    where = stand.rect("r3")
    stand.put(row("new", NOW - 1))
    assert stand.rect("r3") == where
    assert stand.model.ids()[5:7] == ["#overdue", "new"]  # below what is held, with its head
    monkeypatch.setattr(list_view, "IDLE_MS", 0)
    assert stand.list.held() == 0
    stand.arrange()
    assert stand.model.ids()[:2] == ["#overdue", "new"]


def test_a_scrolled_list_stays_where_it_is_read(stand: Stand) -> None:
    stand.put(*(row(f"r{number:02d}", NOW + 700_000 + number) for number in range(60)))
    stand.show()
    bar = stand.list.verticalScrollBar()
    bar.setValue(1000)
    top = stand.model.ids()[stand.list.rowAt(0)]
    where = stand.rect(top)
    stand.put(row("new", NOW - 1), row("other", NOW - 2))
    stand.sorted.drop("r01")
    stand.arrange()
    assert stand.rect(top) == where
    bar.setValue(0)
    stand.put(row("newest", NOW - 9))
    assert bar.value() == 0
    assert stand.rect("newest").top() == HEAD


def test_the_end_of_what_is_loaded_asks_for_more(stand: Stand) -> None:
    asked: list[bool] = []
    stand.model.more_wanted.connect(lambda: asked.append(True))
    stand.put(*(row(f"r{number:02d}", NOW + number) for number in range(60)))
    stand.show()
    assert not asked
    stand.model.can_more = True
    stand.list.verticalScrollBar().setValue(stand.list.verticalScrollBar().maximum())
    assert asked


def test_rows_speak_for_themselves(stand: Stand) -> None:
    """XC-13: everything that is colour or shape is also a word."""
    stand.put(
        row(
            "r1",
            NOW + 461_000,
            owed_by=("EMB",),
            seen=Seen.SEEN,
            disputed=(Disputed("injured_serious", (4, 6)),),
        )
    )
    spoken = stand.model.data(stand.model.index(1), int(Qt.ItemDataRole.AccessibleTextRole))
    for word in (
        "一般",
        "口头报",
        "天山路街道某居民楼 火灾",
        "处置中",
        "我方",
        "对方已见",
        "重伤 4/6",
        "20:23:48",
    ):
        assert word in spoken
    tip = stand.model.data(stand.model.index(1), int(Qt.ItemDataRole.ToolTipRole))
    assert "2025-07-14 20:23:48" in tip
    assert stand.model.data(stand.model.index(0), int(Qt.ItemDataRole.ToolTipRole)) is None


def test_text_is_never_taken_as_html(stand: Stand) -> None:
    stand.put(row("r1", place="<b>x</b><img src=x onerror=alert(1)>", what="`"))
    stand.show()
    assert stand.model.data(stand.model.index(1)) == "<b>x</b><img src=x onerror=alert(1)> `"
    assert stand.delegate._texts
    for static, _, _ in stand.delegate._texts.values():
        assert static.textFormat() == Qt.TextFormat.PlainText


def test_a_tool_tip_shows_markup_as_typed(stand: Stand) -> None:
    stand.put(row("r1", place='<b>x</b><img src="file:///etc/hostname">', reason="<i>y"))
    document = QTextDocument()
    document.setHtml(stand.model.data(stand.model.index(1), int(Qt.ItemDataRole.ToolTipRole)))
    text = document.toPlainText()
    assert text.startswith('<b>x</b><img src="file:///etc/hostname"> 火灾')
    assert text.endswith("<i>y")
    assert "￼" not in text  # an image
