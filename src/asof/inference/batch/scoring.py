"""One version at work on a feature view: made ready once, then run on a window, in a transaction, as often as needed."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import duckdb
import pyarrow as pa

from asof.errors import FilesError, PolicyError, TooManyNullsError
from asof.features.view import FeatureView
from asof.inference.batch.attempt import Attempt
from asof.inference.batch.batches import Batches, Computed
from asof.inference.batch.files import ParquetFiles
from asof.inference.batch.statements import Statements
from asof.inference.batch.table import PredictionTable
from asof.inference.batch.window import Window, require_build
from asof.inference.decide.arms import Arm
from asof.inference.decide.policy import SCORED, Policy, check_columns, decide, decision_of_one_row, read_policy
from asof.model_spec.spec import ModelSpec
from asof.project import Project
from asof.registry.model_version import ModelVersion, load_version
from asof.registry.prediction_runs import add_prediction_run, runs_table
from asof.registry.store import Registry
from asof.scoring.function import scores_in_arrow
from asof.scoring.reasons import Reasons
from asof.scoring.scorer import Scorer
from asof.warehouse.sql import literal

_BATCHES = "asof_batches"

# What DuckDB raises where an expression fails on a row.
_OF_AN_EXPRESSION = (
    *(duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException, duckdb.BinderException),
)


@dataclass(frozen=True)
class Scoring:
    """A version made ready to score, the view that it reads and the table that it writes."""

    project: Project
    spec: ModelSpec
    registry: Registry
    arm: Arm
    version: ModelVersion
    view: FeatureView
    table: PredictionTable
    policy: Policy | None
    scorer: Scorer
    reasons: Reasons | None

    @classmethod
    def prepare(cls, project: Project, spec: ModelSpec, registry: Registry, arm: Arm, attempt: Attempt) -> Self:
        """Raises an AsofError where the version, the view, the table or the policy will not do."""
        inference, warehouse = spec.inference, registry.warehouse
        version = load_version(registry, spec.name, arm.version, project)
        policy = read_policy(project.root, inference.policy) if inference.policy and arm.decides else None
        attempt.policy_sha256 = policy.sha256 if policy else None
        view = project.view_in(warehouse, version.feature_view)
        version.signature.check(view.table.schema().items(), f"{version.title} on feature view {view.name}")
        attempt.built_up_to = require_build(view, attempt.window, inference.max_build_age)
        table = PredictionTable(project.predictions_schema, version, view.meta.key)
        table.check(warehouse, view)
        spec.require_columns(view.table.columns, view.name)
        scorer = version.scorer()
        reasons = Reasons.of(scorer, inference.reasons) if inference.reasons else None
        return cls(project, spec, registry, arm, version, view, table, policy, scorer, reasons)

    def oldest(self, window: Window) -> datetime | None:
        """The moment of the oldest row in a window, or None if there is no row."""
        due = self.view.due(window.start, window.end)
        found: datetime | None = due[self.view.meta.as_of].min().to_pyarrow().as_py()
        return found

    def run(self, attempt: Attempt, before_commit: Callable[[], None]) -> tuple[str, int]:
        """Scores a window in one transaction; the status of the run and the number of rows scored.

        A part of a backfill without an unscored row leaves nothing behind it. Raises TooManyNullsError, PolicyError,
        EstimatorError or DataError, with nothing written.
        """
        warehouse, window = self.registry.warehouse, attempt.window
        statements = Statements(
            *(warehouse, self.view, self.table, self.version, window.start, window.end),
            *(self.arm, self.arm.condition(self.spec.experiment, self.view.meta.key)),
            again=attempt.again,
        )
        files = self._files(attempt)
        attempt.threshold = self.spec.threshold if self.version.problem == "binary" else None
        self.view.refuse_bad_keys(self.view.due(window.start, window.end))
        attempt.window_rows = int(warehouse.value(f"select count(*) as rows from ({statements.due})"))
        status = "done" if attempt.window_rows else "empty"
        runs = runs_table(self.registry)
        if runs is not None and not attempt.backfill:
            missed = warehouse.rows(statements.missed(runs))[0]
            attempt.missed_rows, attempt.missed_from = missed["rows"], missed["reached"]
        if runs is not None and not attempt.again and self.table.has_hashes(warehouse):
            attempt.changed_rows = int(warehouse.value(statements.changed(runs)))
        unscored = statements.unscored
        if attempt.backfill and not warehouse.rows(f"{unscored} limit 1"):
            return status, 0
        self._refuse_nulls(statements, unscored)
        try:
            with warehouse.transaction():
                self.table.create(warehouse, self.view)
                if attempt.again or self.arm.shadows:
                    warehouse.execute(statements.remove)
                count = self._write(statements, unscored, attempt)
                changed = count + int(warehouse.value(statements.mark_gone(self.project.clock.now())))
                attempt.gone_rows = int(warehouse.value(statements.gone))
                if files is not None and changed:
                    files.stage(warehouse, self.table, window.start, window.end)
                    attempt.files = str(files.folder)
                before_commit()
                add_prediction_run(self.registry, attempt.row(status, scored_rows=count))
        except BaseException:
            if files is not None:  # it may have been committed
                with suppress(duckdb.Error, FilesError):  # what went wrong first is told; the next run heals
                    files.heal(self.registry)
            raise
        if files is not None and changed:
            files.publish()
        return status, count

    def _files(self, attempt: Attempt) -> ParquetFiles | None:
        """Where the spec wants files, with what a killed run left there put right."""
        if self.spec.inference.parquet is None:
            return None
        folder = self.project.root / self.spec.inference.parquet / self.project.target.name / self.spec.name
        files = ParquetFiles(folder, attempt.run.run_id)
        files.heal(self.registry)
        return files

    def _refuse_nulls(self, statements: Statements, unscored: str) -> None:
        """Raises TooManyNullsError where a feature has a greater share of NULLs among the rows to score than is allowed."""
        limits = self.spec.inference.max_nulls
        if not limits:
            return
        shares = self.registry.warehouse.rows(statements.null_shares(list(limits), unscored))[0]
        beyond = [
            f"{shares[name]:.1%} of '{name}' (max_nulls allows {limit:.1%})"
            for name, limit in limits.items()
            if shares[name] is not None and shares[name] > limit
        ]
        if beyond:
            raise TooManyNullsError(
                f"feature view {self.view.name}: NULL in the rows to score are {', '.join(beyond)}; nothing was scored: "
                f"look at what feeds these columns, then run: {self.view.meta.build_command}"
            )

    def _write(self, statements: Statements, unscored: str, attempt: Attempt) -> int:
        """Scores and writes the rows; how many there were."""
        warehouse = self.registry.warehouse
        run = {
            "alias": literal(attempt.alias),
            "run_id": literal(attempt.run.run_id),
            "scored_at": literal(self.project.clock.now()),
        }
        batches, rows = self._batches(statements), statements.to_score(unscored)
        scored = statements.scored(_BATCHES, self.spec.threshold, run, reasons=self.reasons is not None)

        def insert(decided: str) -> int:
            select = statements.to_write(decided, keep_features=self.spec.inference.keep_features)
            return self.table.insert(warehouse, select)

        if self.policy is None:
            with batches.readable(warehouse, rows, _BATCHES):
                return insert(statements.with_decision(scored, "null", SCORED))
        with batches.empty(warehouse, rows, _BATCHES):
            warehouse.execute(f"create or replace temporary table {SCORED} as\n{scored}")
        sql, identity = self.policy.select(warehouse), self.table.identity
        check_columns(warehouse, sql, identity, self.policy.reference)
        columns = [row["column_name"] for row in warehouse.rows(f"describe {SCORED}")]
        alone = decision_of_one_row(sql, identity, columns)
        if alone is None:
            with batches.readable(warehouse, rows, _BATCHES):
                warehouse.execute(f"insert into {SCORED}\n{scored}")
            return insert(statements.with_decisions(decide(warehouse, sql, identity, self.policy.reference)))
        try:
            with batches.readable(warehouse, rows, _BATCHES):
                return insert(statements.with_decision(scored, *alone))
        except _OF_AN_EXPRESSION as error:
            raise PolicyError(f"policy {self.policy.reference} fails: {error}") from None

    def _batches(self, statements: Statements) -> Batches:
        """What Python adds to the rows: scores, and reasons where the spec wants them."""
        scorer, reasons = self.scorer, self.reasons
        kind = pa.list_(pa.float64()) if self.version.classes else pa.float64()
        computed = [Computed(statements.scores, kind, lambda columns: scores_in_arrow(scorer.scores(columns)))]
        if reasons is not None:
            computed.append(
                Computed(statements.reasons, pa.string(), lambda columns: pa.array(reasons(columns), pa.string()))
            )
        return Batches(self.version.signature.names, computed)
