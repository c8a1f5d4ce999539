"""Which forecasts a report scores, on a schedule small enough to do by hand."""

from collections.abc import Sequence

import polars as pl
import pytest

from nfl_signals.core.errors import JoinError
from nfl_signals.markets.definitions import ATS, MONEYLINE, Market
from nfl_signals.reports.shared.settled import (
    TWO_WAY,
    forecasters,
    push_share,
    same_games,
    settled_forecasts,
)

OUTCOMES = {  # season -> outcomes of its games, in order
    2020: ["yes", "yes", "yes", "no", "push"],
    2021: ["yes", "no", "push", None],
    2022: ["no", "no"],
}


def markets(name: str) -> pl.DataFrame:
    rows = [
        {
            "game_id": f"{season}_{place}",
            "market": name,
            "season": season,
            "week": place + 1,
            "p_market": 0.6,
            "outcome": outcome,
        }
        for season, outcomes in OUTCOMES.items()
        for place, outcome in enumerate(outcomes)
    ]
    return pl.DataFrame(rows)


def oof(
    name: str, games: list[str], *, learner: str = "tree", scheme: str = "walk_forward"
) -> pl.DataFrame:
    return pl.DataFrame({"game_id": games}, schema={"game_id": pl.String}).with_columns(
        market=pl.lit(name),
        learner=pl.lit(learner),
        scheme=pl.lit(scheme),
        p_hat=pl.lit(0.7),
        p_push=pl.lit(0.03),
    )


def stacked(name: str, games: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"game_id": games}, schema={"game_id": pl.String}).with_columns(
        market=pl.lit(name), p_hat=pl.lit(0.65), p_push=pl.lit(0.02)
    )


ALL = [f"{season}_{place}" for season, games in OUTCOMES.items() for place in range(len(games))]


def settled(market: Market, forecasts: pl.DataFrame, stack: Sequence[str] = ()) -> pl.DataFrame:
    return settled_forecasts(
        market,
        oof=forecasts,
        stacked=stacked(market.name, list(stack)),
        markets=markets(market.name),
    )


def stated(frame: pl.DataFrame, name: str, column: str = "p") -> dict[str, float]:
    mine = frame.filter(pl.col("forecaster") == name)
    return dict(zip(mine["game_id"], mine[column], strict=True))


def test_the_base_rate_is_the_share_of_yes_in_earlier_seasons_without_pushes() -> None:
    base = stated(settled(MONEYLINE, oof("moneyline", ALL)), "base rate")
    assert {game: p for game, p in base.items() if game.startswith("2021")} == {
        "2021_0": 3 / 4,
        "2021_1": 3 / 4,
        "2021_2": 3 / 4,
    }
    assert base["2022_0"] == 4 / 6


def test_the_first_season_has_a_base_rate_of_one_half_against_the_spread_and_none_on_moneyline() -> (
    None
):
    spread = stated(settled(ATS, oof("ats", ALL)), "base rate")
    moneyline = stated(settled(MONEYLINE, oof("moneyline", ALL)), "base rate")
    assert spread["2020_0"] == 0.5
    assert "2020_0" not in moneyline


def test_references_state_the_push_share_of_earlier_seasons() -> None:
    frame = settled(ATS, oof("ats", ALL))
    for name in ("price", "base rate"):
        pushes = stated(frame, name, "p_push")
        assert pushes["2020_0"] is None
        assert pushes["2021_0"] == 1 / 5
        assert pushes["2022_0"] == 2 / 8


def test_no_reference_states_a_push_of_a_playoff_moneyline() -> None:
    rows = pl.DataFrame({"season": 2022, "week": [18, 19], "push_rate": 0.004})
    for market, expected in ((MONEYLINE, [0.004, 0.0]), (ATS, [0.004, 0.004])):
        assert rows.select(push_share(market)).to_series().to_list() == expected


def test_games_without_an_outcome_are_left_out() -> None:
    assert "2021_3" not in settled(ATS, oof("ats", ALL))["game_id"].to_list()


def test_purged_kfold_forecasts_are_not_scored() -> None:
    both = pl.concat([oof("ats", ALL), oof("ats", ALL, learner="kf", scheme="purged_kfold")])
    assert forecasters(settled(ATS, both)) == ["tree", "price", "base rate"]


def test_other_markets_are_not_scored() -> None:
    both = pl.concat([oof("ats", ALL), oof("total", ["x"], learner="other")])
    assert "other" not in forecasters(settled(ATS, both))


def test_learners_come_by_name_then_the_stack_then_the_references() -> None:
    three = pl.concat([oof("ats", ALL, learner=name) for name in ("xgb", "tree", "zed")])
    assert forecasters(settled(ATS, three, ALL)) == [
        "tree",
        "xgb",
        "zed",
        "stack",
        "price",
        "base rate",
    ]


def test_the_same_games_are_those_that_every_forecaster_has() -> None:
    forecasts = pl.concat(
        [oof("ats", ALL, learner="a"), oof("ats", ["2021_0", "2021_1", "2022_0"], learner="b")]
    )
    shared = same_games(settled(ATS, forecasts, ["2021_1", "2022_0", "2022_1"]).filter(TWO_WAY))
    games = shared.group_by("forecaster").agg("game_id")["game_id"].to_list()
    assert len(games) == 5
    assert all(one == ["2021_1", "2022_0"] for one in games)


def test_pushes_are_out_of_two_way_rows_and_in_the_settled_ones() -> None:
    frame = settled(ATS, oof("ats", ALL))
    assert "2020_4" in frame["game_id"].to_list()
    assert "2020_4" not in frame.filter(TWO_WAY)["game_id"].to_list()


def test_a_forecast_of_an_unknown_game_is_an_error_that_names_it() -> None:
    with pytest.raises(JoinError, match=r"1 forecast game\(s\).*1999_9"):
        settled(ATS, oof("ats", [*ALL, "1999_9"]))
    with pytest.raises(JoinError, match="1999_9"):
        settled(ATS, oof("ats", ALL), ["1999_9"])


def test_without_forecasts_there_are_no_rows_and_no_references() -> None:
    assert settled(ATS, oof("ats", [])).height == 0
