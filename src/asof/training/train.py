"""Training, from end to end: read, fit, judge, check the gates, register. Every attempt leaves a row behind it."""

import logging
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from asof.clock import as_utc
from asof.errors import DataError, EstimatorError
from asof.model_spec.spec import ModelSpec
from asof.progress import Progress, Silent
from asof.project import Project
from asof.registry.artifact import Trust, artifact_hash, dump_artifact, load_artifact, skops_io
from asof.registry.rows import TrainingRunRow
from asof.registry.runs import Journal
from asof.registry.store import reading
from asof.scoring.encode.columns import columns_and_last
from asof.scoring.parity import check_parity, compile_or_reason
from asof.scoring.score import score
from asof.scoring.sql.compile import CompiledScores
from asof.scoring.xgb import is_xgboost
from asof.training.champion import find_champion
from asof.training.data.dataset import Classes, Dataset, Part, read_history
from asof.training.data.identifiers import identifiers
from asof.training.data.reading import read_training_data
from asof.training.data.training_set import define_training_set
from asof.training.fit.fitting import Fitter
from asof.training.judge.backtest import backtest as run_backtest
from asof.training.judge.curves import label_points
from asof.training.judge.gates import check_gates, parity_gates
from asof.training.judge.importance import dropped_importances, shuffled_importances
from asof.training.judge.verdict import judge
from asof.training.pins import pins_of_training
from asof.training.record import Candidate, begin, facts_of, record_failure, register
from asof.training.result import TrainingResult
from asof.training.spool import spool_folder

log = logging.getLogger("asof")

_PARITY_ROWS = 1000
_SHORT_FIT, _TRIED = 20_000, 200  # rows


def train(
    model: str | ModelSpec,
    project: Project | None = None,
    *,
    known_by: datetime | None = None,
    backtest: bool = False,
    drop_one: bool = False,
    progress: Progress | None = None,
) -> TrainingResult:
    """Trains a new version of a model on what was known at `known_by` (the project's present), and registers it.

    With `backtest` it also trains at earlier moments and measures how versions age; with `drop_one` it also fits without
    each feature. Both take several fits.

    Raises an AsofError when it cannot; the attempt is in `ml.training_runs` all the same, as failed. A version that
    fails a gate is registered as rejected, and no error.
    """
    project = project or Project.open()
    spec = project.model_spec(model) if isinstance(model, str) else model
    cutoff = as_utc(known_by) if known_by else project.clock.now()
    journal = Journal(begin(project, spec, cutoff))
    try:
        with spool_folder() as spool:
            return _train(
                project, spec, cutoff, journal, progress or Silent(), spool, backtest=backtest, drop_one=drop_one
            )
    except (Exception, KeyboardInterrupt) as error:
        record_failure(journal.attempt, project, error)
        raise


def _train(
    project: Project,
    spec: ModelSpec,
    cutoff: datetime,
    journal: Journal[TrainingRunRow],
    progress: Progress,
    spool: Path,
    *,
    backtest: bool,
    drop_one: bool,
) -> TrainingResult:
    progress.step(f"reading {spec.view}")
    with reading(project) as registry:
        view = project.view_in(registry.warehouse, spec.view)
        champion = find_champion(project, registry, spec, view, cutoff - spec.split.test)
        fitter = Fitter.of(project, spec, view)
        training_set = define_training_set(view, spec, cutoff)
        data = read_training_data(
            training_set,
            extra=champion.signature if champion else None,
            single=fitter.computes_in_single_precision,
            spool=spool,
        )
        history = read_history(training_set, data.dataset.contents) if backtest else None
        pins = pins_of_training(project, registry, view, [*data.dataset.schema.names, spec.label])
    journal.note(**facts_of(data))
    dataset = data.dataset
    for name, share in identifiers(dataset.train.rows, dataset.schema):
        log.warning(
            "the feature '%s' has a different value in nearly every row (%.0f%%); if it identifies the row, exclude it in the spec: "
            "features: {exclude: [%s]}",
            name,
            100 * share,
            name,
        )

    if dataset.contents.train > _SHORT_FIT:
        progress.step("checking that it can be stored")
        _refuse_what_cannot_be_stored(project, spec, fitter, dataset)
    with ThreadPoolExecutor(max_workers=1) as beside:
        progress.step(f"fitting on {dataset.contents.train:,} rows")
        beside.submit(skops_io)
        estimator = fitter.fit(dataset.train, dataset.validation)

        # What cannot be stored is raised after what judging finds. While it is stored nothing else uses the estimator.
        storing = beside.submit(_store, project, spec, estimator)
        wait([storing])
        compiling = beside.submit(lambda: compile_or_reason(storing.result()[1], dataset.schema, spec.problem))

        progress.step("judging")
        verdict = judge(spec, dataset, estimator, champion)
        artifact, loaded = storing.result()
        candidate = Candidate(
            artifact=artifact,
            measurements=verdict.measurements,
            gates=check_gates(spec, verdict.measurements, has_champion=champion is not None),
            importances=shuffled_importances(spec, dataset, estimator),
            points=[*verdict.points, *label_points(data.label_over_time)],
            pins=pins,
            view_model=view.meta.id,
        )
        candidate = _with_parity(spec, estimator, loaded, compiling.result(), candidate, dataset)
    candidate = _with_extras(candidate, fitter, dataset, history, estimator, progress, drop_one=drop_one)

    progress.step("registering")
    version, status = register(journal.attempt, project, spec, dataset, candidate)
    return TrainingResult(
        model=spec.name,
        run_id=journal.attempt.run.run_id,
        version=version,
        status=status,
        known_by=cutoff,
        train_rows=dataset.contents.train,
        validation_rows=dataset.contents.validation,
        test_rows=dataset.contents.test,
        unlabelled_share=dataset.contents.unlabelled_share,
        content_hash=dataset.contents.content_hash,
        measurements=candidate.measurements,
        gates=candidate.gates,
        importances=candidate.importances,
        staleness=candidate.backtest,
    )


def _refuse_what_cannot_be_stored(project: Project, spec: ModelSpec, fitter: Fitter, dataset: Dataset) -> None:
    """Raises ArtifactError before a long fit if a fit on a few rows contains a type that the project does not allow.

    Any other failure on so few rows is ignored: the long fit may succeed.
    """
    if is_xgboost(columns_and_last(fitter.build())[1]):
        return  # its types are known
    try:
        tried = fitter.fit(dataset.train.sample(_TRIED), dataset.validation.sample(_TRIED))
    except (EstimatorError, DataError):
        return
    dump_artifact(tried, Trust.of(project), f"model {spec.name}")


def _with_extras(
    candidate: Candidate,
    fitter: Fitter,
    dataset: Dataset,
    history: tuple[Part, Classes] | None,
    estimator: Any,
    progress: Progress,
    *,
    drop_one: bool,
) -> Candidate:
    """The candidate with what takes several fits: a back-test where there is a history, and fits without each feature."""
    spec = fitter.spec
    if drop_one:
        losses = dropped_importances(spec, dataset, fitter, estimator, progress)
        importances = [replace(each, dropped=lost) for each, lost in zip(candidate.importances, losses, strict=True)]
        candidate = replace(candidate, importances=importances)
    if history is not None:
        candidate = replace(candidate, backtest=run_backtest(spec, *history, fitter, progress))
    return candidate


def _store(project: Project, spec: ModelSpec, estimator: Any) -> tuple[bytes, Any]:
    """A fitted estimator as an artifact, and as it will be loaded from it."""
    trust, owner = Trust.of(project), f"model {spec.name}"
    artifact = dump_artifact(estimator, trust, owner)
    return artifact, load_artifact(artifact, artifact_hash(artifact), trust, owner)


def _with_parity(
    spec: ModelSpec,
    estimator: Any,
    loaded: Any,
    compilation: tuple[CompiledScores | None, str | None],
    candidate: Candidate,
    dataset: Dataset,
) -> Candidate:
    """The candidate with a gate that did not pass for each way of scoring that differs from the estimator's own.

    Raises DataError where what will be loaded does not score as what was evaluated does, to the bit.
    """
    owner = f"model {spec.name}"
    sample = dataset.test.sample(_PARITY_ROWS)
    frame = sample.frame(dataset.schema)
    fitted, stored = (score(each, frame, spec.problem, owner) for each in (estimator, loaded))
    differ = int((fitted != stored).reshape(len(frame), -1).any(axis=1).sum())
    if differ:
        raise DataError(
            f"{owner}: the stored estimator scores {differ} of {len(frame)} rows otherwise than the fitted one"
        )
    found = check_parity(loaded, dataset.schema, spec.problem, sample.rows, owner, compilation)
    return replace(candidate, parity=found, gates=[*candidate.gates, *parity_gates(found)])
