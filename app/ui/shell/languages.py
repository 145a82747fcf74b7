"""The languages of the screen: which there are, which follows at a switch, and the one that is read besides the screen's.

Whoever cannot read the one on the screen finds the way back (palette, switch of the language).
"""

from __future__ import annotations

import os
from functools import lru_cache

from app.kernel.texts import DEFAULT_LANGUAGE, ENGLISH, PSEUDO, Texts

PSEUDO_WANTED = "JDC_PSEUDO"  # environment variable: the pseudo-language is offered as well


def languages() -> tuple[str, ...]:
    """Languages that are offered, in the order of the switch."""
    return (DEFAULT_LANGUAGE, ENGLISH, *((PSEUDO,) if os.environ.get(PSEUDO_WANTED) else ()))


def next_language(language: str) -> str:
    """The language that a switch goes to."""
    offered = languages()
    return offered[(offered.index(language) + 1) % len(offered)] if language in offered else DEFAULT_LANGUAGE


def other_language(language: str) -> str:
    """The language whose names are understood besides the one on the screen."""
    return ENGLISH if language == DEFAULT_LANGUAGE else DEFAULT_LANGUAGE


@lru_cache(maxsize=2)
def other_texts(language: str) -> Texts:
    """Sentences of the other language, read when they are first asked for."""
    return Texts.load(other_language(language))
