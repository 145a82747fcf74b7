"""What was understood of a typed search, in words: its chips, and what could be typed next. No widgets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.kernel.texts import Texts
from app.queries.search_language import (
    CHOSEN,
    Field,
    Filter,
    Flagged,
    Item,
    Language,
    Option,
    Query,
    Unsaid,
    Word,
    parse,
    quoted,
    said,
)
from app.ui.forms.choice import Choice, fitting
from app.ui.search.vocabulary import spellings
from app.ui.shell.initials import initials

SPANS = (7, 30)  # days
LABELS = 2  # values of one filter that are named in its chip
_COLONS = ":\N{FULLWIDTH COLON}"
_LETTERS = 2  # initials of filters are offered from so many on


@dataclass(frozen=True, slots=True)
class ChipWords:
    """One chip: the item it stands for, its words, its tip, and its tone ("" | muted | warn)."""

    item: Item
    text: str
    tip: str = ""
    tone: str = ""


def read(text: str, language: Language, today: date) -> Query:
    """What was typed."""
    return parse(text, language, today)


def words_of(query: Query, streets: tuple[tuple[str, str], ...]) -> tuple[tuple[str, ...], ...]:
    """Words to be found, each with its other spellings: streets by their initials, for what is not in quotation marks."""
    return tuple(
        (word.text,) if word.quoted else tuple(dict.fromkeys((word.text, *spellings(streets, word.text))))
        for word in query.words
    )


# -- chips -------------------------------------------------------------------------------------------------------------
def chips(query: Query, language: Language, texts: Texts) -> list[ChipWords]:
    """Chips of what was typed, in its order."""
    return [_chip(item, language, texts) for item in query.items]


def plain(query: Query) -> bool:
    """True if nothing but words was typed: they need no explaining."""
    return all(isinstance(item, Word) and item.doubt is None for item in query.items)


def _chip(item: Item, language: Language, texts: Texts) -> ChipWords:
    match item:
        case Word(doubt=None):
            return ChipWords(item, quoted(item.text) if item.quoted else item.text)
        case Word():
            name = _name(item.doubt or Field.STREET, language)
            text = texts.get("ui.search.chip.doubt", text=item.text)
            return ChipWords(item, text, texts.get("ui.search.chip.doubt_tip", name=name), "warn")
        case Unsaid():
            return ChipWords(
                item, texts.get("ui.search.chip.unsaid", name=_name(item.of, language)), tone="muted"
            )
        case Flagged(flag=None):
            return ChipWords(item, f"{language.days[item.days][0]} {item.keys[0]}")
        case Flagged():
            return ChipWords(item, language.flags[item.flag][0] if item.flag is not None else "")
        case _:
            return _filter_chip(item, language, texts)


def _filter_chip(item: Filter, language: Language, texts: Texts) -> ChipWords:
    name = _name(item.of, language)
    if item.of is Field.DATE:
        first, last = item.keys
        value = first if first == last else texts.get("ui.search.chip.days", first=first, last=last)
        return ChipWords(item, texts.get("ui.search.chip.named", name=name, value=value))
    if item.of not in CHOSEN:
        return ChipWords(item, texts.get("ui.search.chip.holds", name=name, value=item.typed))
    labels = list(dict.fromkeys(language.label(item.of, key) for key in item.keys))
    comma = texts.get("wording.comma")
    value = comma.join(labels[:LABELS])
    if len(labels) > LABELS:
        value = texts.get("ui.search.chip.many", first=value, n=len(labels))
    return ChipWords(item, texts.get("ui.search.chip.named", name=name, value=value), comma.join(labels))


def _name(of: Field, language: Language) -> str:
    return language.fields[of][0]


# -- what could be typed -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Offers:
    """Entries for a piece of what was typed (from, to): the code of each is what would stand there."""

    start: int
    end: int
    typed: str
    entries: tuple[Choice, ...] = ()

    def taken(self, text: str, entry: Choice) -> tuple[str, int]:
        """(the text with an entry in it, where the cursor is then). A value is followed by a blank."""
        done = "" if entry.code[-1] in _COLONS else " "
        rest = text[self.end :].lstrip()
        before = text[: self.start] + entry.code + done
        return before + rest, len(before)


NOTHING = Offers(0, 0, "")


def offers(text: str, cursor: int, language: Language, texts: Texts) -> Offers:
    """What could stand where the cursor is: names and single words, or the values of a name; nothing inside a phrase."""
    before = text[:cursor]
    if before.count('"') % 2:
        return NOTHING
    start = max((at for at, char in enumerate(before) if char.isspace()), default=-1) + 1
    end = next((at for at in range(cursor, len(text)) if text[at].isspace()), len(text))
    token = before[start:]
    colon = next((at for at, char in enumerate(token) if char in _COLONS), -1)
    of = language.field_of(token[:colon]) if colon > 0 else None
    if of is not None:
        return _values(of, token, colon, start, end, language, texts)
    if not token or colon >= 0:
        return NOTHING
    found = tuple(_names(token, language, texts))
    return Offers(start, end, token, found)


def _values(
    of: Field, token: str, colon: int, start: int, end: int, language: Language, texts: Texts
) -> Offers:
    begin = max([colon, *(at for at, char in enumerate(token) if char in language.commas and at > colon)]) + 1
    typed, head = token[begin:], token[colon + 1 : begin]
    if of is Field.DATE:
        words = [names[0] for names in language.days.values()]
        words += [f"{language.latest[0]}{days}{texts.get('ui.search.day.unit')}" for days in SPANS]
        entries = [Choice(f"{_name(of, language)}:{word}", word) for word in words if typed.lower() in word]
    elif of in CHOSEN:
        choices = [
            Choice(option.written, option.label, _detail(option.label), option.names)
            for option in _once(language, of)
        ]
        entries = [
            Choice(said(of, head + choice.code, language), choice.name, choice.detail)
            for choice in fitting(choices, typed)
        ]
    else:
        return NOTHING
    if any(entry.code == token for entry in entries):  # it stands there already
        return NOTHING
    return Offers(start, end, typed, tuple(entries))


def _once(language: Language, of: Field) -> Iterator[Option]:
    seen: set[str] = set()
    for option in language.options.get(of, ()):
        if option.written not in seen:
            seen.add(option.written)
            yield option


def _detail(label: str) -> str:
    return "" if label.isascii() else initials(label)


def _names(token: str, language: Language, texts: Texts) -> Iterator[Choice]:
    lower = token.lower()
    for flag in (*language.flags.values(), *language.days.values()):
        if lower not in flag and _begins(lower, flag):
            yield Choice(flag[0], flag[0], texts.get("ui.search.offer.flag"))
    for names in language.fields.values():
        if _begins(lower, names):
            name = names[0]
            yield Choice(f"{name}:", f"{name}:", texts.get("ui.search.offer.name", name=name))


def _begins(lower: str, names: Sequence[str]) -> bool:
    letters = lower.isascii() and len(lower) >= _LETTERS
    return any(
        name.startswith(lower) or (letters and not name.isascii() and initials(name).startswith(lower))
        for name in names
    )
