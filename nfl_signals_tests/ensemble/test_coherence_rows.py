"""A game's three markets in one table are coherent, whichever of them are there, in whatever order."""

import numpy as np
import polars as pl
import pytest

from nfl_signals.ensemble.coherence_rows import coherent_rows, coherent_season
from nfl_signals.features.settled_games import fit_scores, settled_games
from nfl_signals.markets.coherence import CoherenceInputs, make_coherent
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.stacking.walk_forward import walk_forward_coherence
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.score_games import drawn_games, football

KEYS = ["game_id", "market"]
LINES = {"ats": 3.0, "moneyline": 0.0, "total": 44.0}


def calibrated(game: str, *, lines: dict[str, float] | None = None, **p: float) -> pl.DataFrame:
    """Calibrated rows of the markets that a game has."""
    where = LINES | (lines or {})
    return pl.DataFrame(
        {
            "game_id": [game] * len(p),
            "market": list(p),
            "line": [where[name] for name in p],
            "can_tie": [True] * len(p),
            "p_calibrated": list(p.values()),
            "season": pl.Series([int(game[:4])] * len(p), dtype=pl.Int32),
            "week": pl.Series([1] * len(p), dtype=pl.Int32),
            "kickoff_at": [utc(f"{game[:4]}-09-10 17:00")] * len(p),
        }
    )


def gold(seasons: list[int], *, games: int = 80, seed: int = 1) -> pl.DataFrame:
    """Markets of settled games drawn from a known score distribution."""
    n = games * len(seasons)
    margin, total, spread_line, total_line = drawn_games(n, seed=seed)
    base = pl.DataFrame(
        {"game_id": [f"g{row:04d}" for row in range(n)], "season": np.repeat(seasons, games)}
    )
    numbers = {
        "ats": (margin, spread_line),
        "moneyline": (margin, np.zeros(n)),
        "total": (total, total_line),
    }
    return pl.concat(
        base.with_columns(market=pl.lit(name), points=pl.Series(points), line=pl.Series(line))
        for name, (points, line) in numbers.items()
    )


def unless(game: str, market: str, column: str) -> pl.Expr:
    """The column, null in one row."""
    here = (pl.col("game_id") == game) & (pl.col("market") == market)
    return pl.when(~here).then(column).alias(column)


def test_three_markets_are_what_coherence_makes_of_the_game() -> None:
    expected = make_coherent(
        football(),
        CoherenceInputs(
            p_moneyline=np.array([0.6]),
            p_ats=np.array([0.52]),
            p_total=np.array([0.47]),
            spread_line=np.array([3.0]),
            total_line=np.array([44.0]),
            can_tie=np.array([True]),
        ),
    )
    coherent = coherent_rows(
        football(), calibrated("2020_01_A_B", ats=0.52, moneyline=0.6, total=0.47)
    )
    for row in coherent.iter_rows(named=True):
        assert row["p_hat"] == expected.p_hat[row["market"]][0]
        assert row["p_push"] == expected.p_push[row["market"]][0]


@pytest.mark.parametrize("name", MARKETS)
def test_a_market_alone_keeps_its_probability(name: str) -> None:
    coherent = coherent_rows(football(), calibrated("2020_01_A_B", lines=None, **{name: 0.57}))
    assert coherent.height == 1
    assert coherent["p_hat"].item() == pytest.approx(0.57, abs=1e-6)


def test_whole_lines_push_and_half_points_do_not() -> None:
    whole = calibrated("2020_01_A_B", ats=0.5, total=0.5)
    half = calibrated("2020_02_A_B", ats=0.5, total=0.5, lines={"ats": 3.5, "total": 44.5})
    coherent = coherent_rows(football(), pl.concat([whole, half]))
    assert (coherent.filter(game_id="2020_01_A_B")["p_push"] > 0.01).all()
    assert coherent.filter(game_id="2020_02_A_B")["p_push"].to_list() == [0.0, 0.0]


def test_a_playoff_moneyline_states_no_push_and_a_regular_one_does() -> None:
    regular = calibrated("2020_17_A_B", moneyline=0.6, total=0.5)
    playoff = calibrated("2020_18_A_B", moneyline=0.6, total=0.5).with_columns(can_tie=False)
    coherent = coherent_rows(football(), pl.concat([regular, playoff]))
    stated = coherent.filter(market="moneyline")["p_push"].to_list()
    assert stated[0] > 0.0005
    assert stated[1] == 0
    assert (coherent.filter(market="total")["p_push"] > 0.01).all()


def test_giving_points_is_never_likelier_than_winning() -> None:
    """Calibrated apart, this favourite covers seven points more often than it wins."""
    rows = calibrated("2020_01_A_B", ats=0.62, moneyline=0.55, lines={"ats": 7.0})
    coherent = coherent_rows(football(), rows)
    p = {
        row["market"]: row["p_hat"] * (1 - row["p_push"]) for row in coherent.iter_rows(named=True)
    }
    assert p["ats"] < p["moneyline"]


def test_rows_stay_where_they_were_with_all_their_columns() -> None:
    games = [
        calibrated("2020_02_A_B", total=0.52, ats=0.48),
        calibrated("2020_01_A_B", moneyline=0.7, total=0.45, ats=0.51),
    ]
    rows = pl.concat([games[0].head(1), games[1], games[0].tail(1)]).with_row_index("extra")
    coherent = coherent_rows(football(), rows)
    assert coherent.drop("p_hat", "p_push").equals(rows)
    shuffled = coherent_rows(football(), rows.sample(fraction=1.0, shuffle=True, seed=3)).sort(
        "extra"
    )
    assert coherent["p_hat"].to_numpy() == pytest.approx(shuffled["p_hat"].to_numpy(), abs=1e-12)


def test_no_rows_give_no_rows() -> None:
    coherent = coherent_rows(football(), calibrated("2020_01_A_B", ats=0.5).head(0))
    assert coherent.is_empty()
    assert {"p_hat", "p_push"} <= set(coherent.columns)


def test_scores_are_learned_from_played_games_that_had_both_lines() -> None:
    markets = gold([2019])
    played = pl.when(pl.col("game_id") != "g0002").then("points").alias("points")
    without_spread = markets.with_columns(unless("g0000", "ats", "line"), played)
    missing = without_spread.with_columns(unless("g0001", "total", "line"))
    settled = settled_games(missing)
    assert set(settled.columns) >= {"season", "margin", "total", "spread_line", "total_line"}
    assert settled["game_id"].to_list() == [f"g{row:04d}" for row in range(3, 80)]
    assert settled.null_count().sum_horizontal().item() == 0
    assert fit_scores(settled).n_games == 77


def test_a_game_that_had_no_price_trains_all_the_same() -> None:
    markets = gold([2019]).with_columns(p_market=pl.lit(None, pl.Float64))
    assert settled_games(markets).height == 80


def test_a_season_is_coherent_by_what_the_seasons_before_it_train() -> None:
    settled = settled_games(gold([2018, 2019, 2020, 2021]))
    rows = pl.concat(
        calibrated(f"{season}_01_A_B", ats=0.52, moneyline=0.6, total=0.47)
        for season in (2020, 2021)
    )
    coherent = walk_forward_coherence(rows, settled, make_coherent=coherent_season)
    for season in (2020, 2021):
        before = settled.filter(pl.col("season") < season)
        current = rows.filter(season=season)
        expected = coherent_rows(fit_scores(before), current)
        assert coherent.filter(season=season).equals(expected.sort("market"))
    changed = settled.with_columns(
        pl.when(pl.col("season") >= 2020).then(pl.col("margin") + 7.0).otherwise("margin")
    )
    again = walk_forward_coherence(rows, changed, make_coherent=coherent_season)
    assert again.filter(season=2020).equals(coherent.filter(season=2020))
    assert not again.filter(season=2021).equals(coherent.filter(season=2021))
