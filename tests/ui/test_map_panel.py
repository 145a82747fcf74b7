"""The panel around the page: cheap to make, honest when there is no map, taken apart in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtTest import QTest
from PySide6.QtWebEngineCore import QWebEnginePage
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton

from app.ui.map import assets, panel
from tests.ui.map_site import NOW_MS
from tests.ui.map_stage import Stage, ready_application, spin, until

ready_application()
Failing = Callable[[str], None]


@pytest.fixture
def stage(qapp: Any, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    made.window.show()
    yield made
    made.close()


@pytest.fixture
def warnings_of_qt() -> Iterator[list[str]]:
    """What Qt says while a test runs."""
    said: list[str] = []

    def hear(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        del context
        if kind is not QtMsgType.QtDebugMsg:
            said.append(message)

    before = qInstallMessageHandler(hear)
    yield said
    qInstallMessageHandler(before)


def shown(stage: Stage) -> list[str]:
    """Sentences in the map's place."""
    labels = stage.panel._placeholder.findChildren(QLabel)
    return [label.text() for label in labels if label.isVisible() and label.text()]


def test_a_panel_costs_no_engine_no_folium_and_no_sql_until_it_begins() -> None:
    """QUALITY, start: the map is heavy and comes after the first paint of the board."""
    code = (
        "import sys; import app.ui.map.panel; "
        "heavy = ('folium', 'branca', 'PySide6.QtWebEngineCore', 'PySide6.QtWebEngineWidgets', 'sqlalchemy'); "
        "sys.exit(str([name for name in heavy if name in sys.modules]) if any(n in sys.modules for n in heavy) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_before_it_begins_it_says_so(stage: Stage) -> None:
    assert shown(stage) == ["地图稍后载入"]
    assert stage.site.asked == 0


def test_without_the_engine_the_list_stands_in(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.site.incident("i", what="商场火灾", no="FRD-014")
    heard: list[tuple[str, str]] = []
    stage.panel.record_clicked.connect(lambda kind, record_id: heard.append((kind, record_id)))
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "app.ui.map.engine", None)  # as when a system library is missing
        stage.panel.begin()
        until(lambda: "地图没有显示出来" in shown(stage), "the sentence")
    assert any("系统库" in sentence for sentence in shown(stage))
    until(lambda: stage.panel.list.model.rowCount() == 1, "the list")
    words = [label for label in stage.panel._placeholder.findChildren(QLabel) if label.isVisible()]
    until(
        lambda: all(not w.geometry().intersects(stage.panel.list.geometry()) for w in words),
        "words beside the list",
    )
    index = stage.panel.list.model.index(0)
    assert index.data() == "商场火灾  FRD-014·处置中"
    stage.panel.list.view.clicked.emit(index)
    assert heard == [("incident", "i")]
    assert stage.session.selected_incident == "i"
    until(stage.panel.card.lines, "the card")


def test_a_wrong_file_is_told_and_retry_loads_the_map(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(assets.VENDOR, "leaflet.js", assets.Vendor("js_lib_leaflet", "none.js", "0"))
        stage.panel.begin()
        until(lambda: any("不一致" in sentence for sentence in shown(stage)), "the sentence")
    assert stage.panel.host.engine is None
    stage.panel._placeholder.retry.emit()
    until(lambda: stage.panel.host.listening, "the map")
    assert not stage.panel._placeholder.isVisible()


def test_a_crashed_page_is_told_and_comes_back_with_everything(stage: Stage) -> None:
    stage.site.incident("i", what="火灾")
    stage.load()
    until(lambda: stage.holds("incident:i"), "the incident")
    status = QWebEnginePage.RenderProcessTerminationStatus.CrashedTerminationStatus
    stage.engine.page.renderProcessTerminated.emit(status, 1)
    until(lambda: any("意外退出" in sentence for sentence in shown(stage)), "the sentence")
    stage.panel.begin()
    until(lambda: stage.panel.host.listening, "the map again")
    until(lambda: stage.holds("incident:i"), "the incident again")


def kill_renderer(stage: Stage) -> int:
    """The page's own process is gone, as when the system runs out of memory; its id."""
    pid = int(stage.engine.page.renderProcessPid())
    assert pid > 0 and pid != os.getpid()
    os.kill(pid, signal.SIGKILL)
    return pid


def test_a_page_whose_process_was_killed_comes_back_by_itself(stage: Stage) -> None:
    """Nobody presses anything: the sentence, then the map with all it had, in another process."""
    stage.site.incident("i", what="火灾")
    stage.load()
    until(lambda: stage.holds("incident:i"), "the incident")
    first = kill_renderer(stage)
    until(lambda: any("意外退出" in sentence for sentence in shown(stage)), "the sentence")
    assert not stage.panel.list.isVisible(), "it comes back in a moment: no list in its place"
    until(lambda: stage.panel.host.listening, "the map again")
    until(lambda: stage.holds("incident:i"), "the incident again")
    assert stage.engine.page.renderProcessPid() != first
    assert not stage.panel._placeholder.isVisible()


def test_one_that_dies_again_and_again_waits_for_a_person(stage: Stage) -> None:
    stage.load()
    status = QWebEnginePage.RenderProcessTerminationStatus.CrashedTerminationStatus
    stage.panel._crashes = [NOW_MS - 1000 * n for n in range(panel.COMEBACKS)]
    stage.engine.page.renderProcessTerminated.emit(status, 1)
    until(lambda: stage.panel.host.engine is None, "the page is gone")
    assert not stage.panel._comeback.isActive() and stage.panel.list.isVisible()
    stage.panel._placeholder.retry.emit()
    until(lambda: stage.panel.host.listening, "the map again")


def test_disposing_takes_the_page_before_its_profile_and_says_nothing(
    qapp: Any, tmp_path: Path, warnings_of_qt: list[str]
) -> None:
    stage = Stage(tmp_path).load()
    engine = stage.engine
    gone: list[str] = []
    engine.page.destroyed.connect(lambda: gone.append("page"))
    engine.profile.destroyed.connect(lambda: gone.append("profile"))
    warnings_of_qt.clear()
    stage.panel.dispose()
    stage.panel.dispose()
    assert gone == ["page", "profile"]
    assert stage.panel.host.engine is None
    stage.site.incident("after", what="火灾")
    spin(200)
    stage.close()
    assert [said for said in warnings_of_qt if "profile" in said.lower() or "QObject" in said] == []


def test_a_window_that_just_goes_away_takes_the_map_with_it(
    qapp: Any, tmp_path: Path, warnings_of_qt: list[str]
) -> None:
    stage = Stage(tmp_path).load()
    gone: list[str] = []
    stage.engine.page.destroyed.connect(lambda: gone.append("page"))
    stage.engine.profile.destroyed.connect(lambda: gone.append("profile"))
    warnings_of_qt.clear()
    stage.window.close()
    stage.window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert gone == ["page", "profile"]
    assert [said for said in warnings_of_qt if "profile" in said.lower()] == []
    stage.site.close()


def test_disposing_while_it_loads_is_quiet(stage: Stage) -> None:
    stage.panel.begin()
    stage.panel.dispose()
    spin(100)
    assert stage.panel.host.engine is None


def test_the_card_counts_folds_and_remembers(stage: Stage) -> None:
    write = stage.site.write
    stage.site.tell(
        write("station", "s", name="天山站", kind="一级站", vehicles_ready=2, vehicles_out=1),
        write("station", "m", name="微型站", kind="微型消防站", vehicles_ready=1, vehicles_out=0),
        write("vehicle", "v1", vehicle_state="10", stated_at=NOW_MS - 120_000),
        write("vehicle", "v2", vehicle_state="21", stated_at=NOW_MS - 60_000),
        write("vehicle", "v3", vehicle_state="22", stated_at=NOW_MS - 90_000),
        write("shelter", "h1", name="体育馆", state="open", capacity=500, occupied=486),
        write("shelter", "h2", name="小学", state="full", capacity=200, occupied=200),
        write("shelter", "h3", name="中学", state="open", capacity=100, occupied=130),
        write("point", "p", name="医院", kind="hospital", lon=121.4, lat=31.2),
    )
    stage.panel.begin()
    until(lambda: len(stage.panel.card.lines()) == 8, "the card")
    assert stage.panel.card.lines() == [
        ("消防站 1·消防车 3", "备勤 1", ""),
        ("出动 2·到场 1", "途中 1", ""),
        ("微型站 1", "可用 1", ""),
        ("避难场所 开放 3/3", "已收容 816", ""),
        ("中学", "超 30 人", "bad"),
        ("小学", "已满", "bad"),
        ("体育馆", "余 14 人", "warn"),
        ("点位 1", "", ""),
    ]
    assert stage.panel.card._at.text() == "20:15 汇总"
    stage.panel.card.set_folded(True)
    assert stage.site.memory("map.card_folded") is True
    assert stage.panel.card.height() < 40


def test_what_has_no_coordinates_is_one_click_away(stage: Stage) -> None:
    """MP-02: listed in a side list, never dropped."""
    stage.site.incident("lost", what="说不清位置", lon=None, lat=None, crs=None)
    stage.panel.begin()
    link = stage.panel.card._link
    until(lambda: link.isVisible() and link.text() == "没有坐标 1 项", "the link")
    QTest.mouseClick(link, stage_button())
    assert stage.panel.list.isVisible()
    assert [entry.id for entry in stage.panel.list.model.entries] == ["lost"]


def stage_button() -> Any:
    """The left button."""
    from PySide6.QtCore import Qt

    return Qt.MouseButton.LeftButton


def test_layers_and_a_narrow_panel_are_remembered_and_respected(stage: Stage) -> None:
    stage.window.resize(520, 420)
    until(lambda: stage.panel.card.folded, "folded for want of room")
    assert stage.site.memory("map.card_folded") is None
    stage.window.resize(1072, 908)
    until(lambda: not stage.panel.card.folded, "unfolded again")
    assert stage.panel.layers.shown == ["incident", "station", "vehicle", "shelter", "point"]


def test_beside_the_desk_nothing_over_the_map_overlaps_or_is_cut(stage: Stage) -> None:
    """At 350 px layers become one button with a menu, the legend is left out, the notes stay whole."""
    stage.load()
    stage.window.resize(350, 500)
    panel = stage.panel
    until(lambda: panel.width() == 350 and stage.js("innerWidth") == 350, "narrow")
    stage.settle()
    bar = panel.layers.geometry()
    assert not bar.intersects(panel.tools.geometry()) and panel.rect().contains(bar)
    notes = stage.js("(r => [r.left, r.right])(document.getElementById('notes').getBoundingClientRect())")
    assert 0 <= notes[0] < notes[1] <= 350
    assert stage.js("document.getElementById('legend').offsetWidth") == 0
    more = panel.layers.findChild(QPushButton, "mapLayers.more")
    assert more is not None and more.isVisible() and more.text() == "图层 5/5"
    QTest.mouseClick(more, stage_button())
    menu = until(lambda: panel.layers.findChild(QMenu), "the menu")
    menu.actions()[0].trigger()
    assert panel.layers.shown == ["station", "vehicle", "shelter", "point"]
    assert more.text() == "图层 4/5"
    menu.close()
    stage.window.resize(1072, 908)
    until(lambda: stage.js("document.getElementById('legend').offsetWidth") > 0, "wide again")
    assert not more.isVisible()
