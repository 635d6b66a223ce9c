"""A search of hyper-parameters as the warehouse knows it: begun with its facts, or gone on with where it stopped."""

import json
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from asof.errors import RegistryError, SpecError
from asof.metrics.catalog import METRICS
from asof.model_spec.spec import ModelSpec
from asof.project import Project
from asof.registry.rows import TuningRunRow
from asof.registry.runs import Run
from asof.registry.store import Registry, reading, writing
from asof.registry.training_runs import add_search, last_search, next_search
from asof.training.data.contents import contents
from asof.training.data.dataset import Part, read_history
from asof.training.data.folds import plan_folds
from asof.training.data.training_set import define_training_set
from asof.training.environment import environment
from asof.training.fit.fitting import Fitter
from asof.training.record import estimator_hash
from asof.training.tuning.trials import Trial, read_trials

# what of a spec makes one trial comparable with another
_OF_A_TRIAL = ("problem", "label", "feature_view", "features", "split", "estimator", "parameters", "device")


@dataclass(frozen=True)
class Search:
    """One search: what it is about, and the rows of each fold."""

    project: Project
    spec: ModelSpec
    fitter: Fitter
    run_id: str
    known_by: datetime
    metric: str
    seed: int
    folds: list[tuple[Part, Part]]

    @property
    def sign(self) -> int:
        return 1 if METRICS[self.spec.problem][self.metric].greater_is_better else -1


def begin(
    project: Project, spec: ModelSpec, folds: int, metric: str, seed: int, *, resume: bool
) -> tuple[Search, list[Trial]]:
    """A new search, written down before its first trial, or the last one of the model with its trials.

    Raises SpecError where a fold has too few rows, RegistryError where there is nothing to resume, or it has changed.
    """
    run = Run(spec.name, project.clock)
    with reading(project) as registry:
        last = _last(registry, spec.name) if resume else None
        if last is not None:
            folds, metric, seed = last.folds, last.metric, last.seed
        known_by = last.known_by if last else project.clock.now()
        view = project.view_in(registry.warehouse, spec.view)
        training_set = define_training_set(view, spec, known_by)
        found = contents(training_set)
        until = training_set.plan.validation.end
        history, classes = read_history(training_set, found, until)
        done = read_trials(registry, last.run_id) if last else []
        fitter = Fitter.of(project, spec, view)
    facts = {"content_hash": found.content_hash, "estimator_sha256": estimator_hash(project.root, spec)}
    if last is not None:
        _refuse_change(spec, last, facts)
    search = Search(
        project=project,
        spec=spec,
        fitter=fitter,
        run_id=last.run_id if last else run.run_id,
        known_by=known_by,
        metric=metric,
        seed=seed,
        folds=_parts(spec, history, len(classes), known_by, folds),
    )
    if last is None:
        begun = run.columns("running")
        with writing(project) as registry:
            row = TuningRunRow(
                run_id=run.run_id,
                model=spec.name,
                search=next_search(registry, spec.name),
                started_at=begun["started_at"],
                asof_now=begun["asof_now"],
                known_by=known_by,
                metric=metric,
                folds=folds,
                seed=seed,
                **facts,
                spec=spec.model_dump_json(exclude_none=True),
                environment=json.dumps(environment(project.root)),
            )
            add_search(registry, row)
    return search, done


def _last(registry: Registry, model: str) -> TuningRunRow:
    search = last_search(registry, model)
    if search is None:
        raise RegistryError(f"model {model} has no search to resume; begin one with: asof tune {model}")
    return search


def _refuse_change(spec: ModelSpec, last: TuningRunRow, facts: dict[str, str]) -> None:
    what = {"content_hash": f"the rows of {spec.view}", "estimator_sha256": f"the file of {spec.estimator}"}
    changed = [words for name, words in what.items() if getattr(last, name) != facts[name]]
    then, now = (json.loads(text) for text in (last.spec, spec.model_dump_json(exclude_none=True)))
    changed += [f"'{key}' in the spec" for key in _OF_A_TRIAL if then.get(key) != now.get(key)]
    if changed:
        raise RegistryError(
            f"model {spec.name}: its last search cannot go on, since {' and '.join(changed)} changed after it began, and its "
            f"trials would not be comparable; begin a new one with: asof tune {spec.name}"
        )


def _parts(spec: ModelSpec, history: Part, classes: int, known_by: datetime, folds: int) -> list[tuple[Part, Part]]:
    parts = []
    for number, fold in enumerate(plan_folds(spec.split, known_by, folds), start=1):
        train, validation = history.within(fold.train), history.within(fold.validation)
        for name, part, interval in (("train", train, fold.train), ("validation", validation, fold.validation)):
            some = 1 if spec.problem == "regression" else 2
            if len(np.unique(part.labels)) < (max(some, classes) if name == "train" else some):
                since = f"from {interval.start:%Y-%m-%d} " if interval.start else ""
                raise SpecError(
                    f"model {spec.name}: fold {number} of {folds} has too few labelled rows, or not every class, to "
                    f"{name if name == 'train' else 'validate'} ({since}to {interval.end:%Y-%m-%d} UTC); build more "
                    "history, take fewer --folds, or a shorter validation split"
                )
        parts.append((train, validation))
    return parts
