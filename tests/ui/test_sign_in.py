"""Results for people who sign in on a Space: every call is checked where nobody can reach, on the server."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio.helpers import special_args

from emorl.errors import RatingError
from emorl.ratings import open_store
from emorl.ui import build_demo, strings
from emorl.ui.admin import sign_in
from emorl.ui.admin import strings as admin_strings
from emorl.ui.admin.sign_in import AdminGate, Admitted, guarded, sign_in_offered
from emorl.ui.api.endpoints import PUBLIC
from emorl.ui.results import strings as results_strings
from emorl.ui.results.screen import ResultsScreen
from emorl.ui.study.screen import StudyScreen
from tests.browser.conftest import free_port
from tests.ui.scripted import ScriptedReflector

SPACE = {"SYSTEM": "spaces", "SPACE_ID": "someone/reflections"}
OAUTH = {name: "x" for name in sign_in.VARIABLES}


class Visitor:
    """In the place of the session cookie: who calls is set by the test, on the server's side of the wire."""

    session: dict[str, Any] = {}

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope["session"] = dict(self.session)
        await self.app(scope, receive, send)


@pytest.fixture
def on_a_space(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A Space with sign-in for Ada and Grace; the library it needs is taken to be there."""
    for name, value in {**SPACE, **OAUTH, "EMORL_ADMINS": "Ada, grace"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("EMORL_RESULTS_PASSWORD", raising=False)
    monkeypatch.setattr(sign_in, "installed", lambda package: package in sign_in.PACKAGES)
    monkeypatch.setattr("gradio.routes.attach_oauth", lambda app: app.add_middleware(Visitor))
    return monkeypatch


def session(name: str, ends_in_s: float = 3600.0) -> dict[str, Any]:
    user = {"name": name, "preferred_username": name, "profile": "", "picture": ""}
    return {"oauth_info": {"userinfo": user, "access_token": "t", "scope": "", "expires_at": time.time() + ends_in_s}}


def call(kept: dict[str, Any], form: Any = None) -> Any:
    """As Gradio calls a server function: the profile comes from the session of the request, not from the page."""

    def asked(data: Any) -> dict[str, Any]:
        return {"got": sorted(data), "admitted": isinstance(data["session"], Admitted)}

    function = guarded(asked)
    arguments, *_ = special_args(function, [form], SimpleNamespace(scope={"session": kept}))
    return function(*arguments)


def test_who_is_signed_in_and_listed_gets_in(on_a_space: pytest.MonkeyPatch) -> None:
    assert call(session("ada"), {"days": 1}) == {"got": ["days", "session"], "admitted": True}
    assert call(session("Grace"), "no form") == {"got": ["session"], "admitted": True}


def test_nobody_else_does(on_a_space: pytest.MonkeyPatch) -> None:
    assert call({}) == {"error": admin_strings.SIGN_IN_ERRORS["signed_out"]}
    assert call(session("ada", -1.0)) == {"error": admin_strings.SIGN_IN_ERRORS["signed_out"]}  # over
    assert "account eve" in call(session("eve"))["error"]
    assert "account ada2" in call(session("ada2"))["error"]
    on_a_space.setenv("EMORL_ADMINS", "grace")  # taken off the list while signed in
    assert "account ada" in call(session("ada"))["error"]
    on_a_space.setenv("EMORL_ADMINS", "")
    assert "error" in call(session("grace"))


@pytest.mark.parametrize("token", [None, "", "Admitted", {}, {"session": True}, True, ["ada"]])
def test_nothing_a_page_can_send_opens_the_gate(token: Any) -> None:
    gate = AdminGate()
    with pytest.raises(RatingError, match="please sign in"):
        gate.check(token)
    with pytest.raises(RatingError, match="please sign in"):
        gate.enter(token)
    gate.leave(token)
    gate.check(Admitted())


def tabs(demo: gr.Blocks) -> list[str]:
    return [str(block.label) for block in demo.blocks.values() if isinstance(block, gr.Tab)]


def test_it_is_offered_only_where_all_of_it_is_set(on_a_space: pytest.MonkeyPatch) -> None:
    assert sign_in_offered()
    demo = build_demo(ScriptedReflector(), lambda: pytest.fail("no ratings here"))
    assert strings.TABS["results"] in tabs(demo) and demo.expects_oauth
    public = {function.api_name for function in demo.fns.values() if function.api_visibility != "private"}
    assert public == {*PUBLIC}  # not the sign-in button's own
    on_a_space.delenv("EMORL_ADMINS")
    assert not sign_in_offered()
    demo = build_demo(ScriptedReflector(), lambda: pytest.fail("no ratings here"))
    assert strings.TABS["results"] not in tabs(demo) and not demo.expects_oauth
    on_a_space.setenv("EMORL_ADMINS", "ada")
    on_a_space.delenv("SYSTEM")  # on an own machine Gradio would only imitate a sign-in
    assert not sign_in_offered()


def test_half_a_setup_is_one_line(on_a_space: pytest.MonkeyPatch) -> None:
    on_a_space.delenv("OAUTH_CLIENT_SECRET")  # without it anybody could sign a cookie
    with pytest.raises(RatingError, match="no OAUTH_CLIENT_SECRET: expected hf_oauth: true"):
        sign_in_offered()
    on_a_space.setenv("OAUTH_CLIENT_SECRET", "x")
    on_a_space.setattr(sign_in, "installed", lambda package: package == "authlib")
    with pytest.raises(RatingError, match="expected gradio.oauth."):
        sign_in_offered()


def test_the_password_wins(on_a_space: pytest.MonkeyPatch) -> None:
    on_a_space.setenv("EMORL_RESULTS_PASSWORD", "a long password")
    demo = build_demo(ScriptedReflector(), lambda: pytest.fail("no ratings here"))
    assert strings.TABS["results"] in tabs(demo) and not demo.expects_oauth


@pytest.fixture
def served(on_a_space: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[str, Any]]:
    """The app on a Space, with `Visitor` for the part that needs the hub; yields address and configuration."""
    store = open_store(f"sqlite:///{tmp_path / 'ratings.db'}")
    demo = build_demo(ScriptedReflector(), store)
    _, url, _ = demo.launch(
        server_name="127.0.0.1",
        server_port=free_port(),
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        ssr_mode=False,
        run_history=False,
    )
    try:
        yield url, demo.get_config_file()
    finally:
        demo.close()
        Visitor.session = {}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # Gradio's reloader for Spaces
def test_every_function_is_checked_at_each_call(served: tuple[str, dict[str, Any]]) -> None:
    url, config = served
    ids = {item["props"].get("elem_id"): item["id"] for item in config["components"]}

    def ask(name: str, data: Any, widget: str = "results") -> Any:
        body = {"data": data, "component_id": ids[f"widget-{widget}"], "fn_name": name, "session_hash": "s"}
        request = urllib.request.Request(
            url + "gradio_api/component_server", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return json.load(answer)

    forged = {"session": {"admitted": True}, "profile": {"username": "ada"}, "days": 0, "confirm": "DELETE"}
    for visitor in ({}, session("eve"), session("ada", -1.0)):
        Visitor.session = visitor
        for widget, screen in (("results", ResultsScreen), ("study", StudyScreen)):
            for name in screen.FUNCTIONS:
                assert list(ask(name, forged, widget)) == ["error"], name
    Visitor.session = session("ada")
    assert ask("show_results", {})["results"]["counts"]["ratings"] == 0
    assert ask("export_data", {"what": "ratings", "kind": "json"})["text"] == "[]"
    assert ask("purge_old", {"days": 0}) == {"error": results_strings.ERRORS["purge"].format(got="''")}
    assert ask("purge_old", {"days": 0, "confirm": "DELETE"}) == {"purged": 0}
    assert ask("list_studies", {}, "study")["studies"] == []
    Visitor.session = {}
    assert list(ask("show_results", {})) == ["error"]
