"""What an objective's run begins with: which read replies it imitates, and that it learns them."""

from __future__ import annotations

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from emorl.models.packing import collate, pack
from emorl.models.template import END, prompt_text
from tests.training.texts import label
from training.imitation import BATCH, imitate, imitation_lessons
from training.preferences import policy_logps

LABELS = (
    label("S.", "both", 2, well_formed=True, empathy=2, depth=2),
    label("S.", "feels", 2, well_formed=True, empathy=2, depth=1),
    label("S.", "deep", 2, well_formed=True, empathy=0, depth=2),
    label("S.", "false", 0, well_formed=True, empathy=2, depth=2),
    label("S.", "broken", 2, well_formed=False, empathy=2, depth=2),
    label("T.", "unseen", 2, "validation", well_formed=True, empathy=2, depth=2),
    label("U.", "ungraded", 2),
)


@pytest.mark.parametrize(
    ("objective", "replies"), [("empathy", ("both", "feels")), ("reflection", ("both", "deep")), ("fluency", None)]
)
def test_the_best_read_replies_of_an_objective_are_imitated(objective: str, replies: tuple[str, ...] | None) -> None:
    assert imitation_lessons(objective, LABELS) == ({"S.": replies} if replies else {})


def test_imitated_replies_become_likelier_and_only_the_adapter_learns(tiny_base) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(tiny_base)
    torch.manual_seed(0)
    policy = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=4, target_modules=["q_proj", "down_proj"]))
    frozen = {n: p.detach().clone() for n, p in policy.named_parameters() if not p.requires_grad}
    lessons = {f"I lost number {n}.": (f"You miss number {n}.", "It hurts to lose it.") for n in range(BATCH + 1)}
    rows = collate(
        [
            pack(tokenizer(prompt_text(s)).input_ids, [tokenizer(r + END).input_ids for r in replies])
            for s, replies in lessons.items()
        ]
    )

    def likelihood() -> float:
        with torch.no_grad():
            return float(policy_logps(policy.get_base_model(), rows)[0].mean())

    before = likelihood()
    assert imitate(policy, tokenizer, lessons, 6.0, seed=1) == 7  # 54 statements
    assert likelihood() > before + 0.5
    assert all(torch.equal(p, frozen[n]) for n, p in policy.named_parameters() if n in frozen)


def test_no_passes_change_nothing(tiny_base) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
    policy = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["q_proj"]))
    before = {n: p.detach().clone() for n, p in policy.named_parameters()}
    assert imitate(policy, AutoTokenizer.from_pretrained(tiny_base), {"S.": ("R.",)}, 0.0, seed=1) == 0
    assert all(torch.equal(p, before[n]) for n, p in policy.named_parameters())
