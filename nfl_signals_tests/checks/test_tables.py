"""Each check holds on a finished home, and says what is wrong after one thing was tampered with."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.checks.catalog import ALL_CHECKS, MODEL_CHECKS, REGISTRY_CHECKS, TABLE_CHECKS
from nfl_signals.core.errors import NflSignalsError
from nfl_signals.core.files import read_parquet
from nfl_signals.features.declarations import FEATURE_NAMES
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.run_contexts import (
    copy_context,
    drop_rows,
    predict_in_sample,
    rewrite,
)

GAME = "2022_03_"


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


def one(path: Path, *where: pl.Expr) -> pl.Expr:
    """The first row of a stored table that fits."""
    rows = read_parquet(path).with_row_index("at").filter(*where)
    return pl.int_range(pl.len()) == rows["at"][0]


def set_one(path: Path, column: str, value: object, *where: pl.Expr) -> None:
    changed = pl.when(one(path, *where)).then(pl.lit(value)).otherwise(pl.col(column))
    rewrite(path, changed.alias(column))


def edited_probability(context: RunContext) -> None:
    row = one(context.paths.ledger, pl.col("book") == "learning")
    rewrite(context.paths.ledger, pl.when(row).then(pl.col("p_hat") + 1e-12).otherwise("p_hat"))


def removed_prediction(context: RunContext) -> None:
    drop_rows(context.paths.ledger, pl.int_range(pl.len()) == 7)


def dropped_forecast(context: RunContext) -> None:
    drop_rows(context.paths.oof, one(context.paths.oof, pl.col("scheme") == "walk_forward"))


def repeated_forecast(context: RunContext) -> None:
    rows = read_parquet(context.paths.oof)
    pl.concat([rows, rows.head(1)]).write_parquet(context.paths.oof)


def dropped_learner(context: RunContext) -> None:
    gone = (pl.col("learner") == "xgboost") & (pl.col("market") == "total")
    drop_rows(context.paths.oof, gone)


def dropped_signal_row(context: RunContext) -> None:
    path = context.paths.llm_signals / "2022.parquet"
    drop_rows(path, one(path, pl.col("game_id").str.starts_with(GAME)))


def signal_out_of_bounds(context: RunContext) -> None:
    set_one(context.paths.llm_signals / "2022.parquet", "offense", 5.0, pl.col("available"))


def moved_forecast(context: RunContext) -> None:
    """Every forecast a hair towards the favourite: no single fold can be left out by chance."""
    rewrite(context.paths.oof, pl.col("p_hat") * (1 + 1e-12))


def edited_model(context: RunContext) -> None:
    file = context.paths.baseline("ats", "lightgbm", "v202409") / "model.txt"
    file.write_text(file.read_text() + "\n")


def edited_calibrator(context: RunContext) -> None:
    file = context.paths.stacker("total", "v202409") / "calibrator_plain.json"
    file.write_text(file.read_text().replace("{", "{ ", 1))


def edited_card(context: RunContext) -> None:
    card = context.paths.ensemble("v202409") / "card.json"
    card.write_text(card.read_text().replace("2024-w09", "2024-w08", 1))


def dropped_feature_row(context: RunContext) -> None:
    path = context.paths.features / "2022.parquet"
    drop_rows(path, one(path, pl.col("game_id").str.starts_with(GAME)))


def missing_feature(context: RunContext) -> None:
    set_one(context.paths.features / "2022.parquet", FEATURE_NAMES[0], None)


def infinite_feature(context: RunContext) -> None:
    set_one(context.paths.features / "2022.parquet", FEATURE_NAMES[0], float("inf"))


def impossible_price(context: RunContext) -> None:
    set_one(context.paths.markets / "2022.parquet", "price_yes", 95.0)


def dropped_stacked_row(context: RunContext) -> None:
    drop_rows(context.paths.stacked, one(context.paths.stacked))


def dropped_stacked_market(context: RunContext) -> None:
    drop_rows(context.paths.stacked, pl.col("market") == "moneyline")


def every_stacked_row_dropped(context: RunContext) -> None:
    drop_rows(context.paths.stacked, pl.lit(value=True))


def orphan_statistics(context: RunContext) -> None:
    path = context.paths.raw("team_stats", 2021)
    week_of_the_final = read_parquet(path)["week"].max()
    final = read_parquet(path).filter(pl.col("week") == week_of_the_final)["team"]
    absent = ~pl.col("team").is_in(final.implode())
    moved = (
        pl.when(absent & (pl.col("week") <= 2))
        .then(week_of_the_final + pl.col("week"))
        .otherwise("week")
    )
    rewrite(path, moved.cast(pl.Int32).alias("week"))


def negative_score(context: RunContext) -> None:
    set_one(context.paths.raw("games", 2020), "home_score", -3.0)


def negative_count(context: RunContext) -> None:
    set_one(context.paths.raw("team_stats", 2020), "attempts", -1.0)


def unknown_status(context: RunContext) -> None:
    set_one(context.paths.raw("injuries", 2020), "report_status", "Fine")


def repeated_note(context: RunContext) -> None:
    path = context.paths.raw("notes", 2020)
    set_one(path, "note_id", read_parquet(path)["note_id"][1])


def odds_of_99(context: RunContext) -> None:
    set_one(context.paths.raw("prices", 2020), "price_no", 99.0)


def half_a_file(context: RunContext) -> None:
    path = context.paths.alerts
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def lost_season(context: RunContext) -> None:
    context.paths.raw("notes", 2020).unlink()


def emptied_season(context: RunContext) -> None:
    """As a schema would not notice: no row breaks it."""
    drop_rows(context.paths.markets / "2020.parquet", pl.lit(value=True))


def clock_set_back(context: RunContext) -> None:
    """The last row was written two hours before the others; its seal is not asked here."""
    last = pl.int_range(pl.len()) == pl.len() - 1
    earlier = pl.when(last).then(pl.col("written_at") - timedelta(hours=2)).otherwise("written_at")
    rewrite(context.paths.ledger, earlier)


TAMPERINGS: list[tuple[Callable[[RunContext], None], str, str]] = [
    (half_a_file, "files: readable", r"analysis/alerts\.parquet: cannot be read as parquet"),
    (lost_season, "tables: every season", r"raw_notes: season 2020 holds nothing"),
    (emptied_season, "tables: every season", r"gold_markets: season 2020 holds nothing"),
    (edited_probability, "ledger: sealed", r"ledger: row \d+ \(.*learning|edited, or what came"),
    (removed_prediction, "ledger: sealed", r"row 7 .*edited, or what came before it was removed"),
    (clock_set_back, "ledger: written in order", r"row \d+ .* the clock was set back, or the row"),
    (dropped_forecast, "oof_predictions: coverage", r"walk_forward has \d+ rows for \d+ eligible"),
    (repeated_forecast, "oof_predictions: coverage", r"oof/predictions\.parquet"),
    (dropped_learner, "oof_predictions: coverage", r"total/xgboost/\w+ has 0 rows for"),
    (
        moved_forecast,
        "oof_predictions: out of fold",
        r"ats/\w+/\w+, fold \d+: \d{4}_\d\d_\w+ is stored",
    ),
    (predict_in_sample, "oof_predictions: out of fold", "was not predicted out of fold"),
    (dropped_signal_row, "llm_signals: schema", rf"{GAME}\w+ does not have two rows"),
    (signal_out_of_bounds, "llm_signals: schema", r"llm/signals\.parquet.*offense"),
    (edited_model, "models: files match cards", r"lightgbm/v202409: its files are not what its"),
    (edited_calibrator, "models: files match cards", r"stacker/total/v202409: its files are not"),
    (edited_card, "models: files match cards", r"v202409/card\.json: edited since it was written"),
    (dropped_feature_row, "gold_features: schema", rf"{GAME}\w+ does not have two rows"),
    (missing_feature, "gold_features: schema", rf"column {FEATURE_NAMES[0]}"),
    (
        infinite_feature,
        "gold_features: schema",
        rf"column {FEATURE_NAMES[0]}.*points per game, -300 to 300",
    ),
    (impossible_price, "gold_markets: schema", "price_yes.*American odds"),
    (dropped_stacked_row, "calibrated_predictions: contract", r"lacks 2024_\w+ and 0 more games"),
    (dropped_stacked_market, "calibrated_predictions: contract", r"moneyline lacks 2024_01_\w+"),
    (every_stacked_row_dropped, "calibrated_predictions: contract", r"ats lacks 2024_01_\w+"),
    (
        orphan_statistics,
        "joins: referential integrity",
        r"against the schedule: .* rows cannot be used",
    ),
    (negative_score, "raw_games: schema", r"games/2020\.parquet.*home_score"),
    (negative_count, "raw_team_stats: schema", r"team_stats/2020\.parquet.*attempts"),
    (unknown_status, "raw_injuries: schema", r"injuries/2020\.parquet.*report_status"),
    (repeated_note, "raw_notes: schema", r"notes/2020\.parquet.*note_id"),
    (odds_of_99, "raw_prices: schema", r"prices/2020\.parquet.*price_no"),
]


@pytest.fixture(scope="module")
def untouched(finished_home: Path, tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    return copy_context(finished_home, tmp_path_factory.mktemp("untouched"))


NO_LEAK = "features: no leak"  # builds features at many decision times


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name == NO_LEAK else ())
        for name in TABLE_CHECKS | MODEL_CHECKS
    ],
)
def test_a_check_holds_on_a_finished_home_and_has_looked_at_something(
    untouched: RunContext, name: str
) -> None:
    figures = ALL_CHECKS[name](untouched)
    assert figures
    counts = [value for key, value in figures.items() if key in ("rows", "checks", "models")]
    assert all(count > 0 for count in counts)


@pytest.mark.parametrize(("tamper", "name", "message"), TAMPERINGS)
def test_a_check_fails_after_tampering_and_says_where(
    context: RunContext, tamper: Callable[[RunContext], None], name: str, message: str
) -> None:
    tamper(context)
    with pytest.raises(NflSignalsError, match=message):
        ALL_CHECKS[name](context)


def test_every_check_but_that_of_leaks_has_a_tampering_that_it_catches() -> None:
    """Leaks are planted in features, not in files; reports, models and registry have their own tests."""
    others = {NO_LEAK, *(name for name in ALL_CHECKS if name.startswith("reports"))}
    elsewhere = {*others, *MODEL_CHECKS, *REGISTRY_CHECKS}
    assert {name for _, name, _ in TAMPERINGS} | elsewhere == set(ALL_CHECKS)


def test_games_without_a_line_are_not_expected(context: RunContext) -> None:
    """Seasons of the source that lack a line or a price are no fault."""
    expected = ALL_CHECKS["calibrated_predictions: contract"](context)
    spread = (pl.col("market") == "ats") & (pl.col("week") == 2)
    rewrite(context.paths.trained_on.markets, pl.when(~spread).then("line").alias("line"))
    drop_rows(context.paths.stacked, spread)
    figures = ALL_CHECKS["calibrated_predictions: contract"](context)
    assert figures["rows"] < expected["rows"]


def test_figures_count_what_was_looked_at(context: RunContext) -> None:
    games = read_parquet(context.paths.raw_folder("games"))
    assert ALL_CHECKS["raw_games: schema"](context) == {"rows": games.height}
    assert ALL_CHECKS["gold_features: schema"](context) == {
        "rows": 2 * games.height,
        "games": games.height,
    }
    assert ALL_CHECKS["models: files match cards"](context) == {"models": 25, "markets": 3}
