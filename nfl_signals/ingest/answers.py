"""What a boundary's schema declares about a value that breaks it is done: withheld, or its row set aside.

A column that may be null loses the value; one that may not loses the row. Both are noted under the rule
that the column's metadata names.
"""

import pandera.polars as pa
import polars as pl

from nfl_signals.core.validation import validate
from nfl_signals.ingest.quality import Quality

ROW = "__row"


def conforming(
    frame: pl.DataFrame, schema: pa.DataFrameSchema, where: str, quality: Quality
) -> pl.DataFrame:
    """The frame as its schema wants it, without what breaks it.

    Raises:
        SchemaError: it does not fit for another reason, or too much was set aside.
    """
    published = frame.height
    breaches = _breaches(frame, schema)
    if breaches.height:
        frame = _answered(frame, schema, breaches, quality)
    quality.refuse_too_much(published, where)
    return validate(frame, schema, where) if breaches.height else frame


def _breaches(frame: pl.DataFrame, schema: pa.DataFrameSchema) -> pl.DataFrame:
    """`column, row, missing` of every value that breaks a check of its column."""
    try:
        schema.validate(frame, lazy=True)
    except (pa.errors.SchemaErrors, pa.errors.SchemaError) as error:
        cases = pl.DataFrame(getattr(error, "failure_cases", None))
        if "index" not in cases.columns or cases["index"].null_count():
            validate(frame, schema, str(schema.name))
        return cases.select(
            "column",
            pl.col("index").cast(pl.UInt32).alias(ROW),
            (pl.col("check") == "not_nullable").alias("missing"),
        ).unique(maintain_order=True)
    return pl.DataFrame(schema={"column": pl.String, ROW: pl.UInt32, "missing": pl.Boolean})


def _answered(
    frame: pl.DataFrame, schema: pa.DataFrameSchema, breaches: pl.DataFrame, quality: Quality
) -> pl.DataFrame:
    frame = frame.with_row_index(ROW)
    for name, column in schema.columns.items():
        mine = breaches.filter(column=name)
        if mine.is_empty():
            continue
        rule = str(column.metadata["rule"])
        bad = pl.col(ROW).is_in(mine[ROW].implode())
        if column.nullable:
            frame = quality.withhold(frame, bad, rule, [name])
            continue
        lacking = pl.col(ROW).is_in(mine.filter("missing")[ROW].implode())
        frame = quality.set_aside(frame, lacking, "key_missing", name)
        frame = quality.set_aside(frame, bad, rule, name)
    return frame.drop(ROW)
