"""The settings that a home remembers: its source or league, and the seasons and date of its last run."""

from typing import Any

from nfl_signals.core.files import read_object
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import Settings, load_settings
from nfl_signals.workspace.data_home import remembered

RECORDED = dict.fromkeys(("seasons", "given_as_of"), str | None)


def of_this_home(**options: str | None) -> Settings:
    """Settings for a new run: what the home is stays, everything else is as given.

    Raises:
        SettingsError: a setting is refused.
        InputError: what the home remembers cannot be read.
    """
    return load_settings(fallback=remembered(_paths(options)), **options)


def as_last_run(**options: str | None) -> Settings:
    """Settings for working on what is there: those of the last run where none are given.

    The date and the last season of that run hold for looking; a command that has `as_of` among its
    `options`, though it be None, goes on from there: to now and to the source's newest season.

    Raises:
        SettingsError: a setting is refused.
        InputError: what the home remembers cannot be read.
    """
    paths = _paths(options)
    last = _last_run(paths)
    fallback = {name: value for name, value in last.items() if value and name not in options}
    if "as_of" in options and "seasons" in fallback:
        fallback["seasons"] = f"{str(fallback['seasons'])[:4]}-"
    return load_settings(fallback=fallback | remembered(paths), **options)


def _paths(options: dict[str, str | None]) -> Paths:
    return Paths(load_settings(home=options.get("home")).home)


def _last_run(paths: Paths) -> dict[str, Any]:
    if not paths.run_record.exists():
        return {}
    remedy = "remove the file, and give --seasons and --as-of where they matter."
    found = read_object(paths.run_record, RECORDED, remedy=remedy)
    last = {name: found.get(name) for name in RECORDED}
    return {"as_of": last.pop("given_as_of"), **last}
