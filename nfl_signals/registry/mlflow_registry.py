"""The model registry: whole ensembles as MLflow models, in versions with aliases, fit to be served.

The only file that imports mlflow. A version is a copy of an ensemble folder, data only, beside a few
lines of code that name the class which reads it; nothing in it is a pickle. Which version is served is
decided elsewhere; here it is written down. What requests and answers look like is `serving.py`.
"""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.paths import Paths
from nfl_signals.registry.mlflow_store import (
    ALIASES,
    RegisteredVersion,
    artifacts_uri,
    registry_lock,
    relocate,
    store_uri,
)
from nfl_signals.registry.model_card import model_hash, read_card
from nfl_signals.registry.serving import (
    ENVIRONMENT,
    FEATURE_VERSION,
    Reader,
    answer,
    model_code,
    request_body,
    requirements,
    with_feature_version,
)

MODEL = "nfl_signals"
VERSION, HASH = "model_version", "model_hash"  # on cards, and tags in the store
ENSEMBLE = "ensemble"  # artifact of the model
EXAMPLE = "serving_input_example.json"  # MLflow's name for a request to try

_TYPES = {pl.String: "string", pl.Boolean: "boolean", pl.Float64: "double", pl.Int64: "long"}


@dataclass(frozen=True, eq=False)
class RegisteredModel:
    """A registered version, loaded through MLflow.

    Attributes:
        version: which.
        pyfunc: MLflow's model; takes and returns pandas frames.
    """

    version: RegisteredVersion
    pyfunc: Any

    @property
    def reader(self) -> Reader:
        """The ensemble inside, without MLflow around it."""
        reader: Reader = self.pyfunc.unwrap_python_model().reader
        return reader

    @property
    def ensemble(self) -> Path:
        """The registered copy of the ensemble folder."""
        folder: Path = self.pyfunc.unwrap_python_model().folder
        return folder

    def predict(self, requests: pl.DataFrame) -> pl.DataFrame:
        """Answer requests the way the server does, without HTTP.

        Raises:
            mlflow.exceptions.MlflowException: a request is bad; the server answers 400.
        """
        sent = with_feature_version(requests, self.version.feature_version)
        return pl.DataFrame(self.pyfunc.predict(sent.to_pandas()).to_dict("list"))


@dataclass(frozen=True, eq=False)
class Registry:
    """An open registry; see `open_registry`.

    Attributes:
        root: folder of the store and of all models.
        client: MLflow's.
    """

    root: Path
    client: Any

    def register(
        self,
        folder: Path,
        *,
        reader: type[Reader],
        example: pl.DataFrame,
        metrics: Mapping[str, float],
        params: Mapping[str, object],
    ) -> RegisteredVersion:
        """Add an ensemble, unless the same files are registered under the same name already.

        Args:
            folder: complete, with its card.
            reader: class that reads it; the model imports it by name.
            example: a few requests; they document columns and types, and are answered once before
                anything is written.
            metrics: figures shown beside the version.
            params: settings shown beside the version.

        Raises:
            IntegrityError: the files are not what the card describes.
            InputError: the example cannot be answered.
        """
        card = read_card(folder)
        if model_hash(folder) != card[HASH]:
            raise IntegrityError(f"{folder}: its files are not what its card describes.")
        with registry_lock(self.root), tempfile.TemporaryDirectory() as staging:
            for known in self.history():
                if (known.version, known.model_hash) == (card[VERSION], card[HASH]):
                    return known
            saved = _save(folder, reader, example, card, Path(staging))
            self._log(saved, card, metrics, params)
            return self.history()[-1]

    def history(self) -> tuple[RegisteredVersion, ...]:
        """Every version, oldest first."""
        aliases = self.client.get_registered_model(MODEL).aliases
        found = self.client.search_model_versions(f"name = '{MODEL}'")
        return tuple(self._version(each, aliases) for each in sorted(found, key=_number))

    def find(self, name: str) -> RegisteredVersion:
        """The version that an alias points to, or the newest one of that name.

        Raises:
            InputError: there is none.
        """
        for each in reversed(self.history()):
            if name in (each.version, *each.aliases):
                return each
        raise InputError(f"{self.root}: no version and no alias {name}; run the retraining job.")

    def set_alias(self, alias: str, version: str) -> RegisteredVersion:
        """Let an alias point to the newest version of a name, and no longer elsewhere.

        Raises:
            InputError: the alias is none of `ALIASES`, or the version is not registered.
        """
        if alias not in ALIASES:
            raise InputError(f"{alias}: no such alias; there are {' and '.join(ALIASES)}.")
        self.client.set_registered_model_alias(MODEL, alias, str(self.find(version).number))
        return self.find(alias)

    def remove_alias(self, alias: str) -> None:
        """Let an alias point nowhere, wherever it pointed."""
        if any(alias in each.aliases for each in self.history()):
            self.client.delete_registered_model_alias(MODEL, alias)

    def load(self, name: str) -> RegisteredModel:
        """The version that an alias or a name means, loaded.

        Raises:
            InputError: there is none.
        """
        version = self.find(name)
        pyfunc = _mlflow().pyfunc.load_model(str(version.folder))
        return RegisteredModel(version, pyfunc)

    def _version(self, found: Any, aliases: Mapping[str, str]) -> RegisteredVersion:  # noqa: ANN401
        tags, number = found.tags, _number(found)
        return RegisteredVersion(
            number=number,
            version=tags[VERSION],
            model_hash=tags[HASH],
            feature_version=tags[FEATURE_VERSION],
            aliases=tuple(name for name in ALIASES if int(aliases.get(name, 0)) == number),
            folder=self.root / unquote(found.source.removeprefix(f"{self.root.as_uri()}/")),
        )

    def _log(
        self,
        saved: Path,
        card: Mapping[str, Any],
        metrics: Mapping[str, float],
        params: Mapping[str, object],
    ) -> None:
        client, tags = self.client, {name: card[name] for name in (VERSION, HASH, FEATURE_VERSION)}
        experiment = client.get_experiment_by_name(MODEL).experiment_id
        run = client.create_run(experiment, run_name=card[VERSION], tags=tags).info.run_id
        model = client.create_logged_model(experiment, name=MODEL, source_run_id=run, tags=tags)
        for name, setting in params.items():
            client.log_param(run, name, setting)
        for name, figure in metrics.items():
            client.log_metric(run, name, figure, model_id=model.model_id)
        client.log_dict(run, dict(card), "card.json")
        client.log_model_artifacts(model.model_id, str(saved))
        client.finalize_logged_model(model.model_id, "READY")
        client.set_terminated(run)
        # Last: a process killed before leaves a run that nothing points to, not half a version.
        client.create_model_version(MODEL, model.artifact_location, run_id=run, tags=tags)


def open_registry(paths: Paths, *, create: bool = False) -> Registry:
    """Open the registry of a home, which may have been moved or copied since it was written.

    Args:
        paths: of the home.
        create: make it where it is missing.

    Raises:
        InputError: there is none.
        IntegrityError: its store cannot be read.
    """
    # MLflow's locations are absolute.
    root, store = paths.registry.absolute(), paths.registry_store.absolute()
    if not (create or store.exists()):
        raise InputError(f"{store}: no model was registered yet; run the retraining job first.")
    root.mkdir(parents=True, exist_ok=True)
    with registry_lock(root):
        if store.exists():
            relocate(store, experiment=MODEL, artifacts=artifacts_uri(root))
        client = _mlflow().MlflowClient(store_uri(store), store_uri(store))
        if client.get_experiment_by_name(MODEL) is None:
            client.create_experiment(MODEL, artifact_location=artifacts_uri(root))
            relocate(store, experiment=MODEL, artifacts=artifacts_uri(root))
        if not client.search_registered_models(f"name = '{MODEL}'"):
            client.create_registered_model(MODEL)
    return Registry(root, client)


def serve_with(reader: type[Reader]) -> None:
    """Tell MLflow which class answers; the code file of a model folder calls it while MLflow loads it."""
    mlflow = _mlflow()
    import pandas as pd

    class EnsembleModel(mlflow.pyfunc.PythonModel):  # type: ignore[name-defined, misc]
        def load_context(self, context: Any) -> None:  # noqa: ANN401 - a class of MLflow
            self.folder = Path(context.artifacts[ENSEMBLE])
            self.reader = reader.load(self.folder)
            self.feature_version = read_card(self.folder)[FEATURE_VERSION]

        def predict(self, context: Any, model_input: pd.DataFrame) -> pd.DataFrame:  # noqa: ANN401
            try:
                answers = answer(self.reader, pl.from_pandas(model_input), self.feature_version)
            except InputError as error:
                # Only MLflow's own error reaches a client as 400, and with its message.
                raise mlflow.MlflowException.invalid_parameter_value(str(error)) from None
            # Objects: a missing number is null in JSON, where NaN is not allowed.
            return pd.DataFrame(answers.to_dict(as_series=False), dtype=object)

    mlflow.models.set_model(EnsembleModel())


def _mlflow() -> Any:  # noqa: ANN401 - a module
    os.environ.update(ENVIRONMENT)
    import mlflow
    import mlflow.pyfunc

    return mlflow


def _number(found: Any) -> int:  # noqa: ANN401 - a class of MLflow
    return int(found.version)


def _save(
    folder: Path, reader: type[Reader], example: pl.DataFrame, card: Mapping[str, Any], to: Path
) -> Path:
    """The ensemble as an MLflow model in `to`."""
    answers = reader.load(folder).predict(example)
    sent = with_feature_version(example, card[FEATURE_VERSION])
    code, model = to / "model_code.py", to / "model"
    code.write_text(model_code(reader))
    mlflow = _mlflow()
    mlflow.pyfunc.save_model(
        model,
        python_model=str(code),
        artifacts={ENSEMBLE: str(folder)},
        signature=mlflow.models.ModelSignature(_schema(sent), _schema(answers)),
        input_example=sent.to_pandas(),
        pip_requirements=requirements(),
        metadata={name: card[name] for name in (VERSION, HASH, FEATURE_VERSION)},
    )
    # MLflow's own example has NaN where ours has null, which is no JSON.
    (model / EXAMPLE).write_bytes(request_body(example, card[FEATURE_VERSION]))
    return model


def _schema(frame: pl.DataFrame) -> Any:  # noqa: ANN401 - a class of MLflow
    """Columns and types as MLflow checks them; all must be there, numbers may be null."""
    from mlflow.types import ColSpec, Schema

    return Schema([ColSpec(_TYPES[type(kind)], name) for name, kind in frame.schema.items()])
