"""Claims about what moves the league: strengths, quarterbacks, and the people in it."""

from collections import Counter
from functools import cache

import numpy as np
import pytest

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.simulator.games.season import SCORE_SD, Season, distribution_of, play_season
from nfl_signals.simulator.teams.people import ROSTER, coach, roster_player
from nfl_signals.simulator.teams.quarterbacks import draft
from nfl_signals.simulator.teams.strengths import (
    DEFENCE_SD,
    OFFENCE_SD,
    Strengths,
    next_week,
    opening_strengths,
)


@cache
def season() -> Season:
    return play_season(None, season=2022, seed=3, settings=SimulatorSettings())


def test_the_backup_plays_exactly_while_the_starter_is_out() -> None:
    quarterbacks = season().quarterbacks
    for row in season().games.iter_rows(named=True):
        out = bool(quarterbacks.out[row["home"], row["week"] - 1])
        assert row["home_qb"] == quarterbacks.numbers[int(out), row["home"]]


def test_backups_are_worth_less_than_starters() -> None:
    drafted = [draft(None, season=2014, rng=np.random.default_rng(i)) for i in range(50)]
    starters = np.concatenate([d.values[0] for d in drafted])
    backups = np.concatenate([d.values[1] for d in drafted])
    assert starters.mean() == pytest.approx(0, abs=0.2)
    assert backups.mean() == pytest.approx(-3.5, abs=0.2)


def test_starters_miss_about_a_tenth_of_their_games_and_none_of_the_first_week() -> None:
    absences = [draft(None, season=2014, rng=np.random.default_rng(i)).out for i in range(50)]
    assert 0.06 < np.mean(absences) < 0.14
    assert not any(out[:, 0].any() for out in absences)


def test_most_quarterbacks_stay_from_one_season_to_the_next() -> None:
    before = draft(None, season=2014, rng=np.random.default_rng(0))
    after = draft(before, season=2015, rng=np.random.default_rng(1))
    stayed = before.numbers == after.numbers
    assert 0.6 < stayed.mean() < 0.95
    assert (before.values[stayed] == after.values[stayed]).all()


@cache
def many_weeks() -> list[Strengths]:
    """Ten thousand weeks of strengths under surprises that nobody could foresee."""
    rng = np.random.default_rng(0)
    weeks = [opening_strengths(None, rng=rng)]
    for _ in range(10_000):
        weeks.append(next_week(weeks[-1], surprise=rng.standard_normal((32, 2)), rng=rng))
    return weeks


def test_strengths_are_stationary_and_persist_from_week_to_week() -> None:
    offence = np.stack([week.offence for week in many_weeks()])
    defence = np.stack([week.defence for week in many_weeks()])
    assert offence.std() == pytest.approx(OFFENCE_SD, rel=0.05)
    assert defence.std() == pytest.approx(DEFENCE_SD, rel=0.05)
    assert np.corrcoef(offence.ravel(), defence.ravel())[0, 1] == pytest.approx(0.45, abs=0.05)
    assert np.corrcoef(offence[:-1].ravel(), offence[1:].ravel())[0, 1] == pytest.approx(
        0.985, abs=0.003
    )


def test_summers_draw_strengths_to_the_mean_by_a_fifth() -> None:
    before = Strengths(standard=np.full((32, 2), 3.0))
    after = [opening_strengths(before, rng=np.random.default_rng(i)).standard for i in range(200)]
    assert np.mean(after) == pytest.approx(0.8 * 3.0, abs=0.05)


def test_a_good_surprise_makes_an_offence_stronger_and_a_bad_one_weaker() -> None:
    now = Strengths(standard=np.zeros((32, 2)))
    surprise = np.zeros((32, 2))
    surprise[0, 0], surprise[1, 0] = 2.0, -2.0
    changed = [
        next_week(now, surprise=surprise, rng=np.random.default_rng(i)).offence for i in range(200)
    ]
    expected = OFFENCE_SD * np.sqrt(1 - 0.985**2) * 0.95 * 2.0
    assert np.mean(changed, axis=0)[:2] == pytest.approx([expected, -expected], abs=0.05)


def test_surprises_in_scores_are_standard() -> None:
    """Otherwise feeding them back would inflate or shrink the strengths over the years."""
    played = season().games
    truth = distribution_of(played).mean_scores()
    surprise = played.select("home_score", "away_score").to_numpy().T - truth
    assert surprise.std() / SCORE_SD == pytest.approx(1, abs=0.1)
    assert abs(np.corrcoef(surprise)[0, 1]) < 0.2


def test_people_are_distinguished_by_their_ids() -> None:
    ids = {roster_player(t, s, 2022).gsis_id for t in range(32) for s in range(len(ROSTER))}
    assert len(ids) == 32 * len(ROSTER)
    assert all(len(one) == len("00-0034473") for one in ids)


def test_players_stay_four_seasons_and_coaches_five() -> None:
    careers = Counter(roster_player(0, 0, year).gsis_id for year in range(2012, 2024))
    terms = Counter(coach(5, year) for year in range(2000, 2025))
    assert set(careers.values()) == {4}
    assert max(terms.values()) == 5
