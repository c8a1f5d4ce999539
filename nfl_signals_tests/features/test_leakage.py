"""Planted leaks are caught, each by the check that should; honest features pass."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import polars as pl
import pytest

from nfl_signals.core.errors import LeakageError
from nfl_signals.features import leakage
from nfl_signals.features.build import build_features
from nfl_signals.features.leakage import Leak
from nfl_signals.ingest.history import LINES, RESULTS, History
from nfl_signals.ingest.joins import TEAM_WEEK, team_weeks
from nfl_signals_tests.support import builders
from nfl_signals_tests.support.builders import both_stats, game, injury, note, utc

AT_KICKOFF = partial(build_features, horizon="kickoff")

Planted = Callable[[History], pl.DataFrame]

BOTH, REPLAY, PERTURBATION = {"replay", "perturbation"}, {"replay"}, {"perturbation"}


def sides(history: History) -> pl.DataFrame:
    """Two rows per game with the own margin."""
    sign = pl.when("is_home").then(1.0).otherwise(-1.0)
    return (
        team_weeks(history.games)
        .with_columns(margin=sign * pl.col("result"), team_id="team")
        .sort("team_id", "kickoff_at")
    )


def planted(rows: pl.DataFrame, feature: pl.Expr) -> pl.DataFrame:
    return rows.select("game_id", "team_id", "kickoff_at", feature.alias("form"))


def margin_of_earlier_games(history: History) -> pl.DataFrame:
    shifted = pl.col("margin").shift(1).rolling_mean(5, min_samples=1)
    return planted(sides(history), shifted.over("team_id", order_by="kickoff_at"))


def unshifted_rolling_mean(history: History) -> pl.DataFrame:
    unshifted = pl.col("margin").rolling_mean(5, min_samples=1)
    return planted(sides(history), unshifted.over("team_id", order_by="kickoff_at"))


def mean_over_the_whole_season(history: History) -> pl.DataFrame:
    return planted(sides(history), pl.col("margin").mean().over("team_id", "season"))


def closing_line(history: History) -> pl.DataFrame:
    lines = history.games.select("game_id", "spread_line")
    return planted(sides(history).join(lines, on="game_id"), pl.col("spread_line"))


def scaler_fitted_on_all_rows(history: History) -> pl.DataFrame:
    form = margin_of_earlier_games(history)
    value = pl.col("form")
    return form.with_columns(form=(value - value.mean()) / value.std())


def total_of_the_game_before_anywhere(history: History) -> pl.DataFrame:
    """Early games of a Sunday are not over when the late ones kick off."""
    totals = history.games.group_by("kickoff_at").agg(pl.col("total").mean().alias("latest"))
    rows = sides(history).sort("kickoff_at")
    joined = rows.join_asof(totals.sort("kickoff_at"), on="kickoff_at", allow_exact_matches=False)
    return planted(joined, pl.col("latest"))


def reports_whenever_published(history: History) -> pl.DataFrame:
    out = (pl.col("report_status") == "Out").sum().cast(pl.Float64).alias("out")
    reports = history.injuries.group_by(TEAM_WEEK).agg(out)
    joined = sides(history).join(reports, on=TEAM_WEEK, how="left")
    return planted(joined, pl.col("out").fill_null(0.0))


def caught_by(history: History, build: Planted, cut: datetime) -> set[str]:
    return {leak.check for leak in leakage.find_leaks(history, build, [cut], horizon="kickoff")}


def found_by(check: str, history: History, build: Planted, cut: datetime) -> list[Leak]:
    return [
        leak
        for leak in leakage.find_leaks(history, build, [cut], horizon="kickoff")
        if leak.check == check
    ]


def late_sunday_kickoff(history: History) -> datetime:
    """A kickoff of a played game with others three hours before it."""
    kickoffs = history.games.drop_nulls("result")["kickoff_at"].unique().sort()
    gaps = kickoffs.diff()
    return kickoffs.filter((gaps > timedelta(hours=1)) & (gaps < timedelta(hours=6)))[-1]


@pytest.mark.parametrize(
    ("build", "checks"),
    [
        (unshifted_rolling_mean, BOTH),
        (mean_over_the_whole_season, BOTH),
        (scaler_fitted_on_all_rows, BOTH),
        (closing_line, PERTURBATION),
        (total_of_the_game_before_anywhere, REPLAY),
        (margin_of_earlier_games, set()),
    ],
)
def test_a_planted_leak_is_caught_by_the_check_that_can_see_it(
    simulated_history: History, build: Planted, checks: set[str]
) -> None:
    assert caught_by(simulated_history, build, late_sunday_kickoff(simulated_history)) == checks
    kickoffs = [late_sunday_kickoff(simulated_history)]
    if checks:
        with pytest.raises(LeakageError, match="form is"):
            leakage.check_no_leak(simulated_history, build, kickoffs, horizon="kickoff")
    else:
        assert leakage.check_no_leak(simulated_history, build, kickoffs, horizon="kickoff") == 2


@pytest.mark.parametrize(("status", "check"), [("Out", REPLAY), ("Questionable", PERTURBATION)])
def test_a_report_published_after_kickoff_is_caught_when_it_counts(
    status: str, check: set[str]
) -> None:
    """Replay misses the report; perturbation turns 'Questionable' into 'Out'."""
    late = injury(builders.SECOND, "CLE", status=status, modified=utc("2023-09-10 20:00"))
    games = [
        game(builders.OPENER, "2023-09-07", score=(20, 21)),
        game(builders.SECOND, "2023-09-10"),
    ]
    history = builders.history(games, both_stats(builders.OPENER), [late])
    kickoff = utc("2023-09-10 17:00")
    assert caught_by(history, reports_whenever_published, kickoff) == check
    assert caught_by(history, AT_KICKOFF, kickoff) == set()


def test_the_honest_features_pass_both_checks(simulated_history: History) -> None:
    kickoffs = leakage.sample_decisions(simulated_history, [2014, 2015], horizon="kickoff")
    assert leakage.check_no_leak(simulated_history, AT_KICKOFF, kickoffs, horizon="kickoff") == 6


def test_the_checks_are_not_empty_because_later_rows_do_move(
    simulated_history: History, simulated_features: pl.DataFrame
) -> None:
    cut = leakage.sample_decisions(simulated_history, [2015], horizon="kickoff")[0]
    after = pl.col("kickoff_at") > cut + timedelta(days=6)
    for other in (leakage.corrupt(simulated_history, cut), simulated_history.known_at(cut)):
        assert (
            not build_features(other, horizon="kickoff")
            .filter(after)
            .equals(simulated_features.filter(after))
        )


def two_weeks() -> History:
    """KC loses the opener at home by 1 and wins the next game away by 8."""
    games = [
        game("2023_01_DET_KC", "2023-09-07", score=(20, 21)),
        game("2023_02_KC_JAX", "2023-09-17", score=(9, 17)),
    ]
    return builders.history(games, both_stats("2023_01_DET_KC") + both_stats("2023_02_KC_JAX"))


def test_replay_names_every_value_that_moved() -> None:
    """KC's mean margin with its own game is (-1 + 8) / 2 = 3.5, without it -1; JAX has no other."""
    cut = utc("2023-09-17 17:00")
    shared = {"check": "replay", "game_id": "2023_02_KC_JAX", "column": "form"}
    assert found_by("replay", two_weeks(), unshifted_rolling_mean, cut) == [
        Leak(**shared, team_id="JAX", full=-8.0, cut=None),
        Leak(**shared, team_id="KC", full=3.5, cut=-1.0),
    ]


def test_perturbation_names_every_value_that_moved() -> None:
    """The home margin of -8 becomes -8 + 17 = 9, so KC's mean is (-1 - 9) / 2 = -5."""
    cut = utc("2023-09-17 17:00")
    shared = {"check": "perturbation", "game_id": "2023_02_KC_JAX", "column": "form"}
    assert found_by("perturbation", two_weeks(), unshifted_rolling_mean, cut) == [
        Leak(**shared, team_id="JAX", full=-8.0, cut=9.0),
        Leak(**shared, team_id="KC", full=3.5, cut=-5.0),
    ]


def test_the_message_names_check_game_team_column_and_both_values() -> None:
    with pytest.raises(LeakageError) as caught:
        leakage.check_no_leak(
            two_weeks(), unshifted_rolling_mean, [utc("2023-09-17 17:00")], horizon="kickoff"
        )
    assert str(caught.value) == (
        "replay: 2023_02_KC_JAX JAX, form is -8.0 with all data and None without what came after "
        "decision time (4 values moved)"
    )


def test_a_row_that_comes_or_goes_with_later_data_is_a_leak() -> None:
    def only_teams_that_win_later(history: History) -> pl.DataFrame:
        winners = sides(history).filter(pl.col("margin") > 0)["team_id"]
        return margin_of_earlier_games(history).filter(pl.col("team_id").is_in(winners.implode()))

    with pytest.raises(LeakageError, match="2023_01_DET_KC KC, kickoff_at is"):
        leakage.check_no_leak(
            two_weeks(), only_teams_that_win_later, [utc("2023-09-08 00:20")], horizon="kickoff"
        )


def ten_games(played: int) -> History:
    """One game a week, the first `played` with a result."""
    games = [
        game(
            f"2023_{week:02d}_DET_KC",
            f"2023-10-{week:02d}",
            score=(20, 21) if week <= played else None,
        )
        for week in range(1, 11)
    ]
    return builders.history(games, [row for week in games for row in both_stats(week["game_id"])])


@pytest.mark.parametrize(
    ("played", "days"), [(10, [2, 6, 9]), (6, [2, 4, 6]), (2, [1, 2]), (1, [1]), (0, [])]
)
def test_sampled_kickoffs_are_spread_over_played_games(played: int, days: list[int]) -> None:
    """Of ten kickoffs those at places 10/6, 30/6 and 50/6, rounded down and counted from 0."""
    sampled = leakage.sample_decisions(ten_games(played), [2023], horizon="kickoff")
    assert sampled == [utc(f"2023-10-{day:02d} 17:00") for day in days]


def test_sampled_kickoffs_are_the_same_for_any_row_order_and_of_the_seasons_given(
    simulated_history: History,
) -> None:
    mixed = History(
        games=simulated_history.games.sample(fraction=1.0, shuffle=True, seed=5),
        team_stats=simulated_history.team_stats,
        injuries=simulated_history.injuries,
        notes=simulated_history.notes,
    )
    sampled = leakage.sample_decisions(simulated_history, [2014], horizon="kickoff")
    assert (
        sampled
        == leakage.sample_decisions(mixed, [2014], horizon="kickoff")
        == sorted(set(sampled))
    )
    seasons = simulated_history.games.filter(pl.col("kickoff_at").is_in(sampled))["season"]
    assert len(sampled) == 3
    assert seasons.unique().to_list() == [2014]


@pytest.fixture(scope="module")
def cut_and_corrupted(simulated_history: History) -> tuple[datetime, History]:
    cut = leakage.sample_decisions(simulated_history, [2015], horizon="kickoff")[1]
    return cut, leakage.corrupt(simulated_history, cut)


def test_corruption_shifts_results_and_lines_from_the_cut_on_and_leaves_the_schedule(
    simulated_history: History, cut_and_corrupted: tuple[datetime, History]
) -> None:
    cut, corrupted = cut_and_corrupted
    games, later = simulated_history.games, pl.col("kickoff_at") >= cut
    assert corrupted.games.filter(~later).equals(games.filter(~later))
    numbers, schedule = [*RESULTS, *LINES], ["game_id", "week", "kickoff_at", "home_team"]
    before, after = games.filter(later), corrupted.games.filter(later)
    assert after.select(numbers).equals(before.select(pl.col(numbers) + 17.0))
    assert after.select(schedule).equals(before.select(schedule))
    assert before["result"].count() > 0


def test_corruption_shifts_the_statistics_of_the_same_games(
    simulated_history: History, cut_and_corrupted: tuple[datetime, History]
) -> None:
    cut, corrupted = cut_and_corrupted
    later = team_weeks(simulated_history.games).filter(pl.col("kickoff_at") >= cut)
    for how, shift in (("semi", 17.0), ("anti", 0.0)):
        before = simulated_history.team_stats.join(later, on=TEAM_WEEK, how=how)
        after = corrupted.team_stats.join(later, on=TEAM_WEEK, how=how)
        assert before.height > 0
        assert after.equals(before.with_columns(pl.selectors.float() + shift))
    assert corrupted.team_stats.select(TEAM_WEEK).equals(
        simulated_history.team_stats.select(TEAM_WEEK)
    )


def test_corruption_calls_everybody_out_in_later_reports_and_drops_later_notes(
    simulated_history: History, cut_and_corrupted: tuple[datetime, History]
) -> None:
    cut, corrupted = cut_and_corrupted
    later = pl.col("date_modified") >= cut
    reports, notes = simulated_history.injuries, simulated_history.notes
    assert corrupted.injuries.filter(~later).equals(reports.filter(~later))
    everybody_out = reports.filter(later).with_columns(report_status=pl.lit("Out"))
    assert corrupted.injuries.filter(later).equals(everybody_out)
    assert corrupted.notes.equals(notes.filter(pl.col("published_at") < cut))
    assert 0 < corrupted.notes.height < notes.height


def test_a_report_without_a_stamp_is_corrupted_when_it_was_not_due_yet() -> None:
    """Such a report counts as known a day before kickoff."""
    games = [game("2023_01_DET_KC", "2023-09-10"), game("2023_02_KC_JAX", "2023-09-17")]
    reports = [injury(row["game_id"], "KC", status="Questionable") for row in games]
    notes = [note("2023_01_DET_KC", "KC", utc("2023-09-10 17:00"))]
    history = builders.history(games, [], reports, notes)
    corrupted = leakage.corrupt(history, utc("2023-09-10 17:00"))
    assert corrupted.injuries["report_status"].to_list() == ["Questionable", "Out"]
    assert corrupted.injuries.schema == history.injuries.schema
    assert corrupted.notes.is_empty()
