"""American odds -> implied probability -> no-vig probability.

American odds `a` pay `a / 100` per unit staked when positive and `100 / |a|` when negative; values
strictly between -100 and 100 do not exist. The vig is removed by proportional normalisation; the
method does not matter for two-way NFL prices (four methods give the same Brier score to four digits).
"""

import polars as pl


def implied_probability(american: pl.Expr) -> pl.Expr:
    """Break-even probability of American odds, vig included; null where the price is null.

    Example:
        >>> frame = pl.DataFrame({"price": [-110.0, 150.0, None]})
        >>> frame.select(implied_probability(pl.col("price")).round(4)).to_series().to_list()
        [0.5238, 0.4, None]
    """
    return (
        pl.when(american < 0).then(-american / (100 - american)).otherwise(100 / (100 + american))
    )


def no_vig_probability(price_yes: pl.Expr, price_no: pl.Expr) -> pl.Expr:
    """Probability of YES with the hold removed proportionally; null where either price is null.

    Example:
        >>> frame = pl.DataFrame({"yes": [-110.0, -198.0], "no": [-110.0, 164.0]})
        >>> p_yes = no_vig_probability(pl.col("yes"), pl.col("no"))
        >>> frame.select(p_yes.round(4)).to_series().to_list()
        [0.5, 0.6369]
    """
    yes, no = implied_probability(price_yes), implied_probability(price_no)
    return yes / (yes + no)


def payout_per_unit(american: pl.Expr) -> pl.Expr:
    """Profit of a winning one-unit stake.

    Example:
        >>> frame = pl.DataFrame({"price": [-110.0, 150.0]})
        >>> frame.select(payout_per_unit(pl.col("price")).round(4)).to_series().to_list()
        [0.9091, 1.5]
    """
    return pl.when(american < 0).then(-100 / american).otherwise(american / 100)


def fair_odds(p_yes: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """American odds on YES and on NO without any hold.

    Example:
        >>> frame = pl.DataFrame({"p": [0.5, 0.6]})
        >>> frame.select(*(o.round(1).alias(n) for n, o in zip("yn", fair_odds(pl.col("p"))))).rows()
        [(-100.0, -100.0), (-150.0, 150.0)]
    """
    yes = (
        pl.when(p_yes >= 0.5).then(-100 * p_yes / (1 - p_yes)).otherwise(100 * (1 - p_yes) / p_yes)
    )
    no = pl.when(p_yes > 0.5).then(100 * p_yes / (1 - p_yes)).otherwise(-100 * (1 - p_yes) / p_yes)
    return yes, no
