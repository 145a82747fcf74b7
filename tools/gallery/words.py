"""Texts on a screen that come from no catalogue: seen in the pseudo-language, whose texts all stand in brackets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QHeaderView, QLabel, QLineEdit, QWidget

from app.kernel.pseudo import BEGIN, END
from tools.gallery.geometry import Finding, path_of, shown, unmarked
from tools.gallery.ink import ELLIPSIS, Painted

_LETTERS = re.compile(r"[A-Za-z\u00c0-\u024f]{2,}")


def texts_of(widget: QWidget) -> list[str]:
    """What a widget says: its text, its hint, its tooltip."""
    said = [unmarked(widget.toolTip())]
    match widget:
        case QLabel() | QAbstractButton():
            said.append(widget.text())
        case QLineEdit():
            said.append(widget.placeholderText())
        case QComboBox():
            said += [widget.itemText(at) for at in range(widget.count())]
        case QHeaderView() if widget.model() is not None:
            role = Qt.ItemDataRole.DisplayRole
            said += [
                str(widget.model().headerData(at, widget.orientation(), role) or "")
                for at in range(widget.count())
            ]
        case _:
            pass
    return [each for each in said if each]


def beyond(text: str) -> str:
    """What of a text stands outside all brackets; a text that was cut off may lack its last ones."""
    depth, rest = 0, list[str]()
    for letter in text:
        if letter == BEGIN:
            depth += 1
        elif letter == END and depth == 0:
            rest.clear()  # the rest of a text that began a line above
        elif letter == END:
            depth -= 1
        elif depth == 0:
            rest.append(letter)
        else:
            continue
        rest.append(" " if letter in (BEGIN, END) else "")
    return "".join(rest)


def strange(text: str, data: Iterable[re.Pattern[str]]) -> list[str]:
    """Words of a text that are neither from a catalogue nor data."""
    rest = beyond(text.replace(ELLIPSIS, " "))
    for pattern in data:
        rest = pattern.sub(" ", rest)
    return _LETTERS.findall(rest)


def outside_catalogues(
    window: QWidget, painted: Sequence[Painted], data: Sequence[re.Pattern[str]]
) -> Iterator[Finding]:
    """Texts of a window in the pseudo-language that hold words of no catalogue; `data` is what is nobody's to translate."""
    said = [(path_of(widget), text) for widget in shown(window) for text in texts_of(widget)]
    said += [(path_of(each.widget), each.whole) for each in painted]
    for where, text in said:
        if words := strange(text, data):
            yield Finding("untranslated", where, text, f"words: {', '.join(words)}")
