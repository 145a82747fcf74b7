"""The pseudo-language: every English text, longer and in brackets, with its parameters; on no menu unless it is asked for."""

from __future__ import annotations

import pytest

from app.kernel.pseudo import BEGIN, END, pseudo
from app.kernel.texts import PSEUDO, Texts
from app.ui.shell import languages

EN, QPS = Texts.load("en"), Texts.load(PSEUDO)


def test_every_text_is_there_with_its_parameters() -> None:
    assert QPS.catalogue.keys() == EN.catalogue.keys()
    for key in EN.catalogue:
        assert QPS.parameters(key) == EN.parameters(key), key
        given = dict.fromkeys(EN.parameters(key), 7)
        assert QPS.get(key, **given) and EN.get(key, **given)


def test_texts_are_marked_accented_and_longer() -> None:
    said = {key: text for key, text in QPS.catalogue.items() if any(map(str.isalpha, EN.catalogue[key]))}
    assert all(text.startswith(BEGIN) and text.endswith(END) for text in said.values())
    grown = sum(map(len, said.values())) / sum(len(EN.catalogue[key]) for key in said)
    assert 1.25 < grown < 1.55
    assert not [text for text in EN.catalogue.values() if BEGIN in text or END in text], (
        "brackets are the mark"
    )


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Due", "[Dúúéé]"),
        ("{n} left", "[{n} lééft]"),
        ("{age:>4} of {{all}}", "[{age:>4} óóf {{ááll}}]"),
        ("{name!r}", "[{name!r}]"),
    ],
)
def test_words_grow_and_parameters_stay(text: str, made: str) -> None:
    assert pseudo(text) == made


def test_it_is_offered_only_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(languages.PSEUDO_WANTED, raising=False)
    assert languages.languages() == ("zh_CN", "en")
    assert [languages.next_language(each) for each in ("zh_CN", "en", PSEUDO)] == ["en", "zh_CN", "zh_CN"]
    monkeypatch.setenv(languages.PSEUDO_WANTED, "1")
    assert [languages.next_language(each) for each in ("zh_CN", "en", PSEUDO)] == ["en", PSEUDO, "zh_CN"]
