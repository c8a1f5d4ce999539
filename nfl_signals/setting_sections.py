"""The sections of the settings: simulator, training, monitor, llm; each field states its unit."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

LearnerName = Literal["logistic", "lightgbm", "xgboost", "lstm"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SimulatorSettings(_Section):
    """The simulated league: size, where its calendar stands, how its bookmaker behaves."""

    first_season: int = Field(default=2014, ge=1999, description="first simulated season")
    n_seasons: int = Field(default=12, ge=2, le=60, description="how many seasons exist")
    weeks_played: int = Field(
        default=9, ge=0, le=22, description="weeks of the last season already played"
    )
    hold: float = Field(default=0.045, ge=0, lt=0.5, description="bookmaker's hold, fraction")
    line_noise: float = Field(
        default=1.0, ge=0, description="sd of the closing line around the true mean, points"
    )
    open_noise: float | None = Field(
        default=None, ge=0, description="sd of the opening line, points; unset: twice line_noise"
    )
    missing_lines: float = Field(
        default=0.005,
        ge=0,
        le=1,
        description="share of games without prices, first half of seasons",
    )
    news: Literal["none", "in_line", "not_in_line"] = Field(
        default="in_line",
        description="what notes and injury reports say about a game; who knows it",
    )
    news_effect: float = Field(
        default=0.7, ge=0, description="sd of what a game's notes do to its mean, points"
    )
    drift_from: str | None = Field(
        default=None, pattern=r"^\d{4}-w\d{2}$", description="YYYY-wWW, first week of the drift"
    )
    drift_home_field: float = Field(default=0.0, description="then added to home field, points")
    drift_scoring: float = Field(default=0.0, description="then added to the mean total, points")
    drift_slope: float = Field(
        default=1.0, gt=0, description="then the model's calibration slope, below 1: too sure"
    )
    drift_bias: float = Field(default=0.0, description="then the model's calibration bias, logits")
    relocations: int = Field(default=1, ge=0, le=3, description="franchises that move")
    expansion_season: int | None = Field(
        default=None, ge=1999, description="first season of Houston; unset: it is always there"
    )
    postponed_per_season: int = Field(
        default=0, ge=0, le=16, description="games a season moved by a day or two"
    )
    cancelled_per_season: int = Field(
        default=0, ge=0, le=16, description="games a season that vanish and leave injury reports"
    )
    late_stats: int = Field(
        default=0, ge=0, description="newest games played whose statistics are not yet out"
    )


class TrainingSettings(_Section):
    """How base learners, stack and calibrator are fitted and replayed."""

    min_learner_seasons: int = Field(
        default=3, ge=1, description="seasons a base learner needs before it predicts the next"
    )
    min_stack_seasons: int = Field(
        default=1, ge=1, description="seasons of learner forecasts the stack needs"
    )
    min_calibration_seasons: int = Field(
        default=2, ge=1, description="seasons of stack forecasts the calibrator needs"
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
    purged_folds: int = Field(default=5, ge=2, description="folds of the purged K-fold")
    embargo_weeks: int = Field(
        default=2, ge=0, description="weeks dropped from training after each test block"
    )
    lock_seconds: float = Field(
        default=1.0, ge=0, description="how long a second retraining waits before it gives up"
    )


class MonitorSettings(_Section):
    """When calibration counts as drifted; why these limits: `monitors.py`."""

    window_weeks: int = Field(default=8, ge=1, description="rolling window, NFL weeks with games")
    max_calibration_error: float = Field(
        default=0.05, description="debiased calibration error that counts as too large, probability"
    )
    min_days: int = Field(
        default=7, ge=0, description="the error must exceed the limit for more than this many days"
    )
    evidence: float = Field(
        default=20.0,
        ge=0,
        description="e-value that the evidence must reach (20 = 5 % false alarms)",
    )


class LlmSettings(_Section):
    """Who reads injury reports and notes, and what a language model may cost."""

    provider: Literal["rules", "openai", "replay", "none"] = Field(
        default="rules",
        description="rules: built in; openai: an OpenAI-compatible server; replay: recorded answers",
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
        description="last day the model was trained on; it is not asked about earlier games",
    )
    timeout_seconds: float = Field(default=30.0, gt=0, description="patience for one answer")
    attempts: int = Field(default=3, ge=1, description="tries for each answer")
    max_requests: int = Field(default=2000, ge=0, description="budget of requests for one run")
    concurrency: int = Field(default=4, ge=1, description="requests under way at the same time")
