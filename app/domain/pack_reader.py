"""Strict reading of a parsed TOML table: every fault is a ValueError that starts with the path of the key."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TypeVar

_T = TypeVar("_T")


class PackTable:
    """One table of a pack; `done` refuses the keys that nobody asked for, so a typo cannot hide."""

    def __init__(self, data: object, path: str = "") -> None:
        if not isinstance(data, Mapping):
            raise ValueError(f"{path or 'pack'}: a table is needed")
        self._data: dict[str, object] = {str(key): value for key, value in data.items()}
        self._path = path
        self._read: set[str] = set()

    def fault(self, key: str, problem: str) -> ValueError:
        """The error to raise for a key of this table."""
        return ValueError(f"{self.where(key)}: {problem}")

    def where(self, key: str) -> str:
        """Path of a key, e.g. streets[2].code."""
        return f"{self._path}.{key}" if self._path else key

    def has(self, key: str) -> bool:
        """True if the key is there."""
        return key in self._data

    def _take(self, key: str, kind: type[_T], name: str) -> _T:
        self._read.add(key)
        if key not in self._data:
            raise self.fault(key, "missing")
        value = self._data[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.fault(key, f"{name} is needed")
        return value

    def text(self, key: str, pattern: str = r"(?s).*\S.*") -> str:
        """Text that matches a pattern as a whole; by default any with something visible in it."""
        value = self._take(key, str, "text")
        if not re.fullmatch(pattern, value):
            raise self.fault(key, f"does not fit: {value!r}")
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        """Whole number within a range, both ends included."""
        value = self._take(key, int, "a whole number")
        if not low <= value <= high:
            raise self.fault(key, f"must lie from {low} to {high}: {value}")
        return value

    def number(self, key: str, low: float, high: float) -> float:
        """Finite number within a range, both ends included."""
        self._read.add(key)
        value = self._data.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.fault(key, "a number is needed")
        if not low <= value <= high:
            raise self.fault(key, f"must lie from {low} to {high}: {value}")
        return float(value)

    def flag(self, key: str) -> bool:
        """true or false."""
        return self._take(key, bool, "true or false")

    def table(self, key: str) -> PackTable:
        """A table below this one."""
        self._take(key, dict, "a table")
        return PackTable(self._data[key], self.where(key))

    def tables(self, key: str) -> list[PackTable]:
        """An array of tables; may be empty, must be there."""
        entries: list[object] = self._take(key, list, "a list")
        return [PackTable(entry, f"{self.where(key)}[{i}]") for i, entry in enumerate(entries)]

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; may be empty, must be there."""
        entries: list[object] = self._take(key, list, "a list")
        for i, entry in enumerate(entries):
            if not isinstance(entry, str) or not entry.strip():
                raise self.fault(f"{key}[{i}]", "text is needed")
        return tuple(str(entry) for entry in entries)

    def done(self) -> None:
        """Refuse keys that were never read."""
        for key in sorted(set(self._data) - self._read):
            raise self.fault(key, "unknown key")
