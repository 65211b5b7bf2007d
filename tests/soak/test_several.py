"""Two processes of the app on one database behind a balancer: what any of them answers, and what needs the same one."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from emorl.ratings import load_items
from tests.ratings.conftest import call
from tests.soak.balancer import Balancer, balanced
from tests.soak.crowd import HELD, RUBRIC, STATEMENT
from tests.soak.serving import ROOT, Served, served
from tests.ui.visiting import Visitor

PASSWORD = "a password of the test"
RATER, GUEST = "a" * 32, "b" * 32
ITEMS = 8


class Anybody(Visitor):
    """A visitor who keeps no cookies, so that the next process answers each request."""

    def __init__(self, url: str, address: str, config: Any = None) -> None:
        super().__init__(url, address, config)
        self.web.close()
        self.web = httpx.Client(
            base_url=url,
            headers={"X-Forwarded-For": address},
            timeout=300,
            event_hooks={"request": [lambda request: request.headers.pop("Cookie", None)]},
        )


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('one') / 'ratings.db'}"


@pytest.fixture(scope="module")
def apps(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Served]]:
    """Two processes that were started at the same moment, on a database that was not there."""
    items = tmp_path_factory.mktemp("items") / "items.jsonl"
    items.write_text("".join(json.dumps(one.as_dict()) + "\n" for one in load_items()[:ITEMS]), encoding="utf-8")
    shared = {
        "DATABASE_URL": url,
        "EMORL_RATING_ITEMS": str(items),
        "EMORL_RESULTS_PASSWORD": PASSWORD,
        "EMORL_SESSION_SECRET": "s" * 32,
    }
    folders = [tmp_path_factory.mktemp("process") for _ in range(2)]
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        yield list(pool.map(lambda folder: stack.enter_context(served(folder, "scripted", ROOT, **shared)), folders))


@pytest.fixture(scope="module")
def balancer(apps: list[Served]) -> Iterator[Balancer]:
    for app in apps:
        app.wait_for_models()
    with balanced([app.url for app in apps]) as found:
        yield found


@pytest.fixture
def sticky(balancer: Balancer) -> Visitor:
    return Visitor(balancer.url, "203.0.113.1")


@pytest.fixture
def anybody(balancer: Balancer) -> Anybody:
    return Anybody(balancer.url, "203.0.113.2")


def test_a_rater_goes_on_whichever_process_answers_and_is_gone_from_both(
    apps: list[Served], balancer: Balancer, sticky: Visitor, anybody: Anybody, url: str
) -> None:
    """And the two pages are one: what a page of one asks, the other understands."""
    pages = [httpx.get(f"{app.url}config", trust_env=False).json() for app in apps]
    assert pages[0].pop("app_id") != pages[1].pop("app_id")
    for page in pages:
        page.pop("root", None)
    assert pages[0]["dependencies"] == pages[1]["dependencies"]
    assert [one["id"] for one in pages[0]["components"]] == [one["id"] for one in pages[1]["components"]]

    assert '"phase":"item"' in sticky.event("start", [RATER])
    before, seen = dict(balancer.answered), []
    for number in itertools.count():
        shown = anybody.asked("queue", "next_item", {"rater": RATER})
        if shown["phase"] != "item":
            break
        answers = {"choice": "left"} if len(shown["texts"]) == 2 else RUBRIC
        form = {**{name: shown[name] for name in ("rater", "assignment", "token")}, "answers": answers}
        stored = anybody.asked("queue", "submit_answer", form)
        assert (stored["phase"], stored["done"]) == ("submitted", number + 1)
        assert anybody.asked("queue", "submit_answer", form) == stored  # the same form, at the other process
        seen.append(shown["assignment"])
    assert shown["phase"] == "done" and shown["total"] == len(seen) == len(set(seen)) == ITEMS + 1
    assert all(balancer.answered[place] - before[place] > ITEMS for place in (0, 1))

    assert call("forget", RATER, "--db", url).exit_code == 0
    for app in apps:
        assert Visitor(app.url, "203.0.113.3", sticky.config).asked("queue", "next_item", {"rater": RATER}) == {
            "phase": "consent"
        }


def test_who_is_in_at_one_process_is_in_at_the_other_and_deletes_there(apps: list[Served], sticky: Visitor) -> None:
    one, other = (Visitor(app.url, "203.0.113.4", sticky.config) for app in apps)
    assert "saved" in rate(one, written(one))
    session = one.asked("results", "enter", PASSWORD)
    assert other.asked("results", "show_results", session)["results"]["counts"]["ratings"] == 1
    gone = other.asked("results", "purge_old", {**session, "days": 0, "confirm": "DELETE"})
    assert gone == {"purged": 1}
    assert one.asked("results", "show_results", session)["results"]["counts"]["ratings"] == 0
    assert one.asked("results", "leave", session) == {}
    assert "valid session" in one.asked("results", "show_results", session)["error"]
    assert "error" not in other.asked("results", "show_results", session)  # it was not told


def written(visitor: Visitor) -> str:
    """The id of a reflection that a process has written."""
    return HELD.findall(visitor.event("generate", [STATEMENT, {}, {}]))[-1]


def rate(visitor: Visitor, reflection: str) -> str:
    """What a visitor gets who rates it."""
    form = {"id": reflection, "opening": "1", "comment": "", "consent": False, **RUBRIC}
    return visitor.event("rate", [GUEST], form)


def test_writing_needs_the_same_process_and_says_so_in_one_line(
    apps: list[Served], sticky: Visitor, anybody: Anybody
) -> None:
    assert "saved" in rate(sticky, written(sticky))
    assert "event: complete" in sticky.called("stream", STATEMENT)
    session, _ = anybody.join("generate", [STATEMENT, {}, {}])
    assert "session_not_found" in "\n".join(anybody.heard(session))  # the other process does not know it
    one, other = (Visitor(app.url, "203.0.113.5", sticky.config) for app in apps)
    refused = rate(other, written(one))
    assert "no longer has" in refused and "saved" not in refused
    assert all("Traceback" not in app.tail() for app in apps)


def test_where_one_process_ends_the_other_has_everything(apps: list[Served], sticky: Visitor) -> None:
    one, other = (Visitor(app.url, "203.0.113.6", sticky.config) for app in apps)
    assert '"phase":"item"' in one.event("start", [RATER])
    shown = one.asked("queue", "next_item", {"rater": RATER})
    apps[0].kill()
    assert other.asked("queue", "next_item", {"rater": RATER}) == shown
    assert apps[1].stop() == 0
