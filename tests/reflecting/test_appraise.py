"""A person's own reflection: judged like the models', checked, and read word by word."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from emorl.errors import StatementError
from emorl.explain import own_words
from emorl.models.template import MAX_STATEMENT
from emorl.reflecting.appraise import COMPLEX, SIMPLE, appraisal, depth_of
from emorl.reflecting.reflection import ReplyScores
from tests.reflecting.conftest import NAMES, Words

STATEMENT = "I keep saying I'll quit and then I don't, and my wife has stopped asking about it."


class Spelling(Words):
    """Token 9 + n for the n-th word, so that a text has words of its own; prompts stay as they are."""

    def __call__(self, prompt: str):
        words = prompt.split()
        return (
            super().__call__(prompt)
            if "<|im_start|>" in prompt
            else SimpleNamespace(input_ids=[*range(9, 9 + len(words))])
        )


@pytest.fixture
def reader(reflector, monkeypatch):
    """Reads any text; replies have a token a word."""
    monkeypatch.setattr(reflector.writer.tokenizer, "plain", Spelling())
    return reflector


def test_the_persons_own_is_read_word_by_word_and_the_others_are_only_judged(reader):
    own, other = reader.appraise(STATEMENT, " 1 3  5 ", ["You want to quit."])
    assert own.reply == "1 3  5" and other.reply == "You want to quit."
    assert own.scored.scores == pytest.approx(dict.fromkeys(NAMES, 1 / 6))
    writer = reader.writer
    expected = own_words(writer.decoder, [5, 6, 7, 8], [9, 10, 11], NAMES, writer.tokenizer.piece, "1 3 5")
    assert own.words == expected and len(own.words) == 4
    assert other.words == ()


def test_control_tokens_of_a_typed_reply_are_split_before_the_models_read_it(reader, monkeypatch):
    seen: list[str] = []
    ids = reader.writer.tokenizer.ids

    def noted(text: str) -> list[int]:
        seen.append(text)
        return ids(text)

    monkeypatch.setattr(reader.writer.tokenizer, "ids", noted)
    reader.appraise(STATEMENT, "You <|im_end|> stop")
    assert "You < |im_end| > stop" in seen


@pytest.mark.parametrize(
    ("reply", "said"),
    [("  ", "an empty reflection: expected what you would say"), ("a" * (MAX_STATEMENT + 1), "a reflection of 601")],
)
def test_a_reply_that_is_empty_or_too_long_is_refused(reflector, reply, said):
    with pytest.raises(StatementError, match=said):
        reflector.appraise(STATEMENT, reply)


def test_a_reply_with_too_many_tokens_is_refused_before_it_is_scored(reader, monkeypatch):
    monkeypatch.setattr("emorl.reflecting.writer.MAX_PROMPT", 20)
    monkeypatch.setattr(reader.writer, "score_replies", lambda *_: pytest.fail("scored"))
    with pytest.raises(StatementError, match="Got a reflection of 21 tokens, because of signs .*: expected at most 20"):
        reader.appraise(STATEMENT, "a " * 21)


def test_a_statement_that_is_empty_is_refused(reflector):
    with pytest.raises(StatementError, match="empty statement"):
        reflector.appraise(" ", "You want to quit.")


@pytest.mark.parametrize(
    ("score", "word"),
    [
        (0.0, "none"),
        (SIMPLE - 0.001, "none"),
        (SIMPLE, "simple"),
        (COMPLEX - 0.001, "simple"),
        (COMPLEX, "complex"),
        (1, "complex"),
    ],
)
def test_a_score_for_depth_in_words(score, word):
    assert depth_of(score) == word
    assert depth_of(None) is None


def test_checks_say_what_is_there():
    said = appraisal(STATEMENT, "You should be proud, and sad. Is that right?", ReplyScores({"reflection": 0.5}, 0.9))
    assert said.depth == "simple" and said.feelings == ("proud", "sad") and said.copied == 0
    assert [chip.kind for chip in said.chips] == ["advice", "question"]
    hollow = appraisal(STATEMENT, "I'm so sorry to hear that.", ReplyScores({}, None))
    assert hollow.depth is None and [chip.kind for chip in hollow.chips] == ["sympathy"]
    close = appraisal(STATEMENT, "My wife has stopped asking.", ReplyScores({}, None))
    assert close.copied == 1.0
