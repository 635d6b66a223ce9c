"""Scores the held-out splits with every side and measures them: the candidate, the baselines and the champion."""

import logging
from dataclasses import dataclass
from typing import Any

from asof.errors import RegistryError
from asof.model_spec.spec import ModelSpec
from asof.registry.model_version import ModelVersion
from asof.scoring.score import score
from asof.training.data.dataset import Dataset
from asof.training.judge.baselines import fit_linear, linear_scores, prior_scores
from asof.training.judge.curves import Point, curves
from asof.training.judge.evaluate import Measurement, Scores, evaluate

log = logging.getLogger("asof")


@dataclass(frozen=True)
class Verdict:
    """Every measurement on validation and test, and the curves of the test split."""

    measurements: list[Measurement]
    points: list[Point]


def judge(spec: ModelSpec, dataset: Dataset, estimator: Any, champion: ModelVersion | None) -> Verdict:
    """Measures a fitted estimator.

    Raises EstimatorError when it, or the champion, refuses the rows, and RegistryError when a gate compares with a champion of
    other classes.
    """
    linear = fit_linear(dataset, spec.problem)
    champion = _of_same_classes(spec, dataset, champion)
    measurements: list[Measurement] = []
    points: list[Point] = []
    for split, part in (("validation", dataset.validation), ("test", dataset.test)):
        frame = part.frame(dataset.schema)
        scores = Scores(
            candidate=score(estimator, frame, spec.problem, f"model {spec.name}"),
            prior=prior_scores(dataset, spec.problem, part),
            linear=linear_scores(linear, dataset, spec.problem, part),
            # the rows of validation may be some that the champion was chosen by
            champion=champion.score(part.frame(champion.signature)) if champion and split == "test" else None,
        )
        measurements += evaluate(spec, split, part, scores)
        if split == "test":
            points = curves(spec.problem, split, part, scores.candidate, dataset.classes)
    return Verdict(measurements, points)


def _of_same_classes(spec: ModelSpec, dataset: Dataset, champion: ModelVersion | None) -> ModelVersion | None:
    """The champion, if its scores are of the same classes; those of others cannot be compared."""
    if champion is None or champion.classes == dataset.classes:
        return champion
    if any(gate.versus == "champion" for gate in spec.gates):
        both = [", ".join(map(str, classes)) for classes in (champion.classes, dataset.classes)]
        raise RegistryError(
            f"champion {champion.title}, which a gate compares with, tells {both[0]} apart, the candidate {both[1]}; "
            "train without that gate once, and promote what comes of it"
        )
    log.warning("the candidate is not compared with the champion: %s tells other classes apart", champion.title)
    return None
