"""A run of inference as it is known so far, and the row that it leaves in `ml.prediction_runs` whatever happens."""

from dataclasses import dataclass, field, replace
from datetime import datetime

import duckdb

from asof.inference.batch.window import Window
from asof.project import Project
from asof.registry.rows import PredictionRunRow
from asof.registry.runs import Run, cause_of


@dataclass
class Attempt:
    """One window, one alias."""

    project: Project
    model: str
    alias: str
    version: int | None
    window: Window
    backfill: bool
    again: bool
    run: Run = field(init=False)
    window_rows: int | None = None
    changed_rows: int | None = None
    missed_rows: int | None = None
    missed_from: datetime | None = None
    gone_rows: int | None = None
    built_up_to: datetime | None = None
    threshold: float | None = None
    policy_sha256: str | None = None
    files: str | None = None

    def __post_init__(self) -> None:
        self.run = Run(self.model, self.project.clock)

    def of_part(self, window: Window) -> "Attempt":
        """A run of its own for a part of the window, of what was made ready for all of it."""
        return replace(self, window=window)

    def row(self, status: str, error: BaseException | None = None, scored_rows: int | None = None) -> PredictionRunRow:
        """The row of `prediction_runs`."""
        return PredictionRunRow(
            **self.run.columns(status, error),
            cause=None if error is None else cause_of(error),
            alias=self.alias,
            version=self.version,
            window_from=self.window.start,
            window_to=self.window.end,
            window_rows=self.window_rows,
            scored_rows=scored_rows,
            changed_rows=self.changed_rows,
            built_up_to=self.built_up_to,
            threshold=self.threshold,
            policy_sha256=self.policy_sha256,
            backfill=self.backfill,
            rescored=self.again,
            files=self.files,
            duckdb_version=duckdb.__version__,
        )
