"""A row of each table of the registry, as it is written and read. `tables.sql` says what the columns mean.

JSON columns are text here. What a registry of an older asof does not have is None.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the table `TABLE`; its fields are the table's columns."""

    TABLE: ClassVar[str]


@dataclass(frozen=True, kw_only=True)
class TrainingRunRow(Row):
    TABLE: ClassVar[str] = "training_runs"
    run_id: str
    model: str
    status: str
    version: int | None = None
    started_at: datetime
    finished_at: datetime
    seconds: float
    asof_now: datetime | None = None
    known_by: datetime
    feature_view: str
    label: str
    train_rows: int | None = None
    validation_rows: int | None = None
    test_rows: int | None = None
    unused_rows: int | None = None
    spec: str
    environment: str
    error: str | None = None
    unlabelled_rows: int | None = None
    query: str | None = None
    content_hash: str | None = None


@dataclass(frozen=True, kw_only=True)
class MetricRow(Row):
    TABLE: ClassVar[str] = "metrics"
    run_id: str
    split: str
    slice_by: str
    slice: str
    metric: str
    value: float | None
    baseline_value: float | None = None
    champion_value: float | None = None
    row_count: int
    linear_value: float | None = None
    low: float | None = None
    high: float | None = None
    small: bool | None = None


@dataclass(frozen=True, kw_only=True)
class CurveRow(Row):
    TABLE: ClassVar[str] = "curves"
    run_id: str
    split: str
    curve: str
    series: str
    position: int
    x: float
    y: float
    row_count: int | None


@dataclass(frozen=True, kw_only=True)
class BacktestRow(Row):
    TABLE: ClassVar[str] = "backtests"
    run_id: str
    origin: datetime
    week: int
    metric: str
    value: float | None
    row_count: int


@dataclass(frozen=True, kw_only=True)
class TuningRunRow(Row):
    TABLE: ClassVar[str] = "tuning_runs"
    run_id: str
    model: str
    search: int
    started_at: datetime
    asof_now: datetime | None
    known_by: datetime
    metric: str
    folds: int
    seed: int
    content_hash: str
    estimator_sha256: str
    spec: str
    environment: str


@dataclass(frozen=True, kw_only=True)
class TrialRow(Row):
    TABLE: ClassVar[str] = "trials"
    run_id: str
    trial: int
    model: str
    state: str
    value: float | None
    fold_values: str
    parameters: str
    suggestions: str
    finished_at: datetime
    seconds: float
    error: str | None


@dataclass(frozen=True, kw_only=True)
class VersionRow(Row):
    """Of a model version. `artifact` is read only where it is asked for."""

    TABLE: ClassVar[str] = "model_versions"
    model: str
    version: int
    run_id: str
    created_at: datetime
    status: str
    problem: str
    feature_view: str
    label: str
    known_by: datetime
    signature: str
    gates: str
    spec: str
    environment: str
    artifact: bytes | None = None
    artifact_sha256: str
    classes: str | None = None
    content_hash: str | None = None
    estimator_sha256: str | None = None
    staleness: str | None = None
    frozen_table: str | None = None
    parity: str | None = None
    view_model: str | None = None
    built_from: str | None = None
    label_fingerprint: str | None = None

    @property
    def title(self) -> str:
        return f"{self.model} version {self.version}"


@dataclass(frozen=True, kw_only=True)
class SignatureRow(Row):
    TABLE: ClassVar[str] = "version_signatures"
    model: str
    version: int
    key_id: str
    signature: str
    signed_at: datetime


@dataclass(frozen=True, kw_only=True)
class FeatureRow(Row):
    TABLE: ClassVar[str] = "model_features"
    model: str
    version: int
    feature: str
    position: int
    type: str
    kind: str
    importance_metric: str | None = None
    importance: float | None = None
    importance_spread: float | None = None
    importance_dropped: float | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, kw_only=True)
class AliasEventRow(Row):
    TABLE: ClassVar[str] = "alias_events"
    event_id: int
    model: str
    alias: str
    action: str
    from_version: int | None
    to_version: int
    happened_at: datetime
    actor: str
    reason: str | None
    forced: bool | None = None
    from_fingerprint: str | None = None
    to_fingerprint: str | None = None
    feature_view: str | None = None
    threshold: float | None = None
    policy_sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class RenameRow(Row):
    TABLE: ClassVar[str] = "renames"
    event_id: int
    model: str
    new_name: str
    happened_at: datetime
    actor: str
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class PredictionRunRow(Row):
    TABLE: ClassVar[str] = "prediction_runs"
    run_id: str
    model: str
    alias: str
    version: int | None = None
    status: str
    started_at: datetime
    finished_at: datetime
    seconds: float
    asof_now: datetime | None
    window_from: datetime
    window_to: datetime
    window_rows: int | None = None
    scored_rows: int | None = None
    error: str | None
    cause: str | None = None
    backfill: bool | None = None
    rescored: bool | None = None
    built_up_to: datetime | None = None
    changed_rows: int | None = None
    threshold: float | None = None
    policy_sha256: str | None = None
    duckdb_version: str | None = None
    files: str | None = None
    despite: str | None = None
    reason: str | None = None
    warnings: str | None = None


@dataclass(frozen=True, kw_only=True)
class ExperimentRow(Row):
    TABLE: ClassVar[str] = "experiments"
    model: str
    number: int
    experiment: str
    alias: str
    version: int
    share: float | None
    unit: str
    metric: str
    smallest_effect: float
    alpha: float
    started_at: datetime


ROWS = (
    TrainingRunRow,
    MetricRow,
    CurveRow,
    BacktestRow,
    TuningRunRow,
    TrialRow,
    VersionRow,
    SignatureRow,
    FeatureRow,
    AliasEventRow,
    RenameRow,
    PredictionRunRow,
    ExperimentRow,
)
