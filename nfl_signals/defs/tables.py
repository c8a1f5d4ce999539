"""What assets share: the options of a group, and the metadata of those that are tables."""

import hashlib
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from nfl_signals.workspace.run_context import RunContext

CODE_VERSION = version("nfl-signals")
TABLE = {"polars", "parquet"}
RunResource = dg.ResourceParam[RunContext]
Result = dg.MaterializeResult[None]
Decorator = Callable[[Callable[..., Result]], dg.AssetsDefinition]


def assets_of(group: str, **shared: Any) -> Callable[..., Decorator]:  # noqa: ANN401 - options
    """`dg.asset` for the assets of one group; an asset's own options win over the shared ones."""

    def asset(**own: Any) -> Decorator:  # noqa: ANN401
        options = {"group_name": group, "code_version": CODE_VERSION, **shared, **own}
        decorator: Decorator = dg.asset(**options)
        return decorator

    return asset


def table_result(
    table: pl.DataFrame,
    metadata: Mapping[str, Any] | None = None,
    *,
    stored: Path | None = None,
    descriptions: Mapping[str, str] | None = None,
) -> Result:
    """The result of a step that wrote a table.

    Args:
        table: the rows that were written.
        metadata: what else Dagster is to show.
        stored: file whose content is the asset's data version; None for a partition.
        descriptions: of columns, by name.
    """
    known = descriptions or {}
    columns = [
        dg.TableColumn(name, str(kind), description=known.get(name))
        for name, kind in table.schema.items()
    ]
    digest = stored and hashlib.sha256(stored.read_bytes()).hexdigest()
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": table.height,
            "dagster/column_schema": dg.TableSchema(columns=columns),
            **(metadata or {}),
        },
        data_version=dg.DataVersion(digest) if digest else None,
    )
