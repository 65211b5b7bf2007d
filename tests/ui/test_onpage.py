"""Which text a page means: a finished reflection, or what other weights turned it into."""

from __future__ import annotations

import pytest

from emorl.errors import AtlasError, WeightError
from emorl.ui import ModelLoader
from emorl.ui.cache import ReflectionCache
from emorl.ui.onpage import text_on_page
from tests.ui.mapped import MappedReflector

WEIGHTS = {"reflection": 0.0, "empathy": 2.0, "fluency": 0.0}


@pytest.fixture
def reflector() -> MappedReflector:
    return MappedReflector()


@pytest.fixture
def cache() -> ReflectionCache:
    return ReflectionCache()


@pytest.fixture
def held(cache: ReflectionCache, reflector: MappedReflector) -> str:
    *_, written = reflector.stream("I am tired.", reflector.setting(dict.fromkeys(WEIGHTS, 1.0)))
    return cache.put(written)  # type: ignore[arg-type]


def test_without_weights_it_is_the_reflection_itself(
    cache: ReflectionCache, reflector: MappedReflector, held: str
) -> None:
    for about in (held, {"id": held}, {"id": held, "weights": None, "text": "whatever"}):
        assert text_on_page(ModelLoader.ready(reflector), cache, about) == (held, cache.get(held))


def test_with_weights_it_is_what_they_write_and_is_written_once(
    cache: ReflectionCache, reflector: MappedReflector, held: str
) -> None:
    loader = ModelLoader.ready(reflector)
    text = reflector.text(reflector.write([0.0, 1.0, 0.0])[0])
    found = text_on_page(loader, cache, {"id": held, "weights": WEIGHTS, "text": text})
    assert found is not None
    live_id, live = found
    assert (live.reflection.reflection, live.reflection.statement) == (text, "I am tired.")
    assert live.reflection.weights == {"reflection": 0.0, "empathy": 1.0, "fluency": 0.0}
    assert live_id != held and cache.get(live_id) == live and live.reflection.trace is not None
    again = text_on_page(loader, cache, {"id": held, "weights": {**WEIGHTS, "empathy": 0.5}})
    assert again == found and reflector.started == 2


def test_a_text_that_comes_out_otherwise_is_refused(
    cache: ReflectionCache, reflector: MappedReflector, held: str
) -> None:
    with pytest.raises(AtlasError, match="press Generate"):
        text_on_page(ModelLoader.ready(reflector), cache, {"id": held, "weights": WEIGHTS, "text": "Another."})


@pytest.mark.parametrize("weights", ["x", 7, {"unknown": 1}, {"empathy": -1}, {"empathy": "much"}])
def test_bad_weights_are_refused(
    cache: ReflectionCache, reflector: MappedReflector, held: str, weights: object
) -> None:
    about = {"id": held, "weights": weights}
    if isinstance(weights, dict):
        with pytest.raises(WeightError):
            text_on_page(ModelLoader.ready(reflector), cache, about)
    else:  # not a form at all counts as an empty one: the base
        found = text_on_page(ModelLoader.ready(reflector), cache, about)
        assert found is not None and found[1].reflection.reflection == found[1].reflection.base_reflection


@pytest.mark.parametrize("about", [None, "", "0" * 32, 7, ["x"], {"id": "0" * 32, "weights": WEIGHTS}])
def test_what_is_not_kept_is_nothing(cache: ReflectionCache, reflector: MappedReflector, about: object) -> None:
    assert text_on_page(ModelLoader.ready(reflector), cache, about) is None


def test_without_models_there_is_no_other_text(cache: ReflectionCache, held: str) -> None:
    loading = ModelLoader(MappedReflector)
    assert text_on_page(loading, cache, {"id": held, "weights": WEIGHTS}) is None
