"""The Rate screen in Chromium: notice, number keys, undo, skip, drafts, blindness, the end, two raters, axe."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from emorl.ratings import Answer, Item, RatingQueue, RatingStore, Side
from emorl.ratings.storage.row_counts import count_rows
from tests.browser.conftest import App
from tests.browser.steps import faults, faults_in_both_schemes, open_app, open_tab

pytestmark = pytest.mark.browser

SINGLE = Item("I never get around to calling them.", Side("Calling them keeps slipping away.", "SECRET-single"))
PAIR = Item(
    "The garden is all that goes well.",
    Side("The garden holds you up.", "SECRET-one", {"empathy": 1.0}),
    Side("You like gardens.", "SECRET-two", {"empathy": 0.0}),
    gold={"choice": "first"},
)
# Everything that reaches the page by fetch or as an event stream is also written down here.
LISTEN = """
window.heard = [];
const get = window.fetch;
window.fetch = async (...given) => {
  const answer = await get(...given);
  const copy = answer.clone();
  (async () => {
    const decoder = new TextDecoder();
    try { for await (const part of copy.body) window.heard.push(decoder.decode(part, { stream: true })); } catch (e) {}
  })();
  return answer;
};
const Source = window.EventSource;
window.EventSource = class extends Source {
  constructor(...given) { super(...given); this.addEventListener("message", (event) => window.heard.push(event.data)); }
};
"""


@pytest.fixture
def serve_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: Callable[..., App]) -> Callable[..., App]:
    """Starts an app whose shared items are the given ones."""

    def start(*items: Item) -> App:
        file = tmp_path / "items.jsonl"
        file.write_text("".join(json.dumps(item.as_dict()) + "\n" for item in items), encoding="utf-8")
        monkeypatch.setenv("EMORL_RATING_ITEMS", str(file))
        return app()

    return start


def open_rate(page: Page, url: str) -> None:
    open_app(page, url)
    open_tab(page, "Rate")
    expect(page.locator("#queue-heading")).to_be_visible()


def begin(page: Page, url: str) -> None:
    """Agree to the notice with the keyboard."""
    open_rate(page, url)
    page.get_by_label("I have read this and agree").press("Space")
    page.get_by_role("button", name="Start", exact=True).press("Enter")
    expect(page.locator("#queue-form")).to_be_visible()


def answer(page: Page) -> None:
    """Answer whatever is shown with the keyboard, from wherever the focus is; the next item comes by itself."""
    expect(page.locator("#queue-form")).to_be_visible()
    before = page.locator(".queue-progress .fine").inner_text()
    page.locator("#queue-heading").focus()
    for key in "1" if page.locator("#queue-choice").count() else "2231":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator(".queue-progress .fine")).not_to_have_text(before)
    expect(page.locator(".thanks-line")).to_have_text("Your answer is saved.")


def judged(store: RatingStore) -> Any:
    return RatingQueue(store, ()).judgements()


def test_the_notice_comes_first_and_once(new_page: Callable[..., Page], serve_items: Callable[..., App]) -> None:
    running = serve_items(SINGLE)
    page = new_page()
    open_rate(page, running.url)
    expect(page.get_by_role("heading", name="Before you begin")).to_be_visible()
    assert SINGLE.statement not in page.content()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="Please tick the box first.")).to_be_visible()
    expect(page.get_by_label("I have read this and agree")).to_be_focused()
    assert count_rows(running.store).raters == 0
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text(SINGLE.statement)).to_be_visible()
    assert count_rows(running.store).agreed == 1
    page.reload()
    expect(page.locator("#widget-mixer input[type=range]").first).to_be_visible()
    open_tab(page, "Rate")
    expect(page.get_by_text(SINGLE.statement)).to_be_visible()
    assert count_rows(running.store).raters == 1


def test_a_single_reflection_by_number_keys_alone(
    new_page: Callable[..., Page], serve_items: Callable[..., App]
) -> None:
    running = serve_items(SINGLE)
    page = new_page()
    begin(page, running.url)
    assert page.locator("#queue-form fieldset input[type=radio]").count() == 16
    page.locator("#queue-heading").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Please answer: reflection depth")).to_be_visible()
    page.locator("#queue-heading").focus()
    for field, key in (("depth", "3"), ("empathy", "1"), ("fluency", "2"), ("would_say", "2")):
        expect(page.locator(f"#queue-{field}")).to_have_class("current")
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Submit", exact=True)).to_be_focused()
    page.locator("input[name=queue-depth]").first.focus()  # a change of mind, on the question with the focus
    page.keyboard.press("2")
    page.keyboard.press("9")  # no such answer
    page.get_by_label("Comment (optional)").last.focus()
    page.keyboard.type("123")  # keys rest while one types
    page.get_by_role("button", name="Submit", exact=True).press("Enter")
    expect(page.get_by_text("Your answer is saved.").first).to_be_visible()
    (stored,) = judged(running.store)
    given = stored.answer
    assert (given.depth, given.empathy, given.fluency, given.would_say) == ("simple", 0, 1, "edits")
    assert (given.comment, stored.item, stored.blind) == ("123", SINGLE, True)
    assert stored.submitted_at >= stored.shown_at


def test_a_blind_pair_by_number_keys_and_what_wrote_it_afterwards(
    new_page: Callable[..., Page], serve_items: Callable[..., App]
) -> None:
    running = serve_items(PAIR)
    page = new_page()
    begin(page, running.url)
    left = page.locator("section[aria-labelledby=queue-left] .words").inner_text()
    page.locator("#queue-heading").focus()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="All done, thank you")).to_be_focused()  # one key sent it and went on
    (stored,) = judged(running.store)
    side = {"first": PAIR.first, "second": PAIR.second}[stored.answer.choice]
    assert side is not None and side.text == left
    page.get_by_role("button", name="Show what wrote it").press("Enter")
    expect(page.get_by_text(f"Left: {side.setting}")).to_be_visible()
    expect(page.get_by_text("the new answer is counted separately, because it is no longer blind")).to_be_visible()
    page.get_by_role("button", name="Undo last answer").press("Enter")
    expect(page.locator("#queue-form")).to_be_visible()
    assert page.locator("input[name=queue-choice]:checked").get_attribute("value") == "left"
    page.locator("#queue-heading").focus()
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your answer is saved.").first).to_be_visible()
    (now,) = judged(running.store)
    assert (now.answer.choice, now.blind, now.revision) == ("both_bad", False, 2)


def test_nothing_tells_the_setting_before_the_answer(
    new_page: Callable[..., Page], serve_items: Callable[..., App]
) -> None:
    page = new_page()
    page.add_init_script(LISTEN)
    begin(page, serve_items(PAIR, SINGLE).url)

    def everything() -> str:
        return page.content() + "".join(page.evaluate("window.heard"))

    for _ in range(2):
        page.locator("#queue-form textarea").fill("a remark")
        expect(page.get_by_text("Draft saved")).to_be_visible()
        words = page.locator(".words").last.inner_text()
        answer(page)
        told = everything()
        assert "a remark" not in told and words in told  # it does hear answers
        assert "SECRET" not in told
        for name in ("gold", "repeat", "repeated", "flipped", "setting"):
            assert f'"{name}"' not in "".join(page.evaluate("window.heard")), name
    page.get_by_role("button", name="Undo last answer").click()
    expect(page.locator("#queue-form")).to_be_visible()
    answer(page)
    page.get_by_role("button", name="Show what wrote it").click()
    expect(page.get_by_text("SECRET").first).to_be_visible()
    assert "SECRET" in everything()  # and would have heard it


def test_every_scale_runs_from_the_worst_to_the_best_answer(
    new_page: Callable[..., Page], serve_items: Callable[..., App]
) -> None:
    running = serve_items(SINGLE)
    page = new_page()
    begin(page, running.url)
    page.locator("#queue-comment").focus()  # wherever the focus is, but while one types
    page.keyboard.press("Tab")
    for _ in range(4):
        page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your answer is saved.").first).to_be_visible()
    (stored,) = judged(running.store)
    given = stored.answer
    assert (given.depth, given.empathy, given.fluency, given.would_say) == ("complex", 2, 2, "yes")


def test_not_sure_is_an_answer_by_mouse_and_by_key_and_comes_back_after_undo(
    new_page: Callable[..., Page], serve_items: Callable[..., App]
) -> None:
    running = serve_items(SINGLE)
    page = new_page()
    begin(page, running.url)
    page.locator("#queue-heading").focus()
    for key in "2403":  # of three answers 4 is none, and 0 is "not sure"
        page.keyboard.press(key)
    page.get_by_role("group", name="Would you say this?").get_by_label("Not sure").check()
    page.locator("#queue-heading").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your answer is saved.").first).to_be_visible()
    (stored,) = judged(running.store)
    assert stored.answer == Answer(None, "simple", None, 2, None, unsure=("empathy", "would_say"))
    page.get_by_role("button", name="Undo last answer").click()
    expect(page.locator("#queue-form")).to_be_visible()
    for field, value in (("depth", "simple"), ("empathy", "unsure"), ("fluency", "2"), ("would_say", "unsure")):
        expect(page.locator(f"input[name=queue-{field}]:checked")).to_have_attribute("value", value)


def test_words_are_marked_by_mouse_and_keyboard_and_kept_as_places(
    new_page: Callable[..., Page], serve_items: Callable[..., App]
) -> None:
    item = Item("I am tired.", Side("🙂 You are  naïve\nand tired.", "SECRET-single"))
    running = serve_items(item)
    page = new_page()
    begin(page, running.url)
    page.get_by_role("button", name="Mark words").press("Enter")
    words = page.get_by_role("group", name="Words of the text. Press those that are wrong.")
    expect(words.get_by_role("button", name="🙂")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Space")
    expect(words.get_by_role("button", name="tired.")).to_have_attribute("aria-pressed", "true")
    words.get_by_role("button", name="naïve").click()
    words.get_by_role("button", name="You").click()
    words.get_by_role("button", name="You").click()  # a change of mind
    assert faults(page) == []
    expect(page.get_by_text("Draft saved")).to_be_visible()
    page.get_by_role("button", name="Finish marking").click()
    assert page.locator("mark").all_inner_texts() == ["naïve", "tired."]
    answer(page)
    (stored,) = judged(running.store)
    assert stored.answer.marks == ("first:11-16", "first:21-27")
    assert [item.first.text[11:16], item.first.text[21:27]] == ["naïve", "tired."]
    page.get_by_role("button", name="Undo last answer").click()
    expect(page.locator("#queue-form")).to_be_visible()
    assert page.locator("mark").all_inner_texts() == ["naïve", "tired."]


def test_keys_work_with_the_focus_on_nothing_and_on_a_flag(
    new_page: Callable[..., Page], serve_items: Callable[..., App]
) -> None:
    running = serve_items(SINGLE)
    page = new_page()
    begin(page, running.url)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("2")
    expect(page.locator("input[name=queue-depth]:checked")).to_have_attribute("value", "simple")
    page.get_by_label("Only repeats the client").focus()
    page.keyboard.press("1")
    expect(page.locator("input[name=queue-empathy]:checked")).to_have_attribute("value", "0")


def test_flags_of_a_pair_say_which_side(new_page: Callable[..., Page], serve_items: Callable[..., App]) -> None:
    running = serve_items(PAIR)
    page = new_page()
    begin(page, running.url)
    right = page.locator("section[aria-labelledby=queue-right] .words").inner_text()
    page.get_by_role("group", name="Anything wrong with the right one?").get_by_label("Only repeats the client").check()
    expect(page.get_by_text("Draft saved")).to_be_visible()
    answer(page)
    (stored,) = judged(running.store)
    assert stored.answer.flags == ("first:parroting" if PAIR.first.text == right else "second:parroting",)
    page.get_by_role("button", name="Undo last answer").click()
    expect(page.locator("#queue-form")).to_be_visible()
    assert page.locator(".flags input:checked").get_attribute("value") == "right:parroting"


@pytest.mark.parametrize("item", [SINGLE, PAIR], ids=["single", "pair"])
def test_submit_is_in_view_on_a_laptop(
    new_page: Callable[..., Page], serve_items: Callable[..., App], item: Item
) -> None:
    page = new_page(viewport={"width": 1280, "height": 800})
    begin(page, serve_items(item).url)
    box = page.get_by_role("button", name="Submit", exact=True).bounding_box()
    assert box is not None and box["y"] + box["height"] <= 800
    on_top = page.evaluate("([x, y]) => document.elementFromPoint(x, y).textContent", [box["x"] + 9, box["y"] + 9])
    assert on_top == "Submit"  # nothing lies over it


def test_what_is_missing_is_said_and_the_focus_goes_there(
    new_page: Callable[..., Page], serve_items: Callable[..., App]
) -> None:
    running = serve_items(SINGLE)
    page = new_page()
    begin(page, running.url)
    page.locator("#queue-heading").focus()
    page.keyboard.press("1")
    page.get_by_role("button", name="Submit", exact=True).click()
    said = page.get_by_role("alert").filter(has_text="Please answer: empathy, fluency, would you say this.")
    expect(said).to_be_visible()
    expect(page.locator("input[name=queue-empathy]").first).to_be_focused()
    assert judged(running.store) == ()


def test_skipping_takes_a_reason(new_page: Callable[..., Page], serve_items: Callable[..., App]) -> None:
    running = serve_items(SINGLE)
    page = new_page()
    begin(page, running.url)
    page.get_by_role("button", name="Skip this item").press("Enter")
    expect(page.get_by_label("I cannot judge this")).to_be_focused()
    page.get_by_role("button", name="Go back").press("Enter")
    expect(page.get_by_role("button", name="Submit", exact=True)).to_be_visible()
    page.get_by_role("button", name="Skip this item").press("Enter")
    page.get_by_role("button", name="Skip", exact=True).press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Please choose a reason.")).to_be_visible()
    page.get_by_label("I cannot judge this").press("Space")
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Skip", exact=True).press("Enter")
    expect(page.locator(".thanks-line").filter(has_text="Skipped.")).to_be_visible()
    assert page.get_by_role("button", name="Show what wrote it").count() == 0
    (stored,) = judged(running.store)
    assert (stored.answer.skip, stored.answer.depth) == ("upsetting", None)


def test_a_draft_outlives_a_reload(new_page: Callable[..., Page], serve_items: Callable[..., App]) -> None:
    running = serve_items(SINGLE)
    page = new_page()
    begin(page, running.url)
    page.locator("#queue-heading").focus()
    for key in "23":
        page.keyboard.press(key)
    page.get_by_label("Only repeats the client").check()
    page.locator("#queue-form textarea").fill("half a thought")
    expect(page.get_by_text("Draft saved")).to_be_visible()
    page.reload()
    expect(page.locator("#widget-mixer input[type=range]").first).to_be_visible()
    open_tab(page, "Rate")
    expect(page.locator("#queue-form textarea")).to_have_value("half a thought")
    checked = page.locator("#queue-form input:checked").evaluate_all("(all) => all.map((one) => one.name + one.value)")
    assert sorted(checked) == ["queue-depthsimple", "queue-empathy2", "queue-flagsparroting"]
    expect(page.locator("#queue-fluency")).to_have_class("current")
    kept = page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert "half a thought" not in kept and SINGLE.statement not in kept
    assert (count_rows(running.store).drafts, judged(running.store)) == (1, ())


def test_to_the_end_and_back_and_on(new_page: Callable[..., Page], serve_items: Callable[..., App]) -> None:
    running = serve_items(PAIR, SINGLE)
    page = new_page()
    begin(page, running.url)
    expect(page.get_by_text("0 of 2 done")).to_be_visible()
    assert page.get_by_role("button", name="Undo last answer").count() == 0
    for _ in range(2):
        answer(page)
    expect(page.get_by_role("heading", name="All done, thank you")).to_be_focused()
    expect(page.get_by_text("2 of 2 done")).to_be_visible()
    bar = page.get_by_role("progressbar", name="Progress")
    assert (bar.get_attribute("aria-valuenow"), bar.get_attribute("aria-valuetext")) == ("2", "2 of 2 done")
    rater = judged(running.store)[0].rater
    expect(page.get_by_text(f"Your rater id: {rater}", exact=True)).to_be_visible()
    page.get_by_role("button", name="Undo last answer").press("Enter")
    expect(page.get_by_text("1 of 2 done")).to_be_visible()
    answer(page)
    RatingQueue(running.store, ()).send(rater, Item("Mine.", Side("It is yours.", "own"), source="reflect"))
    page.evaluate("emorl.events.tell('sent', true)")  # as a screen that sends does
    expect(page.get_by_text("It is yours.")).to_be_visible()
    expect(page.get_by_text("2 of 3 done")).to_be_visible()
    answer(page)
    expect(page.get_by_role("heading", name="All done, thank you")).to_be_visible()
    RatingQueue(running.store, ()).send(rater, Item("One more.", Side("It is one more.", "own"), source="reflect"))
    page.evaluate("emorl.events.tell('sent', true)")
    expect(page.get_by_text("It is one more.")).to_be_visible()


def test_two_raters_at_once_do_not_meet(new_page: Callable[..., Page], serve_items: Callable[..., App]) -> None:
    running = serve_items(SINGLE)
    one, two = new_page(), new_page()
    begin(one, running.url)
    begin(two, running.url)
    one.locator("#queue-form textarea").fill("of the first rater")
    expect(one.get_by_text("Draft saved")).to_be_visible()
    two.reload()
    expect(two.locator("#widget-mixer input[type=range]").first).to_be_visible()
    open_tab(two, "Rate")
    expect(two.locator("#queue-form textarea")).to_have_value("")
    answer(one)
    expect(two.get_by_text("0 of 1 done")).to_be_visible()
    answer(two)
    raters = {row.rater: row.answer.comment for row in judged(running.store)}
    assert sorted(raters.values(), key=str) == [None, "of the first rater"] and len(raters) == 2


def test_no_answer_from_the_app_loses_nothing(new_page: Callable[..., Page], serve_items: Callable[..., App]) -> None:
    running = serve_items(SINGLE)
    page = new_page(watched=False)
    begin(page, running.url)
    page.route(re.compile("component_server"), lambda route: route.abort())
    page.locator("#queue-heading").focus()
    for key in "2231":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Your answers are still here")).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_text("Your answer is saved.").first).to_be_visible()
    assert len(judged(running.store)) == 1


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_it_fits(
    new_page: Callable[..., Page], serve_items: Callable[..., App], width: int
) -> None:
    page = new_page(reduced_motion="reduce", viewport={"width": width, "height": 844})
    running = serve_items(PAIR, SINGLE)
    found: list[str] = []

    def check(where: str) -> None:
        found.extend(f"{where}: {fault}" for fault in faults_in_both_schemes(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, where

    open_rate(page, running.url)
    page.get_by_role("button", name="Start", exact=True).click()
    check("notice")
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Start", exact=True).click()
    for place in range(2):
        expect(page.locator("#queue-form")).to_be_visible()
        if page.locator("section[aria-labelledby=queue-single]").count():
            page.get_by_text("Examples for each scale").click()
            expect(page.get_by_text("None: “You should talk to your brother.”")).to_be_visible()
        page.get_by_role("button", name="Submit", exact=True).click()
        page.get_by_label("Off topic").first.check()
        check(f"item {place}")
        page.get_by_role("button", name="Skip this item").click()
        page.get_by_role("button", name="Skip", exact=True).click()
        check(f"skip {place}")
        page.get_by_role("button", name="Go back").click()
        answer(page)
        check(f"saved {place}")
        page.get_by_role("button", name="Show what wrote it").click()
        expect(page.get_by_text("SECRET").first).to_be_visible()
        check(f"revealed {place}")
    expect(page.get_by_role("heading", name="All done, thank you")).to_be_visible()
    check("done")
    assert found == []
