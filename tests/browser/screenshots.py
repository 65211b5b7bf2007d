"""Pictures of every screen for the documentation, from the app as it is served with the shipped models.

    python -m tests.browser.screenshots             # all of them, into docs/screens
    python -m tests.browser.screenshots map why     # some

One of them moves: `sliders`, the sliders changing a text. Statements and ratings are invented; the ratings on Results
and the answers on Study are drawn at random (seeded). A new picture is a line in `SHOTS`. Left out: states that the
tests look at; a picture proves nothing.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from emorl.ratings import Answer, RatingQueue, Side, load_items, open_store
from emorl.ratings.storage.study import Method, Study, StudyLine
from emorl.ratings.study.pairing import make_items
from emorl.ratings.study.shares import StudyQueue
from emorl.ratings.study.studies import Studies
from tests.browser.steps import generate, open_app, open_tab, welcome
from tests.browser.test_story import started
from tests.conftest import ARGUMENTS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "screens"
PASSWORD = "invented"  # of this run only
STUDY = "Three ways of reflecting"
STATEMENT = "Dad doesn't know who I am any more. I still go every day."
MAX_KB = 150
MOVING = "sliders"
MAX_MOVING_KB = 400
FRAME_MS, FIRST_MS, LAST_MS = 140, 1500, 2500


def start(page: Page) -> None:
    """The page as it opens, once the notice is agreed to."""


def notice(page: Page) -> None:
    """Welcome: the notice, again."""
    page.get_by_role("button", name="How it works").click()
    expect(welcome(page)).to_be_visible()


def reflect(page: Page) -> None:
    """A reflection with its map, and a word chosen."""
    generate(page, STATEMENT)
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach", timeout=180_000)
    page.locator("#reflection-text .word").nth(1).click()
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")


def live(page: Page) -> None:
    """A slider has moved and the text has followed."""
    reflect(page)
    page.get_by_role("button", name="Only empathy").click()


def explain(page: Page) -> None:
    """Why: the words, and all about one of them."""
    reflect(page)
    open_tab(page, "Why")
    page.locator(".strip-word").nth(1).click()


def atlas(page: Page) -> None:
    """Map, with a region chosen."""
    reflect(page)
    open_tab(page, "Map")
    page.locator(".map-row").nth(2).click()


def compare(page: Page) -> None:
    """Compare: two settings of one statement, written."""
    open_tab(page, "Compare")
    page.get_by_role("textbox", name="What the client said").fill(STATEMENT)
    page.get_by_role("button", name="Write side by side").click()
    expect(page.locator("#widget-compare [role=meter]").first).to_be_visible(timeout=180_000)


def practise(page: Page) -> None:
    """Practise: feedback on a second try."""
    open_tab(page, "Practise")
    expect(page.locator("#practise-case")).to_contain_text("Every case is invented")
    for text in (
        "I'm sorry to hear that. You should talk to them.",
        "Part of you wants this, and part of you is tired.",
    ):
        page.locator("#practise-reply").fill(text)
        page.locator("#practise-go").click()
        expect(page.locator("#practise-feedback .practise-own")).to_have_text(text, timeout=180_000)
    page.evaluate("scrollTo(0, 0)")


def queue(page: Page) -> None:
    """Rate: an item of the queue."""
    open_tab(page, "Rate")
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#queue-form")).to_be_visible()


def results(page: Page) -> None:
    """Results, behind the password."""
    open_tab(page, "Results")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def study(page: Page) -> None:
    """Study, behind the same password: how far one is."""
    open_tab(page, "Study")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open", exact=True).click()
    page.get_by_role("row", name=STUDY).get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Agreement")).to_be_visible()
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def about(page: Page) -> None:
    """About."""
    open_tab(page, "About")
    expect(page.get_by_role("heading", name="Privacy")).to_be_visible()


@dataclass(frozen=True)
class Shot:
    """One picture: how to come to the screen, colours, width in pixels, and how much of the page's height to keep.

    `invent` puts into the database, by its URL, what the picture shows and those before it do not.
    """

    name: str
    come: Callable[[Page], None]
    scheme: str = "light"
    width: int = 1280
    height: int = 900
    invent: Callable[[str], None] | None = None


def invent_study(url: str, statements: int = 6, raters: int = 3, seed: int = 1) -> None:
    """A study of our own reflections, and seeded choices of made-up raters, of whom the last has not finished."""
    chance = random.Random(seed)
    with (ROOT / "data" / "reflections.jsonl").open(encoding="utf-8") as file:
        own = [json.loads(next(file)) for _ in range(statements)]
    kinds = ("simple", "complex", "empathic")
    lines = tuple(StudyLine(one["statement"], {kind: one[kind] for kind in kinds}) for one in own)
    store = open_store(url)
    studies = Studies(store)
    made = Study("s" * 32, STUDY, tuple(map(Method, kinds)), "pairs", seed, 2, 12, "Read both, then choose.")
    studies.make(made, lines)
    for place, line in enumerate(lines):
        sides = {kind: Side(text, kind) for kind, text in line.replies.items()}
        studies.store_texts(made.key, place, make_items(made, place, line.statement, sides))
    queue = StudyQueue(store)
    for invited in studies.invite(made.key, [f"Rater {number}" for number in range(1, raters + 1)]):
        rater = studies.enter(invited.code)[1]
        queue.consent(rater)
        while (task := queue.next(rater)) is not None and (invited.number < raters or task.done < 5):
            answer = Answer(choice=chance.choice(("first", "second", "second", "tie")))
            queue.submit(rater, task.assignment, task.token, answer)
    store.close()


SHOTS = (
    Shot("welcome", notice),
    Shot("start", start),
    Shot("reflect", reflect, height=1000),
    Shot("reflect-dark", reflect, "dark", height=1000),
    Shot("reflect-phone", reflect, width=390, height=2000),
    Shot("live", live),
    Shot("why", explain, height=1200),
    Shot("map", atlas, height=1050),
    Shot("map-phone", atlas, "dark", 390, 1200),
    Shot("compare", compare, height=1400),
    Shot("practise", practise, height=1400),
    Shot("rate", queue, height=1000),
    Shot("results", results, height=1400),
    Shot("about", about),
    Shot("study", study, height=1790, invent=invent_study),  # the last, as Results counts its answers too
)


def sliders(page: Page) -> list[bytes]:
    """Reflection goes down to nothing and Empathy up to all; the text follows, and a last look stays longer."""
    generate(page, STATEMENT)
    expect(page.locator("#widget-result .reach")).to_contain_text("within reach", timeout=180_000)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    frames = [page.screenshot()]
    for name, key, times in (
        ("Empathy", "ArrowRight", 18),
        ("Reflection", "ArrowLeft", 12),
        ("Fluency", "ArrowLeft", 6),
    ):
        slider = page.get_by_role("slider", name=name)
        for _ in range(times):
            for _ in range(5):  # a step is a hundredth
                slider.press(key)
            frames.append(page.screenshot())
    return frames


def film(frames: Sequence[bytes]) -> bytes:
    """Pictures of one size as a moving one, in the colours of the first and the last."""
    pictures = [Image.open(io.BytesIO(frame)).convert("RGB") for frame in frames]
    ends = Image.new("RGB", (pictures[0].width, 2 * pictures[0].height))
    ends.paste(pictures[0], (0, 0))
    ends.paste(pictures[-1], (0, pictures[0].height))
    palette = ends.quantize(96, dither=Image.Dither.NONE)
    drawn = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    durations = [FIRST_MS, *[FRAME_MS] * (len(drawn) - 2), LAST_MS]
    out = io.BytesIO()
    drawn[0].save(out, "GIF", save_all=True, append_images=drawn[1:], duration=durations, loop=0, optimize=False)
    return out.getvalue()


def invent_ratings(url: str, raters: int = 3, seed: int = 1) -> None:
    """Seeded answers of made-up raters to the shipped items, so that Results has something to show."""
    chance = random.Random(seed)
    store = open_store(url)
    rating = RatingQueue(store, load_items(), random.Random(seed))
    for number in range(raters):
        rater = f"invented-{number}"
        rating.consent(rater)
        while (task := rating.next(rater)) is not None and task.done < 40:
            level = chance.choice((0, 1, 1, 2, 2))
            answer = (
                Answer(choice=chance.choice(("first", "second", "tie")))
                if task.item.is_pair
                else Answer(
                    depth=("none", "simple", "complex")[level],
                    empathy=level,
                    fluency=chance.choice((1, 2, 2)),
                    would_say=("no", "edits", "yes")[level],
                )
            )
            rating.submit(rater, task.assignment, task.token, answer)
    store.close()


def compact(png: bytes, height: int) -> bytes:
    """The upper part of a picture with 128 colours of its own."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(height, picture.height)))
    out = io.BytesIO()
    picture.quantize(128, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main(names: Sequence[str]) -> int:
    """0, or 2 where a name is unknown or a picture is too large."""
    every = [*(shot.name for shot in SHOTS), MOVING]
    unknown = set(names) - set(every)
    if unknown:
        known = ", ".join(every)
        print(f"got {', '.join(sorted(unknown))}, expected some of {known}", file=sys.stderr)
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    large = []
    with tempfile.TemporaryDirectory() as data:
        database = f"sqlite:///{data}/ratings.db"
        invent_ratings(database)
        with started(Path(data), EMORL_RESULTS_PASSWORD=PASSWORD) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
            for shot in SHOTS:
                if names and shot.name not in names:
                    continue
                if shot.invent is not None:
                    shot.invent(database)
                page = browser.new_page(
                    viewport={"width": shot.width, "height": shot.height},
                    color_scheme=shot.scheme,  # type: ignore[arg-type]
                    reduced_motion="reduce",
                )
                open_app(page, url)
                shot.come(page)
                png = compact(page.screenshot(full_page=True), shot.height)
                path = FOLDER / f"{shot.name}.png"
                path.write_bytes(png)
                print(f"{path} {len(png) // 1000} kB", flush=True)
                large += [shot.name] if len(png) > MAX_KB * 1000 else []
                page.close()
            if not names or MOVING in names:
                page = browser.new_page(viewport={"width": 1060, "height": 760}, reduced_motion="reduce")
                open_app(page, url)
                path = FOLDER / f"{MOVING}.gif"
                path.write_bytes(film(sliders(page)))
                print(f"{path} {path.stat().st_size // 1000} kB", flush=True)
                large += [MOVING] if path.stat().st_size > MAX_MOVING_KB * 1000 else []
            browser.close()
    if large:
        print(
            f"got more than {MAX_KB} kB ({MAX_MOVING_KB} for the one that moves) for {', '.join(large)}; take less of "
            "the page's height",
            file=sys.stderr,
        )
    return 2 if large else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
