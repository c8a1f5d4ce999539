"""The feature version pins what code makes of a league, not only what is declared.

`snapshots/features.json` holds the version and one sum per feature over a league made here by whole
numbers alone. `NFL_SIGNALS_RENEW_SNAPSHOTS=1` writes it anew, once the version is a new one.
"""

import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.features import build, travel
from nfl_signals.features.declarations import FEATURE_NAMES
from nfl_signals.features.version import feature_version
from nfl_signals.ingest.history import History
from nfl_signals.markets.decision_time import MADE, Horizon
from nfl_signals_tests.support.builders import Row, game, history, injury, starters, stats
from nfl_signals_tests.support.snapshots import RENEW, VARIABLE

GOLDEN = Path(__file__).parent / "snapshots" / "features.json"
STARTS = {2019: date(2019, 9, 8), 2020: date(2020, 9, 13)}
PAIRS = (("BUF", "KC", "OAK", "SEA"), ("OAK", "BUF", "SEA", "KC"), ("KC", "OAK", "BUF", "SEA"))
WEEKS = 13
TOLERANCE = 1e-9  # of a sum, relative: sums on another machine differ by less, a definition by more
WHAT_TO_DO = (
    f"raise REVISION in nfl_signals/features/version.py, then renew {GOLDEN.name} with {VARIABLE}=1; "
    "models of the version before are then refused, and have to be trained again"
)


def league() -> History:
    """Four teams, two seasons: byes, a move, neutral ground, a playoff, gaps, games still to be played."""
    games: list[Row] = []
    team_stats: list[Row] = []
    injuries: list[Row] = []
    for season, start in STARTS.items():
        for week in range(1, WEEKS + 1):
            teams = PAIRS[week % 3]
            for place in (0, 2):
                number = 100 * (season - 2019) + 2 * week + place
                if number % 11 == 0:
                    continue  # a bye of both
                away, home = (_name(team, season) for team in teams[place : place + 2])
                away, home = (home, away) if week % 2 else (away, home)
                game_id = f"{season}_{week:02}_{away}_{home}"
                day = start + timedelta(days=7 * week + number % 3)
                games.append(_game(game_id, day, number, played=(season, week) < (2020, WEEKS)))
                for side, team in enumerate((away, home)):
                    team_stats += _stats(game_id, team, number + side)
                    injuries += _injuries(game_id, team, number + side)
    return history(games, team_stats, injuries)


def _name(team: str, season: int) -> str:
    return "LV" if team == "OAK" and season > 2019 else team


def _game(game_id: str, day: date, number: int, *, played: bool) -> Row:
    score = (10 + 7 * number % 31, 3 + 5 * number % 29) if played else None
    _, _, away, home = game_id.split("_")
    named = starters(f"{home}{number % 4 // 3}", f"{away}{number % 5 // 4}")
    place: Row = {"location": "Neutral"} if number % 13 == 5 else {}
    place |= {"roof": "dome"} if number % 7 == 3 else {}
    place |= {"game_type": "DIV"} if f"_{WEEKS - 1}_" in game_id else {}
    late = {"gametime": "20:15"} if number % 3 else {}
    return game(
        game_id, day.isoformat(), score=score, **place, **late, div_game=number % 4 // 2, **named
    )


def _stats(game_id: str, team: str, number: int) -> list[Row]:
    if number % 17 == 0:
        return []  # never published
    columns: Row = {
        "passing_epa": None if number % 19 == 0 else (number % 23) - 9.0,
        "rushing_epa": (number % 11) / 2 - 4,
        "carries": 20 + number % 9,
        "attempts": 28 + number % 13,
        "sacks_suffered": number % 6,
        "passing_interceptions": number % 3,
        "rushing_fumbles_lost": number % 2,
        "passing_first_downs": 9 + number % 7,
        "penalty_yards": 30 + number % 41,
    }
    return [stats(game_id, team, **columns)]


def _injuries(game_id: str, team: str, number: int) -> list[Row]:
    positions = ("T", "WR", "LB", "CB", "G", "TE", "DE", "S")[: number % 9]
    status = ("Out", "Doubtful", "Questionable")[number % 3]
    return [injury(game_id, team, f"{team} {at}", position=at, status=status) for at in positions]


HORIZONS: list[Horizon] = list(MADE)


def found(horizon: Horizon) -> dict[str, float]:
    """One sum per feature, in which every row has a weight of its own."""
    table = build.build_features(league(), horizon)
    weights = pl.int_range(1, pl.len() + 1)
    return table.select((pl.col(FEATURE_NAMES) * weights).sum()).row(0, named=True)


def check_golden(path: Path, *, renew: bool) -> None:
    """The committed sums are today's, under today's version; renewed only with a new version."""
    stored = json.loads(path.read_text()) if path.is_file() else {}
    for horizon in HORIZONS:
        sums, version = found(horizon), feature_version(horizon)
        known = stored.get(horizon, {"feature_version": None})
        if known["feature_version"] == version:
            before = known["sums"]
            moved = [name for name in sums if sums[name] != pytest.approx(before[name], TOLERANCE)]
            assert not moved, f"{moved} changed under feature version {version}: {WHAT_TO_DO}"
            continue
        assert renew, f"feature version {version} is new: renew {path.name} with {VARIABLE}=1"
        stored[horizon] = {"feature_version": version, "sums": sums}
        path.write_text(json.dumps(stored, indent=1) + "\n")


def test_features_are_what_they_were_when_their_version_was_given() -> None:
    check_golden(GOLDEN, renew=RENEW)


def test_code_that_gives_other_features_under_the_same_version_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(build, "soft_margin", lambda home, away: (home, away))
    with pytest.raises(
        AssertionError, match=r"'rating'.*raise REVISION in .*version.py, then renew"
    ):
        check_golden(GOLDEN, renew=False)


def test_a_new_version_asks_for_a_new_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(travel, "HOME_CITIES", dict(reversed(travel.HOME_CITIES.items())))
    with pytest.raises(AssertionError, match=r"is new: renew features\.json"):
        check_golden(GOLDEN, renew=False)


@pytest.mark.parametrize("horizon", HORIZONS)
def test_no_feature_is_pinned_by_a_constant(horizon: Horizon) -> None:
    table = build.build_features(league(), horizon)
    assert [name for name in FEATURE_NAMES if table[name].n_unique() < 2] == []
