"""Where everything lies under `NFL_SIGNALS_HOME`: the one place that spells a path."""

from dataclasses import dataclass
from pathlib import Path

from nfl_signals.markets.definitions import MarketName


class _Below:
    """An attribute that is a fixed place below the home folder."""

    def __init__(self, place: str) -> None:
        self.place = place

    def __get__(self, paths: "Paths", owner: type) -> Path:
        return paths.home / self.place


@dataclass(frozen=True)
class Paths:
    """Paths under one home folder, the one that `NFL_SIGNALS_HOME` names."""

    home: Path

    simulated = _Below("data/simulated")  # release/ is read by the pipeline, truth.parquet never
    league = _Below("data/simulated/release/league.json")  # its seed, settings and now
    downloads = _Below("data/downloads")  # cache of release files
    # Folders of season partitions; `pl.scan_parquet` reads each as one table.
    features = _Below("data/gold/features.parquet")
    markets = _Below("data/gold/markets.parquet")
    llm_signals = _Below("data/llm/signals.parquet")
    llm_responses = _Below("data/llm/responses")  # recorded answers, one file a prompt
    oof = _Below("data/oof/predictions.parquet")  # out of fold, every learner and scheme
    stacked = _Below("data/stacker/predictions.parquet")  # walk-forward, all three markets
    upcoming = _Below("data/upcoming/predictions.parquet")  # as they go to the ledger
    challenge = _Below("data/upcoming/challenge.parquet")  # the challenger's; may be missing
    explanations = _Below("data/upcoming/explanations.parquet")  # contribution of each input
    upcoming_requests = _Below("data/upcoming/requests.json")  # hash of what they were made from
    ledger = _Below("data/ledger/predictions.parquet")  # sealed, append-only
    signatures = _Below("data/ledger/signatures.jsonl")  # of its heads, where there is a key
    calibration = _Below("data/analysis/calibration.parquet")  # over rolling windows
    reliability = _Below("data/analysis/reliability.parquet")  # curves of the latest windows
    weekly_evidence = _Below("data/analysis/weekly_evidence.parquet")  # error and e-value, weekly
    alerts = _Below("data/analysis/alerts.parquet")  # episodes, open and over
    deliveries = _Below("data/analysis/deliveries.jsonl")  # which alerts were sent
    known_exceptions = _Below("known_exceptions.yaml")  # a home's own; may be missing
    data_home = _Below("data/data_home.json")  # which source or league the home belongs to
    odds_feed = _Below("data/odds_feed.json")  # when the feed was last asked, and its quota
    run_record = _Below("data/run.json")  # wall-clock times; no part of reproducibility hashes
    ensembles = _Below("models/ensemble")  # the version store: one folder a version
    retraining_lock = _Below("models/.retraining.lock")  # held while models are written
    history = _Below("models/history.jsonl")  # decisions: which model is champion since when, why
    registry = _Below("models/registry")  # MLflow's store and the registered ensembles
    registry_store = _Below("models/registry/mlflow.db")  # versions, aliases and runs, SQLite
    reports = _Below("reports")  # Markdown, JSON and charts for people
    dashboard = _Below("reports/dashboard.html")  # one page that opens without a network
    dagster_home = _Below("dagster_home")  # Dagster's runs, events, schedules

    @property
    def trained_on(self) -> "Paths":
        """The gold tables as they were when models were trained: what checks of models compare with."""
        return TrainedOn(self.home)

    def raw_folder(self, table: str) -> Path:
        """All seasons of one raw table."""
        return self.home / "data" / "raw" / table

    def raw(self, table: str, season: int) -> Path:
        """One season of one raw table."""
        return self.raw_folder(table) / f"{season}.parquet"

    def quality(self, table: str, season: int) -> Path:
        """What was repaired and set aside in one season of a raw table, or of the joins."""
        return self.home / "data" / "quarantine" / table / f"{season}.parquet"

    def stacked_part(self, market: MarketName) -> Path:
        """Walk-forward stacked predictions of one market, before they are put together."""
        return self.home / "data" / "stacker" / "markets" / f"{market}.parquet"

    def baseline(self, market: MarketName, learner: str, version: str) -> Path:
        """One fitted base learner."""
        return self.home / "models" / "baseline" / market / learner / version

    def stacker(self, market: MarketName, version: str) -> Path:
        """One fitted stack with its calibrator."""
        return self.home / "models" / "stacker" / market / version

    def ensemble(self, version: str) -> Path:
        """One version's learners, stacks and score distribution, complete in itself."""
        return self.ensembles / version

    def weekly_report(self, season: int, week: int) -> Path:
        """Report on a week; its JSON lies beside it, its charts in a folder."""
        return self.reports / "weekly" / f"{season}-w{week:02d}.md"


class TrainedOn(Paths):
    """The same paths, but for the gold tables kept by the last training."""

    features = _Below("data/oof/trained_on/features.parquet")
    markets = _Below("data/oof/trained_on/markets.parquet")
