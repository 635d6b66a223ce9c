"""Carries out the plan of a prediction run: counts, scores and writes in one transaction, then puts files in their places."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa

from asof.errors import ExpressionError, FilesError, PolicyError, TooManyNullsError, WarehouseError
from asof.inference.batch import columns, statements
from asof.inference.batch.batches import Batches, Computed
from asof.inference.batch.files import ParquetFiles
from asof.inference.batch.plan import Plan
from asof.inference.batch.prepare import Prepared
from asof.inference.decide.policy import SCORED, check_columns, decide, decision_of_one_row
from asof.registry.prediction_runs import add_prediction_run
from asof.registry.rows import PredictionRunRow
from asof.registry.runs import Journal
from asof.scoring.function import scores_in_arrow
from asof.warehouse.connection import Warehouse
from asof.warehouse.database import VERSION

_BATCHES = "asof_batches"


@dataclass(frozen=True)
class Outcome:
    """What a run found and did in its window. `changed_rows` is None where hashes cannot be compared."""

    run_id: str
    window_rows: int
    changed_rows: int | None = None
    missed_rows: int = 0
    missed_from: datetime | None = None
    scored_rows: int = 0
    gone_rows: int = 0
    files: str | None = None

    @property
    def status(self) -> str:
        return "done" if self.window_rows else "empty"


def execute(
    plan: Plan, prepared: Prepared, journal: Journal[PredictionRunRow], before_commit: Callable[[], None]
) -> Outcome:
    """Scores a window in one transaction. A part of a backfill without an unscored row leaves nothing behind it.

    Raises TooManyNullsError, PolicyError, EstimatorError or DataError, with nothing written.
    """
    warehouse, table = prepared.registry.warehouse, prepared.table
    files = _files(plan, prepared)
    outcome = _count(plan, prepared, journal)
    unscored = statements.unscored(plan)
    if plan.backfill and not warehouse.rows(f"{unscored} limit 1"):
        return outcome
    _refuse_nulls(prepared, unscored)
    try:
        with warehouse.transaction():
            table.create(warehouse, prepared.view)
            if plan.rescores:
                warehouse.execute(statements.remove(plan))
            scored_rows = _write(plan, prepared, unscored)
            touched = scored_rows + int(warehouse.value(statements.mark_gone(plan, plan.now)))
            gone_rows = int(warehouse.value(statements.gone(plan)))
            outcome = replace(outcome, scored_rows=scored_rows, gone_rows=gone_rows)
            if files is not None and touched:
                files.stage(warehouse, table, plan.window.start, plan.window.end)
                outcome = replace(outcome, files=str(files.folder))
            before_commit()
            run = journal.attempt.ended(outcome.status, scored_rows=scored_rows, files=outcome.files)
            add_prediction_run(prepared.registry, run)
    except BaseException:
        if files is not None:  # it may have been committed
            with suppress(WarehouseError, FilesError), warehouse.translating_errors():
                files.heal(prepared.registry)  # what went wrong first is raised; the next run heals
        raise
    if files is not None and touched:
        files.publish()
    return outcome


def _count(plan: Plan, prepared: Prepared, journal: Journal[PredictionRunRow]) -> Outcome:
    """How many rows are due, were missed, and have changed since they were scored. Raises DataError for bad keys."""
    warehouse, window, runs = prepared.registry.warehouse, plan.window, plan.relations.runs
    journal.note(threshold=plan.threshold if plan.version.problem == "binary" else None)
    prepared.view.refuse_bad_keys(prepared.view.due(window.start, window.end))
    outcome = Outcome(plan.run_id, int(warehouse.value(statements.count(statements.due(plan)))))
    journal.note(window_rows=outcome.window_rows)
    if runs is not None and not plan.backfill:
        missed = warehouse.rows(statements.missed(plan, runs))[0]
        outcome = replace(outcome, missed_rows=missed["rows"], missed_from=missed["reached"])
    if runs is not None and plan.compares_hashes:
        sql = statements.changed(plan, runs, VERSION)
        outcome = replace(outcome, changed_rows=int(warehouse.value(sql)))
        journal.note(changed_rows=outcome.changed_rows)
    return outcome


def _files(plan: Plan, prepared: Prepared) -> ParquetFiles | None:
    """Where the spec wants files, with what a killed run left there put right."""
    project, spec = prepared.request.project, prepared.request.spec
    if spec.inference.parquet is None:
        return None
    files = ParquetFiles(project.root / spec.inference.parquet / project.target.name / spec.name, plan.run_id)
    files.heal(prepared.registry)
    return files


def _refuse_nulls(prepared: Prepared, unscored: str) -> None:
    """Raises TooManyNullsError where a feature has a greater share of NULLs among the rows to score than is allowed."""
    limits, view = prepared.request.spec.inference.max_nulls, prepared.view
    if not limits:
        return
    shares = prepared.registry.warehouse.rows(statements.null_shares(list(limits), unscored))[0]
    beyond = [
        f"{shares[name]:.1%} of '{name}' (max_nulls allows {limit:.1%})"
        for name, limit in limits.items()
        if shares[name] is not None and shares[name] > limit
    ]
    if beyond:
        raise TooManyNullsError(
            f"feature view {view.name}: NULL in the rows to score are {', '.join(beyond)}; nothing was scored: "
            f"look at what feeds these columns, then run: {view.meta.build_command}"
        )


def _write(plan: Plan, prepared: Prepared, unscored: str) -> int:
    """Scores and writes the rows; how many there were."""
    warehouse, policy = prepared.registry.warehouse, prepared.policy
    batches, rows = _batches(plan, prepared), columns.to_score(plan, unscored)
    scored = columns.scored(plan, _BATCHES)

    def insert(decided: str) -> int:
        return prepared.table.insert(warehouse, columns.to_write(plan, decided))

    if policy is None:
        with batches.readable(warehouse, rows, _BATCHES):
            return insert(columns.with_decision(scored, "null", SCORED))
    with batches.empty(warehouse, rows, _BATCHES):
        warehouse.execute(f"create or replace temporary table {SCORED} as\n{scored}")
    sql = policy.select(warehouse)
    check_columns(warehouse, sql, plan.identity, policy.reference)
    alone = decision_of_one_row(sql, plan.identity, _columns_of_scored(warehouse))
    if alone is None:
        with batches.readable(warehouse, rows, _BATCHES):
            warehouse.execute(f"insert into {SCORED}\n{scored}")
        return insert(columns.with_decisions(plan, decide(warehouse, sql, plan.identity, policy.reference)))
    try:
        with warehouse.translating_errors(), batches.readable(warehouse, rows, _BATCHES):
            return insert(columns.with_decision(scored, *alone))
    except ExpressionError as error:
        raise PolicyError(f"policy {policy.reference} fails: {error.__cause__}") from None


def _columns_of_scored(warehouse: Warehouse) -> list[str]:
    return [row["column_name"] for row in warehouse.rows(f"describe {SCORED}")]


def _batches(plan: Plan, prepared: Prepared) -> Batches:
    """What Python adds to the rows: scores, and reasons where the spec wants them."""
    scorer, reasons = prepared.scorer, prepared.reasons
    kind = pa.list_(pa.float64()) if plan.version.classes else pa.float64()
    computed = [Computed(plan.score_column, kind, lambda rows: scores_in_arrow(scorer.scores(rows)))]
    if reasons is not None:
        computed.append(Computed(plan.reason_column, pa.string(), lambda rows: pa.array(reasons(rows), pa.string())))
    return Batches(plan.version.signature.names, computed)
