"""What an objective's run begins with: what read replies are worth to it, and that the adapter learns their order."""

from __future__ import annotations

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from emorl.models.packing import collate
from emorl.scoring.language_model import rows_of
from tests.training.texts import label, own
from training.beginning import BATCH, learn_ranking, ranked_replies, worth, written_replies
from training.data import LabelledReply
from training.preferences import Preferred, policy_logps

LABELS = (
    label("S.", "both", 2, well_formed=True, empathy=2, depth=2),
    label("S.", "feels", 2, well_formed=True, empathy=2, depth=1),
    label("S.", "deep", 2, well_formed=True, empathy=0, depth=2),
    label("S.", "false", 0, well_formed=True, empathy=2, depth=2),
    label("S.", "vague", 1, well_formed=True, empathy=2, depth=2),
    label("S.", "broken", 2, well_formed=False, empathy=2, depth=2),
    label("T.", "unseen", 2, "validation", well_formed=True, empathy=2, depth=2),
    label("T.", "unseen too", 0, "validation", well_formed=True, empathy=2, depth=2),
    label("U.", "ungraded", 2),
    label("V.", "only one", 2, well_formed=True, empathy=2, depth=2),
    label("much too long", "good", 2, well_formed=True, empathy=2, depth=2),
    label("much too long", "bad", 0, well_formed=True, empathy=2, depth=2),
)


@pytest.mark.parametrize(
    ("objective", "values"),
    [
        ("reflection", {"both": 1.0, "feels": 0.7, "deep": 1.0, "false": 0.0, "vague": 0.2, "broken": 0.2}),
        ("empathy", {"both": 1.0, "feels": 1.0, "deep": 0.4, "false": 0.0, "vague": 0.2, "broken": 0.2}),
        ("fluency", {"both": 1.0, "feels": 1.0, "deep": 1.0, "false": 0.0, "vague": 0.2, "broken": 0.2}),
    ],
)
def test_a_reply_is_worth_its_grade_if_it_is_faithful_and_well_formed(objective: str, values: dict[str, float]) -> None:
    (only,) = ranked_replies(objective, LABELS, max_words=2, seed=1)
    assert only.statement == "S." and dict(zip(only.replies, only.utilities, strict=True)) == values


@pytest.mark.parametrize("objective", ["reflection", "empathy", "fluency", "affirmation"])
def test_an_unknown_grade_is_worth_nothing_known(objective: str) -> None:
    ungraded: LabelledReply = label("U.", "ungraded", 2)
    assert worth(objective, ungraded) is None and ranked_replies(objective, [ungraded], 9, 1) == []


def test_affirmation_begins_with_what_was_written_for_it() -> None:
    texts = [own("garden"), own("ferry", affirming=False), own("boat", "test")]
    (only,) = written_replies("affirmation", texts, max_words=90, seed=1)
    assert only.replies == (texts[0].affirming, texts[0].simple, texts[0].complex)
    assert only.utilities == (1.0, 0.4, 0.4)
    assert written_replies("affirmation", texts, max_words=1, seed=1) == []
    assert written_replies("empathy", texts, max_words=90, seed=1) == []


def an_adapter(tiny_base) -> tuple[PeftModel, PreTrainedTokenizerBase]:
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
    settings = LoraConfig(task_type="CAUSAL_LM", r=4, target_modules=["q_proj", "down_proj"])
    return get_peft_model(model, settings), AutoTokenizer.from_pretrained(tiny_base)


def test_better_replies_become_likelier_than_worse_ones_and_only_the_adapter_learns(tiny_base) -> None:
    policy, tokenizer = an_adapter(tiny_base)
    frozen = {n: p.detach().clone() for n, p in policy.named_parameters() if not p.requires_grad}
    ranked = [
        Preferred(f"I lost number {n}.", ("You miss it.", "You found it.", "A dog barks."), (1.0, 0.2, 0.0))
        for n in range(BATCH + 1)
    ]
    rows = collate(rows_of(tokenizer, [(item.statement, item.replies) for item in ranked]))

    def likelihood() -> torch.Tensor:
        with torch.no_grad():
            return policy_logps(policy.get_base_model(), rows)[0].view(-1, 3)

    before = likelihood()
    assert learn_ranking(policy, tokenizer, ranked, 6.0) == 7  # 54 statements
    gained = (likelihood() - before).mean(dim=0)
    assert gained[0] > 0.5 and gained[0] > gained[1] and gained[0] > gained[2]
    assert all(torch.equal(p, frozen[n]) for n, p in policy.named_parameters() if n in frozen)


def test_no_passes_change_nothing(tiny_base) -> None:
    policy, tokenizer = an_adapter(tiny_base)
    before = {n: p.detach().clone() for n, p in policy.named_parameters()}
    assert learn_ranking(policy, tokenizer, [Preferred("S.", ("R.", "Q."), (1.0, 0.0))], 0.0) == 0
    assert all(torch.equal(p, before[n]) for n, p in policy.named_parameters())
