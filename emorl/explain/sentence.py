"""Numbers put into words, for people: one or two sentences for a word, two or three for the whole reply.

A sentence says no more than the numbers do, and nothing that the bars beside it seem to deny. "Mainly because of" names
the fewest parts that together make more than half of everything that spoke for the word. A sentence says whether the
base model alone would have written the word, and whether it was drawn by chance. Where nearly all words are the base's
own, the sentence about the reply says so once. Left out: any claim about why the model behaves like this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emorl.explain.rivals import BASE

CLOSE = 0.1  # nats; below it the runner-up is at least 0.9 times as likely
NEARLY_ALL = 0.8  # of the words are the base's own: that is then said once, with those that are not


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
) -> str:
    """Why a word was written.

    Args:
        text: The word; empty for the end of the reply.
        foil: The word that its runner-up would have become; empty for the end of the reply.
        contributions: Of "base" and the objectives; they sum to the margin.
        labels: What to call them in the middle of a sentence.
        base_choice: The word that the base alone would have written here, or None if it is the word itself.
        first: Whether no other word was more likely.
        weighed: Whether any objective had weight and the strength was not 0.
        pieces: Number of pieces of the word; the contributions are sums over them.
        sampled: Whether words were drawn by chance; otherwise only rounding can put a word second.
    """
    margin = sum(contributions.values())
    subject = quoted(text)
    subject = subject[0].upper() + subject[1:]
    if not first and sampled:
        start = f"{subject} was drawn by chance and was not the most likely choice."
    elif not first:
        start = f"{subject} was as good as tied with an alternative; rounding decided."
    elif not weighed:
        return f"{subject} is the base model's own choice; no objective had any weight."
    else:
        names, whole = reasons(contributions)
        over = _over(text, foil, pieces)
        if margin <= 0 or not names:
            start = f"{subject} was tied with {over}."
        elif names == [BASE] and base_choice is None:
            return f"{subject} is the base model's own choice, over {over}.{_close(margin, pieces)}"
        else:
            because = "because of" if whole else "mainly because of"
            start = f"{subject} was chosen over {over}, {because} {listed([labels[name] for name in names])}."
            start += _close(margin, pieces)
    return f"{start} {_of_the_base(foil, base_choice, contributions[BASE], pieces)}"


def _over(text: str, foil: str, pieces: int) -> str:
    """What a word was chosen over. The runner-up of a piece may spell the same word: then it has no name."""
    if foil == text:
        return "other words"
    return quoted(foil) if pieces == 1 else f"{quoted(foil)} and others"


def _close(margin: float, pieces: int) -> str:
    return " It was a close choice." if pieces == 1 and margin < CLOSE else ""


def _of_the_base(foil: str, choice: str | None, contribution: float, pieces: int) -> str:
    """What the base alone would have written, in words that agree with its bar.

    The bar compares the word with its runners-up. It may speak for the word although the base prefers another one.
    """
    if choice is None:
        return "The base model alone would have chosen it as well."
    alone = f"would have chosen “{choice}”" if choice else "would have ended the reply"
    if contribution <= 0:
        return f"The base model alone {alone}."
    if choice != foil:
        return f"The base model preferred it to these too, but alone {alone}."
    if pieces > 1:
        return f"The base model alone {alone}, but it speaks for the rest of this word."
    return f"The base model alone {alone}; to it both were as good as equal."


def reply_sentence(
    absolute: Mapping[str, float],
    unchanged: Mapping[str, tuple[float, float] | None],
    labels: Mapping[str, str],
    words: Sequence[tuple[str, bool]],
    sampled: bool = False,
    marks: Sequence[tuple[str, bool]] = (),
) -> str:
    """The whole reply.

    Args:
        absolute: Share of each part in everything that pushed for or against words; they sum to 1 or are all 0.
        unchanged: Range of each objective's share in which the text stays the same.
        labels: What to call the parts.
        words: All words, and whether the base alone would have chosen it too, given the text before it.
        sampled: Whether the reply was sampled, so that there are no ranges.
        marks: The same of all marks of punctuation, and of the end, which has no text.
    """
    parts = [_whose_words(words, marks)] if words else []
    objectives = {name: share for name, share in absolute.items() if name != BASE and share > 0}
    if objectives:
        most = max(objectives.values())
        lead = [labels[name] for name, share in objectives.items() if share == most]
        parts.append(f"Among the objectives, {listed(lead)} moved the choices most ({most:.0%} of the influence).")
    elif words:
        parts.append("No objective moved any choice.")
    kept = {name: limits for name, limits in unchanged.items() if limits is not None}
    if kept and not sampled:
        parts.append(_staying({labels[name]: limits for name, limits in kept.items()}))
    return " ".join(parts)


def _staying(ranges: Mapping[str, tuple[float, float]]) -> str:
    """Where each slider may go while the text stays; those that may go anywhere are named together."""
    anywhere = [label for label, (low, high) in ranges.items() if low <= 0.0 and high >= 1.0]
    bounded = {label: limits for label, limits in ranges.items() if label not in anywhere}
    said = [f"{label} between {low:.1%} and {high:.1%} of the mix" for label, (low, high) in bounded.items()]
    if anywhere:
        said.append(f"{listed(anywhere)} anywhere")
    return f"The text stays the same while one slider moves: {', or '.join(said)}."


def _whose_words(words: Sequence[tuple[str, bool]], marks: Sequence[tuple[str, bool]]) -> str:
    """How many words are the base's own; where nearly all are, which are not, and where all are, which marks."""
    other = list(dict.fromkeys(f"“{text}”" for text, own in words if not own))
    agreed = sum(own for _, own in words)
    if not other:
        apart = list(dict.fromkeys(f"the “{text}”" if text else "the end" for text, own in marks if not own))
        if apart:
            return f"The base model alone would have chosen every word as well, but not {listed(apart)}."
        return "Every word is what the base model alone would have chosen as well."
    if not agreed:
        return "The base model alone would have chosen none of these words."
    if agreed < NEARLY_ALL * len(words):
        return f"The base model alone would have chosen {agreed} of these {len(words)} words as well."
    return (
        f"Nearly all words, {agreed} of {len(words)}, are the base model's own; it would have chosen otherwise at "
        f"{listed(other)}."
    )
