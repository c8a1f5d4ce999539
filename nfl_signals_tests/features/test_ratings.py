"""The filter by hand: what one game, a rematch, a summer and a new quarterback do to ratings.

Variances of the model's defaults: offense and defense 3.5^2 = 12.25, quarterback 3.2^2 = 10.24, noise
9.5^2 = 90.25. What a side scores on another has the variance of all four: 124.99.
"""

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from nfl_signals.features.ratings import RATING_SCHEMA, RatingModel, rate, soft_margin
from nfl_signals_tests.support.matches import DELAY, LEVEL, PAR, after, match, rated, sides, table

TEAM, QUARTERBACK, SPREAD = 12.25, 10.24, 124.99
NAMED = ("Mahomes", "Goff")


def test_before_any_game_everybody_is_average_and_home_field_is_the_models() -> None:
    first = match("KC", "DET", week=1, starters=NAMED, neutral=False)
    home, away = sides(rated([first]), first)
    for side in (home, away):
        assert [side["offense"], side["defense"], side["quarterback"]] == [0.0, 0.0, 0.0]
    assert (home["home_field"], away["home_field"]) == (2.4, 0.0)


def test_a_quarterback_nobody_names_counts_as_a_newcomer() -> None:
    first = match("KC", "DET", week=1, neutral=False)
    home, away = sides(rated([first]), first)
    for side in (home, away):
        assert [side["offense"], side["defense"], side["quarterback"]] == [-2.0, 0.0, -2.0]


def test_a_first_game_without_named_quarterbacks_by_hand() -> None:
    # Expected 21.5 - 2 = 19.5 each; 28 and 14 are surprises of 8.5 and -5.5.
    first = match("KC", "DET", week=1, scored=(28, 14))
    second = match("KC", "DET", week=2)
    home, away = sides(after([first], second), second)
    gain = TEAM / SPREAD  # 0.098008: an unnamed quarterback may be anybody, hence his variance too
    assert home["offense"] == pytest.approx(8.5 * gain - 2)
    assert away["defense"] == pytest.approx(8.5 * gain)
    assert away["offense"] == pytest.approx(-5.5 * gain - 2)
    assert home["defense"] == pytest.approx(-5.5 * gain)
    assert home["quarterback"] == away["quarterback"] == -2.0
    assert home["offense"] == pytest.approx(-1.16693, abs=1e-5)


def test_a_first_game_with_quarterbacks_splits_the_credit_by_variance() -> None:
    # 28 and 14 against 21.5 each: 6.5 and -7.5.
    first = match("KC", "DET", week=1, scored=(28, 14), starters=NAMED)
    second = match("KC", "DET", week=2, starters=NAMED)
    home, away = sides(after([first], second), second)
    assert home["quarterback"] == pytest.approx(6.5 * QUARTERBACK / SPREAD)
    assert home["offense"] == pytest.approx(6.5 * (TEAM + QUARTERBACK) / SPREAD)
    assert away["defense"] == pytest.approx(6.5 * TEAM / SPREAD)
    assert away["quarterback"] == pytest.approx(-7.5 * QUARTERBACK / SPREAD)
    assert away["offense"] == pytest.approx(-7.5 * (TEAM + QUARTERBACK) / SPREAD)
    assert home["defense"] == pytest.approx(-7.5 * TEAM / SPREAD)


def test_at_home_half_of_home_field_was_expected_and_the_other_half_not() -> None:
    first = match("KC", "DET", week=1, scored=(28, 14), starters=NAMED, neutral=False)
    second = match("KC", "DET", week=2, starters=NAMED, neutral=False)
    home, away = sides(after([first], second), second)
    assert home["quarterback"] == pytest.approx((28 - 21.5 - 1.2) * QUARTERBACK / SPREAD)
    assert away["quarterback"] == pytest.approx((14 - 21.5 + 1.2) * QUARTERBACK / SPREAD)
    # 14 points of margin where 2.4 were expected; 0.008 of the difference is learned.
    assert home["home_field"] == pytest.approx(2.4 + 0.008 * 11.6)


def test_a_rematch_by_hand_starts_from_a_narrower_belief_that_a_week_has_widened() -> None:
    first = match("KC", "DET", week=1, scored=(28, 14), starters=NAMED)
    second = match("DET", "KC", week=2, scored=(21, 24), starters=NAMED[::-1])
    third = match("KC", "DET", week=3, starters=NAMED)
    before = 6.5 * (2 * TEAM + QUARTERBACK) / SPREAD
    level = LEVEL + 0.002 * (6.5 - 7.5) / 2
    surprise = 24 - level - before
    # Of the variance 34.74 of offense + quarterback + defense the share 34.74 / 124.99 is gone;
    # a week adds 0.35^2 to each side of the ball and 0.4^2 to the quarterback.
    left = 1 - 34.74 / SPREAD
    spread = 34.74 * left + 2 * 0.1225 + 0.16 + 90.25
    offense = 6.5 * TEAM / SPREAD + surprise * (TEAM * left + 0.1225) / spread
    passer = 6.5 * QUARTERBACK / SPREAD + surprise * (QUARTERBACK * left + 0.16) / spread
    home, _ = sides(after([first, second], third), third)
    assert home["quarterback"] == pytest.approx(passer)
    assert home["offense"] == pytest.approx(offense + passer)


def test_a_game_that_ends_as_the_ratings_expect_changes_none_of_them() -> None:
    """Also where no quarterback is named: what is shown is what the game is learned against."""
    fixed = RatingModel(level_rate=0.0, home_field_rate=0.0)
    start = [
        match("KC", "DET", week=1, scored=(31, 10), starters=("Mahomes", None)),
        match("BUF", "DET", week=2, scored=(20, 27), neutral=False),
    ]
    game = match("BUF", "KC", week=3, starters=("Allen", None), neutral=False)
    rematch = match("BUF", "KC", week=4, starters=("Allen", None), neutral=False)
    home, away = sides(after(start, game, model=fixed), game)
    game["home_scored"] = LEVEL + 1.2 + home["offense"] + away["defense"]
    game["away_scored"] = LEVEL - 1.2 + away["offense"] + home["defense"]
    learned = sides(after([*start, game], rematch, model=fixed), rematch)
    for old, new in zip((home, away), learned, strict=True):
        for name in ("offense", "defense", "quarterback"):
            assert new[name] == pytest.approx(old[name], abs=1e-12)


# --- summers, newcomers, moves


def test_a_summer_takes_teams_back_to_average_and_quarterbacks_towards_half_a_newcomer() -> None:
    last = match("KC", "DET", week=1, scored=(28, 14), starters=NAMED)
    opener = match("KC", "DET", week=1, season=2023, starters=NAMED)
    home, away = sides(after([last], opener), opener)
    assert home["quarterback"] == pytest.approx(0.9 * 6.5 * QUARTERBACK / SPREAD - 0.1)
    assert away["defense"] == pytest.approx(0.7 * 6.5 * TEAM / SPREAD)
    offense = 0.7 * 6.5 * TEAM / SPREAD
    assert home["offense"] == pytest.approx(offense + home["quarterback"])


def test_two_summers_pass_where_a_season_is_missing() -> None:
    last = match("KC", "DET", week=1, scored=(28, 14), starters=NAMED)
    opener = match("KC", "DET", week=1, season=2024, starters=NAMED)
    home, away = sides(after([last], opener), opener)
    assert away["defense"] == pytest.approx(0.7**2 * 6.5 * TEAM / SPREAD)
    one_summer = 0.9 * 6.5 * QUARTERBACK / SPREAD - 0.1
    assert home["quarterback"] == pytest.approx(0.9 * one_summer - 0.1)


def test_a_quarterback_who_comes_after_the_first_season_starts_as_a_newcomer() -> None:
    games = [
        match("KC", "DET", week=1, scored=(21.5, 21.5), starters=NAMED),
        match("KC", "DET", week=2, starters=("Henne", "Goff")),
        match("KC", "DET", week=1, season=2023, starters=("Rookie", "Goff")),
    ]
    ratings = rated(games)
    # Of the first season nobody knows who is new: all start as average.
    assert sides(ratings, games[1])[0]["quarterback"] == 0.0
    rookie = sides(ratings, games[2])[0]
    assert (rookie["quarterback"], rookie["offense"]) == (-2.0, -2.0)


def test_a_team_that_joins_the_league_starts_as_average() -> None:
    start = match("KC", "DET", week=1, scored=(28, 14))
    houston = match("HOU", "KC", week=1, season=2023)
    assert sides(after([start], houston), houston)[0] == {
        "game_id": houston["game_id"],
        "team": "HOU",
        "offense": -2.0,
        "defense": 0.0,
        "quarterback": -2.0,
        "home_field": 0.0,
    }


@pytest.mark.parametrize(("returns", "known"), [(2019, True), (2021, True), (2022, False)])
def test_after_three_seasons_without_a_start_a_quarterback_is_new_again(
    returns: int, known: bool
) -> None:
    started = match("KC", "DET", week=1, season=2018, scored=(45, 20), starters=NAMED)
    between = [
        match("BUF", "MIA", week=1, season=season, scored=(20, 20))
        for season in range(2019, returns)
    ]
    again = match("KC", "DET", week=1, season=returns, starters=("Mahomes", None))
    home, _ = sides(after([started, *between], again), again)
    rating = 23.5 * QUARTERBACK / SPREAD
    for _ in range(returns - 2018):
        rating = 0.9 * rating - 0.1
    assert home["quarterback"] == pytest.approx(rating if known else -2.0)


def test_a_quarterback_takes_his_rating_to_another_team_and_leaves_the_rest_behind() -> None:
    started = match("KC", "DET", week=1, scored=(45, 20), starters=NAMED)
    stays = match("KC", "BUF", week=2, starters=("Mahomes", "Allen"))
    moves = match("KC", "BUF", week=2, starters=("Henne", "Mahomes"))
    old, _ = sides(after([started], stays), stays)
    left, new = sides(after([started], moves), moves)
    assert new["quarterback"] == new["offense"] == old["quarterback"] > 0
    assert left["offense"] == pytest.approx(old["offense"] - old["quarterback"])


# --- what is known when


@pytest.mark.parametrize(("hours", "known"), [(0, False), (5.99, False), (6, False), (6.01, True)])
def test_a_result_is_learned_once_it_is_known_strictly_before_kickoff(
    hours: float, known: bool
) -> None:
    first = match("KC", "DET", week=1, scored=(45, 20))
    second = match("KC", "BUF", week=1 + hours / (7 * 24))
    home, _ = sides(after([first], second), second)
    assert (home["offense"] != -2.0) == known


def test_games_with_the_same_kickoff_do_not_influence_each_other() -> None:
    start = [match("KC", "DET", week=1, scored=(30, 13)), match("BUF", "MIA", week=1)]
    for score in ((0.0, 60.0), (60.0, 0.0)):
        both = [match("DET", "BUF", week=2, scored=score), match("KC", "MIA", week=2)]
        assert sides(rated([*start, *both]), both[1]) == sides(rated([*start, both[1]]), both[1])


def test_games_without_scores_leave_the_belief_as_it_was() -> None:
    played = [match("KC", "DET", week=week, scored=(28, 10 * week)) for week in (1, 2, 4)]
    unplayed = [match("KC", "DET", week=3, starters=NAMED), match("BUF", "MIA", week=2)]
    last = match("DET", "KC", week=5)
    with_them, without = after([*played, *unplayed], last), after(played, last)
    for new, old in zip(sides(with_them, last), sides(without, last), strict=True):
        for name in ("offense", "defense", "quarterback"):
            assert new[name] == pytest.approx(old[name], abs=1e-12)


def test_the_order_of_the_input_rows_does_not_matter() -> None:
    rows = [
        match("KC", "DET", week=week, scored=(10 + 3 * week, 20), starters=NAMED)
        for week in range(8)
    ]
    rows += [match("BUF", "MIA", week=week, scored=(17, 3 * week)) for week in range(8)]
    games = table(rows)
    shuffled = games.sample(fraction=1.0, shuffle=True, seed=5)
    assert_frame_equal(rate(shuffled, delay=DELAY), rate(games, delay=DELAY), check_exact=True)


def test_two_rows_per_game_in_order_of_kickoff_home_first() -> None:
    games = table([match("KC", "DET", week=2), match("BUF", "MIA", week=1)])
    assert rate(games, delay=DELAY)["team"].to_list() == ["BUF", "MIA", "KC", "DET"]
    nothing = rate(games.clear(), delay=DELAY)
    assert nothing.is_empty()
    assert nothing.schema == RATING_SCHEMA


# --- symmetry and sureness


scores = st.floats(0, 70)


@given(st.lists(st.tuples(scores, scores), min_size=1, max_size=4))
def test_on_neutral_ground_home_and_away_are_only_names(results: list[tuple[float, float]]) -> None:
    last = match("KC", "DET", week=9, starters=NAMED)
    here = [match("KC", "DET", week=w, scored=s, starters=NAMED) for w, s in enumerate(results)]
    there = [
        match("DET", "KC", week=w, scored=s[::-1], starters=NAMED[::-1])
        for w, s in enumerate(results)
    ]
    for one, other in zip(
        sides(after(here, last), last), sides(after(there, last), last), strict=True
    ):
        for name in ("offense", "defense", "quarterback"):
            assert one[name] == pytest.approx(other[name], abs=1e-9)


@given(scores, scores)
def test_what_one_offense_gains_the_other_defense_is_charged_with(
    home_score: float, away_score: float
) -> None:
    first = match("KC", "DET", week=1, scored=(home_score, away_score))
    second = match("KC", "DET", week=2)
    home, away = sides(after([first], second), second)
    assert home["offense"] + 2 == pytest.approx(away["defense"], abs=1e-12)
    assert away["offense"] + 2 == pytest.approx(home["defense"], abs=1e-12)
    assert (home["offense"] + 2) * (home_score - PAR) >= 0


@given(st.floats(0, 19))
def test_around_the_leagues_level_one_teams_gain_is_the_others_loss(margin: float) -> None:
    first = match("KC", "DET", week=1, scored=(PAR + margin, PAR - margin))
    second = match("KC", "DET", week=2)
    home, away = sides(after([first], second), second)
    net = [side["offense"] + 2 - side["defense"] for side in (home, away)]
    assert net[0] == pytest.approx(-net[1], abs=1e-12)
    assert home["offense"] + away["offense"] == pytest.approx(-4, abs=1e-12)


def _move(quiet_weeks: int, *, pause: float = 1) -> float:
    """How far one surprise of ten points moves an offense after so many games as expected."""
    quiet = [match("KC", "DET", week=week, scored=(PAR, PAR)) for week in range(quiet_weeks)]
    upset = match("KC", "DET", week=quiet_weeks - 1 + pause, scored=(PAR + 10, PAR))
    last = match("KC", "DET", week=quiet_weeks + pause)
    return sides(after([*quiet, upset], last), last)[0]["offense"] + 2


def test_the_more_games_a_rating_rests_on_the_less_one_moves_it() -> None:
    moves = [_move(weeks) for weeks in range(0, 12, 2)]
    assert moves[0] == pytest.approx(10 * TEAM / SPREAD)
    assert moves == sorted(moves, reverse=True)
    assert moves[-1] < 0.6 * moves[0]


def test_the_longer_a_pause_the_more_one_game_moves_a_rating() -> None:
    moves = [_move(8, pause=pause) for pause in (1, 2, 4, 8)]
    assert moves == sorted(moves)
    assert moves[-1] > 1.1 * moves[0]


# --- how much a score counts


def _bent(home: float, away: float) -> tuple[float, float]:
    frame = pl.DataFrame({"home": [home], "away": [away]})
    return frame.select(*(e.alias(n) for e, n in zip(_soft(), "ab", strict=True))).row(0)


def _soft() -> tuple[pl.Expr, pl.Expr]:
    return soft_margin(pl.col("home"), pl.col("away"))


@given(scores, scores)
def test_a_bent_margin_keeps_total_winner_and_symmetry_and_never_grows(
    home: float, away: float
) -> None:
    one, other = _bent(home, away)
    assert one + other == pytest.approx(home + away)
    assert (other, one) == pytest.approx(_bent(away, home))
    assert (one - other) * (home - away) >= 0
    assert abs(one - other) <= min(abs(home - away), 28) + 1e-9


def test_a_bent_margin_by_hand() -> None:
    # 28 tanh(10 / 28) = 9.592; a rout of 56 is worth 28 tanh 2 = 26.993.
    assert _bent(27.0, 17.0) == pytest.approx(
        ((44 + 28 * math.tanh(10 / 28)) / 2, (44 - 28 * math.tanh(10 / 28)) / 2)
    )
    assert _bent(59.0, 3.0)[0] - _bent(59.0, 3.0)[1] == pytest.approx(26.993, abs=1e-3)
    nothing = pl.DataFrame(
        {"home": [None], "away": [None]}, schema={"home": pl.Float64, "away": pl.Float64}
    )
    assert nothing.select(_soft()[0].alias("a")).row(0) == (None,)
