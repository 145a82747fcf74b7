"""Updates of long shared texts: the part of the Yjs update format (v1) that plain text needs, read strictly and written anew.

An update that comes from a peer never reaches the engine as it came: it is read here, judged, and written again. Anything
but runs of text and deletions under one root is refused. Lengths and clocks count UTF-16 units, as the format does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ROOT = "t"  # the one text of a document
MAX_NUMBER = (1 << 32) - 1  # what the engine reads
MAX_RUN = 1 << 20  # units of text that one run may hold, deleted ones included

Id = tuple[int, int]  # (client, clock)

_DELETED, _STRING = 1, 4
_LEFT, _RIGHT = 0x80, 0x40
_MORE, _BITS = 0x80, 0x7F  # of a byte of a number
_LAST_OF_ONE_UNIT = 0xFFFF
_UNITS = "utf-16-le"


def units(text: str) -> int:
    """Length of a text in UTF-16 units."""
    return len(text.encode(_UNITS)) // 2


@dataclass(frozen=True, slots=True)
class Run:
    """Text typed in one go, between two neighbours; `text` is None where nothing of it is left but its place."""

    clock: int
    length: int
    left: Id | None
    right: Id | None
    text: str | None

    def halves(self) -> list[int]:
        """Clocks of second halves of surrogate pairs: nobody may part a character before them."""
        out, at = [], self.clock
        for each in self.text or "":
            if ord(each) > _LAST_OF_ONE_UNIT:
                out.append(at + 1)
            at += units(each)
        return out


@dataclass(frozen=True, slots=True)
class Update:
    """Runs by client, in the order of their clocks, and deleted ranges (clock, length) by client."""

    runs: Mapping[int, tuple[Run, ...]] = field(default_factory=dict)
    deleted: Mapping[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def byte(self) -> int:
        if self.at >= len(self._data):
            raise ValueError("cut short")
        self.at += 1
        return self._data[self.at - 1]

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & _BITS) << shift
            if value > MAX_NUMBER:
                raise ValueError("number")
            if byte < _MORE:
                return value
            shift += 7

    def id(self) -> Id:
        return self.number(), self.number()

    def text(self) -> str:
        length = self.number()
        if length > len(self._data) - self.at:
            raise ValueError("cut short")
        self.at += length
        return self._data[self.at - length : self.at].decode()

    @property
    def ended(self) -> bool:
        return self.at == len(self._data)


def decode(data: bytes) -> Update:
    """Read an update; ValueError (UnicodeDecodeError among them) for anything that plain text never needs."""
    reader = _Reader(data)
    runs: dict[int, tuple[Run, ...]] = {}
    for _ in range(reader.number()):
        count, client, clock = reader.number(), reader.number(), reader.number()
        if client in runs or not count:
            raise ValueError("client")
        found = []
        for _ in range(count):
            run = _run(reader, clock)
            found.append(run)
            clock += run.length
        runs[client] = tuple(found)
    deleted: dict[int, tuple[tuple[int, int], ...]] = {}
    for _ in range(reader.number()):
        client, count = reader.number(), reader.number()
        if client in deleted or not count:
            raise ValueError("client")
        ranges = tuple((reader.number(), reader.number()) for _ in range(count))
        if not all(length for _, length in ranges):
            raise ValueError("range")
        deleted[client] = ranges
    if not reader.ended:
        raise ValueError("something follows")
    return Update(runs, deleted)


def _run(reader: _Reader, clock: int) -> Run:
    info = reader.byte()
    left = reader.id() if info & _LEFT else None
    right = reader.id() if info & _RIGHT else None
    if left is None and right is None and (reader.number() != 1 or reader.text() != ROOT):
        raise ValueError("another root")
    kind = info & ~(_LEFT | _RIGHT)
    if kind == _STRING:
        text = reader.text()
        if "\0" in text:
            raise ValueError("text")
        length = units(text)
    elif kind == _DELETED:
        text, length = None, reader.number()
    else:
        raise ValueError("kind")
    if not 0 < length <= MAX_RUN or clock + length > MAX_NUMBER:
        raise ValueError("length")
    return Run(clock, length, left, right, text)


# -- writing -----------------------------------------------------------------------------------------------------------


def _number(value: int) -> bytes:
    out = bytearray()
    while value > _BITS:
        out.append(value & _BITS | _MORE)
        value >>= 7
    out.append(value)
    return bytes(out)


def _id(place: Id) -> bytes:
    return _number(place[0]) + _number(place[1])


def _text(text: str) -> bytes:
    data = text.encode()
    return _number(len(data)) + data


def _written(run: Run) -> bytes:
    info = _STRING if run.text is not None else _DELETED
    info |= (_LEFT if run.left else 0) | (_RIGHT if run.right else 0)
    parts = [bytes([info]), _id(run.left) if run.left else b"", _id(run.right) if run.right else b""]
    if run.left is None and run.right is None:
        parts.append(_number(1) + _text(ROOT))
    parts.append(_text(run.text) if run.text is not None else _number(run.length))
    return b"".join(parts)


def encode(update: Update) -> bytes:
    """Write an update; higher clients first, as the engine does."""
    out = [_number(len(update.runs))]
    for client in sorted(update.runs, reverse=True):
        runs = update.runs[client]
        out += [_number(len(runs)), _number(client), _number(runs[0].clock), *map(_written, runs)]
    out.append(_number(len(update.deleted)))
    for client in sorted(update.deleted, reverse=True):
        ranges = update.deleted[client]
        out += [_number(client), _number(len(ranges)), *(_id(each) for each in ranges)]
    return b"".join(out)
