"""Trials as rows of `ml.trials`: written when each ends, read when a search goes on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from asof.registry.rows import TrialRow
from asof.registry.store import Registry
from asof.registry.training_runs import trials

_STATES = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}


@dataclass(frozen=True)
class Trial:
    """One trial: what the estimator was given, and the metric on each fold that it was fitted on.

    `suggestions` are what Optuna drew, by name: the value, and the distribution as Optuna writes it.
    """

    number: int
    state: str
    value: float | None
    fold_values: list[float]
    parameters: dict[str, Any]
    suggestions: dict[str, dict[str, Any]]
    error: str | None = None

    def row(self, run_id: str, model: str, finished_at: datetime, seconds: float) -> TrialRow:
        return TrialRow(
            run_id=run_id,
            trial=self.number,
            model=model,
            state=self.state,
            value=self.value,
            fold_values=json.dumps(self.fold_values),
            parameters=json.dumps(self.parameters),
            suggestions=json.dumps(self.suggestions),
            finished_at=finished_at,
            seconds=seconds,
            error=self.error,
        )

    def replayed(self) -> FrozenTrial:
        """The trial as Optuna would remember it."""
        drawn = {
            name: (each["value"], optuna.distributions.json_to_distribution(json.dumps(each["distribution"])))
            for name, each in self.suggestions.items()
        }
        return optuna.create_trial(
            state=_STATES[self.state],
            value=self.value if self.state != "failed" else None,
            params={name: value for name, (value, _) in drawn.items()},
            distributions={name: distribution for name, (_, distribution) in drawn.items()},
            intermediate_values=dict(enumerate(running_means(self.fold_values))),
        )


def running_means(values: Sequence[float]) -> list[float]:
    """The mean over the folds so far, after each fold; what trials are compared by before they end."""
    return [float(total / count) for count, total in enumerate(accumulate(values), start=1)]


def suggestions_of(trial: optuna.Trial) -> dict[str, dict[str, Any]]:
    """What was drawn for a trial so far."""
    return {
        name: {
            "value": value,
            "distribution": json.loads(optuna.distributions.distribution_to_json(trial.distributions[name])),
        }
        for name, value in trial.params.items()
    }


def read_trials(registry: Registry, run_id: str) -> list[Trial]:
    """The trials of a search, in their order."""
    return [
        Trial(
            number=row.trial,
            state=row.state,
            value=row.value,
            fold_values=json.loads(row.fold_values),
            parameters=json.loads(row.parameters),
            suggestions=json.loads(row.suggestions),
            error=row.error,
        )
        for row in trials(registry, run_id)
    ]
