"""Tokens, contrast, style sheet, icons, shapes (XC-13; QUALITY, Human factors)."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import pytest
from PySide6.QtGui import QFontMetricsF, QImage
from PySide6.QtWidgets import QApplication

from app.kernel.texts import RESOURCES
from app.ui.theme import icons, theme, tokens
from app.ui.theme.shapes import NUMERALS, level_path
from app.ui.theme.theme import Theme
from app.ui.theme.tokens import DESK_KINDS, KINDS, LEVELS, contrast, load, next_desk_kind

DEPTHS = ("canvas", "surface", "raised", "hover", "selected")
WORDS = ("text", "muted", "accent", "good", "warn", "bad", *LEVELS)
PAIRS = (
    # on every depth, on the wash of a partner's change, on what is chosen, on the map
    *((word, back) for back in (*DEPTHS, "tint", "accbg", "ground", "district") for word in WORDS),
    *((word, "fill") for word in ("text", "muted")),
    *((word, "chip") for word in ("text", "muted")),
    *((word, "warnbg") for word in ("text", "muted", "warn", "bad")),
    *((word, "badbg") for word in ("text", "muted", "warn", "bad")),
    *((word, "goodbg") for word in ("text", "muted", "good")),
    *(("ink", back) for back in ("accent", "accent_strong", "bad", "bad_strong", "warn", "good")),
    ("unit", "ground"),
    ("unit", "district"),
    ("plate_text", "plate"),
    ("paper_ink", "paper"),
)  # fmt: skip
NEEDED = {"dark": 4.5, "light": 4.5, "contrast": 7.0, "wall": 7.0}
MM_AT_4M_PER_MINUTE = 4000 * math.tan(math.radians(1 / 60))


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.478, abs=0.001)
    assert contrast("#FFFFFF", "#777777") == contrast("#777777", "#FFFFFF")


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_can_be_read_on_every_depth(kind: str) -> None:
    colours = load(kind).colours
    poor = [
        f"{word} on {back}: {contrast(colours[word], colours[back]):.2f}"
        for word, back in PAIRS
        if contrast(colours[word], colours[back]) < NEEDED[kind]
    ]
    assert not poor
    assert {back for _, back in PAIRS} >= {"canvas", "surface", "raised"}


def test_light_shapes_are_edged_where_their_fill_is_pale() -> None:
    colours = load("light").colours
    for level in ("level_1", "level_2", "level_3", "level_4"):
        assert contrast(colours[level], colours["surface"]) >= 5.1


@pytest.mark.parametrize("kind", KINDS)
def test_files_hold_exactly_the_tokens_of_the_theme(kind: str) -> None:
    assert set(load(kind).colours) == set(theme.names())
    assert all(re.fullmatch("#[0-9A-F]{6}", value) for value in load(kind).colours.values())
    assert {"body", "table", "small", "axis", "clock", "title"} <= set(load(kind).sizes)


def test_type_on_the_desk_is_never_below_11_px() -> None:
    for kind in DESK_KINDS:
        assert min(load(kind).sizes.values()) == 11


@pytest.mark.parametrize("mm_per_px", [0.496, 0.372, 0.63])
def test_the_wall_is_legible_at_4_m_on_any_panel(mm_per_px: float) -> None:
    """NUREG-0700: text 16 minutes of arc, figures 20; a digit is 0.73 em high, a Han character about one em."""
    sizes = load("wall").sized_for(mm_per_px).sizes
    assert sizes["body"] * mm_per_px * 0.93 / MM_AT_4M_PER_MINUTE >= 16
    assert sizes["figure"] * mm_per_px * 0.73 / MM_AT_4M_PER_MINUTE >= 20
    assert load("dark").sized_for(mm_per_px).sizes == load("dark").sizes


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(KeyError):
        load("../dark")


@pytest.mark.parametrize("kind", KINDS)
def test_the_style_sheet_is_filled_and_understood(
    qapp: QApplication, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    sheet = Theme(kind).qss()
    assert "$" not in sheet
    assert load(kind).colours["surface"] in sheet
    for path in re.findall(r"url\(([^)]+)\)", sheet):
        assert (RESOURCES / path).is_file()
    assert sheet.count("{") == sheet.count("}")


def test_palette_follows_the_tokens(qapp: QApplication) -> None:
    dark = Theme("dark")
    palette = dark.palette()
    assert palette.window().color() == dark.canvas
    assert palette.highlightedText().color() == dark.ink
    assert palette.color(palette.ColorGroup.Disabled, palette.ColorRole.Text).alphaF() == pytest.approx(
        0.6, abs=0.01
    )


def test_changing_the_theme_tells_once_and_forgets_old_pixmaps(qapp: QApplication) -> None:
    look, heard = Theme("dark"), list[str]()
    look.changed.connect(lambda: heard.append(look.kind))
    before = look.pixmap("check", "good")
    assert look.pixmap("check", "good") is before
    look.use("light")
    look.use("light")
    assert heard == ["light"]
    assert look.pixmap("check", "good") is not before
    assert look.surface.name().upper() == load("light").colours["surface"]
    with pytest.raises(KeyError):
        look.use("sepia")


def test_the_switch_goes_round_the_themes_of_the_desk() -> None:
    assert [next_desk_kind(kind) for kind in DESK_KINDS] == ["light", "contrast", "dark"]
    assert next_desk_kind("wall") == "dark"


def test_in_high_contrast_lines_and_what_is_chosen_can_be_seen() -> None:
    """WCAG 1.4.11: parts of controls at least 3 : 1 against what lies beside them."""
    colours = load("contrast").colours
    for back in DEPTHS:
        assert contrast(colours["line"], colours[back]) >= 3
        assert contrast(colours["accent"], colours[back]) >= 3


def test_digits_are_equally_wide(qapp: QApplication) -> None:
    for bold in (False, True):
        metrics = QFontMetricsF(Theme("dark").font("countdown", bold))
        assert len({metrics.horizontalAdvance(digit) for digit in "0123456789"}) == 1
    assert Theme("dark").font("body").pixelSize() == 14
    assert Theme("dark").font(17, bold=True).weight() == 700


ICONS = sorted(path.stem for path in icons.FOLDER.glob("*.svg"))


@pytest.mark.parametrize("name", ICONS)
def test_icons_are_drawn_in_the_current_colour_alone(name: str) -> None:
    root = ET.fromstring(icons.source(name))
    assert root.attrib["viewBox"] == "0 0 16 16"
    for element in root.iter():
        for attribute in ("fill", "stroke"):
            assert element.attrib.get(attribute, "none") in ("none", "currentColor")
        assert element.tag.rpartition("}")[2] in ("svg", "path", "circle", "rect")


def covered(image: QImage) -> int:
    """Number of pixels that are not clear."""
    return sum(
        image.pixelColor(x, y).alpha() > 40 for x in range(image.width()) for y in range(image.height())
    )


def test_icons_take_the_tokens_colour_and_are_sharp(qapp: QApplication) -> None:
    look = Theme("dark")
    pixmap = look.pixmap("record", "bad", 16, 2.0)
    assert (pixmap.width(), pixmap.deviceIndependentSize().width()) == (32, 16)
    assert pixmap.toImage().pixelColor(16, 16) == look.bad
    assert len(ICONS) > 60
    for name in ICONS:
        assert covered(look.pixmap(name, "text", 16, 1.0).toImage()) > 8, name


def test_unknown_icons_and_tokens_are_refused(qapp: QApplication) -> None:
    with pytest.raises(KeyError):
        Theme("dark").icon("no-such-icon")
    with pytest.raises(KeyError):
        Theme("dark").icon("check", "no_such_token")


def test_an_icon_has_a_disabled_look(qapp: QApplication) -> None:
    icon = Theme("dark").icon("check", "good")
    plain = icon.pixmap(16, 16).toImage()
    faded = icon.pixmap(16, 16, icon.Mode.Disabled).toImage()
    assert plain != faded


def test_every_level_has_its_own_shape_and_numeral(qapp: QApplication) -> None:
    look = Theme("dark")
    masks = set()
    for level in LEVELS:
        image = look.level_shape(level, 24, 1.0).toImage()
        masks.add(tuple(image.pixelColor(x, y).alpha() > 127 for x in range(24) for y in range(24)))
        box = level_path(level, 24).boundingRect()
        assert box.left() >= 0 and box.right() <= 24 and box.top() >= 0 and box.bottom() <= 24
    assert len(masks) == 5
    assert len(set(NUMERALS.values())) == 5
    assert look.level_shape("level_1", 14, 1.0) is look.level_shape("level_1", 14, 1.0)
    assert (
        look.level_shape("something new", 14, 1.0).toImage()
        == look.level_shape("level_none", 14, 1.0).toImage()
    )


def test_light_shapes_are_filled_and_edged(qapp: QApplication) -> None:
    look = Theme("light")
    image = look.level_shape("level_3", 24, 1.0).toImage()
    assert image.pixelColor(12, 12) == look.level_fill_3
    assert image.pixelColor(1, 12) != look.level_fill_3


def test_tokens_module_needs_no_qt() -> None:
    assert not any(name.startswith("Q") for name in vars(tokens))
