"""Each proof holds on a finished home, and says what is wrong after one thing was tampered with."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.checks.models import SPEAKER_PROOFS
from nfl_signals.checks.tables import ALL_PROOFS
from nfl_signals.core.errors import NflSignalsError
from nfl_signals.core.files import read_parquet
from nfl_signals.features.declarations import FEATURE_NAMES
from nfl_signals.workspace.run_context import World
from nfl_signals_tests.support.worlds import copy_world, drop_rows, predict_in_sample, rewrite

GAME = "2022_03_"


@pytest.fixture
def world(finished_home: Path, tmp_path: Path) -> World:
    return copy_world(finished_home, tmp_path)


def one(path: Path, *where: pl.Expr) -> pl.Expr:
    """The first row of a stored table that fits."""
    rows = read_parquet(path).with_row_index("at").filter(*where)
    return pl.int_range(pl.len()) == rows["at"][0]


def set_one(path: Path, column: str, value: object, *where: pl.Expr) -> None:
    changed = pl.when(one(path, *where)).then(pl.lit(value)).otherwise(pl.col(column))
    rewrite(path, changed.alias(column))


def edited_probability(world: World) -> None:
    row = one(world.paths.ledger, pl.col("book") == "learning")
    rewrite(world.paths.ledger, pl.when(row).then(pl.col("p_hat") + 1e-12).otherwise("p_hat"))


def removed_prediction(world: World) -> None:
    drop_rows(world.paths.ledger, pl.int_range(pl.len()) == 7)


def dropped_forecast(world: World) -> None:
    drop_rows(world.paths.oof, one(world.paths.oof, pl.col("scheme") == "walk_forward"))


def repeated_forecast(world: World) -> None:
    rows = read_parquet(world.paths.oof)
    pl.concat([rows, rows.head(1)]).write_parquet(world.paths.oof)


def dropped_learner(world: World) -> None:
    gone = (pl.col("learner") == "xgboost") & (pl.col("market") == "total")
    drop_rows(world.paths.oof, gone)


def dropped_signal_row(world: World) -> None:
    path = world.paths.llm_signals / "2022.parquet"
    drop_rows(path, one(path, pl.col("game_id").str.starts_with(GAME)))


def signal_out_of_bounds(world: World) -> None:
    set_one(world.paths.llm_signals / "2022.parquet", "offense", 5.0, pl.col("available"))


def moved_forecast(world: World) -> None:
    """Every forecast a hair towards the favourite: no single fold can be left out by chance."""
    rewrite(world.paths.oof, pl.col("p_hat") * (1 + 1e-12))


def outdated_report(world: World) -> None:
    """Forecasts change after the report on them was written."""
    rewrite(world.paths.stacked, (1 - pl.col("p_hat")).alias("p_hat"))


def edited_model(world: World) -> None:
    file = world.paths.baseline("ats", "lightgbm", "v202409") / "model.txt"
    file.write_text(file.read_text() + "\n")


def edited_calibrator(world: World) -> None:
    file = world.paths.stacker("total", "v202409") / "calibrator_plain.json"
    file.write_text(file.read_text().replace("{", "{ ", 1))


def edited_card(world: World) -> None:
    card = world.paths.ensemble("v202409") / "card.json"
    card.write_text(card.read_text().replace("2024-w09", "2024-w08", 1))


def dropped_feature_row(world: World) -> None:
    path = world.paths.features / "2022.parquet"
    drop_rows(path, one(path, pl.col("game_id").str.starts_with(GAME)))


def missing_feature(world: World) -> None:
    set_one(world.paths.features / "2022.parquet", FEATURE_NAMES[0], None)


def infinite_feature(world: World) -> None:
    set_one(world.paths.features / "2022.parquet", FEATURE_NAMES[0], float("inf"))


def impossible_price(world: World) -> None:
    set_one(world.paths.markets / "2022.parquet", "price_yes", 95.0)


def dropped_stacked_row(world: World) -> None:
    drop_rows(world.paths.stacked, one(world.paths.stacked))


def dropped_stacked_market(world: World) -> None:
    drop_rows(world.paths.stacked, pl.col("market") == "moneyline")


def every_stacked_row_dropped(world: World) -> None:
    drop_rows(world.paths.stacked, pl.lit(value=True))


def orphan_statistics(world: World) -> None:
    path = world.paths.raw("team_stats", 2021)
    week_of_the_final = read_parquet(path)["week"].max()
    final = read_parquet(path).filter(pl.col("week") == week_of_the_final)["team"]
    absent = ~pl.col("team").is_in(final.implode())
    set_one(path, "week", week_of_the_final, absent, pl.col("week") == 1)


def negative_score(world: World) -> None:
    set_one(world.paths.raw("games", 2020), "home_score", -3.0)


def negative_count(world: World) -> None:
    set_one(world.paths.raw("team_stats", 2020), "attempts", -1.0)


def unknown_status(world: World) -> None:
    set_one(world.paths.raw("injuries", 2020), "report_status", "Fine")


def repeated_note(world: World) -> None:
    path = world.paths.raw("notes", 2020)
    set_one(path, "note_id", read_parquet(path)["note_id"][1])


TAMPERINGS: list[tuple[Callable[[World], None], str, str]] = [
    (edited_probability, "ledger: sealed", r"ledger: row \d+ \(.*learning|edited, or what came"),
    (removed_prediction, "ledger: sealed", r"row 7 .*edited, or what came before it was removed"),
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
    (outdated_report, "reports: figures match the tables", r"ablation_stacker\.json: \w+, "),
    (edited_model, "models: files match cards", r"lightgbm/v202409: its files are not what its"),
    (edited_calibrator, "models: files match cards", r"stacker/total/v202409: its files are not"),
    (edited_card, "models: files match cards", r"v202409/card\.json: edited since it was written"),
    (dropped_feature_row, "gold_features: schema", rf"{GAME}\w+ does not have two rows"),
    (missing_feature, "gold_features: schema", rf"column {FEATURE_NAMES[0]}"),
    (infinite_feature, "gold_features: schema", rf"column {FEATURE_NAMES[0]}.*finite"),
    (impossible_price, "gold_markets: schema", "price_yes.*American odds"),
    (dropped_stacked_row, "calibrated_predictions: contract", r"lacks 2024_\w+ and 0 more games"),
    (dropped_stacked_market, "calibrated_predictions: contract", r"moneyline lacks 2024_01_\w+"),
    (every_stacked_row_dropped, "calibrated_predictions: contract", r"ats lacks 2024_01_\w+"),
    (orphan_statistics, "joins: every row has a partner", r"2021 week \d+ \w+ has no game in the"),
    (negative_score, "raw_games: schema", r"games/2020\.parquet.*home_score"),
    (negative_count, "raw_team_stats: schema", r"team_stats/2020\.parquet.*attempts"),
    (unknown_status, "raw_injuries: schema", r"injuries/2020\.parquet.*report_status"),
    (repeated_note, "raw_notes: schema", r"notes/2020\.parquet.*note_id"),
]


@pytest.mark.parametrize("name", ALL_PROOFS)
def test_a_proof_holds_on_a_finished_home_and_has_looked_at_something(
    finished_home: Path, tmp_path: Path, name: str
) -> None:
    figures = ALL_PROOFS[name](copy_world(finished_home, tmp_path))
    assert figures
    counts = [value for key, value in figures.items() if key in ("rows", "proofs", "models")]
    assert all(count > 0 for count in counts)


@pytest.mark.parametrize(("tamper", "name", "message"), TAMPERINGS)
def test_a_proof_fails_after_tampering_and_says_where(
    world: World, tamper: Callable[[World], None], name: str, message: str
) -> None:
    tamper(world)
    with pytest.raises(NflSignalsError, match=message):
        ALL_PROOFS[name](world)


def test_every_proof_but_that_of_leaks_has_a_tampering_that_it_catches() -> None:
    """Leaks are planted in features, not in files; who speaks has tests of his own."""
    elsewhere = {"features: no leak", *SPEAKER_PROOFS}
    assert {name for _, name, _ in TAMPERINGS} | elsewhere == set(ALL_PROOFS)


def test_games_without_a_line_are_not_due(world: World) -> None:
    """Seasons of the source that lack a line or a price are nobody's fault."""
    expected = ALL_PROOFS["calibrated_predictions: contract"](world)
    spread = (pl.col("market") == "ats") & (pl.col("week") == 2)
    rewrite(world.paths.markets / "2024.parquet", pl.when(~spread).then("line").alias("line"))
    drop_rows(world.paths.stacked, spread)
    figures = ALL_PROOFS["calibrated_predictions: contract"](world)
    assert figures["rows"] < expected["rows"]


def test_figures_count_what_was_looked_at(world: World) -> None:
    games = read_parquet(world.paths.raw_folder("games"))
    assert ALL_PROOFS["raw_games: schema"](world) == {"rows": games.height}
    assert ALL_PROOFS["gold_features: schema"](world) == {
        "rows": 2 * games.height,
        "games": games.height,
    }
    assert ALL_PROOFS["models: files match cards"](world) == {"models": 25, "markets": 3}
