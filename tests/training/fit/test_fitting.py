"""What a fit looks at: validation where it stops early or is calibrated, and never the test split."""

import tempfile
from dataclasses import replace

import numpy as np
import pytest
import xgboost
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from asof import train
from asof.errors import EstimatorError
from asof.scoring.score import score
from asof.training.data import dataset as dataset_module
from asof.training.data.reading import read_training_data
from asof.training.data.training_set import define_training_set
from asof.training.fit.fitting import Fitter

BOOSTED = """
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from xgboost import XGBClassifier

from asof.estimators import linear_pipeline, tree_pipeline


def watched(schema):
    return tree_pipeline(schema, XGBClassifier(n_estimators=300, learning_rate=0.3, early_stopping_rounds=5, n_jobs=1))


def scaled(schema):
    return linear_pipeline(schema, XGBClassifier(n_estimators=300, learning_rate=0.3, early_stopping_rounds=5, n_jobs=1))


def histogram(schema):
    trees = HistGradientBoostingClassifier(max_iter=300, early_stopping=True, n_iter_no_change=5, min_samples_leaf=5)
    return tree_pipeline(schema, trees)
"""


def fitted(toy, **changes):
    """The fitted estimator of the model `big` with changes to its spec, and the data that it was fitted on."""
    project = toy.open()
    spec = project.model_spec("big").model_copy(update=changes)
    with project.warehouse(read_only=True) as warehouse:
        view = project.view_in(warehouse, "toy_view")
        fitter = Fitter.of(project, spec, view)
        dataset = read_training_data(
            define_training_set(view, spec, project.clock.now()), single=fitter.computes_in_single_precision
        ).dataset
    return fitter.fit(dataset.train, dataset.validation), dataset


def log_loss(estimator, dataset, part):
    likely = np.clip(estimator.predict_proba(part.frame(dataset.schema))[:, 1], 1e-15, 1 - 1e-15)
    return -np.where(part.labels == 1, np.log(likely), np.log(1 - likely)).mean()


@pytest.mark.parametrize("function", ["watched", "scaled"])
def test_trees_stop_where_validation_says(toy, function):
    (toy.root / "training/boosted.py").write_text(BOOSTED)
    estimator, dataset = fitted(toy, estimator=f"training/boosted.py:{function}")
    trees = estimator.steps[-1][1]
    assert trees.best_score == pytest.approx(log_loss(estimator, dataset, dataset.validation), rel=1e-5)
    assert trees.best_iteration < 295
    toy.sql("update features.toy_view set is_big = not is_big where id >= 160")  # the test split, spoilt
    again, spoilt = fitted(toy, estimator=f"training/boosted.py:{function}")
    assert (spoilt.test.labels != dataset.test.labels).all()
    frame = dataset.train.frame(dataset.schema)
    assert (again.predict_proba(frame) == estimator.predict_proba(frame)).all()


def test_histogram_gradient_boosting_looks_at_validation_and_draws_no_rows_at_random(toy):
    (toy.root / "training/boosted.py").write_text(BOOSTED)
    estimator, dataset = fitted(toy, estimator="training/boosted.py:histogram")
    trees = estimator.named_steps["trees"]
    assert -trees.validation_score_[-1] == pytest.approx(log_loss(estimator, dataset, dataset.validation), rel=1e-6)


def test_more_rows_than_fit_into_memory_give_the_same_trees(toy, monkeypatch, tmp_path):
    """Rows and XGBoost's matrix in files: the same figures to the last digit, and nothing left behind."""
    (toy.root / "training/boosted.py").write_text(BOOSTED)
    toy.edit("models/big.yml", "training/toy.py:classify", "training/boosted.py:watched")
    in_memory = train("big", toy.open())
    monkeypatch.setattr(dataset_module, "_MAX_IN_MEMORY", 100)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen, matrix = [], xgboost.ExtMemQuantileDMatrix

    def watched(*arguments, **options):
        made = matrix(*arguments, **options)
        seen.extend(sorted(path.name.split("-")[0] for path in tmp_path.glob("asof-train-*/*")))
        return made

    monkeypatch.setattr(xgboost, "ExtMemQuantileDMatrix", watched)
    in_files = train("big", toy.open())
    assert seen == ["quantiles", "rows.arrow"]
    assert in_files.measurements == [replace(m, champion_value=None) for m in in_memory.measurements]
    assert not list(tmp_path.glob("asof-train-*"))


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_probabilities_are_calibrated_on_validation_alone(toy, method):
    plain, dataset = fitted(toy)
    calibrated, _ = fitted(toy, calibration=method)
    validation = dataset.validation
    by_hand = CalibratedClassifierCV(FrozenEstimator(plain), method=method)
    by_hand.fit(validation.frame(dataset.schema), validation.labels)
    frame = dataset.test.frame(dataset.schema)
    assert (calibrated.predict_proba(frame) == by_hand.predict_proba(frame)).all()
    assert (calibrated.predict_proba(frame) != plain.predict_proba(frame)).any()


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_a_calibrated_version_is_stored_and_read_back(toy, method):
    toy.edit("models/big.yml", "split:", f"calibration: {method}\nsplit:")
    assert train("big", toy.open()).status == "registered"


def test_parameters_of_the_spec(toy):
    toy.edit("models/big.yml", "split:", "parameters: {fit__C: 0.001}\nsplit:")
    estimator, dataset = fitted(toy)
    assert estimator.named_steps["fit"].C == 0.001
    assert np.ptp(score(estimator, dataset.test.frame(dataset.schema), "binary", "")) < np.ptp(
        score(fitted(toy, parameters={})[0], dataset.test.frame(dataset.schema), "binary", "")
    )


def test_a_parameter_that_there_is_not(toy):
    with pytest.raises(
        EstimatorError, match=r"it has no parameter 'fit__c' of the spec's parameters \(did you mean 'fit__C'"
    ):
        fitted(toy, parameters={"fit__c": 1.0})


def test_cuda_without_a_gpu_is_told_and_not_passed_over(toy):
    (toy.root / "training/boosted.py").write_text(BOOSTED)
    if xgboost.build_info().get("USE_CUDA") and _has_gpu():
        estimator, _ = fitted(toy, estimator="training/boosted.py:watched", device="cuda")
        assert estimator.steps[-1][1].device == "cpu"
        return
    with pytest.raises(
        EstimatorError, match=r"device: cuda needs a GPU that XGBoost can reach, and there is none here"
    ):
        fitted(toy, estimator="training/boosted.py:watched", device="cuda")


def _has_gpu():
    import ctypes  # noqa: PLC0415

    try:
        return ctypes.CDLL("libcuda.so.1").cuInit(0) == 0
    except OSError:
        return False


def test_cuda_for_what_cannot_use_it(toy):
    with pytest.raises(EstimatorError, match="device: cuda is for XGBoost, and there is none in it"):
        fitted(toy, device="cuda")
