"""Takes a fitted pipeline apart and writes it as one SELECT: read the features, add up, make scores of the sums."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from asof.errors import CompileError
from asof.features.signature import FeatureSchema
from asof.metrics.metric import Problem
from asof.scoring.encode.columns import columns_and_last, read_columns
from asof.scoring.sql.calibration import calibrated, softmax
from asof.scoring.sql.categories import remapped
from asof.scoring.sql.ensembles import Ensemble, read_forest, read_histogram, read_xgboost
from asof.scoring.sql.inputs import Inputs
from asof.scoring.sql.sums import Sums, sums_of_linear, sums_of_trees
from asof.scoring.sql.words import column, exponential, number, sigmoid, total
from asof.scoring.xgb import xgboost_kind

_FORESTS = (
    RandomForestClassifier,
    RandomForestRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    DecisionTreeClassifier,
    DecisionTreeRegressor,
)
_LINEAR = (LinearRegression, Ridge, Lasso, ElasticNet)
_AFTER_SUM = "asof_sum"


@dataclass(frozen=True)
class CompiledScores:
    """A pipeline as SQL: what it reads, the sums in groups, what begins each sum, and the scores made of the sums.

    `steps` are SELECT lists that follow each other, by the name that each has as a common table expression.
    """

    reads: list[str]
    groups: list[str]
    sums: list[str]
    steps: list[list[str]]
    scores: list[str]
    required: list[str]

    def select(self, relation: str, passed: Mapping[str, str], names: list[str]) -> str:
        """The SELECT from a relation; `passed` are columns that go along, by name the SQL of each; `names` the scores'."""
        first, *others = self.ctes(relation, passed)
        text = ",\n\n".join(f"{step.name} as (\n{step.sql()}\n)" for step in (first, *others))
        return f"with {text}\n\n{self.last([*passed], names, (others or [first])[-1].name)}"

    def ctes(self, relation: str, passed: Mapping[str, str]) -> list["Cte"]:
        """The steps before the last one: features read, parts of the sums, sums, and what is made of them."""
        along = [f"{sql} as {name}" for name, sql in passed.items()]
        required = [f"{column(name)} is null" for name in self.required]
        missing = [f"({' or '.join(required)}) as asof_refused"] if required else []
        refused = ["asof_refused"] if required else []
        found = [
            Cte("inputs", [*along, *self.reads], relation),
            Cte("parts", [*passed, *missing, *self.groups], "inputs"),
            Cte("sums", [*passed, *refused, *self.sums], "parts"),
        ]
        for n, step in enumerate(self.steps):
            found.append(Cte(f"step_{n + 1}", [*passed, *refused, *step], found[-1].name))
        return found

    def last(self, passed: list[str], names: list[str], source: str) -> str:
        """The scores, from the step before."""
        scores = [
            f"case when not asof_refused then {score} end as {name}" if self.required else f"{score} as {name}"
            for score, name in zip(self.scores, names, strict=True)
        ]
        return "select\n    " + ",\n    ".join([*passed, *scores]) + f"\nfrom {source}"


@dataclass(frozen=True)
class Cte:
    """A SELECT list and what it is from."""

    name: str
    columns: list[str]
    source: str

    def sql(self) -> str:
        listed = ",\n        ".join(self.columns)
        return f"    select\n        {listed}\n    from {self.source}"


@dataclass(frozen=True)
class _Estimate:
    """Sums and what an estimator makes of them: probabilities or values, and decision values where it has some."""

    sums: Sums
    scores: list[str]
    decisions: list[str] | None


def compile_scores(estimator: Any, schema: FeatureSchema, problem: Problem) -> CompiledScores:
    """A fitted estimator as SQL: one score, or of several classes one for each, as `scoring.score.score` gives them.

    Raises CompileError, which names the part, for one that SQL does not compute.
    """
    calibrators = None
    if type(estimator) is CalibratedClassifierCV:
        if len(estimator.calibrated_classifiers_) != 1:
            raise CompileError("CalibratedClassifierCV of several fits; calibrate one with FrozenEstimator")
        calibrators = estimator.calibrated_classifiers_[0]
        estimator = calibrators.estimator
    while type(estimator) is FrozenEstimator:
        estimator = estimator.estimator
    transformer, last = columns_and_last(estimator)
    columns = read_columns(transformer, schema)
    inputs = Inputs(remapped(columns, last), schema)
    estimate = _estimate(last, inputs, problem)
    steps: list[list[str]] = []
    scores = estimate.scores
    if calibrators is not None:
        decided = estimate.decisions is not None
        steps.append([f"{sql} as asof_score_{n + 1}" for n, sql in enumerate(estimate.decisions or scores)])
        named = [f"asof_score_{n + 1}" for n in range(len(steps[0]))]
        scores = calibrated(calibrators, named, probabilities=not decided)
    return _assembled(inputs, estimate.sums, steps, scores)


def _assembled(inputs: Inputs, sums: Sums, steps: list[list[str]], scores: list[str]) -> CompiledScores:
    groups, added = [], []
    for output, (base, parts) in enumerate(zip(sums.base, sums.parts, strict=True)):
        names = [f"asof_part_{output + 1}_{n + 1}" for n in range(len(parts))]
        groups += [f"{part} as {name}" for part, name in zip(parts, names, strict=True)]
        added.append(f"{total([number(base), *names])} as {_AFTER_SUM}_{output + 1}")
    for name in sums.required:
        inputs.name(name)
    return CompiledScores(inputs.read(), groups, added, steps, scores, sums.required)


def _estimate(last: Any, inputs: Inputs, problem: Problem) -> _Estimate:
    """Of the last step of a pipeline."""
    kind = type(last)
    if xgboost_kind(last) is not None:
        return _of_ensemble(read_xgboost(last), inputs, has_decisions=False)
    if kind in (HistGradientBoostingClassifier, HistGradientBoostingRegressor):
        return _of_ensemble(read_histogram(last), inputs, has_decisions=kind is HistGradientBoostingClassifier)
    if kind in _FORESTS:
        outputs = len(last.classes_) if problem == "multiclass" else 1
        return _of_ensemble(read_forest(last, outputs), inputs, has_decisions=False)
    if kind in _LINEAR:
        sums = sums_of_linear(last, inputs)
        return _Estimate(sums, _sums(sums), None)
    if kind is LogisticRegression and last.solver != "liblinear":
        sums = sums_of_linear(last, inputs)
        margins = _sums(sums)
        return _Estimate(sums, softmax(margins) if len(margins) > 1 else [sigmoid(margins[0])], margins)
    raise CompileError(kind.__name__ + (" with the solver liblinear" if kind is LogisticRegression else ""))


def _sums(sums: Sums) -> list[str]:
    return [f"{_AFTER_SUM}_{n + 1}" for n in range(len(sums.base))]


def _of_ensemble(ensemble: Ensemble, inputs: Inputs, *, has_decisions: bool) -> _Estimate:
    sums = sums_of_trees(ensemble, inputs)
    margins = _sums(sums)
    scores = margins
    if ensemble.link == "sigmoid":
        scores = [sigmoid(margins[0])]
    elif ensemble.link == "softmax":
        scores = softmax(margins)
    elif ensemble.link == "exponential":
        scores = [exponential(margins[0])]
    return _Estimate(sums, scores, margins if has_decisions else None)
