"""The summary of the ratings takes each rating as it is now."""

from __future__ import annotations

from emorl.ratings import RatingStore
from emorl.ratings.statistics.summary import summarise
from tests.ratings.conftest import MakeRating


def test_a_change_of_mind_counts_once_and_as_it_is_now(store: RatingStore, make: MakeRating) -> None:
    store.add(make(empathy=0))
    store.add(make(empathy=2))
    summary = summarise(store.all(), revisions=2)
    assert summary.groups[0].means["empathy"] == 2
    assert summary.ratings == 1
