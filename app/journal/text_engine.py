"""The engine of the editors (pycrdt): documents to write in, and the updates that come of it. Loaded only where one writes."""

from __future__ import annotations

from typing import Any

from pycrdt import Doc, Text

from app.journal.text_codec import ROOT

_PIECE = 8_000  # characters that fit a transaction with room to spare
_NOTHING = b"\0\0"


def opened(state: bytes | None, client: int | None = None) -> Doc[Any]:
    """A document from a joined state, to write in as this client."""
    doc: Doc[Any] = Doc(client_id=client)
    doc.get(ROOT, type=Text)
    if state is not None:
        doc.apply_update(state)
    return doc


def text_of(doc: Doc[Any]) -> str:
    """The text of a document."""
    return str(doc.get(ROOT, type=Text))


def rewriting(state: bytes | None, client: int, text: str) -> list[bytes]:
    """Updates by which this client turns the shown text into another; several where one would not fit a transaction."""
    doc = opened(state, client)
    shown: Any = doc.get(ROOT, type=Text)
    before = str(shown)
    head = _common(before, text)
    tail = min(_common(before[::-1], text[::-1]), len(before) - head, len(text) - head)
    made: list[bytes] = []
    subscription = doc.observe(lambda event: made.append(event.update))
    at, gone = len(before[:head].encode()), len(before[head : len(before) - tail].encode())
    typed = text[head : len(text) - tail]
    pieces = [typed[n : n + _PIECE] for n in range(0, len(typed), _PIECE)] or [""]
    for number, piece in enumerate(pieces):
        with doc.transaction():
            if number == 0 and gone:
                del shown[at : at + gone]
            if piece:
                shown.insert(at, piece)
        at += len(piece.encode())
    doc.unobserve(subscription)
    return [update for update in made if update != _NOTHING]


def _common(one: str, other: str) -> int:
    """Length of the common beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))
