"""The filter on whole leagues: it is Bayes' rule, and it finds what the scores were made of."""

import math

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from nfl_signals.features.ratings import RatingModel, rate, soft_margin
from nfl_signals.ingest.history import RESULT_DELAY, History
from nfl_signals_tests.support.matches import PAR, Row, after, match, rated, sides

Floats = NDArray[np.float64]
Key = tuple[str, str]

TEAMS = ("ARI", "BUF", "CHI", "DAL", "GB", "KC")
FIXED = RatingModel(level_rate=0.0, home_field_rate=0.0)


def rounds(n: int, *, teams: tuple[str, ...] = TEAMS) -> list[list[tuple[str, str]]]:
    """Weeks in which everybody plays once: all against all by the circle method, sides in turn."""
    weeks = []
    circle = list(teams)
    for week in range(n):
        half = len(circle) // 2
        pairs = list(zip(circle[:half], circle[: half - 1 : -1], strict=True))
        turn = (week // (len(circle) - 1)) % 2
        weeks.append(
            [pair[::-1] if (turn + i + week) % 2 else pair for i, pair in enumerate(pairs)]
        )
        circle = [circle[0], circle[-1], *circle[1:-1]]
    return weeks


def league(
    seasons: range,
    weeks: int,
    *,
    seed: int,
    offense: dict[str, float] | None = None,
    defense: dict[str, float] | None = None,
    home_field: float = 0.0,
    level: float = PAR,
    noise: float = 9.5,
    neutral: bool = False,
) -> list[Row]:
    """Rounds of every season; scores are drawn around the given strengths."""
    random = np.random.default_rng(seed)
    offense, defense = offense or dict.fromkeys(TEAMS, 0.0), defense or dict.fromkeys(TEAMS, 0.0)
    rows = []
    for season in seasons:
        for week, pairs in enumerate(rounds(weeks)):
            for home, away in pairs:
                field = 0.0 if neutral else home_field / 2
                means = (
                    level + offense[home] + defense[away] + field,
                    level + offense[away] + defense[home] - field,
                )
                scored = (
                    float(random.normal(means[0], noise)),
                    float(random.normal(means[1], noise)),
                )
                rows.append(
                    match(home, away, week=week, season=season, scored=scored, neutral=neutral)
                )
    return rows


# --- an independent answer: condition the joint normal distribution of everything


class Prior:
    """Mean and covariance of every rating at every kickoff before any score is seen."""

    def __init__(self, rows: list[Row], model: RatingModel) -> None:
        self.model = model
        self.times = sorted({(int(str(r["season"])), float(_week(r))) for r in rows})
        self.first: dict[Key, int] = {}
        for row in rows:
            for key in (*_parts(row, "home"), *_parts(row, "away")):
                at = self.times.index((int(str(row["season"])), _week(row)))
                self.first[key] = min(at, self.first.get(key, at))

    def _constants(self, key: Key) -> tuple[float, float, float, float]:
        model = self.model
        if key[0] == "quarterback":
            kept, drift = model.quarterback_kept, model.quarterback_week
            return model.quarterback, kept, drift, model.newcomer / 2
        return model.team, model.team_kept, model.team_week, 0.0

    def mean(self, key: Key, at: int) -> float:
        _, kept, _, target = self._constants(key)
        start = self.first[key]
        is_new = key[0] == "quarterback" and self.times[start][0] != self.times[0][0]
        value = self.model.newcomer if is_new else 0.0
        for _ in range(self.times[at][0] - self.times[start][0]):
            value = kept * value + (1 - kept) * target
        return value

    def covariance(self, key: Key, one: int, other: int) -> float:
        """Variance at the earlier instant times what survives until the later one."""
        deviation, kept, drift, _ = self._constants(key)
        early, late = sorted((one, other))
        variance = deviation**2
        for at in range(self.first[key] + 1, early + 1):
            (before, week_before), (season, week) = self.times[at - 1], self.times[at]
            if season == before:
                variance += drift**2 * (week - week_before)
            else:
                variance = kept**2 * variance + (1 - kept**2) * deviation**2
        return float(variance * kept ** (self.times[late][0] - self.times[early][0]))

    def between(self, one: list[Key], at: int, other: list[Key], then: int) -> float:
        """Covariance of two sums of ratings."""
        shared = set(one) & set(other)
        return sum(self.covariance(key, at, then) for key in shared)


def _week(row: Row) -> float:
    return float(str(row["game_id"]).split()[0].split(".", 1)[1])


def _parts(row: Row, side: str) -> list[Key]:
    """Whose ratings make up what a side scores."""
    other = "away" if side == "home" else "home"
    named = row[f"{side}_starter"]
    parts = [("offense", str(row[f"{side}_team"])), ("defense", str(row[f"{other}_team"]))]
    return [*parts, ("quarterback", str(named))]


def conditioned(rows: list[Row], key: Key, at: int, model: RatingModel) -> float:
    """Mean of one rating at one instant, given all scores before it."""
    prior = Prior(rows, model)
    seen: list[tuple[list[Key], int, float]] = []
    for row in rows:
        then = prior.times.index((int(str(row["season"])), _week(row)))
        for side, sign in (("home", 1), ("away", -1)):
            if then < at:
                parts, scored = _parts(row, side), float(str(row[f"{side}_scored"]))
                expected = sum(prior.mean(part, then) for part in parts) + model.level
                surprise = scored - expected - sign * model.home_field / 2
                seen.append((parts, then, surprise))
    spread = np.array([[prior.between(a, t, b, u) for b, u, _ in seen] for a, t, _ in seen])
    spread += model.noise**2 * np.eye(len(seen))
    shared = np.array([prior.between([key], at, parts, then) for parts, then, _ in seen])
    surprises = np.array([surprise for *_, surprise in seen])
    return prior.mean(key, at) + float(shared @ np.linalg.solve(spread, surprises))


def test_the_filter_is_the_normal_distribution_of_all_ratings_given_all_scores() -> None:
    """Three seasons, quarterbacks who change, move, sit out and arrive; every rating of the end."""
    random = np.random.default_rng(3)
    rows = league(range(2020, 2023), 4, seed=4, home_field=2.4)
    names = [f"passer {number}" for number in range(9)]
    for row in rows:
        row["home_starter"], row["away_starter"] = random.choice(names, 2, replace=False).tolist()
    end = match("ARI", "BUF", week=7, season=2022, starters=("passer 0", "passer 1"))
    rest = [match("CHI", "DAL", week=7, season=2022, starters=("passer 2", "passer 3"))]
    rest += [match("GB", "KC", week=7, season=2022, starters=("passer 4", "passer 5"))]
    ratings = rated([*rows, end, *rest], FIXED)
    everything = [*rows, *(game | {"home_scored": 0, "away_scored": 0} for game in (end, *rest))]
    at = len(Prior(everything, FIXED).times) - 1
    for game in (end, *rest):
        for row, side in zip(sides(ratings, game), ("home", "away"), strict=True):
            offense, _, quarterback = _parts(game, side)
            passer = conditioned(everything, quarterback, at, FIXED)
            assert row["quarterback"] == pytest.approx(passer, abs=1e-9)
            own = conditioned(everything, offense, at, FIXED) + passer
            assert row["offense"] == pytest.approx(own, abs=1e-9)
            defense = ("defense", str(game[f"{side}_team"]))
            charged = conditioned(everything, defense, at, FIXED)
            assert row["defense"] == pytest.approx(charged, abs=1e-9)


# --- opponents count


def test_the_same_win_over_a_strong_team_is_worth_more() -> None:
    start = [match("GB", "ARI", week=week, scored=(34, 6)) for week in range(4)]
    for strong_first in (True, False):
        wins = [
            match("KC", "GB" if strong_first else "ARI", week=5, scored=(24, 17)),
            match("BUF", "ARI" if strong_first else "GB", week=5, scored=(24, 17)),
        ]
        meeting = match("KC", "BUF", week=6)
        home, away = sides(after([*start, *wins], meeting), meeting)
        net = [side["offense"] - side["defense"] for side in (home, away)]
        assert (net[0] > net[1] + 1) == strong_first
        assert (net[0] < net[1] - 1) != strong_first


def test_a_team_is_judged_again_when_its_old_opponent_turns_out_strong() -> None:
    start = match("KC", "GB", week=1, scored=(24, 17))
    others = [match("GB", "ARI", week=week, scored=(38, 3)) for week in range(2, 6)]
    last = match("KC", "BUF", week=7)
    (now, _), (later, _) = (sides(after(rows, last), last) for rows in ([start], [start, *others]))
    assert later["offense"] > now["offense"]
    assert later["defense"] < now["defense"]


# --- what the scores were made of is found


def strengths(seed: int, deviation: float = 4.0) -> dict[str, float]:
    drawn = np.random.default_rng(seed).normal(0, deviation, len(TEAMS))
    return dict(zip(TEAMS, (drawn - drawn.mean()).tolist(), strict=True))


def test_known_strengths_are_recovered_from_simulated_scores() -> None:
    offense, defense = strengths(1), strengths(2)
    rows = league(range(2020, 2021), 60, seed=5, offense=offense, defense=defense, neutral=True)
    last = [match(home, away, week=61, season=2020) for home, away in rounds(1)[0]]
    ratings = after(rows, *last)
    for truth, name, unnamed in ((offense, "offense", 2.0), (defense, "defense", 0.0)):
        found = {team: row[name] + unnamed for (_, team), row in ratings.items()}
        errors = [found[team] - truth[team] for team in TEAMS]
        assert math.dist(errors, [0.0] * 6) / math.sqrt(6) < 1.3
        assert np.corrcoef(list(truth.values()), [found[t] for t in truth])[0, 1] > 0.95


def test_quarterback_and_team_are_separated_when_quarterbacks_move() -> None:
    """Two quarterbacks, nine points apart, change places among six equal teams."""
    random = np.random.default_rng(8)
    rows = []
    for week, pairs in enumerate(rounds(60)):
        for number, (home, away) in enumerate(pairs):
            good = (week + number) % 2 == 0
            starters = ("ace", "backup") if good else ("backup", "ace")
            means = (26.0, 17.0) if good else (17.0, 26.0)
            scored = (float(random.normal(means[0], 9.5)), float(random.normal(means[1], 9.5)))
            rows.append(match(home, away, week=week, scored=scored, starters=starters))
    last = match("KC", "BUF", week=61, starters=("ace", "backup"))
    ace, backup = sides(after(rows, last), last)
    assert ace["quarterback"] - backup["quarterback"] == pytest.approx(9.0, abs=3.0)
    assert abs(ace["offense"] - ace["quarterback"]) < 2.0


@pytest.mark.parametrize("points", [0.0, 4.0])
def test_home_field_is_learned_from_the_scores(points: float) -> None:
    rows = league(range(2000, 2010), 40, seed=6, home_field=points, noise=4.0)
    learned = [row["home_field"] for (_, _), row in rated(rows).items() if row["home_field"] != 0.0]
    assert learned[0] == 2.4
    assert abs(learned[120] - points) < abs(2.4 - points)
    assert np.mean(learned[-300:]) == pytest.approx(points, abs=0.4)


def test_games_on_neutral_ground_change_nothing_of_home_field() -> None:
    rows = [match("KC", "DET", week=week, scored=(35, 7)) for week in range(5)]
    last = match("KC", "DET", week=6, neutral=False)
    assert sides(after(rows, last), last)[0]["home_field"] == 2.4


def implied_level(rows: list[Row], season: int) -> float:
    """League level before two new teams meet: their rating moves by what they score above it."""
    first = match("HOU", "CAR", week=90, season=season, scored=(40, 40))
    second = match("HOU", "CAR", week=91, season=season)
    gain = 12.25 / 124.99
    return 40 - (sides(after([*rows, first], second), second)[0]["offense"] + 2) / gain + 2


def test_the_league_level_follows_what_is_scored() -> None:
    level = RatingModel().level
    opener = match("KC", "DET", week=0, season=2000)
    assert implied_level([opener], 2000) == pytest.approx(level)
    one_game = opener | {"home_scored": 40.0, "away_scored": 29.5}
    assert implied_level([one_game], 2000) == pytest.approx(level + 0.002 * (20.5 + 10) / 2)
    levels = [
        implied_level(
            league(range(2000, 2000 + seasons), 40, seed=7, level=PAR + 6), 2000 + seasons
        )
        for seasons in (1, 5, 20)
    ]
    assert level < levels[0] < levels[1] < levels[2]
    assert levels[2] > level + 2.0


def test_what_the_level_has_not_taken_up_yet_the_ratings_have() -> None:
    """Expected points are right within a season; the level itself takes decades."""
    rows = league(range(2000, 2001), 40, seed=7, level=PAR + 6)
    last = [match(home, away, week=41, season=2000) for home, away in rounds(1)[0]]
    above = [row["offense"] + row["defense"] for row in after(rows, *last).values()]
    scored = [row[side] for row in rows for side in ("home_scored", "away_scored")]
    expected = implied_level(rows, 2000) + float(np.mean(above))
    assert expected == pytest.approx(np.mean(np.array(scored, dtype=float)), abs=1.5)


# --- leagues that were not made for this


def rated_history(history: History) -> pl.DataFrame:
    home, away = soft_margin(pl.col("home_score"), pl.col("away_score"))
    named = {
        f"{side}_{who}": pl.col(f"{side}_qb_id")
        for side in ("home", "away")
        for who in ("expected", "starter")
    }
    games = history.games.with_columns(
        home_scored=home, away_scored=away, decision_at=pl.col("kickoff_at"), **named
    )
    return rate(games, delay=RESULT_DELAY)


def test_ratings_of_a_simulated_season_average_near_zero_and_differ(
    simulated_history: History,
) -> None:
    played = simulated_history.games.filter(season=2014)["game_id"].implode()
    ratings = rated_history(simulated_history).filter(pl.col("game_id").is_in(played))
    last = ratings.group_by("team", maintain_order=True).last()
    net = (last["offense"] - last["defense"]).to_numpy()
    assert len(net) == 32
    assert abs(net.mean()) < 0.5
    assert 2.0 < net.std() < 12.0


def test_ratings_never_depend_on_the_order_of_the_rows(simulated_history: History) -> None:
    games = simulated_history.games.sample(fraction=1.0, shuffle=True, seed=5)
    mixed = History(
        games=games,
        team_stats=simulated_history.team_stats,
        injuries=simulated_history.injuries,
        notes=simulated_history.notes,
    )
    assert rated_history(mixed).equals(rated_history(simulated_history))


@pytest.mark.slow
@pytest.mark.real_data
def test_rated_favourites_win_real_games(
    real_features: pl.DataFrame, real_history: History
) -> None:
    recent = real_features.filter(pl.col("season") >= 2002)
    home, away = (recent.filter(is_home=side) for side in (True, False))
    gaps = home.join(away, on="game_id", suffix="_away").join(real_history.games, on="game_id")
    favourites = gaps.filter(pl.col("rating") > pl.col("rating_away"), pl.col("result") != 0)
    assert 0.64 < favourites.select((pl.col("result") > 0).mean()).item() < 0.74


@pytest.mark.real_data
def test_real_home_field_is_worth_one_to_three_points_and_least_without_spectators(
    real_features: pl.DataFrame,
) -> None:
    at_home = real_features.filter(pl.col("home_field") != 0)
    learned = dict(at_home.group_by("season").agg(pl.col("home_field").mean()).iter_rows())
    assert min(learned, key=lambda season: learned[season]) == 2020
    assert all(1.0 < learned[season] < 3.0 for season in learned if not 2019 <= season <= 2021)
