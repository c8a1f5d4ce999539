"""The per-game statistics whose averages are features, and the windows they are averaged over."""

from dataclasses import dataclass
from typing import Literal

Direction = Literal[-1, 0, 1]


@dataclass(frozen=True, kw_only=True)
class Stat:
    """A per-game statistic that is averaged over windows of earlier games."""

    name: str
    unit: str
    source: str  # raw columns and how they are combined
    typical: float  # league average of 1999-2023; what a team without games gets
    on_margin: Direction = 0  # this and the next: see `Feature`
    on_total: Direction = 0


EPA_PER_PLAY = "expected points per play"
_PASS = "passing_epa / (attempts + sacks_suffered)"
_RUSH = "rushing_epa / carries"

STATS = (
    Stat(name="points_for", unit="points", source="own score", typical=22.0, on_total=1),
    Stat(name="points_against", unit="points", source="opponent's score", typical=22.0, on_total=1),
    Stat(
        name="margin", unit="points", source="own minus opponent's score", typical=0.0, on_margin=1
    ),
    Stat(name="epa_pass", unit=EPA_PER_PLAY, source=_PASS, typical=0.03, on_margin=1, on_total=1),
    Stat(name="epa_rush", unit=EPA_PER_PLAY, source=_RUSH, typical=-0.06, on_margin=1, on_total=1),
    Stat(
        name="epa_pass_allowed",
        unit=EPA_PER_PLAY,
        source="the opponent's epa_pass",
        typical=0.03,
        on_margin=-1,
        on_total=1,
    ),
    Stat(
        name="epa_rush_allowed",
        unit=EPA_PER_PLAY,
        source="the opponent's epa_rush",
        typical=-0.06,
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
        typical=0.28,
    ),
    Stat(
        name="sack_rate",
        unit="sacks per dropback",
        source="sacks_suffered / (attempts + sacks_suffered)",
        typical=0.065,
    ),
    Stat(
        name="sack_rate_made",
        unit="sacks per dropback",
        source="the opponent's sack_rate",
        typical=0.065,
    ),
    Stat(name="penalty_yards", unit="yards", source="penalty_yards", typical=54.0),
)

WINDOWS: dict[str, int | None] = {"last5": 5, "last10": 10, "season": None}
"""Games averaged over; None is the season to date."""

SEASON_PRIOR_GAMES = 4.0
"""Games of league-average play that a season to date starts with: early weeks are shrunk."""
