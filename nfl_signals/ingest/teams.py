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

# How Pro-Football-Reference and ESPN write them, and the names of teams; a source should not mix them
# with its own, so each is counted as a repair.
OTHER_CODE: dict[str, str] = {
    **{"ARZ": "ARI", "BLT": "BAL", "RAV": "BAL", "CLV": "CLE", "GNB": "GB", "HST": "HOU"},
    **{"CLT": "IND", "KAN": "KC", "SDG": "LAC", "RAM": "LA", "SLR": "LA", "LVR": "LV", "RAI": "LV"},
    **{
        "NWE": "NE",
        "NOR": "NO",
        "SFO": "SF",
        "TAM": "TB",
        "OTI": "TEN",
        "HTX": "HOU",
        "CRD": "ARI",
        "KCC": "KC",
        "GBP": "GB",
        "NOS": "NO",
        "TBB": "TB",
        "NEP": "NE",
        "SFN": "SF",
    },
    **{"Arizona Cardinals": "ARI", "Atlanta Falcons": "ATL", "Baltimore Ravens": "BAL"},
    **{"Buffalo Bills": "BUF", "Carolina Panthers": "CAR", "Chicago Bears": "CHI"},
    **{"Cincinnati Bengals": "CIN", "Cleveland Browns": "CLE", "Dallas Cowboys": "DAL"},
    **{"Denver Broncos": "DEN", "Detroit Lions": "DET", "Green Bay Packers": "GB"},
    **{"Houston Texans": "HOU", "Indianapolis Colts": "IND", "Jacksonville Jaguars": "JAX"},
    **{"Kansas City Chiefs": "KC", "Los Angeles Rams": "LA", "St. Louis Rams": "LA"},
    **{"Los Angeles Chargers": "LAC", "San Diego Chargers": "LAC", "Las Vegas Raiders": "LV"},
    **{"Oakland Raiders": "LV", "Miami Dolphins": "MIA", "Minnesota Vikings": "MIN"},
    **{"New England Patriots": "NE", "New Orleans Saints": "NO", "New York Giants": "NYG"},
    **{"New York Jets": "NYJ", "Philadelphia Eagles": "PHI", "Pittsburgh Steelers": "PIT"},
    **{"Seattle Seahawks": "SEA", "San Francisco 49ers": "SF", "Tampa Bay Buccaneers": "TB"},
    **{"Tennessee Titans": "TEN", "Washington Commanders": "WAS", "Washington Redskins": "WAS"},
    "Washington Football Team": "WAS",
    # Sportsbooks shorten the names of towns with two teams.
    **{"NY Giants": "NYG", "NY Jets": "NYJ", "LA Rams": "LA", "LA Chargers": "LAC"},
}
# A nickname alone is one franchise's.
NICKNAME = {
    name.split()[-1]: code
    for name, code in OTHER_CODE.items()
    if " " in name and name[-5:] != " Team"
}

TEAM_IDS: frozenset[str] = frozenset(
    (
        "ARI ATL BAL BUF CAR CHI CIN CLE DAL DEN DET GB HOU IND JAX KC "
        "LA LAC LV MIA MIN NE NO NYG NYJ PHI PIT SEA SF TB TEN WAS"
    ).split()
)


_CODE_OF = {
    name.replace(".", "").upper(): code
    for name, code in (CURRENT_CODE | OTHER_CODE | NICKNAME | {c: c for c in TEAM_IDS}).items()
}


def franchise(code: pl.Expr) -> pl.Expr:
    """Current code of the franchise behind a team code of any year; unknown codes pass unchanged.

    Example:
        >>> teams = pl.DataFrame({"team": ["OAK", "JAC", "KC"]})
        >>> teams.select(franchise(pl.col("team"))).to_series().to_list()
        ['LV', 'JAX', 'KC']
    """
    written = code.str.replace_all(r"[^\w ]", "").str.strip_chars().str.to_uppercase()
    return pl.coalesce(written.replace_strict(_CODE_OF, default=None), code)
