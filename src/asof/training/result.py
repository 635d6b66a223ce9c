"""What came of a training run, as an object: figures to ask for, and tables to plot."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from asof.errors import DataError, did_you_mean
from asof.training.judge.backtest import Backtest
from asof.training.judge.evaluate import Measurement
from asof.training.judge.gates import GateResult
from asof.training.judge.importance import Importance


@dataclass(frozen=True)
class TrainingResult:
    """What came of a training run: the version, whether its gates passed, and every measurement."""

    model: str
    run_id: str
    version: int
    status: str
    known_by: datetime
    train_rows: int
    validation_rows: int
    test_rows: int
    unlabelled_share: float
    content_hash: str
    measurements: list[Measurement]
    gates: list[GateResult]
    importances: list[Importance]
    staleness: Backtest | None = None

    def metric(self, name: str, split: str = "test") -> float | None:
        """The value of a metric on a whole split. Raises DataError when it was not measured."""
        whole = [found for found in self.measurements if (found.split, found.slice_by) == (split, "all")]
        for found in whole:
            if found.metric == name:
                return found.value
        near = did_you_mean(name, (found.metric for found in whole))
        raise DataError(f"run {self.run_id}: no metric '{name}' on the {split} split{near}")

    @property
    def metrics_table(self) -> pd.DataFrame:
        """One row per split, slice and metric, with its interval and what it was held against."""
        return _table(self.measurements)

    @property
    def gates_table(self) -> pd.DataFrame:
        """One row per gate, with its figures."""
        return _table(self.gates)

    @property
    def importances_table(self) -> pd.DataFrame:
        """One row per feature, the most useful first."""
        return _table(self.importances).sort_values("shuffled", ascending=False, ignore_index=True)

    @property
    def staleness_table(self) -> pd.DataFrame:
        """One row per origin, week of age and metric of the back-test; no row where there was none."""
        return _table(self.staleness.weeks if self.staleness else [])


def _table(rows: Iterable[Any]) -> pd.DataFrame:
    return pd.DataFrame([asdict(row) for row in rows])
