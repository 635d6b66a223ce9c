"""`asof.tune`: what is tried, on which rows, and that a search goes on where it stopped."""

import json
from datetime import timedelta

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error
from toy import FIRST, NOW

from asof import tune
from asof.errors import EstimatorError, RegistryError, SpecError
from asof.training.tuning import tune as engine

RIDGE = """

from sklearn.linear_model import Ridge


def ridge(schema):
    return Pipeline([("columns", columns(schema)), ("fit", Ridge())])


def search_space(trial):
    return {"fit__alpha": trial.suggest_float("alpha", 0.001, 1000, log=True)}
"""


@pytest.fixture
def ridge(toy):
    with (toy.root / "training/toy.py").open("a") as file:
        file.write(RIDGE)
    toy.edit("models/size.yml", "toy.py:regress", "toy.py:ridge")
    return toy


def test_a_trial_is_judged_on_rolling_origins(ridge):
    """Every trial's figures, worked out from the rows with numpy: one-hot colours, means for missing weights, ridge."""
    result = tune("size", ridge.open(), trials=3, folds=2)
    i = np.arange(200)
    size = (i * 37) % 100 + (i % 7) * 10
    weight = np.where(i % 9 == 0, np.nan, (i * 11) % 50 / 10)
    # rows two a day, cut-off day 100: test from day 80; the folds are validated on days 59 to 69 and 69 to 79, with a day's
    # gap before them, and a label is known an hour later
    for trial in result.trials:
        alpha = trial.parameters["fit__alpha"]
        for value, start in zip(trial.fold_values, (59, 69), strict=True):
            fitted, judged = i < (start - 1) * 2, (i >= start * 2) & (i < start * 2 + 20)
            filled = np.where(np.isnan(weight), np.nanmean(weight[fitted]), weight)
            design = np.column_stack([i % 3 == 0, i % 3 == 1, i % 3 == 2, (i * 37) % 100, filled, i % 2 == 0]).astype(
                float
            )
            center, mean = design[fitted].mean(axis=0), size[fitted].mean()
            x = design[fitted] - center
            slope = np.linalg.solve(x.T @ x + alpha * np.eye(6), x.T @ (size[fitted] - mean))
            expected = mean_absolute_error(size[judged], (design[judged] - center) @ slope + mean)
            assert value == pytest.approx(expected, rel=1e-9)
        assert trial.value == pytest.approx(np.mean(trial.fold_values))
    assert result.best.value == min(trial.value for trial in result.trials)


def test_the_test_split_is_not_looked_at(ridge):
    before = [trial.fold_values for trial in tune("size", ridge.open(), trials=3).trials]
    ridge.sql("update features.toy_view set size = -1000, amount = 7 where id >= 158")
    assert [trial.fold_values for trial in tune("size", ridge.open(), trials=3).trials] == before


def test_what_is_written(ridge):
    result = tune("size", ridge.open(), trials=4, folds=2, seed=5)
    rows = ridge.sql("select trial, state, value, parameters, suggestions from ml.trials order by trial")
    assert [row[:3] for row in rows] == [(trial.number, trial.state, trial.value) for trial in result.trials]
    assert json.loads(rows[0][3])["fit__alpha"] == json.loads(rows[0][4])["alpha"]["value"]
    search = ridge.sql("select run_id, model, known_by, metric, folds, seed from ml.tuning_runs")
    assert search == [(result.run_id, "size", NOW, "mean_absolute_error", 2, 5)]


def test_an_interrupted_search_goes_on(ridge, monkeypatch):
    on_folds, done = engine._on_folds, []

    def interrupted(*arguments):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(1)
        return on_folds(*arguments)

    monkeypatch.setattr(engine, "_on_folds", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tune("size", ridge.open(), trials=6, folds=2)
    monkeypatch.undo()
    assert ridge.sql("select count(*) from ml.trials") == [(3,)]
    seen = []

    def remembered(_, trials):
        seen.extend((trial.state.name, trial.value, trial.params["alpha"]) for trial in trials)

    monkeypatch.setattr(engine.optuna.Study, "add_trials", remembered)
    later = tune("size", ridge.open(NOW + timedelta(days=3)), trials=6, folds=2, resume=True)
    assert [trial.number for trial in later.trials] == [0, 1, 2, 3, 4, 5]
    assert later.known_by == NOW
    assert ridge.sql("select count(distinct run_id), count(*) from ml.trials") == [(1, 6)]
    assert seen == [("COMPLETE", t.value, t.parameters["fit__alpha"]) for t in later.trials[:3]]


def test_a_search_does_not_go_on_with_other_rows_or_another_estimator(ridge):
    tune("size", ridge.open(), trials=1, folds=2)
    ridge.sql("update features.toy_view set weight = 0 where id = 1")
    ridge.edit("training/toy.py", "1000, log=True", "100, log=True")
    with pytest.raises(RegistryError, match="since the rows of toy_view and the file of training/toy.py:ridge changed"):
        tune("size", ridge.open(), trials=2, resume=True)


def test_nothing_to_go_on_with(ridge):
    with pytest.raises(RegistryError, match="model size has no search to resume; begin one with: asof tune size"):
        tune("size", ridge.open(), resume=True)


def test_bad_trials_are_given_up_early(ridge):
    """A space with one good value in ten: of the rest, those that lie behind after a fold are not fitted on the others."""
    ridge.edit(
        "training/toy.py",
        '{"fit__alpha": trial.suggest_float("alpha", 0.001, 1000, log=True)}',
        '{"fit__alpha": 10.0 ** trial.suggest_int("power", -3, 9)}',
    )
    result = tune("size", ridge.open(), trials=25, folds=3)
    pruned = [trial for trial in result.trials if trial.state == "pruned"]
    assert pruned
    assert {len(trial.fold_values) for trial in pruned} <= {1, 2}
    assert {trial.value for trial in pruned} == {None}
    assert min(trial.fold_values[0] for trial in pruned) > min(trial.fold_values[0] for trial in result.trials)


def test_a_trial_that_fails_is_a_trial(ridge):
    ridge.edit(
        "training/toy.py", 'trial.suggest_float("alpha", 0.001, 1000, log=True)', 'trial.suggest_int("a", -1, 0)'
    )
    result = tune("size", ridge.open(), trials=8, folds=2)
    failed = [trial for trial in result.trials if trial.state == "failed"]
    assert {trial.parameters["fit__alpha"] for trial in failed} == {-1}
    assert "InvalidParameterError" in failed[0].error
    assert result.best.parameters == {"fit__alpha": 0}


def test_no_search_space(toy):
    with pytest.raises(
        EstimatorError, match=r"training/toy.py has no function 'search_space'.*write: def search_space\(trial"
    ):
        tune("size", toy.open())


def test_a_search_space_that_returns_nothing(ridge):
    ridge.edit("training/toy.py", 'return {"fit__alpha"', 'x = {"fit__alpha"')
    with pytest.raises(
        EstimatorError, match="search_space of training/toy.py:ridge returned NoneType, expected the param"
    ):
        tune("size", ridge.open(), trials=1)


def test_a_parameter_that_there_is_not_ends_the_search(ridge):
    ridge.edit("training/toy.py", '"fit__alpha": trial', '"fit__alfa": trial')
    with pytest.raises(EstimatorError, match="has no parameter 'fit__alfa'"):
        tune("size", ridge.open(), trials=2)


def test_another_metric(ridge):
    with pytest.raises(SpecError, match="model size: no metric 'r2' to tune for"):
        tune("size", ridge.open(), metric="r2")


def test_too_little_history(ridge):
    with pytest.raises(SpecError, match="fold 1 of 9 has too few labelled rows, or not every class, to train"):
        tune("size", ridge.open(FIRST + timedelta(days=100)), folds=9)


def test_trials_are_not_judged_on_what_they_were_calibrated_on(toy):
    space = '\n\ndef search_space(trial):\n    return {"fit__C": trial.suggest_float("C", 0.1, 1.0)}\n'
    with (toy.root / "training/toy.py").open("a") as file:
        file.write(space)
    plain = tune("big", toy.open(), trials=1, folds=1, metric="log_loss")
    toy.edit("models/big.yml", "split:", "calibration: isotonic\nsplit:")
    assert tune("big", toy.open(), trials=1, folds=1, metric="log_loss").best.value == plain.best.value


def test_every_fold_is_fitted_on_every_class(colours):
    with (colours.root / "training/toy.py").open("a") as file:
        file.write('\n\ndef search_space(trial):\n    return {"fit__C": trial.suggest_float("C", 0.1, 1.0)}\n')
    colours.sql("update features.toy_view set colour = 'red' where colour = 'green' and id < 120")
    assert tune("big", colours.open(), trials=1, folds=1).best
    with pytest.raises(SpecError, match="fold 1 of 3 has too few labelled rows, or not every class, to train"):
        tune("big", colours.open(), trials=1, folds=3)


def test_a_search_does_not_go_on_with_other_parameters(ridge):
    tune("size", ridge.open(), trials=1, folds=2)
    ridge.edit("models/size.yml", "split:", "parameters: {fit__fit_intercept: false}\nsplit:")
    with pytest.raises(RegistryError, match="since 'parameters' in the spec changed after it began"):
        tune("size", ridge.open(), trials=2, resume=True)


def test_the_last_search_goes_on_also_where_the_clock_stands(ridge):
    for seed, name in enumerate("bdac"):  # the last one is neither first nor last by its name
        run = tune("size", ridge.open(), trials=1, folds=2, seed=seed).run_id
        for table in ("tuning_runs", "trials"):
            ridge.sql(f"update ml.{table} set run_id = ? where run_id = ?", [name, run])
    assert tune("size", ridge.open(), trials=2, resume=True).run_id == "c"
    assert ridge.sql("select run_id from ml.tuning_runs order by search") == [("b",), ("d",), ("a",), ("c",)]


def test_numbers_of_numpy_are_numbers(ridge):
    ridge.edit("training/toy.py", '"fit__alpha": trial', '"fit__alpha": np.float64(2.0) * trial')
    ridge.edit("training/toy.py", "OneHotEncoder\n", "OneHotEncoder\nimport numpy as np\n")
    result = tune("size", ridge.open(), trials=1, folds=1)
    assert type(result.best.parameters["fit__alpha"]) is float


def test_what_a_spec_cannot_hold(ridge):
    ridge.edit("training/toy.py", 'return {"fit__alpha"', 'return {"fit__solver": object(), "fit__alpha"')
    with pytest.raises(EstimatorError, match=r"returned what a spec cannot hold \(TypeError: Object of type object"):
        tune("size", ridge.open(), trials=1)


def test_a_metric_without_better_or_worse(ridge):
    ridge.edit("models/size.yml", "metrics: [mean_absolute_error]", "metrics: [mean_absolute_error, mean_error]")
    with pytest.raises(SpecError, match="no metric 'mean_error' to tune for"):
        tune("size", ridge.open(), metric="mean_error")
