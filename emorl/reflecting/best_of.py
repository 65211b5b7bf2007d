"""Best of n: several candidates for one statement, written as one batch, and the best of them by its scores.

Candidates are the greedy reflection, then those of an atlas if the caller has one (each with weights from the middle of
its region), then samples with different seeds. Equal texts count once, so there may be fewer than were asked for. They
are compared by

    total = Σ_k ŵ_k · score_k x fitness

with the shares ŵ that were asked for, whatever weights wrote a candidate. Fitness is the chance that a counsellor would
say it, estimated from the scorers and from how likely the ensemble found its own words (`emorl.models.chance`); of
models without that estimate, what the scorer of read replies says; without that, whether it keeps to what the client
said; without either it counts as 1, as does the sum if all shares are 0. Of equal totals the first candidate wins.

These scores explain the choice, which is not part of the mixture. Contributions explain the words of a candidate under
the setting that wrote it. The candidate carries that setting: used again, it writes the same reflection with all its
reasons (except for near-ties where the precision is below float32). Left out: candidates without text.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from emorl.ensemble import Decoded, Setting
from emorl.ensemble.setting import MAX_SEED
from emorl.models.template import check_statement
from emorl.reflecting.contract import check_candidates, may_be_shown, refuse_reply
from emorl.reflecting.finish import finish
from emorl.reflecting.reflection import Candidate, Draft, Made, Reflection, ReplyScores, StatementAtlas, named_weights
from emorl.reflecting.writer import Writer

TEMPERATURE = 0.7
"""Of samples where the setting is greedy; a setting that samples uses its own temperature.

On 120 statements with seven samples each, three at 0.6 and four at 0.95, the best of all eight read better than the
best of the greedy reply and either three or four (docs/results.md).
"""


def total(asked: Mapping[str, float], reply: ReplyScores) -> float:
    """What candidates are compared by, 0 to 1.

    Args:
        asked: Shares ŵ by objective, which sum to 1 or are all 0; objectives without a scorer do not count.
        reply: What the scorers say of it.
    """
    scored = [share * reply.scores[name] for name, share in asked.items() if share and name in reply.scores]
    quality = math.fsum(scored) if scored else 1.0
    return quality * reply.fitness


def plan(
    asked: Setting, count: int, names: Sequence[str], atlas: StatementAtlas | None = None
) -> list[tuple[Made, Setting]]:
    """What to write: the greedy reflection, those of the atlas in its order, then samples; `count` in all.

    Args:
        asked: What was asked for.
        count: n.
        names: Names of the K objectives, in the order of the setting's weights.
        atlas: As `Reflector.atlas` yields it, the largest region first.
    """
    greedy = replace(asked, temperature=0.0)
    planned: list[tuple[Made, Setting]] = [("greedy", greedy)]
    if atlas is not None:
        for region in atlas["regions"]:
            corners = zip(*region["polygon"], strict=True)
            middle = {name: math.fsum(c) / len(c) for name, c in zip(atlas["objectives"], corners, strict=True)}
            weights = tuple(middle.get(name, 0.0) for name in names)
            planned.append(("atlas", replace(greedy, weights=weights, strength=atlas["strength"])))
    temperature = asked.temperature or TEMPERATURE
    seeds = range(asked.seed, min(asked.seed + count, MAX_SEED + 1))
    planned += [("sampled", replace(asked, temperature=temperature, seed=seed)) for seed in seeds]
    return planned[:count]


def weighed(
    writer: Writer, scored: Mapping[str, ReplyScores], written: Iterable[tuple[str, Decoded]]
) -> dict[str, ReplyScores]:
    """The scores of texts, with the chance that a counsellor would say each where the models can estimate it.

    Args:
        writer: Has the manifest, which says how.
        scored: Scores of each distinct text.
        written: Every text with its result; of equal texts the first counts.
    """
    found, chance = dict(scored), writer.manifest.chance
    if chance is None:
        return found
    for text, result in reversed(list(written)):
        said = scored[text]
        if said.faithfulness is not None and said.would_say is not None:
            found[text] = replace(said, would_say=chance.of(said.faithfulness, said.would_say, result.logps))
    return found


def write_best(
    writer: Writer, statement: str, asked: Setting, count: int, explain: bool, atlas: StatementAtlas | None
) -> Generator[Draft | Reflection]:
    """Write the candidates and choose the best; see `Reflector.stream_best`."""
    check_candidates(count)
    text, prompt, names = check_statement(statement), writer.prompt(statement), writer.names
    planned = plan(asked, count, names, atlas)
    rows = [setting for _, setting in planned]
    base = planned[0][1].base()
    if base not in rows:
        rows.append(base)
    with closing(writer.write([writer.request(prompt, row) for row in rows], explain)) as steps:
        for results in steps:  # even without new text, so that the caller can stop here
            draft = writer.text(results[0].tokens)
            refuse_reply(text, [draft])
            yield Draft(draft, sum(not result.running for result in results[: len(planned)]))
    texts = [writer.text(result.tokens) for result in results]
    fit = may_be_shown(text, texts)
    refuse_reply(text, fit or texts)
    scored = weighed(writer, writer.score_replies(text, texts), zip(texts, results, strict=True))
    first: dict[str, int] = {}  # where each distinct text occurs first
    for index in range(len(planned)):
        if texts[index] in fit:
            first.setdefault(texts[index], index)
    if len(first) > 1:
        first.pop("", None)
    shares = named_weights(names, asked)
    ranked = sorted(
        first.values(), key=lambda index: -total(shares, scored[texts[index]])
    )  # stable: the first of equals wins
    candidates = tuple(
        Candidate(
            texts[index],
            *planned[index],
            scored[texts[index]].scores,
            scored[texts[index]].faithfulness,
            scored[texts[index]].would_say,
            total(shares, scored[texts[index]]),
        )
        for index in ranked
    )
    best = ranked[0]
    chosen = finish(writer, text, rows[best], results[best], results[rows.index(base)], scored, explain)
    yield replace(chosen, candidates=candidates)
