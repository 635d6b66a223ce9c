"""Batch inference, from end to end: the version behind an alias scores what is due and was not scored yet."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from asof.errors import ClockError, WarehouseLockedError
from asof.inference.batch.attempt import Attempt
from asof.inference.batch.scoring import Scoring
from asof.inference.batch.window import Window
from asof.inference.decide.arms import CHAMPION, Arm, arms_of, record_experiment
from asof.model_spec.spec import ModelSpec
from asof.progress import Progress, Silent
from asof.project import Project
from asof.registry.prediction_runs import add_prediction_run, prediction_run
from asof.registry.store import Registry
from asof.warehouse.opening import warehouse_file

_running: dict[Path, threading.Lock] = {}  # by warehouse


@dataclass(frozen=True)
class PredictionResult:
    """What a run did with the rows that are due in the window (from, to]: how many there are, and how many it scored.

    `status` is `empty` where none were due. `changed_rows` were scored before from features that are others now; they are
    left as they were. `missed_rows` came due after `missed_from`, the end of the last run's window, and before
    this window; only a backfill scores them. `gone_rows` are predictions in the window of questions that have left the view.
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
    beside: list["PredictionResult"] = field(default_factory=list)


@dataclass(frozen=True)
class _Call:
    """What was asked for."""

    project: Project
    spec: ModelSpec
    window: Window
    backfill: bool
    again: bool

    def attempt(self, arm: Arm | None = None, alias: str = CHAMPION) -> Attempt:
        """Of an arm, or of an alias whose version is not known yet."""
        named, version = (arm.alias, arm.version) if arm else (alias, None)
        return Attempt(self.project, self.spec.name, named, version, self.window, self.backfill, self.again)


def predict(
    model: str,
    project: Project | None = None,
    *,
    alias: str | None = None,
    window_from: datetime | None = None,
    window_to: datetime | None = None,
    backfill: bool = False,
    again: bool = False,
    progress: Progress | None = None,
) -> PredictionResult:
    """Scores the rows of the model's feature view with a moment of prediction in (window_from, window_to].

    The window ends at the project's present and is as long as the spec says, where it is not given. The champion scores,
    and beside it the arms of the spec's experiment; with `alias` the version behind that, alone, on what falls to it. Rows
    that a version has scored before are left as they are, with `again` they are scored anew. With `backfill` the window is
    worked through in parts of the spec's length, each in a transaction of its own, and parts that are done are passed over.

    Raises an AsofError when it cannot; the run is in `ml.prediction_runs` all the same, as failed.
    """
    project = project or Project.open()
    spec = project.model_spec(model)
    if backfill and window_from is None:
        raise ClockError("a backfill needs its beginning: --backfill --from INSTANT")
    call = _Call(project, spec, Window.of(project, spec, window_from, window_to), backfill, again)
    with _one_at_a_time(project), project.warehouse() as warehouse:
        warehouse.limit_memory()
        registry = Registry(project, warehouse)
        with warehouse.transaction():
            registry.migrate()
        with _recorded(registry, call.attempt(alias=alias or CHAMPION)):
            now = project.clock.now()
            arms = arms_of(spec, registry, now, alias)
            chosen = [arm for arm in arms if alias in {None, arm.alias}]
        results = [
            _run(
                call, arm, registry, progress or Silent(), lambda key: record_experiment(registry, spec, arms, key, now)
            )
            for arm in chosen
        ]
    results[0].beside.extend(results[1:])
    return results[0]


def _run(
    call: _Call, arm: Arm, registry: Registry, progress: Progress, record: Callable[[tuple[str, ...]], None]
) -> PredictionResult:
    """All parts of the window for one arm. `record` keeps what the arm is part of, for the spine's key."""
    project, spec = call.project, call.spec
    attempts, statuses, counts = [], [], []
    attempt = call.attempt(arm)
    with _recorded(registry, attempt):
        progress.step(f"reading version {arm.version} ({arm.alias})")
        scoring = Scoring.prepare(project, spec, registry, arm, attempt)
    prepared, parts = attempt, [call.window]
    if call.backfill:
        parts = list(call.window.parts(spec.inference.window, scoring.oldest(call.window)))
    progress.step(f"scoring with version {arm.version} ({arm.alias})", total=len(parts) if call.backfill else None)
    for part in parts:
        attempt = prepared.of_part(part) if call.backfill else prepared
        with _recorded(registry, attempt):
            status, count = scoring.run(attempt, lambda: record(scoring.table.key))
        attempts.append(attempt)
        statuses.append(status)
        counts.append(count)
        progress.advance(f"{part.end:%Y-%m-%d %H:%M}")
    last = attempts[-1]
    return PredictionResult(
        model=spec.name,
        run_id=last.run.run_id,
        status="done" if "done" in statuses else "empty",
        alias=arm.alias,
        version=arm.version,
        window_from=call.window.start,
        window_to=call.window.end,
        window_rows=sum(each.window_rows or 0 for each in attempts),
        scored_rows=sum(counts),
        changed_rows=sum(each.changed_rows or 0 for each in attempts),
        missed_rows=sum(each.missed_rows or 0 for each in attempts),
        missed_from=attempts[0].missed_from,
        gone_rows=sum(each.gone_rows or 0 for each in attempts),
        table=f"{project.predictions_schema}.{spec.name}",
        files=last.files,
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
def _recorded(registry: Registry, attempt: Attempt) -> Iterator[None]:
    """Leaves the row of a failed run where the block fails before the run is committed."""
    warehouse = registry.warehouse
    try:
        with warehouse.told_plainly():  # Here already, for what the run's row says of it.
            yield
    except (Exception, KeyboardInterrupt) as error:
        with warehouse.transaction():
            registry.migrate()
            if prediction_run(registry, attempt.run.run_id) is None:
                add_prediction_run(registry, attempt.row("failed", error))
        raise
