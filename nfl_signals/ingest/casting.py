"""Give the columns of a release table their stated types, or name the value that has another."""

from collections.abc import Mapping

import polars as pl

from nfl_signals.core.errors import SchemaError
from nfl_signals.core.schema_columns import UTC_MICROSECONDS
from nfl_signals.ingest.release_columns import Column


def cast_columns(frame: pl.DataFrame, columns: Mapping[str, Column], where: str) -> pl.DataFrame:
    """Exactly the stated columns of a table, each cast; a SchemaError names what fails in `where`."""
    if missing := [name for name in columns if name not in frame.columns]:
        raise SchemaError(
            f"{where}: column {', '.join(missing)} is missing (found: {', '.join(frame.columns[:60])}); "
            "it was renamed or dropped upstream: fetch a release that has it."
        )
    return frame.select(_cast(frame[name], spec, where) for name, spec in columns.items())


def _cast(values: pl.Series, spec: Column, where: str) -> pl.Series:
    try:
        if spec.dtype == UTC_MICROSECONDS and values.dtype == pl.Datetime:
            zoned = values.dt.replace_time_zone("UTC") if values.dtype.time_zone is None else values  # type: ignore[attr-defined]
            return zoned.dt.convert_time_zone("UTC").cast(spec.dtype)
        cast = values.cast(spec.dtype, strict=False)
    except pl.exceptions.PolarsError:
        cast = pl.Series(values.name, [None] * len(values), dtype=spec.dtype)
    changed = cast.is_null() & values.is_not_null()
    if values.dtype.is_float() and cast.dtype.is_integer():
        changed |= (cast.cast(values.dtype) != values).fill_null(value=False)  # lost its fraction
    lost = changed.arg_true()
    if len(lost):
        row = int(lost[0])
        raise SchemaError(
            f"{where}: column {values.name}, row {row}: {values[row]!r} is not a {spec.dtype} "
            f"({len(lost)} such rows; the file's type is {values.dtype}); correct the source."
        )
    return cast.fill_nan(None) if cast.dtype.is_float() else cast
