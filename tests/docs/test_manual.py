"""The manual names only pictures, labels, keys and commands that are there; the pictures are small."""

from __future__ import annotations

import re
import shlex
from functools import lru_cache

import pytest

from app.cli import parser
from app.kernel.texts import Texts
from tools.rules_map import ROOT

MANUAL = ROOT / "docs" / "manual"
CHAPTERS = sorted(path.name for path in MANUAL.glob("*.md"))
MOST_BYTES = 200_000
_PICTURE = re.compile(r"!\[[^\]]*\]\(images/([\w-]+\.png)\)")
_LINK = re.compile(r"\]\((?!https?:|images/)([^)#]+)\)")
_LABEL = re.compile(r"「([^」]*)」")
_KEY = re.compile(r"`((?:(?:Ctrl|Alt|Shift)\+)*(?:F\d{1,2}|[A-Z0-9]|Enter|Esc|Tab|↑))`")
_PARAMETER = re.compile(r"\{\w+\}")
_SHORT = 2


def text_of(chapter: str) -> str:
    return (MANUAL / chapter).read_text("utf-8")


@lru_cache(maxsize=1)
def catalogue() -> tuple[str, ...]:
    return tuple(Texts.load("zh_CN").catalogue.values())


@lru_cache(maxsize=1)
def screens() -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "app" / "ui").rglob("*.py")))


def on_screen(label: str) -> bool:
    """True if a label is a text of the catalogue or a piece of one, parameters filled or left out."""
    for value in catalogue():
        if label in value:
            return True
        parts = [part for part in _PARAMETER.split(value) if len(part.strip()) >= _SHORT]
        pattern = ".*".join(map(re.escape, _PARAMETER.split(value)))
        if parts and re.fullmatch(pattern, label):
            return True
    return False


def has_key(key: str) -> bool:
    """True if the window knows a key: as a shortcut, as a hint, or as Qt names it."""
    names = {key, key.replace("↑", "Up"), key.replace("↑", "\\N{UPWARDS ARROW}")}
    last = key.rpartition("+")[2]
    qt = {"Enter": "Key_Return", "Esc": "Key_Escape", "Tab": "focusNextPrevChild"}
    if re.fullmatch(r"Alt\+\d", key):  # pages of the desk
        return "Key.Key_1" in screens() and any("Alt+1" in value for value in catalogue())
    return any(f'"{name}"' in screens() for name in names) or (
        "+" not in key and qt.get(last, "?") in screens()
    )


def test_every_chapter_is_in_the_contents() -> None:
    contents = text_of("README.md")
    assert [name for name in CHAPTERS if name != "README.md" and f"({name})" not in contents] == []
    assert len(CHAPTERS) == 15


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_links_lead_somewhere(chapter: str) -> None:
    assert [link for link in _LINK.findall(text_of(chapter)) if not (MANUAL / link).exists()] == []


def test_pictures_are_there_used_and_small() -> None:
    named = {name for chapter in CHAPTERS for name in _PICTURE.findall(text_of(chapter))}
    named |= set(re.findall(r"docs/manual/images/([\w-]+\.png)", (ROOT / "README.md").read_text("utf-8")))
    files = {path.name: path for path in (MANUAL / "images").iterdir()}
    assert named == set(files)
    assert {name: size for name, path in files.items() if (size := path.stat().st_size) > MOST_BYTES} == {}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in files.values())


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_label_stands_on_the_screen(chapter: str) -> None:
    strange = [label for label in _LABEL.findall(text_of(chapter)) if label and not on_screen(label)]
    assert strange == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_key_is_one_of_the_window(chapter: str) -> None:
    assert [key for key in _KEY.findall(text_of(chapter)) if not has_key(key)] == []


def test_every_shortcut_of_the_window_is_in_the_list_of_keys() -> None:
    listed = set(_KEY.findall(text_of("keys.md")))
    shortcuts = set(re.findall(r'"((?:Ctrl\+(?:Shift\+)?|Alt\+)[A-Z0-9]|F\d{1,2})"', screens()))
    assert sorted(shortcuts - listed) == []


def test_every_command_line_can_be_read() -> None:
    calls = [
        shlex.split(line)[2:]
        for chapter in CHAPTERS
        for block in re.findall(r"```sh\n(.*?)```", text_of(chapter), re.DOTALL)
        for line in map(str.strip, block.splitlines())
        if "main.py" in line
    ]
    assert len(calls) > 10
    for call in calls:
        assert parser.build().parse_args(call), call
