"""What the decoding benchmark measures: its settings, its rows, and which of them must write the same tokens.

Several sequences take turns with four prompts, and each has weights of its own. They read the last tokens of a prompt
only: its pass would take most of the time, and our decoder runs equal prompts once, which is not what these rows are
about. Left out: timing (`_measure`) and what is made of it (`decode`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from typing import Any

import torch

from emorl.ensemble import LlamaBackbone, shares
from tests.benchmarks._measure import tensor_bytes
from tests.benchmarks._models import SHAPES, Models, Shape, idle_adapter, merged, more_adapters, weighted_sum
from tests.benchmarks._rivals import Generate, MixedBatch, Ours, SetAdapter, Uncached, peft_model


@dataclass(frozen=True)
class Settings:
    """What to measure.

    Attributes:
        tokens: Length of a reply, at least 2.
        rounds: Rounds of the rows the ratios are made of; slow rows and those about growth take part in at most 2.
        dtypes: Names of torch dtypes.
        sequences: Batch sizes; 1 is always measured.
        experts: K of our ensembles; 3 is always measured.
        lengths: Further lengths of a reply.
        batch_tokens: Length of a reply where there are several sequences; half of it beyond eight.
        batch_prompt: How many of a prompt's last tokens are read there.
        prompt: How many are read where there is one sequence, or None for all.
        shapes: Bases of other sizes, with random weights.
        threads: Threads, or None for torch's own number.
    """

    tokens: int = 48
    rounds: int = 5
    dtypes: tuple[str, ...] = ("bfloat16", "float32")
    sequences: tuple[int, ...] = (1, 8, 32)
    experts: tuple[int, ...] = (2, 3, 4, 8)
    lengths: tuple[int, ...] = (16, 48, 128)
    batch_tokens: int = 8
    batch_prompt: int = 12
    prompt: int | None = None
    shapes: tuple[Shape, ...] = SHAPES
    threads: int | None = None

    def length(self, sequences: int) -> int:
        """Length of a reply where there are so many sequences."""
        return self.tokens if sequences == 1 else max(2, self.batch_tokens // (1 if sequences <= 8 else 2))


QUICK = Settings(
    tokens=3, rounds=1, sequences=(1, 2), experts=(3,), lengths=(), batch_tokens=2, batch_prompt=6, prompt=8, shapes=()
)


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
        name: The method.
        experts: K.
        sequences: B.
        tokens: Length of a reply.
        rounds: Rounds it takes part in; 0 for a case that is only checked.
        write: Writes that many tokens for each of the B prompts.
        weights_mb: Weights the method keeps in memory.
        equal_to: Key of the case whose tokens it must give in float32, or None.
    """

    name: str
    experts: int
    sequences: int
    tokens: int
    rounds: int
    write: Callable[[int], list[list[int]]]
    weights_mb: float
    equal_to: str | None = None

    @property
    def key(self) -> str:
        """Name, sequences and tokens."""
        return key(self.name, self.sequences, self.tokens)


def key(name: str, sequences: int, tokens: int) -> str:
    """Names a case."""
    return f"{name} x{sequences} {tokens}"


def mixes(experts: int, sequences: int) -> list[list[float]]:
    """A weight vector for each sequence: K, K - 1, ..., 1, turned by one from sequence to sequence."""
    falling = [float(experts - k) for k in range(experts)]
    return [falling[n % experts :] + falling[: n % experts] for n in range(sequences)]


def cases(models: Models, dtype: torch.dtype, s: Settings) -> list[Case]:
    """Every row of one dtype."""
    adapters = more_adapters(models.adapters, max(3, *s.experts))
    three = adapters[:3]
    backbone = LlamaBackbone(models.base, dtype)
    soup = merged(models.base, weighted_sum(three, shares(mixes(3, 1)[0])), dtype)
    copies = [merged(models.base, adapter, dtype) for adapter in three]
    wrapped = peft_model(models.base, three, dtype)
    ours = {k: Ours(backbone, adapters[:k]) for k in sorted({1, 3, *s.experts})}
    with_base, blended = Ours(backbone, three, True), Ours(LlamaBackbone(soup, dtype), [idle_adapter(models.base)])
    made: list[Case] = []

    def add(
        name: str,
        writer: Any,
        experts: int,
        rounds: int,
        equal_to: str | None = None,
        sequences: int = 1,
        tokens: int | None = None,
        weights: list[list[float]] | None = None,
    ) -> None:
        tokens = tokens or s.length(sequences)
        read = s.prompt if sequences == 1 else s.batch_prompt
        ends = [p[-read:] if read else p for p in models.prompts]
        write = partial(writer.write, list(islice(cycle(ends), sequences)), weights or mixes(experts, sequences))
        same = key(equal_to, sequences, tokens) if equal_to else None
        made.append(Case(name, experts, sequences, tokens, rounds, write, tensor_bytes(writer) / 1e6, same))

    few = min(2, s.rounds)
    add("single", ours[1], 1, s.rounds)
    add("ensemble3", ours[3], 3, s.rounds)
    add("ensemble3_base_row", with_base, 3, s.rounds, "ensemble3")
    add("ensemble3_one_hot", ours[3], 3, 0, "single", weights=[[1.0, 0.0, 0.0]])
    add("generate", Generate(copies[0]), 1, s.rounds, "single")
    add("soup", blended, 1, s.rounds)
    add("peft_mixed", MixedBatch(wrapped), 3, s.rounds, "ensemble3")
    add("set_adapter", SetAdapter(wrapped), 3, s.rounds, "ensemble3")
    add("uncached", Uncached(copies), 3, few, "ensemble3")
    for k in sorted(set(s.experts) - {3}):
        add(f"ensemble{k}", ours[k], k, few)
    for length in sorted(set(s.lengths) - {s.tokens}):
        add("ensemble3", ours[3], 3, 1, tokens=length)
        add("generate", Generate(copies[0]), 1, 1, tokens=length)
        if length < s.tokens:  # longer would take minutes
            add("uncached", Uncached(copies), 3, 1, "ensemble3", tokens=length)
    for batch in sorted(set(s.sequences) - {1}):
        few = min(s.rounds, 2 if batch <= 8 else 1)  # large batches take long
        for k, writer in ours.items():
            add(f"ensemble{k}" if k > 1 else "single", writer, k, few, sequences=batch)
        add("ensemble3_base_row", with_base, 3, few, "ensemble3", batch)
        add("generate", Generate(copies[0]), 1, few, "single", batch)
        if batch <= 8:
            add("peft_mixed", MixedBatch(wrapped), 3, few, "ensemble3", batch)
    return made


def check(made: Sequence[Case]) -> list[dict[str, Any]]:
    """Tokens of every case that must equal another's, compared with it; call with float32 cases."""
    by_key, written = {case.key: case for case in made}, {}
    for case in made:
        for wanted in [case.key, case.equal_to] if case.equal_to else []:
            if wanted not in written:
                written[wanted] = by_key[wanted].write(by_key[wanted].tokens)
    return [
        {
            "name": case.key,
            "equal_to": case.equal_to,
            "equal": written[case.key] == written[case.equal_to],
            "share": agreement(written[case.key], written[case.equal_to]),
        }
        for case in made
        if case.equal_to
    ]


def agreement(one: Sequence[Sequence[int]], other: Sequence[Sequence[int]]) -> float:
    """Share of tokens before the first that differs, over all sequences."""
    same = 0
    for a, b in zip(one, other, strict=True):
        same += next((n for n, (x, y) in enumerate(zip(a, b, strict=True)) if x != y), len(a))
    return same / sum(map(len, one))
