"""The upcoming week's predictions as a person reads them."""

from zoneinfo import ZoneInfo

import polars as pl

from nfl_signals.core.files import Json
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.predictions.best_prices import best_in_words
from nfl_signals.predictions.flags import FLAG_WORDS

EASTERN = ZoneInfo("America/New_York")
KEPT = ("market", "p_hat", "p_market", "p_push", "signal_source", "model_version")


def pick_records(upcoming: pl.DataFrame) -> list[Json]:
    """One record per game and market, in order of kickoff.

    Returns the columns KEPT, kickoff (US Eastern) and kickoff_at (ISO), game, title, line, gap
    (p_hat - p_market, null without prices), best (line, odds and book for the side leant to), flag and
    flag_words.
    """
    return [_pick(row) for row in upcoming.sort("kickoff_at", "game_id", "market").to_dicts()]


def _pick(row: Json) -> Json:
    kickoff, flag, price = row["kickoff_at"], row["period_flag"], row["p_market"]
    away, _, home = row["game_id"].split("_", 2)[-1].rpartition("_")
    market = MARKETS[row["market"]]
    return {name: row[name] for name in KEPT} | {
        "kickoff": f"{kickoff.astimezone(EASTERN):%a %d %b %H:%M}",
        "kickoff_at": kickoff.isoformat(),
        "game": f"{away} at {home}" if away else row["game_id"],
        "title": market.title,
        "line": market.quoted(row["line"], home),
        "best": best_in_words(row, home, away),
        "gap": None if price is None else row["p_hat"] - price,
        "flag": flag,
        "flag_words": FLAG_WORDS.get(flag, flag),
    }
