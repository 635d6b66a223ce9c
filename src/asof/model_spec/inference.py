"""How a model is used: the `inference` and `experiment` of its spec."""

from typing import Self

from pydantic import Field, model_validator

from asof.durations import PositiveDuration
from asof.model_spec.part import SpecPart


class Inference(SpecPart):
    """How the model is used."""

    window: PositiveDuration = Field(description="How far back from now `asof predict` looks for rows to score.")
    policy: str | None = Field(
        default=None,
        pattern=r"^[^:]+\.sql$|^[^:]+\.py:[A-Za-z_]\w*$",
        description="What turns scores into decisions: a SQL file, or an Ibis function as inference/a.py:decide.",
    )
    threshold: float | None = Field(
        default=None, ge=0, le=1, description="The score from which a binary prediction is true; 0.5 if not given."
    )
    max_build_age: PositiveDuration = Field(
        default="1 hour",
        validate_default=True,
        description="How old the feature view's last build may be; older, it is taken for forgotten.",
    )
    require_tests: bool = Field(
        default=False,
        description="Score only where each dbt test of the columns that are used has run since their models were built.",
    )
    max_nulls: dict[str, float] = Field(
        default={}, description="By column of the view, the greatest share of NULLs among the rows to score."
    )
    reasons: int = Field(
        default=0, ge=0, description="How many features to name as reasons for each score; XGBoost's trees only."
    )
    keep_features: bool = Field(
        default=False,
        description="Keep with each prediction, beside their hash, the features it was made from, as JSON.",
    )
    parquet: str | None = Field(
        default=None, description="A folder to write the predictions to as well, as Parquet, one file per day."
    )

    @model_validator(mode="after")
    def _shares(self) -> Self:
        for name, share in self.max_nulls.items():
            if not 0 <= share <= 1:
                raise ValueError(f"max_nulls: '{name}' has the share {share}, expected one between 0 and 1")
        return self


class Experiment(SpecPart):
    """Versions compared on live rows: the champion decides on its share, each challenger on its own.

    A shadow scores every row and decides nothing.
    """

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$", description="Its name; another one splits the units again and starts again."
    )
    challengers: dict[str, float] = Field(
        default={},
        description="By alias, the share of the units that its version decides on; the champion has the rest.",
    )
    shadows: list[str] = Field(default=[], description="Aliases whose versions score every row and decide nothing.")
    unit: list[str] = Field(
        default=[],
        description="Columns of the view whose values always fall on one side; the spine's key if not given.",
    )
    metric: str = Field(
        description="The loss that is compared, as a mean over units: a metric that is a mean over rows."
    )
    smallest_effect: float = Field(
        gt=0, allow_inf_nan=False, description="The difference in the metric that is worth finding; tunes the test."
    )
    alpha: float = Field(default=0.05, gt=0, lt=1, description="How often a difference may be found that is none.")
    required: bool = Field(
        default=False, description="Let `asof promote` put the champion only on a version that won here."
    )

    @property
    def arms(self) -> list[str]:
        """The aliases beside the champion."""
        return [*self.challengers, *self.shadows]

    @model_validator(mode="after")
    def _arms(self) -> Self:
        if not self.arms:
            raise ValueError("an experiment has challengers or shadows, got neither")
        for alias in self.arms:
            if alias == "champion" or self.arms.count(alias) > 1:
                raise ValueError(f"'{alias}' is in the experiment twice; the champion always is")
        for alias, share in self.challengers.items():
            if not 0 < share < 1:
                raise ValueError(f"challenger '{alias}' has the share {share}, expected one between 0 and 1")
        if sum(self.challengers.values()) >= 1:
            raise ValueError("the challengers' shares leave nothing to the champion")
        return self
