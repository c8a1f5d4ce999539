"""A home belongs to one source: real games and simulated ones never meet in one table.

The first run that stores something in a folder makes it the data home of its source; another source,
or another simulated league, needs another home. Nothing is ever moved. From the first fitted learner on
the home has one horizon, too.
"""

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nfl_signals.core.errors import InputError, SettingsError
from nfl_signals.core.files import read_notes, read_object, read_parquet, write_json
from nfl_signals.core.locks import exclusive
from nfl_signals.core.paths import Paths
from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.core.settings import Settings
from nfl_signals.workspace.ledger_clock import written_live

NFLVERSE = "nflverse"
PLAYED = "nflverse-played"
"""Real games whose predictions are written by the clock of the as-of: never mixed with live ones."""
PROGRESS = ("weeks_played", "late_stats")
"""How far a league has been played and published: the same league at another time."""
ALWAYS_WRITTEN = ("data/raw", "data/gold", "data/ledger", "models")
BUILT_FOR = "nfl_signals.horizon"
"""What a stored season notes its horizon under."""
REMEDY = "add --home FOLDER, or set NFL_SIGNALS_HOME."


def data_home_name(settings: Settings) -> str:
    """'nflverse', 'nflverse-played', or 'simulated-' and a hash of seed and league.

    How far a league has been played and published does not count.

    Example:
        >>> data_home_name(Settings(source="nflverse"))
        'nflverse'
    """
    if settings.source == NFLVERSE:
        return PLAYED if settings.clock == "as_of" else NFLVERSE
    league = settings.simulator.model_dump(exclude=set(PROGRESS))
    if league["drift_known"]:
        del league["drift_known"]  # homes of a time that had no choice keep their names
    text = json.dumps({"seed": settings.seed, **league}, sort_keys=True)
    return f"simulated-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def claim_home(paths: Paths, settings: Settings) -> None:
    """Make the folder the data home of the settings, where nothing of another one is stored.

    Raises:
        SettingsError: it is the home of another source or league.
        InputError, StorageError: its stamp cannot be read or written.
    """
    wanted = data_home_name(settings)
    if holder(paths) == wanted and built_horizon(paths) in (None, settings.horizon):
        return
    busy = "another run is starting in this home; try again when it has."
    with exclusive(paths.data_home.with_suffix(".lock"), busy=busy):
        refuse_other_home(paths, settings)
        _drop_other_horizon(paths, settings)
        write_json(paths.data_home, {"data_home": wanted})


def _drop_other_horizon(paths: Paths, settings: Settings) -> None:
    """Remove tables built for another horizon, before anything is fitted on them: they are made from raw."""
    if built_horizon(paths) not in (None, settings.horizon):
        # Features last: in them it stands for which horizon the tables are.
        for folder in (paths.llm_signals, paths.markets, paths.features):
            shutil.rmtree(folder, ignore_errors=True)


def refuse_other_home(paths: Paths, settings: Settings) -> None:
    """Raise SettingsError where something of another source, league or horizon is stored."""
    held = holder(paths) or _told_by_ledger(paths)
    if held in (None, data_home_name(settings)) or not _anything_stored(paths):
        _refuse_other_horizon(paths, settings)
        return
    if {held, data_home_name(settings)} == {NFLVERSE, PLAYED}:
        holds = (
            "written by the system's clock" if held == NFLVERSE else "of a season that is played"
        )
        raise SettingsError(
            f"{paths.home}: holds predictions {holds}; with clock {settings.clock} they need a home of their "
            f"own: {REMEDY} Or set clock: {'system' if held == NFLVERSE else 'as_of'}."
        )
    if held in (NFLVERSE, PLAYED):
        raise SettingsError(
            f"{paths.home}: holds real games; a simulated league needs a home of its own: {REMEDY}"
        )
    if settings.source == NFLVERSE:
        raise SettingsError(
            f"{paths.home}: holds a simulated league; real games need a home of their own: {REMEDY}"
        )
    raise SettingsError(
        f"{paths.home}: holds another simulated league ({_differences(paths, settings)}); this one "
        f"needs a home of its own: {REMEDY}"
    )


def _refuse_other_horizon(paths: Paths, settings: Settings) -> None:
    bound = bound_horizon(paths)
    if bound not in (None, settings.horizon):
        raise SettingsError(
            f"{paths.home}: features, models and ledger are of horizon {bound}; horizon "
            f"{settings.horizon} needs a home of its own: {REMEDY}"
        )


def refuse_home(folder: Path) -> None:
    """Raise InputError where the folder is a data home: what is written there by hand is not its own."""
    if holder(Paths(folder)) is not None:
        raise InputError(f"{folder}: is a data home; choose another folder.")


def holder(paths: Paths) -> str | None:
    """Name of the data home that the folder holds; None where no run has claimed it."""
    if not paths.data_home.exists():
        return None
    remedy = (
        "remove the file if you know which source the home belongs to, and name that source in the "
        "next run."
    )
    return str(read_object(paths.data_home, {"data_home": str}, remedy=remedy)["data_home"])


def remembered(paths: Paths) -> dict[str, Any]:
    """Settings that make a home what it is: source, horizon, and the league where it is simulated."""
    held = holder(paths) or _told_by_ledger(paths)
    if held is None or not _anything_stored(paths):
        return {}
    horizon = {"horizon": bound} if (bound := bound_horizon(paths)) else {}
    if held in (NFLVERSE, PLAYED):
        return {"source": NFLVERSE} | horizon | ({"clock": "as_of"} if held == PLAYED else {})
    league = stored_league(paths)
    simulator = {name: league[name] for name in SimulatorSettings.model_fields if name in league}
    seed = {"seed": league["seed"]} if league else {}
    return {"source": "simulated", "simulator": simulator} | seed | horizon


def built_horizon(paths: Paths) -> str | None:
    """The horizon for which the newest season of features was built; None where there is none."""
    seasons = _seasons(paths.features)
    return read_notes(paths.features / f"{seasons[-1]}.parquet").get(BUILT_FOR) if seasons else None


def bound_horizon(paths: Paths) -> str | None:
    """The horizon of a home in which something was fitted, which it keeps; None before that."""
    fitted = (paths.oof, paths.ensembles, paths.history, paths.ledger)
    return built_horizon(paths) if any(place.exists() for place in fitted) else None


def stored_league(paths: Paths) -> dict[str, Any]:
    """Seed, settings and `as_of`, a datetime, of the simulated league that is stored; {} without one.

    Raises:
        InputError: the file is not what the simulator wrote.
    """
    if not paths.league.exists():
        return {}
    remedy = "remove the file, and the league is simulated again."
    found = read_object(paths.league, {"seed": int, "as_of": str}, remedy=remedy)
    try:
        return found | {"as_of": datetime.fromisoformat(found["as_of"]).astimezone(UTC)}
    except ValueError:
        raise InputError(f"{paths.league}: as_of: not an instant; {remedy}") from None


def _differences(paths: Paths, settings: Settings) -> str:
    asked = {"seed": settings.seed, **settings.simulator.model_dump(exclude=set(PROGRESS))}
    stored = stored_league(paths)
    other = (name for name, value in asked.items() if stored.get(name, value) != value)
    return (
        ", ".join(f"{name} {stored[name]}, not {asked[name]}" for name in other) or "other settings"
    )


def _told_by_ledger(paths: Paths) -> str | None:
    """Which home of real games the ledger is of, where the stamp is gone; None where it does not tell.

    A league's ledger looks like that of a season that is played, but lies beside the league.
    """
    if paths.league.exists():
        return None
    live = written_live(paths.ledger)
    return None if live is None else NFLVERSE if live else PLAYED


def _anything_stored(paths: Paths) -> bool:
    return any((paths.home / place).exists() for place in ALWAYS_WRITTEN)


def seasons_of_home(paths: Paths, *, last: int | None, opens_by: datetime) -> tuple[int, ...]:
    """Seasons that a home should hold: what is lacking among them shows. None in a home without features.

    From the first of the stored features on to the last of those, or of the stored schedules up to `last`
    (None: all) whose first game is at `opens_by` or earlier.
    """
    built = _seasons(paths.features)
    if not built:
        return ()
    begun = [
        season
        for season in _seasons(paths.raw_folder("games"))
        if built[-1] < season <= (last or season) and _opens(paths.raw("games", season)) <= opens_by
    ]
    return tuple(range(built[0], max([built[-1], *begun]) + 1))


def _seasons(folder: Path) -> list[int]:
    return sorted(int(file.stem) for file in folder.glob("[0-9]*.parquet"))


def _opens(schedule: Path) -> datetime:
    first: datetime | None = read_parquet(schedule)["kickoff_at"].min()  # type: ignore[assignment]
    return first or datetime.max.replace(tzinfo=UTC)
