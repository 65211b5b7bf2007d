"""What the page knows of an atlas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

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
class AtlasPayload:
    """An atlas, growing or whole.

    Attributes:
        id: Of the reflection.
        phase: "growing" or "done".
        objectives: Which it spans, in order: up to three.
        coverage: Share of all settings that it covers.
        regions: The largest first; with scores once it is whole.
    """

    id: str
    phase: Literal["growing", "done"]
    objectives: tuple[str, ...]
    coverage: float
    regions: tuple[RegionJson, ...]
