"""Claims about the generated data dictionary."""

from pathlib import Path

import polars as pl

from nfl_signals.features.declarations import FEATURES
from nfl_signals.features.version import feature_version
from nfl_signals.ingest.rules import RULES
from nfl_signals.reports.data_dictionary import KEYS, ON_TUESDAY, RAW_COLUMNS, write_data_dictionary


def cells(text: str, name: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_column_of_the_feature_table_is_explained(
    tmp_path: Path, simulated_features: pl.DataFrame
) -> None:
    text = write_data_dictionary(tmp_path, simulated_features, "kickoff").read_text()
    explained = {name for name, _ in KEYS} | {feature.name for feature in FEATURES}
    assert explained == set(simulated_features.columns)
    assert all(f"| {name} |" in text for name in explained)
    assert feature_version("kickoff") in text


def test_mean_deviation_and_filled_share_are_those_of_the_data(
    tmp_path: Path, simulated_features: pl.DataFrame
) -> None:
    days = pl.Series([10.0, 10.0, 7.0, 5.0] * (simulated_features.height // 4))
    features = simulated_features.head(len(days)).with_columns(rest_days=days)
    text = write_data_dictionary(tmp_path, features, "kickoff").read_text()
    mean, deviation, filled = cells(text, "rest_days")[-3:]
    assert (mean, filled) == ("8.000", "50.0 %")
    assert deviation == f"{days.std():.3f}"


def test_the_same_features_give_the_same_file(
    tmp_path: Path, simulated_features: pl.DataFrame
) -> None:
    first = write_data_dictionary(tmp_path / "a", simulated_features, "kickoff").read_bytes()
    assert (
        write_data_dictionary(tmp_path / "b", simulated_features, "kickoff").read_bytes() == first
    )


def test_every_column_that_is_read_says_what_a_bad_value_of_it_costs(
    tmp_path: Path, simulated_features: pl.DataFrame
) -> None:
    text = write_data_dictionary(tmp_path, simulated_features, "kickoff").read_text()
    read = [
        cells(text, f"{table} | {name}")
        for table, (columns, _) in RAW_COLUMNS.items()
        for name in columns
    ]
    answers = {(row[0], row[1]): row[4] for row in read}
    assert answers["schedules/games", "over_odds"] == "impossible_price: the value"
    assert answers["injuries/injuries", "team"] == "team: the row"
    assert answers["schedules/games", "gametime"] == "time_unknown"
    rules = {answer.split(":")[0] for answer in answers.values()}
    assert rules <= {*RULES, "none"}


def test_at_tuesday_no_feature_is_said_to_be_known_later(
    tmp_path: Path, simulated_features: pl.DataFrame
) -> None:
    assert {
        feature.known_at for feature in FEATURES if "before kickoff" in feature.known_at
    } == set(ON_TUESDAY)
    text = write_data_dictionary(tmp_path, simulated_features, "tuesday").read_text()
    rows = text[text.index("## Features") :].split("## ")[1].splitlines()
    known = [row.split(" | ")[3] for row in rows if row.startswith("| ") and row.count(" | ") == 8]
    assert len(known) > len(FEATURES)
    assert not any("before kickoff" in each for each in known)
