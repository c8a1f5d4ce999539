"""The sections of the settings: simulator, training, monitor, gate, llm; each field states its unit."""

from datetime import date
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator

from nfl_signals.core.instants import read_day
from nfl_signals.core.setting_sources import Checked

LearnerName = Literal["logistic", "lightgbm", "xgboost", "lstm"]
RuleName = Literal["proven", "literal"]


class SimulatorSettings(Checked):
    """The simulated league: its size, its calendar, how its bookmaker behaves."""

    first_season: int = Field(default=2014, ge=1999, le=2040, description="first simulated season")
    n_seasons: int = Field(default=12, ge=2, le=60, description="how many seasons exist")
    weeks_played: int = Field(
        default=9, ge=0, le=22, description="weeks of the last season already played"
    )
    hold: float = Field(default=0.045, ge=0, le=0.12, description="bookmaker's hold, fraction")
    line_noise: float = Field(
        default=1.0, ge=0, le=20, description="sd of the closing line around the true mean, points"
    )
    open_noise: float | None = Field(
        default=None,
        ge=0,
        le=40,
        description="sd of the opening line, points; unset: twice line_noise",
    )
    missing_lines: float = Field(
        default=0.005,
        ge=0,
        le=1,
        description="share of games without prices, first half of seasons",
    )
    news: Literal["none", "in_line", "not_in_line"] = Field(
        default="in_line",
        description="whether notes and injury reports hold news about a game, and the lines know it",
    )
    news_effect: float = Field(
        default=0.7, ge=0, le=20, description="sd of what a game's notes do to its mean, points"
    )
    drift_from: str | None = Field(
        default=None,
        pattern=r"^\d{4}-w(0[1-9]|1\d|2[0-2])$",
        description="YYYY-wWW, first week of the drift, 01 to 22",
    )
    drift_home_field: float = Field(
        default=0.0, ge=-20, le=20, description="then added to home field, points"
    )
    drift_scoring: float = Field(
        default=0.0, ge=-20, le=20, description="then added to the mean total, points"
    )
    drift_known: bool = Field(
        default=True,
        description="whether the bookmaker knows of the drift of home field and scoring",
    )
    drift_slope: float = Field(
        default=1.0,
        gt=0,
        le=10,
        description="then the model's calibration slope, below 1: too sure",
    )
    drift_bias: float = Field(
        default=0.0, ge=-5, le=5, description="then the model's calibration bias, logits"
    )
    relocations: int = Field(default=1, ge=0, le=3, description="franchises that move")
    expansion_season: int | None = Field(
        default=None,
        ge=1999,
        le=2100,
        description="first season of Houston; unset: it is always there",
    )
    postponed_per_season: int = Field(
        default=0, ge=0, le=16, description="games a season moved by a day or two"
    )
    cancelled_per_season: int = Field(
        default=0, ge=0, le=16, description="games a season that vanish and leave injury reports"
    )
    late_stats: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="newest games played whose statistics are not yet out",
    )


class IngestSettings(Checked):
    """What a source may get wrong before it is refused; the rules: `ingest/rules.py`."""

    max_quarantined: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="share of a season's rows that may be quarantined; 40 always may, whatever the share",
    )


LEAST_GAMES = 8
"""Played games at known prices that make a season, half a week of the league: fewer can neither be fitted nor
scored."""


class TrainingSettings(Checked):
    """How base learners, stack and calibrator are fitted, walk-forward."""

    min_learner_seasons: int = Field(
        default=3,
        ge=1,
        le=100,
        description="seasons a base learner needs before it predicts the next",
    )
    min_stack_seasons: int = Field(
        default=1, ge=1, le=100, description="seasons of learner forecasts the stack needs"
    )
    min_calibration_seasons: int = Field(
        default=2, ge=1, le=100, description="seasons of stack forecasts the calibrator needs"
    )
    learners: tuple[LearnerName, ...] = Field(
        default=("logistic", "lightgbm", "xgboost"),
        min_length=1,
        description="base learners; lstm needs PyTorch (the extra `sequence`)",
    )
    device: Literal["cpu", "cuda", "auto"] = Field(
        default="cpu", description="where lstm and xgboost fit; auto: cuda where there is one"
    )
    stack: Literal["logistic", "gbm"] = Field(
        default="logistic", description="blend of learners and market: linear on logits, or trees"
    )
    prior: Literal["market", "advice"] = Field(
        default="market",
        description="where the stack's weights start: the market is right, or a model's advice",
    )
    calibrator: Literal["chosen", "platt", "temperature", "beta", "isotonic", "identity"] = Field(
        default="chosen", description="calibration method; chosen: the best of earlier seasons"
    )
    purged_folds: int = Field(default=5, ge=2, le=100, description="folds of the purged K-fold")
    embargo_weeks: int = Field(
        default=2, ge=0, le=100, description="weeks dropped from training after each test block"
    )
    lock_seconds: float = Field(
        default=1.0,
        ge=0,
        le=86_400,
        description="how long a second retraining waits before it gives up",
    )

    @property
    def priced_seasons(self) -> int:
        """How many seasons at known prices come after those of the learners: to blend, calibrate, predict."""
        return self.min_stack_seasons + self.min_calibration_seasons + 1


class MonitorSettings(Checked):
    """When an alarm is raised, how grave it is and when it is over; why so: `alerts/episodes.py`."""

    window_weeks: int = Field(
        default=8, ge=1, le=1_000, description="rolling window, NFL weeks with games"
    )
    rule: RuleName = Field(
        default="proven",
        description="what raises an alarm: proven, an error that lasts and an e-value of `evidence`; "
        "literal, a plain ten-bin ECE that lasts, whatever the e-value",
    )
    max_calibration_error: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="calibration error that counts as too large, probability",
    )
    critical_error: float = Field(
        default=0.10,
        ge=0,
        le=1,
        description="calibration error above which an alarm is critical, probability",
    )
    recovery_error: float = Field(
        default=0.04, ge=0, le=1, description="an alarm is over at or below this error, probability"
    )
    min_days: int = Field(
        default=7,
        ge=0,
        le=10_000,
        description="an error must last, or be gone, for more than so many days",
    )
    evidence: float = Field(
        default=20.0,
        ge=0,
        le=1e12,
        description="e-value an alarm needs; a right forecast reaches 20 in at most 5 % of seasons",
    )
    watch_evidence: float = Field(
        default=5.0,
        ge=0,
        le=1e12,
        description="e-value from which a lasting error is noted (severity info)",
    )
    cooldown_days: int = Field(
        default=21, ge=0, le=10_000, description="days from one retraining for an alarm to the next"
    )
    notify: SecretStr | None = Field(
        default=None,
        description="where alerts are sent: Apprise URLs; set it in the environment, not in a file",
    )
    notify_attempts: int = Field(
        default=3,
        ge=1,
        le=1_000,
        description="runs that try to send an alert before it is given up",
    )

    @field_validator("notify", mode="before")
    @classmethod
    def _any_value_is_kept_secret(cls, value: Any) -> Any:  # noqa: ANN401 - raw input
        # A refusal here would print what it refuses; what is no URL is refused where it is used.
        if value is None or isinstance(value, SecretStr):
            return value
        return " ".join(map(str, value)) if isinstance(value, list) else str(value)


class GateSettings(Checked):
    """When a challenger may replace the champion; how the limits are used: `promotion/gate.py`."""

    level: float = Field(
        default=0.95, gt=0.5, lt=1, description="coverage of every interval, whole weeks redrawn"
    )
    # Fewer than 8 redrawn weeks make no distribution, however much their interval is widened.
    min_games: int = Field(
        default=120,
        ge=2,
        le=1_000_000,
        description="games that both forecast, per market, before any verdict",
    )
    min_weeks: int = Field(default=8, ge=2, le=10_000, description="weeks with such games")
    # A model that shares nothing with the champion changes half of its picks; one that corrects a
    # champion that is too sure, a fifth on real seasons and up to two fifths on simulated ones.
    max_churn: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="share of picks that may change side; a pick is a point or more from the price",
    )
    # Measured by `benchmarks/gate.py --lines` on openers of 2015-2023. What noise loses is known to 0.0016
    # after a season, and two uncalibrated learners, which differ more, to 0.0037.
    max_slippage: float = Field(
        default=0.004,
        ge=0,
        le=1,
        description="closing-line value that may be lost a game, probability: a twelfth of what a move "
        "from opener to close is worth (0.0473), above what one calibrated learner loses to another "
        "(0.0002), below what noise half as wide as the market's spread loses (0.0047)",
    )
    max_extra_drawdown: float = Field(
        default=15.0,
        ge=0,
        le=100_000,
        description="deeper fall of flat stakes a season that is allowed, units",
    )
    # What a calibration error of 0.05, the monitor's limit, adds to a Brier score: its square.
    max_extra_brier: float = Field(
        default=0.0025,
        ge=0,
        le=1,
        description="Brier score a game that may be lost on any one market",
    )
    # Ten times the best edge known over a close (0.0005, and that was fitted to the past).
    max_edge: float = Field(
        default=0.005,
        gt=0,
        le=1,
        description="moneyline Brier score below the price's beyond which it must be a leak",
    )


class LlmSettings(Checked):
    """What reads injury reports and notes, and what a language model may cost."""

    provider: Literal["rules", "openai", "replay", "none"] = Field(
        default="rules",
        description="rules: built in, no LLM; openai: an OpenAI-compatible server; replay: its "
        "recorded answers; none: no signals",
    )
    base_url: str | None = Field(
        default=None, description="of the OpenAI-compatible server, e.g. http://127.0.0.1:8000/v1"
    )
    model: str | None = Field(default=None, description="model name that the server knows")
    api_key: SecretStr | None = Field(
        default=None, description="sent as a bearer token; set it in the environment, not in a file"
    )
    knowledge_cutoff: date | None = Field(
        default=None,
        description="last day the model was trained on; earlier games are not sent to it",
    )
    timeout_seconds: float = Field(
        default=30.0, gt=0, le=86_400, description="patience for one answer"
    )
    attempts: int = Field(default=3, ge=1, le=100, description="tries for each answer")
    max_requests: int = Field(
        default=2000, ge=0, le=10_000_000, description="budget of requests for one run"
    )
    concurrency: int = Field(
        default=4, ge=1, le=1_000, description="requests under way at the same time"
    )

    @field_validator("knowledge_cutoff", mode="before")
    @classmethod
    def _written_as_a_day(cls, value: Any) -> Any:  # noqa: ANN401 - raw input
        return None if value is None else read_day(value)
