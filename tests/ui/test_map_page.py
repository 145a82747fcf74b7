"""The map in the real engine: offline, live, clickable, legible, and harmless whatever people type (MP-01, MP-02, MP-06)."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWebEngineCore import QWebEnginePage
from shiboken6 import delete

from app.kernel.changes import EVERYTHING, Change
from app.kernel.enums import ChangeKind, Origin
from tests.ui.map_site import CENTRE, NOW_MS
from tests.ui.map_stage import Stage, ready_application, spin, until

ready_application()

ATTACKS = (
    "<script>window.hit=1;document.title='x'</script>",
    "<img src=x onerror=window.hit=1>",
    "<img src=https://192.0.2.1/x.png>",
    "`${window.hit=1}`",
    "javascript:window.hit=1",
    '"></div><svg onload=window.hit=1>',
    "</script><script>window.hit=1</script>",
    "{{7*7}} {% raw %}",
    "\u202egnp.exe \u2028 \u0000'",
)


@pytest.fixture(scope="module")
def stage(qapp: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage(tmp_path_factory.mktemp("map")).load()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def nothing_went_outside(stage: Stage) -> Iterator[None]:
    """Zero outside requests and no complaint of the page are properties of every test here (MP-06)."""
    yield
    assert stage.engine.guard.blocked == []
    assert stage.engine.files.missing == []
    assert stage.complaints == []


def wait_for_length(things: list[Any], length: int) -> None:
    """So many have come."""
    until(lambda: len(things) >= length, f"{length} of them")


def empty(stage: Stage) -> None:
    """Take all records off the map."""
    for table in ("incident", "station", "vehicle", "shelter", "point"):
        stage.site.erase(table)
    until(lambda: stage.js("duty.live.items.size") == 0, "an empty map")


def spread(number: int) -> list[tuple[float, float]]:
    """Places spread evenly over the district, the same every time."""
    lon, lat = CENTRE
    return [
        (lon + 0.03 * ((i * 0.618) % 1 - 0.5), lat + 0.024 * ((i * 0.414) % 1 - 0.5)) for i in range(number)
    ]


def test_the_page_is_made_of_its_own_files_only(stage: Stage) -> None:
    links = "[...document.querySelectorAll('script,link')].map(e => e.src || e.href)"
    found = stage.js(links)
    assert len(found) == 10
    assert all(link.startswith("app://map/") for link in found)
    assert stage.js("document.title") == "map"
    assert stage.engine.profile.isOffTheRecord()


def test_the_page_can_reach_nothing_and_run_nothing_of_its_own(stage: Stage) -> None:
    """Fetching is refused by the page's policy, before the guard is even asked."""
    stage.js("(window.tried = 0, fetch('https://192.0.2.1/x').catch(() => { tried = 1; }), 0)")
    until(lambda: stage.js("tried"), "a refused fetch")
    stage.js(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.hit = 1';"
        " document.head.appendChild(s); s.remove(); return 0; })()"
    )
    assert stage.js("window.hit === undefined")
    assert stage.complaints
    stage.complaints.clear()


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A web server next door: its address, and what it was asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_words: object) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_guard_blocks_and_lists_what_a_page_without_a_policy_would_fetch(
    stage: Stage, listener: tuple[str, list[str]]
) -> None:
    """The second wall, behind the policy: requests of any other scheme or host end in the profile itself (MP-06)."""
    address, asked = listener
    outside = [f"{address}/picture.png", f"{address}/frame.html", "https://192.0.2.1/x.png"]
    tags = f'<img src="{outside[0]}"><iframe src="{outside[1]}"></iframe><img src="{outside[2]}">'
    stage.engine.files._files["other.html"] = tags.encode()
    other = QWebEnginePage(stage.engine.profile)
    ended: list[bool] = []
    other.loadFinished.connect(ended.append)
    other.load(QUrl("app://map/other.html"))
    guard = stage.engine.guard
    until(lambda: ended and set(outside) <= set(guard.blocked), "all of them blocked")
    delete(other)
    assert asked == []
    assert [each for each in guard.blocked if each.startswith("app:")] == []
    guard.blocked.clear()


def test_district_units_and_veil_are_drawn(stage: Stage) -> None:
    looks = stage.js("[...document.querySelectorAll('path')].map(e => e.getAttribute('class'))")
    assert sorted(set(looks)) == ["ground-district", "ground-outline", "ground-unit", "ground-veil"]
    assert looks.count("ground-unit") == 10
    assert "街镇界线为示意" in stage.js("document.getElementById('notes').textContent")
    assert "WGS-84" in stage.js("document.getElementById('notes').textContent")


def test_a_change_is_painted_and_acknowledged(stage: Stage) -> None:
    empty(stage)
    stage.acks.clear()
    stage.site.incident("one", what="商场火灾", incident_level="level_4", next_due_at=NOW_MS + 461_000)
    until(lambda: stage.acks, "an acknowledgement")
    assert stage.holds("incident:one")
    label = until(lambda: [each for each in stage.facts()["labels"] if each["id"] == "one"], "its label")
    assert label[0]["text"] == ["IV 商场火灾 剩 07:41"]
    stage.site.incident("one", what="商场火灾", open=0)
    until(lambda: not stage.holds("incident:one"), "gone with its closing")


def test_when_everything_may_have_changed_everything_is_read(stage: Stage) -> None:
    empty(stage)
    stage.site.write("point", "p", kind="hospital", name="医院", lon=CENTRE[0], lat=CENTRE[1])
    stage.site.tell(Change(EVERYTHING, EVERYTHING, ChangeKind.CHANGED, Origin.REBUILD))
    until(lambda: stage.holds("point:p"), "what no change has named")


def test_only_what_changed_is_pushed(stage: Stage) -> None:
    empty(stage)
    for number, (lon, lat) in enumerate(spread(20)):
        stage.site.write("point", f"p{number}", kind="hospital", name=f"医院{number}", lon=lon, lat=lat)
    stage.site.tell(*(stage.site.change("point", f"p{number}") for number in range(20)))
    until(lambda: stage.js("duty.live.items.size") == 20, "twenty points")
    sent: list[dict[str, Any]] = []
    tell = stage.engine.tell
    assert stage.panel._feed is not None

    def overhear(message: dict[str, Any]) -> None:
        sent.append(message)
        tell(message)

    stage.panel._feed._page = overhear
    stage.site.put("point", "p7", kind="hospital", name="医院七", lon=CENTRE[0], lat=CENTRE[1])
    until(lambda: sent, "a patch")
    assert [feature["id"] for message in sent for feature in message["upsert"]] == ["p7"]
    until(lambda: stage.js("duty.live.items.get('point:p7').label") == "医院七")


def test_countdowns_follow_the_clock_of_the_console(stage: Stage) -> None:
    """The page asks no clock of its own: what the console's clock says is what counts down (XC-05)."""
    empty(stage)
    stage.site.incident("due", what="道路塌陷", next_due_at=NOW_MS + 5_000)
    try:
        for at_ms, shown in (
            (0, "道路塌陷 剩 00:05"),
            (5_000, "道路塌陷 剩 00:00"),
            (5_001, "道路塌陷 超 00:00"),
            (5_000 + 3_661_000, "道路塌陷 超 1:01:01"),
        ):
            stage.site.clock.set(NOW_MS + at_ms)
            wait_for_words(stage, "due", shown)
    finally:
        stage.site.clock.set(NOW_MS)


def wait_for_words(stage: Stage, record_id: str, shown: str) -> None:
    """A label says this."""
    until(lambda: words(stage, record_id) == shown, shown)


def words(stage: Stage, record_id: str) -> str:
    """Label of an incident as painted."""
    found = until(lambda: [each for each in stage.facts()["labels"] if each["id"] == record_id], "a label")
    return " / ".join(found[0]["text"])


def test_a_click_on_a_marker_selects_its_record(stage: Stage) -> None:
    empty(stage)
    stage.site.incident("hit", what="火灾")
    stage.site.put(
        "shelter", "h", name="天山中学", state="open", capacity=10, occupied=1, lon=121.37, lat=31.2
    )
    heard: list[tuple[str, str]] = []
    stage.panel.record_clicked.connect(lambda kind, record_id: heard.append((kind, record_id)))
    stage.click(stage.where("incident:hit"))
    until(lambda: heard == [("incident", "hit")], "the incident")
    assert stage.session.selected_incident == "hit"
    stage.click(stage.where("shelter:h"))
    until(lambda: heard[-1] == ("shelter", "h"), "the shelter")
    assert stage.session.selected_incident == "hit"


def test_records_at_one_place_take_turns(stage: Stage) -> None:
    empty(stage)
    for name in ("a", "b", "c"):
        stage.site.incident(name, what=name)
    until(lambda: stage.js("duty.live.items.size") == 3)
    heard: list[str] = []
    stage.panel.record_clicked.connect(lambda _kind, record_id: heard.append(record_id))
    place = stage.where("incident:a")
    for number in range(3):
        stage.click(place)
        wait_for_length(heard, number + 1)
        spin(400)  # longer than a double click, which would zoom
    assert sorted(heard) == ["a", "b", "c"]


def test_a_click_on_the_ground_picks_a_place_when_asked(stage: Stage) -> None:
    empty(stage)
    heard: list[tuple[float, float]] = []
    stage.panel.point_picked.connect(lambda lon, lat: heard.append((lon, lat)))
    spot = QPoint(600, 500)
    wanted = stage.js("(p => [p.lng, p.lat])(duty.page.ground(600, 500))")
    stage.click(spot)
    stage.settle()
    assert heard == []
    stage.panel.pick_point()
    stage.settle()
    stage.click(spot)
    until(lambda: heard, "a place")
    assert heard[0] == pytest.approx(wanted, abs=2e-5)
    assert not stage.panel.picking
    stage.panel.pick_point()
    stage.settle()
    QTest.keyClick(stage.screen, Qt.Key.Key_Escape)
    until(lambda: not stage.panel.picking, "Esc to cancel")


def test_the_menu_of_a_place_registers_there(stage: Stage) -> None:
    heard: list[tuple[float, float]] = []
    stage.panel.point_picked.connect(lambda lon, lat: heard.append((lon, lat)))
    stage.click(QPoint(500, 480), Qt.MouseButton.RightButton)
    menu = until(stage.panel.menu, "a menu")
    menu.actions()[0].trigger()
    menu.close()
    assert heard[0] == pytest.approx(stage.js("(p => [p.lng, p.lat])(duty.page.ground(500, 480))"), abs=2e-5)


def test_selecting_on_the_board_brings_into_view_but_not_after_a_drag(stage: Stage) -> None:
    empty(stage)
    stage.site.incident("far", what="远处", lon=121.60, lat=31.30)
    stage.site.incident("near", what="近处")
    until(lambda: stage.js("duty.live.items.size") == 2)
    stage.tell("fit")
    stage.session.select_incident("near")
    stage.settle()
    before = stage.facts()["centre"]
    stage.session.select_incident("far")
    until(lambda: abs(stage.facts()["centre"]["lng"] - 121.60) < 1e-3, "the far incident in view")
    stage.tell("fit")
    assert stage.facts()["centre"]["lng"] == pytest.approx(before["lng"], abs=1e-6)
    drag(stage, QPoint(500, 500), QPoint(430, 520))
    assert stage.facts()["centre"]["lng"] != pytest.approx(before["lng"], abs=1e-6)
    stage.session.select_incident("near")
    stage.session.select_incident("far")
    spin(600)  # the length of a pan
    assert abs(stage.facts()["centre"]["lng"] - 121.60) > 0.1
    stage.tell("fit")


def drag(stage: Stage, start: QPoint, end: QPoint) -> None:
    """A real drag of the map."""
    QTest.mousePress(stage.screen, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    for step in range(1, 6):
        QTest.mouseMove(stage.screen, start + (end - start) * step / 5)
        spin(30)
    QTest.mouseRelease(stage.screen, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)
    stage.settle()


@pytest.mark.parametrize("zoom", [12.5, 13.5, 15.0])
def test_labels_never_overlap(stage: Stage, zoom: float) -> None:
    empty(stage)
    for number, (lon, lat) in enumerate(spread(46)):
        stage.site.incident(
            f"i{number}", what="仓库冒烟有人被困", lon=lon, lat=lat, next_due_at=NOW_MS + number * 1000
        )
    for number, (lon, lat) in enumerate(spread(60)[46:]):
        stage.site.put(
            "shelter",
            f"h{number}",
            name="程家桥体育馆",
            state="open",
            capacity=9,
            occupied=1,
            lon=lon,
            lat=lat,
        )
        stage.site.put(
            "station", f"s{number}", name="天山站", lon=lon + 0.001, lat=lat, vehicles_ready=1, vehicles_out=0
        )
    until(lambda: stage.js("duty.live.items.size") == 74)
    stage.tell("show", lon=CENTRE[0], lat=CENTRE[1])
    stage.tell("zoom", by=zoom - stage.facts()["zoom"])
    facts = stage.facts()
    assert facts["zoom"] == zoom
    labels = facts["labels"]
    plates = [each for each in labels if each["kind"] == "incident"]
    assert 8 <= len(plates) <= 14
    assert len(labels) > len(plates)
    crossing = [(a["id"], b["id"]) for a, b in itertools.combinations(labels, 2) if overlap(a, b)]
    assert crossing == []
    assert not [each for each in labels for box in covers(stage) if overlap(each, box)]


def overlap(a: dict[str, float], b: dict[str, float]) -> bool:
    """Two boxes share a pixel."""
    apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
    return not (apart or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"])


def covers(stage: Stage) -> list[dict[str, float]]:
    """What lies over the map."""
    parts = [part.geometry() for part in (stage.panel.card, stage.panel.layers, stage.panel.tools)]
    return [{"x": box.x(), "y": box.y(), "w": box.width(), "h": box.height()} for box in parts]


def test_three_thousand_features_live(stage: Stage) -> None:
    empty(stage)
    for number, (lon, lat) in enumerate(spread(3000)):
        stage.site.write("point", f"p{number}", kind="hospital", name=f"点{number}", lon=lon, lat=lat)
    stage.site.tell(*(stage.site.change("point", f"p{number}") for number in range(3000)))
    until(lambda: stage.js("duty.live.items.size") == 3000, "three thousand features")
    stage.tell("fit")
    facts = stage.facts()
    assert (facts["drawn"], facts["clusters"]) == (3000, 0)
    stage.acks.clear()
    for step in range(10):
        stage.site.put(
            "point", "p0", kind="hospital", name="移动", lon=CENTRE[0] + step * 1e-4, lat=CENTRE[1]
        )
        wait_for_length(stage.acks, step + 1)
    assert stage.js("duty.live.items.get('point:p0').lon") == pytest.approx(CENTRE[0] + 9e-4)


def test_beyond_three_thousand_places_are_gathered_but_incidents_are_not(stage: Stage) -> None:
    for number, (lon, lat) in enumerate(spread(3400)[3000:]):
        stage.site.write("point", f"q{number}", kind="hospital", name=f"点{number}", lon=lon, lat=lat)
    stage.site.tell(*(stage.site.change("point", f"q{number}") for number in range(400)))
    for name in ("x", "y"):
        stage.site.incident(name, what="火灾")
    until(lambda: stage.js("duty.live.items.size") == 3402)
    stage.tell("fit")
    facts = stage.facts()
    assert facts["clusters"] > 10
    assert facts["drawn"] < 400
    assert stage.js("[duty.live.where('incident:x'), duty.live.where('incident:y')].every(Boolean)")
    stage.tell("zoom", by=3)
    assert stage.facts()["clusters"] == 0
    stage.tell("fit")
    empty(stage)


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_people_type_stays_text(stage: Stage, attack: str) -> None:
    """QUALITY, attack test 1: nothing typed runs, loads or changes the page."""
    empty(stage)
    before = stage.js("document.querySelectorAll('*').length")
    stage.site.incident("evil", what=attack, place=attack, no=attack)
    stage.site.put(
        "shelter",
        "evil",
        name=attack,
        kind=attack,
        address=attack,
        state="open",
        capacity=9,
        occupied=8,
        lon=121.37,
        lat=31.2,
    )
    stage.site.put("station", "evil", name=attack, kind=attack, lon=121.39, lat=31.22)
    stage.site.put(
        "vehicle", "evil", call_sign=attack, vehicle_state="21", station_id="evil", incident_id="evil"
    )
    stage.site.put("point", "evil", name=attack, kind=attack, lon=121.41, lat=31.2)
    until(lambda: stage.js("duty.live.items.size") == 5)
    for key in ("incident:evil", "shelter:evil"):
        QTest.mouseMove(stage.screen, stage.where(key))
        until(lambda: stage.js("document.getElementById('tip').style.display") == "block", "the tip")
        shown = stage.js("[...document.querySelectorAll('#tip p')].map(p => p.textContent)")
        assert shown[0] == attack.strip()
        assert stage.js("document.querySelectorAll('#tip *:not(p)').length") == 0
    QTest.mouseMove(stage.screen, QPoint(900, 760))
    until(lambda: stage.js("document.getElementById('tip').style.display") == "none", "no tip")
    assert stage.js("window.hit === undefined")
    assert stage.js("document.title") == "map"
    assert stage.js("document.querySelectorAll('*').length") <= before + 6


def test_another_theme_colours_page_and_symbols_anew(stage: Stage) -> None:
    empty(stage)
    stage.site.incident("one", what="火灾", incident_level="level_3")
    until(lambda: stage.holds("incident:one"))
    for kind in ("light", "dark"):
        stage.theme.use(kind)
        wait_for_colours(stage)


def wait_for_colours(stage: Stage) -> None:
    """Ground, district and a level's shape wear the theme."""
    theme = stage.theme
    until(lambda: near(pixel(stage, QPoint(1040, 400)), theme.ground), f"ground of {theme.kind}")
    until(lambda: near(pixel(stage, QPoint(250, 600)), theme.district), f"district of {theme.kind}")
    until(
        lambda: near(pixel(stage, stage.where("incident:one")), theme.level_fill_3), f"level of {theme.kind}"
    )


def pixel(stage: Stage, point: QPoint) -> QColor:
    """Colour of the page at a point."""
    return stage.engine.view.grab().toImage().pixelColor(point)


def near(one: QColor, other: QColor) -> bool:
    """The same colour, give or take what drawing over it takes."""
    gaps = (one.red() - other.red(), one.green() - other.green(), one.blue() - other.blue())
    return max(map(abs, gaps)) <= 6


def test_layers_can_be_hidden_one_by_one(stage: Stage) -> None:
    empty(stage)
    stage.site.incident("one", what="火灾")
    stage.site.put("point", "p", kind="hospital", name="医院", lon=121.37, lat=31.2)
    until(lambda: stage.facts()["drawn"] == 2)
    stage.panel.layers.show_only(["incident"])
    until(lambda: stage.facts()["drawn"] == 1, "points hidden")
    assert stage.site.memory("map.layers") == ["incident"]
    stage.panel.layers.show_only(["incident", "station", "vehicle", "shelter", "point"])
    until(lambda: stage.facts()["drawn"] == 2, "points shown")


def test_a_hidden_map_waits_and_catches_up(stage: Stage) -> None:
    empty(stage)
    stage.panel.hide()
    stage.site.incident("later", what="火灾")
    spin(300)
    assert not stage.holds("incident:later")
    stage.panel.show()
    until(lambda: stage.holds("incident:later"), "what happened while hidden")


def test_the_engine_refuses_to_go_elsewhere(stage: Stage) -> None:
    stage.js("(location.href = 'https://192.0.2.1/', 0)")
    stage.js("(window.open('https://192.0.2.1/'), alert('x'), 0)")
    spin(200)
    assert stage.engine.page.url().toString() == "app://map/index.html"
    stage.complaints.clear()
