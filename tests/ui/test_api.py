"""The endpoints as other programs call them: through a served app and the client's library."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
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
from emorl.ui.api.endpoints import PUBLIC, Endpoints
from tests.browser.conftest import serve
from tests.ui.mapped import MappedReflector
from tests.ui.scripted import MODEL, REPLY, SAMPLES, TOKENS, ScriptedReflector

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.S)
TIRED = "I am tired."
OWN = "You feel so alone."


class Whole(ScriptedReflector):
    """The scripted reflector with `reflect` and `best_of`, as the real one has them."""

    def reflect(self, statement: str, setting: Setting, explain: bool = True) -> Any:
        *_, last = self.stream(statement, setting, explain)
        return last

    def best_of(self, statement: str, count: int, setting: Setting, explain: bool = True, atlas: Any = None) -> Any:
        *_, last = self.stream_best(statement, count, setting, explain)
        return last

    def atlas(self, *given: Any, **named: Any) -> Any:
        return MappedReflector(count=2).atlas(*given, **named)


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


def test_only_these_functions_are_public(served: tuple[str, Whole]) -> None:
    app = client(served[0])
    names = {f"/{name}" for name in PUBLIC}
    assert names == {"/reflect", "/explain", "/stream", "/candidates", "/score", "/atlas"}
    assert set(app.view_api(return_format="dict")["named_endpoints"]) == names
    config = app.config["dependencies"]
    assert {item["api_visibility"] for item in config if item["api_name"] not in PUBLIC} == {"private"}


def test_a_stream_has_drafts_and_ends_as_reflect_does(served: tuple[str, Whole]) -> None:
    url, reflector = served
    app = client(url)
    *drafts, last = app.submit(TIRED, {"empathy": 1}, 0.5, api_name="/stream")
    assert [step["draft"] for step in drafts[:3]] == ["Part", "Part of", "Part of you"]
    assert last == app.predict(TIRED, {"empathy": 1}, 0.5, api_name="/reflect")
    assert last == app.predict(TIRED, {"empathy": 1}, 0.5, api_name="/stream")
    *_, best = app.submit(TIRED, best_of=3, api_name="/stream")
    assert best == app.predict(TIRED, best_of=3, api_name="/reflect") and len(best["candidates"]) == 3
    reflector.delay_s = 2.0  # a busy machine must not write all of it before the cancellation arrives
    job = app.submit(TIRED, api_name="/stream")
    assert "draft" in next(iter(job)) and job.cancel()
    for _ in range(600):
        if reflector.closed_early:
            break
        time.sleep(0.1)
    assert reflector.closed_early == 1


def test_candidates_are_those_of_the_best_of_several_with_checks() -> None:
    endpoints = Endpoints(ModelLoader.ready(Whole(samples=SAMPLES, faithfulness=0.4)))
    found = endpoints.candidates(TIRED, {"reflection": 3, "empathy": 1})
    assert list(found) == ["statement", "weights", "candidates", "model"]
    assert found["weights"] == {"reflection": 0.75, "empathy": 0.25}
    same = endpoints.reflect(TIRED, {"reflection": 3, "empathy": 1}, best_of=8)["candidates"]
    assert [{**one, "checks": None} for one in same] == [{**one, "checks": None} for one in found["candidates"]]
    asked = next(one for one in found["candidates"] if one["reflection"] == "Should you see a doctor?")
    assert "question" in [check["kind"] for check in asked["checks"]]
    assert json.loads(json.dumps(found)) == found
    with pytest.raises(gr.Error, match="Got None candidates"):
        endpoints.candidates(TIRED, best_of=None)


def test_a_persons_own_reflection_is_scored_word_by_word() -> None:
    found = Endpoints(ModelLoader.ready(Whole(faithfulness=0.4))).score(
        f" {TIRED} ", "You feel so alone. Have you slept?"
    )
    assert list(found) == [
        *("statement", "reflection", "scores", "faithfulness", "would_say"),
        *("feelings", "copied", "checks", "words", "note"),
    ]
    assert (found["statement"], found["reflection"]) == (TIRED, "You feel so alone. Have you slept?")
    assert (found["scores"], found["faithfulness"]) == ({"reflection": 0.8, "empathy": 0.7}, 0.4)
    assert found["feelings"] == ["alone"] and "question" in [check["kind"] for check in found["checks"]]
    first, second, third, *_, last = found["words"]
    assert (first["text"], first["push"]) == ("You", {"reflection": 1.0, "empathy": 0.0})
    assert second["push"] == {"reflection": 0.0, "empathy": -1.0} and last["kind"] == "end"
    assert third["instead"]["empathy"] == {"text": "low", "joined": False}
    assert found["note"] == strings.SCORED and "know little about what people write" in found["note"]
    assert json.loads(json.dumps(found)) == found


def test_the_atlas_is_whole_and_scored() -> None:
    reflector = MappedReflector(count=3)
    endpoints = Endpoints(ModelLoader.ready(reflector))
    found = endpoints.atlas(TIRED)
    *_, last = reflector.atlas(TIRED)
    assert list(found) == ["objectives", "coverage", "decode_steps", "regions"]
    assert found["regions"] == last["regions"] and len(found["regions"]) > 1
    assert all(set(region["scores"]) == set(reflector.names) for region in found["regions"])
    assert endpoints.atlas(TIRED, 0.5, ["empathy"])["objectives"] == ["empathy"]


def test_an_atlas_that_others_keep_waiting_is_refused_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    reflector = MappedReflector(count=3)
    reflector.scheduler.jobs = (1, 0)
    monkeypatch.setattr("emorl.ui.api.endpoints.MAX_ATLAS_S", 0.1)
    with pytest.raises(gr.Error, match="Got no time to finish the atlas in 0 s"):
        Endpoints(ModelLoader.ready(reflector)).atlas(TIRED)
    assert reflector.maps_closed == 1


def every_call(endpoints: Endpoints, statement: Any, **more: Any) -> dict[str, Callable[[], Any]]:
    """A call of each public function for one statement."""
    return {
        "reflect": lambda: endpoints.reflect(statement, **more),
        "explain": lambda: endpoints.explain(statement, **more),
        "stream": lambda: list(endpoints.stream(statement, **more)),
        "candidates": lambda: endpoints.candidates(statement, **more),
        "score": lambda: endpoints.score(statement, OWN),
        "atlas": lambda: endpoints.atlas(statement),
    }


@pytest.mark.parametrize("name", PUBLIC)
def test_every_function_has_the_same_gates(name: str) -> None:
    reflector = Whole()
    for statement, message in (
        ("I want to kill myself tonight.", "no reflection is written.*988"),
        ("Ich bin so müde von allem und niemand hört mir zu.", "seems not to be English"),
        (" ", "Got an empty statement"),
        ("x" * 601, "601 characters"),
        (["Hello"], "as statement: expected text"),
    ):
        with pytest.raises(gr.Error, match=message) as caught:
            every_call(Endpoints(ModelLoader.ready(reflector)), statement)[name]()
        assert "\n" not in str(caught.value)
    assert reflector.started == 0

    def missing() -> Any:
        raise AssetError("no manifest.json")

    with pytest.raises(gr.Error, match="could not be loaded: no manifest.json"):
        every_call(Endpoints(ModelLoader(missing)), TIRED)[name]()


def test_a_crisis_gets_contacts_and_no_reflection(served: tuple[str, Whole]) -> None:
    url, reflector = served
    for name in ("/reflect", "/stream"):
        with pytest.raises(AppError, match="no reflection is written.*988") as caught:
            client(url).predict("I want to kill myself tonight.", api_name=name)
        assert "\n" not in str(caught.value)
    assert reflector.started == 0


@pytest.mark.parametrize(
    ("reflection", "message"),
    [
        ("I want to kill myself tonight.", "The reflection speaks of a crisis, so it is not judged.*988"),
        ("You want to kill yourself tonight.", "The reflection speaks of a crisis, so it is not judged"),
        ("I want to kill myself tonight. " * 300, "The reflection speaks of a crisis"),
        ("Du bist so müde von allem und niemand hört dir zu.", "The reflection seems not to be English, so it is not"),
        (" ", "Got an empty reflection: expected what you would say"),
        ("x" * 601, "Got a reflection of 601 characters"),
        (7, "Got 7 as reflection: expected text"),
    ],
)
def test_a_persons_own_reflection_passes_the_same_gates(reflection: Any, message: str) -> None:
    reflector = Whole()
    with pytest.raises(gr.Error, match=message) as caught:
        Endpoints(ModelLoader.ready(reflector)).score(TIRED, reflection)
    assert "\n" not in str(caught.value) and reflector.started == 0


def test_contacts_come_before_any_other_fault() -> None:
    endpoints = Endpoints(ModelLoader.ready(Whole()))
    with pytest.raises(gr.Error, match="speaks of a crisis"):
        endpoints.score(" ", "You want to kill yourself tonight.")
    with pytest.raises(gr.Error, match="speaks of a crisis"):
        endpoints.score("I want to kill myself tonight.", " ")
    with pytest.raises(gr.Error, match="speaks of a crisis"):
        endpoints.candidates("I want to kill myself tonight.", best_of=99)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strength": "high"}, "Got 'high' for strength"),
        ({"strength": True}, "Got True for strength"),
        ({"objectives": "empathy"}, "Got 'empathy' as objectives: expected a list of names"),
        ({"objectives": [1]}, "Got [1] as objectives"),
        ({"objectives": ["joy"]}, "joy"),
        ({"objectives": []}, "Got "),
        ({"objectives": ["reflection", "empathy", "fluency", "warmth", "brevity"]}, "Got 5 objectives"),
    ],
)
def test_an_atlas_that_cannot_be_made_is_one_line(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(gr.Error, match=re.escape(message)) as caught:
        Endpoints(ModelLoader.ready(MappedReflector(count=5))).atlas(TIRED, **arguments)
    assert "\n" not in str(caught.value) and strings.ERRORS["unexpected"] not in str(caught.value)


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
    functions: tuple[Callable[..., Any], ...] = (
        endpoints.reflect,
        endpoints.candidates,
        lambda **given: list(endpoints.stream(**given)),
    )
    for function in functions:
        with pytest.raises(gr.Error, match=re.escape(message)) as caught:
            function(**arguments)
        assert "\n" not in str(caught.value)


def test_an_unexpected_error_does_not_show_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Any:
        raise RuntimeError("secret path")

    reflector = Whole()
    monkeypatch.setattr(reflector, "reflect", broken)
    with pytest.raises(gr.Error, match="Something went wrong") as caught:
        Endpoints(ModelLoader.ready(reflector)).explain("Hello")
    assert "secret" not in str(caught.value)
    for name in ("stream", "best_of", "appraise", "atlas"):
        monkeypatch.setattr(reflector, name, broken)
    for name, call in every_call(Endpoints(ModelLoader.ready(reflector)), "Hello").items():
        with pytest.raises(gr.Error, match="Something went wrong") as caught:
            call()
        assert "secret" not in str(caught.value), name


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
    assert {limits[name] for name in PUBLIC if name != "atlas"} == {limits["write"]} == {("model", 3)}
    assert limits["atlas"] == limits["grow_atlas"] == ("atlas", 2)


def http(url: str, body: object = None) -> tuple[int, str]:
    """Status and body of an answer in plain HTTP."""
    sent = None if body is None else json.dumps(body).encode()
    answer: Any
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, sent, {"Content-Type": "application/json"}))
    except urllib.error.HTTPError as refused:
        answer = refused
    with answer:
        return answer.status, answer.read().decode()


def test_plain_http_has_defaults_streams_and_says_what_is_wrong(served: tuple[str, Whole]) -> None:
    api = f"{served[0].rstrip('/')}/gradio_api"

    def called(name: str, **given: Any) -> str:
        status, answer = http(f"{api}/call/v2/{name}", given)
        assert status == 200, answer
        return http(f"{api}/call/{name}/{json.loads(answer)['event_id']}")[1]

    app = client(served[0])
    event, data = called("reflect", statement=TIRED).strip().splitlines()[-2:]  # heartbeats may come before
    assert event == "event: complete"
    assert json.loads(data.removeprefix("data: ")) == [app.predict(TIRED, api_name="/reflect")]
    streamed = called("stream", statement=TIRED)
    assert 'event: generating\ndata: [{"draft": "Part"}]\n' in streamed and "event: complete" in streamed
    assert "event: error" in (failed := called("score", statement=TIRED, reflection=" ")) and "an empty refl" in failed
    for path, body, status, message in (
        (
            "call/v2/reflect",
            {},
            400,
            "Got no statement for /reflect: expected at least statement; add what is missing.",
        ),
        ("call/v2/score", {"statement": TIRED}, 400, "Got no reflection for /score"),
        ("call/v2/reflect", {"statement": TIRED, "wieghts": 1}, 400, "Got wieghts for /reflect: expected some of st"),
        ("call/v2/reflect", [TIRED], 400, "Got arguments without names: expected a JSON object"),
        ("call/v2/nothing", {}, 404, "does not serve that"),
        ("call/v2/write", {}, 404, "does not serve that"),
        ("call/reflect", {"data": [TIRED]}, 400, "Got 1 values for /reflect: expected all 6 in order; send them by na"),
        ("run/score", {"data": [TIRED, OWN, 1]}, 400, "Got 3 values for /score"),
    ):
        found, answer = http(f"{api}/{path}", body)
        assert (found, "\n" in answer) == (status, False) and message in answer, path
    status, answer = http(f"{api}/run/score", {"data": [TIRED, OWN]})
    assert status == 200 and json.loads(answer)["data"][0]["reflection"] == OWN


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_example_in_plain_http_runs(served: tuple[str, Whole]) -> None:
    [example] = re.findall(r"```bash\n(.*?)```", PAGE, re.S)
    code = example.replace("http://127.0.0.1:7860", served[0].rstrip("/"))
    done = subprocess.run(["bash", "-euc", code], capture_output=True, text=True, check=True, timeout=300)
    assert "event: complete" in done.stdout and REPLY in done.stdout


def test_the_page_has_the_defaults_and_says_what_scores_are_worth() -> None:
    assert all(f"`/{name}`" in PAGE for name in PUBLIC)
    assert "know little about what people write: a good reflection may get low scores." in PAGE.replace("\n", " ")


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_examples_run(served: tuple[str, Whole], number: int) -> None:
    code = EXAMPLES[number].replace("http://127.0.0.1:7860", served[0])
    assert served[0] in code
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    wanted = (
        REPLY,
        f"done: {REPLY}",
        f"0.30 (greedy): {REPLY}",
        "most of it base",
        strings.SCORED,
        "of the weights",
        "no reflection is written",
    )[number]
    assert wanted in done.stdout
    assert strings.ERRORS["unexpected"] not in done.stdout


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 7
