"""An ensemble small enough to work out by hand: one number in a file, two columns in a request."""

from pathlib import Path

import polars as pl

from nfl_signals.core.errors import SchemaError
from nfl_signals.core.files import read_json, write_json
from nfl_signals.ensemble.request import request_market
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.registry.model_card import model_hash

FEATURES = "3f2a"
"""Version of the features that fake ensembles were fitted on."""


class FakeEnsemble:
    """The home team's chance is half its strength plus a bias; it is unknown without a line."""

    def __init__(self, bias: float) -> None:
        self.bias = bias

    @classmethod
    def load(cls, folder: Path) -> "FakeEnsemble":
        """Read `parts/bias.json`."""
        return cls(read_json(folder / "parts" / "bias.json"))

    def predict(self, requests: pl.DataFrame) -> pl.DataFrame:
        """One answer per game; strengths must be there, lines need not."""
        weak = requests.filter(pl.col("home_strength").is_null())
        if weak.height:
            raise SchemaError(f"request: column home_strength, game {weak['game_id'][0]}: None.")
        p_hat = 0.5 * pl.col("home_strength") + self.bias
        return requests.select(
            "game_id",
            pl.lit("ats").alias("market"),
            p_hat.alias("p_hat"),
            pl.when(pl.col("spread_line").is_not_null()).then(p_hat - 0.1).alias("p_low"),
            pl.lit(value=False).alias("llm_available"),
        )


def write_ensemble(folder: Path, *, version: str = "v202409", bias: float = 0.25) -> Path:
    """A complete ensemble folder with its card."""
    write_json(folder / "parts" / "bias.json", bias)
    card = {"model_version": version, "model_hash": model_hash(folder), "feature_version": FEATURES}
    write_json(folder / "card.json", card)
    return folder


def requests(n_games: int = 2) -> pl.DataFrame:
    """Games with strengths from 0 to 1; the first lacks its line."""
    return pl.DataFrame(
        {
            "game_id": [f"2024_10_{game:03d}" for game in range(n_games)],
            "home_strength": [game / max(n_games - 1, 1) for game in range(n_games)],
            "spread_line": [None, *(3.0 for _ in range(n_games - 1))],
        },
        schema_overrides={"spread_line": pl.Float64},
    )


class MarketEcho(FakeEnsemble):
    """Repeats the no-vig market in every market that is requested, off by its bias; pushes 3 in 100."""

    def predict(self, requests: pl.DataFrame) -> pl.DataFrame:
        """One answer per game and market that has a line and a price."""
        rows = pl.concat(request_market(requests, market) for market in MARKETS.values())
        return rows.drop_nulls("p_market").select(
            "game_id",
            "market",
            (pl.col("p_market") + self.bias).alias("p_hat"),
            pl.lit(0.03).alias("p_push"),
        )
