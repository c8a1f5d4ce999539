"""The features, declared once: unit, source, when known, how filled, which way they act.

`build.py` computes them; schemas, monotonic constraints, prior weights and the data dictionary are
read from here. The hash that pins them is `version.py`.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

from nfl_signals.features.game_statistics import (
    EPA_PER_PLAY,
    SEASON_PRIOR_GAMES,
    STATS,
    WINDOWS,
    Direction,
)
from nfl_signals.markets import bounds
from nfl_signals.markets.bounds import Bounds

Kind = Literal["team", "game"]


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One numeric column of the feature table."""

    name: str
    unit: str
    source: str  # raw columns and how they are combined
    known_at: str  # when its latest ingredient was known
    fill: str  # rule where there is nothing to compute it from; no null remains
    fill_value: float  # the constant of that rule
    kind: Kind = "team"  # 'team' differs between the two rows of a game, 'game' does not
    # +1 / -1 where more of it (own minus opponent's) can only raise / lower the own margin, 0 where
    # neither is certain in football.
    on_margin: Direction = 0
    on_total: Direction = 0  # the same for the points of both teams (own plus opponent's)
    weight: float = 1.0  # prior belief in its use, 0 to 1; learners shrink a small one harder

    @property
    def bounds(self) -> Bounds:
        """What it can be: raw tables within their bounds give no other value."""
        return OF_UNIT[self.unit].of_sums()


WINDOW_WEIGHT = 0.15
"""Windows ignore opponents and quarterbacks, which the ratings account for."""

POSITION_GROUPS: dict[str, tuple[str, ...]] = {
    "line": ("T", "G", "C"),
    "skill": ("WR", "TE", "RB", "FB"),
    "front": ("DE", "DT", "LB"),
    "secondary": ("CB", "S"),
}
"""Injury reports by group; quarterbacks are `starters.py`, kickers too few to learn from."""

LONGEST_REST = bounds.REST.high
"""Days; longer pauses are byes plus postponements, no extra rest."""

OF_UNIT: dict[str, Bounds] = {
    "points": bounds.MARGIN,
    "points per game": bounds.RATING,
    "points per game allowed": bounds.RATING,
    EPA_PER_PLAY: bounds.EPA_OF_A_PLAY,
    "count": bounds.TURNOVERS,
    "yards": bounds.YARDS,
    "first downs per play": bounds.SHARE,
    "sacks per dropback": bounds.SHARE,
    "share of games": bounds.SHARE,
    "0 or 1": bounds.SHARE,
    "games this season": bounds.GAMES,
    "week": bounds.GAMES,
    "days": bounds.REST,
    "players": bounds.PLAYERS,
    "km": bounds.TRAVEL,
    "hours": bounds.CLOCKS,
}
"""Bounds of a feature, by its unit."""

_PREVIOUS_GAME = "half a day after the team's previous kickoff"


def _windows() -> list[Feature]:
    recent = "mean of the games there are, across seasons; else the league average"
    early = "before the season's first game: the league average"
    span = {"last5": "mean of last 5 games", "last10": "mean of last 10 games"}
    to_date = f"season to date, with {SEASON_PRIOR_GAMES:g} games of league average"
    return [
        Feature(
            name=f"{stat.name}_{window}",
            unit=stat.unit,
            source=f"{stat.source}; {span.get(window, to_date)}",
            known_at=_PREVIOUS_GAME,
            fill=early if window == "season" else recent,
            fill_value=stat.typical,
            on_margin=stat.on_margin,
            on_total=stat.on_total,
            weight=WINDOW_WEIGHT,
        )
        for stat in STATS
        for window in WINDOWS
    ]


def _ratings() -> list[Feature]:
    what = {"": "scores, margins bent towards 28", "epa_": "expected points added"}
    rating = partial(
        Feature,
        known_at="90 minutes before kickoff, when starters are public",
        fill="no earlier game: average",
        fill_value=0.0,
    )
    return [
        feature
        for prefix, basis in what.items()
        for feature in (
            rating(
                name=f"{prefix}rating",
                unit="points per game",
                source=f"{prefix}offense minus {prefix}defense",
                on_margin=1,
            ),
            rating(
                name=f"{prefix}offense",
                unit="points per game",
                source=f"Kalman filter on {basis}; own starter included (ratings.py)",
                on_margin=1,
                on_total=1,
            ),
            rating(
                name=f"{prefix}defense",
                unit="points per game allowed",
                source=f"Kalman filter on {basis} (ratings.py); lower is better",
                on_margin=-1,
                on_total=1,
            ),
        )
    ]


_TEAM_CONTEXT = (
    Feature(
        name="quarterback",
        unit="points per game",
        source="the starter's part of offense (ratings.py)",
        known_at="90 minutes before kickoff; until then the last starter not listed out",
        fill="nobody named: the rating of a newcomer",
        fill_value=-2.0,
        on_margin=1,
        weight=0.5,
    ),
    Feature(
        name="starter_share",
        unit="share of games",
        source="share of the team's last 6 starts made by this starter (starters.py)",
        known_at="90 minutes before kickoff; until then the last starter not listed out",
        fill="no earlier game: 1",
        fill_value=1.0,
        on_margin=1,
    ),
    Feature(
        name="games_played",
        unit="games this season",
        source="count of the season's earlier games, as scheduled",
        known_at="schedule",
        fill="before the first game: 0",
        fill_value=0.0,
        weight=WINDOW_WEIGHT,
    ),
    Feature(
        name="rest_days",
        unit="days",
        source=f"days since the previous scheduled game's kickoff, at most {LONGEST_REST:g}",
        known_at="schedule",
        fill="first game of a season: 10, a full preparation",
        fill_value=10.0,
    ),
    *(
        Feature(
            name=f"out_{group}",
            unit="players",
            source=f"players at {', '.join(positions)} listed Out or Doubtful in the latest report "
            "before kickoff; these two words kept their meaning when 'Probable' went in 2016",
            known_at="the team's latest injury report, a day before kickoff at the latest",
            fill="no report yet this season, or before 2009: 0",
            fill_value=0.0,
            weight=0.3,
        )
        for group, positions in POSITION_GROUPS.items()
    ),
    Feature(
        name="travel_km",
        unit="km",
        source="great circle from the home city to the game (travel.py)",
        known_at="schedule",
        fill="neutral ground: 0",
        fill_value=0.0,
        weight=0.3,
    ),
    Feature(
        name="time_zones",
        unit="hours",
        source="hours by which clocks at the game are ahead of those at home (travel.py)",
        known_at="schedule",
        fill="neutral ground: 0",
        fill_value=0.0,
        weight=0.3,
    ),
    Feature(
        name="home_field",
        unit="points",
        source="home field as learned from all earlier games (ratings.py); 0 away and on neutral ground",
        known_at="half a day after the previous games",
        fill="always known",
        fill_value=0.0,
        on_margin=1,
    ),
)


def _of_game(
    name: str, unit: str, source: str, *, fill: str = "always known", on_total: Direction = 0
) -> Feature:
    return Feature(
        name=name,
        unit=unit,
        source=source,
        known_at="schedule",
        fill=fill,
        fill_value=0.0,
        kind="game",
        on_total=on_total,
        weight=0.5,
    )


_GAME_CONTEXT = (
    _of_game("is_neutral", "0 or 1", "location is Neutral"),
    _of_game("is_divisional", "0 or 1", "div_game"),
    _of_game(
        "is_covered",
        "0 or 1",
        "roof is not 'outdoors'; retractable roofs count as covered",
        fill="roof missing: outdoors",
        on_total=1,
    ),
    _of_game("is_playoff", "0 or 1", "game_type is not REG"),
    _of_game("week_of_season", "week", "week"),
)

FEATURES: tuple[Feature, ...] = (*_ratings(), *_TEAM_CONTEXT, *_GAME_CONTEXT, *_windows())

FEATURE_NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)
