"""Which texts of a map become candidates (`map_candidates.js` in Chromium), on maps worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from emorl.ui.bundle import FOLDER, bundle

STATEMENT = "My mother rang again and I couldn't sleep. I’m worn out."
NAMES = ["reflection", "empathy"]
TEXTS = ("You are worn out.", "It is hard.", "Your mother rang again.")
MIDDLES = ([0.8, 0.2], [0.45, 0.55], [0.15, 0.85])

Made = Any
UNCHECKED = {"faithfulness": None, "would_say": None}


@pytest.fixture(scope="module")
def made(browser: Browser) -> Iterator[Made]:
    """Calls a function of `map_candidates.js` with these arguments."""
    page = browser.new_page()
    page.add_script_tag(content=bundle(FOLDER / "reflect/map_candidates.js", "made"))
    yield lambda function, *given: page.evaluate(f"(given) => made.{function}(...given)", list(given))
    page.close()


def facts(
    scores: tuple[dict[str, float], ...] = ({}, {}, {}),
    text: str = "Something else.",
    weights: tuple[float, float] = (0.5, 0.5),
    base: str = "I am sorry.",
    recommended: dict[str, float] | None = None,
    checks: tuple[dict[str, Any], ...] = (UNCHECKED,) * 5,
) -> dict[str, Any]:
    """What the page knows: three texts on a line from reflection to empathy, a generated one, and the base's.

    `checks` are of these five, in this order.
    """
    ends = ([1, 0], [0.6, 0.4], [0.3, 0.7], [0, 1])
    raw = dict(zip(NAMES, weights, strict=True))
    return {
        "atlas": {
            "objectives": NAMES,
            "regions": [
                {"reflection": said, "polygon": [ends[i], ends[i + 1]], "scores": scores[i] or None, **checks[i]}
                for i, said in enumerate(TEXTS)
            ],
        },
        "original": {
            "text": text,
            "base": base,
            "base_checks": checks[4],
            **checks[3],
            "parts": [{"name": name, "label": name.capitalize()} for name in NAMES],
            "weights": {name: value / (sum(weights) or 1) for name, value in raw.items()},
            "scores": [
                {"name": "reflection", "score": 0.5, "base": 0.1},
                {"name": "empathy", "score": 0.6, "base": None},
            ],
        },
        "asked": {"statement": STATEMENT, "mix": {"weights": {name: 2 * value for name, value in raw.items()}}},
        "mixer": {"recommended": recommended},
    }


def labels(candidates: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {one["text"]: one["labels"] for one in candidates}


def test_each_label_goes_to_its_text_and_the_weights_are_those_of_the_region(made: Made) -> None:
    scores = (
        {"reflection": 0.2, "empathy": 0.9},
        {"reflection": 0.7, "empathy": 0.1},
        {"reflection": 0.3, "empathy": 0.3},
    )
    found = made("mapCandidates", facts(scores, recommended={"reflection": 3, "empathy": 7.5}))
    assert labels(found) == {
        TEXTS[2]: ["recommended", "closest"],
        TEXTS[1]: ["best reflection"],
        TEXTS[0]: ["best empathy"],
        "I am sorry.": ["base"],
    }
    closest, deepest, warmest, base = found
    assert closest["weights"] == {"reflection": 3, "empathy": 7.5}  # as the preset has them
    assert list(deepest["weights"].values()) == pytest.approx(MIDDLES[1])
    assert list(warmest["weights"].values()) == pytest.approx(MIDDLES[0])
    assert warmest["scores"] == scores[0]
    assert base["weights"] == {"reflection": 0, "empathy": 0}
    assert base["scores"] == {"reflection": 0.1}  # nothing scored the other
    assert [one["own"] for one in found] == [False] * 4


def faithful(score: float, would_say: float | None = None) -> dict[str, Any]:
    return {"faithfulness": {"score": score, "reading": "unsure"}, "would_say": would_say}


def test_a_false_text_is_neither_the_deepest_nor_the_warmest(made: Made) -> None:
    """Score times faithfulness: .9 x .1, .5 x .8 and .3 x .9 for depth; .9 x .1, .3 x .8 and .3 x .9 for warmth."""
    scores = (
        {"reflection": 0.9, "empathy": 0.9},
        {"reflection": 0.5, "empathy": 0.3},
        {"reflection": 0.3, "empathy": 0.3},
    )
    checks = (faithful(0.1), faithful(0.8), faithful(0.9), faithful(0.5), faithful(0.99))
    found = made("mapCandidates", facts(scores, checks=checks))
    assert labels(found) == {
        TEXTS[1]: ["best reflection"],
        TEXTS[2]: ["best empathy", "closest"],
        "I am sorry.": ["base"],
    }
    assert [one["checks"]["faithfulness"]["score"] for one in found] == [0.8, 0.9, 0.99]


def test_what_a_counsellor_would_say_counts_more_and_has_a_label_of_its_own(made: Made) -> None:
    """.9 x .2 and .5 x .6 and .3 x .7 for depth, whatever is faithful; of all five texts .7 is the highest."""
    scores = (
        {"reflection": 0.9, "empathy": 0.0},
        {"reflection": 0.5, "empathy": 0.0},
        {"reflection": 0.3, "empathy": 0.0},
    )
    checks = (faithful(0.9, 0.2), faithful(0.5, 0.6), faithful(0.1, 0.7), UNCHECKED, faithful(0.9, 0.1))
    found = made("mapCandidates", facts(scores, recommended={"reflection": 1, "empathy": 0}, checks=checks))
    assert labels(found) == {
        TEXTS[0]: ["recommended"],
        TEXTS[2]: ["said", "closest"],
        TEXTS[1]: ["best reflection"],
        "I am sorry.": ["base"],
    }
    best = (*checks[:4], faithful(0.1, 0.8))  # the base's own reply is one of them
    assert labels(made("mapCandidates", facts(scores, checks=best)))["I am sorry."] == ["said", "base"]


def test_of_equals_the_larger_region_counts_and_equal_texts_are_one(made: Made) -> None:
    found = made("mapCandidates", facts(({"reflection": 0.5, "empathy": 0.5},) * 3, base=TEXTS[0]))
    assert labels(found) == {TEXTS[0]: ["best reflection", "best empathy", "base"], TEXTS[2]: ["closest"]}


def test_the_generated_text_keeps_its_own_weights_and_scores(made: Made) -> None:
    scores = (
        {"reflection": 0.9, "empathy": 0.8},
        {"reflection": 0.2, "empathy": 0.2},
        {"reflection": 0.2, "empathy": 0.2},
    )
    given = facts(scores, text=TEXTS[0], weights=(0.7, 0.3), recommended={"reflection": 7, "empathy": 3})
    first = made("mapCandidates", given)[0]
    assert first["labels"] == ["recommended", "best reflection", "best empathy"]
    assert first["weights"] == given["asked"]["mix"]["weights"]  # not the middle of its region
    assert first["scores"] == {"reflection": 0.5, "empathy": 0.6} and first["own"]
    given["asked"]["mix"] = None  # generated before there were sliders
    assert made("generated", given)["weights"] == given["original"]["weights"]


def test_without_scores_words_and_base_are_left(made: Made) -> None:
    assert labels(made("mapCandidates", facts())) == {TEXTS[2]: ["closest"], "I am sorry.": ["base"]}
    strange = {**facts(), "asked": {"statement": "Nobody else.", "mix": None}}
    assert labels(made("mapCandidates", strange)) == {"I am sorry.": ["base"]}


def test_recommended_weights_off_the_map_are_known_only_where_they_wrote_the_text(made: Made) -> None:
    given = facts(recommended={"reflection": 1.0, "empathy": 1.0, "warmth": 2.0})
    assert all("recommended" not in one["labels"] for one in made("mapCandidates", given))
    given["original"]["weights"] = {"reflection": 0.25, "empathy": 0.25, "warmth": 0.5}
    given["original"]["parts"].append({"name": "warmth", "label": "Warmth"})
    assert labels(made("mapCandidates", given))["Something else."] == ["recommended"]
    for none in ({"reflection": 0.0, "empathy": 0.0}, None):
        assert "Something else." not in labels(made("mapCandidates", facts(recommended=none)))


@pytest.mark.parametrize(
    ("text", "said", "total"),
    [
        ("You are worn out.", 1, 1),  # "worn"; "you", "are" and "out" say nothing
        ("Your MOTHER rang, your mother!", 2, 2),
        ("You couldn’t sleep, and it hurts.", 2, 3),  # either apostrophe; "hurts" is not the client's
        ("Sleeping is hard.", 0, 2),  # another form is another word
        ("", 0, 0),
    ],
)
def test_main_words_of_the_client(made: Made, text: str, said: int, total: int) -> None:
    assert made("ownWords", text, STATEMENT) == {"said": said, "all": total}


def test_closest_is_what_has_most_of_the_words_and_little_else(made: Made) -> None:
    """Dice without its 2, with six main words in the statement: 1 / 7, 0 / 7 and 3 / 9."""
    found = labels(made("mapCandidates", facts()))
    assert found[TEXTS[2]] == ["closest"]
    given = facts()
    given["atlas"]["regions"][0]["reflection"] = (
        "Again your mother rang, and sleep and sense and peace and rest are gone."
    )
    assert labels(made("mapCandidates", given))[TEXTS[2]] == ["closest"]  # 3 / 9 beats 4 / 14
