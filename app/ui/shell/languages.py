"""The other language: whoever cannot read the one on the screen finds the way back (palette, switch of the language)."""

from __future__ import annotations

from functools import lru_cache

from app.kernel.texts import DEFAULT_LANGUAGE, Texts

_ENGLISH = "en"


def other_language(language: str) -> str:
    """The language that a switch goes to."""
    return _ENGLISH if language == DEFAULT_LANGUAGE else DEFAULT_LANGUAGE


@lru_cache(maxsize=2)
def other_texts(language: str) -> Texts:
    """Sentences of the other language, read when they are first asked for."""
    return Texts.load(other_language(language))
