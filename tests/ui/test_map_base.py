"""Files of the page: pinned, nothing from outside, no inline script, no address of anybody."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.domain.outline import parse_outline
from app.kernel.errors import EnvironmentFault
from app.kernel.texts import RESOURCES
from app.ui.map import assets, base
from app.ui.map.ground import Ground, bounds_of

BOX = (121.317, 31.17, 121.445, 31.257)
OUTLINE = parse_outline(
    json.loads((RESOURCES / "districts" / "outlines" / "310105.geojson").read_text("utf-8"))
)
NAMES = {*assets.VENDOR, *assets.OWN, "qwebchannel.js", "base.js"}


@pytest.fixture(scope="module")
def page() -> base.BasePage:
    return base.build(Ground(BOX, OUTLINE.rings, [unit.rings for unit in OUTLINE.units]))


def test_the_page_links_only_its_own_files(page: base.BasePage) -> None:
    assert set(re.findall(r'(?:src|href)="([^"]+)"', page.html)) == NAMES
    assert "://" not in page.html
    assert "://" not in page.script


def test_the_page_holds_no_inline_script_or_style(page: base.BasePage) -> None:
    assert re.findall(r"<script(?![^>]*\bsrc=)", page.html) == []
    assert "<style" not in page.html
    assert " style=" not in page.html
    assert not re.search(r"\son\w+=", page.html)


def test_the_policy_allows_nothing_inline_and_nothing_else(page: base.BasePage) -> None:
    found = re.search(r'Content-Security-Policy" content="([^"]+)"', page.html)
    assert found is not None
    rules = dict(rule.split(" ", 1) for rule in found.group(1).split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "app:"
    assert "unsafe" not in found.group(1)


def test_nothing_of_jquery_bootstrap_or_icon_fonts_is_asked_for(page: base.BasePage) -> None:
    text = (page.html + page.script).lower()
    assert not [word for word in ("jquery", "bootstrap", "awesome", "glyphicon", "$.", "cdn") if word in text]


def test_folium_lays_ground_units_veil_and_outline_and_sets_the_deepest_zoom(page: base.BasePage) -> None:
    looks = re.findall(r'"className": "([a-z-]+)"', page.script)
    assert looks == ["ground-district", *["ground-unit"] * 10, "ground-veil", "ground-outline"]
    assert '"maxZoom": 18' in page.script
    assert page.script.count("duty.page.start(") == 1


def test_a_district_without_an_outline_is_a_blank_ground(page: base.BasePage) -> None:
    blank = base.build(Ground(BOX, ()))
    assert "className" not in blank.script
    assert bounds_of(Ground(BOX, ())) == BOX
    assert bounds_of(Ground(BOX, OUTLINE.rings)) != BOX
    assert "duty.page.start(" in blank.script


def test_leaflet_is_the_file_that_was_pinned() -> None:
    script = assets.vendor_file("leaflet.js")
    assert b"Leaflet 1.9.4" in script
    assert set(assets.page_files()) == {*assets.VENDOR, *assets.OWN}


def test_a_file_that_is_not_the_pinned_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = assets.Vendor(
        "js_lib_leaflet", "static/js_lib_leaflet/leaflet-src.js", assets.VENDOR["leaflet.js"].sha256
    )
    monkeypatch.setitem(assets.VENDOR, "leaflet.js", other)
    with pytest.raises(EnvironmentFault) as told:
        assets.vendor_file("leaflet.js")
    assert told.value.text == "fault.map.assets"


@pytest.mark.parametrize("package", ["no_such_package_here", "js_lib_leaflet"])
def test_a_missing_file_is_told_as_a_fault(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(assets.VENDOR, "leaflet.css", assets.Vendor(package, "static/none.css", "0"))
    with pytest.raises(EnvironmentFault):
        assets.vendor_file("leaflet.css")


def test_our_scripts_never_write_markup() -> None:
    """Text of people goes to the canvas or into textContent (QUALITY, attack test 1)."""
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setTimeout\(\s*[\"'`]"
    )
    sources = {name: Path(assets.FOLDER, name).read_text("utf-8") for name in assets.OWN}
    assert [name for name, text in sources.items() if forbidden.search(text)] == []
    assert any("textContent" in text for text in sources.values())


def test_our_files_hold_no_sentence_of_any_language() -> None:
    """Words come from resources/texts; names of fonts are no words."""
    found = [
        name
        for name in assets.OWN
        if re.search(r"[\u3000-\u9fff]", (assets.FOLDER / name).read_text("utf-8"))
    ]
    assert found == []
