"""The pictures of the documentation: those it shows exist and are small; the command says what it cannot do."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from emorl.ratings import RatingQueue, load_items, open_store
from emorl.ratings.study.studies import Studies
from tests.browser import screenshots

ROOT = Path(__file__).parents[2]


def test_pages_show_pictures_that_exist_and_are_small() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = {
        page: re.findall(r"!\[[^\]]+\]\(([^)]+\.(?:png|gif))\)", page.read_text(encoding="utf-8")) for page in pages
    }
    assert len(shown[ROOT / "README.md"]) == 1 and sum(map(len, shown.values())) >= 3
    names = {*(shot.name for shot in screenshots.SHOTS), screenshots.MOVING}
    for page, paths in shown.items():
        for path in paths:
            assert Path(path).stem in names, f"{path} is not remade by the command"
            assert (page.parent / path).is_file()
    for path in screenshots.FOLDER.glob("*.png"):
        assert path.stem in names and path.stat().st_size <= screenshots.MAX_KB * 1000
    assert (screenshots.FOLDER / f"{screenshots.MOVING}.gif").stat().st_size <= screenshots.MAX_MOVING_KB * 1000


def test_an_unknown_picture_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert screenshots.main(["nowhere"]) == 2
    assert "got nowhere, expected some of welcome, start, reflect" in capsys.readouterr().err


def test_pictures_are_cut_and_compact() -> None:
    picture = io.BytesIO()
    Image.effect_noise((400, 3000), 80).convert("RGB").save(picture, "PNG")
    small = Image.open(io.BytesIO(screenshots.compact(picture.getvalue(), 500)))
    assert small.size == (400, 500) and small.mode == "P"


def test_a_moving_picture_stays_longest_at_its_ends() -> None:
    frames = []
    for left in (0, 20, 10):
        drawn = Image.new("RGB", (40, 30), "white")
        drawn.paste("black", (left, 0, left + 20, 30))
        picture = io.BytesIO()
        drawn.save(picture, "PNG")
        frames.append(picture.getvalue())
    moving = Image.open(io.BytesIO(screenshots.film(frames)))
    durations = [frame.info["duration"] for frame in ImageSequence.Iterator(moving)]
    assert moving.size == (40, 30) and moving.info["loop"] == 0
    assert durations == [screenshots.FIRST_MS, screenshots.FRAME_MS, screenshots.LAST_MS]


def test_the_invented_study_has_answers_and_one_rater_who_has_not_finished(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ratings.db'}"
    screenshots.invent_study(url, statements=2, raters=2)
    (made,) = (studies := Studies(open_store(url))).all()
    found = studies.progress(made.key)
    assert (made.name, found.lines, found.written) == (screenshots.STUDY, 2, 2) and found.ranking
    assert [(rater.done == rater.given, rater.given > 0) for rater in found.raters] == [(True, True), (False, True)]


def test_invented_ratings_are_the_same_every_time(tmp_path: Path) -> None:
    answers = []
    for name in ("a", "b"):
        url = f"sqlite:///{tmp_path / name}.db"
        screenshots.invent_ratings(url, raters=1)
        answers.append([judged.answer for judged in RatingQueue(open_store(url), load_items()).judgements()])
    assert answers[0] == answers[1] and len(answers[0]) > 10
