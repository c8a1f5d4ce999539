"""An ensemble as an MLflow model: data only, and the few lines of code that name the class reading it."""

import importlib.metadata
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from nfl_signals.core.errors import InputError, NflSignalsError
from nfl_signals.learners.baseline import LEARNERS
from nfl_signals.registry.model_card import read_card
from nfl_signals.registry.serving import (
    FEATURE_VERSION,
    Reader,
    answer,
    request_body,
    with_feature_version,
)

ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_MODEL_CATALOG_URI": "",  # else a list of prices of language models is fetched
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SQLALCHEMYSTORE_POOLCLASS": "NullPool",  # no connection outlives a store that is replaced
}
"""Environment of every process that runs mlflow."""
TAGS = ("model_version", "model_hash", FEATURE_VERSION)
"""What a model and its version in the registry carry over from the ensemble's card."""
STORE = "mlflow.db"  # of a registry, beside its artifacts
ENSEMBLE = "ensemble"  # artifact of the model
EXAMPLE = "serving_input_example.json"  # MLflow's name for a request to try

_own: ContextVar[bool] = ContextVar("own", default=False)
_TYPES = {pl.String: "string", pl.Boolean: "boolean", pl.Float64: "double", pl.Int64: "long"}
# The package itself is not among them: it is on no index, so there its name would be anybody's.
_NEEDED = "mlflow polars pyarrow pandas numpy scipy".split()
_NEEDED += [name for kind in LEARNERS.values() for name in kind.packages.split()]
_CODE = '''"""What MLflow runs to load this folder; the ensemble beside it is data only."""

from nfl_signals.registry.mlflow_model import serve_with
from {module} import {name}

serve_with({name})
'''


def load_mlflow() -> Any:  # noqa: ANN401 - a module
    """MLflow, which takes seconds to import, in the environment that it is to run in."""
    os.environ.update(ENVIRONMENT)
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # raises what it logs
    import mlflow
    import mlflow.pyfunc

    return mlflow


def save_model(
    folder: Path, to: Path, *, reader: type[Reader], example: pl.DataFrame, card: Mapping[str, Any]
) -> Path:
    """Save an ensemble as the MLflow model `to / "model"` and return it; `to` is an empty folder.

    Raises:
        InputError, IntegrityError: the reader refuses the ensemble or the example.
    """
    answers = reader.load(folder).predict(example)
    sent = with_feature_version(example, card[FEATURE_VERSION])
    code, model = to / "model_code.py", to / "model"
    code.write_text(_CODE.format(module=reader.__module__, name=reader.__name__))
    mlflow = load_mlflow()
    mlflow.pyfunc.save_model(
        model,
        python_model=str(code),
        artifacts={ENSEMBLE: str(folder)},
        signature=mlflow.models.ModelSignature(_schema(sent), _schema(answers)),
        input_example=sent.to_pandas(),
        pip_requirements=requirements(),
        metadata={name: card[name] for name in TAGS},
    )
    # MLflow's own example has NaN where ours has null, which is no JSON.
    (model / EXAMPLE).write_bytes(request_body(example, card[FEATURE_VERSION]))
    return model


def serve_with(reader: type[Reader]) -> None:
    """Make MLflow answer by a class; the code file of a model folder calls it while MLflow loads it."""
    mlflow = load_mlflow()
    import pandas as pd

    class EnsembleModel(mlflow.pyfunc.PythonModel):  # type: ignore[name-defined, misc]
        def load_context(self, context: Any) -> None:  # noqa: ANN401 - a class of MLflow
            self.folder = Path(context.artifacts[ENSEMBLE])
            check_same_registry(self.folder, mlflow.get_tracking_uri())
            self.reader = reader.load(self.folder)
            self.feature_version = read_card(self.folder)[FEATURE_VERSION]

        def predict(self, context: Any, model_input: pd.DataFrame) -> pd.DataFrame:  # noqa: ANN401
            try:
                answers = answer(self.reader, pl.from_pandas(model_input), self.feature_version)
            except InputError as error:
                # Only MLflow's own error reaches a client as 400, and with its message.
                raise mlflow.MlflowException.invalid_parameter_value(str(error)) from None
            except NflSignalsError as error:
                raise mlflow.MlflowException(str(error)) from None  # 500
            # Objects: a missing number is null in JSON, where NaN is not allowed.
            return pd.DataFrame(answers.to_dict(as_series=False), dtype=object)

    mlflow.models.set_model(EnsembleModel())


@contextmanager
def loading_own() -> Iterator[None]:
    """Load a model by the path at which a registry of this package found it, whatever MLflow is set to."""
    token = _own.set(True)
    try:
        yield
    finally:
        _own.reset(token)


def check_same_registry(folder: Path, store: str) -> None:
    """Refuse the model of another home: the locations in a registry that was copied still lead there.

    Raises:
        InputError: names both.
    """
    asked = Path(unquote(store.removeprefix("sqlite:///"))).parent.resolve()
    found = next((each for each in folder.resolve().parents if (each / STORE).exists()), asked)
    if found != asked and (asked / STORE).exists() and not _own.get():
        raise InputError(
            f"{asked / STORE}: is a copy that names the models of {found}; run `nfl-signals week` in "
            "the copied home once, which builds its registry anew."
        )


def requirements() -> list[str]:
    """What a model folder needs beside this package, in the versions installed here."""
    installed = {item.name.lower(): item.version for item in importlib.metadata.distributions()}
    # Without '+cpu' and the like: a build for this machine is not to be had everywhere.
    return [f"{name}=={installed[name].partition('+')[0]}" for name in _NEEDED if name in installed]


def _schema(frame: pl.DataFrame) -> Any:  # noqa: ANN401 - a class of MLflow
    """Columns and types as MLflow checks them; all must be there, numbers may be null."""
    from mlflow.types import ColSpec, Schema

    return Schema([ColSpec(_TYPES[type(kind)], name) for name, kind in frame.schema.items()])
