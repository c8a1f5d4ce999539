"""On a Tuesday nobody knows more than the truth of Tuesday, and the lines of that day know less."""

from functools import cache
from itertools import product

import numpy as np
import polars as pl
import pytest

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.simulator.games.bookmaker import post_prices
from nfl_signals.simulator.games.scoring import MARGINS, above_and_on
from nfl_signals.simulator.games.season import Season, distribution_of, play_season
from nfl_signals.simulator.games.tuesday import (
    open_on_tuesday,
    p_out_on_tuesday,
    settled_later,
    truth_on_tuesday,
)
from nfl_signals.simulator.league import League, simulate
from nfl_signals.simulator.streams import stream
from nfl_signals.simulator.teams.news import LEVEL_SHARES, LEVELS, points_per_level

SETTINGS = SimulatorSettings(first_season=2018, n_seasons=4, weeks_played=9, missing_lines=0.0)
YES = ("p_home_win", "p_home_cover", "p_over")


@cache
def league(**changes: object) -> League:
    return simulate(SETTINGS.model_copy(update=changes), seed=5)


@cache
def season() -> Season:
    return play_season(None, season=2018, seed=5, settings=SETTINGS)


def known(of: League) -> pl.DataFrame:
    """Both truths of each game side by side; what is known at kickoff has a suffix."""
    tuesday, kickoff = (of.truth_tuesday.filter(known_by=by) for by in ("tuesday", "kickoff"))
    return tuesday.join(kickoff, on="game_id", suffix="_at_kickoff", validate="1:1")


def test_a_starter_who_began_the_last_game_is_known_to_play_or_not() -> None:
    out = np.array([[False, False, True, False]])
    plays = np.array([[True, True, True, False]])
    np.testing.assert_array_equal(p_out_on_tuesday(out, plays), [[0.0, 0.0, 1.0, np.nan]])


def test_one_who_missed_it_is_back_by_chance_whether_he_is_or_not() -> None:
    """0.75 after one week; after two 0.75 * 0.75, and 0.25 * 0.03 if he is hurt again."""
    plays = np.array([[True, True, True], [True, False, True]])
    for back in (False, True):
        out = np.array([[False, True, not back], [True, True, not back]])
        found = p_out_on_tuesday(out, plays)
        assert found[0].tolist() == [0.0, 1.0, 0.75]
        assert found[1, 2] == pytest.approx(0.75**2 + 0.25 * 0.03)


def test_at_kickoff_all_is_settled_and_the_moneylines_truth_is_that_of_the_close() -> None:
    kickoff = league().truth_tuesday.filter(known_by="kickoff")
    both = kickoff.join(league().truth, on="game_id", suffix="_close", validate="1:1")
    assert both["p_home_win"].equals(both["p_home_win_close"].rename("p_home_win"))
    assert both["p_tie"].equals(both["p_tie_close"].rename("p_tie"))
    moved = both.join(league().games, on="game_id", suffix="_now").drop_nulls("result")
    assert (moved["spread_line"] != moved["spread_line_now"]).mean() > 0.7  # type: ignore[operator]


def test_its_lines_are_the_opening_ones() -> None:
    both = league().truth_tuesday.join(league().lines_open, on="game_id")
    assert both.height == 2 * league().lines_open.height
    assert both["spread_line"].equals(both["spread_open"].rename("spread_line"))
    assert both["total_line"].equals(both["total_open"].rename("total_line"))


@pytest.mark.parametrize("name", YES)
def test_what_the_week_brings_is_0_on_average_whatever_tuesdays_truth_and_line_are(
    name: str,
) -> None:
    """A line that knew of Thursday's practice would lean against what is to come."""
    both = known(league()).drop_nulls(name)
    then, now = both[name].to_numpy(), both[f"{name}_at_kickoff"].to_numpy()
    assert len(then) > 800
    brought = now - then
    assert brought.std() > 0.02
    assert abs(brought.mean()) < 4 * brought.std() / np.sqrt(len(then))
    leaning = brought * (then - then.mean())
    assert abs(leaning.mean()) < 4 * leaning.std() / np.sqrt(len(then))


def test_without_news_only_a_quarterbacks_return_is_open() -> None:
    both = known(league(news="none"))
    same = (both["p_home_win"] - both["p_home_win_at_kickoff"]).abs() < 1e-12
    assert 0.5 < same.mean() < 1  # type: ignore[operator]


def test_it_is_the_sum_over_every_level_of_practice_and_every_quarterback() -> None:
    """One game, its hundred cases one by one."""
    still_open = open_on_tuesday(season())
    games = season().games.hstack(still_open).with_row_index("number")
    game = games.filter(pl.col("home_p_out") == 0.75).head(1)
    assert game.height == 1
    row, worth = game.row(0, named=True), points_per_level(SETTINGS)
    teams = [
        [
            (
                share * (row[f"{side}_p_out"] if out else 1 - row[f"{side}_p_out"]),
                worth * level + out * row[f"{side}_out_points"] - row[f"{side}_week_points"],
            )
            for level, share in zip(LEVELS, LEVEL_SHARES, strict=True)
            for out in (0, 1)
        ]
        for side in ("home", "away")
    ]
    p = 0.0
    for (p_home, home), (p_away, away) in product(*teams):
        scores = distribution_of(game, margin_error=home - away, total_error=home + away)
        p += p_home * p_away * above_and_on(scores.margin, MARGINS, np.zeros(1))[0][0]
    listed = game.with_columns(
        game_id=pl.lit("one"), gameday=pl.lit("2018-09-09"), gametime=pl.lit("13:00")
    )
    prices = next(iter(league().prices.values())).clear()
    found = truth_on_tuesday(listed, prices, SETTINGS).filter(known_by="tuesday")
    assert found["p_home_win"].item() == pytest.approx(p, abs=1e-12)
    assert found["p_home_cover"].item() is None


def test_the_opening_line_lacks_what_is_settled_later_and_errs_no_more_for_it() -> None:
    later = settled_later(open_on_tuesday(season()))
    boards = [
        post_prices(
            season().games,
            settings=SETTINGS,
            scarce=False,
            rng=stream(5, season=2018, topic="bookmaker"),
            later=points,
        )
        for points in (None, later)
    ]
    before, now = boards
    assert now.closing.equals(before.closing)
    learnt = now.opening_error - now.closing_error
    for market in (0, 1):
        slope = np.cov(learnt[market], later[market])[0, 1] / later[market].var(ddof=1)
        assert slope == pytest.approx(-1, abs=0.4)
        usual = (before.opening_error - before.closing_error)[market].std()
        assert learnt[market].std() == pytest.approx(usual, rel=0.1)


def test_an_open_as_sharp_as_the_close_lacks_nothing() -> None:
    board = post_prices(
        season().games,
        settings=SETTINGS.model_copy(update={"open_noise": 1.0}),
        scarce=False,
        rng=stream(5, season=2018, topic="bookmaker"),
        later=settled_later(open_on_tuesday(season())),
    )
    np.testing.assert_array_equal(board.opening_error, board.closing_error)
