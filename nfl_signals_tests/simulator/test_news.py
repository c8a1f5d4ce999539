"""Claims about what reports and notes hold, what it is worth, and who knows it."""

import re
from functools import cache
from typing import Literal

import numpy as np
import polars as pl
import pytest

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.simulator.league import League, simulate
from nfl_signals.simulator.teams.news import (
    LEVEL_SD,
    LEVEL_SHARES,
    LEVELS,
    PHRASES,
    points_per_level,
)

News = Literal["none", "in_line", "not_in_line"]

# A reader that knows nothing but the docstring of `simulator.news`.
READ = re.compile(
    r"^(?P<many>Several starting|One of \w+'s starting) \w+.* (?P<verb>missed|returned to) practice on"
)


def level_of(text: str) -> int:
    found = READ.match(text)
    if found is None:
        return 0
    size = 2 if found["many"].startswith("Several") else 1
    return size if found["verb"] == "returned to" else -size


@cache
def league(news: News, news_effect: float = 2.0) -> League:
    settings = SimulatorSettings(
        first_season=2010, n_seasons=10, weeks_played=22, news=news, news_effect=news_effect
    )
    return simulate(settings, seed=17)


def read_notes(of: League) -> pl.DataFrame:
    """What the rules find: `season, week, team, level, out`."""
    notes = pl.concat(of.notes.values())
    return (
        notes.with_columns(
            level=pl.Series([level_of(text) for text in notes["text"]]),
            out=pl.col("text").str.contains("is ruled out; .* will start"),
        )
        .group_by(pl.col("season", "week").cast(pl.Int64), "team")
        .agg(pl.col("level").sum(), pl.col("out").any())
    )


@cache
def games(news: News) -> pl.DataFrame:
    """Games with lines and truth, and what a rules-based reader knows of both teams."""
    of = league(news)
    both = of.games.join(of.truth, on="game_id").drop_nulls(["result", "spread_line"])
    for side in ("home", "away"):
        own = read_notes(of).rename(
            {"team": f"{side}_team", "level": f"{side}_level", "out": f"{side}_out"}
        )
        both = both.join(own, on=["season", "week", f"{side}_team"], how="left")
    return both.with_columns(
        pl.col("home_level", "away_level").fill_null(0),
        pl.col("home_out", "away_out").fill_null(value=False),
    )


def slope(x: pl.Series, y: pl.Series) -> tuple[float, float]:
    """Least squares slope of y on x, and its standard error."""
    design = np.column_stack([np.ones(len(x)), x.to_numpy()])
    beta = np.linalg.lstsq(design, y.to_numpy(), rcond=None)[0]
    residual = y.to_numpy() - design @ beta
    variance = residual.var() / (len(x) * x.to_numpy().var())
    return float(beta[1]), float(np.sqrt(variance))


def content(sign: int) -> pl.Expr:
    """Points that the notes of both teams are worth, to the margin (-1) or the total (+1)."""
    worth = points_per_level(league("in_line").settings)
    return worth * (pl.col("home_level") + sign * pl.col("away_level"))


@pytest.mark.slow
@pytest.mark.parametrize("news", ["in_line", "not_in_line"])
def test_a_rules_based_reader_recovers_what_notes_are_worth_to_the_margin(news: News) -> None:
    nobody_out = games(news).filter(~pl.col("home_out"), ~pl.col("away_out"))
    assert len(nobody_out) > 1500
    found = nobody_out.select(margin=content(-1), total=content(1))
    np.testing.assert_allclose(found["margin"], nobody_out["news_margin"], atol=1e-9)
    np.testing.assert_allclose(found["total"], nobody_out["news_total"], atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("news", "known"), [("none", 0), ("in_line", 0), ("not_in_line", 1)])
def test_news_predicts_the_truth_beyond_the_line_only_where_the_line_does_not_know_it(
    news: News, known: int, sign: int
) -> None:
    seen = games(news)
    mean, line = {-1: ("true_mean_margin", "spread_line"), 1: ("true_mean_total", "total_line")}[
        sign
    ]
    found, error = slope(seen.select(content(sign)).to_series(), seen[mean] - seen[line])
    assert error < 0.05
    assert found == pytest.approx(known, abs=4 * error + 0.1 * known)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("news", "pays"), [("none", False), ("in_line", False), ("not_in_line", True)]
)
def test_news_predicts_results_beyond_the_line_only_where_the_line_does_not_know_it(
    news: News, pays: bool
) -> None:
    seen = games(news)
    reported = seen.select(content(-1)).to_series()
    found, error = slope(reported, seen["result"] - seen["spread_line"])
    assert abs(found) < 4 * error if not pays else found > 3 * error


@pytest.mark.slow
def test_an_absence_that_the_line_does_not_know_costs_more_than_the_line_expects() -> None:
    for news, surprise in (("none", 0.0), ("in_line", 0.0), ("not_in_line", -3.5)):
        out = games(news).filter(pl.col("home_out"), ~pl.col("away_out"))
        assert len(out) > 100
        gap = (out["true_mean_margin"] - out["spread_line"]).mean()
        assert gap == pytest.approx(surprise, abs=0.8)


@pytest.mark.slow
def test_without_information_who_is_reported_out_plays_as_often_as_anybody() -> None:
    def plays(news: News) -> float:
        reports = pl.concat(league(news).injuries.values()).filter(position="QB")
        out = reports.select(
            pl.col("season", "week").cast(pl.Int64), home_team="team", starter="gsis_id"
        )
        found = league(news).games.join(out, on=["season", "week", "home_team"])
        return float((found["starter"] == found["home_qb_id"]).mean())

    assert plays("in_line") == plays("not_in_line") == 0
    assert plays("none") == pytest.approx(0.9, abs=0.06)


@pytest.mark.slow
def test_without_information_notes_move_no_truth() -> None:
    assert games("none").select(pl.col("news_margin", "news_total").abs().max()).row(0) == (0, 0)
    assert games("none")["home_level"].abs().sum() > 0


@pytest.mark.parametrize("effect", [0.0, 0.7, 2.0])
def test_the_effect_on_the_margin_has_the_sd_of_the_settings(effect: float) -> None:
    settings = SimulatorSettings(news_effect=effect)
    assert points_per_level(settings) * LEVEL_SD * np.sqrt(2) == pytest.approx(effect)
    variance = float(np.dot(np.square(LEVELS), LEVEL_SHARES))
    assert variance**0.5 == pytest.approx(LEVEL_SD)


def test_the_league_shows_the_effect_of_the_settings() -> None:
    nobody_out = games("in_line").filter(~pl.col("home_out"), ~pl.col("away_out"))
    assert nobody_out["news_margin"].std() == pytest.approx(2.0, rel=0.06)


@pytest.mark.slow
def test_a_bookmaker_without_news_still_knows_the_average() -> None:
    seen = games("not_in_line")
    for mean, line in (("true_mean_margin", "spread_line"), ("true_mean_total", "total_line")):
        usual = (games("in_line")[mean] - games("in_line")[line]).mean()
        assert (seen[mean] - seen[line]).mean() == pytest.approx(usual, abs=0.15)


def test_notes_print_no_number() -> None:
    assert not any(
        notes["text"].str.contains(r"\d").any() for notes in league("in_line").notes.values()
    )


def test_each_level_has_a_sentence_of_its_own_and_the_reader_knows_it() -> None:
    for level, phrase in PHRASES.items():
        text = phrase.format(unit="backs", code="KC", day="Thursday")
        assert level_of(text) == level
    assert set(PHRASES) | {0} == set(LEVELS)


def test_notes_and_reports_are_the_same_whether_the_line_knows_them_or_not() -> None:
    one, other = league("in_line"), league("not_in_line")
    assert one.games["result"].equals(other.games["result"])
    assert one.truth["true_mean_margin"].equals(other.truth["true_mean_margin"])
    for season in one.notes:
        assert one.notes[season].equals(other.notes[season])
        assert one.injuries[season].equals(other.injuries[season])
