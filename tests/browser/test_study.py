"""A rating study in Chromium, the whole way: import, texts, links, rating on another device, progress; faults; axe."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from emorl.ratings import Answer, Item, Side
from emorl.ratings.storage.item import TRAINING
from emorl.ratings.storage.study import Method, Study, StudyLine, TrainingItem
from emorl.ratings.study.pairing import make_items
from emorl.ratings.study.shares import StudyQueue
from emorl.ratings.study.studies import Studies
from tests.browser.conftest import App
from tests.browser.steps import agree, faults, open_app, open_tab
from tests.ui.test_study import ByWeights

pytestmark = pytest.mark.browser

SECRET = "open sesame"
GOOD = (
    "\ufeffstatement;reply:novice\r\n"
    "I am so tired after work.;You are tired.\r\n"
    "Nobody ever calls me back.;Nobody calls.\r\n"
    '"Some nights I lie awake;\r\nand count.";You count.\r\n'
)


@pytest.fixture
def running(app: Callable[..., App], monkeypatch: pytest.MonkeyPatch) -> App:
    """An app with the password set and models that write other words for other weights."""
    monkeypatch.setenv("EMORL_RESULTS_PASSWORD", SECRET)
    return app(reflector=ByWeights())


def log_in(page: Page, url: str) -> None:
    open_app(page, url)
    open_tab(page, "Study")
    page.get_by_label("Password").fill(SECRET)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("heading", name="New study")).to_be_visible()


def fill_in(page: Page, file: Path) -> None:
    """The form of a new study: the base model beside what people wrote."""
    page.get_by_label("Name of the study").fill("Toy study")
    page.get_by_label("Take them from a file").set_input_files(file)
    page.get_by_role("button", name="Add a method").click()
    page.get_by_label("Weights", exact=True).select_option(label="Base model")
    page.get_by_label("Raters for each item").fill("2")
    page.get_by_label("Items for each rater").fill("3")
    page.get_by_label("Guidelines for raters (optional)").fill("Read both.\nThen choose.")


def without_session(sent: str | None) -> str:
    """A call as it would be after its session has ended."""
    body = json.loads(sent or "{}")
    body["data"]["session"] = "ended"
    return json.dumps(body)


def counts(page: Page) -> list[str]:
    return page.locator("#widget-study dl dd").all_inner_texts()


def test_from_an_import_to_answers(new_page: Callable[..., Page], running: App, tmp_path: Path) -> None:
    file = tmp_path / "statements.csv"
    file.write_text(GOOD, encoding="utf-8", newline="")
    page = new_page()
    log_in(page, running.url)
    fill_in(page, file)
    page.locator("#widget-study").get_by_label("Temperature").fill("0.5")
    page.locator("#widget-study").get_by_label("Best of").fill("3")
    page.get_by_role("button", name="Make the study").click()
    expect(page.get_by_role("heading", name="Toy study")).to_be_focused()
    expect(page.get_by_text("base model; temperature 0.5; best of 3")).to_be_visible()
    assert counts(page) == ["3", "0", "0", "0", "0", "0"]
    expect(page.get_by_text("novice (written by people)")).to_be_visible()
    page.get_by_role("button", name="Write the texts").click()
    expect(page.locator("#widget-study dl dd").nth(1)).to_have_text("3")
    assert counts(page) == ["3", "3", "3", "0", "0", "0"]

    page.get_by_label("New raters, one line each").fill("Ada\nGrace")
    page.get_by_role("button", name="Make links").click()
    expect(page.get_by_text("These links are shown only now.")).to_be_visible()
    links = re.findall(r"(Ada|Grace): (\S+#study=\S+)", page.locator(".links").inner_text())
    assert [name for name, _ in links] == ["Ada", "Grace"]

    rater = new_page()  # a browser of its own, as on another device
    rater.goto(links[0][1])
    agree(rater)
    expect(rater.get_by_role("heading", name="Toy study")).to_be_visible()
    expect(rater.get_by_text("Then choose.")).to_be_visible()
    expect(rater.get_by_text("An example: which of two is better?")).to_be_visible()
    rater.get_by_label("I have read this and agree").check()
    rater.get_by_role("button", name="Start", exact=True).click()
    for place in range(3):
        expect(rater.get_by_text(f"{place} of 3 done")).to_be_visible()
        if place == 0:
            rater.get_by_text("An example: which of two is better?").click()
            expect(rater.get_by_text("The right one is better.")).to_be_visible()
        rater.locator("#queue-heading").focus()
        rater.keyboard.press("1")
        rater.keyboard.press("Enter")
    expect(rater.get_by_text("You have done all items that this study has for you.")).to_be_visible()
    assert rater.get_by_role("button", name="Show what wrote it").count() == 0
    stored = rater.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}]) + document.cookie")
    assert links[0][1].partition("=")[2] not in stored
    rater.reload()
    expect(rater.get_by_role("heading", name="All done, thank you")).to_be_visible()

    page.get_by_role("button", name="Refresh", exact=True).click()
    expect(page.get_by_role("row", name="Ada 3 of 3")).to_be_visible()
    expect(page.get_by_role("row", name="Grace 0 of 0 none open")).to_be_visible()
    assert counts(page) == ["3", "3", "3", "0", "0", "3"]
    (study,) = Studies(running.store).all()
    assert len(Studies(running.store).judgements(study.key)) == 3

    with page.expect_download() as waiting:
        page.get_by_role("button", name="Answers (CSV)").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"\xef\xbb\xbfkind,id,revision,")
    expect(page.get_by_text("study-answers.csv is ready: 3 rows.")).to_be_visible()

    page.get_by_role("button", name="Close the link of Ada").click()
    expect(page.get_by_role("row", name=re.compile("Ada 3 of 3 .* closed"))).to_be_visible()
    rater.reload()
    expect(rater.get_by_role("alert").filter(has_text="Got a link that was closed")).to_be_visible()

    open_tab(page, "Results")  # who is in at one is in at both
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    open_tab(page, "Study")
    screen = page.locator("#widget-study")
    screen.get_by_label("Type DELETE to confirm").fill("DELETE")
    screen.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("There is no study yet.")).to_be_visible()
    assert Studies(running.store).all() == ()


def test_a_raters_path_with_training_anchors_and_not_sure(new_page: Callable[..., Page], running: App) -> None:
    studies = Studies(running.store)
    lesson = TrainingItem(
        Item("I put it off.", Side("You put it off.", TRAINING), None, {"depth": "simple", "empathy": 0}, TRAINING),
        "It says the same again.",
    )
    made = Study("k" * 32, "Toy study", (Method("novice"),), "single", 3, 1, 5, "Read it twice.", (lesson,))
    line = StudyLine("I am so tired after work.", {"novice": "You are tired."})
    studies.make(made, (line,))
    studies.store_texts(made.key, 0, make_items(made, 0, line.statement, {"novice": Side("You are tired.", "novice")}))
    (invited,) = studies.invite(made.key, ["Ada"])
    page = new_page(reduced_motion="reduce", viewport={"width": 390, "height": 844})
    page.goto(f"{running.url}#study={invited.code}")
    agree(page)
    expect(page.get_by_text("It begins with a training item.")).to_be_visible()
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Training item: you will see the expected answer")).to_be_visible()
    expect(page.get_by_text("Adds meaning or feeling")).to_be_visible()
    found = faults(page)
    page.locator("#queue-heading").focus()
    for key in "3032":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator("#queue-lesson")).to_be_focused()
    said = page.locator(".lesson").inner_text()
    assert "Simple. Your answer: Complex." in said and "None. Your answer: Not sure." in said
    assert "It says the same again." in said and "Fluency" not in said
    found += faults(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.reload()  # the expected answer stays until the rater goes on
    expect(page.locator(".lesson")).to_have_text(re.compile("Simple. Your answer: Complex.*It says the same again"))
    page.get_by_role("button", name="Go on").press("Enter")
    expect(page.get_by_text("You are tired.")).to_be_visible()
    assert page.get_by_text("Training item").count() == 0
    page.locator("#queue-heading").focus()
    for key in "0132":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.get_by_text("You have done all items that this study has for you.")).to_be_visible()
    assert found == []
    first, second = studies.judgements(made.key)
    assert first.item == lesson.item and first.answer.unsure == ("empathy",)
    assert second.answer == Answer(None, None, 0, 2, "edits", unsure=("depth",))


def test_groups_that_no_choice_links_are_named_and_shown_apart(new_page: Callable[..., Page], running: App) -> None:
    studies, names = Studies(running.store), "abcd"
    made = Study("p" * 32, "Pair study", tuple(map(Method, names)), "pairs", 3, 1, 6)
    line = StudyLine("I am so tired after work.", {name: f"Reply {name}." for name in names})
    studies.make(made, (line, StudyLine("So.", line.replies)))
    studies.store_texts(made.key, 1, (), "Got too much.")
    texts = {name: Side(f"Reply {name}.", name) for name in names}
    studies.store_texts(made.key, 0, make_items(made, 0, line.statement, texts))
    (invited,) = studies.invite(made.key, ["Ada"])
    queue, rater = StudyQueue(running.store), studies.enter(invited.code)[1]
    queue.consent(rater)
    while (task := queue.next(rater)) is not None:
        linked = {side.setting for side in task.item.sides} in ({"a", "b"}, {"c", "d"})
        given = Answer(choice="first") if linked else Answer(unsure=("choice",))
        queue.submit(rater, task.assignment, task.token, given)
    page = new_page(reduced_motion="reduce")
    log_in(page, running.url)
    page.get_by_role("row", name="Pair study").get_by_role("button", name="Show").click()
    expect(page.get_by_text("No choice links these 2 groups.")).to_be_visible()
    groups = page.get_by_role("table", name=re.compile("^Group"))
    assert groups.count() == 2
    expect(page.get_by_role("listitem").filter(has_text="Statement 2: Got too much.")).to_be_visible()
    page.get_by_text("Read what raters see").click()
    expect(page.get_by_role("definition")).to_contain_text(["Reply a.", "Reply b.", "Reply c.", "Reply d."])
    settings = [set(groups.nth(k).get_by_role("rowheader").all_inner_texts()) for k in range(2)]
    assert settings == [{"a", "b"}, {"c", "d"}]
    expect(page.get_by_role("heading", name=re.compile("^Group 2: [cd], [cd]$"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^Choice 0 4 "))).to_be_visible()
    assert faults(page) == []


def test_faults_are_listed_and_everything_typed_stays(
    new_page: Callable[..., Page], running: App, tmp_path: Path
) -> None:
    latin, good = tmp_path / "latin.csv", tmp_path / "good.csv"
    latin.write_bytes("statement\nCafé.\n".encode("latin-1"))
    good.write_text(GOOD, encoding="utf-8", newline="")
    page = new_page()
    log_in(page, running.url)
    fill_in(page, latin)
    expect(page.get_by_role("alert").filter(has_text="Got a file that is not UTF-8 text")).to_be_visible()
    page.get_by_label("Take them from a file").set_input_files(good)
    box = page.get_by_label("Statements", exact=True)
    expect(box).to_have_value(re.compile("tired after work"))
    typed = box.input_value() + "Only one cell.\nI want to die.;You do.\n"
    box.fill(typed)
    page.get_by_role("button", name="Make the study").click()
    expect(page.get_by_role("alert").filter(has_text="2 faults, the first in statements, line 6")).to_be_visible()
    assert [line[:19] for line in page.locator(".faults li").all_inner_texts()] == [
        "statements, line 6:",
        "statements, line 7:",
    ]
    expect(box).to_have_value(typed)
    expect(page.get_by_label("Name of the study")).to_have_value("Toy study")
    box.fill("x" * 80_001)
    page.get_by_role("button", name="Make the study").click()
    expect(page.get_by_role("alert").filter(has_text="Got 80003 bytes of statements")).to_be_visible()
    assert Studies(running.store).all() == ()


def test_a_session_that_ends_under_a_form_loses_nothing(new_page: Callable[..., Page], running: App) -> None:
    page = new_page()
    log_in(page, running.url)
    page.get_by_label("Name of the study").fill("Toy study")
    page.get_by_label("Statements", exact=True).fill("statement,reply:a,reply:b\nI am tired.,You are.,It is a lot.")
    ended = lambda route: route.continue_(post_data=without_session(route.request.post_data))  # noqa: E731
    page.route(re.compile("component_server"), ended)
    page.get_by_role("button", name="Make the study").click()
    expect(page.get_by_role("alert").filter(has_text="Got no valid session")).to_be_visible()
    page.unroute_all()
    page.get_by_label("Password").fill(SECRET)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_label("Name of the study")).to_have_value("Toy study")
    page.get_by_role("button", name="Make the study").click()
    expect(page.get_by_role("heading", name="Toy study")).to_be_focused()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_and_it_fits(
    new_page: Callable[..., Page], running: App, tmp_path: Path, scheme: str, width: int
) -> None:
    file = tmp_path / "statements.csv"
    file.write_text(GOOD, encoding="utf-8", newline="")
    page = new_page(color_scheme=scheme, reduced_motion="reduce", viewport={"width": width, "height": 844})
    found: list[str] = []

    def check(where: str) -> None:
        found.extend(f"{where}: {fault}" for fault in faults(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, where

    log_in(page, running.url)
    page.get_by_role("button", name="Add a method").click()
    page.get_by_role("button", name="Add a method").click()
    begun = page.get_by_label("Weights", exact=True)
    assert begun.first.input_value() != begun.last.input_value()  # two equal methods would be refused
    page.get_by_role("button", name="Take out").last.click()
    page.get_by_label("Statements", exact=True).fill("statement\na,b\nc,d\n")
    page.get_by_role("button", name="Make the study").click()
    expect(page.get_by_role("alert").filter(has_text="2 faults")).to_be_visible()
    check("form")
    page.get_by_role("button", name="Take out").click()
    fill_in(page, file)
    page.get_by_role("button", name="Make the study").click()
    expect(page.get_by_role("heading", name="Toy study")).to_be_focused()
    page.get_by_label("New raters, one line each").fill("Ada")
    page.get_by_role("button", name="Make links").click()
    expect(page.get_by_text("These links are shown only now.")).to_be_visible()
    check("study")
    page.goto(re.search(r"\S+#study=\S+", page.locator(".links").inner_text())[0])
    expect(page.get_by_role("heading", name="Toy study").last).to_be_visible()
    check("notice")
    assert found == []
