"""The model registry: whole ensembles as MLflow models, in versions with aliases, fit to be served.

All of it is derived from the version store and the decision log. MLflow writes absolute locations
into its store; so after a home was moved or copied the registry can be read, but is no longer
`current`, and is built anew (`predictions/registration.py`) before anything is added to it.
"""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.paths import Paths
from nfl_signals.registry.mlflow_model import TAGS, load_mlflow, loading_own, save_model
from nfl_signals.registry.mlflow_store import (
    ARTIFACTS,
    COMPLETE,
    LOCK,
    MODEL,
    artifacts_uri,
    check_readable,
    registry_lock,
    store_uri,
)
from nfl_signals.registry.model_card import model_hash, read_card
from nfl_signals.registry.serving import Reader, with_feature_version

CHAMPION, CHALLENGER = "champion", "challenger"
ALIASES = (CHAMPION, CHALLENGER)


@dataclass(frozen=True, kw_only=True)
class RegisteredVersion:
    """One registered ensemble."""

    number: int  # MLflow's, counted from 1
    version: str  # the ensemble's own name
    model_hash: str
    feature_version: str
    aliases: tuple[str, ...]  # those of `ALIASES` that point here
    folder: Path  # the MLflow model, loadable by its path alone


@dataclass(frozen=True, eq=False)
class RegisteredModel:
    """A registered version, loaded through MLflow.

    `pyfunc` is MLflow's model; it takes and returns pandas frames.
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
        """Answer requests the way the server does, without HTTP; MlflowException where it answers 400."""
        sent = with_feature_version(requests, self.version.feature_version)
        return pl.DataFrame(self.pyfunc.predict(sent.to_pandas()).to_dict("list"))


@dataclass(frozen=True, eq=False)
class Registry:
    """An open registry; see `open_registry`."""

    root: Path  # folder of the store and of all models
    client: Any  # MLflow's
    experiment: Any  # MLflow's; it holds the location under which artifacts were written

    @property
    def current(self) -> bool:
        """Whether it was built to its end, and in the place where it lies."""
        with registry_lock(self.root):
            tags = self.client.get_registered_model(MODEL).tags
        return bool(tags.get(COMPLETE) == artifacts_uri(self.root))

    def mark_complete(self) -> None:
        """Make it `current`: all that belongs into it has been registered."""
        self.tag(COMPLETE, artifacts_uri(self.root))

    def tag(self, key: str, value: str) -> None:
        """Set a tag of the registered model; read back by `tag_of`."""
        with registry_lock(self.root):
            self.client.set_registered_model_tag(MODEL, key, value)

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
            example: a few requests, which document columns and types; answered before anything is
                written.
            metrics: shown beside the version.
            params: likewise.

        Raises:
            IntegrityError: the files are not what the card describes, or the registry was moved.
            InputError: the example cannot be answered.
        """
        card = read_card(folder)
        if model_hash(folder) != card["model_hash"]:
            raise IntegrityError(f"{folder}: its files are not what its card describes.")
        written = self.experiment.artifact_location
        if written != artifacts_uri(self.root):
            raise IntegrityError(f"{self.root}: was written as {written}; build it anew.")
        with registry_lock(self.root), tempfile.TemporaryDirectory() as staging:
            if known := self.registered(card):
                return known
            saved = save_model(folder, Path(staging), reader=reader, example=example, card=card)
            self._add(saved, card, metrics, params)
            return self.history()[-1]

    def history(self) -> tuple[RegisteredVersion, ...]:
        """Every version, oldest first."""
        with registry_lock(self.root):
            aliases = self.client.get_registered_model(MODEL).aliases
            found = self.client.search_model_versions(f"name = '{MODEL}'")
        return tuple(
            self._version(each, aliases) for each in sorted(found, key=lambda it: int(it.version))
        )

    def registered(self, card: Mapping[str, Any]) -> RegisteredVersion | None:
        """The version with the name and the files of an ensemble's card; None where there is none."""
        wanted = card["model_version"], card["model_hash"]
        found = (each for each in self.history() if (each.version, each.model_hash) == wanted)
        return next(found, None)

    def find(self, name: str) -> RegisteredVersion:
        """The version that an alias points to, or the newest one of that name; InputError if none."""
        for each in reversed(self.history()):
            if name in (each.version, *each.aliases):
                return each
        raise InputError(f"{self.root}: no version and no alias {name}; run the retraining job.")

    def set_alias(self, alias: str, version: str) -> RegisteredVersion:
        """Let an alias of `ALIASES` point to the newest version of a name, and no longer elsewhere."""
        if alias not in ALIASES:
            raise InputError(f"{alias}: no such alias; there are {' and '.join(ALIASES)}.")
        with registry_lock(self.root):
            number = self.find(version).number
            self.client.set_registered_model_alias(MODEL, alias, str(number))
            return self.find(alias)

    def remove_alias(self, alias: str) -> None:
        """Let an alias point nowhere, wherever it pointed."""
        with registry_lock(self.root):
            if any(alias in each.aliases for each in self.history()):
                self.client.delete_registered_model_alias(MODEL, alias)

    def load(self, name: str) -> RegisteredModel:
        """The version that an alias or a name means, loaded; InputError where there is none."""
        version = self.find(name)
        with loading_own():
            return RegisteredModel(version, load_mlflow().pyfunc.load_model(str(version.folder)))

    def _version(self, found: Any, aliases: Mapping[str, str]) -> RegisteredVersion:  # noqa: ANN401
        number, (version, digest, features) = (
            int(found.version),
            (found.tags[name] for name in TAGS),
        )
        written = found.source.removeprefix(f"{self.experiment.artifact_location}/")
        return RegisteredVersion(
            number=number,
            version=version,
            model_hash=digest,
            feature_version=features,
            aliases=tuple(name for name in ALIASES if int(aliases.get(name, 0)) == number),
            folder=self.root / ARTIFACTS / unquote(written),
        )

    def _add(
        self,
        saved: Path,
        card: Mapping[str, Any],
        metrics: Mapping[str, float],
        params: Mapping[str, object],
    ) -> None:
        client, tags = self.client, {name: card[name] for name in TAGS}
        experiment = self.experiment.experiment_id
        run = client.create_run(experiment, run_name=card["model_version"], tags=tags).info.run_id
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


def open_registry(paths: Paths) -> Registry:
    """Open the registry of a home, which may have been moved or copied since it was written.

    Raises:
        InputError: there is none.
        IntegrityError: its store cannot be read.
    """
    root, store = paths.registry.absolute(), paths.registry_store.absolute()
    missing = f"{store}: no model was registered yet; run the retraining job first."
    if not store.exists():
        raise InputError(missing)
    with registry_lock(root):
        check_readable(store)
        mlflow = load_mlflow()
        client = mlflow.MlflowClient(store_uri(store), store_uri(store))
        experiment = client.get_experiment_by_name(MODEL)
        if experiment is None or not client.search_registered_models(f"name = '{MODEL}'"):
            raise InputError(missing)
    return Registry(root, client, experiment)


def create_registry(paths: Paths) -> Registry:
    """Make an empty registry in place of whatever is there; it is not `current` yet."""
    # MLflow's locations are absolute.
    root, store = paths.registry.absolute(), paths.registry_store.absolute()
    with registry_lock(root):
        for item in root.iterdir():
            if item.is_dir():
                shutil.rmtree(item)
            elif item.name != LOCK:
                item.unlink()
        mlflow, uri = load_mlflow(), store_uri(store)
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        # The client would put MLflow's default experiment into whatever folder the process stands in.
        SqlAlchemyStore(uri, artifacts_uri(root))  # type: ignore[no-untyped-call]
        client = mlflow.MlflowClient(uri, uri)
        client.create_experiment(MODEL, artifact_location=artifacts_uri(root))
        client.create_registered_model(MODEL)
        return open_registry(paths)
