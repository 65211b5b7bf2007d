"""The Map screen in Chromium, over a toy language that is mapped for real: picture, list, sliders, ratings, axe."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from emorl.ui.map.payload import RatingPoint
from tests.browser.conftest import App
from tests.browser.steps import faults_in_both_schemes, generate, open_app
from tests.ui.mapped import MappedReflector

pytestmark = pytest.mark.browser

RATINGS = [RatingPoint((1, 1, 1), 0.8, 12), RatingPoint((3, 1, 0), 0.2, 2)]


def mapped(page: Page, url: str, reach: str = "within reach") -> None:
    """Write a reflection and wait for its map."""
    open_app(page, url)
    generate(page)
    expect(page.locator("#widget-result .reach")).to_contain_text(reach)


def open_map(page: Page) -> None:
    page.get_by_role("tab", name="Map", exact=True).click()
    expect(page.get_by_role("heading", name="What the sliders can reach")).to_be_visible()


def weights(page: Page) -> list[float]:
    return [float(value) for value in page.locator("#widget-mixer output").all_text_contents()[:3]]


def until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_no_map_says_how_to_get_one(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    page = new_page()
    open_app(page, app(reflector=MappedReflector()).url)
    open_map(page)
    expect(page.get_by_text("There is no atlas yet.")).to_be_visible()
    assert page.locator(".triangle").count() == 0


def test_a_region_is_chosen_with_the_keyboard_and_the_sliders_follow(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    reflector = MappedReflector()
    page = new_page()
    mapped(page, app(reflector=reflector).url)
    *_, atlas = reflector.atlas("x")
    assert atlas is not None
    open_map(page)
    n = len(atlas["regions"])
    rows = page.locator(".map-row")
    assert rows.count() == n and page.locator(".triangle .region").count() == n
    assert page.locator(".map-row[tabindex='0']").count() == 1
    page.locator(".map-row[tabindex='0']").focus()
    for key, index in (("Home", 0), ("ArrowDown", 1), ("ArrowDown", 2), ("ArrowUp", 1), ("End", n - 1)):
        page.keyboard.press(key)
        region = atlas["regions"][index]
        expect(rows.nth(index)).to_have_attribute("aria-pressed", "true")
        expect(rows.nth(index)).to_be_focused()
        expect(page.locator("#map-text")).to_have_text(region["reflection"])
        middle = [sum(corner) / len(region["polygon"]) for corner in zip(*region["polygon"], strict=True)]
        assert weights(page) == pytest.approx(middle, abs=0.0051)
    assert page.locator(".map-row[aria-pressed=true]").count() == 1
    page.keyboard.press("Home")
    share = round(100 * atlas["regions"][0]["area"])
    expect(page.locator("#map-count")).to_have_text(
        f"{n} reflections are within reach. This one is written at {share}% of all settings."
    )
    page.get_by_role("tab", name="Reflect", exact=True).click()  # the text has followed there too
    expect(page.locator("#reflection-text")).to_have_text(atlas["regions"][0]["reflection"])
    expect(page.get_by_label("What the client said")).not_to_be_empty()
    assert reflector.started == 1


def test_the_list_has_scores_and_is_sorted_by_them(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    reflector = MappedReflector()
    page = new_page()
    mapped(page, app(reflector=reflector).url)
    *_, atlas = reflector.atlas("x")
    open_map(page)
    rows = page.locator(".map-row")
    first = atlas["regions"][0]
    expect(rows.first).to_contain_text(f"Empathy {first['scores']['empathy']:.2f}")
    page.get_by_label("Sort by").select_option(label="empathy score")
    best = sorted(atlas["regions"], key=lambda region: -region["scores"]["empathy"])
    assert page.locator(".map-said").all_inner_texts() == [region["reflection"] for region in best]
    rows.first.click()
    expect(rows.first).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#map-text")).to_have_text(best[0]["reflection"])
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#map-text")).to_have_text(best[1]["reflection"])


class Said(MappedReflector):
    """The longer a text, the likelier a counsellor would say it, and the less it stays with what was said."""

    def checked(self, reply: str) -> tuple[float | None, float | None]:
        return 1 - len(reply) / 100, len(reply) / 100


def test_the_list_has_the_check_and_is_sorted_by_what_would_be_said(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    reflector = Said()
    page = new_page()
    mapped(page, app(reflector=reflector).url)
    *_, atlas = reflector.atlas("x")
    open_map(page)
    rows = page.locator(".map-row")
    expect(rows.first).to_contain_text("Stays with what was said: ")
    page.get_by_label("Sort by").select_option(label="whether a counsellor would say it")
    best = sorted(atlas["regions"], key=lambda region: -region["would_say"])
    assert page.locator(".map-said").all_inner_texts() == [region["reflection"] for region in best]
    rows.first.click()
    expect(page.locator("#widget-map")).to_contain_text(". Stays with what was said: ")
    assert page.get_by_label("Sort by").locator("option").all_inner_texts()[0] == "how many settings write it"


def test_without_would_say_it_is_sorted_by_the_check_and_without_both_by_neither(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page()
    mapped(page, app(reflector=MappedReflector(faithfulness=0.5)).url)
    open_map(page)
    options = page.get_by_label("Sort by").locator("option")
    expect(options.last).to_have_text("whether it stays with what was said")
    expect(page.locator(".map-row").first).to_contain_text("Stays with what was said: unsure")
    page = new_page()
    mapped(page, app(reflector=MappedReflector()).url)
    open_map(page)
    expect(page.get_by_label("Sort by").locator("option").last).to_have_text("fluency score")
    expect(page.locator("#widget-map")).not_to_contain_text("Stays with what was said")


def test_a_regions_text_is_shown_under_the_pointer_and_at_the_focus(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page()
    mapped(page, app(reflector=MappedReflector()).url)
    open_map(page)
    text = page.locator(".map-said").nth(1).inner_text()
    page.locator(".map-row").nth(1).focus()
    expect(page.locator(".map-tip")).to_have_text(f"2 · {text}")
    expect(page.locator(".triangle .seen")).not_to_have_attribute("points", "")
    page.locator(".map-row").nth(1).blur()
    expect(page.locator(".map-tip")).to_have_text("")
    page.locator(".triangle .region").first.hover()
    expect(page.locator(".map-tip")).to_contain_text(page.locator(".map-said").first.inner_text())
    assert page.locator(".map-row").nth(1).get_attribute("aria-pressed") == "false"  # shown, not chosen


def test_neighbours_differ_in_strength_and_slivers_have_a_dot(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    reflector = MappedReflector()
    page = new_page()
    mapped(page, app(reflector=reflector).url)
    *_, atlas = reflector.atlas("x")
    open_map(page)
    fills = page.locator(".triangle .region").evaluate_all("all => all.map((one) => getComputedStyle(one).fill)")
    corners = [{tuple(round(x, 3) for x in corner) for corner in region["polygon"]} for region in atlas["regions"]]
    for i, one in enumerate(corners):
        for j, other in enumerate(corners[:i]):
            if len(one & other) >= 2:  # a whole side in common
                assert fills[i] != fills[j]
    assert page.locator(".triangle .sliver").count() >= 1
    dot = page.locator(".triangle .sliver").first
    index = int(dot.get_attribute("data-region") or -1)
    dot.click()
    expect(page.locator("#map-text")).to_have_text(atlas["regions"][index]["reflection"])


def test_the_sliders_go_back_and_the_way_leads_to_reflect(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page()
    mapped(page, app(reflector=MappedReflector()).url)
    before = weights(page)
    open_map(page)
    back = page.get_by_role("button", name="Put the sliders back")
    expect(back).to_be_disabled()
    page.locator(".map-row").nth(2).click()
    chosen = page.locator("#map-text").inner_text()
    assert weights(page) != before
    back.click()
    assert weights(page) == before
    page.locator(".map-row").nth(2).click()
    page.get_by_role("button", name="Go on with this one on Reflect").click()
    expect(page.locator("#reflection-text")).to_have_text(chosen)


def test_a_click_in_the_triangle_takes_the_sliders_to_that_point(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    reflector = MappedReflector()
    page = new_page()
    mapped(page, app(reflector=reflector).url)
    open_map(page)
    page.locator(".triangle").scroll_into_view_if_needed()
    box = page.locator(".triangle .frame").bounding_box()
    assert box is not None
    for share in ([0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.2, 0.7, 0.1]):
        x = box["x"] + box["width"] * (share[2] + share[0] / 2)
        page.mouse.click(x, box["y"] + box["height"] * (1 - share[0]))
        assert weights(page) == pytest.approx(share, abs=0.012)
        exact = page.evaluate("Object.values(emorl.events.states().weights.weights)")
        expect(page.locator("#map-text")).to_have_text(reflector.text(reflector.write(exact)[0]))


def test_a_change_of_weights_moves_the_marker_and_zero_is_not_on_the_map(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    page = new_page()
    mapped(page, app(reflector=MappedReflector()).url)
    open_map(page)
    before = page.locator(".triangle .here").get_attribute("cy")
    page.get_by_role("tab", name="Reflect", exact=True).click()
    page.get_by_role("button", name="Only reflection").click()
    open_map(page)
    assert page.locator(".triangle .here").get_attribute("cy") == "0" != before
    page.get_by_role("tab", name="Reflect", exact=True).click()
    page.get_by_role("button", name="Base model", exact=True).click()
    open_map(page)
    expect(page.locator("#map-count")).to_contain_text("does not cover your current weights")
    expect(page.locator(".triangle .here")).to_be_hidden()


def test_two_objectives_are_a_bar(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    reflector = MappedReflector(2)
    page = new_page()
    mapped(page, app(reflector=reflector).url)
    open_map(page)
    box = page.locator(".triangle .frame").bounding_box()
    assert box is not None and box["width"] > 5 * box["height"]
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2)
    assert [float(v) for v in page.locator("#widget-mixer output").all_text_contents()[:2]] == pytest.approx(
        [0.8, 0.2], abs=0.011
    )
    expect(page.locator("#map-text")).to_have_text(reflector.text(reflector.write([0.8, 0.2])[0]))


def test_of_four_objectives_three_are_drawn_and_the_fourth_keeps_its_share(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    reflector = MappedReflector(4)
    page = new_page()
    mapped(page, app(reflector=reflector).url)
    page.locator("#weight-warmth").press("Home")
    page.locator("#weight-warmth").press("ArrowRight")
    put = page.evaluate("Object.values(emorl.events.states().weights.weights)")
    expect(page.locator("#reflection-text")).to_have_text(reflector.text(reflector.write(put)[0]))  # live in all four
    open_map(page)
    expect(page.locator(".map-guide").first).to_contain_text("while 1% of the mix is warmth")
    go = page.get_by_role("button", name="Show these three")
    expect(go).to_be_disabled()
    group = page.get_by_role("group", name="Choose three objectives to show")
    for name in ("Empathy", "Fluency", "Warmth"):
        group.get_by_label(name).check()
    go.press("Enter")
    expect(page.locator(".map-top")).to_have_text("Empathy")
    expect(page.locator(".map-guide").first).to_contain_text("while 33% of the mix is reflection")
    expect(page.locator(".triangle .here")).to_be_visible()
    box = page.locator(".triangle .frame").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 0.6 * box["height"])
    found = page.evaluate("Object.values(emorl.events.states().weights.weights)")
    assert found[0] / sum(found) == pytest.approx(put[0] / sum(put), abs=0.006)
    expect(page.locator("#map-text")).to_have_text(reflector.text(reflector.write(found)[0]))
    assert reflector.maps == 1
    page.locator(".map-row").last.press("Enter")
    expect(page.locator("#map-count")).to_contain_text("This one is written at")


def test_ratings_are_laid_over_and_an_empty_layer_says_so(
    new_page: Callable[..., Page], app: Callable[..., App]
) -> None:
    points: list[RatingPoint] = []
    page = new_page()
    mapped(page, app(reflector=MappedReflector(), overlay=lambda: points).url)
    open_map(page)
    box = page.get_by_label("Show ratings on the map")
    box.press("Space")
    expect(page.get_by_text("There are no ratings to show yet.")).to_be_visible()
    box.press("Space")
    points += RATINGS
    box.press("Space")
    expect(page.locator(".triangle .rated")).to_have_count(2)
    page.get_by_text("Ratings by weights").click()
    expect(page.get_by_role("row", name="75% 25% 0% 0.20 2")).to_be_visible()
    box.press("Space")
    expect(page.locator(".triangle .rated")).to_have_count(0)
    points.append(RatingPoint((1, 1), 0.5, 1))
    box.press("Space")
    expect(page.get_by_text("a rating that cannot be shown on the map")).to_be_visible()


@pytest.mark.parametrize("way", ["stop", "generate", "leave"])
def test_growing_stops_at_once_when_it_is_not_wanted(
    new_page: Callable[..., Page], app: Callable[..., App], way: str
) -> None:
    reflector = MappedReflector()
    reflector.hold_at = 34
    page = new_page()
    mapped(page, app(reflector=reflector).url, reach="Finding every reflection the sliders can reach")
    expect(page.locator("#widget-result [data-mark=live]").first).to_be_visible()  # live as far as it is mapped
    if way == "stop":
        page.wait_for_function("emorl.events.states().atlas.regions.length >= 34")
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#widget-result .reach")).to_contain_text("The atlas was stopped at")
        expect(page.locator("#reflection-text")).to_contain_text(".")  # the reflection itself stays
        found = page.evaluate("emorl.events.states().atlas.regions.map(({ polygon }) => polygon)")
        steps = (step["regions"] for step in MappedReflector().atlas("x") if step)
        sent = next(regions for regions in steps if len(regions) >= 34)
        assert found == [region["polygon"] for region in sent]  # it is put together rightly as it grows
    elif way == "generate":
        page.get_by_role("button", name="Generate").click()
        assert until(lambda: reflector.maps_closed == 1)
        reflector.hold_at = None
        expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
        assert reflector.maps == 2
    else:
        page.close()
    assert until(lambda: reflector.maps_closed == 1)


def test_a_failed_map_is_said_and_leaves_the_reflection(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    reflector = MappedReflector()
    reflector.prompt = None  # type: ignore[method-assign]
    page = new_page()
    mapped(page, app(reflector=reflector).url, reach="The atlas could not be made: something went wrong")
    open_map(page)
    expect(page.locator("#widget-map").get_by_text("The atlas could not be made")).to_be_visible()


def test_others_are_written_while_a_map_grows(new_page: Callable[..., Page], app: Callable[..., App]) -> None:
    reflector = MappedReflector(step_s=0.05)
    reflector.hold_at = 3
    running = app(reflector=reflector)
    first, second = new_page(), new_page()
    mapped(first, running.url, reach="Finding every reflection the sliders can reach")
    open_app(second, running.url)
    generate(second)  # ends although the first map does not
    assert reflector.maps_closed == 0
    reflector.hold_map.set()
    for page in (first, second):
        expect(page.locator("#widget-result .reach")).to_contain_text("within reach")


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_it_fits(new_page: Callable[..., Page], app: Callable[..., App], width: int) -> None:
    page = new_page(reduced_motion="reduce", viewport={"width": width, "height": 844})
    running = app(reflector=MappedReflector(4 if width == 390 else 3), overlay=lambda: RATINGS if width > 390 else [])
    open_app(page, running.url)
    found: list[str] = []

    def check(where: str) -> None:
        found.extend(f"{where}: {fault}" for fault in faults_in_both_schemes(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    open_map(page)
    check("no map")
    page.get_by_role("tab", name="Reflect", exact=True).click()
    generate(page)
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach")
    open_map(page)
    page.locator(".map-row").nth(2).click()
    page.get_by_label("Show ratings on the map").check()
    expect(page.get_by_text("There are no ratings" if width == 390 else "Circles are ratings")).to_be_visible()
    for summary in page.locator("#widget-map summary:visible").all():
        summary.click()
    check("map")
    assert found == []
