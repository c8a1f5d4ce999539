"""The league in numbers that real seasons have too, each with its standard error."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from nfl_signals.core.files import Json
from nfl_signals.markets.odds import no_vig_probability
from nfl_signals.reports.league import reference
from nfl_signals.simulator.league import League


def played_games(league: League) -> pl.DataFrame:
    """Games with a result and closing lines, beside truth and opening lines."""
    return (
        league.games.join(league.truth, on="game_id", validate="1:1", maintain_order="left")
        .join(league.lines_open, on="game_id", how="left", maintain_order="left")
        .drop_nulls(["result", "spread_line", "total_line"])
    )


def marginals(games: pl.DataFrame) -> list[Json]:
    """Records `name, unit, league, error, real`; `league` is null where there is no such game.

    `error` is the standard error by the jackknife over seasons (Efron 1982, The jackknife, the bootstrap
    and other resampling plans, eq. 3.4): games of one season share its teams. Null for one season.
    """
    seasons = games["season"].unique().sort().to_list()
    left_out = [games.filter(pl.col("season") != season) for season in seasons]
    return [
        {
            "name": name,
            "unit": unit,
            "league": games.select(statistic).item(),
            "error": _jackknife([part.select(statistic).item() for part in left_out]),
            "real": real,
        }
        for name, unit, statistic, real in _statistics()
    ]


def _jackknife(values: list[float | None]) -> float | None:
    known = np.array([value for value in values if value is not None])
    if len(values) < 2 or len(known) < len(values):
        return None
    return float(np.sqrt((len(known) - 1) * known.var()))


def _statistics() -> list[tuple[str, str, pl.Expr, float]]:
    result, spread = pl.col("result"), pl.col("spread_line")
    covers, overs = result - spread, pl.col("total") - pl.col("total_line")
    pushed = covers == 0
    close = no_vig_probability(pl.col("home_moneyline"), pl.col("away_moneyline"))
    miss = (close - (result > 0).cast(pl.Float64)) ** 2
    return [
        ("home wins", "share", (result > 0).mean(), reference.HOME_WINS),
        ("ties", "share", (result == 0).mean(), reference.TIES),
        ("error of the spread (RMSE)", "points", _rms(covers), reference.SPREAD_RMSE),
        ("error of the total line (RMSE)", "points", _rms(overs), reference.TOTAL_RMSE),
        ("sd of spreads", "points", spread.std(), reference.SPREAD_SD),
        ("sd of total lines", "points", pl.col("total_line").std(), reference.TOTAL_SD),
        *(
            (f"margin of {n}", "share", (result.abs() == n).mean(), reference.MARGINS[n])
            for n in reference.KEY_NUMBERS
        ),
        *(
            (f"pushes on a line of {n}", "share", pushed.filter(spread.abs() == n).mean(), real)
            for n, real in reference.PUSHES_BY_LINE.items()
        ),
        ("pushes on the spread", "share", pushed.mean(), reference.SPREAD_PUSHES),
        ("pushes on the total", "share", (overs == 0).mean(), reference.TOTAL_PUSHES),
        ("home covers, no push", "share", _yes(covers), reference.COVERS),
        ("overs, no push", "share", _yes(overs), reference.OVERS),
        ("no-vig close", "Brier", miss.filter(result != 0).mean(), reference.CLOSE_BRIER),
    ]


def _rms(error: pl.Expr) -> pl.Expr:
    return (error**2).mean().sqrt()


def _yes(excess: pl.Expr) -> pl.Expr:
    return (excess > 0).filter(excess != 0).mean()


def margin_shares(games: pl.DataFrame) -> list[Json]:
    """Records `margin, league, real`: share of games decided by so many points."""
    return _shares("margin", games["result"].abs(), 1, reference.MARGINS)


def total_shares(games: pl.DataFrame) -> list[Json]:
    """Records `total` (first of a bin), `league, real`: share of games by points of both teams."""
    return _shares("total", games["total"], reference.TOTAL_BIN, reference.TOTALS)


def _shares(name: str, points: pl.Series, width: int, real: Sequence[float]) -> list[Json]:
    bins = points.to_numpy() // width
    return [
        {name: i * width, "league": float((bins == i).mean()), "real": share}
        for i, share in enumerate(real)
    ]


def pushes_by_line(games: pl.DataFrame) -> list[Json]:
    """Records `line, n, league, expected, real` for whole spreads up to 14; real where many games."""
    whole = games.with_columns(line=pl.col("spread_line").abs()).filter(
        pl.col("line").is_between(1, 14), pl.col("line") % 1 == 0
    )
    per_line = whole.group_by("line").agg(
        n=pl.len(),
        league=(pl.col("result") == pl.col("spread_line")).mean(),
        expected=pl.col("p_cover_push").mean(),
    )
    return [
        {**row, "line": int(row["line"]), "real": reference.PUSHES_BY_LINE.get(int(row["line"]))}
        for row in per_line.sort("line").iter_rows(named=True)
    ]


def line_errors(games: pl.DataFrame) -> list[Json]:
    """Records `line, market, mean, sd, n`: opening and closing line minus the true mean, points."""
    records = []
    for market, true in (("spread", "true_mean_margin"), ("total", "true_mean_total")):
        for line, posted in (("close", f"{market}_line"), ("open", f"{market}_open")):
            error = (games[posted] - games[true]).to_numpy()
            sizes = {"mean": float(error.mean()), "sd": float(error.std()), "n": len(error)}
            records.append({"line": line, "market": market, **sizes})
    return records
