"""A person's text under each expert: the numbers of one PEFT pass an expert, word by word, and alternatives."""

from __future__ import annotations

import copy
import sys

import pytest
import torch
from peft import PeftModel

from emorl.ensemble.forced import MOST, Departure, force, go_on
from emorl.explain.own_words import own_words, token_log_p

PROMPT, TEXT, NAMES = [5, 6, 7, 8], [11, 30, 4, 17, 52, 9, 40, 23], ["reflection", "empathy", "fluency"]
END = 2


def spoken(token: int) -> str:
    """Even tokens begin a word, odd ones go on with it; 4 is a full stop."""
    return "." if token == 4 else "" if token == END else (" w" if token % 2 == 0 else "x") + str(token)


@pytest.fixture(scope="module")
def twins(tiny_llama, adapter_folders) -> list[torch.nn.Module]:
    """The base and, with PEFT, each expert."""
    experts = [PeftModel.from_pretrained(copy.deepcopy(tiny_llama), str(folder)).eval() for folder in adapter_folders]
    return [tiny_llama, *experts]


@torch.no_grad()
def naive(model: torch.nn.Module, ids: list[int]) -> torch.Tensor:
    """Log-probabilities of the next token after every token, (T, V), in one plain pass."""
    return model(torch.tensor([ids])).logits[0].float().log_softmax(-1)


def test_log_probabilities_are_those_of_one_pass_an_expert(decoder, twins):
    own, best, best_p = token_log_p(decoder, force(decoder, PROMPT, [*TEXT, END]))
    assert own.shape == (len(TEXT) + 1, 4)
    for row, model in enumerate(twins):
        table = naive(model, [*PROMPT, *TEXT])[len(PROMPT) - 1 :]
        expected = table[torch.arange(len(TEXT) + 1), torch.tensor([*TEXT, END])]
        torch.testing.assert_close(own[:, row], expected, atol=1e-4, rtol=1e-4)
        assert best[:, row].tolist() == table.argmax(-1).tolist()
        torch.testing.assert_close(best_p[:, row], table.max(-1).values, atol=1e-4, rtol=1e-4)


def test_slices_do_not_matter(decoder, monkeypatch):
    forced = force(decoder, PROMPT, [*TEXT, END])
    whole = token_log_p(decoder, forced)
    monkeypatch.setattr(sys.modules["emorl.explain.own_words"], "SLICE", 3)
    for a, b in zip(whole, token_log_p(decoder, forced), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("length", [1, 3, MOST])
def test_an_expert_goes_on_alone_as_its_merged_model_would(decoder, twins, length, monkeypatch):
    monkeypatch.setattr("emorl.ensemble.forced.AT_ONCE", 3)
    asked = [Departure(at, row, 12 + row % 2) for at in (0, 2, 7) for row in range(4)]
    found = go_on(decoder, force(decoder, PROMPT, TEXT), asked, lambda at, tokens: len(tokens) >= length)
    for one in asked:
        ids = [*PROMPT, *TEXT[: one.at], one.token]
        while len(ids) < len(PROMPT) + one.at + length:
            ids.append(int(naive(twins[one.row], ids)[-1].argmax()))
        assert found[one] == ids[len(PROMPT) + one.at :]


def test_going_on_ends_even_where_nothing_is_whole(decoder):
    [tokens] = go_on(decoder, force(decoder, PROMPT, TEXT), [Departure(1, 2, 9)], lambda *_: False).values()
    assert len(tokens) == MOST


def test_words_add_up_their_tokens_and_pushes_are_differences(decoder):
    words = own_words(decoder, PROMPT, TEXT, NAMES, spoken)
    assert [(word.text, word.kind) for word in words] == [
        ("x11", "word"),
        ("w30", "word"),
        (".", "mark"),
        ("x17", "word"),
        ("w52x9", "word"),
        ("w40x23", "word"),
        ("", "end"),
    ]
    own, _, _ = token_log_p(decoder, force(decoder, PROMPT, [*TEXT, END]))
    for word, pieces in zip(words, ([0], [1], [2], [3], [4, 5], [6, 7], [8]), strict=True):
        assert list(word.log_p) == ["base", *NAMES]
        assert list(word.log_p.values()) == pytest.approx(own[pieces].sum(0).tolist(), abs=1e-4)
        assert word.push == pytest.approx({n: word.log_p[n] - word.log_p["base"] for n in NAMES})


def test_an_alternative_is_the_experts_best_word_and_only_where_it_leads_by_much(decoder, twins, monkeypatch):
    strong = 0.3  # random experts are sure of little
    monkeypatch.setattr(sys.modules["emorl.explain.own_words"], "STRONG", strong)
    words = own_words(decoder, PROMPT, TEXT, NAMES, spoken)
    starts, seen = [0, 1, 2, 3, 4, 6], 0
    for word, start, stop in zip(words[:-1], starts, [*starts[1:], 8], strict=True):
        for row, name in enumerate(["base", *NAMES]):
            table = naive(twins[row], [*PROMPT, *TEXT])[len(PROMPT) - 1 :]
            at = next((t for t in range(start, stop) if int(table[t].argmax()) != TEXT[t]), None)
            lead = 0.0 if at is None else float(table[at].max() - table[at, TEXT[at]])
            assert (name in word.instead) <= (lead >= strong and word.kind == "word")
            if name not in word.instead:
                continue
            seen += 1
            assert word.instead[name].lead == pytest.approx(lead, abs=1e-4)
            written = [*TEXT[start:at], int(table[at].argmax())]
            ids = [*PROMPT, *TEXT[:at], written[-1]]
            while len(ids) < len(PROMPT) + at + MOST:  # longer than a word: what follows must not show
                ids.append(int(naive(twins[row], ids)[-1].argmax()))
            assert word.instead[name].text != word.text
            line = "".join(map(spoken, [*TEXT[start:at], *ids[len(PROMPT) + at :]]))
            before = "".join(map(spoken, TEXT[starts[starts.index(start) - 1] : start])).strip()
            joined = word.instead[name].joined
            assert joined == (word.gap and line[0] not in " .")
            assert ((before if joined else "") + line.strip()).startswith(word.instead[name].text)
    assert seen >= 5  # of 20


def test_a_word_that_an_expert_would_write_too_has_no_alternative(decoder, twins):
    ids = list(PROMPT)
    for _ in range(5):
        ids.append(int(naive(twins[2], ids)[-1].argmax()))
    words = own_words(decoder, PROMPT, ids[len(PROMPT) :], NAMES, lambda token: f" w{token}" if token != END else "")
    assert not any("empathy" in word.instead for word in words)


def test_an_empty_text_is_refused(decoder):
    with pytest.raises(ValueError, match="without tokens"):
        own_words(decoder, PROMPT, [], NAMES, spoken)


def test_a_text_that_is_too_long_is_refused(decoder):
    with pytest.raises(ValueError, match="positions|tokens"):
        own_words(decoder, PROMPT, [9] * 200, NAMES, spoken)
