"""Steps that several browser tests take."""

from __future__ import annotations

from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

STATEMENT = "Some nights I lie awake counting everything I did not get done."


def welcome(page: Page) -> Locator:
    """The welcome notice."""
    return page.get_by_role("dialog", name="Welcome")


def agree(page: Page) -> None:
    """Agree to the welcome notice."""
    welcome(page).get_by_label("I have read this").check()
    welcome(page).get_by_role("button", name="Start").click()
    expect(welcome(page)).to_be_hidden()


def open_app(page: Page, url: str, loaded: bool = True) -> None:
    """Open the app, agree to the welcome notice, and wait until the sliders are there (unless `loaded` is false)."""
    page.goto(url)
    agree(page)
    if loaded:
        expect(page.locator("#widget-mixer input[type=range]").first).to_be_visible(timeout=120_000)


def open_tab(page: Page, name: str) -> None:
    """Open a screen by its tab; tabs that do not fit are in a menu."""
    tab, more = page.get_by_role("tab", name=name, exact=True), page.locator("#tabs .overflow-menu > button")
    expect(tab.or_(more).locator("visible=true").first).to_be_visible()  # a page that was just loaded has neither yet
    if tab.count() and tab.is_visible():
        tab.click()
        return
    more.click()
    page.locator("#tabs .overflow-dropdown").get_by_text(name, exact=True).click()


def generate(page: Page, statement: str = STATEMENT) -> None:
    """Type a statement, press Ctrl+Enter, wait until the rating form opens."""
    box = page.get_by_role("textbox", name="What the client said")  # of the screen that is open
    box.fill(statement)
    box.press("Control+Enter")
    expect(page.get_by_role("button", name="Save rating")).to_be_visible(timeout=120_000)


def rate(page: Page, comment: str = "") -> None:
    """Fill in the rating form with the keyboard alone and send it."""
    for field, presses in (("depth", 2), ("empathy", 1), ("fluency", 2), ("would_say", 1)):
        page.locator(f"input[name=rating-{field}]").first.focus()
        page.keyboard.press("Space")
        for _ in range(presses):
            page.keyboard.press("ArrowRight")
    page.get_by_label("Comment (optional)").fill(comment)
    page.get_by_role("button", name="Save rating").press("Enter")
    expect(page.get_by_text("Thank you, your rating is saved.")).to_be_visible()


SETTLE = """async () => {
  const passing = document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity);
  const done = Promise.allSettled(passing.map((one) => one.finished));
  await Promise.race([done, new Promise((resume) => setTimeout(resume, 2000))]);
}"""


def faults(page: Page) -> list[str]:
    """What axe finds once colours have stopped changing; the one exception is Gradio's own Settings button."""
    page.evaluate(SETTLE)
    options = {"rules": {"image-redundant-alt": {"enabled": False}}, "resultTypes": ["violations"]}
    result = Axe().run(page, options=options)
    return [
        f"{problem['id']}: {node['html'][:150]} {node['failureSummary'][:250]}"
        for problem in result.response["violations"]
        for node in problem["nodes"]
    ]


def faults_in_both_schemes(page: Page) -> list[str]:
    """What axe finds in the dark and in the light scheme, between which the page changes as a system does at dusk."""
    found = []
    schemes: tuple[Literal["dark", "light"], ...] = ("dark", "light")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function("dark => document.body.classList.contains('dark') === dark", arg=scheme == "dark")
        found += [f"{scheme}: {fault}" for fault in faults(page)]
    return found
