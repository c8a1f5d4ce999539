"""Casting refuses what it would change; a breach is reported in one line that finds it."""

from datetime import UTC, date, datetime

import pandera.polars as pa
import polars as pl
import pytest

from nfl_signals.core.errors import SchemaError
from nfl_signals.core.schema_columns import UTC_MICROSECONDS, column
from nfl_signals.core.validation import validate
from nfl_signals.features import schemas as feature_schemas
from nfl_signals.ingest import schemas as ingest_schemas
from nfl_signals.ingest.casting import cast_columns
from nfl_signals.ingest.quality import Quality
from nfl_signals.ingest.release_columns import Column
from nfl_signals.llm import schemas as llm_schemas
from nfl_signals.stacking import schemas as stacking_schemas

WHERE = "x.parquet"


def cast(values: list[object], dtype: pl.DataType, to: pl.DataType) -> list[object]:
    frame = pl.DataFrame({"v": pl.Series(values, dtype=dtype), "other": values})
    out = cast_columns(frame, {"v": Column(to, "schedule", required=True)}, WHERE, noted())
    assert out.schema == {"v": to}
    return out["v"].to_list()


def noted() -> Quality:
    return Quality("games", 2023)


@pytest.mark.parametrize(
    ("values", "dtype", "to", "expected"),
    [
        (["7", None], pl.String(), pl.Int32(), [7, None]),
        (["-3.5"], pl.String(), pl.Float64(), [-3.5]),
        ([7.0, None], pl.Float64(), pl.Int32(), [7, None]),
        ([7], pl.Int64(), pl.Float64(), [7.0]),
        ([55512], pl.Int64(), pl.String(), ["55512"]),
        ([True], pl.Boolean(), pl.Int32(), [1]),
        ([date(2023, 9, 10)], pl.Date(), pl.String(), ["2023-09-10"]),
        ([float("nan"), 1.0], pl.Float64(), pl.Float64(), [None, 1.0]),
    ],
)
def test_harmless_drift_of_types_is_accepted(
    values: list[object], dtype: pl.DataType, to: pl.DataType, expected: list[object]
) -> None:
    assert cast(values, dtype, to) == expected


@pytest.mark.parametrize(
    ("values", "dtype", "to", "message"),
    [
        (["y", "x"], pl.String(), pl.Int32(), "row 0: 'y' is not a Int32"),
        ([2.5, 1.5], pl.Float64(), pl.Int32(), "row 0: 2.5 is not a Int32"),
        ([2**40], pl.Int64(), pl.Int32(), "row 0: 1099511627776 is not a Int32"),
        (["soon"], pl.String(), UTC_MICROSECONDS, "row 0: 'soon' is not a Datetime"),
        ([[1]], pl.List(pl.Int64()), pl.Float64(), "row 0: .* is not a Float64"),
    ],
)
def test_a_column_that_no_cast_saves_is_refused_with_row_and_type(
    values: list[object], dtype: pl.DataType, to: pl.DataType, message: str
) -> None:
    with pytest.raises(
        SchemaError, match=rf"(?s)x\.parquet: column v, {message}.*the file's type is"
    ):
        cast(values * 30, dtype, to)


def test_the_only_values_of_a_column_may_be_lost_where_they_are_few() -> None:
    assert cast(["soon", None], pl.String(), UTC_MICROSECONDS) == [None, None]


def test_an_instant_without_zone_is_read_as_utc_and_one_with_a_zone_is_moved_there() -> None:
    noon = datetime(2023, 11, 5, 12)
    utc_noon = [noon.replace(tzinfo=UTC)]
    assert cast([noon], pl.Datetime("ns"), UTC_MICROSECONDS) == utc_noon
    eastern = pl.Series("v", [datetime(2023, 11, 5, 7)]).dt.replace_time_zone("America/New_York")
    column = Column(UTC_MICROSECONDS, "schedule", required=True)
    assert (
        cast_columns(eastern.to_frame(), {"v": column}, WHERE, noted())["v"].to_list() == utc_noon
    )


def test_one_value_that_a_cast_would_lose_is_missing_and_noted_as_published() -> None:
    frame, quality = pl.DataFrame({"season": [2023, 2023], "week": ["7", "x"]}), noted()
    column = Column(pl.Int32(), "schedule", required=True)
    assert cast_columns(frame, {"week": column}, WHERE, quality)["week"].to_list() == [7, None]
    (record,) = quality.records
    assert (record["rule"], record["column"], record["value"]) == ("unusable_value", "week", "x")


def test_a_renamed_column_is_named_together_with_what_was_found() -> None:
    frame = pl.DataFrame({"spread": [1.0]})
    with pytest.raises(
        SchemaError, match=r"x\.parquet: column spread_line is missing \(found: spread\)"
    ):
        cast_columns(
            frame, {"spread_line": Column(pl.Float64(), "close", required=True)}, WHERE, noted()
        )


SCHEMA = pa.DataFrameSchema(
    {
        "game_id": column(pl.String(), "schedule", unique=True),
        "team": column(pl.String(), "schedule"),
        "points": column(pl.Float64(), "result", pa.Check.ge(0), nullable=True),
    },
    strict=True,
    unique=["team", "points"],
    name="toy",
)
TOY = pl.DataFrame({"game_id": ["a", "b"], "team": ["KC", "KC"], "points": [None, 3.0]})


def test_a_frame_that_fits_comes_back_unchanged() -> None:
    assert validate(TOY, SCHEMA, WHERE) is TOY


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (-pl.col("points"), r"column points, row 1 \(b, KC\): -3.0 fails 'greater_than"),
        (
            pl.lit(3.0).alias("points"),
            r"column team, points, row 0 \(a, KC\): this key, which repeats",
        ),
        (
            pl.lit("a").alias("game_id"),
            r"column game_id, row 0 \(a, KC\): a fails 'field_uniqueness'",
        ),
        (
            pl.lit(None, pl.String).alias("team"),
            r"column team, row 0 \(a, None\): .* 'not_nullable'",
        ),
        (pl.lit(1).alias("extra"), r"extra fails 'column_in_schema'"),
        (pl.col("points").cast(pl.Int64), r"column points: .* fails 'dtype"),
    ],
)
def test_a_breach_names_place_column_row_keys_value_and_rule(change: pl.Expr, message: str) -> None:
    with pytest.raises(SchemaError, match=message) as caught:
        validate(TOY.with_columns(change), SCHEMA, WHERE)
    assert str(caught.value).startswith(WHERE)
    assert "of toy" in str(caught.value)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SchemaError, match="points fails 'column_in_dataframe'"):
        validate(TOY.drop("points"), SCHEMA, WHERE)


def every_schema() -> list[pa.DataFrameSchema]:
    modules = (ingest_schemas, feature_schemas, llm_schemas, stacking_schemas)
    named = [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, pa.DataFrameSchema)
    ]
    return [
        *named,
        feature_schemas.gold_features_schema(),
        stacking_schemas.stacked_schema(["logistic"]),
    ]


def test_every_column_of_every_boundary_states_when_it_is_known() -> None:
    assert len(every_schema()) >= 7
    for schema in every_schema():
        for name, spec in schema.columns.items():
            assert spec.metadata["known_at"], f"{schema.name}.{name}"


def test_every_boundary_refuses_columns_that_it_does_not_know() -> None:
    assert [schema.name for schema in every_schema() if schema.strict is not True] == []
