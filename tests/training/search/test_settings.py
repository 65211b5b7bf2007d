"""Settings of the weight search: what a file may say, and one clear line for what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from emorl.errors import ConfigError
from training.__main__ import app
from training.config import read_config
from training.search.settings import Aim, SearchConfig, aim_of

NAMES = ["reflection", "empathy", "fluency"]


def read(tmp_path: Path, text: str, **search: object):
    path = tmp_path / "c.yaml"
    path.write_text(text + "\n")
    return read_config(path, search)


def test_a_file_chooses_methods_and_aim(tmp_path) -> None:
    assert SearchConfig().methods == ("hierarchical", "exact") and SearchConfig().aim == "mean"
    text = "search: {method: random, beside: [exact, bayesian], evaluations: 9, aim: target, target: {"
    found = read(tmp_path, f"{text}reflection: 1, empathy: .5, fluency: 0}}}}\nbaselines: {{beside: [exact]}}")
    assert found.search.methods == ("random", "bayesian", "exact") and found.search.evaluations == 9
    assert aim_of(found.search, NAMES[::-1]) == Aim("target", (), (0.0, 0.5, 1.0))
    assert (found.baselines.search, found.baselines.beside) == ("hierarchical", ("exact",))
    assert read(tmp_path, "search: {beside: []}").search.methods == ("exact",)


def test_a_preference_may_leave_objectives_out(tmp_path) -> None:
    found = read(tmp_path, "search: {aim: preference, preference: {empathy: 2}}").search
    assert aim_of(found, NAMES) == Aim("preference", (0.0, 2.0, 0.0))
    assert aim_of(found, NAMES).scalarization([0.1, 0.7, 0.9]) == 0.7


def test_what_tchebycheff_lacks_is_equal_or_measured() -> None:
    aim = aim_of(SearchConfig(aim="tchebycheff"), NAMES)
    assert aim.lacks_ideal and not aim.is_linear
    ready = aim.with_ideal([[0.9, 0.1, 0.1], [0.2, 0.8, 0.2], [0.3, 0.3, 0.6]])
    assert ready.target == (0.9, 0.8, 0.6) and not ready.lacks_ideal
    assert ready.scalarization([0.3, 0.8, 0.6]) == pytest.approx(-0.2)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("method: grid", "search.method is 'grid', expected one of hierarchical, random, bayesian, exact"),
        ("method: 3", "search.method is 3, expected str"),
        ("beside: random", "search.beside is 'random', expected a list"),
        ("beside: [random, grid]", "search.beside has 'grid', expected only hierarchical, random, bayesian, exact"),
        ("beside: [random, 3]", "search.beside is 3, expected str"),
        ("beside: ~", "search.beside is None, expected a list"),
        ("evaluations: 0", "search.evaluations is 0, expected at least 1"),
        (
            "evaluations: 3, beside: [bayesian]",
            "search.evaluations is 3, expected at least 4 for bayesian: the corners and the centre come first",
        ),
        ("seed: -1", "search.seed is -1, expected at least 0"),
        ("aim: best", "search.aim is 'best', expected one of mean, minimum, preference, target, tchebycheff"),
        ("aim: ~", "search.aim is None, expected str"),
        ("preference: {empathy: 1}", "search.preference is {'empathy': 1.0}, expected none with the aim mean"),
        ("aim: preference", "search.preference is {}, expected how much each objective counts"),
        ("preference: 3", "search.preference is 3, expected a mapping"),
        (
            "aim: preference, preference: {warmth: 1}",
            "search.preference.warmth is unknown, expected one of reflection, empathy, fluency",
        ),
        (
            "aim: preference, preference: {empathy: -1}",
            "search.preference.empathy is -1.0, expected a finite number of at least 0",
        ),
        (
            "aim: tchebycheff, preference: {empathy: .inf}",
            "search.preference.empathy is inf, expected a finite number of at least 0",
        ),
        (
            "aim: preference, preference: {empathy: 0}",
            "search.preference is {'empathy': 0.0}, expected a number above 0",
        ),
        ("aim: minimum, target: {empathy: 1}", "search.target is {'empathy': 1.0}, expected none with the aim minimum"),
        (
            "aim: target",
            "search.target has nothing for reflection, empathy, fluency, expected a reward for every objective",
        ),
        (
            "aim: tchebycheff, target: {empathy: 1, fluency: 1}",
            "search.target has nothing for reflection, expected a reward for every objective",
        ),
        (
            "aim: target, target: {reflection: 1, empathy: 1.5, fluency: 1}",
            "search.target.empathy is 1.5, expected a number from 0 to 1",
        ),
        (
            "aim: target, target: {reflection: 1, empathy: .nan, fluency: 1}",
            "search.target.empathy is nan, expected a number from 0 to 1",
        ),
        ("aim: target, target: {reflection: a, empathy: 1, fluency: 1}", "search.target.reflection is 'a', expected"),
    ],
)
def test_each_fault_of_the_search_is_one_line(tmp_path, text: str, fault: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, f"search: {{{text}}}")
    message = str(error.value)
    assert message.startswith(f"{tmp_path / 'c.yaml'} has 1 fault(s): {fault}") and "\n" not in message


def test_a_soup_has_no_atlas(tmp_path) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, "baselines: {search: exact, beside: [soup]}")
    text = str(error.value)
    assert "baselines.search is 'exact', expected one of hierarchical, random, bayesian: a soup has no atlas" in text
    assert "baselines.beside has 'soup', expected only hierarchical, random, bayesian, exact" in text


def test_more_objectives_than_an_atlas_spans_can_be_searched_without_it(tmp_path) -> None:
    own = "{scorer: 'tests.training.own_scorer:brevity'}"
    objectives = "objectives: {reflection: {}, empathy: {}, fluency: {}, " + f"a: {own}, b: {own}}}\n"
    with pytest.raises(ConfigError, match="has 5 entries, expected at most 4: the search spans no more with exact"):
        read(tmp_path, objectives)
    found = read(tmp_path, objectives + "search: {method: random, beside: [hierarchical]}")
    assert len(found.objectives) == 5


def test_the_command_line_comes_before_the_file(tmp_path, monkeypatch) -> None:
    given = []
    runs = {"search": lambda config, resume, anew: given.append(config)}
    monkeypatch.setattr("training.__main__.stage_runs", lambda: runs)
    path = tmp_path / "c.yaml"
    path.write_text("search: {method: hierarchical, beside: [], aim: minimum, prompts: 3}\n")
    command = ["search", "--config", str(path), "--method", "exact", "--beside", "random", "--beside", "bayesian"]
    assert CliRunner().invoke(app, [*command, "--aim", "mean", "--corpora", "texts"]).exit_code == 0
    assert given[0].search == SearchConfig(prompts=3, method="exact", beside=("random", "bayesian"))
    assert given[0].corpora == Path("texts")
    assert CliRunner().invoke(app, ["search", "--config", str(path)]).exit_code == 0
    assert given[1].search == SearchConfig(prompts=3, method="hierarchical", beside=(), aim="minimum")
    path.write_text("search: 3\n")
    with pytest.raises(ConfigError, match="search is 3, expected a mapping"):
        read_config(path, {"aim": "mean"})
    refused = CliRunner().invoke(app, ["search", "--config", str(path), "--method", "grid"])
    assert isinstance(refused.exception, ConfigError)
