"""The interface of the service: statement and setting in, reflection with its reasons out.

There is one method for each thing that can be asked of the models; the work is done in the module that each of them
calls. Left out: the crisis check before, and storage afterwards, which are up to the callers.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from emorl.ensemble import Setting
from emorl.explain import Explanation, Variants
from emorl.reflecting.appraise import Appraisal, appraise_reply
from emorl.reflecting.best_of import write_best
from emorl.reflecting.finish import explain_reflection
from emorl.reflecting.reflection import Draft, Objective, Reflection, StatementAtlas
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
        """Args: see the attributes."""
        self.writer = writer

    @classmethod
    def load(cls, models: Path | None = None, dtype: str | None = None, progress: bool = False) -> Reflector:
        """Load a models folder and its base; see `Writer.load`."""
        return cls(Writer.load(models, dtype, progress))

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """K objectives, in slider order."""
        return self.writer.objectives

    @property
    def presets(self) -> dict[str, dict[str, float]]:
        """Raw weights by objective, by the name of the preset."""
        return self.writer.manifest.presets

    def setting(
        self, weights: Mapping[str, float], strength: float = 1.0, temperature: float = 0.0, seed: int = 0
    ) -> Setting:
        """A checked setting from weights by name, for all other methods.

        Args:
            weights: Raw weights by objective, at least 0; those left out get 0. All zero gives the base's own reply.
            strength: s; 1 is the plain ensemble.
            temperature: 0 for greedy, 2 at most.
            seed: Seed of sampling.

        Raises:
            WeightError: An objective is unknown, or a value is not a number or is out of range.
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
            explain: Whether to explain every token.

        Yields:
            A `Draft` after each token, then one `Reflection`.

        Raises:
            StatementError: The statement is empty or too long.
            ReplyError: The reply speaks of a crisis where the statement does not.
            BusyError: Too many others are waiting.
        """
        with closing(self.side_by_side(statement, [setting], explain)) as steps:
            for (step,) in steps:
                yield step

    def side_by_side(
        self, statement: str, settings: Sequence[Setting], explain: bool = True
    ) -> Generator[tuple[Draft, ...] | tuple[Reflection, ...]]:
        """Write reflections of one statement with several settings, as one batch; equal settings are written once.

        Yields:
            A `Draft` for each setting after each step, then a `Reflection` for each.

        Raises:
            StatementError: The statement is empty or too long.
            ReplyError: The reply speaks of a crisis where the statement does not.
            BusyError: Too many others are waiting.
        """
        yield from write_side_by_side(self.writer, statement, settings, explain)

    def best_of(
        self, statement: str, count: int, setting: Setting, explain: bool = True, atlas: StatementAtlas | None = None
    ) -> Reflection:
        """The best of several reflections; see `stream_best`."""
        *_, last = self.stream_best(statement, count, setting, explain, atlas)
        assert isinstance(last, Reflection)
        return last

    def stream_best(
        self, statement: str, count: int, setting: Setting, explain: bool = True, atlas: StatementAtlas | None = None
    ) -> Generator[Draft | Reflection]:
        """Write several candidates as one batch and choose the best by its scores (see the module `best_of`).

        Args:
            statement: What the client said, 1 to 600 characters.
            count: Candidates, 1 to 16.
            setting: Its shares also weight the scores. If its temperature is 0, samples are drawn at 0.7. The first
                sample has its seed, the second the next one, and so on.
            explain: Whether to explain every token of the chosen one.
            atlas: The statement's atlas, as `atlas` yields it; its reflections are candidates too.

        Yields:
            A `Draft` of the greedy candidate after each step, with how many are finished, then the chosen `Reflection`
            with its candidates.

        Raises:
            StatementError: The statement is empty or too long.
            CandidateError: A bad number of candidates.
            ReplyError: Every candidate speaks of a crisis where the statement does not.
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
    ) -> Generator[StatementAtlas | None]:
        """Every greedy reflection that the weights can reach, found while nobody else's is being written.

        Args:
            statement: What the client said, 1 to 600 characters.
            strength: s.
            objectives: Names of one to four to span; the others stay at weight 0. All by default.
            max_steps: Maximum number of prefixes sent through the experts; None for no limit.
            min_area: Pieces with a smaller share of the weights are dropped.
            pace: How much is done before it checks again whether somebody is waiting.

        Yields:
            The atlas so far; the last one is finished and has scores. None while it waits for others. Closing the
            iterator stops there.

        Raises:
            StatementError: The statement is empty or too long.
            WeightError: Unknown objectives or a bad strength.
            AtlasError: Too many objectives, a bad budget or minimum area.
        """
        yield from grow_regions(self.writer, statement, strength, objectives, max_steps, min_area, pace)

    def explain(self, reflection: Reflection) -> Explanation:
        """Everything there is to say about a reflection that was written with `explain`."""
        return explain_reflection(self.writer, reflection)

    def variants(self, reflection: Reflection, every: bool = False) -> Variants:
        """What would be written without each objective or, if `every`, by every coalition; see `write_variants`."""
        return write_variants(self.writer, reflection, every)

    def appraise(self, statement: str, reply: str, beside: Sequence[str] = ()) -> tuple[Appraisal, ...]:
        """What there is to say about a reflection that a person wrote, word by word.

        Args:
            statement: What the client said, 1 to 600 characters.
            reply: The person's own reflection, 1 to 600 characters.
            beside: Further reflections to judge in the same way, but not word by word.

        Returns:
            The person's reflection, then the others.

        Raises:
            StatementError: A text is empty or too long.
        """
        return appraise_reply(self.writer, statement, reply, beside)
