"""Which forecast of which settled game: the rows that the baseline report scores.

A forecaster is a base learner (walk-forward forecasts only), the `stack`, or one of two references:
`price` is the no-vig probability of the price at decision time, at kickoff of the close; `base rate` the
share of YES in all earlier seasons.
"""

import polars as pl

from nfl_signals.core.errors import JoinError
from nfl_signals.markets.definitions import Market, can_tie
from nfl_signals.reports.shared.forecasters import BASE_RATE, PRICE, STACK

COLUMNS = ("forecaster", "game_id", "season", "week", "outcome", "p", "p_push")
TIME_ORDER = ("season", "week", "game_id")
TWO_WAY = pl.col("outcome").is_in(["yes", "no"])


def settled_forecasts(
    market: Market, *, oof: pl.DataFrame, stacked: pl.DataFrame, markets: pl.DataFrame
) -> pl.DataFrame:
    """Every forecast of every settled game of one market, pushes included.

    References are given for the games that a base learner forecast; earlier seasons of `markets`
    make the base rate. The tables may hold all markets and schemes; `stacked` may have no rows.

    Returns `forecaster, game_id, season, week, outcome, p, p_push`: learners by name, then the
    stack and the references, each in time order. `p_push` of a reference is the share of pushes in
    earlier seasons (null without any), and 0 where there is no line and no tie is possible.

    Raises:
        JoinError: a forecast is of a game that `markets` does not have.
    """
    known, columns = markets.filter(market=market.name), ("game_id", pl.col("p_hat").alias("p"))
    walked = oof.filter(market=market.name, scheme="walk_forward")
    learners = walked.select(pl.col("learner").alias("forecaster"), *columns, "p_push")
    stack = stacked.filter(market=market.name)
    stated = pl.concat(
        [learners, stack.select(pl.lit(STACK).alias("forecaster"), *columns, "p_push")]
    )
    refuse_unknown_games(stated, known, market.name)
    settled = known.filter(pl.col("outcome").is_not_null())
    games = settled.join(earlier_seasons(settled, market), on="season", how="left")
    by_name = stated.join(games, on="game_id").sort(
        pl.col("forecaster") == STACK, "forecaster", *TIME_ORDER
    )
    forecast = games.join(learners, on="game_id", how="semi").sort(TIME_ORDER)
    references = [
        forecast.with_columns(forecaster=pl.lit(name), p=pl.col(column), p_push=push_share(market))
        for name, column in ((PRICE, "p_market"), (BASE_RATE, "base_rate"))
    ]
    return pl.concat(part.select(COLUMNS) for part in (by_name, *references)).drop_nulls("p")


def refuse_unknown_games(stated: pl.DataFrame, known: pl.DataFrame, market: str) -> None:
    """JoinError where one market's forecasts are of a game that its rows of gold markets lack."""
    stray = stated.join(known, on="game_id", how="anti")["game_id"].unique().sort()
    if len(stray):
        raise JoinError(
            f"{market} report: {len(stray)} forecast game(s) are not in gold markets, "
            f"the first is {stray[0]}; materialize gold_markets and the forecasts together."
        )


def earlier_seasons(settled: pl.DataFrame, market: Market) -> pl.DataFrame:
    """What was known of the market's frequencies before each season of its settled games.

    Returns `season, base_rate` (share of YES among games that were no push) and `push_rate`; ats
    and total start from one half, the moneyline has no such prior.
    """
    counted = settled.group_by("season").agg(
        yes=(pl.col("outcome") == "yes").sum(), no=(pl.col("outcome") == "no").sum(), n=pl.len()
    )
    before = pl.all().exclude("season").cum_sum().shift(1, fill_value=0).cast(pl.Float64)
    start = None if market.line_column is None else 0.5
    decided = pl.col("yes") + pl.col("no")
    return (
        counted.sort("season")
        .with_columns(before)
        .select(
            "season",
            base_rate=pl.when(decided > 0).then(pl.col("yes") / decided).otherwise(pl.lit(start)),
            push_rate=pl.when(pl.col("n") > 0).then((pl.col("n") - decided) / pl.col("n")),
        )
    )


def push_share(market: Market) -> pl.Expr:
    """The `push_rate` of `earlier_seasons`, and 0 in a playoff game of a market without a line."""
    rate = pl.col("push_rate")
    return rate if market.line_column else pl.when(can_tie()).then(rate).otherwise(0.0 * rate)


def same_games(forecasts: pl.DataFrame) -> pl.DataFrame:
    """Rows of the games that every forecaster present has, order kept."""
    everyone = pl.col("forecaster").n_unique().over("game_id") == pl.col("forecaster").n_unique()
    return forecasts.filter(everyone)


def forecasters(forecasts: pl.DataFrame) -> list[str]:
    """Names present, in order."""
    return forecasts["forecaster"].unique(maintain_order=True).to_list()
