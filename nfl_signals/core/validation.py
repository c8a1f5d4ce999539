"""Check a table at a boundary against its schema, and name in one line what is wrong with it."""

from typing import Any

import pandera.polars as pa
import polars as pl

from nfl_signals.core.errors import SchemaError


def validate(frame: pl.DataFrame, schema: pa.DataFrameSchema, where: str) -> pl.DataFrame:
    """Check a whole frame against a boundary's schema and return it unchanged.

    Raises:
        SchemaError: names place (`where`: file or stage), column, row, value and expectation of the
            first breach, and how many there are.
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
    names = ("game_id", "season", "week", "team", "market")
    keys = [] if row is None else [str(frame[name][row]) for name in names if name in frame.columns]
    located = "" if row is None else f", row {row} ({', '.join(keys)})"
    repeated = case["check"] == "multiple_fields_uniqueness"
    what = ", ".join(schema.unique) if repeated else case["column"]
    value = "this key, which repeats," if repeated else case["failure_case"]
    return (
        f"{where}: column {what}{located}: {value} fails '{case['check']}' "
        f"({cases.height} breaches of {schema.name}); correct the source and run again."
    )
