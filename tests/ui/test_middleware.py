"""What is served, to whom, and how much may be sent: on the whole app, mounted without a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from gradio.routes import App
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from emorl.ratings import open_store
from emorl.ui import build_demo, launch_settings
from emorl.ui.answering import script_hash, scripts_in
from emorl.ui.middleware import MAX_BODY, MAX_DEPTH, PAGES, Middleware, is_foreign, plain_json
from tests.browser.conftest import free_port
from tests.ui.scripted import ScriptedReflector

HOST = "emorl.example"
FOREIGN = (
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Origin": "nonsense"},
    {"Origin": f"https://{HOST}:8443"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": f"http://{HOST}"},
    {"Origin": "https://elsewhere.example", "X-Forwarded-Host": "elsewhere.example"},
)
OWN: tuple[dict[str, str], ...] = (
    {},
    {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"},
    {"Origin": f"https://{HOST}"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://shown.example", "Sec-Fetch-Site": "same-origin", "X-Forwarded-Host": "shown.example"},
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    patch = pytest.MonkeyPatch()
    patch.setenv("EMORL_RESULTS_PASSWORD", "a long password")
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('ratings') / 'ratings.db'}")
    demo = build_demo(ScriptedReflector(), store)
    served, _, _ = demo.launch(
        server_name="127.0.0.1", server_port=free_port(), prevent_thread_lock=True, quiet=True, **launch_settings()
    )
    yield served
    demo.close()
    store.close()
    patch.undo()


@pytest.fixture(scope="module")
def client(app: App) -> TestClient:
    return TestClient(app, base_url=f"http://{HOST}", raise_server_exceptions=False)


def body(**more: object) -> dict[str, object]:
    return {"data": [], "session_hash": "s", **more}


@pytest.mark.parametrize("said", FOREIGN)
def test_another_site_is_foreign(said: dict[str, str]) -> None:
    assert is_foreign(Headers({"Host": HOST, **said}))


@pytest.mark.parametrize("said", OWN)
def test_the_page_itself_and_programs_are_not(said: dict[str, str]) -> None:
    assert not is_foreign(Headers({"Host": HOST, **said}))


def test_one_foreign_origin_among_several_is_enough() -> None:
    raw = [(b"host", HOST.encode()), (b"origin", f"http://{HOST}".encode()), (b"origin", b"http://other.example")]
    assert is_foreign(Headers(raw=raw))


def test_no_address_acts_for_another_site(app: App, client: TestClient) -> None:
    """A walk over everything that Gradio serves."""
    walked = 0
    for route in iter_route_contexts(app.routes):
        path = re.sub(r"{[^}]*}", "x", route.path or "")
        for method in route.methods or ():
            if method in ("GET", "HEAD") and PAGES.fullmatch(path):
                continue
            answer = client.request(method, path, headers=FOREIGN[0])
            assert answer.status_code in (403, 404), (method, path)
            walked += 1
    assert walked > 60


def test_no_private_function_acts_for_another_site(app: App, client: TestClient) -> None:
    config = client.get("/config").json()
    for item in config["dependencies"]:
        for said in (FOREIGN[0], FOREIGN[4]):  # the others are told alike, see above
            answer = client.post("/gradio_api/queue/join", json=body(fn_index=item["id"]), headers=said)
            assert answer.status_code == 403, item
            assert client.post(f"/gradio_api/run/{item['api_name']}", json=body(), headers=said).status_code == 403
    called = [(one["id"], name) for one in config["components"] for name in one["props"].get("server_fns") or ()]
    assert {"purge_old", "show_results", "leave", "make_study", "delete_study"} <= {name for _, name in called}
    for component, name in called:
        sent = body(component_id=component, fn_name=name, data={"session": "wrong"})
        for said in (FOREIGN[0], FOREIGN[4]):
            answer = client.post("/gradio_api/component_server", json=sent, headers=said)
            assert answer.status_code == 403 and "\n" not in answer.json()["detail"]


@pytest.mark.parametrize("widget", ["results", "study"])
def test_the_private_functions_behind_the_log_in_refuse_a_wrong_session_and_none(
    client: TestClient, widget: str
) -> None:
    config = client.get("/config").json()
    ((component, names),) = [
        (one["id"], one["props"]["server_fns"])
        for one in config["components"]
        if one["props"].get("elem_id") == f"widget-{widget}"
    ]
    assert len(names) >= 4
    for name in names:
        if name == "leave":
            continue
        for data in ({}, {"session": "wrong"}, {"session": {"admitted": True}, "confirm": "DELETE", "days": 0}):
            sent = body(component_id=component, fn_name=name, data=data)
            answer = client.post("/gradio_api/component_server", json=sent)
            assert answer.status_code == 200 and list(answer.json()) == ["error"], name


def test_the_page_may_act(client: TestClient) -> None:
    for said in OWN:
        assert client.get("/config", headers=said).status_code == 200
        assert client.get("/gradio_api/info", headers=said).status_code == 200
        answer = client.post("/gradio_api/queue/join", json=body(fn_index=10_000), headers=said)
        assert answer.status_code not in (403, 415)


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://example.org/x",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/proxy=https://example.org/x",
        "/gradio_api/upload_progress?upload_id=x",
        "/gradio_api/deep_link",
        "/gradio_api/runs",
        "/gradio_api/vibe-code",
        "/gradio_api/dev/reload",
        "/gradio_api/stream/s/r/1/playlist.m3u8",
        "/monitoring",
        "/monitoring/summary",
        "/pwa_icon",
        "/docs",
        "/redoc",
        "/openapi.json",
        "/config/x",
        "/gradio_api/%2e%2e/config",
    ],
)
def test_what_the_app_does_not_use_is_off(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("name", ["upload", "process_recording", "vibe-edit", "undo-vibe-edit", "stream/x", "login"])
def test_nothing_takes_files(client: TestClient, name: str) -> None:
    for path in (f"/gradio_api/{name}", f"/{name}"):
        assert client.post(path, files={"files": ("x.txt", b"x" * 10)}).status_code == 404
    for path in ("component_server", "queue/join", "run/reflect"):
        assert client.post(f"/gradio_api/{path}", files={"files": ("x.txt", b"x")}).status_code == 415


def test_long_bodies_are_refused_whether_their_length_is_said_or_not(client: TestClient) -> None:
    kind = {"Content-Type": "application/json"}
    text = json.dumps(body(fn_index=0, data=["x" * MAX_BODY])).encode()
    assert client.post("/gradio_api/queue/join", content=text, headers=kind).status_code == 413

    def parts() -> Iterator[bytes]:
        for _ in range(MAX_BODY // 1000 + 2):
            yield b" " * 1000

    assert client.post("/gradio_api/queue/join", content=parts(), headers=kind).status_code == 413
    for wrong in ("-1", "x", "9" * 30):
        answer = client.post("/gradio_api/reset", content=b"", headers={**kind, "Content-Length": wrong})
        assert answer.status_code == 413


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "",
        '{"data": [NaN]}',
        '{"data": [-Infinity]}',
        '{"data": [1e999]}',
        "\ud800",
        "[" * 50_000,
        "[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2),
        "1" * 5000,
    ],
)
def test_what_is_not_plain_json_is_one_line(client: TestClient, text: str) -> None:
    content = text.encode("utf-8", "surrogatepass")
    kind = {"Content-Type": "application/json"}
    answer = client.post("/gradio_api/queue/join", content=content, headers=kind)
    assert answer.status_code == (422 if not text else 400)
    assert text == "" or list(answer.json()) == ["detail"]


def a_function(client: TestClient, name: str) -> dict[str, Any]:
    """What the page says of one of its functions."""
    return next(one for one in client.get("/config").json()["dependencies"] if one["api_name"] == name)


@pytest.mark.parametrize(
    "change",
    [
        {"fn_index": 10_000},
        {"fn_index": -1},
        {"fn_index": True},
        {"fn_index": "generate"},
        {"fn_index": None},
        {"data": []},
        {"data": [1, 2, 3, 4]},
        {"batched": True},
    ],
)
def test_an_event_that_the_page_does_not_have_is_one_line(
    client: TestClient, change: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    whole = body(fn_index=a_function(client, "generate")["id"], data=["I am tired.", {}, {}])
    for path in ("queue/join", "run/none", "call/none"):
        answer = client.post(f"/gradio_api/{path}", json={**whole, **change})
        assert answer.status_code in (400, 404) and list(answer.json()) == ["detail"], path
        assert "\n" not in answer.json()["detail"]
    assert "Traceback" not in "".join(capfd.readouterr())
    assert client.post("/gradio_api/queue/join", json=whole).status_code == 200


def test_what_runs_in_the_browser_alone_is_not_asked_for(client: TestClient, capfd: pytest.CaptureFixture[str]) -> None:
    alone = [one for one in client.get("/config").json()["dependencies"] if not one["backend_fn"]]
    assert alone
    for one in alone:
        sent = body(fn_index=one["id"], data=[None] * len(one["inputs"]))
        for path in ("queue/join", f"run/{one['api_name']}", f"call/{one['api_name']}"):
            answer = client.post(f"/gradio_api/{path}", json=sent)
            assert (answer.status_code, list(answer.json())) == (404, ["detail"]) or one["cancels"], one
    assert "Traceback" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("sent", [{}, [], "x", 3, {"event_id": ["said \ud800"]}, {"event_id": {"said": 1}, "data": 1}])
def test_fields_that_cannot_be_read_are_one_line_without_what_was_sent(
    client: TestClient, sent: object, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("cancel", "reset", "queue/join", "component_server", "call/reflect", "run/reflect"):
        content = json.dumps(sent).encode()
        answer = client.post(f"/gradio_api/{path}", content=content, headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500 and list(answer.json()) == ["detail"], path
        assert isinstance(answer.json()["detail"], str) and "said" not in answer.text
    assert not caplog.records


def test_half_a_character_becomes_one_that_can_be_answered_and_kept(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    called = [
        (one["id"], name)
        for one in client.get("/config").json()["components"]
        for name in one["props"].get("server_fns") or ()
    ]
    said = "I \ud800am \udfff tired \ud83d\ude00 \u2019"
    for component, name in called:
        for data in (said, {said: said}, {"statement": said, "session": said}, [said]):
            sent = body(component_id=component, fn_name=name, data=data)
            content = json.dumps(sent).encode()
            kind = {"Content-Type": "application/json"}
            answer = client.post("/gradio_api/component_server", content=content, headers=kind)
            assert answer.status_code < 500, (name, data)
            if name == "masked" and data == said:
                assert answer.json() == "I \ufffdam \ufffd tired \U0001f600 \u2019"
    assert "masked" in {name for _, name in called}
    assert not caplog.records


@pytest.mark.parametrize(
    "kept", [b'{"data": ["\\ud83d\\ude00"], "n": 1e-39}', b'{"data": [" 10\xe2\x80\x99 "]}', b"", b"[]", b'"\\\\ud800"']
)
def test_whole_characters_and_numbers_are_passed_on_as_they_are(kept: bytes) -> None:
    assert json.loads(plain_json(kept) or b"0") == json.loads(kept or b"0")


@pytest.mark.parametrize("path", ["queue/data?session_hash=none", "call/reflect/none", "call/v2/reflect/none"])
def test_a_stream_of_nothing_ends_in_order(app: App, path: str) -> None:
    strict = TestClient(app, base_url=f"http://{HOST}")  # raises what the server would write into its log
    answer = strict.get(f"/gradio_api/{path}")
    assert answer.status_code == 200 and ("session_not_found" in answer.text or "event: error" in answer.text)


@pytest.mark.parametrize("name", ["queue/join", "run/stop", "api/stop", "call/stop"])
@pytest.mark.parametrize("data", [None, {}, "x", 3])
def test_values_that_are_no_list_are_refused(client: TestClient, name: str, data: object) -> None:
    sent = body(fn_index=a_function(client, "stop")["id"]) | {"data": data}
    assert client.post(f"/gradio_api/{name}", json=sent).status_code in (400, 422)


@pytest.mark.parametrize(
    "change",
    [
        {"component_id": 10_000},
        {"component_id": None},
        {"component_id": "5"},
        {"fn_name": "none"},
        {"fn_name": "get_config"},
        {"fn_name": "__init__"},
        {"fn_name": None},
        {"fn_name": ["submit_answer"]},
    ],
)
def test_a_widget_or_function_of_one_that_there_is_not_is_one_line(
    client: TestClient, change: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    (number,) = [
        one["id"] for one in client.get("/config").json()["components"] if one["props"].get("elem_id") == "widget-queue"
    ]
    whole = body(component_id=number, fn_name="submit_answer", data={})
    answer = client.post("/gradio_api/component_server", json={**whole, **change})
    assert answer.status_code == 404 and list(answer.json()) == ["detail"]
    assert client.post("/gradio_api/component_server", json=whole).json()["phase"] == "error"
    assert not caplog.records


def test_a_callers_mistake_is_not_said_to_be_the_apps(client: TestClient) -> None:
    answer = client.post("/gradio_api/run/reflect", json={"data": ["", None, 1.0, 0.0, 0, None]})
    assert answer.status_code == 400 and answer.json()["error"].startswith("Got ")
    answer = client.post("/gradio_api/run/reflect", json={"data": ["I am tired.", None, 1.0, 0.0, 0, None]})
    assert answer.status_code == 500 and "log has the details" in answer.json()["error"]  # a script has no `reflect`


@pytest.mark.parametrize("sent", [b'{"error": null}', b'{"error": 3}', b"[]", b"{", b""])
def test_other_faults_of_a_call_stay_faults(sent: bytes) -> None:
    async def broken(_scope: object, _receive: object, send: Any) -> None:
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": sent[:3], "more_body": True})
        await send({"type": "http.response.body", "body": sent[3:]})

    answer = TestClient(Middleware(broken)).post("/gradio_api/run/reflect", json={"data": [None] * 6})
    assert (answer.status_code, answer.content) == (500, sent)


def test_the_policy_names_the_scripts_of_the_page_and_no_other(client: TestClient) -> None:
    answer = client.get("/")
    rules = dict(rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; "))
    allowed = set(re.findall(r"'sha256-([^']+)'", rules["script-src"]))
    head = re.findall(r"<script>(.*?)</script>", launch_settings()["head"], re.S)
    assert len(head) == 2 and allowed >= {script_hash(one.encode()) for one in head}
    assert allowed >= set(scripts_in(answer.content)) and 3 < len(scripts_in(answer.content)) <= len(allowed) - 2
    assert "'unsafe-inline'" not in rules["script-src"] and "*" not in rules["script-src"]
    assert (rules["default-src"], rules["connect-src"], rules["object-src"]) == ("'self'", "'self'", "'none'")
    assert "sha256" not in client.get("/config").headers["Content-Security-Policy"]


def test_every_answer_has_the_headers(client: TestClient) -> None:
    for answer in (client.get("/"), client.get("/config"), client.get("/nothing"), client.get("/static/none")):
        found = answer.headers
        assert found["X-Content-Type-Options"] == "nosniff"
        assert found["X-Frame-Options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in found["Content-Security-Policy"]
        assert "object-src 'none'" in found["Content-Security-Policy"]
        assert found["Referrer-Policy"] == "same-origin"
    assert client.get("/").status_code == 200


def test_a_fault_inside_is_one_line_and_the_log_has_the_cause(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("in /home/ada/app.py")

    answer = TestClient(Middleware(broken)).get("/")
    assert answer.status_code == 500 and list(answer.json()) == ["detail"] and "ada" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "in /home/ada/app.py" in caplog.text


def test_on_a_space_the_hub_may_frame_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from emorl.ui import middleware

    async def page(_scope: object, _receive: object, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    monkeypatch.setattr(middleware, "get_space", lambda: "owner/name")
    found = TestClient(middleware.Middleware(page)).get("/").headers
    assert "https://huggingface.co" in found["Content-Security-Policy"] and "X-Frame-Options" not in found


def test_websockets_are_closed(client: TestClient) -> None:
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/gradio_api/queue/join") as socket:
        received: Any = socket.receive_text()
        assert not received
