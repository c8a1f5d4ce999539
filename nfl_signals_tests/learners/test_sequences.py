"""Claims about each team's last games: `sequences`."""

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nfl_signals.features.build import build_features, build_markets
from nfl_signals.ingest.history import RESULT_DELAY, History
from nfl_signals.learners.sequences import CHANNELS, WINDOW, sequences
from nfl_signals_tests.support.model_builders import KICKOFF, team_row

AT = {channel: index for index, channel in enumerate(CHANNELS)}
Sequences = NDArray[np.float64]


def league(
    *games: tuple[str, str, str, float, float | None, float | None],
) -> tuple[pl.DataFrame, pl.DataFrame, pl.Series]:
    """Games as (id, home, away, day, margin, total), in seasons of 200 days."""
    rows, markets = [], []
    for game, home, away, day, margin, total in games:
        season = 2020 + int(day // 200)
        rows += [
            team_row(game, home, is_home=True, day=day, season=season),
            team_row(game, away, is_home=False, day=day, season=season),
        ]
        markets += [
            {"game_id": game, "market": name, "points": points}
            for name, points in (("ats", margin), ("moneyline", margin), ("total", total))
        ]
    points = pl.DataFrame(markets, schema_overrides={"points": pl.Float64})
    return pl.DataFrame(rows), points, pl.Series("game_id", [game[0] for game in games])


def channel(windows: Sequences, game: int, team: int, name: str) -> list[float]:
    return [round(value, 6) for value in windows[game, team, :, AT[name]].tolist()]


def weekly(n: int) -> list[tuple[str, str, str, float, float | None, float | None]]:
    """KC at home to LV every week; the margin of game k is k."""
    return [(f"g{k:02d}", "KC", "LV", 7.0 * k, float(k), 44.0 + k) for k in range(n)]


# --- which games


def test_a_first_game_has_nothing_but_zeros_behind_it() -> None:
    windows = sequences(*league(*weekly(1)), horizon="kickoff")
    assert windows.shape == (1, 2, WINDOW, len(CHANNELS))
    assert not windows.any()


def test_a_league_that_has_not_begun_has_sequences_of_zeros() -> None:
    features, markets, ids = league(
        ("a", "KC", "LV", 0, None, None), ("b", "LV", "KC", 7, None, None)
    )
    assert not sequences(features, markets, ids, horizon="kickoff").any()


def test_the_newest_game_comes_last_and_zeros_first() -> None:
    windows = sequences(*league(*weekly(4)), horizon="kickoff")
    margins = [0.0] * (WINDOW - 3) + [0.0, round(1 / 14, 6), round(2 / 14, 6)]
    assert channel(windows, 3, 0, "margin") == margins
    assert channel(windows, 3, 0, "played") == [0.0] * (WINDOW - 3) + [1.0] * 3


def test_the_window_holds_the_last_eight_games() -> None:
    windows = sequences(*league(*weekly(12)), horizon="kickoff")
    assert WINDOW == 8
    assert channel(windows, 11, 0, "margin") == [round(k / 14, 6) for k in range(3, 11)]


@given(st.integers(1, 20))
def test_a_team_has_as_many_games_behind_it_as_it_played_up_to_the_window(n: int) -> None:
    windows = sequences(*league(*weekly(n)), horizon="kickoff")
    counts = windows[:, :, :, AT["played"]].sum(axis=2)
    expected = np.minimum(np.arange(n), WINDOW)
    assert counts.tolist() == np.column_stack([expected, expected]).tolist()


def test_no_game_is_left_out_for_a_short_history_and_rows_follow_the_ids_given() -> None:
    features, markets, ids = league(*weekly(5))
    in_order = sequences(features, markets, ids, horizon="kickoff")
    backwards = sequences(features.reverse(), markets.reverse(), ids.reverse(), horizon="kickoff")
    some = sequences(features, markets, ids.gather([3, 1]), horizon="kickoff")
    assert len(in_order) == 5
    assert np.array_equal(backwards, in_order[::-1])
    assert np.array_equal(some, in_order[[3, 1]])


def test_each_team_has_its_own_games() -> None:
    windows = sequences(
        *league(
            ("a", "KC", "LV", 0, 10.0, 50.0),
            ("b", "DEN", "LAC", 0, -3.0, 40.0),
            ("c", "LV", "DEN", 7, 1.0, 41.0),
        ),
        horizon="kickoff",
    )
    assert windows[2, 0, -1, AT["margin"]] == pytest.approx(-10 / 14)
    assert windows[2, 1, -1, AT["margin"]] == pytest.approx(-3 / 14)
    assert windows[2, :, -1, AT["site"]].tolist() == [-1.0, 1.0]
    assert windows[2, :, :-1].any() == False  # noqa: E712 - an array's truth


def test_a_game_never_played_is_no_game() -> None:
    windows = sequences(
        *league(
            ("a", "KC", "LV", 0, 10.0, 50.0),
            ("b", "KC", "DEN", 7, None, None),
            ("c", "LV", "KC", 14, 1.0, 41.0),
        ),
        horizon="kickoff",
    )
    assert channel(windows, 2, 1, "played") == [0.0] * (WINDOW - 1) + [1.0]
    assert windows[2, 1, -1, AT["margin"]] == pytest.approx(10 / 14)


@pytest.mark.parametrize(("later", "known"), [(timedelta(0), 1.0), (timedelta(seconds=-1), 0.0)])
def test_a_result_counts_from_the_instant_it_is_known(later: timedelta, known: float) -> None:
    days = (RESULT_DELAY + later) / timedelta(days=1)
    windows = sequences(
        *league(("a", "KC", "LV", 0, 3.0, 44.0), ("b", "KC", "DEN", days, None, None)),
        horizon="kickoff",
    )
    assert windows[1, 0, -1, AT["played"]] == known


# --- the channels of a game


def test_channels_of_one_game_by_hand() -> None:
    """Home rating 4 against 1 with a home field of 2; won by 7, 51 points, after ten days."""
    home = {
        **{"rating": 4.0, "epa_rating": 6.0, "offense": 3.0, "defense": -1.0, "home_field": 2.0},
        **{"quarterback": 1.4, "rest_days": 10.5},
    }
    away = {"rating": 1.0, "epa_rating": -1.0, "offense": 0.5, "defense": -0.5, "rest_days": 7.0}
    features = pl.DataFrame(
        [
            team_row("a", "KC", is_home=True, **home),
            team_row("a", "LV", is_home=False, **away),
            team_row("b", "KC", is_home=True, day=7),
            team_row("b", "LV", is_home=False, day=7),
        ]
    )
    markets = pl.DataFrame(
        {"game_id": ["a", "a"], "market": ["ats", "total"], "points": [7.0, 51.0]}
    )
    windows = sequences(features, markets, pl.Series(["b"]), horizon="kickoff")
    assert dict(zip(CHANNELS, windows[0, 0, -1].tolist(), strict=True)) == pytest.approx(
        {
            "played": 1.0,
            "margin": 7 / 14,
            "total": (51 - 44) / 14,
            "expected_margin": (4 - 1 + 2) / 14,
            "expected_margin_epa": (6 + 1 + 2) / 14,
            "expected_total": (3 + 0.5 - 1 - 0.5) / 14,
            "quarterback": 1.4 / 14,
            "site": 1.0,
            "rest": 0.5,
            "earlier_season": 0.0,
        }
    )
    other = dict(zip(CHANNELS, windows[0, 1, -1].tolist(), strict=True))
    assert (other["margin"], other["site"], other["rest"]) == (-0.5, -1.0, 0.0)
    assert other["expected_margin"] == pytest.approx(-5 / 14)
    assert other["total"] == other["expected_total"] * 0 + 0.5


def test_neutral_ground_is_no_site() -> None:
    features, markets, ids = league(*weekly(2))
    features = features.with_columns(is_neutral=pl.lit(1.0))
    assert sequences(features, markets, ids, horizon="kickoff")[1, :, -1, AT["site"]].tolist() == [
        0.0,
        0.0,
    ]


def test_a_window_reaches_back_across_seasons_and_marks_the_gap() -> None:
    games = [
        ("a", "KC", "LV", 180, 3.0, 44.0),
        ("b", "KC", "LV", 200, 7.0, 44.0),
        ("c", "KC", "LV", 207, None, None),
    ]
    windows = sequences(*league(*games), horizon="kickoff")  # type: ignore[arg-type]
    assert channel(windows, 1, 0, "earlier_season")[-1:] == [1.0]
    assert channel(windows, 2, 0, "earlier_season")[-2:] == [1.0, 0.0]
    assert channel(windows, 2, 0, "played")[-3:] == [0.0, 1.0, 1.0]


# --- nothing leaks


@given(st.integers(0, 11), st.floats(-60, 60))
def test_a_changed_result_changes_only_later_games_of_the_two_teams(k: int, margin: float) -> None:
    features, markets, ids = league(*weekly(12))
    before = sequences(features, markets, ids, horizon="kickoff")
    here = (pl.col("game_id") == f"g{k:02d}") & (pl.col("market") != "total")
    changed = markets.with_columns(pl.when(here).then(margin).otherwise("points").alias("points"))
    after = sequences(features, changed, ids, horizon="kickoff")
    assert np.array_equal(after[: k + 1], before[: k + 1])
    assert np.array_equal(after[k + 1 + WINDOW :], before[k + 1 + WINDOW :])


def test_no_result_at_or_after_a_kickoff_reaches_a_sequence_of_a_simulated_league(
    simulated_history: History, simulated_features: pl.DataFrame
) -> None:
    markets = build_markets(simulated_history)
    games = simulated_features.filter("is_home").sort("kickoff_at", "game_id")
    before = sequences(simulated_features, markets, games["game_id"], horizon="kickoff")
    first_season = games.filter(pl.col("season") == 2014)
    for cut in first_season["kickoff_at"].unique().sort()[20::30]:
        later = markets.join(games.select("game_id", at="kickoff_at"), on="game_id")
        noise = pl.when(pl.col("at") + RESULT_DELAY > cut).then(pl.col("points") + 17)
        changed = later.with_columns(points=noise.otherwise("points"))
        after = sequences(simulated_features, changed, games["game_id"], horizon="kickoff")
        known = (games["kickoff_at"] <= cut).to_numpy()
        assert np.array_equal(after[known], before[known])
        assert not np.array_equal(after[~known], before[~known])


def test_what_was_known_at_a_kickoff_gives_the_sequences_that_the_whole_history_gives(
    simulated_history: History, simulated_features: pl.DataFrame
) -> None:
    whole = sequences_by_game(simulated_history, simulated_features)
    for cut in _kickoffs(simulated_features)[15::70]:
        then = simulated_history.known_at(cut)
        features = build_features(then, horizon="kickoff")
        for game, windows in sequences_by_game(then, features, at=cut).items():
            assert np.array_equal(windows, whole[game])


def sequences_by_game(
    history: History, features: pl.DataFrame, *, at: datetime | None = None
) -> dict[str, Sequences]:
    games = features.filter("is_home")
    games = games if at is None else games.filter(pl.col("kickoff_at") == at)
    windows = sequences(features, build_markets(history), games["game_id"], horizon="kickoff")
    return dict(zip(games["game_id"].to_list(), windows, strict=True))


def _kickoffs(features: pl.DataFrame) -> list[datetime]:
    return features["kickoff_at"].unique().sort().to_list()


def test_a_simulated_leagues_sequences_are_those_of_a_plain_loop(
    simulated_history: History, simulated_features: pl.DataFrame
) -> None:
    markets = build_markets(simulated_history)
    ids = simulated_features.filter("is_home")["game_id"]
    windows = sequences(simulated_features, markets, ids, horizon="kickoff")
    margin = dict(markets.filter(market="ats").select("game_id", "points").iter_rows())
    sides = simulated_features.select("game_id", "team_id", "is_home", "kickoff_at").to_dicts()
    row = {game: index for index, game in enumerate(ids)}
    for side in sides[::97]:
        earlier = [
            (1 if one["is_home"] else -1) * margin[one["game_id"]] / 14
            for one in sorted(sides, key=lambda one: one["kickoff_at"])
            if one["team_id"] == side["team_id"]
            and margin[one["game_id"]] is not None
            and one["kickoff_at"] + RESULT_DELAY <= side["kickoff_at"]
        ][-WINDOW:]
        mine = windows[row[side["game_id"]], 0 if side["is_home"] else 1, :, AT["margin"]]
        assert mine.tolist() == pytest.approx([0.0] * (WINDOW - len(earlier)) + earlier)


def test_games_of_a_window_are_in_the_order_of_time() -> None:
    windows = sequences(*league(*weekly(20)), horizon="kickoff")
    for game in windows[:, 0, :, AT["total"]]:
        assert all(late >= early for early, late in pairwise(game[game > 0]))
    assert KICKOFF.tzinfo is not None
