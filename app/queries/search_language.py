"""The search language: bare words, "phrases", `name:value` filters, single words that stand for a filter (docs/decisions/0041).

Pure: names and values come in as a `Language`, nothing is read. Whatever is not understood is a word to be searched for; no
character of what was typed is lost. What is printed parses to the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

COMMAS = ",\N{FULLWIDTH COMMA}|"
_COLONS = ":\N{FULLWIDTH COLON}"
_QUOTE = '"'
_CLOSING = {_QUOTE: _QUOTE, "\N{LEFT DOUBLE QUOTATION MARK}": "\N{RIGHT DOUBLE QUOTATION MARK}"}
_DAY = re.compile(r"(?:(\d{4})[-/.])?(\d{1,2})[-/.](\d{1,2})")
_SPAN = re.compile(r"(.+?)(?:\.\.|~|\N{FULLWIDTH TILDE})(.+)")
_LATEST = re.compile(r"\D{0,5}(\d{1,3})\D{0,5}")
_LONGEST_SPAN = 366  # days


class Field(StrEnum):
    """What a filter can ask for by name."""

    STREET = "street"
    LEVEL = "level"
    STATUS = "status"
    TYPE = "type"
    AGENCY = "agency"
    ROLE = "role"
    DATE = "date"
    NUMBER = "number"
    PLACE = "place"
    EVENT = "event"


TYPED = frozenset({Field.NUMBER, Field.PLACE, Field.EVENT})  # their value is a text to be found there
CHOSEN = frozenset(Field) - TYPED - {Field.DATE}


class Flag(StrEnum):
    """What a single word asks for."""

    OPEN = "open"
    CLOSED = "closed"
    CONFLICT = "conflict"
    OURS = "ours"  # we owe what a running clock is for
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Option:
    """A value of a field: its key in the data, how it is shown, all it may be called (initials too) in lower case, and how it
    is written (its label, if that is not said).
    """

    key: str
    label: str
    names: tuple[str, ...]
    written: str = ""


@dataclass(frozen=True)
class Language:
    """Names of one screen. The first name of each is the one that is printed; all in lower case."""

    fields: Mapping[Field, tuple[str, ...]]
    flags: Mapping[Flag, tuple[str, ...]]
    days: Mapping[int, tuple[str, ...]]  # days before today -> words for it
    latest: tuple[str, ...]  # words before a number of days
    options: Mapping[Field, tuple[Option, ...]]
    commas: str = COMMAS  # each of them separates values of one filter

    def field_of(self, name: str) -> Field | None:
        """The field that has this name."""
        return next((each for each, names in self.fields.items() if name.lower() in names), None)

    def flag_of(self, word: str) -> Flag | None:
        """The flag that this word stands for."""
        return next((each for each, names in self.flags.items() if word.lower() in names), None)

    def day_of(self, word: str) -> int | None:
        """How many days before today a word means."""
        return next((days for days, names in self.days.items() if word.lower() in names), None)

    def keys_of(self, of: Field, typed: str) -> tuple[str, ...]:
        """Keys of the values that are called so; else of those whose name begins so; else of those that hold it."""
        wanted, options = typed.strip().lower(), self.options.get(of, ())
        if not wanted:
            return ()
        for fits in (_same, _begins, _holds):
            found = tuple(dict.fromkeys(each.key for each in options if fits(wanted, each)))
            if found:
                return found
        return ()

    def label(self, of: Field, key: str) -> str:
        """How a value is shown; its key where it has no name."""
        return next((each.label for each in self.options.get(of, ()) if each.key == key), key)


def _same(wanted: str, option: Option) -> bool:
    return wanted in option.names


def _begins(wanted: str, option: Option) -> bool:
    return any(name.startswith(wanted) for name in option.names)


def _holds(wanted: str, option: Option) -> bool:
    if len(wanted) == 1 and wanted.isascii():  # a letter stands in half of all initials
        return False
    return any(wanted in name for name in option.names)


# -- what was understood -----------------------------------------------------------------------------------------------
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Word:
    """A text to be found anywhere; `doubt`: it was written as a filter of this field, which has no such value."""

    text: str
    quoted: bool = False
    doubt: Field | None = None
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Filter:
    """A named filter. `keys`: values of a chosen field, or first and last day (ISO) of a date; `typed`: as it was written."""

    of: Field
    typed: str
    keys: tuple[str, ...] = ()
    quoted: bool = field(default=False, compare=False)
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Flagged:
    """A word that asks for something; days as well: `days` before today."""

    flag: Flag | None
    days: int = 0
    keys: tuple[str, ...] = ()
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A filter that has no value yet: it hides nothing."""

    of: Field
    span: Span = field(default=(0, 0), compare=False)


Item = Word | Filter | Flagged | Unsaid


@dataclass(frozen=True, slots=True)
class Narrow:
    """What is asked of records beside their words: any of the keys of each field, every text, every flag; days inclusive."""

    keys: tuple[tuple[Field, tuple[str, ...]], ...] = ()
    texts: tuple[tuple[Field, str], ...] = ()
    flags: frozenset[Flag] = frozenset()
    days: tuple[str, str] | None = None

    def __bool__(self) -> bool:
        return bool(self.keys or self.texts or self.flags or self.days)


@dataclass(frozen=True, slots=True)
class Query:
    """Everything that was typed, in its order."""

    items: tuple[Item, ...] = ()

    @property
    def words(self) -> tuple[Word, ...]:
        """Texts to be found, each once."""
        found = {item.text: item for item in self.items if isinstance(item, Word)}
        return tuple(found.values())

    @property
    def narrow(self) -> Narrow:
        """The filters together. Values of one field add up: either will do; days that do not meet leave nothing."""
        keys: dict[Field, dict[str, None]] = {}
        texts: dict[tuple[Field, str], None] = {}
        days: list[tuple[str, str]] = []
        for item in self.items:
            dated = isinstance(item, Filter) and item.of is Field.DATE
            if isinstance(item, Filter | Flagged) and (
                dated or (isinstance(item, Flagged) and not item.flag)
            ):
                days.append((item.keys[0], item.keys[1]))
            elif isinstance(item, Filter) and item.of in TYPED:
                texts[item.of, item.typed] = None
            elif isinstance(item, Filter):
                keys.setdefault(item.of, {}).update(dict.fromkeys(item.keys))
        flags = frozenset(item.flag for item in self.items if isinstance(item, Flagged) and item.flag)
        within = (max(first for first, _ in days), min(last for _, last in days)) if days else None
        return Narrow(tuple((name, tuple(each)) for name, each in keys.items()), tuple(texts), flags, within)

    def __bool__(self) -> bool:
        return any(not isinstance(item, Unsaid) for item in self.items)


# -- reading -----------------------------------------------------------------------------------------------------------
def parse(text: str, language: Language, today: date) -> Query:
    """What was typed, item by item. `today`: the local date that relative days are counted from."""
    return Query(tuple(_items(text, language, today)))


def _items(text: str, language: Language, today: date) -> Iterator[Item]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        if text[at] in _CLOSING and at + 1 < len(text):
            phrase, end = _phrase(text, at)
            if phrase:
                yield Word(phrase, quoted=True, span=(at, end))
        else:
            end = _end(text, at)
            item, end = _token(text, at, end, language, today)
            yield item
        at = end


def _end(text: str, at: int) -> int:
    while at < len(text) and not text[at].isspace():
        at += 1
    return at


def _phrase(text: str, at: int) -> tuple[str, int]:
    """(phrase, where it ends) from its opening mark on; a mark inside is written twice, without an end it goes to the end."""
    closing, at = _CLOSING[text[at]], at + 1
    said: list[str] = []
    while at < len(text):
        if text[at] == closing:
            if text[at + 1 : at + 2] != closing:
                return "".join(said), at + 1
            at += 1
        said.append(text[at])
        at += 1
    return "".join(said), at


def _token(text: str, start: int, end: int, language: Language, today: date) -> tuple[Item, int]:
    token = text[start:end]
    colon = next((at for at, char in enumerate(token) if char in _COLONS), -1)
    named = language.field_of(token[:colon]) if colon > 0 else None
    if named is not None:
        begin = start + colon + 1
        if begin + 1 < len(text) and text[begin] in _CLOSING:
            said, end = _phrase(text, begin)
            return _filter(named, said, text[start:end], (start, end), language, today, quoted=True), end
        return _filter(named, token[colon + 1 :], token, (start, end), language, today), end
    flag, days = language.flag_of(token), language.day_of(token)
    if flag is not None:
        return Flagged(flag, span=(start, end)), end
    if days is not None:
        day = (today - timedelta(days=days)).isoformat()
        return Flagged(None, days, (day, day), (start, end)), end
    return Word(token, span=(start, end)), end


def _filter(
    of: Field, typed: str, token: str, span: Span, language: Language, today: date, *, quoted: bool = False
) -> Item:
    """A filter; a word with a doubt where its field has no such value."""
    if not typed.strip():
        return Unsaid(of, span)
    if of in TYPED:
        return Filter(of, typed, (), quoted, span)
    keys = _days(typed, language, today) if of is Field.DATE else _keys(of, typed, language)
    if not keys:
        return Word(token, quoted=False, doubt=of, span=span)
    return Filter(of, typed, keys, quoted, span)


def _keys(of: Field, typed: str, language: Language) -> tuple[str, ...]:
    """Keys of every value that was written, none if one of them is unknown."""
    found: dict[str, None] = {}
    for part in filter(None, (each.strip() for each in re.split(f"[{re.escape(language.commas)}]", typed))):
        keys = language.keys_of(of, part)
        if not keys:
            return ()
        found.update(dict.fromkeys(keys))
    return tuple(found)


def _days(typed: str, language: Language, today: date) -> tuple[str, ...]:
    """First and last day: a day, two of them with .. between, or the latest so many."""
    lower = typed.strip().lower()
    latest = _LATEST.fullmatch(lower)
    if latest is not None and lower.startswith(language.latest) and 0 < int(latest[1]) <= _LONGEST_SPAN:
        return ((today - timedelta(days=int(latest[1]) - 1)).isoformat(), today.isoformat())
    span = _SPAN.fullmatch(lower)
    ends = [_day(part, language, today) for part in ((span[1], span[2]) if span else (lower, lower))]
    if None in ends:
        return ()
    first, last = sorted(each for each in ends if each is not None)
    return (first.isoformat(), last.isoformat())


def _day(said: str, language: Language, today: date) -> date | None:
    """A day by its word or its numbers; without a year the latest one that is not ahead of today."""
    days = language.day_of(said)
    if days is not None:
        return today - timedelta(days=days)
    found = _DAY.fullmatch(said.strip())
    if found is None:
        return None
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        when = date(year or today.year, month or 0, day or 0)
        return when if year or when <= today else date(today.year - 1, month or 0, day or 0)
    except ValueError:
        return None


# -- writing -----------------------------------------------------------------------------------------------------------
def printed(items: Iterable[Item], language: Language) -> str:
    """A text that parses to these items."""
    return " ".join(_printed(item, language) for item in items)


def _printed(item: Item, language: Language) -> str:
    match item:
        case Word():
            return quoted(item.text) if item.quoted else item.text
        case Unsaid():
            return f"{language.fields[item.of][0]}:"
        case Flagged(flag=None):
            return language.days[item.days][0]
        case Flagged():
            return language.flags[item.flag][0] if item.flag else ""
        case _:
            return said(item.of, item.typed, language, whole=item.quoted)


def said(of: Field, value: str, language: Language, *, whole: bool = False) -> str:
    """A filter as it is written; a value with blanks in quotation marks."""
    plain = (
        bool(value) and not whole and not any(char.isspace() for char in value) and value[0] not in _CLOSING
    )
    return f"{language.fields[of][0]}:{value if plain else quoted(value)}"


def quoted(text: str) -> str:
    """A phrase."""
    return _QUOTE + text.replace(_QUOTE, 2 * _QUOTE) + _QUOTE


def without(text: str, item: Item) -> str:
    """What was typed without one of its items."""
    start, end = item.span
    before, after = text[:start].rstrip(), text[end:].lstrip()
    return f"{before} {after}" if before and after else before + after
