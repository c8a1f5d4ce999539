"""The upcoming week's predictions as a person reads them."""

from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from nfl_signals.markets.definitions import MARKETS

Json = dict[str, Any]
EASTERN = ZoneInfo("America/New_York")
FLAGS = {
    "ok": "ok",
    "info": "info: watch it",
    "warning": "warning: lean less on it",
    "critical": "critical: do not lean on it",
    "unmonitored": "not judged yet",
}


def pick_records(upcoming: pl.DataFrame) -> list[Json]:
    """One record per game and market, in order of kickoff.

    Returns:
        kickoff (US Eastern) and kickoff_at (ISO), game, market, title, line, p_hat, p_market, gap
        (p_hat - p_market, null without prices), p_push, voice, model_version, flag and flag_words.
    """
    rows = upcoming.sort("kickoff_at", "game_id", "market")
    return [_pick(row) for row in rows.iter_rows(named=True)]


def _pick(row: Json) -> Json:
    kickoff, market = row["kickoff_at"].astimezone(EASTERN), MARKETS[row["market"]]
    away, _, home = row["game_id"].split("_", 2)[-1].rpartition("_")
    close = row["p_market"]
    return {
        "kickoff": f"{kickoff:%a %d %b %H:%M}",
        "kickoff_at": row["kickoff_at"].isoformat(),
        "game": f"{away} at {home}" if away else row["game_id"],
        "market": row["market"],
        "title": market.title,
        "line": "" if market.line_column is None else _line(row, home),
        "p_hat": row["p_hat"],
        "p_market": close,
        "gap": None if close is None else row["p_hat"] - close,
        "p_push": row["p_push"],
        "voice": row["signal_source"],
        "model_version": row["model_version"],
        "flag": row["period_flag"],
        "flag_words": FLAGS.get(row["period_flag"], row["period_flag"]),
    }


def _line(row: Json, home: str) -> str:
    if row["market"] == "total":
        return f"{row['line']:g}"
    # nflverse's sign is positive for a home favourite; bettors quote the favourite with a minus.
    return f"{home} {-row['line']:+g}" if row["line"] else f"{home} pick'em"
