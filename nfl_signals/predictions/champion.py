"""Which model is served: the one line of the settings, the decision log, and a folder that is sound."""

import polars as pl

from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.ensemble.ensemble import Ensemble
from nfl_signals.features.version import feature_version
from nfl_signals.ingest.history import RESULT_DELAY
from nfl_signals.markets.decision_time import MADE
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import Decision
from nfl_signals.registry.model_card import CARD, card_horizon, read_card
from nfl_signals.registry.model_version import ModelVersion, latest_version, trained_versions
from nfl_signals.workspace.run_context import RunContext

PROXY = "proxy"
CHAMPION_SOURCE = "champion"
REMEDY = "Set signal_source to proxy, or to another version (model_vN)"


def promote_first(context: RunContext, version: str | None = None) -> Decision:
    """Make a version (None: the newest trained one) champion where there is none yet.

    Returns the decision that made the champion, now or at another time.

    Raises:
        InputError: there is no champion, and nothing was trained yet or only on games to come; or the
            home's first champion is of a time after `as_of`.
        IntegrityError: the decision log was tampered with, or the version cannot be served.
    """
    held = decision_log.champion_decision(context.decisions)
    if held is not None:
        return held
    refuse_before_first_champion(context)
    if (later := decision_log.champion_decision(context.decision_log)) is not None:
        return later  # what is served is pinned, and history stays as it was
    version = version or latest_version(context.paths.ensembles)
    _check(context, version)
    card = read_card(context.paths.ensemble(version))
    window = card["training_window"]
    first = Decision(
        at=context.as_of,
        kind="first",
        version=version,
        model_hash=str(card["model_hash"]),
        champion=version,
        step="training",
        sentence=(
            "The first ensemble of this home is served until another one is promoted; it was fitted "
            f"on {window['n_games']} games, {window['first']} to {window['last']}."
        ),
    )
    return decision_log.record(context.paths.history, first, expected_champion=None)


def configured_version(context: RunContext) -> str | None:
    """The version that settings and decision log name, or 'proxy'; None where there is no champion.

    Whether it can be served is checked by `served_version`.
    """
    source = context.settings.signal_source
    if source == PROXY:
        return PROXY
    if source == CHAMPION_SOURCE:
        return decision_log.champion(context.decisions)
    return source.removeprefix("model_")


def served_version(context: RunContext) -> str:
    """Version of the ensemble that is served, or 'proxy'. Nothing else is ever served in its place.

    Raises:
        InputError: there is no champion yet, the version was never trained, or it was fitted on
            games that are still to come.
        IntegrityError: the decision log knows other files by its name, or it was fitted on features
            that this version of the program no longer builds.
    """
    version = configured_version(context)
    if version is None:
        raise InputError(_no_champion(context))
    if version != PROXY:
        _check(context, version)
    return version


def require_champion(context: RunContext) -> None:
    """Refuse, before anything is written, a run whose forecasts would have no model.

    Raises:
        InputError: settings ask for the champion, and there is none at `as_of`.
    """
    if configured_version(context) is None:
        raise InputError(_no_champion(context))


def refuse_before_first_champion(context: RunContext) -> None:
    """Raise InputError where the home's first champion is of a time after `as_of`.

    A champion of before it would be one that nobody was served then.
    """
    is_later = decision_log.champion(context.decision_log) is not None
    if is_later and configured_version(context) is None:
        raise InputError(_no_champion(context))


def _no_champion(context: RunContext) -> str:
    log = context.paths.history
    later = [each.at for each in context.decision_log if each.kind in decision_log.PROMOTING]
    if not later:
        return f"{log}: no champion yet; run the retraining job."
    return (
        f"{log}: no champion yet as of {context.as_of.isoformat()}; the first one is of "
        f"{min(later).isoformat()}. Choose an as_of from then on, set signal_source to proxy, or run "
        "`nfl-signals run` as of that time in another home."
    )


def load_served_model(context: RunContext) -> Ensemble | None:
    """The ensemble that is served; None for the proxy.

    Raises:
        InputError, IntegrityError: as `served_version`, or its files are not what its card describes.
    """
    version = served_version(context)
    return (
        None if version == PROXY else context.load(context.paths.ensemble(version), Ensemble.load)
    )


def load_version(context: RunContext, version: str) -> Ensemble:
    """Any version; raises what would keep it from being served."""
    _check(context, version)
    return context.load(context.paths.ensemble(version), Ensemble.load)


def trained_by_then(context: RunContext, *, after: str | None = None) -> list[str]:
    """`trained_versions` of the run's home, without those fitted on games after its `as_of`."""
    season, _, week = _last_played(context).partition("-w")
    last = int(f"{season}{week}" or 0)
    versions = trained_versions(context.paths.ensembles, after=after)
    return [each for each in versions if ModelVersion.parse(each).trained <= last]


def _check(context: RunContext, version: str) -> None:
    folder = context.paths.ensemble(version)
    if not (folder / CARD).exists():
        raise InputError(
            f"{folder}: {version} was never trained or is gone (signal_source: "
            f"{context.settings.signal_source}). {REMEDY}, or restore the folder."
        )
    card = read_card(folder)
    known = decision_log.known_hash(context.decision_log, version)
    if known not in (None, card["model_hash"]):
        raise IntegrityError(
            f"{folder}: holds the files {card['model_hash'][:12]}, {version} was promoted as "
            f"{str(known)[:12]}. {REMEDY}, or restore the folder."
        )
    asked, fitted = context.settings.horizon, card_horizon(folder, card)
    if fitted != asked:
        raise IntegrityError(
            f"{folder}: its forecasts are {MADE[fitted]} (horizon: {fitted}), asked for are forecasts "
            f"{MADE[asked]} (horizon: {asked}). Set horizon to {fitted}, or retrain and promote the new one."
        )
    if card["feature_version"] != (built := feature_version(asked)):
        raise IntegrityError(
            f"{folder}: fitted on features {card['feature_version']}, this program builds "
            f"{built}. {REMEDY}, or retrain and promote the new one."
        )
    fitted_until, played = card["training_window"]["last"], _last_played(context)
    if fitted_until > played:
        raise InputError(
            f"{folder}: fitted on games until {fitted_until}, as of {context.as_of.isoformat()} the "
            f"last one played is of {played}. {REMEDY} of that time."
        )


def _last_played(context: RunContext) -> str:
    """Season and week as cards write them; '' where nothing was played yet.

    By the clock: a result that is withheld today may have been fitted on when it was there.
    """
    over = pl.col("kickoff_at") + RESULT_DELAY <= context.as_of
    weeks = context.markets.filter(over).select("season", "week").rows()
    return "{}-w{:02d}".format(*max(weeks)) if weeks else ""
