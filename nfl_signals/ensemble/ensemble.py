"""The whole ensemble as one object: a folder of data files in, forecasts for requests out.

Learners of three markets, both stacked models of each, and the score distribution that makes the
markets coherent. The same code forecasts the upcoming week and serves requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from threadpoolctl import threadpool_limits

from nfl_signals.calibration.recalibration import RecalibrationMap
from nfl_signals.core.files import read_json
from nfl_signals.ensemble.coherence_rows import coherent_rows
from nfl_signals.ensemble.request import (
    FEATURE_COLUMNS,
    checked,
    request_features,
    request_market,
    request_sequences,
)
from nfl_signals.ensemble.stacked_model import PLAIN, WITH_SIGNALS, StackedModel, load_stacked_model
from nfl_signals.learners.baseline import SEQUENCE_LEARNERS, Baseline
from nfl_signals.learners.game_matrix import game_matrix
from nfl_signals.learners.protocol import Inputs
from nfl_signals.markets.definitions import MARKETS, Market
from nfl_signals.markets.score_distribution import ScoreDistribution
from nfl_signals.registry.model_card import check_card, read_card
from nfl_signals.stacking.inputs import drop_missing_signals
from nfl_signals.stacking.walk_forward import prefer_signals, without_signals

ENSEMBLE_FILE = "ensemble.json"
SCORES_FILE = "score_distribution.json"
RECALIBRATION_FILE = "recalibration.json"  # of recalibrated copies only


@dataclass(frozen=True, kw_only=True, eq=False)
class Ensemble:
    """A loaded ensemble; its mappings are by market.

    The stacked model without signals comes first; None where a market has no second.
    """

    version: str
    model_hash: str  # of its folder
    learners: Mapping[str, Mapping[str, Baseline]]  # then by name
    stacked_models: Mapping[str, tuple[StackedModel, StackedModel | None]]
    scores: ScoreDistribution  # by which the markets are coherent
    # Applied to p_hat last of all; usually empty.
    recalibration: Mapping[str, RecalibrationMap] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> "Ensemble":
        """Read an ensemble folder, wherever it lies.

        IntegrityError: its files are not what its card describes, or it was fitted on features,
        labels or horizons that are not those of this version of the program.
        """
        card, content = read_card(folder), read_json(folder / ENSEMBLE_FILE)
        check_card(folder, card, list(MARKETS.values()))
        columns = {"game_id": pl.String, **dict.fromkeys(FEATURE_COLUMNS, pl.Float64)}
        no_games = pl.DataFrame(schema=columns)
        learners: dict[str, dict[str, Baseline]] = {}
        stacked: dict[str, tuple[StackedModel, StackedModel | None]] = {}
        for name, market in MARKETS.items():
            names = game_matrix(request_features(no_games), market).names
            learners[name] = {
                learner: Baseline.load(folder / "baseline" / name / learner, names)
                for learner in content["learners"]
            }
            plain = load_stacked_model(folder / "stacker" / name, PLAIN)
            assert plain is not None  # only the other one may be missing
            stacked[name] = (plain, load_stacked_model(folder / "stacker" / name, WITH_SIGNALS))
        return cls(
            version=str(card["model_version"]),
            model_hash=str(card["model_hash"]),
            learners=learners,
            stacked_models=stacked,
            scores=ScoreDistribution.from_json(read_json(folder / SCORES_FILE)),
            recalibration=read_maps(folder),
        )

    @property
    def reads_sequences(self) -> bool:
        """Whether requests must hold each team's last games."""
        return any(not SEQUENCE_LEARNERS.isdisjoint(each) for each in self.learners.values())

    def predict(self, requests: pl.DataFrame) -> pl.DataFrame:
        """Forecast every market that a request has a price for, in the order of requests.

        What a consumer sees: `game_id, market, line, price_yes, price_no, p_market, p_hat, p_push,
        venn_abers_low, venn_abers_high, llm_available, model_version, model_hash`; and all that led
        there: `p_<learner>, signal_*, p_raw, weight_*, calibrator, p_calibrated`, and of a recalibrated
        copy `p_coherent`, p_hat as it was before. A market without price or line has no row.
        """
        games = checked(requests)
        order = games.select("game_id").with_row_index("row")
        ties = games.select("game_id", can_tie=pl.col("home_is_playoff") == 0)
        with threadpool_limits(limits=1):  # sums in another order would change the last bits
            rows = pl.concat(self._market(games, market) for market in MARKETS.values())
            rows = rows.join(ties, on="game_id", maintain_order="left")
            forecasts = recalibrated(coherent_rows(self.scores, rows), self.recalibration)
        return (
            forecasts.join(order, on="game_id", maintain_order="left")
            .sort("row", "market")
            .drop("row", "can_tie")
            .with_columns(model_version=pl.lit(self.version), model_hash=pl.lit(self.model_hash))
        )

    def _market(self, games: pl.DataFrame, market: Market) -> pl.DataFrame:
        x = game_matrix(request_features(games), market).x
        inputs = Inputs.tabular(x)
        if self.reads_sequences:
            inputs = Inputs(x=x, sequence=request_sequences(games))
        quotes = request_market(games, market)
        line = quotes["line"].fill_null(0.0).to_numpy()
        learned = {
            f"p_{name}": pl.Series(learner.predict(inputs, line)[0], dtype=pl.Float64)
            for name, learner in self.learners[market.name].items()
        }
        rows = quotes.with_columns(**learned).drop_nulls("p_market")
        plain, with_signals = self.stacked_models[market.name]
        forecasts = plain.predict(rows)
        if with_signals is None:
            return prefer_signals(forecasts, without_signals(forecasts.head(0)))
        available = drop_missing_signals(rows, with_signals.blend.inputs)
        return prefer_signals(forecasts, with_signals.predict(available))


def read_maps(folder: Path) -> dict[str, RecalibrationMap]:
    """Recalibration maps of an ensemble folder by market; none where it was never recalibrated."""
    file = folder / RECALIBRATION_FILE
    stored = read_json(file) if file.exists() else {}
    return {name: RecalibrationMap(**numbers) for name, numbers in stored.items()}


def recalibrated(rows: pl.DataFrame, maps: Mapping[str, RecalibrationMap]) -> pl.DataFrame:
    """Rows with `p_hat` moved in the markets that have a map; all others keep theirs bit for bit."""
    if not maps:
        return rows
    before, market = rows["p_hat"].to_numpy(), rows["market"].to_numpy()
    p_hat = before.copy()
    for name, each in maps.items():
        p_hat[market == name] = each.apply(before[market == name])
    return rows.with_columns(p_hat=pl.Series(p_hat), p_coherent=pl.Series(before))
