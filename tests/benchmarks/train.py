"""Seconds a self-critical step takes, part by part, beside plain `RLOOTrainer` of TRL doing the same work.

Both start from the shipped base and warm start with a fresh adapter of the shipped layout, read the same prompts, write
as many samples of the same fixed length (nothing ends a rollout), and are rewarded by the same shipped scorer. Runs of
one step each alternate; the first of each is not counted. `tokens_equal` says that prompts and numbers of tokens were
the same: samples themselves are drawn by different generators. Left out: validation, checkpoints, what is learnt.

    python -m tests.benchmarks.train [--json] [--prompts 6] [--samples 4] [--tokens 40] [--rounds 3] [--threads N]
                                     [--quick]

About five minutes on two quiet cores; --quick only shows that everything runs.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from datasets import Dataset
from peft import LoraConfig
from transformers import AutoTokenizer, TrainerCallback
from trl import RLOOConfig, RLOOTrainer

from emorl.errors import EmorlError
from emorl.models.base import ensure_base
from emorl.models.folder import models_dir
from emorl.models.manifest import read_manifest
from emorl.models.template import prompt_text
from emorl.scoring.scorer import Score
from tests.benchmarks.__main__ import table
from tests.benchmarks._measure import Task, interleave, linear_fit, middle, paired, pin, say, versions
from tests.benchmarks._models import shipped_models
from training.checkpoints import Account
from training.objectives import ObjectiveConfig, SelfCriticalTrainer
from training.warmstart import PROJECTIONS

STATEMENTS = Path(__file__).parents[2] / "data" / "reflections.jsonl"
PARTS = {
    "rollout": "_generate_single_turn",
    "scoring": "_calculate_rewards",
    "log_probabilities": "_get_per_token_logps_and_entropies",  # those of the loss, with its graph, among them
}


@dataclass(frozen=True)
class Settings:
    """What to measure.

    Attributes:
        prompts: Prompts a step.
        samples: k, rollouts a prompt.
        tokens: Length of a rollout.
        rounds: Counted steps of each trainer.
        lengths: Further lengths, one counted step each.
        first_layer: First adapted layer, as in the shipped adapters.
        threads: Threads, or None for torch's own number.
    """

    prompts: int = 6
    samples: int = 4
    tokens: int = 40
    rounds: int = 3
    lengths: tuple[int, ...] = (16,)
    first_layer: int = 18
    threads: int | None = None


QUICK = Settings(prompts=2, samples=2, tokens=5, rounds=1, lengths=())


class Clock(TrainerCallback):
    """Seconds of the last step and its parts, and what it worked on."""

    def __init__(self, trainer: RLOOTrainer) -> None:
        """Wrap the trainer's methods; a part's seconds do not overlap another's."""
        self.parts: dict[str, float] = {}
        self.work: list[tuple[list[list[int]], int]] = []  # prompts and number of tokens, for each batch of rollouts
        for part, method in PARTS.items():
            setattr(trainer, method, self._timed(part, getattr(trainer, method)))
        trainer.accelerator.backward = self._timed("backward", trainer.accelerator.backward)
        trainer.add_callback(self)

    def _timed(self, part: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*values: Any, **named: Any) -> Any:
            began = time.perf_counter()
            result = method(*values, **named)
            self.parts[part] = self.parts.get(part, 0.0) + time.perf_counter() - began
            if part == "rollout":
                prompts = values[0] if values else named["prompt_ids"]
                self.work.append(([list(p) for p in prompts], sum(map(len, result))))
            return result

        return wrapped

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Start the step."""
        self.parts, self.began = {}, time.perf_counter()

    def on_pre_optimizer_step(self, *_: Any, **__: Any) -> None:
        """Start the optimiser."""
        self.optimising = time.perf_counter()

    def on_optimizer_step(self, *_: Any, **__: Any) -> None:
        """End the optimiser."""
        self.parts["optimiser"] = time.perf_counter() - self.optimising

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """End the step; what no part claims is `other`."""
        step = time.perf_counter() - self.began
        self.parts = {"step": step, **self.parts, "other": step - sum(self.parts.values())}


def make_trainer(
    kind: type[RLOOTrainer], model: Any, tokenizer: Any, score: Score, statements: Sequence[str], s: Settings, out: str
) -> RLOOTrainer:
    """A trainer of either kind on a copy of the model; `train()` makes one step."""

    def objective(prompts: Any, completions: list[str], statement: list[str], **_: Any) -> list[float]:
        return score(statement, [c.strip() for c in completions]).tolist()

    config = ObjectiveConfig(
        steps=1, prompts=s.prompts, samples=s.samples, max_tokens=s.tokens, first_layer=s.first_layer
    )
    arguments = RLOOConfig(
        output_dir=out,
        max_steps=1,
        learning_rate=config.learning_rate,
        num_generations=s.samples,
        per_device_train_batch_size=s.prompts * s.samples,
        max_completion_length=s.tokens,
        beta=config.beta,
        temperature=config.temperature,
        lr_scheduler_type="constant",
        weight_decay=0.0,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=1,
        generation_kwargs={"min_new_tokens": s.tokens},
    )
    trainer = kind(
        model=copy.deepcopy(model),
        reward_funcs=[objective],
        args=arguments,
        processing_class=tokenizer,
        train_dataset=Dataset.from_list([{"prompt": prompt_text(x), "statement": x} for x in statements]),
        peft_config=LoraConfig(
            task_type="CAUSAL_LM",
            r=config.rank,
            lora_alpha=config.alpha,
            target_modules=PROJECTIONS,
            layers_to_transform=list(range(s.first_layer, model.config.num_hidden_layers)),
        ),
    )
    if isinstance(trainer, SelfCriticalTrainer):
        trainer.prepare(config, -1, Account())  # no token is -1: nothing ends a rollout
    return trainer


def measure(
    model: Any, tokenizer: Any, score: Score, statements: Sequence[str], s: Settings
) -> tuple[list[dict[str, Any]], dict[str, Any], bool]:
    """Rows, ratios (median and [least, largest]) and whether both did the same work, at one length."""
    kinds: dict[str, type[RLOOTrainer]] = {"self_critical": SelfCriticalTrainer, "rloo": RLOOTrainer}
    with tempfile.TemporaryDirectory() as out, contextlib.redirect_stdout(sys.stderr):
        trainers = {
            name: make_trainer(kind, model, tokenizer, score, statements, s, out) for name, kind in kinds.items()
        }
        clocks = {name: Clock(trainer) for name, trainer in trainers.items()}

        def step(name: str) -> dict[str, float]:
            trainers[name].train()
            return clocks[name].parts

        for name in kinds:
            step(name)
        tasks = {name: Task(partial(step, name), s.rounds) for name in kinds}
        readings = interleave(tasks, s.rounds, say)
    rows, ratios = [], {}
    for part in ("step", *PARTS, "backward", "optimiser", "other"):
        by_round = {name: {n: r.result[part] for n, r in found.items()} for name, found in readings.items()}
        for name, seconds in by_round.items():
            median, spread = middle(list(seconds.values()))
            row = {
                "name": name,
                "part": part,
                "prompts": s.prompts,
                "samples": s.samples,
                "tokens": s.tokens,
                "rounds": s.rounds,
                "seconds_median": median,
                "spread": spread,
            }
            if part == "step" and (grown := [r.grown_mb for r in readings[name].values() if r.grown_mb is not None]):
                row["working_mb"] = max(grown)
            rows.append(row)
        if part not in ("optimiser", "other"):
            ratios["step_over_rloo" if part == "step" else f"{part}_over_rloo"] = paired(*by_round.values())
    return rows, ratios, clocks["self_critical"].work == clocks["rloo"].work


def run(model: Any, tokenizer: Any, score: Score, statements: Sequence[str], s: Settings) -> dict[str, Any]:
    """The whole benchmark."""
    threads = pin(s.threads)
    rows, ratios, same = measure(model, tokenizer, score, statements, s)
    for length in sorted(set(s.lengths) - {s.tokens}):
        more, _, also = measure(model, tokenizer, score, statements, replace(s, tokens=length, rounds=1))
        rows, same = rows + more, same and also
    growth = {}
    for name in ("self_critical", "rloo"):
        points = sorted((r["tokens"], r["seconds_median"]) for r in rows if (r["name"], r["part"]) == (name, "step"))
        if len(points) > 1:
            growth[f"tokens {name}"] = {"points": points, **linear_fit(points)}
    return {
        "rows": rows,
        "ratios": {name: ratio[0] for name, ratio in ratios.items()},
        "ratios_spread": {name: ratio[1] for name, ratio in ratios.items()},
        "growth": growth,
        "tokens_equal": same,
        "versions": versions(),
        "threads": threads,
    }


def read_statements(longest_words: int = 32, count: int = 64) -> list[str]:
    """Statements of our own, in a fixed shuffle."""
    found = {json.loads(line)["statement"] for line in STATEMENTS.read_text(encoding="utf-8").splitlines()}
    short = sorted(x for x in found if len(x.split()) <= longest_words)
    return random.Random(0).sample(short, min(count, len(short)))


def shipped_score() -> Score:
    """The first shipped cross-encoder of the models folder."""
    from emorl.scoring.cross_encoder import CrossEncoderScorer

    return next(
        CrossEncoderScorer(o.scorer).score for o in read_manifest(models_dir()).objectives if isinstance(o.scorer, Path)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 2 after a one-line error."""
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.train", description=about)
    parser.add_argument("--json", action="store_true", help="JSON instead of tables")
    parser.add_argument("--prompts", type=int, help="prompts a step (6)")
    parser.add_argument("--samples", type=int, help="rollouts a prompt, at least 2 (4)")
    parser.add_argument("--tokens", type=int, help="length of a rollout (40)")
    parser.add_argument("--rounds", type=int, help="counted steps of each trainer (3)")
    parser.add_argument("--threads", type=int, help="threads of every product (torch's own number)")
    parser.add_argument("--quick", action="store_true", help="tiny steps, one round: times mean nothing")
    given = vars(parser.parse_args(arguments))
    as_json, settings = given.pop("json"), QUICK if given.pop("quick") else Settings()
    settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
    if min(settings.prompts, settings.tokens, settings.rounds) < 1 or settings.samples < 2:
        parser.error("expected at least 1 prompt, 1 token, 1 round and 2 samples")
    try:
        tokenizer = AutoTokenizer.from_pretrained(ensure_base(progress=False))
        result = run(shipped_models().base, tokenizer, shipped_score(), read_statements(), settings)
    except EmorlError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if as_json:
        print(json.dumps(result))
        return 0
    print(table(result["rows"]))
    for name, value in result["ratios"].items():
        print(f"{name}: {value:.3g}")
    for over, fit in result["growth"].items():
        print(f"seconds a step against {over}: {fit['at_zero']:.3g} + {fit['slope']:.3g} x")
    print(f"same prompts and numbers of tokens: {result['tokens_equal']}; threads: {result['threads']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
