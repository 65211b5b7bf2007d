"""Best-of-n rounds: the warm start writes, the scorers choose, and it learns from what was chosen.

For each training statement n replies are sampled from the current warm start; the one with the highest
faithfulness x mean score over the objectives is kept, if it is better than `least`, and the warm start is trained on
these beside its own lessons again (rejection sampling, as in RAFT, Dong et al. 2023, arXiv 2304.06767). The rounds
end when the held-out judges' total no longer rises on validation statements. Left out: rewards inside the training
step, which is what reinforcement learning adds (`training.objectives`).

    python -m training rounds --config training/configs/default.yaml
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from emorl.errors import ConfigError
from emorl.models.template import prompt_text
from emorl.scoring.scorer import Score
from training.data import Corpora, rl_prompts
from training.rollouts import RolloutWriter
from training.warmstart import WarmStartConfig, lessons, train_warmstart

Lesson = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class RoundsConfig:
    """Settings of the best-of-n rounds.

    Attributes:
        rounds: Most rounds; 0 leaves the warm start as it is.
        statements: Training statements a round.
        samples: n, replies a statement.
        temperature: Of the samples.
        max_tokens: Longest reply.
        max_words: Longest statement used, in words.
        least: Total that a chosen reply must reach, in [0, 1].
        lessons: Statements of the warm start's own lessons beside the chosen replies.
        learning_rate: Peak learning rate of a round.
        validation: Validation statements the judges read greedy replies to.
        batch: Statements sampled at once.
        seed: Seed of the choice and the samples.
    """

    rounds: int = 2
    statements: int = 1500
    samples: int = 12
    temperature: float = 0.7
    max_tokens: int = 44
    max_words: int = 80
    least: float = 0.3
    lessons: int = 1500
    learning_rate: float = 1e-4
    validation: int = 100
    batch: int = 8
    seed: int = 1


@dataclass(frozen=True)
class RoundReport:
    """What a round gave.

    Attributes:
        chosen: Statements whose best reply was good enough.
        mean: Mean total of all samples.
        best: Mean total of the best of each statement.
        judged: Mean judges' total of greedy validation replies, after the round.
    """

    chosen: int
    mean: float
    best: float
    judged: float


def choose(
    statements: Sequence[str], replies: Sequence[Sequence[str]], total: Score, least: float
) -> tuple[list[Lesson], float, float]:
    """The best reply to each statement, where it reaches `least`.

    Args:
        statements: G statements.
        replies: Several replies to each.
        total: What replies are compared by.
        least: Smallest total that is learnt from.

    Returns:
        The chosen (statement, (reply,)), the mean total of all replies and of the best ones.
    """
    flat = [(g, reply) for g, texts in enumerate(replies) for reply in dict.fromkeys(texts) if reply]
    values = total([statements[g] for g, _ in flat], [reply for _, reply in flat]).tolist()
    best: dict[int, tuple[float, str]] = {}
    for (g, reply), value in zip(flat, values, strict=True):
        if g not in best or value > best[g][0]:
            best[g] = (value, reply)
    chosen: list[Lesson] = [(statements[g], (reply,)) for g, (value, reply) in best.items() if value >= least]
    mean = sum(values) / max(1, len(values))
    return chosen, mean, sum(value for value, _ in best.values()) / max(1, len(best))


def write_samples(
    writer: RolloutWriter, prompts: Sequence[Sequence[int]], samples: int, temperature: float, seed: int, batch: int
) -> list[list[list[int]]]:
    """Token ids of several replies to each prompt, `batch` prompts at a time, in the order of the prompts."""
    written: list[list[list[int]]] = [[] for _ in prompts]
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        repeated = [prompts[i] for i in rows for _ in range(samples)]
        tokens = writer.write(repeated, temperature, seed + start * samples, adapted=False)
        for number, i in enumerate(rows):
            written[i] = tokens[number * samples : (number + 1) * samples]
    return written


def run_rounds(
    config: RoundsConfig,
    warm: WarmStartConfig,
    corpora: Corpora,
    base: Path,
    start: Path,
    out: Path,
    total: Score,
    judge: Score,
) -> Path:
    """Run the rounds; finished ones in `out` are not repeated.

    Args:
        config: Settings.
        warm: Settings of the warm start, whose rank and lessons are kept.
        corpora: Where statements and lessons come from.
        base: Folder of the base model.
        start: The warm start's adapter.
        out: Folder with one folder a round.
        total: Shipping scorers' faithfulness x mean score.
        judge: The same by the held-out judges.

    Returns:
        The folder of the best adapter by the judges, which is `start` where no round was better.

    Raises:
        ConfigError: No statement is short enough to be written to.
    """
    prompts = list(rl_prompts(corpora, "train", config.max_words))
    random.Random(config.seed).shuffle(prompts)
    unseen = sorted(rl_prompts(corpora, "validation", config.max_words), key=lambda s: random.Random(s).random())
    unseen = unseen[: config.validation]
    if not prompts or not unseen:
        raise ConfigError.of(
            f"{len(prompts)} training and {len(unseen)} validation statements of at most {config.max_words} words",
            "some of both for the rounds",
            "raise max_words or name a folder with corpora",
        )
    known = out / "start.json"  # kept, so that a run that is taken up again decides as before
    if not known.is_file():
        out.mkdir(parents=True, exist_ok=True)
        known.write_text(json.dumps({"judged": judged(start, base, unseen, config, judge)}) + "\n")
    best, best_judged, current = start, json.loads(known.read_text())["judged"], start
    for number in range(config.rounds):
        folder = out / f"round-{number + 1}"
        if not (folder / "round.json").is_file():
            first = number * config.statements
            batch = [prompts[i % len(prompts)] for i in range(first, first + config.statements)]
            texts = sample(current, base, batch, config, config.seed + number)
            chosen, mean, top = choose(batch, texts, total, config.least)
            own = lessons(corpora, "train", warm)
            random.Random(config.seed + number).shuffle(own)
            settings = replace(warm, epochs=1.0, learning_rate=config.learning_rate, limit=0)
            train_warmstart(settings, corpora, base, folder, start=current, more=[*chosen, *own[: config.lessons]])
            report = RoundReport(len(chosen), mean, top, judged(folder, base, unseen, config, judge))
            (folder / "round.json").write_text(json.dumps(asdict(report), indent=1) + "\n")
        value = json.loads((folder / "round.json").read_text())["judged"]
        if value <= best_judged:
            break
        best, best_judged, current = folder, value, folder
    return best


def sample(adapter: Path, base: Path, statements: Sequence[str], config: RoundsConfig, seed: int) -> list[list[str]]:
    """Texts sampled from a warm start."""
    return _write(adapter, base, statements, config, config.samples, config.temperature, seed * 1_000_003)


def judged(adapter: Path, base: Path, statements: Sequence[str], config: RoundsConfig, judge: Score) -> float:
    """The judges' mean total of a warm start's greedy replies."""
    texts = _write(adapter, base, statements, config, 1, 0.0, 0)
    return float(judge(list(statements), [replies[0] for replies in texts]).mean())


def _write(
    adapter: Path,
    base: Path,
    statements: Sequence[str],
    config: RoundsConfig,
    samples: int,
    temperature: float,
    seed: int,
) -> list[list[str]]:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from emorl.ensemble.device import chosen_device
    from emorl.ensemble.lora import load_adapter, merge
    from emorl.models.template import END

    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    merge(model, load_adapter(adapter))
    idle = LoraConfig(
        task_type="CAUSAL_LM", r=1, target_modules=["o_proj"], layers_to_transform=[model.config.num_hidden_layers - 1]
    )
    writer = RolloutWriter(
        get_peft_model(model.to(chosen_device()), idle), [tokenizer.convert_tokens_to_ids(END)], config.max_tokens
    )
    prompts = [tokenizer(prompt_text(s)).input_ids for s in statements]
    written = write_samples(writer, prompts, samples, temperature, seed, config.batch)
    return [[tokenizer.decode(ids, skip_special_tokens=True).strip() for ids in texts] for texts in written]
