"""What must hold of those who speak: the history, the speaker, the ledger's voices, and what they show.

The proofs of tables are `tables.py`, those of the registered champion `registry.py`.
"""

from collections.abc import Callable, Iterable
from typing import Any

from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.files import read_parquet
from nfl_signals.ensemble.request import FEATURE_COLUMNS
from nfl_signals.features.declarations import FEATURE_NAMES
from nfl_signals.monitoring import ledger
from nfl_signals.predictions.champion import PROXY, load_served_model
from nfl_signals.registry import decision_log
from nfl_signals.registry.model_card import CARD, read_card
from nfl_signals.workspace.run_context import RunContext

Figures = dict[str, Any]
NO_VIG = "no-vig"
"""What stands for a hash where the price itself speaks."""
LEDGER_VERSION = [
    "book",
    "signal_source",
    "model_version",
    "model_hash",
    "feature_version",
    "season",
]


def history_sealed(context: RunContext) -> Figures:
    """The history of decisions is what was written, line by line."""
    problems = decision_log.verify(context.paths.history)
    if problems:
        raise IntegrityError(f"{context.paths.history}: {problems[0]} ({len(problems)} problems)")
    decisions = decision_log.read(context.paths.history)
    return {"decisions": len(decisions), "champion": decision_log.champion(decisions) or "nobody"}


def served_model_sound(context: RunContext) -> Figures:
    """Who speaks can speak: files, features, labels and horizons are those of card and program."""
    speaker = load_served_model(context)
    return {"speaks": speaker.version if speaker else PROXY}


def ledger_versions_known(context: RunContext) -> Figures:
    """Every row of the ledger names a voice that is there to be asked again."""
    voices = ledger.read(context.paths.ledger).select(LEDGER_VERSION).unique().sort(LEDGER_VERSION)
    for voice in voices.iter_rows(named=True):
        if problem := _unknown_because(context, voice):
            raise IntegrityError(
                f"ledger: {voice['model_version']} in book {voice['book']}, source "
                f"{voice['signal_source']}: {problem}."
            )
    return {"voices": voices.height}


def no_feature_shown(context: RunContext) -> Figures:
    """Neither the upcoming predictions nor their explanations nor the ledger have one as a column."""
    columns = 0
    for path in (context.paths.upcoming, context.paths.ledger, context.paths.explanations):
        if not path.exists():  # the price speaks without explaining itself
            continue
        rows = read_parquet(path)
        if shown := features_among(rows.columns):
            raise IntegrityError(
                f"{path}: shows the feature {shown[0]}; a consumer sees only probabilities."
            )
        columns += rows.width
    return {"columns": columns}


def features_among(names: Iterable[str]) -> list[str]:
    """Names that are features of a team, or of a request.

    Example:
        >>> features_among(["p_hat", "home_rating", "line"])
        ['home_rating']
    """
    features = {*FEATURE_NAMES, *FEATURE_COLUMNS}
    return sorted(features.intersection(names))


def _unknown_because(context: RunContext, voice: dict[str, Any]) -> str | None:
    """What is wrong with a voice of the ledger; None where it is known."""
    version, stated = voice["model_version"], voice["model_hash"]
    if voice["signal_source"] == PROXY or PROXY in (version, stated) or stated == NO_VIG:
        known = (voice["signal_source"], version, stated) == (PROXY, PROXY, NO_VIG)
        return (
            None if known else f"the price is {PROXY}, {NO_VIG}; this is {version}, {stated[:12]}"
        )
    if voice["book"] == "learning":
        own = f"replay_{voice['season']}"
        return None if version == own else f"games of {voice['season']} are replayed as {own}"
    folder = context.paths.ensemble(version)
    if not (folder / CARD).exists():
        return f"{folder} is not there; restore it"
    card = read_card(folder)
    for name in ("model_hash", "feature_version"):
        if voice[name] != card[name]:
            return f"{name} {voice[name][:12]}, {folder} holds {card[name][:12]}; restore it"
    return None


MODEL_CHECKS: dict[str, Callable[[RunContext], Figures]] = {
    "history: sealed": history_sealed,
    "models: who speaks can speak": served_model_sound,
    "ledger: every voice is known": ledger_versions_known,
    "consumers: see no feature": no_feature_shown,
}
