"""Text catalogues: resources/texts/<language>/<feature>.toml, nested tables read as dotted keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.kernel.kept import kept

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
DEFAULT_LANGUAGE, ENGLISH = "zh_CN", "en"
PSEUDO = "qps"  # made from English, for looking at the screens (app/kernel/pseudo.py)


def _flatten(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(f"{prefix}{key}.", value)
        else:
            yield prefix + key, str(value)


def _read(paths: Sequence[Path]) -> dict[str, str]:
    import tomllib  # noqa: PLC0415 - the board is painted without it

    catalogue: dict[str, str] = {}
    for path in paths:
        for key, text in _flatten("", tomllib.loads(path.read_text("utf-8"))):
            if key in catalogue:
                raise ValueError(f"text {key} stands twice, again in {path.name}")
            catalogue[key] = text
    return catalogue


@dataclass(frozen=True)
class Texts:
    """All sentences of one language."""

    language: str
    catalogue: Mapping[str, str]

    @classmethod
    def load(cls, language: str = DEFAULT_LANGUAGE) -> Texts:
        """Read every file of a language; ValueError when two files hold the same key."""
        if language == PSEUDO:
            from app.kernel.pseudo import pseudo_catalogue  # noqa: PLC0415 - nobody's language

            return cls(language, pseudo_catalogue(cls.load(ENGLISH).catalogue))
        paths = sorted((RESOURCES / "texts" / language).glob("*.toml"))
        return cls(language, kept("texts", [str(path) for path in paths], lambda: _read(paths)))

    def get(self, key: str, **params: Any) -> str:
        """Return the sentence with its parameters; KeyError when the key or a parameter is missing."""
        return self.catalogue[key].format_map(params)

    def has(self, key: str) -> bool:
        """True if the catalogue holds this key."""
        return key in self.catalogue

    def parameters(self, key: str) -> frozenset[str]:
        """Names of the parameters a sentence needs."""
        import string  # noqa: PLC0415 - the board is painted without it

        return frozenset(name for _, name, _, _ in string.Formatter().parse(self.catalogue[key]) if name)
