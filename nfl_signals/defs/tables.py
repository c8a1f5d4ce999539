"""What assets share: code version, and of tables rows, columns and the version of their content."""

import hashlib
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

CODE_VERSION = version("nfl-signals")
Result = dg.MaterializeResult[None]


def asset(**options: Any) -> Callable[[Callable[..., object]], dg.AssetsDefinition]:  # noqa: ANN401
    """`dg.asset` with this program's version as code version, unless `options` have another."""
    return dg.asset(**({"code_version": CODE_VERSION} | options))


def table_result(
    table: pl.DataFrame,
    metadata: Mapping[str, Any] | None = None,
    *,
    stored: Path | None = None,
    descriptions: Mapping[str, str] | None = None,
) -> Result:
    """The result of a step that wrote a table, with what else Dagster is to show.

    The content of `stored` is the asset's data version; None for a partition. `descriptions` are of
    columns, by name.
    """
    known = descriptions or {}
    columns = [
        dg.TableColumn(name, str(kind), description=known.get(name))
        for name, kind in table.schema.items()
    ]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": table.height,
            "dagster/column_schema": dg.TableSchema(columns=columns),
            **(metadata or {}),
        },
        data_version=None if stored is None else dg.DataVersion(_sha256(stored)),
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
