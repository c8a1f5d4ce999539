"""The 32 franchises: divisions, the one that moves, and where each plays.

Franchises are numbered by their place in `TEAMS`: `number // 4` is the division and `number // 16`
the conference. Tables carry codes; everything inside the simulator carries numbers.
"""

from nfl_signals.settings import SimulatorSettings

DIVISIONS: tuple[tuple[str, str, str, str], ...] = (
    ("BUF", "MIA", "NE", "NYJ"),
    ("BAL", "CIN", "CLE", "PIT"),
    ("HOU", "IND", "JAX", "TEN"),
    ("DEN", "KC", "LAC", "LV"),
    ("DAL", "NYG", "PHI", "WAS"),
    ("CHI", "DET", "GB", "MIN"),
    ("ATL", "CAR", "NO", "TB"),
    ("ARI", "LA", "SEA", "SF"),
)
TEAMS: tuple[str, ...] = tuple(team for division in DIVISIONS for team in division)
N_TEAMS = len(TEAMS)
INDOORS = frozenset({"ATL", "DET", "HOU", "IND", "LA", "LV", "MIN", "NO"})

MOVING_TEAM = "LV"
CODE_BEFORE_MOVE = "OAK"
REAL_MOVE = 2020


def last_season(settings: SimulatorSettings) -> int:
    """Season in which the league stands now."""
    return settings.first_season + settings.n_seasons - 1


def move_season(settings: SimulatorSettings) -> int:
    """First season under the new code: 2020 where simulated, else the start of the second half.

    Example:
        >>> move_season(SimulatorSettings(first_season=2014, n_seasons=12))
        2020
        >>> move_season(SimulatorSettings(first_season=2000, n_seasons=4))
        2002
    """
    if settings.first_season < REAL_MOVE <= last_season(settings):
        return REAL_MOVE
    return settings.first_season + settings.n_seasons // 2


def codes_of_the_day(season: int, *, moves: int) -> tuple[str, ...]:
    """Code of each franchise in a season, in the order of `TEAMS`."""
    old = season < moves
    return tuple(CODE_BEFORE_MOVE if old and team == MOVING_TEAM else team for team in TEAMS)
