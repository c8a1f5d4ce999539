"""Forecasts as rows of the ledger: of a model, of the price, and of the walk-forward."""

import hashlib
from collections.abc import Mapping

import polars as pl

from nfl_signals.alerts.series_status import UNMONITORED
from nfl_signals.core.moment import Moment
from nfl_signals.features.version import feature_version
from nfl_signals.markets.decision_time import CLOSE, Horizon
from nfl_signals.markets.definitions import KEYS, QUOTE, can_push
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.rolling_windows import REPLAY, STAND_IN
from nfl_signals.predictions.champion import PROXY

TIME = pl.Datetime("us", "UTC")


def price_forecasts(games: pl.DataFrame, markets: pl.DataFrame) -> pl.DataFrame:
    """No-vig probabilities of `games` (rows of gold markets with line and prices).

    Pushes as often as in all settled `markets` where one was possible; never where none is.
    """
    settled = markets.filter(pl.col("outcome").is_not_null() & can_push())
    rates = settled.group_by("market").agg(rate=(pl.col("outcome") == "push").mean())
    return games.join(rates, on="market", how="left", maintain_order="left").select(
        *KEYS,
        pl.col("p_market").alias("p_hat"),
        pl.when(can_push()).then(pl.col("rate").fill_null(0.0)).otherwise(0.0).alias("p_push"),
        pl.lit(PROXY).alias("model_version"),
        pl.lit("no-vig").alias("model_hash"),
    )


def ledger_rows(
    games: pl.DataFrame,
    forecasts: pl.DataFrame,
    *,
    moment: Moment,
    horizon: Horizon,
    book: str,
    flags: Mapping[tuple[str, str], str],
) -> pl.DataFrame:
    """Forecasts as the ledger takes them, in order of kickoff, game and market.

    Backdated ones go to the shadow book, and say so.

    `games` are rows of gold markets, `forecasts` are `game_id, market, p_hat, p_push, model_version,
    model_hash`, `flags` are `period_flag` by market and signal source (`UNMONITORED` without one).
    Returns the ledger's columns without `seal`, plus `p_market`.
    """
    columns = [*KEYS, "p_hat", "p_push", "model_version", "model_hash"]
    unknown = UNMONITORED
    if moment.backdated:
        book, flags, unknown = "learning", {}, ledger.BACKDATED
    rows = games.join(forecasts.select(columns), on=KEYS, maintain_order="left").with_columns(
        pl.lit(moment.as_of).cast(TIME).alias("made_at"),
        pl.lit(moment.clock).cast(TIME).alias("written_at"),
        pl.lit(feature_version(horizon)).alias("feature_version"),
        pl.lit(horizon).alias("horizon"),
        pl.when(pl.col("model_version") == PROXY)
        .then(pl.lit(PROXY))
        .otherwise(pl.lit("model"))
        .alias("signal_source"),
        pl.lit(book).alias("book"),
    )
    series = rows.select("market", "signal_source").rows()
    flag = pl.Series("period_flag", [flags.get(each, unknown) for each in series], pl.String)
    named = ledger.with_prediction_id(rows.with_columns(flag))
    return named.select(*ledger.CONTENT, "p_market").sort("kickoff_at", *KEYS)


def walk_forward_rows(
    stacked: pl.DataFrame, markets: pl.DataFrame, *, moment: Moment, horizon: Horizon
) -> pl.DataFrame:
    """Walk-forward predictions of games played by then for the shadow book, dated at decision time.

    `markets` are the gold markets that the walk-forward was computed on. What was played has the line and
    prices of its decision time there, at kickoff the closing ones: whatever else a forecast reads, it is of
    that minute. What was ahead has a line that may have moved since, and is left out.

    Returns the ledger's columns without `seal`.
    """
    quotes = markets.drop_nulls("points").select(*KEYS, *QUOTE, "decision_at")
    past = stacked.filter(pl.col("kickoff_at") <= moment.as_of).join(quotes, on=KEYS)
    rows = past.join(blend_hashes(stacked, horizon), on=["market", "season"])
    made_at = pl.min_horizontal("decision_at", pl.col("kickoff_at") - CLOSE)
    dated = rows.with_columns(made_at=made_at)
    return _shadow_rows(dated, versions=REPLAY, flag="replay", moment=moment, horizon=horizon)


def stand_in_rows(
    asked: pl.DataFrame,
    forecasts: pl.DataFrame,
    stacked: pl.DataFrame,
    *,
    moment: Moment,
    horizon: Horizon,
) -> pl.DataFrame:
    """`training.stand_in` forecasts for the shadow book, at the quotes and moments of the rows `asked`.

    `asked` are rows of the ledger, `stacked` is the walk-forward whose blends the forecasts are of.
    Returns the ledger's columns without `seal`.
    """
    kept = ["made_at", "kickoff_at", "season", "week", *KEYS, *QUOTE]
    answered = asked.select(kept).join(forecasts, on=KEYS)
    rows = answered.join(blend_hashes(stacked, horizon), on=["market", "season"])
    return _shadow_rows(rows, versions=STAND_IN, flag="stand-in", moment=moment, horizon=horizon)


def _shadow_rows(
    rows: pl.DataFrame, *, versions: str, flag: str, moment: Moment, horizon: Horizon
) -> pl.DataFrame:
    """What a recipe forecasts after the event, as rows of the ledger: `versions` and the season name it."""
    named = ledger.with_prediction_id(
        rows.with_columns(
            pl.lit(moment.clock).cast(TIME).alias("written_at"),
            pl.format(versions + "{}", "season").alias("model_version"),
            pl.lit(feature_version(horizon)).alias("feature_version"),
            pl.lit(horizon).alias("horizon"),
            pl.lit("model").alias("signal_source"),
            pl.lit("learning").alias("book"),
            pl.lit(flag).alias("period_flag"),
        )
    )
    return named.select(ledger.CONTENT).sort("made_at", "kickoff_at", *KEYS)


def blend_hashes(stacked: pl.DataFrame, horizon: Horizon) -> pl.DataFrame:
    """Hash of each season's walk-forward blend: market, season, feature version and weights."""
    rows, features = [], feature_version(horizon)
    for (market,), mine in stacked.group_by("market", maintain_order=True):
        for season in mine["season"].unique().sort():
            weights = mine.filter(pl.col("season") == season).select("^weight_.*$").head(1)
            text = f"{market}|{season}|{features}|{weights.write_json()}"
            rows.append((market, season, hashlib.sha256(text.encode()).hexdigest()))
    schema = {"market": pl.String, "season": pl.Int32, "model_hash": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
