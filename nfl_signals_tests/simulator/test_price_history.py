"""Three bookmakers quote each simulated game from Monday to kickoff, and learn on the way."""

from datetime import timedelta
from functools import cache

import polars as pl

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.ingest.games import kickoff_of
from nfl_signals.markets.odds import no_vig_probability
from nfl_signals.simulator.league import League, simulate

SETTINGS = SimulatorSettings(first_season=2019, n_seasons=2, weeks_played=9, missing_lines=0.0)


@cache
def league() -> League:
    return simulate(SETTINGS, seed=5)


def prices() -> pl.DataFrame:
    kickoff = kickoff_of(pl.concat_str("gameday", "gametime", separator=" ")).alias("kickoff_at")
    games = league().games.select("game_id", kickoff, "spread_line", "result")
    return pl.concat(league().prices.values()).join(games, on="game_id", validate="m:1")


def test_the_consensus_opens_and_closes_with_the_schedules_own_lines() -> None:
    mine = prices().filter(book="consensus", market="ats")
    closing = mine.filter(moment="close")
    assert closing["line"].equals(closing["spread_line"].rename("line"))
    opening = mine.filter(moment="open").join(league().lines_open, on="game_id")
    assert opening["line"].equals(opening["spread_open"].rename("line"))
    assert opening.height > closing.height > 300


def test_every_game_opens_before_its_tuesday_moves_after_it_and_closes_at_kickoff() -> None:
    rows = prices()
    # The Tuesday, 14:00 UTC, on which the game's week is predicted.
    day = (pl.col("kickoff_at") - timedelta(hours=38)).dt.truncate("1w")
    tuesday = day + timedelta(days=1, hours=14)
    before, at = pl.col("observed_at") < tuesday, pl.col("observed_at")
    assert rows.filter(moment="open").select(before.all()).item()
    assert not rows.filter(moment="snapshot").select(before.any()).item()
    assert rows.filter(moment="close").select((at == pl.col("kickoff_at")).all()).item()
    assert rows.select((at <= league().as_of).all()).item()


def test_lines_move_towards_the_close_and_books_differ_in_hold_and_in_error() -> None:
    rows = prices().filter(market="ats", book="consensus").sort("observed_at")
    closed = rows.filter(moment="close").select("game_id", close="line")
    away = rows.join(closed, on="game_id").with_columns(
        at=pl.col("observed_at").rank("ordinal").over("game_id"),
        away=(pl.col("line") - pl.col("close")).abs(),
    )
    means = away.group_by("at").agg(pl.col("away").mean()).sort("at")["away"].to_list()
    assert means == sorted(means, reverse=True)
    assert means[0] > 1
    assert means[-1] == 0
    both_sides = pl.sum_horizontal(
        pl.when(pl.col(side) < 0)
        .then(pl.col(side) / (pl.col(side) - 100))
        .otherwise(100 / (pl.col(side) + 100))
        for side in ("price_yes", "price_no")
    )
    held = prices().group_by("book").agg(both_sides.mean().alias("sides")).sort("sides")
    assert held["book"].to_list() == ["sharp", "consensus", "soft"]


def test_the_sharp_book_is_nearer_to_the_truth_than_the_consensus_and_that_than_the_soft() -> None:
    truth = league().truth.select("game_id", "p_home_win")
    rows = prices().filter(market="moneyline", moment="close").join(truth, on="game_id")
    said = no_vig_probability(pl.col("price_yes"), pl.col("price_no"))
    errors = rows.group_by("book").agg(((said - pl.col("p_home_win")) ** 2).mean().alias("error"))
    assert errors.sort("error")["book"].to_list() == ["sharp", "consensus", "soft"]


def test_a_week_later_the_same_prices_are_there_and_new_ones_after_them() -> None:
    later = simulate(SETTINGS.model_copy(update={"weeks_played": 10}), seed=5)
    for season, before in league().prices.items():
        after = later.prices[season]
        assert before.join(after, on=before.columns, how="anti").is_empty()
    assert later.prices[2020].height > league().prices[2020].height
