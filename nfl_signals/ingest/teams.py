"""Franchises over time: one identifier per franchise, whatever a source called it that year.

Moves since 1999 and the spellings of other sources. A franchise keeps its history when it moves;
`team_id` is always the current code. Divisions, colours and names do not belong here.
"""

import polars as pl

# Source: nflverse team abbreviations; moves: St. Louis -> Los Angeles (2016),
# San Diego -> Los Angeles (2017), Oakland -> Las Vegas (2020).
CURRENT_CODE: dict[str, str] = {
    "OAK": "LV",
    "SD": "LAC",
    "STL": "LA",
    "JAC": "JAX",
    "LAR": "LA",
    "WSH": "WAS",
}

TEAM_IDS: frozenset[str] = frozenset(
    (
        "ARI ATL BAL BUF CAR CHI CIN CLE DAL DEN DET GB HOU IND JAX KC "
        "LA LAC LV MIA MIN NE NO NYG NYJ PHI PIT SEA SF TB TEN WAS"
    ).split()
)


def franchise(code: pl.Expr) -> pl.Expr:
    """Current code of the franchise behind a team code of any year; unknown codes pass unchanged.

    Example:
        >>> teams = pl.DataFrame({"team": ["OAK", "JAC", "KC"]})
        >>> teams.select(franchise(pl.col("team"))).to_series().to_list()
        ['LV', 'JAX', 'KC']
    """
    return code.replace(CURRENT_CODE)
