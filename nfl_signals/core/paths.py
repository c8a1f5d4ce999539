"""Where everything lies under `NFL_SIGNALS_HOME`: the one place that spells a path."""

from dataclasses import dataclass
from pathlib import Path

from nfl_signals.markets.definitions import MarketName


@dataclass(frozen=True)
class Paths:
    """Paths under one home folder.

    Attributes:
        home: the folder that `NFL_SIGNALS_HOME` names.
    """

    home: Path

    @property
    def simulated(self) -> Path:
        """Simulated league: `release/` is read by the pipeline, `truth.parquet` never is."""
        return self.home / "data" / "simulated"

    @property
    def downloads(self) -> Path:
        """Cache of downloaded release files."""
        return self.home / "data" / "downloads"

    def raw(self, table: str, season: int) -> Path:
        """One season of one raw table."""
        return self.home / "data" / "raw" / table / f"{season}.parquet"

    def raw_folder(self, table: str) -> Path:
        """All seasons of one raw table."""
        return self.home / "data" / "raw" / table

    @property
    def features(self) -> Path:
        """Folder of season partitions; `pl.scan_parquet` reads it as one table."""
        return self.home / "data" / "gold" / "features.parquet"

    @property
    def markets(self) -> Path:
        """Folder of season partitions; `pl.scan_parquet` reads it as one table."""
        return self.home / "data" / "gold" / "markets.parquet"

    @property
    def llm_signals(self) -> Path:
        """Folder of season partitions; `pl.scan_parquet` reads it as one table."""
        return self.home / "data" / "llm" / "signals.parquet"

    @property
    def llm_responses(self) -> Path:
        """Recorded answers of language models, one file a prompt."""
        return self.home / "data" / "llm" / "responses"

    @property
    def oof(self) -> Path:
        """Out-of-fold predictions of every learner and scheme."""
        return self.home / "data" / "oof" / "predictions.parquet"

    @property
    def stacked(self) -> Path:
        """Walk-forward stacked predictions of all three markets."""
        return self.home / "data" / "stacker" / "predictions.parquet"

    def stacked_part(self, market: MarketName) -> Path:
        """Walk-forward stacked predictions of one market, before they are put together."""
        return self.home / "data" / "stacker" / "markets" / f"{market}.parquet"

    @property
    def upcoming(self) -> Path:
        """The upcoming week's predictions, as they go to the ledger."""
        return self.home / "data" / "upcoming" / "predictions.parquet"

    @property
    def challenge(self) -> Path:
        """The challenger's predictions of the upcoming week; not there where there is no challenger."""
        return self.home / "data" / "upcoming" / "challenge.parquet"

    @property
    def explanations(self) -> Path:
        """What each input contributed to each of the upcoming week's predictions."""
        return self.home / "data" / "upcoming" / "explanations.parquet"

    @property
    def ledger(self) -> Path:
        """The sealed, append-only ledger."""
        return self.home / "data" / "ledger" / "predictions.parquet"

    @property
    def calibration(self) -> Path:
        """Rolling calibration metrics."""
        return self.home / "data" / "analysis" / "calibration.parquet"

    @property
    def reliability(self) -> Path:
        """Reliability curve of every series over its latest window."""
        return self.home / "data" / "analysis" / "reliability.parquet"

    @property
    def weekly_evidence(self) -> Path:
        """Error and evidence of every series, week by week."""
        return self.home / "data" / "analysis" / "weekly_evidence.parquet"

    @property
    def alerts(self) -> Path:
        """Alert episodes, open and over."""
        return self.home / "data" / "analysis" / "alerts.parquet"

    @property
    def deliveries(self) -> Path:
        """Which alerts were sent."""
        return self.home / "data" / "analysis" / "deliveries.jsonl"

    @property
    def run_record(self) -> Path:
        """The one file with wall-clock times; excluded from reproducibility hashes."""
        return self.home / "data" / "run.json"

    @property
    def retraining_lock(self) -> Path:
        """Held while models are written: one retraining at a time, whoever started it."""
        return self.home / "models" / ".retraining.lock"

    def baseline(self, market: MarketName, learner: str, version: str) -> Path:
        """One fitted base learner."""
        return self.home / "models" / "baseline" / market / learner / version

    def stacker(self, market: MarketName, version: str) -> Path:
        """One fitted stack with its calibrator."""
        return self.home / "models" / "stacker" / market / version

    @property
    def ensembles(self) -> Path:
        """The version store: one folder a version."""
        return self.home / "models" / "ensemble"

    def ensemble(self, version: str) -> Path:
        """One version's learners, stacks and score distribution together, complete in itself."""
        return self.ensembles / version

    @property
    def history(self) -> Path:
        """Decision log: which version is champion, since when and why."""
        return self.home / "models" / "history.jsonl"

    @property
    def registry(self) -> Path:
        """MLflow's store and the registered ensembles; moves with the home."""
        return self.home / "models" / "registry"

    @property
    def registry_store(self) -> Path:
        """SQLite file of versions, aliases and runs."""
        return self.registry / "mlflow.db"

    @property
    def reports(self) -> Path:
        """Markdown, JSON and charts for people."""
        return self.home / "reports"

    def weekly_report(self, season: int, week: int) -> Path:
        """What a person reads after that week; its JSON lies beside it, its charts in a folder."""
        return self.reports / "weekly" / f"{season}-w{week:02d}.md"

    @property
    def dashboard(self) -> Path:
        """One page that opens without a network."""
        return self.reports / "dashboard.html"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance folder (runs, events, schedules)."""
        return self.home / "dagster_home"
