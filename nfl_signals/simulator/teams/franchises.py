"""The 32 franchises: divisions, which ones move or come late, and where each plays.

Franchises are numbered by their place in `TEAMS`: `number // 4` is the division and `number // 16`
the conference. Tables carry codes; everything inside the simulator carries numbers.
"""

from nfl_signals.core.setting_sections import SimulatorSettings

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

# Franchise, code before its move, real season of the move; the first ones move first.
MOVES: tuple[tuple[str, str, int], ...] = (
    ("LV", "OAK", 2020),
    ("LA", "STL", 2016),
    ("LAC", "SD", 2017),
)
EXPANSION_TEAM = "HOU"


def last_season(settings: SimulatorSettings) -> int:
    """Season in which the league stands now."""
    return settings.first_season + settings.n_seasons - 1


def old_codes(settings: SimulatorSettings) -> dict[str, tuple[str, int]]:
    """Old code and first season under the new one of each franchise that moves.

    Example:
        >>> old_codes(SimulatorSettings(first_season=2014, n_seasons=12))
        {'LV': ('OAK', 2020)}
        >>> old_codes(SimulatorSettings(first_season=2000, n_seasons=4, relocations=2))
        {'LV': ('OAK', 2002), 'LA': ('STL', 2002)}
    """
    # The move comes in its real season where that is simulated, else at the start of the second half.
    otherwise = settings.first_season + settings.n_seasons // 2
    return {
        team: (code, real if settings.first_season < real <= last_season(settings) else otherwise)
        for team, code, real in MOVES[: settings.relocations]
    }


def codes_of_the_day(season: int, *, settings: SimulatorSettings) -> tuple[str, ...]:
    """Code of each franchise in a season, in the order of `TEAMS`."""
    old = {team: code for team, (code, moved) in old_codes(settings).items() if season < moved}
    return tuple(old.get(team, team) for team in TEAMS)


def not_yet_founded(season: int, *, settings: SimulatorSettings) -> frozenset[int]:
    """Numbers of the franchises that do not exist in a season."""
    founded = settings.expansion_season
    absent = founded is not None and season < founded
    return frozenset({TEAMS.index(EXPANSION_TEAM)} if absent else ())
