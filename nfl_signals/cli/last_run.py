"""The settings of the last run, so that looking at a home needs no option."""

from nfl_signals.core.files import read_json
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import Settings, load_settings


def as_last_run(source: str | None, **options: str | None) -> Settings:
    """Settings for working on what is there: those of the last run where none are given.

    The date and the last season of that run hold for looking; a command that takes `as_of` among its
    `options` goes on from there: to now and to the source's newest season.

    Raises:
        SettingsError: a setting is refused.
        InputError: the record of the last run cannot be read.
    """
    record = Paths(load_settings().home).run_record
    last = read_json(record) if record.exists() else {}
    fallback = {name: last.get(name) for name in ("source", "seasons", "given_as_of")}
    fallback["as_of"] = fallback.pop("given_as_of")
    fallback = {name: value for name, value in fallback.items() if value and name not in options}
    if "as_of" in options and "seasons" in fallback:
        fallback["seasons"] = f"{str(fallback['seasons'])[:4]}-"
    return load_settings(fallback=fallback, source=source, **options)
