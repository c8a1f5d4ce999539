"""Give the columns of a release table their stated types, whatever they were published as."""

from collections.abc import Mapping
from datetime import timedelta

import polars as pl
import polars.selectors as cs

from nfl_signals.core.errors import SchemaError
from nfl_signals.core.schema_columns import UTC_MICROSECONDS
from nfl_signals.ingest.quality import Quality
from nfl_signals.ingest.release_columns import Column

BLANKS = " \t\r\n\u00a0\ufeff"
WORDS = {"PK": "0", "PICK": "0", "EVEN": "100", "EV": "100"}  # of lines and prices
NA_TEXT = ("", *"NA N/A NaN <NA> NULL None na n/a nan null none NONE".split())
INSTANTS = tuple(
    f"%Y-%m-%d{between}%H:%M{seconds}%#z" for between in "T " for seconds in (":%S%.f", "")
)  # with a zone
DAY_IS_OVER = timedelta(hours=29)  # from 00:00 UTC: what has a day alone is known when it ended
LOCAL_INSTANTS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M")  # UTC is meant
TEXT_OF = {pl.Time: "%H:%M", pl.Date: "%Y-%m-%d", pl.Datetime: "%Y-%m-%d"}
EPOCHS = ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0), (float("inf"), 1e-3))  # below, in microseconds
FEW_VALUES = 20  # so many bad values may be all there are; more, and it is another column


def cast_columns(
    frame: pl.DataFrame, columns: Mapping[str, Column], where: str, quality: Quality
) -> pl.DataFrame:
    """Exactly the stated columns of a table as published, each cast to its stated type.

    A value that does not survive its cast is missing, and noted as published; `where` is the file or
    URL, for messages.

    Raises:
        SchemaError: a column that nothing can replace is missing, or not one of a column's values
            survives its cast.
    """
    missing = [name for name in columns if name not in frame.columns]
    if required := [name for name in missing if columns[name].required]:
        raise SchemaError(
            f"{where}: column {', '.join(required)} is missing (found: "
            f"{', '.join(frame.columns[:60])}); it was renamed or dropped upstream: fetch a release "
            "that has it."
        )
    for name in missing:
        quality.note("column_missing", frame.head(1), name)
    frame = frame.with_columns(pl.lit(None).alias(name) for name in missing).select(list(columns))
    plain = _without_na(frame, quality)
    return frame.select(
        _cast(frame, plain[name], spec, where, quality) for name, spec in columns.items()
    )


def _cast(
    frame: pl.DataFrame, values: pl.Series, spec: Column, where: str, quality: Quality
) -> pl.Series:
    name, same = values.name, values.dtype == spec.dtype
    if same and not (values.dtype.is_float() and values.is_infinite().any()):
        return values
    cast = values if same else _converted(values, spec.dtype)
    changed = cast.is_null() & values.is_not_null()
    if values.dtype.is_float() and cast.dtype.is_integer():
        changed |= (cast.cast(values.dtype) != values).fill_null(value=False)  # lost its fraction
    if cast.dtype.is_float():
        changed |= cast.is_infinite().fill_null(value=False)
    lost = changed.arg_true()
    if len(lost) > FEW_VALUES and len(lost) == len(values.drop_nulls()):
        row = int(lost[0])
        shown = " ".join(repr(values[row]).split())  # a list's takes several lines
        raise SchemaError(
            f"{where}: column {name}, row {row}: {shown:.60} is not a {spec.dtype} "
            f"({len(lost)} such rows; the file's type is {values.dtype}); correct the source."
        )
    if len(lost):
        quality.note("unusable_value", frame.filter(changed), name)
        cast = cast.set(changed, None)
    elif not _drifts(values.dtype, spec.dtype) and values.null_count() < len(values):
        quality.note("cast", frame.filter(values.is_not_null()), name)
    return cast


def _without_na(frame: pl.DataFrame, quality: Quality) -> pl.DataFrame:
    """Text without blanks around it, and null where it, or a number, says that there is nothing."""
    coded = cs.categorical() | cs.enum()
    plain = frame.with_columns(cs.float().fill_nan(None), coded.cast(pl.String))
    plain = plain.with_columns(cs.string().str.strip_chars(BLANKS))
    written = plain.select(cs.string().is_in(NA_TEXT).fill_null(value=False))
    for name in (each.name for each in written if each.any()):
        quality.note("na_text", frame.filter(written[name]), name)
        plain = plain.with_columns(pl.when(~written[name]).then(name).alias(name))
    return plain


def _drifts(published: pl.DataType, wanted: pl.DataType) -> bool:
    """Whether upstream's own types differ so from season to season: that is no fault of a row."""
    numbers = published.is_numeric() and wanted.is_numeric()
    instants = published.base_type() == pl.Datetime and wanted == UTC_MICROSECONDS
    texts = published in (pl.Categorical, pl.Enum) and wanted == pl.String
    return published == wanted or numbers or instants or texts or published == pl.Null


def _converted(values: pl.Series, wanted: pl.DataType) -> pl.Series:
    published = values.dtype
    try:
        if wanted == UTC_MICROSECONDS and published == pl.Datetime:
            zoned = values.dt.replace_time_zone("UTC") if published.time_zone is None else values  # type: ignore[attr-defined]
            return zoned.dt.convert_time_zone("UTC").cast(wanted)
        if wanted == UTC_MICROSECONDS and published == pl.String:
            return instants(values)
        if wanted == UTC_MICROSECONDS and published.is_numeric():
            return _since_the_epoch(values)
        if wanted == UTC_MICROSECONDS and published == pl.Date:
            return values.cast(wanted) + DAY_IS_OVER
        if wanted == pl.String and published.base_type() in TEXT_OF:
            return values.dt.strftime(TEXT_OF[published.base_type()])  # type: ignore[index]
        if published.is_nested():
            return pl.Series(values.name, [None] * len(values), dtype=wanted)
        if published == pl.String and wanted.is_float():
            values = values.str.to_uppercase().replace(WORDS)
        if published == pl.String and wanted.is_integer():
            values = values.cast(pl.Float64, strict=False)
        return values.cast(wanted, strict=False)
    except pl.exceptions.PolarsError:
        return pl.Series(values.name, [None] * len(values), dtype=wanted)


def _since_the_epoch(values: pl.Series) -> pl.Series:
    """Numbers as seconds, milli-, micro- or nanoseconds since 1970, whichever their size says."""
    number = pl.col(values.name).cast(pl.Float64)
    units = pl.coalesce(pl.when(number.abs() < below).then(number * unit) for below, unit in EPOCHS)
    instants = units.round().cast(pl.Int64).cast(UTC_MICROSECONDS)
    return values.to_frame().select(instants).to_series()


def instants(values: pl.Series) -> pl.Series:
    """Text as UTC instants, of a day its end; null where it is none. Without a zone it is UTC."""
    text = pl.col(values.name).str.strip_chars()
    zoned = [
        text.str.to_datetime(form, strict=False, time_unit="us").dt.convert_time_zone("UTC")
        for form in INSTANTS
    ]
    local = [
        text.str.to_datetime(form, strict=False, time_unit="us").dt.replace_time_zone("UTC")
        for form in LOCAL_INSTANTS
    ]
    day = text.str.to_date("%Y-%m-%d", strict=False).cast(UTC_MICROSECONDS) + DAY_IS_OVER
    return values.to_frame().select(pl.coalesce(*zoned, *local, day)).to_series()
