"""Text catalogues: resources/texts/<language>/<feature>.toml, nested tables read as dotted keys."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
DEFAULT_LANGUAGE = "zh_CN"


def _flatten(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(f"{prefix}{key}.", value)
        else:
            yield prefix + key, str(value)


@dataclass(frozen=True)
class Texts:
    """All sentences of one language."""

    language: str
    catalogue: Mapping[str, str]

    @classmethod
    def load(cls, language: str = DEFAULT_LANGUAGE) -> Texts:
        """Read every file of a language; ValueError when two files hold the same key."""
        catalogue: dict[str, str] = {}
        for path in sorted((RESOURCES / "texts" / language).glob("*.toml")):
            for key, text in _flatten("", tomllib.loads(path.read_text("utf-8"))):
                if key in catalogue:
                    raise ValueError(f"text {key} stands twice, again in {path.name}")
                catalogue[key] = text
        return cls(language, catalogue)

    def get(self, key: str, **params: Any) -> str:
        """Return the sentence with its parameters; KeyError when the key or a parameter is missing."""
        return self.catalogue[key].format_map(params)

    def has(self, key: str) -> bool:
        """True if the catalogue holds this key."""
        return key in self.catalogue

    def parameters(self, key: str) -> frozenset[str]:
        """Names of the parameters a sentence needs."""
        return frozenset(name for _, name, _, _ in string.Formatter().parse(self.catalogue[key]) if name)
