"""Files the map page is made of: Leaflet from its wheel, pinned by hash, and our own from resources/map. No Qt here."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from app.kernel.errors import EnvironmentFault
from app.kernel.texts import RESOURCES

FOLDER = RESOURCES / "map"
OWN = ("map.css", "symbols.js", "labels.js", "sheet.js", "live.js", "page.js")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".json": "application/json"}


@dataclass(frozen=True)
class Vendor:
    """A file of an installed package with the SHA-256 it must have."""

    package: str
    path: str
    sha256: str


VENDOR = {
    "leaflet.js": Vendor(
        "js_lib_leaflet",
        "static/js_lib_leaflet/leaflet.js",
        "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
    ),
    "leaflet.css": Vendor(
        "js_lib_leaflet",
        "static/js_lib_leaflet/leaflet.css",
        "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
    ),
}


def media_type(name: str) -> str:
    """Media type by the ending of a name; KeyError for a kind of file the page does not use."""
    return _TYPES[Path(name).suffix]


def _fault(path: str) -> EnvironmentFault:
    return EnvironmentFault("map.assets", "fault.map.assets", path=path)


def vendor_file(name: str) -> bytes:
    """A vendor file; EnvironmentFault when it is not there or is not the file that was pinned.

    The package is found, not imported: nothing of it runs here.
    """
    wanted = VENDOR[name]
    spec = importlib.util.find_spec(wanted.package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(places[0], wanted.path) if places else Path(wanted.path)
    try:
        body = path.read_bytes()
    except OSError as error:
        raise _fault(str(path)) from error
    if hashlib.sha256(body).hexdigest() != wanted.sha256:
        raise _fault(str(path))
    return body


def own_file(name: str) -> bytes:
    """One of our own files; EnvironmentFault when the installation lacks it."""
    path = FOLDER / name
    try:
        return path.read_bytes()
    except OSError as error:
        raise _fault(str(path)) from error


def page_files() -> dict[str, bytes]:
    """Everything the page loads besides what is generated, by the name under which it asks for it."""
    return {name: vendor_file(name) for name in VENDOR} | {name: own_file(name) for name in OWN}
