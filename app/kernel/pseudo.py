"""A language that nobody speaks, made from English: shows which texts are cut off when a language needs more room, and which
sentences stand outside the catalogues.

Each text gets accents and brackets and grows by about 40 % (every vowel twice); parameters stay. It is on no menu unless
JDC_PSEUDO is set.
"""

from __future__ import annotations

import string
from collections.abc import Mapping

BEGIN, END = "[", "]"
_PLAIN = "AEIOUYaeiouyCNcn"
_ACCENTED = "ÁÉÍÓÚÝáéíóúýÇÑçñ"
_ACCENTS = str.maketrans(_PLAIN, _ACCENTED)
_DOUBLED = frozenset("AEIOUaeiou")


def pseudo(text: str) -> str:
    """One text in the pseudo-language, with the parameters of the original."""
    parts: list[str] = []
    for words, name, form, conversion in string.Formatter().parse(text):
        parts.append(_longer(words).replace("{", "{{").replace("}", "}}"))
        if name is not None:
            parts.append(
                "{" + name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "") + "}"
            )
    return BEGIN + "".join(parts) + END


def _longer(words: str) -> str:
    grown = "".join(letter + (letter.lower() if letter in _DOUBLED else "") for letter in words)
    return grown.translate(_ACCENTS)


def pseudo_catalogue(catalogue: Mapping[str, str]) -> dict[str, str]:
    """A whole catalogue; what joins other texts (a comma, a space) stays as it is."""
    return {key: pseudo(text) if any(map(str.isalpha, text)) else text for key, text in catalogue.items()}
