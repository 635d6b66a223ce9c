"""`asof tune`: Optuna proposes, rolling-origin folds judge, the warehouse remembers. The test split is never looked at."""

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any

import numpy as np
import optuna

from asof.errors import DuplicateRowError, EstimatorError, RegistryError, SpecError, did_you_mean, in_short
from asof.metrics.catalog import METRICS
from asof.progress import Progress, Silent
from asof.project import Project
from asof.registry.store import writing
from asof.registry.training_runs import add_trial
from asof.scoring.score import score
from asof.training.fit.fitting import Fitter
from asof.training.judge.importance import ranking_metric
from asof.training.tuning.search import Search, begin
from asof.training.tuning.trials import Trial, running_means, suggestions_of
from asof.user_code import load_function, told_as

_SEARCH = "search_space"


@dataclass(frozen=True)
class TuningResult:
    """What came of a search: its trials, and the parameters of the best one for the spec's `parameters`."""

    model: str
    run_id: str
    metric: str
    known_by: datetime
    folds: int
    trials: list[Trial]
    best: Trial | None


def tune(
    model: str,
    project: Project | None = None,
    *,
    trials: int = 50,
    folds: int = 3,
    metric: str | None = None,
    seed: int = 0,
    resume: bool = False,
    progress: Progress | None = None,
) -> TuningResult:
    """Searches the space that `search_space(trial)` in the estimator's file declares, until there are so many trials.

    A trial is fitted on each rolling-origin fold in turn, oldest first, and given up when it lies behind the median of the
    others after the same number of folds. Each is written to `ml.trials` when it ends; with `resume` the last search of the
    model goes on where it stopped, on the same rows, with the folds, the metric and the seed that it began with.

    Raises an AsofError: SpecError for a metric that the spec has not, EstimatorError for a search space that is missing or
    fails, RegistryError where a search cannot be resumed.
    """
    project, progress = project or Project.open(), progress or Silent()
    spec = project.model_spec(model)
    # fitted on a fold's validation rows, calibration would be judged on what it has learned
    spec = spec.model_copy(update={"calibration": None})
    directed = [name for name in spec.metrics if METRICS[spec.problem][name].greater_is_better is not None]
    if metric is not None and metric not in directed:
        raise SpecError(f"model {model}: no metric '{metric}' to tune for{did_you_mean(metric, directed)}")
    space = load_function(
        project.root, f"{spec.estimator.split(':', maxsplit=1)[0]}:{_SEARCH}", "trial", "estimator", EstimatorError
    )
    optuna.logging.disable_default_handler()  # a library is silent
    progress.step(f"reading {spec.view}")
    search, done = begin(project, spec, folds, metric or ranking_metric(spec), seed, resume=resume)
    study = optuna.create_study(
        direction="maximize" if search.sign > 0 else "minimize",
        sampler=optuna.samplers.TPESampler(seed=search.seed + len(done)),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=0),
    )
    study.add_trials([trial.replayed() for trial in done])
    progress.step(f"tuning {model} for {search.metric}", total=max(trials - len(done), 0))
    while len(done) < trials:
        done.append(_try(search, study, space, len(done)))
        progress.advance(_best_words(search, done))
    return TuningResult(
        model=model,
        run_id=search.run_id,
        metric=search.metric,
        known_by=search.known_by,
        folds=len(search.folds),
        trials=done,
        best=_best(search, done),
    )


def _try(search: Search, study: optuna.Study, space: Any, number: int) -> Trial:
    """Runs one trial and writes it down; what fails is a trial, too, unless every draw of the space does."""
    began = monotonic()
    drawn = study.ask()
    reference, root = search.spec.estimator, search.project.root
    with (
        told_as(f"{_SEARCH} of {reference}", root / reference.split(":", maxsplit=1)[0], EstimatorError),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        parameters = space(drawn)
    if not isinstance(parameters, dict):
        raise EstimatorError(
            f"{_SEARCH} of {reference} returned {type(parameters).__name__}, expected the parameters to set, as "
            'return {"trees__max_depth": trial.suggest_int("max_depth", 3, 10)}'
        )
    parameters = _plain(parameters, reference)
    spec = search.spec.model_copy(update={"parameters": {**search.spec.parameters, **parameters}})
    trial = Trial(number, "complete", None, [], parameters, suggestions_of(drawn))
    replace(search.fitter, spec=spec).build()  # a parameter that there is not is a mistake of the space, not a trial
    try:
        trial = _on_folds(search, replace(search.fitter, spec=spec), drawn, trial)
    except EstimatorError as error:
        trial = replace(trial, state="failed", error=in_short(error))
    state = {"complete": None, "pruned": optuna.trial.TrialState.PRUNED, "failed": optuna.trial.TrialState.FAIL}
    study.tell(drawn, trial.value if trial.state == "complete" else None, state=state[trial.state])
    seconds = monotonic() - began
    ended = search.project.clock.ended(seconds)
    try:
        with writing(search.project) as registry:
            add_trial(registry, trial.row(search.run_id, search.spec.name, ended, seconds))
    except DuplicateRowError:
        raise RegistryError(
            f"trial {number} of this search of {search.spec.name} was written by another process, which goes on with the search; let it "
            f"end, then: asof tune {search.spec.name} --resume"
        ) from None
    return trial


def _plain(parameters: dict[str, Any], reference: str) -> dict[str, Any]:
    """The parameters as a spec can hold them. Raises EstimatorError for one that it cannot."""
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in parameters.items()}
    try:
        json.dumps(plain, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise EstimatorError(
            f"{_SEARCH} of {reference} returned what a spec cannot hold ({in_short(error)}); return finite numbers, text and "
            "booleans, and make of them in build what the estimator needs"
        ) from None
    return plain


def _on_folds(search: Search, fitter: Fitter, drawn: optuna.Trial, trial: Trial) -> Trial:
    values: list[float] = []
    for position, (train, validation) in enumerate(search.folds):
        estimator = fitter.fit(train, validation)
        frame = validation.frame(fitter.schema)
        scores = score(estimator, frame, search.spec.problem, f"trial {trial.number}")
        value = METRICS[search.spec.problem][search.metric].value(validation.labels, scores, search.spec.threshold)
        if value is None:
            return replace(trial, state="failed", fold_values=values, error=f"{search.metric} is not defined on a fold")
        values.append(value)
        drawn.report(running_means(values)[-1], position)
        if position + 1 < len(search.folds) and drawn.should_prune():
            return replace(trial, state="pruned", fold_values=values)
    return replace(trial, value=running_means(values)[-1], fold_values=values)


def _best(search: Search, trials: Sequence[Trial]) -> Trial | None:
    complete = [trial for trial in trials if trial.value is not None]
    return max(complete, key=lambda trial: search.sign * (trial.value or 0.0), default=None)


def _best_words(search: Search, trials: Sequence[Trial]) -> str:
    best = _best(search, trials)
    return f"best {search.metric} {best.value:.4f} in trial {best.number}" if best and best.value is not None else ""
