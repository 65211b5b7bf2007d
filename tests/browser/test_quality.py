"""How the page behaves for everybody: names for screen readers, reduced motion, zoom, small screens, calm streaming.

`states` walks through the screens; the same states are looked at by each check, and each check is shown to fail where
it should. Axe's own rules are in the screens' tests.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from emorl.ui.map.payload import RatingPoint
from tests.browser.conftest import App
from tests.browser.steps import STATEMENT, agree, generate, open_app, open_tab, welcome
from tests.ui.mapped import MappedReflector
from tests.ui.scripted import ScriptedReflector

pytestmark = pytest.mark.browser

PASSWORD = "an invented password"
CONTROLS = {
    "button",
    "checkbox",
    "combobox",
    "link",
    "listbox",
    "menuitem",
    "meter",
    "progressbar",
    "radio",
    "searchbox",
    "slider",
    "spinbutton",
    "switch",
    "tab",
    "tabpanel",
    "textbox",
    "DisclosureTriangle",
    "image",
    "img",
    "group",
    "list",
    "radiogroup",
    "region",
    "alertdialog",
    "dialog",
    "form",
}
QUIET = {"list", "group", "tabpanel"}  # may be without a name: plain lists, details, Gradio's tab panels

# Elements under .emorl-widget or the About text that stick out of the page or whose own text is cut off.
CUT = """() => [...document.querySelectorAll(".emorl-widget *, #about *, #actions button")].filter((node) => {
  const { left, right, width, height } = node.getBoundingClientRect();
  if (!width || !height || !node.checkVisibility()) return false;
  if (node.closest(".sr, .scroll, svg, [aria-hidden=true]")) return false;
  const style = getComputedStyle(node);
  const hides = ["hidden", "clip"].includes(style.overflowX) && node.tagName !== "INPUT";
  return left < -1 || right > innerWidth + 1 || (hides && node.scrollWidth > node.clientWidth + 1);
}).map((node) => node.outerHTML.slice(0, 160))"""

# Our own buttons that show a sign in place of words, and no words under the pointer either.
UNTOLD = r"""() => [...document.querySelectorAll(".emorl-widget button")].filter((node) =>
  node.checkVisibility() && !/[\p{L}\p{N}]/u.test(node.textContent) && !node.title).map((node) => node.outerHTML)"""

# Elements (and what is drawn before and after them) that are animated or would be at the next change.
MOVING = """() => [...document.querySelectorAll("*")].flatMap((node) => ["", "::before", "::after"].filter((part) => {
  const style = getComputedStyle(node, part);
  const long = style.transitionDuration.split(",").some((time) => parseFloat(time) > 0);
  return style.animationName !== "none" || (style.transitionProperty !== "none" && long);
}).map((part) => node.outerHTML.slice(0, 100) + part)).concat(
  document.getAnimations().filter((animation) => animation.playState === "running")
    .map((animation) => "running: " + (animation.animationName || animation.transitionProperty)))"""

SHIFTS = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries().filter((entry) => !entry.hadRecentInput)) {
      const what = entry.sources.map((source) => (source.node?.outerHTML || source.node?.nodeName || "").slice(0, 100));
      window.shifts.push([entry.value, what]);
    }
  }).observe({ type: "layout-shift" });
}"""


def states(page: Page, app: Callable[..., App]) -> Iterator[str]:
    """Takes the page from state to state and yields what is on it."""
    reflector = MappedReflector()
    reflector.hold_at = 3
    running = app(reflector=reflector, overlay=lambda: [RatingPoint((1, 1, 1), 0.8, 12)])
    page.goto(running.url)
    expect(welcome(page)).to_be_visible()
    yield "welcome"
    agree(page)
    expect(page.locator("#widget-mixer input[type=range]").first).to_be_visible()
    yield "start"
    for summary in page.locator("summary:visible").all():
        summary.click()
    page.get_by_role("textbox", name="What the client said").fill("Mail jane.doe@example.org")
    expect(page.get_by_text("This may contain personal data")).to_be_visible()
    yield "personal data, all opened"
    generate(page)
    expect(page.locator("#widget-result .reach")).to_contain_text("Finding every reflection")
    yield "written, map growing"
    reflector.hold_map.set()
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
    page.get_by_role("button", name="Only reflection").click()
    expect(page.locator("#widget-result [data-mark=live]").first).to_be_visible()
    yield "live"
    page.get_by_label("Strength", exact=True).press("Home")
    expect(page.locator("#widget-result .mark[data-mark=stale]").first).to_be_visible()
    yield "stale"
    page.get_by_role("button", name="Bring back").click()
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_text("Show as a table, with").click()
    yield "own version, table"
    page.get_by_role("button", name="Keep my version").click()
    open_tab(page, "Map")
    page.locator(".map-row").nth(1).click()
    page.get_by_label("Show ratings on the map").check()
    expect(page.get_by_text("Circles are ratings")).to_be_visible()
    page.get_by_text("Ratings by weights").click()
    yield "map"
    open_tab(page, "Why")
    expect(page.locator("#why-strip")).to_be_visible()
    page.locator(".strip-word").nth(1).click()
    yield "why"
    open_tab(page, "Compare")
    page.get_by_role("textbox", name="What the client said").fill(STATEMENT)
    page.get_by_role("button", name="Write side by side").click()
    expect(page.locator("#widget-compare [role=meter]").first).to_be_visible()
    yield "compare"
    open_tab(page, "Rate")
    page.get_by_label("I have read this and agree").check()
    yield "rate, notice"
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#queue-form")).to_be_visible()
    yield "rate, item"
    page.get_by_role("button", name="Skip this item").click()
    yield "rate, skip"
    open_tab(page, "Results")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    yield "results"
    open_tab(page, "About")
    expect(page.get_by_role("heading", name="Privacy")).to_be_visible()
    yield "about"
    open_tab(page, "Reflect")
    page.get_by_role("textbox", name="What the client said").fill("I want to kill myself.")
    page.get_by_role("textbox", name="What the client said").press("Control+Enter")
    expect(page.get_by_text("No reflection was written")).to_be_visible()
    yield "crisis"


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMORL_RESULTS_PASSWORD", PASSWORD)


def unnamed(page: Page) -> list[str]:
    """Controls, pictures and groups of the accessibility tree that have no name."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()

    def bare(node: Any) -> bool:
        role = node["role"]["value"]
        named = str(node.get("name", {}).get("value", "")).strip()
        return not node["ignored"] and role in CONTROLS - QUIET and not named

    assert sum(not node["ignored"] and node["role"]["value"] in CONTROLS for node in nodes) > 5  # the tree is there
    return [f"{node['role']['value']} {node.get('properties', '')}"[:200] for node in nodes if bare(node)]


def test_every_control_has_a_name(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    found = [(state, unnamed(page) + page.evaluate(UNTOLD)) for state in states(page, app)]
    assert [(state, problems) for state, problems in found if problems] == []
    page.evaluate(
        "document.querySelector('#widget-result .card').append(Object.assign("
        "document.createElement('button'), {textContent: '+'}))"
    )
    assert len(page.evaluate(UNTOLD)) == 1
    page.evaluate("document.querySelector('#copy, .card').append(document.createElement('button'))")
    assert len(unnamed(page)) == 1


def test_nothing_moves_where_reduced_motion_is_asked_for(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page(reduced_motion="reduce")
    found = [(state, page.evaluate(MOVING)) for state in states(page, app)]
    assert [(state, problems) for state, problems in found if problems] == []
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(MOVING) != []


def test_reduced_motion_while_writing(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    running = app(hold_after=3)
    page = new_page(reduced_motion="reduce")
    open_app(page, running.url)
    page.get_by_role("textbox", name="What the client said").fill(STATEMENT)
    page.get_by_role("textbox", name="What the client said").press("Control+Enter")
    expect(page.locator("#reflection-text")).to_contain_text("Part of")
    assert page.evaluate(MOVING) == []
    page.emulate_media(reduced_motion="no-preference")
    assert any("running: blink" in line for line in page.evaluate(MOVING))
    running.reflector.go.set()


@pytest.mark.parametrize(
    ("width", "height", "scale"),
    [(640, 450, 2), (390, 844, 3), (320, 640, 1)],
    ids=["zoom 200 %", "phone", "zoom 400 %"],
)
def test_nothing_sticks_out_or_is_cut_off_at_any_width(
    new_page: Callable[..., Page], app: Callable[..., App], width: int, height: int, scale: int
) -> None:
    page = new_page(viewport={"width": width, "height": height}, device_scale_factor=scale)
    found = []
    for state in states(page, app):
        wide = page.evaluate("document.documentElement.scrollWidth")
        found += [(state, f"{wide} px wide")] if wide > width else []
        found += [(state, node) for node in page.evaluate(CUT)]
    assert found == []
    page.add_style_tag(content="#reflection-heading { min-width: 900px; }")
    assert page.evaluate(CUT) != []


class Talkative(MappedReflector):
    """Writes some three lines, slowly; its map grows slowly as well."""

    def __init__(self) -> None:
        super().__init__(delay_s=0.06, step_s=0.1, length=40)

    def atlas(self, statement: str, *given: Any, **options: Any) -> Generator[Any]:
        return super().atlas(statement, *given, **{**options, "max_steps": 60})


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_while_it_streams(new_page: Callable[..., Page], app: Callable[..., App], width: int) -> None:
    page = new_page(viewport={"width": width, "height": 844})
    open_app(page, app(reflector=Talkative()).url)
    page.evaluate(SHIFTS)
    for turn in range(2):  # the second time with what the first has left on the page
        generate(page, f"{STATEMENT} {turn}")
        expect(page.locator("#widget-result .reach")).to_contain_text("Finding every reflection")
        expect(page.locator("#widget-result .reach")).not_to_contain_text("Finding every reflection")
    assert len(page.locator("#reflection-text").inner_text()) > 150
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) <= 0.01, sorted(shifts, reverse=True)[:5]
    page.evaluate("scrollTo(0, 0)")  # further down, the browser keeps in place what is seen
    page.wait_for_timeout(600)  # what follows is no answer to an input
    page.evaluate(
        "document.querySelector('.gradio-container').prepend(Object.assign("
        "document.createElement('div'), {style: 'height: 200px'}))"
    )
    page.wait_for_function("window.shifts.some(([value]) => value > 0.01)")


def test_a_scripted_reply_does_not_move_the_page_either(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app(reflector=ScriptedReflector(delay_s=0.08)).url)
    page.evaluate(SHIFTS)
    generate(page)
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) <= 0.01, sorted(shifts, reverse=True)[:5]
