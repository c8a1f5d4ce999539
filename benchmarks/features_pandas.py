"""The gold features of `nfl_signals/features/build.py` in straightforward pandas.

Written the way a data scientist would: groupby, rolling, merge, merge_asof, loops over games where
one game depends on the last. Names, constants and fill rules are those of `features/declarations.py`; no
computation is shared with the package, so equal values are also a check of both.
"""

from collections import defaultdict, deque

import numpy as np
import pandas as pd
from ratings_pandas import rate

from nfl_signals.features.declarations import FEATURES, LONGEST_REST, POSITION_GROUPS
from nfl_signals.features.game_statistics import SEASON_PRIOR_GAMES, STATS, WINDOWS
from nfl_signals.features.ratings import EPA_MODEL, RatingModel
from nfl_signals.features.rolling_form import OPPONENTS
from nfl_signals.features.starters import RECENT_GAMES, UNAVAILABLE
from nfl_signals.features.travel import EARTH_RADIUS, HOME_CITIES
from nfl_signals.ingest.history import REPORT_LEAD, RESULT_DELAY, STATS_DELAY

TEAM_WEEK = ["season", "week", "team"]
KEYS = ["game_id", "team_id", "opponent_id", "season", "week", "kickoff_at", "is_home"]
MARGIN_CAP = 28.0


def build_features(
    games: pd.DataFrame, team_stats: pd.DataFrame, injuries: pd.DataFrame
) -> pd.DataFrame:
    """Features of every scheduled game, two rows each, columns and order as in the package."""
    rows = team_weeks(games)
    played = per_game(games, team_stats)
    rows = look_up(rows, window_states(played), by=["team"])
    reports = reports_before_kickoff(games, injuries)
    rows = look_up(rows, availability(reports), by=["team", "season"])
    rows = rows.merge(rated(games, played, reports), on=["game_id", "team"])
    rows = travel(rows.merge(venue(games), on="game_id"))
    this_season = rows["form_season"] == rows["season"]
    for name in [f"{stat.name}_season" for stat in STATS]:
        rows[name] = rows[name].where(this_season)
    schedule = rows.sort_values("kickoff_at").groupby(["team", "season"])
    rest = schedule["kickoff_at"].diff() / pd.Timedelta(days=1)
    rows["rest_days"] = rest.clip(upper=LONGEST_REST)
    rows["games_played"] = schedule.cumcount().astype(float)
    rows["week_of_season"] = rows["week"].astype(float)
    rows = rows.fillna({feature.name: feature.fill_value for feature in FEATURES})
    rows = rows.rename(columns={"team": "team_id", "opponent": "opponent_id"})
    rows = rows.sort_values(["season", "week", "kickoff_at", "game_id", "is_home"])
    return rows[KEYS + [feature.name for feature in FEATURES]].reset_index(drop=True)


def team_weeks(games: pd.DataFrame) -> pd.DataFrame:
    """Two rows per game, one for each team."""
    shared = ["game_id", "season", "week", "kickoff_at"]
    home = games[[*shared, "home_team", "away_team"]].set_axis(
        [*shared, "team", "opponent"], axis=1
    )
    away = games[[*shared, "away_team", "home_team"]].set_axis(
        [*shared, "team", "opponent"], axis=1
    )
    return pd.concat([home.assign(is_home=True), away.assign(is_home=False)], ignore_index=True)


def per_game(games: pd.DataFrame, team_stats: pd.DataFrame) -> pd.DataFrame:
    """What each team did in each played game."""
    scores = games[["game_id", "home_score", "away_score", "result"]]
    rows = team_weeks(games).merge(scores, on="game_id").dropna(subset="result")
    offense = offense_rates(team_stats)
    against = offense.rename(columns={"team": "opponent"} | {v: k for k, v in OPPONENTS.items()})
    rows = rows.merge(offense, on=TEAM_WEEK, how="left")
    rows = rows.merge(
        against[["season", "week", "opponent", *OPPONENTS]],
        on=["season", "week", "opponent"],
        how="left",
    )
    rows["points_for"] = rows["home_score"].where(rows["is_home"], rows["away_score"])
    rows["points_against"] = rows["away_score"].where(rows["is_home"], rows["home_score"])
    rows["margin"] = rows["result"].where(rows["is_home"], -rows["result"])
    return rows.sort_values(["team", "kickoff_at"]).reset_index(drop=True)


def offense_rates(stats: pd.DataFrame) -> pd.DataFrame:
    """Rates of each team's own offense, per game."""
    dropbacks = stats["attempts"] + stats["sacks_suffered"]
    first_downs = stats["passing_first_downs"] + stats["rushing_first_downs"]
    lost = ["passing_interceptions", "sack_fumbles_lost", "rushing_fumbles_lost"]
    rates = stats[TEAM_WEEK].assign(
        epa_pass=stats["passing_epa"] / dropbacks,
        epa_rush=stats["rushing_epa"] / stats["carries"],
        epa_total=stats["passing_epa"] + stats["rushing_epa"],
        turnovers=stats[[*lost, "receiving_fumbles_lost"]].sum(axis=1),
        sack_rate=stats["sacks_suffered"] / dropbacks,
        first_down_rate=first_downs / (dropbacks + stats["carries"]),
        penalty_yards=stats["penalty_yards"],
    )
    return rates.replace([np.inf, -np.inf], np.nan)


def window_states(played: pd.DataFrame) -> pd.DataFrame:
    """Averages of each team after each game, stamped with when they were known."""
    states = pd.DataFrame(
        {
            "team": played["team"],
            "form_season": played["season"],
            "known_at": played["kickoff_at"] + STATS_DELAY,
        }
    )
    for stat in STATS:
        for window, games_back in WINDOWS.items():
            name = f"{stat.name}_{window}"
            if games_back is None:
                states[name] = season_to_date(played, stat.name, stat.typical)
            else:
                rolling = played.groupby("team")[stat.name].rolling(games_back, min_periods=1)
                states[name] = rolling.mean().reset_index(level=0, drop=True)
    return states


def season_to_date(played: pd.DataFrame, name: str, typical: float) -> pd.Series:
    """Mean of the season so far with some games of league average."""
    keys = [played["team"], played["season"]]
    total = played[name].fillna(0.0).groupby(keys).cumsum()
    known = played[name].notna().astype(float).groupby(keys).cumsum()
    return (total + SEASON_PRIOR_GAMES * typical) / (known + SEASON_PRIOR_GAMES)


def look_up(rows: pd.DataFrame, states: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Latest state known strictly before kickoff."""
    return pd.merge_asof(
        rows.sort_values("kickoff_at", kind="stable"),
        states.sort_values("known_at", kind="stable"),
        left_on="kickoff_at",
        right_on="known_at",
        by=by,
        allow_exact_matches=False,
    ).drop(columns="known_at")


def reports_before_kickoff(games: pd.DataFrame, injuries: pd.DataFrame) -> pd.DataFrame:
    """Injury reports that were known before the game that they belong to."""
    rows = injuries.merge(team_weeks(games)[[*TEAM_WEEK, "kickoff_at"]], on=TEAM_WEEK)
    rows["known_at"] = rows["date_modified"].fillna(rows["kickoff_at"] - REPORT_LEAD)
    return rows[rows["known_at"] < rows["kickoff_at"]]


def availability(reports: pd.DataFrame) -> pd.DataFrame:
    """Players out by team, report and position group."""
    out = reports["report_status"].isin(UNAVAILABLE)
    counts = {f"out_{group}": 0.0 for group in POSITION_GROUPS}
    rows = reports[[*TEAM_WEEK, "known_at"]].assign(**counts)
    for group, positions in POSITION_GROUPS.items():
        rows[f"out_{group}"] = (out & reports["position"].isin(positions)).astype(float)
    rows = rows.groupby(TEAM_WEEK).agg({"known_at": "max"} | dict.fromkeys(counts, "sum"))
    return rows.reset_index().sort_values(["team", "known_at", "week"]).drop(columns="week")


def expected_starters(games: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    """The quarterback of each team in each game, and how settled he is in the job."""
    listed = reports[reports["report_status"].isin(UNAVAILABLE)]
    unavailable = listed.groupby(TEAM_WEEK)["gsis_id"].agg(set).to_dict()
    recent: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=RECENT_GAMES))
    rows = []
    for game in games.sort_values(["kickoff_at", "game_id"]).itertuples():
        teams = ((game.home_team, game.home_qb_id), (game.away_team, game.away_qb_id))
        for team, named in teams:
            starts, out = recent[team], unavailable.get((game.season, game.week, team), set())
            starter = named
            if pd.isna(named):
                starter = next((player for player in reversed(starts) if player not in out), None)
            share = list(starts).count(starter) / len(starts) if starts else 1.0
            rows.append((game.game_id, team, starter, share))
            if pd.notna(named) and not np.isnan(game.result):
                starts.append(named)
    return pd.DataFrame(rows, columns=["game_id", "team", "starter", "starter_share"])


def rated(games: pd.DataFrame, played: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    """Ratings, starters and home field of each team before each game."""
    starters = expected_starters(games, reports)
    table = games
    for side in ("home", "away"):
        names = starters.rename(columns={"team": f"{side}_team", "starter": f"{side}_starter"})
        names = names[["game_id", f"{side}_team", f"{side}_starter"]]
        table = table.merge(names, on=["game_id", f"{side}_team"])
        epa = played.rename(columns={"team": f"{side}_team", "epa_total": f"{side}_epa"})
        epa = epa[["game_id", f"{side}_team", f"{side}_epa"]]
        table = table.merge(epa, on=["game_id", f"{side}_team"], how="left")
    points = table["home_score"] + table["away_score"]
    margin = MARGIN_CAP * np.tanh((table["home_score"] - table["away_score"]) / MARGIN_CAP)
    bent = table.assign(home_scored=(points + margin) / 2, away_scored=(points - margin) / 2)
    by_score = rate(bent, RESULT_DELAY, RatingModel())
    by_epa = rate(
        table.assign(home_scored=table["home_epa"], away_scored=table["away_epa"]),
        STATS_DELAY,
        EPA_MODEL,
    )
    by_score["rating"] = by_score["offense"] - by_score["defense"]
    by_epa["epa_rating"] = by_epa["offense"] - by_epa["defense"]
    by_epa = by_epa.rename(columns={"offense": "epa_offense", "defense": "epa_defense"})
    by_epa = by_epa[["game_id", "team", "epa_rating", "epa_offense", "epa_defense"]]
    return by_score.merge(by_epa, on=["game_id", "team"]).merge(
        starters[["game_id", "team", "starter_share"]], on=["game_id", "team"]
    )


def venue(games: pd.DataFrame) -> pd.DataFrame:
    """Flags of the place and kind of game."""
    flags = ["is_neutral", "is_divisional", "is_covered"]
    rows = games[["game_id", *flags]].astype(dict.fromkeys(flags, float))
    return rows.assign(is_playoff=(games["game_type"] != "REG").astype(float))


def travel(rows: pd.DataFrame) -> pd.DataFrame:
    """Distance and time zones from each team's home city to the game."""
    host = rows["team"].where(rows["is_home"], rows["opponent"])
    home, away = home_cities(rows["team"], rows["season"]), home_cities(host, rows["season"])
    half = np.sin((away["latitude"] - home["latitude"]) / 2) ** 2
    east = np.sin((away["longitude"] - home["longitude"]) / 2) ** 2
    half += np.cos(home["latitude"]) * np.cos(away["latitude"]) * east
    not_neutral = rows["is_neutral"] == 0
    rows["travel_km"] = (2 * EARTH_RADIUS * np.arcsin(np.sqrt(half))).where(not_neutral)
    rows["time_zones"] = (away["utc_offset"] - home["utc_offset"]).where(not_neutral)
    return rows


def home_cities(teams: pd.Series, seasons: pd.Series) -> pd.DataFrame:
    """Where each team played at home in each season: radians, and hours from UTC."""
    places = [
        [place[1:] for place in HOME_CITIES[team] if place[0] <= season][-1]
        for team, season in zip(teams, seasons, strict=True)
    ]
    cities = pd.DataFrame(places, columns=["latitude", "longitude", "utc_offset"])
    cities[["latitude", "longitude"]] = np.radians(cities[["latitude", "longitude"]])
    return cities
