"""The walk-forward fitted at one horizon and asked at another one, which the pipeline itself refuses."""

import polars as pl
from threadpoolctl import threadpool_limits

from nfl_signals.ensemble.coherence_rows import coherent_season
from nfl_signals.features.decision_prices import at_decision
from nfl_signals.features.settled_games import settled_games
from nfl_signals.markets.definitions import KEYS, MARKETS, MarketName, can_tie
from nfl_signals.stacking.inputs import game_signals, stack_inputs
from nfl_signals.stacking.oof import OofTask, out_of_fold
from nfl_signals.training.baselines import oof_tasks
from nfl_signals.training.stacks import walked_forward
from nfl_signals.workspace.market_games import market_games
from nfl_signals.workspace.run_context import RunContext


def asked_at(trained: RunContext, asked: RunContext) -> pl.DataFrame:
    """Forecasts of a home's walk-forward for the games of another home, at the other's inputs.

    Learners, blend, calibrator and coherence of a season are fitted on seasons before it as they stand
    in `trained`; features, line, price and signals of the season itself are those of `asked`. Both are
    finished homes of one league; where they are one and the same, its stored forecasts come back.
    Sequence learners are not asked.

    Returns:
        `game_id, market, p_hat` of the seasons that the walk-forward of `trained` reaches.
    """
    seasons = trained.read(trained.paths.stacked)["season"].unique().sort()
    with threadpool_limits(limits=1):  # sums in another order would change the last bits
        return pl.concat(_season(trained, asked, season) for season in seasons)


def _season(trained: RunContext, asked: RunContext, season: int) -> pl.DataFrame:
    markets = _before_and_in(season, trained.markets, asked.markets)
    features = _before_and_in(season, trained.features, asked.features)
    tasks: list[OofTask] = []
    for name in MARKETS:
        games = market_games(
            features, markets, MARKETS[name], with_sequences=False, horizon=asked.settings.horizon
        )
        tasks += [
            OofTask(**{**vars(task), "folds": [f for f in task.folds if f.number == season]})
            for task in oof_tasks(games, trained.settings)
            if task.scheme == "walk_forward"
        ]
    found = out_of_fold(tasks, games.matrix.games["game_id"], threads=trained.settings.threads)
    stored = trained.read(trained.paths.oof).filter(
        pl.col("scheme") == "walk_forward", pl.col("fold") < season
    )
    priced = _before_and_in(
        season,
        *(home.markets.filter(at_decision(home.settings.horizon)) for home in (trained, asked)),
    )
    rows = pl.concat(
        _stacked(
            trained,
            name,
            oof=pl.concat([stored, found.select(stored.columns)]),
            markets=priced,
            signals=_before_and_in(season, trained.signals, asked.signals),
            home_teams=features.filter(pl.col("is_home")).select("game_id", "team_id"),
        ).filter(season=season)
        for name in MARKETS
    )
    lined = rows.join(markets.select(*KEYS, "line"), on=KEYS, maintain_order="left")
    settled = settled_games(trained.closing.filter(pl.col("season") < season))
    coherent = coherent_season(settled, lined.with_columns(can_tie=can_tie()))
    return coherent.select(*KEYS, "p_hat")


def _stacked(
    trained: RunContext,
    name: MarketName,
    *,
    oof: pl.DataFrame,
    markets: pl.DataFrame,
    signals: pl.DataFrame,
    home_teams: pl.DataFrame,
) -> pl.DataFrame:
    learners = trained.settings.training.learners
    rows = stack_inputs(oof, markets, market=name, scheme="walk_forward", learners=learners).join(
        game_signals(signals, home_teams, MARKETS[name]),
        on="game_id",
        how="left",
        maintain_order="left",
    )
    return walked_forward(trained, name, rows)


def _before_and_in(season: int, before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Rows of earlier seasons from one table, and those of the season from another."""
    return pl.concat([before.filter(pl.col("season") < season), now.filter(season=season)])
