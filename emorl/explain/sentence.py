"""Numbers put into words, for people: one or two sentences for a word, two or three for the whole reply.

A sentence says no more than the numbers do. "Mainly because of" names the fewest parts that together make more than
half of everything that spoke for the word. A sentence always says whether the base model alone would have written the
word, and whether it was drawn by chance. Left out: any claim about why the model behaves like this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

BASE = "base"
CLOSE = 0.1  # nats; below it the runner-up is at least 0.9 times as likely


def listed(items: Sequence[str]) -> str:
    """Items as in a sentence: "a", "a and b", "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def quoted(text: str) -> str:
    """A word in quotation marks; an empty one means the end of the reply."""
    return f"“{text}”" if text else "ending the reply"


def reasons(contributions: Mapping[str, float]) -> tuple[list[str], bool]:
    """The fewest parts that make more than half of everything positive, and whether these are all positive parts."""
    positive = sorted(((v, name) for name, v in contributions.items() if v > 0), key=lambda pair: -pair[0])
    half, reached, names = sum(v for v, _ in positive) / 2, 0.0, []
    for value, name in positive:
        names.append(name)
        reached += value
        if reached > half:
            break
    return names, len(names) == len(positive)


def word_sentence(
    text: str,
    foil: str,
    contributions: Mapping[str, float],
    labels: Mapping[str, str],
    base_choice: str | None,
    first: bool = True,
    weighed: bool = True,
    pieces: int = 1,
    sampled: bool = False,
    base_after: str = "",
) -> str:
    """Why a word was written.

    Args:
        text: The word; empty for the end of the reply.
        foil: Its runner-up; empty for the end of the reply.
        contributions: Of "base" and the objectives; they sum to the margin.
        labels: What to call them in the middle of a sentence.
        base_choice: What the base alone would have written here, or None if it is the word itself.
        first: Whether no other word was more likely.
        weighed: Whether any objective had weight and the strength was not 0.
        pieces: Number of pieces of the word; the contributions are sums over them.
        sampled: Whether words were drawn by chance; otherwise only rounding can put a word second.
        base_after: The beginning of the word that the base agrees with, if it departs from it inside the word.
    """
    margin = sum(contributions.values())
    subject, other = quoted(text), quoted(foil)
    subject = subject[0].upper() + subject[1:]
    if not first and sampled:
        start = f"{subject} was drawn by chance and was not the most likely choice."
    elif not first:
        start = f"{subject} was as good as tied with an alternative; rounding decided."
    elif not weighed:
        return f"{subject} is the base model's own choice; no objective had any weight."
    else:
        names, whole = reasons(contributions)
        over = f"over {other}" if pieces == 1 else f"over its alternatives, {other} first, in {pieces} pieces"
        if margin <= 0 or not names:
            start = f"{subject} was tied with {other}."
        else:
            because = "because of" if whole else "mainly because of"
            start = f"{subject} was chosen {over}, {because} {listed([labels[name] for name in names])}."
            if pieces == 1 and margin < CLOSE:
                start += " It was a close choice."
    if base_choice is None:
        return f"{start} The base model alone would have chosen it as well."
    if base_after:
        return f"{start} After “{base_after}”, the base model alone would have chosen {quoted(base_choice)}."
    return f"{start} The base model alone would have chosen {quoted(base_choice)}."


def reply_sentence(
    absolute: Mapping[str, float],
    unchanged: Mapping[str, tuple[float, float] | None],
    labels: Mapping[str, str],
    agreed: int,
    words: int,
    sampled: bool = False,
) -> str:
    """The whole reply.

    Args:
        absolute: Share of each part in everything that pushed for or against words; they sum to 1 or are all 0.
        unchanged: Range of each objective's share in which the text stays the same.
        labels: What to call the parts.
        agreed: Words that the base alone would have chosen too, given the text before them.
        words: All words.
        sampled: Whether the reply was sampled, so that there are no ranges.
    """
    parts = []
    if words:
        parts.append(f"The base model alone would have chosen {agreed} of these {words} words as well.")
    objectives = {name: share for name, share in absolute.items() if name != BASE and share > 0}
    if objectives:
        most = max(objectives.values())
        lead = [labels[name] for name, share in objectives.items() if share == most]
        parts.append(f"Among the objectives, {listed(lead)} moved the choices most ({most:.0%} of all push).")
    elif words:
        parts.append("No objective moved any choice.")
    kept = {name: limits for name, limits in unchanged.items() if limits is not None}
    if kept and not sampled:
        ranges = [f"{labels[name]} between {low:.1%} and {high:.1%}" for name, (low, high) in kept.items()]
        parts.append(f"The text stays the same while one slider moves, with {', or '.join(ranges)} of the mix.")
    return " ".join(parts)
