"""A walk over every setting, for rules that hold for all of a kind."""

from typing import Any, get_args

from nfl_signals.core.settings import Settings

Path = tuple[str, ...]


def settings_of(*kinds: type) -> list[Path]:
    """Paths, section and name, of the settings that take one of the kinds."""
    found: list[Path] = []
    for name, field in Settings.model_fields.items():
        inner = getattr(field.annotation, "model_fields", {})
        leaves = {(name, each): inner[each] for each in inner} or {(name,): field}
        found += [
            path
            for path, each in leaves.items()
            if not {*kinds}.isdisjoint({each.annotation, *get_args(each.annotation)})
        ]
    return found


def nested(path: Path, value: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a test gives
    """As `load_settings` takes it."""
    return {path[0]: value if len(path) == 1 else {path[1]: value}}


def variable_of(path: Path) -> str:
    """The environment variable of a setting."""
    return "NFL_SIGNALS_" + "__".join(path).upper()
