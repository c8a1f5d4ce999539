"""The features, declared once: unit, source, when known, how filled, what football says of them.

`gold.py` computes them, schemas and monotonic constraints are read from here, and `feature_version`
changes exactly when a declaration does.
"""

import hashlib
from dataclasses import astuple, dataclass
from typing import Literal

Kind = Literal["team", "game"]
Direction = Literal[-1, 0, 1]


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One numeric column of the feature table.

    Attributes:
        name: column.
        unit: unit of the value.
        source: raw columns and how they are combined.
        known_at: when its latest ingredient was known.
        fill: rule where there is nothing to compute it from; no null remains.
        fill_value: the constant of that rule.
        kind: 'team' differs between the two rows of a game, 'game' does not.
        on_margin: +1 / -1 where more of it (own minus opponent's) can only raise / lower the own
            margin, 0 where football does not say.
        on_total: the same for the points of both teams (own plus opponent's).
    """

    name: str
    unit: str
    source: str
    known_at: str
    fill: str
    fill_value: float
    kind: Kind = "team"
    on_margin: Direction = 0
    on_total: Direction = 0


@dataclass(frozen=True, kw_only=True)
class Stat:
    """A per-game statistic that is averaged over windows of earlier games.

    Attributes:
        name: column in the per-game table.
        unit: unit of the value.
        source: raw columns and how they are combined.
        typical: league average of 1999-2023, the fill value where a team has no earlier game.
        on_margin: see `Feature`.
        on_total: see `Feature`.
    """

    name: str
    unit: str
    source: str
    typical: float
    on_margin: Direction = 0
    on_total: Direction = 0


STATS = (
    Stat(name="points_for", unit="points", source="own score", typical=22.0, on_total=1),
    Stat(name="points_against", unit="points", source="opponent's score", typical=22.0, on_total=1),
    Stat(
        name="margin", unit="points", source="own minus opponent's score", typical=0.0, on_margin=1
    ),
    Stat(
        name="epa_offense",
        unit="expected points per play",
        source="(passing_epa + rushing_epa) / (attempts + sacks_suffered + carries)",
        typical=0.0,
        on_margin=1,
        on_total=1,
    ),
    Stat(
        name="epa_allowed",
        unit="expected points per play",
        source="the opponent's epa_offense",
        typical=0.0,
        on_margin=-1,
        on_total=1,
    ),
    Stat(
        name="turnovers",
        unit="count",
        source="passing_interceptions + sack, rushing and receiving fumbles lost",
        typical=1.5,
    ),
    Stat(name="takeaways", unit="count", source="the opponent's turnovers", typical=1.5),
    Stat(
        name="first_down_rate",
        unit="first downs per play",
        source="(passing + rushing first downs) / plays; stands in for success rate, which the "
        "team statistics do not carry",
        typical=0.3,
    ),
)

WINDOWS: dict[str, int | None] = {"last5": 5, "last10": 10, "season": None}
"""Games averaged over; None is the season to date."""

EPA_HALF_LIFE = 8.0  # games; half the weight lies on about the last half season


def _window_features() -> list[Feature]:
    rule = {
        "last5": "mean of the games there are, across seasons; else the league average",
        "last10": "mean of the games there are, across seasons; else the league average",
        "season": "before the season's first game: the last10 value",
    }
    return [
        Feature(
            name=f"{stat.name}_{window}",
            unit=stat.unit,
            source=f"{stat.source}, mean of {window.replace('last', 'last ')}"
            + (" to date" if window == "season" else " games"),
            known_at="the day after the team's previous game",
            fill=rule[window],
            fill_value=stat.typical,
            on_margin=stat.on_margin,
            on_total=stat.on_total,
        )
        for stat in STATS
        for window in WINDOWS
    ]


def _epa_averages() -> list[Feature]:
    signs: dict[str, Direction] = {"epa_offense": 1, "epa_allowed": -1}
    return [
        Feature(
            name=f"{name}_ewm",
            unit="expected points per play",
            source=f"{name}, exponentially weighted, half-life {EPA_HALF_LIFE:g} games",
            known_at="the day after the team's previous game",
            fill="no earlier game with EPA: the league average",
            fill_value=0.0,
            on_margin=sign,
            on_total=1,
        )
        for name, sign in signs.items()
    ]


FEATURES: tuple[Feature, ...] = (
    *_window_features(),
    *_epa_averages(),
    Feature(
        name="rating",
        unit="Elo points",
        source="Elo with margin of victory (ratings.py), regressed between seasons",
        known_at="the end of the team's previous game",
        fill="no earlier game: the league average",
        fill_value=1500.0,
        on_margin=1,
    ),
    Feature(
        name="games_played",
        unit="games this season",
        source="count of the season's earlier games",
        known_at="the end of the team's previous game",
        fill="before the first game: 0",
        fill_value=0.0,
    ),
    Feature(
        name="rest_days",
        unit="days",
        source="days since the previous game's kickoff, at most 16",
        known_at="schedule",
        fill="first game of a season: 10, a full preparation",
        fill_value=10.0,
    ),
    Feature(
        name="players_out",
        unit="players",
        source="players listed Out or Doubtful in the latest report before kickoff",
        known_at="the team's latest injury report, a day before kickoff at the latest",
        fill="no report yet this season, or before 2009: 0",
        fill_value=0.0,
    ),
    Feature(
        name="home_field",
        unit="0 or 1",
        source="1 for the home team unless location is Neutral",
        known_at="schedule",
        fill="always known",
        fill_value=0.0,
        on_margin=1,
    ),
    Feature(
        name="is_neutral",
        unit="0 or 1",
        source="location is Neutral",
        known_at="schedule",
        fill="always known",
        fill_value=0.0,
        kind="game",
    ),
    Feature(
        name="is_divisional",
        unit="0 or 1",
        source="div_game",
        known_at="schedule",
        fill="always known",
        fill_value=0.0,
        kind="game",
    ),
    Feature(
        name="is_covered",
        unit="0 or 1",
        source="roof is not 'outdoors'; retractable roofs count as covered",
        known_at="schedule",
        fill="roof missing: outdoors",
        fill_value=0.0,
        kind="game",
        on_total=1,
    ),
    Feature(
        name="is_playoff",
        unit="0 or 1",
        source="game_type is not REG",
        known_at="schedule",
        fill="always known",
        fill_value=0.0,
        kind="game",
    ),
    Feature(
        name="week_of_season",
        unit="week",
        source="week",
        known_at="schedule",
        fill="always known",
        fill_value=0.0,
        kind="game",
    ),
)

FEATURE_NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)


def feature_version() -> str:
    """First twelve hex digits of the SHA-256 of every declaration, in order."""
    return hashlib.sha256(repr([astuple(feature) for feature in FEATURES]).encode()).hexdigest()[
        :12
    ]
