"""The endpoints as other programs call them: through a served app and the client's library."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from emorl.ensemble import Setting
from emorl.errors import AssetError
from emorl.ratings import open_store
from emorl.reflecting.contract import CANDIDATE_FIELDS, FIELDS, reflection_json
from emorl.ui import ModelLoader, build_demo
from emorl.ui.api import strings
from emorl.ui.api.endpoints import Endpoints
from tests.browser.conftest import serve
from tests.ui.scripted import MODEL, REPLY, SAMPLES, TOKENS, ScriptedReflector

ROOT = Path(__file__).parents[2]
EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.S)


class Whole(ScriptedReflector):
    """The scripted reflector with `reflect` and `best_of`, as the real one has them."""

    def reflect(self, statement: str, setting: Setting, explain: bool = True) -> Any:
        *_, last = self.stream(statement, setting, explain)
        return last

    def best_of(self, statement: str, count: int, setting: Setting, explain: bool = True, atlas: Any = None) -> Any:
        *_, last = self.stream_best(statement, count, setting, explain)
        return last


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Whole]]:
    reflector = Whole(samples=SAMPLES, faithfulness=0.4)
    with serve(reflector, open_store(f"sqlite:///{tmp_path / 'ratings.db'}")) as url:
        yield url, reflector


def client(url: str) -> Client:
    return Client(url, verbose=False, analytics_enabled=False)


def test_the_contract_of_the_command_line(served: tuple[str, Whole]) -> None:
    url, reflector = served
    app = client(url)
    found = app.predict("I am tired.", {"reflection": 3, "empathy": 1}, 0.5, 0.0, 7, api_name="/reflect")
    assert tuple(found) == FIELDS
    assert (found["statement"], found["reflection"], found["strength"]) == ("I am tired.", REPLY, 0.5)
    assert (found["weights"], found["model"]) == ({"reflection": 0.75, "empathy": 0.25}, MODEL)
    assert set(found["timing"]) == {"prefill_ms", "decode_ms", "tokens"}
    explained = app.predict("I am tired.", api_name="/explain")
    assert tuple(explained) == (*FIELDS, "tokens")
    assert explained["weights"] == reflector.presets["balanced"]
    assert [token["text"] for token in explained["tokens"]] == [token[0] for token in TOKENS]
    for token in explained["tokens"]:
        assert set(token) == {"text", "id", "foil", "margin", "contributions", "unchanged"}
        assert sum(token["contributions"].values()) == pytest.approx(token["margin"])
    written = reflector.written("I am tired.", {"reflection": 3, "empathy": 1}, 0.5, 0.0, 7)
    assert reflection_json(written, explain=False) == found


def test_the_best_of_several_has_its_candidates(served: tuple[str, Whole]) -> None:
    app = client(served[0])
    found = app.predict("I am tired.", best_of=3, api_name="/reflect")
    assert tuple(found) == (*FIELDS, "candidates") and found["faithfulness"] == 0.9
    assert len(found["candidates"]) == 3 and found["candidates"][0]["reflection"] == SAMPLES[0].text
    assert tuple(found["candidates"][0]) == CANDIDATE_FIELDS
    explained = app.predict("I am tired.", best_of=1, api_name="/explain")
    assert tuple(explained) == (*FIELDS, "candidates", "tokens")


def test_only_two_functions_are_public(served: tuple[str, Whole]) -> None:
    app = client(served[0])
    assert set(app.view_api(return_format="dict")["named_endpoints"]) == {"/reflect", "/explain"}
    config = app.config["dependencies"]
    assert {item["api_visibility"] for item in config if item["api_name"] not in ("reflect", "explain")} == {"private"}


def test_a_crisis_gets_contacts_and_no_reflection(served: tuple[str, Whole]) -> None:
    url, reflector = served
    for name in ("/reflect", "/explain"):
        with pytest.raises(AppError, match="no reflection is written.*988") as caught:
            client(url).predict("I want to kill myself tonight.", api_name=name)
        assert "\n" not in str(caught.value)
    assert reflector.started == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"statement": " "}, "Got an empty statement"),
        ({"statement": "x" * 601}, "601 characters"),
        ({"statement": ["Hello"]}, "as statement: expected text"),
        ({"statement": "Hello", "weights": {"reflection": -1}}, "Got -1 for reflection"),
        ({"statement": "Hello", "weights": {"reflection": "high"}}, "Got 'high' for reflection"),
        ({"statement": "Hello", "weights": [1, 2]}, "as weights: expected an object"),
        ({"statement": "Hello", "strength": True}, "Got True for strength"),
        ({"statement": "Hello", "temperature": "warm"}, "Got 'warm' for temperature"),
        ({"statement": "Hello", "seed": 1.5}, "Got 1.5 for seed"),
        ({"statement": "Hello", "seed": 2**70}, "for seed: expected a whole number"),
        ({"statement": "Hello", "best_of": 0}, "Got 0 candidates to choose the best of"),
        ({"statement": "Hello", "best_of": 17}, "expected a whole number from 1 to 16"),
        ({"statement": "Hello", "best_of": True}, "Got True candidates"),
        ({"statement": "Hello", "best_of": "many"}, "Got many candidates"),
    ],
)
def test_bad_input_is_one_line(arguments: dict[str, Any], message: str) -> None:
    endpoints = Endpoints(ModelLoader.ready(Whole()))
    with pytest.raises(gr.Error, match=re.escape(message)) as caught:
        endpoints.reflect(**arguments)
    assert "\n" not in str(caught.value)


def test_an_unexpected_error_does_not_show_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Any:
        raise RuntimeError("secret path")

    reflector = Whole()
    monkeypatch.setattr(reflector, "reflect", broken)
    with pytest.raises(gr.Error, match="Something went wrong") as caught:
        Endpoints(ModelLoader.ready(reflector)).explain("Hello")
    assert "secret" not in str(caught.value)


def test_a_call_waits_for_the_models_or_says_why_they_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    def load() -> Any:
        go.wait(60)
        return Whole()

    threading.Timer(0.3, go.set).start()
    assert Endpoints(ModelLoader(load)).reflect("Hello")["reflection"] == REPLY

    def missing() -> Any:
        raise AssetError("no manifest.json")

    with pytest.raises(gr.Error, match="could not be loaded: no manifest.json"):
        Endpoints(ModelLoader(missing)).reflect("Hello")
    monkeypatch.setattr("emorl.ui.api.endpoints.MAX_LOAD_S", 0.0)
    with pytest.raises(gr.Error, match="still loading"):
        Endpoints(ModelLoader(lambda: go.wait(60) and None)).reflect("Hello")  # type: ignore[arg-type,return-value]


def test_page_and_programs_share_one_limit() -> None:
    demo = build_demo(Whole(), lambda: pytest.fail("no ratings here"), at_once=3)
    limits = {fn.api_name: (fn.concurrency_id, fn.concurrency_limit) for fn in demo.fns.values()}
    assert limits["reflect"] == limits["explain"] == limits["write"] == ("model", 3)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_examples_run(served: tuple[str, Whole], number: int) -> None:
    code = EXAMPLES[number].replace("http://127.0.0.1:7860", served[0])
    assert served[0] in code
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    wanted = (REPLY, f"0.30 (greedy): {REPLY}", "most of it base", "no reflection is written")[number]
    assert wanted in done.stdout
    assert strings.ERRORS["unexpected"] not in done.stdout


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 4
