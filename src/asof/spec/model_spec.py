"""The model spec: what one ML model predicts, from which view, how it is split, judged and used."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from asof.spec.durations import Duration, PositiveDuration
from asof.spec.metric_names import METRICS, Problem


class Part(BaseModel):
    """A part of a spec: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Features(Part):
    """Which columns of the feature view the model learns from: all but its keys, times and labels, and these."""

    exclude: list[str] = Field(default=[], description="Columns of the view that are not features of this model.")


class Split(Part):
    """How the labelled rows are split by time, counted back from the cut-off."""

    validation: PositiveDuration = Field(
        description="Length of the validation split, which lies before the test split."
    )
    test: PositiveDuration = Field(description="Length of the test split, which ends at the cut-off.")
    gap: Duration = Field(default="0 days", validate_default=True, description="Left out before each split.")


class Gate(Part):
    """One condition that a new version must meet on the test split to be registered for use."""

    metric: str = Field(description="One of the spec's metrics.")
    min: float | None = Field(default=None, description="The least value that passes.")
    max: float | None = Field(default=None, description="The greatest value that passes.")
    versus: Literal["champion", "baseline"] | None = Field(default=None, description="Compare on the same rows.")
    max_drop: float | None = Field(default=None, description="How much worse than the other it may be.")
    min_gain: float | None = Field(default=None, description="How much better than the other it must be.")
    slice: str | None = Field(default=None, description="Hold the condition in every slice of this column.")

    @property
    def condition(self) -> tuple[str, float]:
        """Which of min, max, max_drop and min_gain is given, and its limit."""
        return self._given()[0]

    def _given(self) -> list[tuple[str, float]]:
        names = ("min", "max", "max_drop", "min_gain")
        return [(name, getattr(self, name)) for name in names if getattr(self, name) is not None]

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        given = [name for name, _ in self._given()]
        if len(given) != 1:
            raise ValueError(f"a gate has one of min, max, max_drop and min_gain, got {', '.join(given) or 'none'}")
        if (self.versus is None) == (given[0] in {"max_drop", "min_gain"}):
            raise ValueError(f"'{given[0]}' {'needs' if self.versus is None else 'does not go with'} 'versus'")
        if self.slice is not None and self.versus is not None:
            raise ValueError("'slice' goes with min or max, not with 'versus'")
        return self


class Inference(Part):
    """How the model is used."""

    window: PositiveDuration = Field(description="How far back from now `asof predict` looks for rows to score.")
    policy: str | None = Field(default=None, description="SQL file that turns scores into decisions.")
    keep_features: bool = Field(
        default=True,
        description="Keep with each prediction the features it was made from, for asof replay --predictions.",
    )


class ModelSpec(Part):
    """One ML model. The file's name is the model's name."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="The model's name, as the file's.")
    description: str = Field(description="The question that the model answers, and when it is asked.")
    feature_view: str = Field(description="The dbt model with the role feature_view that it reads.")
    label: str = Field(description="The label column that it learns.")
    problem: Problem = Field(description="binary: a boolean label, or 0 and 1; regression: a number.")
    estimator: str = Field(
        pattern=r"^[^:]+\.py:[A-Za-z_]\w*$", description="File and function, as training/a.py:build."
    )
    features: Features = Field(default=Features(), description="Which columns are features.")
    split: Split
    metrics: list[str] = Field(min_length=1, description="What is measured on the validation and test splits.")
    slices: list[str] = Field(default=[], description="Columns of the view by whose values metrics are broken down.")
    gates: list[Gate] = Field(default=[], description="What a version must reach.")
    inference: Inference

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        for key, names in (("metrics", self.metrics), ("slices", self.slices)):
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"{key} names '{name}' twice")
        known = METRICS[self.problem]
        for metric in self.metrics:
            if metric not in known:
                raise ValueError(f"metric '{metric}' is not for a {self.problem} problem; known: {', '.join(known)}")
        for gate in self.gates:
            if gate.metric not in self.metrics:
                raise ValueError(f"gate on '{gate.metric}', which is not among the metrics: {', '.join(self.metrics)}")
            if gate.slice is not None and gate.slice not in self.slices:
                raise ValueError(f"gate on slice '{gate.slice}', which is not among the slices")
        return self
