"""What a run of batch inference will do, decided before anything is written: `statements.py` has its SQL, `execute.py` does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from asof.inference.batch.window import Window
from asof.inference.decide.arms import Arm
from asof.registry.model_version import ModelVersion


@dataclass(frozen=True)
class Relations:
    """The tables of a run, by their names in SQL, and what the plan has to know of them.

    `view_types` has the type of each column of the view. `predictions` is the prediction table, which may not be there yet, or
    be older than its column of hashes. `runs` is the table of prediction runs, None before the first one.
    """

    view: str
    view_types: Mapping[str, str]
    predictions: str
    predictions_exist: bool
    hashes_exist: bool
    runs: str | None


@dataclass(frozen=True)
class Plan:
    """One version, one window, one arm.

    `key` and `as_of` are the columns of the view that tell its rows apart. `unit_filter` is a SQL predicate that selects the
    arm's rows, None where every row is. With `again` the rows that the version has scored are scored again. `threshold` is
    the score from which a binary prediction is true. `run_id` and `now` are on every row that is written.
    """

    version: ModelVersion
    window: Window
    arm: Arm
    unit_filter: str | None
    key: tuple[str, ...]
    as_of: str
    relations: Relations
    threshold: float
    again: bool
    backfill: bool
    keep_features: bool
    reasons: bool
    run_id: str
    now: datetime

    @property
    def identity(self) -> list[str]:
        """The columns of the prediction table that tell the rows of a version apart."""
        return [*self.key, "as_of"]

    @property
    def rows_to_keep(self) -> str:
        """SQL predicate on the prediction table (alias `done`): rows that this run must not rescore."""
        return self.arm.rows_to_keep_sql(again=self.again)

    @property
    def rescores(self) -> bool:
        """Whether there may be rows of the version that are removed and scored again."""
        return self.again or bool(self.arm.shadows)

    @property
    def compares_hashes(self) -> bool:
        """Whether rows that are kept are compared with what their features are now."""
        return self.relations.runs is not None and self.relations.hashes_exist and not self.again

    def free_name(self, name: str) -> str:
        """A name that no column of the view has."""
        taken = {column.lower() for column in self.relations.view_types}
        while name in taken:
            name += "_"
        return name

    @property
    def score_column(self) -> str:
        """The column of scores that Python adds to the rows."""
        return self.free_name("asof_scores")

    @property
    def reason_column(self) -> str:
        """The column of reasons that Python adds to the rows."""
        return self.free_name("asof_reasons")
