"""The one Theme: tokens as colours, fonts, icons, shapes, palette and style sheet."""

from __future__ import annotations

from functools import cache
from string import Template

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QApplication

from app.kernel.texts import RESOURCES
from app.ui.theme import icons, tokens
from app.ui.theme.fonts import font_of
from app.ui.theme.shapes import RING_WIDTH, is_ring, level_path
from app.ui.theme.tokens import REFERENCE_MM_PER_PX, Tokens

DISABLED_ALPHA = 0.6
EDGE_PX = 1.25
_EDGED = ("light", "contrast")  # panels have a line around them where grounds hardly differ


class Theme(QObject):
    """Colours by token (`theme.surface`, `theme.level_1`, ...). `changed` after another kind was chosen: repaint, ask
    for icons and pixmaps again.
    """

    changed = Signal()

    canvas: QColor
    surface: QColor
    raised: QColor
    hover: QColor
    selected: QColor
    line: QColor
    fill: QColor
    chip: QColor
    tint: QColor
    text: QColor
    muted: QColor
    ink: QColor
    accent: QColor
    accent_strong: QColor
    accbg: QColor
    good: QColor
    goodbg: QColor
    warn: QColor
    warnbg: QColor
    bad: QColor
    badbg: QColor
    bad_strong: QColor
    level_1: QColor
    level_2: QColor
    level_3: QColor
    level_4: QColor
    level_none: QColor
    level_fill_1: QColor
    level_fill_2: QColor
    level_fill_3: QColor
    level_fill_4: QColor
    ground: QColor
    district: QColor
    unit: QColor
    road: QColor
    plate: QColor
    plate_text: QColor
    paper: QColor
    paper_ink: QColor

    def __init__(
        self, kind: str = "dark", mm_per_px: float = REFERENCE_MM_PER_PX, parent: QObject | None = None
    ) -> None:
        """`mm_per_px`: pixel pitch of the wall's panel; only the kind `wall` looks at it."""
        super().__init__(parent)
        self._pitch = mm_per_px
        self._app: QApplication | None = None
        self._pixmaps: dict[tuple[object, ...], QPixmap] = {}
        self._icons: dict[tuple[str, str, int], QIcon] = {}
        self._fonts: dict[tuple[str | int, bool], QFont] = {}
        self._take(tokens.load(kind))

    def _take(self, new: Tokens) -> None:
        self.tokens = new.sized_for(self._pitch)
        self._colours = {name: QColor(new.colours[name]) for name in names()}
        for name, colour in self._colours.items():
            setattr(self, name, colour)
        for cache_ in (self._pixmaps, self._icons, self._fonts):
            cache_.clear()

    @property
    def kind(self) -> str:
        """dark | light | contrast | wall."""
        return self.tokens.kind

    def use(self, kind: str) -> None:
        """Change to another theme, now; KeyError when there is none of that name."""
        if kind == self.kind:
            return
        self._take(tokens.load(kind))
        if self._app is not None:
            self._dress(self._app)
        self.changed.emit()

    def resize(self, mm_per_px: float) -> None:
        """Sizes for a panel of another pixel pitch; only the kind `wall` looks at it."""
        if mm_per_px != self._pitch:
            self._pitch = mm_per_px
            self._take(tokens.load(self.kind))
            self.changed.emit()

    def apply(self, app: QApplication) -> None:
        """Give the application its style, palette, font and style sheet; later changes follow by themselves."""
        self._app = app
        app.setStyle("Fusion")
        self._dress(app)

    def _dress(self, app: QApplication) -> None:
        app.setPalette(self.palette())
        app.setFont(self.font("table"))
        app.setStyleSheet(self.qss())

    # -- colours -----------------------------------------------------------------------------------------------------
    def colour(self, token: str) -> QColor:
        """Colour of a token by name; KeyError when there is none."""
        return self._colours[token]

    def disabled(self) -> QColor:
        """Muted text at 60 %."""
        faded = QColor(self.muted)
        faded.setAlphaF(DISABLED_ALPHA)
        return faded

    def palette(self) -> QPalette:
        """Palette for everything the style sheet does not reach."""
        palette, role = QPalette(), QPalette.ColorRole
        for which, colour in (
            (role.Window, self.canvas),
            (role.WindowText, self.text),
            (role.Base, self.surface),
            (role.AlternateBase, self.raised),
            (role.Text, self.text),
            (role.Button, self.raised),
            (role.ButtonText, self.text),
            (role.BrightText, self.bad),
            (role.Highlight, self.accent),
            (role.HighlightedText, self.ink),
            (role.PlaceholderText, self.muted),
            (role.ToolTipBase, self.raised),
            (role.ToolTipText, self.text),
            (role.Link, self.accent),
            (role.LinkVisited, self.accent),
            (role.Light, self.line),
            (role.Midlight, self.line),
            (role.Mid, self.line),
            (role.Dark, self.canvas),
            (role.Shadow, self.canvas),
        ):
            palette.setColor(which, colour)
        for which in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, which, self.disabled())
        return palette

    def qss(self) -> str:
        """The application's style sheet: every template of resources/qss with the tokens put in."""
        values = dict(self.tokens.colours)
        values |= {f"size_{name}": f"{px}px" for name, px in self.tokens.sizes.items()}
        values["panel_edge"] = f"1px solid {values['line']}" if self.kind in _EDGED else "0"
        values["icons"] = (icons.FOLDER / "fixed" / ("light" if self.kind == "light" else "dark")).as_posix()
        return "\n".join(Template(text).substitute(values) for text in templates())

    # -- type --------------------------------------------------------------------------------------------------------
    def px(self, size: str) -> int:
        """A size of the type scale in px."""
        return self.tokens.sizes[size]

    def font(self, size: str | int, bold: bool = False) -> QFont:
        """Font of a size of the type scale (by name) or in px."""
        key = (size, bold)
        if key not in self._fonts:
            self._fonts[key] = font_of(self.px(size) if isinstance(size, str) else size, bold)
        return self._fonts[key]

    # -- icons and shapes --------------------------------------------------------------------------------------------
    def pixmap(self, name: str, token: str, size: int = 16, ratio: float | None = None) -> QPixmap:
        """An icon as pixmap in a token's colour; `size` in device-independent px."""
        ratio = ratio or _ratio()
        key = ("icon", name, token, size, ratio)
        if key not in self._pixmaps:
            colour = self.disabled() if token == "disabled" else self.colour(token)  # nosec B105
            self._pixmaps[key] = icons.tinted(name, colour, size, ratio)
        return self._pixmaps[key]

    def icon(self, name: str, token: str = "text", size: int = 16) -> QIcon:  # nosec B107
        """An icon in a token's colour, with its disabled look; KeyError when there is no such icon or token."""
        key = (name, token, size)
        if key not in self._icons:
            icon = QIcon()
            for ratio in sorted({1.0, 2.0, _ratio()}):
                icon.addPixmap(self.pixmap(name, token, size, ratio), QIcon.Mode.Normal)
                icon.addPixmap(self.pixmap(name, "disabled", size, ratio), QIcon.Mode.Disabled)
            self._icons[key] = icon
        return self._icons[key]

    def level_shape(self, level: str, size: int = 14, ratio: float | None = None) -> QPixmap:
        """Shape of an incident level (`level_1` ... `level_none`) as pixmap of `size` device-independent px."""
        ratio = ratio or _ratio()
        key = ("level", level, size, ratio)
        if key not in self._pixmaps:
            self._pixmaps[key] = self._draw_level(level, size, ratio)
        return self._pixmaps[key]

    def paint_level(self, painter: QPainter, level: str, size: float, at: QPointF) -> None:
        """Paint a level's shape with its top left corner at a point."""
        known = level if level in tokens.LEVELS else "level_none"
        edge, path = self.colour(known), level_path(known, size)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(at)
        if is_ring(known):
            painter.setPen(QPen(edge, size * RING_WIDTH))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        else:
            fill = self.colour(known.replace("level_", "level_fill_"))
            painter.setPen(Qt.PenStyle.NoPen if fill == edge else QPen(edge, EDGE_PX))
            painter.setBrush(fill)
        painter.drawPath(path)
        painter.restore()

    def _draw_level(self, level: str, size: int, ratio: float) -> QPixmap:
        pixmap = QPixmap(round(size * ratio), round(size * ratio))
        pixmap.fill(Qt.GlobalColor.transparent)
        pixmap.setDevicePixelRatio(ratio)
        painter = QPainter(pixmap)
        self.paint_level(painter, level, size, QPointF(0, 0))
        painter.end()
        return pixmap


@cache
def names() -> tuple[str, ...]:
    """Names of the colour tokens a Theme has as attributes."""
    return tuple(name for name, kind in Theme.__annotations__.items() if kind == "QColor")


@cache
def templates() -> tuple[str, ...]:
    """Texts of the style sheet templates, in the order of their names."""
    return tuple(path.read_text("utf-8") for path in sorted((RESOURCES / "qss").glob("*.qss")))


def _ratio() -> float:
    app = QGuiApplication.instance()
    return app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
