"""Checks of the registered champion: its files, and its predictions through MLflow."""

import polars as pl

from nfl_signals.checks.tables import Figures
from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.files import read_object
from nfl_signals.ensemble.request import requests_hash
from nfl_signals.learners.baseline import SEQUENCE_LEARNERS
from nfl_signals.markets.definitions import KEYS
from nfl_signals.predictions.upcoming import requests_for
from nfl_signals.registry.mlflow_registry import CHAMPION, open_registry
from nfl_signals.registry.model_card import model_hash, read_card
from nfl_signals.workspace.run_context import RunContext

LARGEST_DIFFERENCE = 1e-12  # probability; JSON and pandas keep every digit, so this is generous


def champion_files(context: RunContext) -> Figures:
    """The champion is there, loads, and its files are those that were registered."""
    registry = open_registry(context.paths)
    model = registry.load(CHAMPION)
    found = {
        "files": model_hash(model.ensemble),
        "card": read_card(model.ensemble)["model_hash"],
        "registry": model.version.model_hash,
    }
    if len(set(found.values())) > 1:
        raise IntegrityError(f"{model.ensemble}: hashes differ ({found}); register it again.")
    return {"versions": len(registry.history()), "champion": model.version.version}


def champion_predictions(context: RunContext) -> Figures:
    """Through MLflow the champion predicts what it predicts without, and what is stored.

    Predicted are the upcoming games, or those of the last week where nothing is upcoming.
    """
    model = open_registry(context.paths).load(CHAMPION)
    learners = read_card(model.ensemble).get("learners", [])
    requests = stored_requests(context, sequences=not SEQUENCE_LEARNERS.isdisjoint(learners))
    # Without MLflow first: what is wrong with stored tables then has this program's message.
    expected = model.reader.predict(requests)
    served = model.predict(requests)
    check_probabilities(served)
    direct = largest_difference(served, expected)
    # Under `proxy`, or when another version is served, none of the stored predictions are its own; and
    # reports and lines that came in since may have moved what they were made from.
    upcoming = context.read(context.paths.upcoming).filter(model_hash=model.version.model_hash)
    if _made_from_others(context, requests):
        upcoming = upcoming.clear()
    stored = largest_difference(served, upcoming)
    if max(direct, stored) > LARGEST_DIFFERENCE:
        raise IntegrityError(
            f"{model.version.folder}: predictions differ by {direct:.3g} from the same ensemble without "
            f"MLflow, by {stored:.3g} from the upcoming predictions; predict again."
        )
    return {"rows": served.height, "upcoming": upcoming.height, "difference": max(direct, stored)}


def _made_from_others(context: RunContext, requests: pl.DataFrame) -> bool:
    """Whether the stored predictions were made from other requests than the tables give now."""
    stored = context.paths.upcoming_requests
    remedy = "predict again (`nfl-signals week`)."
    return stored.exists() and (
        read_object(stored, {"requests": str}, remedy=remedy)["requests"] != requests_hash(requests)
    )


def stored_requests(context: RunContext, *, sequences: bool = False) -> pl.DataFrame:
    """Requests for the upcoming predictions' games, or for the last week that has lines.

    With `sequences` they hold what the learner lstm reads.

    Raises:
        InputError: no stored game has a line.
    """
    upcoming = context.read(context.paths.upcoming)
    games = upcoming["game_id"].unique(maintain_order=True).to_list()
    if not games:
        lined = context.markets.drop_nulls(["line", "p_market"]).sort("kickoff_at", "game_id")
        if lined.is_empty():
            raise InputError(f"{context.paths.markets}: no game has a line and a price yet.")
        week = [pl.col(name) == lined[name][-1] for name in ("season", "week")]
        games = lined.filter(*week)["game_id"].unique(maintain_order=True).to_list()
    return requests_for(context, games, sequences=sequences)


def check_probabilities(served: pl.DataFrame) -> None:
    """Yes, no and push of every prediction are probabilities and sum to 1.

    Raises:
        IntegrityError: names the first one that breaks this.
    """
    p, push = pl.col("p_hat"), pl.col("p_push")
    outcomes = [p * (1 - push), (1 - p) * (1 - push), push]
    # p_hat is given no push: whatever the two are, the three sum to 1, so look at each as well.
    fine = pl.all_horizontal(
        pl.col("p_hat", "p_push").is_between(0, 1),
        (pl.sum_horizontal(outcomes) - 1).abs() <= LARGEST_DIFFERENCE,
    )
    bad = served.filter(~fine.fill_null(value=False))
    if bad.height:
        where = ", ".join(f"{name} {bad[name][0]}" for name in [*KEYS, "p_hat", "p_push"])
        raise IntegrityError(f"served predictions: {where}: not probabilities that sum to 1.")


def largest_difference(served: pl.DataFrame, others: pl.DataFrame) -> float:
    """Of `p_hat` and `p_push`, over the rows of `others`, each of which must be served.

    Raises:
        IntegrityError: one is not.
    """
    columns = others.select(*KEYS, "p_hat", "p_push")
    pairs = columns.join(served, on=KEYS, how="left", suffix="_served")
    missing = pairs.filter(pl.any_horizontal(pl.col("^p_.*_served$").is_null()))
    if missing.height:
        raise IntegrityError(f"served predictions: none for {' '.join(missing.row(0)[:2])}.")
    differences = [(pl.col(name) - pl.col(f"{name}_served")).abs() for name in ("p_hat", "p_push")]
    return float(pairs.select(pl.max_horizontal(differences).max().fill_null(0.0)).item())
