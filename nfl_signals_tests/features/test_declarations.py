"""The declarations themselves: complete, unique, and the version moves with them."""

import dataclasses
import re

import pytest

from nfl_signals.features import declarations, ratings, starters, travel, version
from nfl_signals.features.declarations import FEATURE_NAMES, FEATURES, STATS, WINDOW_WEIGHT, WINDOWS
from nfl_signals.features.version import feature_version


def test_every_feature_is_declared_once_with_unit_source_and_fill_rule() -> None:
    assert len(set(FEATURE_NAMES)) == len(FEATURES)
    for feature in FEATURES:
        assert all([feature.unit, feature.source, feature.known_at, feature.fill]), feature.name


def test_there_are_three_windows_of_thirteen_statistics() -> None:
    assert WINDOWS == {"last5": 5, "last10": 10, "season": None}
    windows = {f"{stat.name}_{window}" for stat in STATS for window in WINDOWS}
    assert windows <= set(FEATURE_NAMES)
    assert len(windows) == 39


def test_no_price_line_result_name_or_weather_is_a_feature() -> None:
    forbidden = re.compile(
        r"(spread|total)_line|odds|price|market|result|qb|temp|wind|moneyline|spread|_id"
    )
    assert [name for name in FEATURE_NAMES if forbidden.search(name)] == []


def test_more_offence_raises_the_margin_and_both_defences_allowing_raises_the_total() -> None:
    by_name = {feature.name: feature for feature in FEATURES}
    offence = ["offense", "epa_offense", "epa_pass_last5", "epa_rush_season"]
    defence = ["defense", "epa_defense", "epa_pass_allowed_last5", "epa_rush_allowed_season"]
    for names, on_margin in ((offence, 1), (defence, -1)):
        for name in names:
            assert (by_name[name].on_margin, by_name[name].on_total) == (on_margin, 1), name
    for name in ("rating", "epa_rating", "quarterback", "starter_share", "home_field"):
        assert (by_name[name].on_margin, by_name[name].on_total) == (1, 0), name
    assert by_name["turnovers_last5"].on_margin == 0


def test_prior_belief_is_a_share_and_ratings_are_believed_before_windows() -> None:
    belief = {feature.name: feature.weight for feature in FEATURES}
    assert all(0 < weight <= 1 for weight in belief.values())
    windows = {f"{stat.name}_{window}" for stat in STATS for window in WINDOWS}
    assert {belief[name] for name in windows} == {WINDOW_WEIGHT}
    assert {belief[f"{prefix}rating"] for prefix in ("", "epa_")} == {1.0}


def test_a_feature_of_the_game_has_no_direction_on_the_margin() -> None:
    assert {f.name for f in FEATURES if f.kind == "game" and f.on_margin != 0} == set()


def test_the_version_is_short_stable_and_changes_with_any_declaration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    today = feature_version("kickoff")
    assert re.fullmatch(r"[0-9a-f]{12}", today)
    assert feature_version("kickoff") == today
    first, *others = FEATURES
    for change in ({"fill_value": 9.0}, {"weight": 0.9}, {"source": "hearsay"}):
        changed = dataclasses.replace(first, **change)
        monkeypatch.setattr(declarations, "FEATURES", (changed, *others))
        assert feature_version("kickoff") != today
    monkeypatch.setattr(declarations, "FEATURES", (*others, first))
    assert feature_version("kickoff") != today
    monkeypatch.setattr(declarations, "FEATURES", (first, *others))
    assert feature_version("kickoff") == today


def test_the_version_changes_with_every_constant_behind_a_feature(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    today = feature_version("kickoff")
    constants = [
        (version, "REVISION", version.REVISION + 1),
        (ratings, "EPA_MODEL", dataclasses.replace(ratings.EPA_MODEL, noise=8.5)),
        (ratings, "MARGIN_CAP", 27.0),
        (starters, "RECENT_GAMES", 5),
        (travel, "HOME_CITIES", {}),
    ]
    for module, name, value in constants:
        with monkeypatch.context() as patch:
            patch.setattr(module, name, value)
            assert feature_version("kickoff") != today
    assert feature_version("kickoff") == today
