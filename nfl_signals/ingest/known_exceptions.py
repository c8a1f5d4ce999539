"""Rows of the real releases that are known to be wrong or to lack a match, each with its reason.

Anything not listed here is an error: no row is ever dropped silently. Checked against nflverse's
releases of seasons 1999-2023. Rules that apply them are in `joins.py`.
"""

_NO_PLAY_BY_PLAY = "upstream play-by-play of this game is missing, so team statistics do not exist"

GAMES_WITHOUT_STATS: dict[str, str] = dict.fromkeys(
    (
        "1999_01_BAL_STL 2000_03_SD_KC 2000_06_BUF_MIA 2001_01_PIT_JAX 2001_02_TEN_JAX "
        "2001_03_CLE_JAX 2001_06_BUF_JAX 2001_09_CIN_JAX 2001_11_BAL_JAX 2001_12_GB_JAX "
        "2001_16_KC_JAX 2002_01_IND_JAX 2002_04_NYJ_JAX 2002_05_PHI_JAX 2002_08_HOU_JAX "
        "2002_10_WAS_JAX 2002_13_PIT_JAX 2002_14_CLE_JAX 2002_16_TEN_JAX"
    ).split(),
    _NO_PLAY_BY_PLAY,
)
"""Played games that lack statistics of one or both teams (22 team-games), by game id."""

INJURIES_WITHOUT_GAME: dict[tuple[int, int, str], str] = dict.fromkeys(
    [(2022, 17, "BUF"), (2022, 17, "CIN")],
    "the game was stopped in the first quarter and cancelled; its reports stayed",
)
"""Injury reports of a game that was never completed, by season, week, team."""

LAST_SEASON_WITH_SELF_OPPONENT = 2002
"""Until then `opponent_team` repeats the team itself in 112 rows of franchises that moved later."""

FIRST_INJURY_SEASON = 2009
"""nflverse publishes injury reports from this season on; earlier seasons have none."""
