"""The model spec: what one ML model predicts, from which view, how it is split, judged and used."""

from collections.abc import Collection
from math import isfinite
from typing import Any, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from asof.durations import Duration, PositiveDuration
from asof.errors import SpecError, did_you_mean
from asof.metrics.catalog import METRICS, group_metrics, row_losses
from asof.metrics.metric import Problem
from asof.model_spec.inference import Experiment, Inference
from asof.model_spec.part import SpecPart


class Features(SpecPart):
    """Which columns of the feature view the model learns from: all but its keys, times and labels, and these."""

    exclude: list[str] = Field(default=[], description="Columns of the view that are not features of this model.")


class Split(SpecPart):
    """How the labelled rows are split by time, counted back from the cut-off."""

    validation: PositiveDuration = Field(
        description="Length of the validation split, which lies before the test split."
    )
    test: PositiveDuration = Field(description="Length of the test split, which ends at the cut-off.")
    gap: Duration = Field(default="0 days", validate_default=True, description="Left out before each split.")


_HALF = 0.5


class Gate(SpecPart):
    """One condition that a new version must meet on the test split to be registered for use."""

    metric: str = Field(description="One of the spec's metrics.")
    min: FiniteFloat | None = Field(default=None, description="The least value that passes.")
    max: FiniteFloat | None = Field(default=None, description="The greatest value that passes.")
    versus: Literal["champion", "baseline", "linear"] | None = Field(
        default=None, description="Compare on the same rows: with the champion, the prior, or a linear model."
    )
    max_drop: FiniteFloat | None = Field(default=None, description="How much worse than the other it may be.")
    min_gain: FiniteFloat | None = Field(default=None, description="How much better than the other it must be.")
    max_difference: FiniteFloat | None = Field(
        default=None, description="The greatest difference between two slices of a protected column."
    )
    slice: str | None = Field(default=None, description="Hold the condition in every slice of this column.")

    @property
    def condition(self) -> tuple[str, float]:
        """Which of min, max, max_drop, min_gain and max_difference is given, and its limit."""
        return self._given()[0]

    def _given(self) -> list[tuple[str, float]]:
        names = ("min", "max", "max_drop", "min_gain", "max_difference")
        return [(name, getattr(self, name)) for name in names if getattr(self, name) is not None]

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        given = [name for name, _ in self._given()]
        if len(given) != 1:
            got = ", ".join(given) or "none"
            raise ValueError(f"a gate has one of min, max, max_drop, min_gain and max_difference, got {got}")
        if (self.versus is None) == (given[0] in {"max_drop", "min_gain"}):
            raise ValueError(f"'{given[0]}' {'needs' if self.versus is None else 'does not go with'} 'versus'")
        if self.slice is not None and self.versus is not None:
            raise ValueError("'slice' goes with min, max or max_difference, not with 'versus'")
        if given[0] == "max_difference" and self.slice is None:
            raise ValueError("'max_difference' needs 'slice'")
        return self


class ModelSpec(SpecPart):
    """One ML model. The file's name is the model's name."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="The model's name, as the file's.")
    description: str = Field(description="The question that the model answers, and when it is asked.")
    feature_view: str = Field(description="The dbt model with the role feature_view that it reads.")
    version: int | str | None = Field(
        default=None, description="Which of the feature view's versions, where it has dbt model versions."
    )
    label: str = Field(description="The label column that it learns.")
    problem: Problem = Field(
        description="binary: a boolean label, or 0 and 1; multiclass: text or an integer; regression: a number."
    )
    estimator: str = Field(
        pattern=r"^[^:]+\.py:[A-Za-z_]\w*$", description="File and function, as training/a.py:build."
    )
    parameters: dict[str, Any] = Field(
        default={}, description="Set on the estimator that build returns, as its set_params takes them."
    )
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="Where XGBoost is fitted.")
    calibration: Literal["sigmoid", "isotonic", "temperature"] | None = Field(
        default=None, description="How probabilities are calibrated, on the validation split."
    )
    features: Features = Field(default=Features(), description="Which columns are features.")
    split: Split
    metrics: list[str] = Field(min_length=1, description="What is measured on the validation and test splits.")
    slices: list[str] = Field(default=[], description="Columns of the view by whose values metrics are broken down.")
    min_slice_rows: int = Field(default=50, ge=1, description="A slice with fewer rows is too small to be judged.")
    protected: list[str] = Field(
        default=[], description="Slices that are groups of people, or such: differences between them are measured."
    )
    gates: list[Gate] = Field(default=[], description="What a version must reach.")
    freeze: bool = Field(default=False, description="Keep the rows that a version was trained on, in the registry.")
    inference: Inference
    experiment: Experiment | None = Field(default=None, description="Other versions beside the champion, compared.")

    def metrics_of(self, slice_by: str) -> list[str]:
        """What is measured in the slices of a column: the metrics, and for a protected one the rates of fairness."""
        more = group_metrics(self.problem) if slice_by in self.protected else ()
        return list(dict.fromkeys([*self.metrics, *more]))

    def require_columns(self, columns: Collection[str], view: str) -> None:
        """Raises SpecError where inference or an experiment names a column that the view does not have."""
        unit = self.experiment.unit if self.experiment else []
        for key, names in (("inference.max_nulls", self.inference.max_nulls), ("experiment.unit", unit)):
            for name in set(names) - set(columns):
                near = did_you_mean(name, columns)
                raise SpecError(f"model {self.name}: {key} names '{name}', which is no column of {view}{near}")

    @property
    def view(self) -> str:
        """The feature view as dbt selects it: `flight_features`, with a dbt model version `flight_features.v2`."""
        return self.feature_view if self.version is None else f"{self.feature_view}.v{self.version}"

    @property
    def threshold(self) -> float:
        """From which score a binary prediction is true: in predictions, metrics, gates and slices alike."""
        given = self.inference.threshold
        return _HALF if given is None else given

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        for key, names in (("metrics", self.metrics), ("slices", self.slices), ("protected", self.protected)):
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"{key} names '{name}' twice")
        if "all" in self.slices:
            raise ValueError(
                "slices names 'all', which is what the whole split is called; rename that column in the view"
            )
        broken = [name for name, value in self.parameters.items() if isinstance(value, float) and not isfinite(value)]
        if broken:
            raise ValueError(f"parameters: '{broken[0]}' is not finite, and could not be kept; set it in build")
        return self

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        known = METRICS[self.problem]
        for metric in self.metrics:
            if metric not in known:
                raise ValueError(f"metric '{metric}' is not for a {self.problem} problem; known: {', '.join(known)}")
        for column in self.protected:
            if column not in self.slices:
                raise ValueError(f"protected names '{column}', which is not among the slices")
        if self.calibration is not None and self.problem == "regression":
            raise ValueError("calibration is of probabilities; a regression problem has none")
        if self.inference.threshold is not None and self.problem != "binary":
            raise ValueError(f"inference.threshold is for a binary problem, this one is {self.problem}")
        if self.experiment is not None and self.experiment.metric not in row_losses(self.problem):
            losses = ", ".join(row_losses(self.problem))
            raise ValueError(
                f"experiment.metric '{self.experiment.metric}' is not a mean over rows of a {self.problem} problem; "
                f"known: {losses}"
            )
        for gate in self.gates:
            self._check_gate(gate)
        return self

    def _check_gate(self, gate: Gate) -> None:
        measured = self.metrics_of(gate.slice) if gate.slice else self.metrics
        if gate.metric not in measured:
            raise ValueError(f"gate on '{gate.metric}', which is not among the metrics: {', '.join(measured)}")
        if gate.slice is not None and gate.slice not in self.slices:
            raise ValueError(f"gate on slice '{gate.slice}', which is not among the slices")
        if gate.max_difference is not None and gate.slice not in self.protected:
            raise ValueError(
                f"'max_difference' is for a protected slice; protected: {', '.join(self.protected) or '-'}"
            )
        if gate.versus is not None and METRICS[self.problem][gate.metric].greater_is_better is None:
            raise ValueError(f"gate on '{gate.metric}' with 'versus': neither more nor less of it is better")
