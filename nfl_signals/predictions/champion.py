"""Who speaks: the one line of the settings, the history of promotions, and a folder that is sound."""

from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.ensemble.ensemble import Ensemble
from nfl_signals.features.version import feature_version
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import Decision
from nfl_signals.registry.model_card import CARD, read_card
from nfl_signals.workspace.market_games import latest_version
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.tables import load_markets

PROXY = "proxy"
CHAMPION_SOURCE = "champion"
REMEDY = "Set signal_source to proxy, or to another version (model_vN)"


def promote_first(context: RunContext, version: str | None = None) -> Decision:
    """Seat an ensemble where nobody is champion yet; else nothing changes.

    Args:
        context: whose history says who is.
        version: that takes an empty seat; None: the newest trained one.

    Returns:
        The decision by which the champion holds the seat.

    Raises:
        InputError: nobody is champion, and nothing was trained yet or only on games to come.
        IntegrityError: the history was tampered with, or the ensemble cannot speak.
    """
    held = decision_log.champion_decision(
        decision_log.read(context.paths.history), as_of=context.as_of
    )
    if held is not None:
        return held
    version = version or latest_version(context.paths.ensemble("any").parent)
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
            f"The first ensemble of this home speaks until another one is promoted; it was taught "
            f"by {window['n_games']} games, {window['first']} to {window['last']}."
        ),
    )
    return decision_log.record(context.paths.history, first, expected_champion=None)


def configured_version(context: RunContext) -> str | None:
    """The version that settings and history name, or 'proxy'; None where nobody is champion yet.

    Whether it can speak is another question: `served_version`.
    """
    asked = context.settings.signal_source
    if asked == PROXY:
        return PROXY
    if asked == CHAMPION_SOURCE:
        return decision_log.champion(decision_log.read(context.paths.history), as_of=context.as_of)
    return asked.removeprefix("model_")


def served_version(context: RunContext) -> str:
    """Version of the ensemble that speaks, or 'proxy'. Nothing else ever speaks in its place.

    Raises:
        InputError: nobody is champion yet, the version was never trained, or it was taught by games
            that are still to come.
        IntegrityError: the history knows other files by its name, or it was fitted on features that
            this version of the program no longer builds.
    """
    version = configured_version(context)
    if version is None:
        raise InputError(
            f"{context.paths.history}: nobody is champion yet; run the retraining job."
        )
    if version != PROXY:
        _check(context, version)
    return version


def load_served_model(context: RunContext) -> Ensemble | None:
    """The ensemble that speaks, read and found to be what its card says; None for the proxy.

    Raises:
        InputError, IntegrityError: as `served_version`, or its files are not what its card describes.
    """
    version = served_version(context)
    return None if version == PROXY else Ensemble.load(context.paths.ensemble(version))


def _check(context: RunContext, version: str) -> None:
    folder, asked = context.paths.ensemble(version), context.settings.signal_source
    if not (folder / CARD).exists():
        raise InputError(
            f"{folder}: signal_source asks for {asked}, which was never trained or is gone. "
            f"{REMEDY}, or restore the folder."
        )
    card = read_card(folder)
    known = decision_log.known_hash(decision_log.read(context.paths.history), version)
    if known not in (None, card["model_hash"]):
        raise IntegrityError(
            f"{folder}: holds the files {card['model_hash'][:12]}, {version} was promoted as "
            f"{str(known)[:12]}. {REMEDY}, or restore the folder."
        )
    if card["feature_version"] != feature_version():
        raise IntegrityError(
            f"{folder}: fitted on features {card['feature_version']}, this program builds "
            f"{feature_version()}. {REMEDY}, or retrain and promote the new one."
        )
    taught, played = card["training_window"]["last"], _last_played(context)
    if taught > played:
        raise InputError(
            f"{folder}: taught by games until {taught}, as of {context.as_of.isoformat()} the last one "
            f"played is of {played}. {REMEDY} of that time."
        )


def _last_played(context: RunContext) -> str:
    """Season and week as cards write them; '' where nothing was played yet."""
    weeks = load_markets(context).drop_nulls("points").select("season", "week").rows()
    return "{}-w{:02d}".format(*max(weeks)) if weeks else ""
