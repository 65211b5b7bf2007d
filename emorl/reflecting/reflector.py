"""The front of the service: statement and setting in, reflection with its reasons out.

One method for each thing that can be asked of the models; what is done stands in the module that each names. Left out:
crisis checks and storage, which the callers do first and after.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from emorl.ensemble import Setting
from emorl.explain import Explanation, Variants
from emorl.reflecting.best_of import write_best
from emorl.reflecting.finish import explain_reflection
from emorl.reflecting.reflection import Draft, Objective, Reflection
from emorl.reflecting.regions import BESIDE_OTHERS, MAX_STEPS, Pace, grow_regions
from emorl.reflecting.side_by_side import write_side_by_side
from emorl.reflecting.variants import write_variants
from emorl.reflecting.writer import Writer


class Reflector:
    """The models of one folder; safe to use from several threads.

    Attributes:
        writer: Writes and scores.
    """

    def __init__(self, writer: Writer) -> None:
        """Args: what writes and scores."""
        self.writer = writer

    @classmethod
    def load(cls, models: Path | None = None, dtype: str | None = None, progress: bool = False) -> Reflector:
        """Load a models folder on the base it names; see `Writer.load`."""
        return cls(Writer.load(models, dtype, progress))

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """K objectives, in slider order."""
        return self.writer.objectives

    @property
    def presets(self) -> dict[str, dict[str, float]]:
        """Named weights: raw weight by objective, by the name of the preset."""
        return self.writer.manifest.presets

    def setting(
        self, weights: Mapping[str, float], strength: float = 1.0, temperature: float = 0.0, seed: int = 0
    ) -> Setting:
        """A checked setting from weights by name, for all other methods.

        Args:
            weights: Raw weights by objective, at least 0; those left out get 0, all zero gives the base's own reply.
            strength: s; 1 is the plain ensemble.
            temperature: 0 for greedy, 2 at most.
            seed: Seed of sampling.

        Raises:
            WeightError: An unknown objective, or a value that is not a number or out of its range.
        """
        return self.writer.setting(weights, strength, temperature, seed)

    def reflect(self, statement: str, setting: Setting, explain: bool = True) -> Reflection:
        """Write one reflection to its end; see `stream`."""
        *_, last = self.stream(statement, setting, explain)
        assert isinstance(last, Reflection)
        return last

    def stream(self, statement: str, setting: Setting, explain: bool = True) -> Generator[Draft | Reflection]:
        """Write a reflection token by token; closing the iterator stops at the next step.

        Args:
            statement: What the client said, 1 to 600 characters.
            setting: From `setting`.
            explain: Explain every token.

        Yields:
            A `Draft` after each token, then one `Reflection`.

        Raises:
            StatementError: An empty or overlong statement.
            BusyError: Too many others are waiting.
        """
        with closing(self.side_by_side(statement, [setting], explain)) as steps:
            for (step,) in steps:
                yield step

    def side_by_side(
        self, statement: str, settings: Sequence[Setting], explain: bool = True
    ) -> Generator[tuple[Draft, ...] | tuple[Reflection, ...]]:
        """Write one statement with several settings at once, as rows of one batch; equal rows are written once.

        Yields:
            A `Draft` for each setting after each step, then a `Reflection` for each.

        Raises:
            StatementError: An empty or overlong statement.
            BusyError: Too many others are waiting.
        """
        yield from write_side_by_side(self.writer, statement, settings, explain)

    def best_of(
        self, statement: str, count: int, setting: Setting, explain: bool = True, atlas: Mapping[str, Any] | None = None
    ) -> Reflection:
        """The best of several reflections; see `stream_best`."""
        *_, last = self.stream_best(statement, count, setting, explain, atlas)
        assert isinstance(last, Reflection)
        return last

    def stream_best(
        self, statement: str, count: int, setting: Setting, explain: bool = True, atlas: Mapping[str, Any] | None = None
    ) -> Generator[Draft | Reflection]:
        """Write several candidates as rows of one batch and give the best by its scores (see `best_of`).

        Args:
            statement: What the client said, 1 to 600 characters.
            count: Candidates, 1 to 16.
            setting: Its shares also weigh the scores; a temperature of 0 stands for .7 where samples are drawn; the
                first sample has its seed, the next one the next.
            explain: Explain every token of the chosen one.
            atlas: The statement's atlas, as `atlas` yields it: its reflections are candidates too.

        Yields:
            A `Draft` of the greedy candidate after each step, then the chosen `Reflection` with its candidates.

        Raises:
            StatementError: An empty or overlong statement.
            EmorlError: A bad number of candidates.
            BusyError: Too many others are waiting.
        """
        yield from write_best(self.writer, statement, setting, count, explain, atlas)

    def atlas(
        self,
        statement: str,
        strength: float = 1.0,
        objectives: Sequence[str] | None = None,
        max_steps: int | None = MAX_STEPS,
        min_area: float = 1e-4,
        pace: Pace = BESIDE_OTHERS,
    ) -> Generator[dict[str, Any] | None]:
        """Every greedy reflection the weights can reach, found while nobody else's is being written.

        Args:
            statement: What the client said, 1 to 600 characters.
            strength: s.
            objectives: Names of one to four to span; the others stay at weight 0. All by default.
            max_steps: Most prefixes sent through the experts; what is open then stays open. None for no limit.
            min_area: Pieces with a smaller share of the weights are given up.
            pace: How much is done between two looks at whether somebody is waiting.

        Yields:
            The atlas so far: the fields of `atlas --json`, `strength`, `open` (share still being written or given up)
            and `finished`; scores come with the last. None while it waits for others. Closing it stops there.

        Raises:
            StatementError: An empty or overlong statement.
            WeightError: Unknown objectives or a bad strength.
            EmorlError: Too many objectives, a bad budget or minimum area.
        """
        yield from grow_regions(self.writer, statement, strength, objectives, max_steps, min_area, pace)

    def explain(self, reflection: Reflection) -> Explanation:
        """Everything there is to say about a reflection that was written with `explain`; nothing is written anew."""
        return explain_reflection(self.writer, reflection)

    def variants(self, reflection: Reflection, every: bool = False) -> Variants:
        """What is written without each objective or, if `every`, by every coalition of them; see `write_variants`."""
        return write_variants(self.writer, reflection, every)
