"""What the page knows of an atlas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from emorl.safety import Chip
from emorl.ui.writing.scores import Faithfulness, faithfulness_payload

if TYPE_CHECKING:
    from emorl.atlas import RegionJson


@dataclass(frozen=True)
class NoAtlas:
    """A text that has no atlas: it was sampled, has strength 0, or is not known any more.

    Attributes:
        id: Of the reflection; empty if it is not known.
        phase: Where it stands.
    """

    id: str
    phase: Literal["off"] = "off"


@dataclass(frozen=True)
class AtlasFailed:
    """An atlas that could not be made.

    Attributes:
        id: Of the reflection.
        message: Why, in one line.
        phase: Where it stands.
    """

    id: str
    message: str
    phase: Literal["failed"] = "failed"


@dataclass(frozen=True)
class RegionPayload:
    """A region of an atlas, with what is known of its text. Scores come once the atlas is whole.

    Attributes:
        reflection: What is written there.
        area: Share of all settings.
        polygon: Its corners, in shares of the atlas's objectives.
        walls: Of an atlas of four; see `RegionJson`.
        chips: What in the text to look at twice.
        scores: By objective, 0 to 1; None before it was scored.
        faithfulness: Whether it stays with what was said; None without a scorer, or before it was scored.
        would_say: Whether a counsellor would say it, 0 to 1; None without a scorer, or before it was scored.
    """

    reflection: str
    area: float
    polygon: list[list[float]]
    walls: list[list[float]] | None
    chips: tuple[Chip, ...]
    scores: dict[str, float] | None
    faithfulness: Faithfulness | None
    would_say: float | None


def region_payload(region: RegionJson, chips: tuple[Chip, ...]) -> RegionPayload:
    """A region as the page knows it.

    Args:
        region: As `Reflector.atlas` yields it.
        chips: What in its text to look at twice.
    """
    return RegionPayload(
        reflection=region["reflection"],
        area=region["area"],
        polygon=region["polygon"],
        walls=region.get("walls"),
        chips=chips,
        scores=region.get("scores"),
        faithfulness=faithfulness_payload(region.get("faithfulness")),
        would_say=region.get("would_say"),
    )


@dataclass(frozen=True)
class AtlasPayload:
    """An atlas, growing or whole.

    Attributes:
        id: Of the reflection.
        phase: "growing" or "done".
        objectives: Which it spans, in order: up to four.
        coverage: Share of all settings that it covers.
        regions: The largest first; with scores once it is whole.
    """

    id: str
    phase: Literal["growing", "done"]
    objectives: tuple[str, ...]
    coverage: float
    regions: tuple[RegionPayload, ...]
