"""Batch inference, from end to end: the version behind an alias scores what is due and was not scored yet."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from asof.clock import written
from asof.errors import ClockError, WarehouseLockedError
from asof.inference.batch.execute import execute
from asof.inference.batch.overrule import Overrule
from asof.inference.batch.prepare import Prepared, Request
from asof.inference.batch.table import PredictionTable
from asof.inference.batch.window import Window
from asof.inference.decide.arms import CHAMPION, Arm, arms_of, record_experiment
from asof.progress import Progress, Silent
from asof.project import Project
from asof.registry.prediction_runs import add_prediction_run, prediction_run
from asof.registry.rows import PredictionRunRow
from asof.registry.runs import Attempt, Journal, Run, cause_of
from asof.registry.store import Registry
from asof.warehouse.database import VERSION
from asof.warehouse.opening import warehouse_file

_OF_CHECKS = ("despite", "reason", "warnings")  # facts of a run
_running: dict[Path, threading.Lock] = {}  # by warehouse


@dataclass(frozen=True)
class PredictionResult:
    """What a run did with the rows that are due in the window (from, to]: how many there are, and how many it scored.

    `status` is `empty` where none were due. `changed_rows` were scored before from features that are others now; they are
    left as they were. `missed_rows` came due after `missed_from`, the end of the last run's window, and before
    this window; only a backfill scores them. `gone_rows` are predictions in the window of questions that have left the view.
    `warnings` says what a person should look at, such as tests that have not run.
    `beside` are the runs of an experiment's other arms; a backfill has a run for each part, and `run_id`
    is that of the last one.
    """

    model: str
    run_id: str
    status: str
    alias: str
    version: int
    window_from: datetime
    window_to: datetime
    window_rows: int
    scored_rows: int
    changed_rows: int
    missed_rows: int
    missed_from: datetime | None
    gone_rows: int
    table: str
    files: str | None = None
    warnings: str | None = None
    beside: list["PredictionResult"] = field(default_factory=list)


def predict(
    model: str,
    project: Project | None = None,
    *,
    alias: str | None = None,
    window_from: datetime | None = None,
    window_to: datetime | None = None,
    backfill: bool = False,
    again: bool = False,
    despite_change: bool = False,
    despite_tests: bool = False,
    reason: str | None = None,
    progress: Progress | None = None,
) -> PredictionResult:
    """Scores the rows of the model's feature view with a moment of prediction in (window_from, window_to].

    The window ends at the project's present and is as long as the spec says, where it is not given. The champion scores,
    and beside it the arms of the spec's experiment; with `alias` the version behind that, alone, on what falls to it. Rows
    that a version has scored before are left as they are, with `again` they are scored again. With `backfill` the window is
    worked through in parts of the spec's length, each in a transaction of its own, and parts that are done are passed over.

    A version is refused whose features no longer mean what they meant when it was trained, or where a dbt test in the lineage of
    its features failed. With `despite_change` or `despite_tests` and a `reason`, which stays on the run, it scores all the same.

    Raises an AsofError when it cannot; the run is in `ml.prediction_runs` all the same, as failed, where the warehouse can be
    written to.
    """
    project = project or Project.open()
    spec = project.model_spec(model)
    if backfill and window_from is None:
        raise ClockError("a backfill needs its beginning: --backfill --from INSTANT")
    overrule = Overrule(change=despite_change, tests=despite_tests, reason=reason)
    overrule.require_reason(model)
    request = Request(project, spec, Window.of(project, spec, window_from, window_to), backfill, again, overrule)
    with _one_at_a_time(project), project.warehouse() as warehouse:
        warehouse.limit_memory()
        registry = Registry(project, warehouse)
        with warehouse.transaction():
            registry.migrate()
            PredictionTable.upgrade(warehouse, project.predictions_schema, spec.name)
        now = project.clock.now()
        with _recorded(registry, _attempt(request, alias or CHAMPION)):
            arms = arms_of(spec, registry, now, alias)
        results = [
            _run(
                request,
                arm,
                registry,
                progress or Silent(),
                lambda key: record_experiment(registry, spec, arms, key, now),
            )
            for arm in arms
            if alias in {None, arm.alias}
        ]
    results[0].beside.extend(results[1:])
    return results[0]


def _attempt(request: Request, alias: str, window: Window | None = None, **facts: object) -> Attempt[PredictionRunRow]:
    """A run on the window of a request, or on a part of it."""
    part = window or request.window
    return Attempt(PredictionRunRow, Run(request.spec.name, request.project.clock)).knowing(
        alias=alias,
        window_from=part.start,
        window_to=part.end,
        backfill=request.backfill,
        rescored=request.again,
        duckdb_version=VERSION,
        **facts,
    )


def _run(
    request: Request, arm: Arm, registry: Registry, progress: Progress, record: Callable[[tuple[str, ...]], None]
) -> PredictionResult:
    """All parts of the window for one arm. `record` keeps what the arm is part of, for the spine's key."""
    project, spec, window = request.project, request.spec, request.window
    first = _attempt(request, arm.alias, version=arm.version)
    with _recorded(registry, first) as journal:
        progress.step(f"reading version {arm.version} ({arm.alias})")
        prepared = Prepared.of(request, registry, arm, journal)
    parts = list(window.parts(spec.inference.window, prepared.oldest(window))) if request.backfill else [window]
    progress.step(f"scoring with version {arm.version} ({arm.alias})", total=len(parts) if request.backfill else None)
    outcomes = []
    for part in parts:
        attempt = journal.attempt
        if request.backfill:
            attempt = _attempt(request, arm.alias, part).knowing(
                **{name: attempt.facts.get(name) for name in ("version", "policy_sha256", "built_up_to", *_OF_CHECKS)}
            )
        with _recorded(registry, attempt) as journal:
            plan = prepared.plan(part, attempt)
            outcomes.append(execute(plan, prepared, journal, lambda: record(prepared.table.key)))
        progress.advance(f"{written(part.end)}")
    return PredictionResult(
        model=spec.name,
        run_id=outcomes[-1].run_id,
        status="done" if any(outcome.status == "done" for outcome in outcomes) else "empty",
        alias=arm.alias,
        version=arm.version,
        window_from=window.start,
        window_to=window.end,
        window_rows=sum(outcome.window_rows for outcome in outcomes),
        scored_rows=sum(outcome.scored_rows for outcome in outcomes),
        changed_rows=sum(outcome.changed_rows or 0 for outcome in outcomes),
        missed_rows=sum(outcome.missed_rows for outcome in outcomes),
        missed_from=outcomes[0].missed_from,
        gone_rows=sum(outcome.gone_rows for outcome in outcomes),
        table=f"{project.predictions_schema}.{spec.name}",
        files=outcomes[-1].files,
        warnings=journal.attempt.facts.get("warnings"),
    )


@contextmanager
def _one_at_a_time(project: Project) -> Iterator[None]:
    """Threads of one process share the warehouse, whose lock is for other processes: here the second of them waits."""
    path = warehouse_file(project.target).resolve()
    lock = _running.setdefault(path, threading.Lock())
    if not lock.acquire(timeout=project.wait):
        raise WarehouseLockedError(
            f"the warehouse {path} is scored in by another thread, which did not end within {project.wait:g} seconds"
        )
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _recorded(registry: Registry, attempt: Attempt[PredictionRunRow]) -> Iterator[Journal[PredictionRunRow]]:
    """Records a failed run where the block fails before the run is committed."""
    warehouse, journal = registry.warehouse, Journal(attempt)
    try:
        with warehouse.translating_errors():  # Here already, for what the run's row says of it.
            yield journal
    except (Exception, KeyboardInterrupt) as error:
        with warehouse.transaction():
            registry.migrate()
            if prediction_run(registry, attempt.run.run_id) is None:
                add_prediction_run(registry, journal.attempt.ended("failed", error, cause=cause_of(error)))
        raise
