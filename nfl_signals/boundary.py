"""Take a table across a boundary: cast it, check it, and say in one line what is wrong with it."""

from collections.abc import Mapping
from typing import Any

import pandera.polars as pa
import polars as pl

from nfl_signals.errors import SchemaError
from nfl_signals.release_columns import Column
from nfl_signals.schemas import UTC_MICROSECONDS


def cast_columns(frame: pl.DataFrame, columns: Mapping[str, Column], where: str) -> pl.DataFrame:
    """Take the stated columns and cast each to its stated type.

    Args:
        frame: a release table as published.
        columns: what is read from it.
        where: file or URL, for messages.

    Returns:
        Frame with exactly `columns`, in their order.

    Raises:
        SchemaError: a required column is missing, or a value does not survive its cast.
    """
    missing = [name for name, c in columns.items() if c.required and name not in frame.columns]
    if missing:
        raise SchemaError(
            f"{where}: column {', '.join(missing)} is missing (found: {', '.join(frame.columns[:60])}); "
            "it was renamed or dropped upstream: fetch a release that has it."
        )
    return frame.select(
        _cast(frame[name], spec, where)
        if name in frame.columns
        else pl.lit(None, dtype=spec.dtype).alias(name)
        for name, spec in columns.items()
    )


def _cast(values: pl.Series, spec: Column, where: str) -> pl.Series:
    try:
        if spec.dtype == UTC_MICROSECONDS and values.dtype == pl.Datetime:
            zoned = values.dt.replace_time_zone("UTC") if values.dtype.time_zone is None else values  # type: ignore[attr-defined]
            return zoned.dt.convert_time_zone("UTC").cast(spec.dtype)
        cast = values.cast(spec.dtype, strict=False)
    except pl.exceptions.PolarsError:
        cast = pl.Series(values.name, [None] * len(values), dtype=spec.dtype)
    lost = ((cast.is_null() & values.is_not_null()) | _truncated(values, cast)).arg_true()
    if len(lost):
        row = int(lost[0])
        raise SchemaError(
            f"{where}: column {values.name}, row {row}: {values[row]!r} is not a {spec.dtype} "
            f"({len(lost)} such rows; the file's type is {values.dtype}); correct the source."
        )
    return cast.fill_nan(None) if cast.dtype.is_float() else cast


def _truncated(values: pl.Series, cast: pl.Series) -> pl.Series:
    """Where a float lost its fraction on the way to an integer."""
    if values.dtype.is_float() and cast.dtype.is_integer():
        return (cast.cast(values.dtype) != values).fill_null(value=False)
    return pl.repeat(value=False, n=len(values), eager=True)


def validate(frame: pl.DataFrame, schema: pa.DataFrameSchema, where: str) -> pl.DataFrame:
    """Check a whole frame against a boundary's schema.

    Args:
        frame: collected frame; a LazyFrame would be checked for types only.
        schema: the boundary.
        where: file or stage, for messages.

    Returns:
        `frame`, unchanged.

    Raises:
        SchemaError: names place, column, row, value and expectation of the first breach, and how
            many there are.
    """
    try:
        schema.validate(frame, lazy=True)
    except (pa.errors.SchemaErrors, pa.errors.SchemaError) as error:
        raise SchemaError(_first_breach(frame, schema, error, where)) from None
    return frame


def _first_breach(frame: pl.DataFrame, schema: pa.DataFrameSchema, error: Any, where: str) -> str:  # noqa: ANN401
    cases = getattr(error, "failure_cases", None)
    if not isinstance(cases, pl.DataFrame) or cases.is_empty():
        return f"{where}: breaks schema {schema.name}: {error}"
    case = cases.row(0, named=True)
    row = case["index"]
    located = "" if row is None else f", row {row}{_identify(frame, row)}"
    repeated = case["check"] == "multiple_fields_uniqueness"
    what = ", ".join(schema.unique) if repeated else case["column"]
    value = "this key, which repeats," if repeated else case["failure_case"]
    return (
        f"{where}: column {what}{located}: {value} fails '{case['check']}' "
        f"({cases.height} breaches of {schema.name}); correct the source and run again."
    )


def _identify(frame: pl.DataFrame, row: int) -> str:
    keys = [
        name for name in ("game_id", "season", "week", "team", "market") if name in frame.columns
    ]
    return " (" + ", ".join(str(frame[name][row]) for name in keys) + ")"
