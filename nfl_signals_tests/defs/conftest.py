"""What the tests of Dagster's definitions share."""

from collections.abc import Iterator

import dagster as dg
import pytest


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An instance that ends with the test."""
    with dg.DagsterInstance.ephemeral() as found:
        yield found
