"""From what was written to a finished `Reflection`: texts, scores, the reasons for every token, and what wrote it.

Left out: writing and scoring, which come before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.metadata import version

import torch

from emorl.ensemble import Decoded, Setting
from emorl.explain import Explanation, explain_reply
from emorl.explain.contributions import explain_tokens
from emorl.models.base import BASE_NAME, BASE_SHA256
from emorl.models.manifest import Manifest
from emorl.reflecting.contract import shown
from emorl.reflecting.reflection import ModelIdentity, Reflection, ReplyScores, TokenExplanation, Trace, WrittenWith
from emorl.reflecting.rivals import complete_rivals
from emorl.reflecting.writer import MAX_TOKENS, Writer


def finish(
    writer: Writer,
    statement: str,
    setting: Setting,
    own: Decoded,
    base: Decoded,
    scored: Mapping[str, ReplyScores],
    explain: bool,
) -> Reflection:
    """Put together what was written, and explain it.

    Args:
        writer: What wrote it.
        statement: What the client said.
        setting: What the reflection was written with.
        own: Its result, with states if it is to be explained.
        base: The base's own reply.
        scored: Scores of both texts.
        explain: Whether to explain every token.
    """
    reply, base_reply = writer.text(own.tokens), writer.text(base.tokens)
    found, beside = scored[reply], scored[base_reply]
    return Reflection(
        statement=statement,
        reflection=reply,
        base_reflection=shown(statement, base_reply),
        objectives=tuple(writer.names),
        setting=setting,
        scores=found.scores,
        base_scores=beside.scores,
        tokens=_reasons(writer, setting, own) if explain else (),
        timing={
            "prefill_ms": round(own.prefill_ms, 1),
            "decode_ms": round(own.decode_ms, 1),
            "tokens": len(own.tokens),
        },
        model=model_of(writer.manifest),
        stopped=not own.ended,
        faithfulness=found.faithfulness,
        would_say=found.would_say,
        base_faithfulness=beside.faithfulness,
        base_would_say=beside.would_say,
        trace=Trace(tuple(own.tokens), own.states) if explain else None,
        written=written_with(writer),
    )


def _reasons(writer: Writer, setting: Setting, own: Decoded) -> tuple[TokenExplanation, ...]:
    names, backbone = writer.names, writer.decoder.backbone
    facts = explain_tokens(
        own.tokens, own.states, setting.weights, setting.strength, backbone.head, backbone.scale, writer.decoder.mask
    )
    return tuple(
        TokenExplanation(
            text=writer.tokenizer.piece(fact.token),
            id=fact.token,
            foil=writer.tokenizer.piece(fact.foil),
            margin=fact.margin,
            contributions=dict(zip(["base", *names], fact.contributions, strict=True)),
            unchanged=dict(zip(names, fact.unchanged, strict=True)),
        )
        for fact in facts
        if fact.token not in writer.decoder.end_tokens
    )


def explain_reflection(writer: Writer, reflection: Reflection) -> Explanation:
    """Everything there is to say about a reflection, from the states that wrote it.

    Only the words that were not chosen are written on, to the end of each; see `rivals`.

    Raises:
        ValueError: It was written with `explain=False`.
    """
    if reflection.trace is None:
        raise ValueError("Got a reflection without states: expected one that was written with explain=True.")
    backbone, trace, setting = writer.decoder.backbone, reflection.trace, reflection.setting
    return explain_reply(
        trace.tokens,
        trace.states,
        reflection.weights,
        setting.strength,
        backbone.head,
        writer.tokenizer.piece,
        writer.decoder.end_tokens,
        {o.name: o.label.lower() for o in writer.objectives},
        backbone.scale,
        setting.temperature,
        writer.decoder.mask,
        reflection.reflection,
        lambda rivals: complete_rivals(writer, reflection, rivals),
    )


def written_with(writer: Writer) -> WrittenWith:
    """What, beside models and setting, decides what a writer writes."""
    return {
        "precision": writer.decoder.backbone.precision,
        "base_id": writer.manifest.base_id,
        "template": hashlib.sha256(writer.manifest.template.encode("utf-8")).hexdigest(),
        "max_tokens": MAX_TOKENS,
        "torch": str(torch.__version__),
        "transformers": version("transformers"),
        "processor": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "step": writer.decoder.backbone.step_name,
    }


def model_of(manifest: Manifest) -> ModelIdentity:
    """The models that wrote a reflection."""
    return {
        "base": BASE_NAME if manifest.base_sha256 == BASE_SHA256 else "custom",
        "base_sha256": manifest.base_sha256,
        "adapters": {o.name: o.sha256 for o in manifest.objectives},
    }
