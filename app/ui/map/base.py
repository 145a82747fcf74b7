"""The page's base, built once by folium: blank ground, district, areas of units, veil around, and our live layer.

folium writes two texts: markup with nothing but links, and a script. The script is served as a file of its own, so that
the page's policy can forbid every inline script (QUALITY, attack test 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.ui.map.ground import Ground, Ring, bounds_of

MAX_ZOOM, MIN_ZOOM = 18, 8
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src app:",
        "style-src app:",
        "img-src app:",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
_PAGE = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>map</title>
{links}
</head>
<body>
{body}
{scripts}
</body>
</html>
"""
_STYLES = ("leaflet.css", "map.css")
_SCRIPTS = (
    "leaflet.js",
    "qwebchannel.js",
    "symbols.js",
    "labels.js",
    "sheet.js",
    "live.js",
    "page.js",
    "base.js",
)
# Panes from the ground up; Leaflet's own overlay pane stands at 400.
_PANES = (("district", 210), ("grid", 215), ("units", 220), ("veil", 225), ("outline", 230))
_FAR = 20.0  # degrees: how far the veil reaches beyond the district
_SMOOTH = 0.5


@dataclass(frozen=True)
class BasePage:
    """The generated files."""

    html: str
    script: str


def _polygon(rings: Sequence[Ring]) -> dict[str, Any]:
    coordinates = [[list(point) for point in ring] for ring in rings]
    return {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": coordinates}}


def _world(bounds: tuple[float, float, float, float]) -> Ring:
    west, south, east, north = bounds
    west, east = max(-180.0, west - _FAR), min(180.0, east + _FAR)
    south, north = max(-85.0, south - _FAR), min(85.0, north + _FAR)
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def build(ground: Ground) -> BasePage:
    """Build the page with folium (imported here: it takes a third of a second)."""
    import folium
    from branca.element import Figure, MacroElement
    from folium.map import CustomPane
    from folium.template import Template

    class BaseMap(folium.Map):
        """A map that links nothing by itself."""

        default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium's own form
        default_css: list[tuple[str, str]] = []  # noqa: RUF012

    class LiveLayer(MacroElement):
        """Hands the map over to our own scripts, which draw what changes."""

        _template = Template(
            "{% macro script(this, kwargs) %}"
            "duty.page.start({{ this._parent.get_name() }}, {{ this.bounds|tojson }});"
            "{% endmacro %}"
        )

        def __init__(self, bounds: list[list[float]]) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self._name = "LiveLayer"
            self.bounds = bounds

    bounds = bounds_of(ground)
    west, south, east, north = bounds
    corners = [[south, west], [north, east]]
    base = BaseMap(
        [(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_start=13,
        zoom_control=False,
        maxZoom=MAX_ZOOM,
        minZoom=MIN_ZOOM,
        zoomSnap=0.25,
        zoomDelta=0.5,
        wheelPxPerZoomLevel=120,
        zoomAnimation=False,
        fadeAnimation=False,
        attributionControl=False,
    )
    for name, z_index in _PANES:
        CustomPane(name, z_index).add_to(base)

    def layer(pane: str, look: str, rings: Sequence[Ring]) -> None:
        folium.GeoJson(
            _polygon(rings),
            smooth_factor=_SMOOTH,
            pane=pane,
            className=look,
            interactive=False,
            fillRule="evenodd",
        ).add_to(base)

    if ground.outline:
        layer("district", "ground-district", ground.outline)
        for rings in ground.units:
            layer("units", "ground-unit", rings)
        layer("veil", "ground-veil", [_world(bounds), *ground.outline])
        layer("outline", "ground-outline", ground.outline)
    base.fit_bounds(corners)
    LiveLayer(corners).add_to(base)
    figure = base.get_root()
    if not isinstance(figure, Figure):
        raise TypeError("folium map without a figure")
    figure.render()
    return BasePage(
        html=_PAGE.format(
            policy=POLICY,
            links="\n".join(f'<link rel="stylesheet" href="{name}">' for name in _STYLES),
            body=figure.html.render(),
            scripts="\n".join(f'<script src="{name}"></script>' for name in _SCRIPTS),
        ),
        script=figure.script.render(),
    )
