"""Statements that are not English: told from English of every sort, and crisis words in other languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from emorl.errors import CareDataError
from emorl.safety import crisis_matches, is_foreign
from emorl.safety.languages import foreign_crisis, foreign_words, plain
from emorl.safety.report import own_statements


@pytest.mark.parametrize(
    "text",
    [
        "Ich f\u00fchle mich sehr allein, seit meine Frau gestorben ist.",
        "Je me sens tellement seule depuis le divorce.",
        "Estoy muy cansada y nadie me ayuda.",
        "N\u00e3o sei o que fazer com o meu filho.",
        "Sono stanca di tutto e di tutti.",
        "Jestem bardzo zm\u0119czona i nikt mi nie pomaga.",
        "Ik slaap al weken niet meer door mijn werk.",
        "\u042f \u043e\u0447\u0435\u043d\u044c \u0443\u0441\u0442\u0430\u043b\u0430.",
        "\u6211\u6700\u8fd1\u5f88\u7d2f",
        "\u75b2\u308c\u307e\u3057\u305f",
        "\u0623\u0646\u0627 \u0645\u062a\u0639\u0628\u0629 \u062c\u062f\u0627",
        "\u092e\u0948\u0902 \u092c\u0939\u0941\u0924 \u0925\u0915 \u0917\u092f\u093e \u0939\u0942\u0901",
        "\u00c7ok yorgunum ve kimse bana yard\u0131m etmiyor.",
    ],
)
def test_other_languages_are_told(text: str) -> None:
    assert is_foreign(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "ok",
        "I quit my job today.",
        "aye, ah ken whit ye mean but ah cannae dae it",
        "wahala dey o, I no fit sleep",
        "Me da's no well and I'm feart",
        "lol idk tbh",
        "innit bruv",
        "Mum died.",
        "I g\u0456ve \u0430ll \u043ef it up",  # look-alikes of other scripts
        "My abuela says d\u00e9j\u00e0 vu is the Zeitgeist.",
    ],
)
def test_english_of_every_sort_passes(text: str) -> None:
    assert not is_foreign(text)


def test_ordinary_statements_are_english() -> None:
    statements = own_statements("reflections.jsonl")[::10]  # all 6,136 are in the report
    assert sum(map(is_foreign, statements)) <= 0.002 * len(statements)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Ich will nicht mehr leben"),
        ("de", "ICH BRINGE  MICH um!"),
        ("es", "No quiero vivir m\u00e1s."),
        ("es", "no quiero vivir mas"),
        ("fr", "J'ai envie de mourir"),
        ("pt", "N\u00e3o quero mais viver"),
        ("zh", "\u6211\u4e0d\u60f3\u6d3b\u4e86"),
        ("ja", "\u6b7b\u306b\u305f\u3044\u3002"),
        ("ko", "\uc8fd\uace0 \uc2f6\uc5b4\uc694"),
        ("hi", "main jeena nahi chahta"),
        ("ru", "\u042f \u043d\u0435 \u0445\u043e\u0447\u0443 \u0436\u0438\u0442\u044c"),
        ("tr", "Ya\u015famak istemiyorum"),
        ("vi", "T\u00f4i kh\u00f4ng mu\u1ed1n s\u1ed1ng n\u1eefa"),
    ],
)
def test_crisis_words_of_other_languages(language: str, text: str) -> None:
    assert language in [found for found, _ in foreign_crisis(text)]
    assert crisis_matches(text)


def test_every_word_of_the_list_is_found_and_none_in_english() -> None:
    assert len(foreign_words()) >= 20
    for statement in own_statements("reflections.jsonl"):
        assert not foreign_crisis(statement)


def test_words_are_compared_without_capitals_accents_and_marks() -> None:
    assert plain("  \u00c9N-D  it ") == "en d it"


@pytest.mark.parametrize("content", [None, "{", "{}", '{"languages": {"de": []}}', '{"languages": {"de": ["x"]}}'])
def test_a_broken_list_is_one_line(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "words.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CareDataError, match="restore") as caught:
        foreign_words(path)
    assert "\n" not in str(caught.value)
