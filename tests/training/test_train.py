"""`asof.train` on the toy project: its figures against an independent computation, and the rows that it leaves."""

import json
from datetime import timedelta

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler
from toy import FIRST, NOW

from asof import promote, train
from asof.errors import ArtifactError, DataError, EstimatorError, RegistryError
from asof.registry.artifact import load_artifact
from asof.registry.store import Registry
from asof.training import train as engine


def runs(toy):
    return toy.sql("select model, status, version, train_rows, validation_rows, test_rows, error from ml.training_runs")


def size(i):
    return (i * 37) % 100 + (i % 7) * 10


def test_the_figures_are_those_of_least_squares(toy):
    """The same model worked out with numpy: one-hot colours, mean for missing weights, ordinary least squares."""
    i = np.arange(200)
    weight = np.where(i % 9 == 0, np.nan, (i * 11) % 50 / 10)
    weight = np.where(np.isnan(weight), np.nanmean(weight[:136]), weight)
    columns = [i % 3 == 0, i % 3 == 1, i % 3 == 2, (i * 37) % 100, weight, i % 2 == 0]
    design = np.column_stack([column.astype(float) for column in columns])
    coefficients = np.linalg.lstsq(design[:136], size(i[:136]), rcond=None)[0]
    expected = np.abs(design[160:] @ coefficients - size(i[160:])).mean()
    baseline = np.abs(size(i[:136]).mean() - size(i[160:])).mean()

    result = train("size", toy.open())
    assert result.metric("mean_absolute_error") == pytest.approx(expected, rel=1e-9)
    stored = toy.sql("select value, baseline_value, row_count from ml.metrics where split = 'test' and slice = 'all'")
    assert stored == [(pytest.approx(expected), pytest.approx(baseline), 40)]


def test_the_prior_is_that_of_the_training_labels(toy):
    """The share of big ones among 136 training rows, and its log loss on the test rows."""
    big = size(np.arange(200)) > 60
    share = big[:136].mean()
    expected = -np.where(big[160:], np.log(share), np.log(1 - share)).mean()
    train("big", toy.open())
    stored = toy.sql(
        "select baseline_value from ml.metrics where metric = 'log_loss' and slice = 'all' and split = 'test'"
    )
    assert stored == [(pytest.approx(expected, rel=1e-12),)]


def test_the_slices_hold_every_row_once(toy):
    train("size", toy.open())
    stored = toy.sql("select slice, row_count from ml.metrics where split = 'test' and slice_by = 'colour' order by 1")
    # rows 160 to 199: 160 % 3 is 1
    assert stored == [("NULL", 13), ("green", 14), ("red", 13)]


def test_what_a_registered_version_leaves(toy):
    result = train("big", toy.open())
    assert result.status == "registered"
    assert runs(toy) == [("big", "registered", 1, 136, 20, 40, None)]
    run = toy.sql("select started_at, finished_at, seconds, asof_now, known_by, unused_rows from ml.training_runs")[0]
    assert (run[0], run[3], run[4], run[5]) == (NOW, NOW, NOW, 4)
    assert run[1] == NOW + timedelta(seconds=run[2])
    assert toy.sql("select feature, position, type, kind from ml.model_features order by position") == [
        ("amount", 0, "int64", "numeric"),
        ("weight", 1, "float64", "numeric"),
        ("colour", 2, "string", "categorical"),
        ("is_even", 3, "boolean", "boolean"),
    ]
    spec, gates, environment = toy.sql("select spec, gates, environment from ml.model_versions")[0]
    assert json.loads(spec)["split"] == {"validation": "10 days", "test": "20 days", "gap": "1 day"}
    assert [(gate["gate"], gate["passed"]) for gate in json.loads(gates)] == [("roc_auc >= 0.6", True)]
    assert {"python", "scikit-learn", "xgboost", "asof"} <= set(json.loads(environment))


def test_training_at_an_earlier_moment_knows_less(toy):
    project = toy.open()
    assert train("big", project, known_by=FIRST + timedelta(days=50)).train_rows == 36
    assert train("big", toy.open(FIRST + timedelta(days=50))).train_rows == 36


def test_a_failed_gate_rejects(toy):
    toy.edit("models/big.yml", "min: 0.6", "min: 0.99")
    result = train("big", toy.open())
    assert (result.status, result.gates[0].passed) == ("rejected", False)
    assert runs(toy) == [("big", "rejected", 1, 136, 20, 40, None)]
    assert toy.sql("select status from ml.model_versions") == [("rejected",)]


def test_the_champion_is_measured_on_the_same_rows(toy):
    toy.edit("models/big.yml", "{metric: roc_auc, min: 0.6}", "{metric: roc_auc, versus: champion, max_drop: 0.0}")
    first = train("big", toy.open())
    promote("big", project=toy.open())
    toy.edit("models/big.yml", "feature_view: toy_view", "feature_view: toy_view\nfeatures: {exclude: [amount]}")
    second = train("big", toy.open())
    whole = {m.metric: m for m in second.measurements if m.split == "test" and m.slice_by == "all"}
    assert whole["roc_auc"].champion_value == first.metric("roc_auc")
    assert second.metric("roc_auc") < first.metric("roc_auc")
    assert second.status == "rejected"


def test_a_failed_attempt_leaves_a_row_and_no_version(toy):
    toy.sql("update features.toy_view set is_big = true")
    with pytest.raises(DataError, match="one class"):
        train("big", toy.open())
    (row,) = runs(toy)
    assert row[:4] == ("big", "failed", None, None)
    assert "has one class (1) in all 136 rows of the train split" in row[6]
    assert toy.sql("select count(*) from ml.model_versions") == [(0,)]


def test_an_estimator_that_fails_leaves_a_row_with_its_counts(toy):
    toy.edit("training/toy.py", "LogisticRegression(max_iter=2000)", "LogisticRegression(C=-1)")
    with pytest.raises(EstimatorError, match="InvalidParameterError"):
        train("big", toy.open())
    assert runs(toy)[0][:6] == ("big", "failed", None, 136, 20, 40)


def test_an_estimator_that_fails_on_rows_unlike_those_it_was_fitted_on(toy):
    toy.edit("training/toy.py", 'handle_unknown="ignore"', 'handle_unknown="error"')
    toy.sql("update features.toy_view set colour = 'blue' where id = 190")
    with pytest.raises(
        EstimatorError, match=r"model big: the fitted estimator fails on 40 rows: ValueError: Found unknown"
    ):
        train("big", toy.open())
    assert runs(toy)[0][:6] == ("big", "failed", None, 136, 20, 40)


def test_an_estimator_file_that_exits(toy):
    toy.edit("training/toy.py", "def columns", "raise SystemExit('enough')\n\n\ndef columns")
    with pytest.raises(EstimatorError, match="SystemExit: enough"):
        train("big", toy.open())
    assert runs(toy)[0][:2] == ("big", "failed")


def test_a_champion_of_another_problem(toy):
    train("big", toy.open())
    promote("big", project=toy.open())
    toy.edit("models/big.yml", "label: is_big\nproblem: binary", "label: size\nproblem: regression")
    toy.edit("models/big.yml", "classify", "regress")
    toy.edit("models/big.yml", "roc_auc, log_loss", "r2")
    toy.edit("models/big.yml", "roc_auc, min: 0.6", "r2, versus: champion, max_drop: 0.1")
    with pytest.raises(
        RegistryError, match="champion big version 1, .* is a binary model of is_big; this spec is a reg"
    ):
        train("big", toy.open())


def test_an_estimator_that_predicts_text(toy):
    words = "class Words(LinearRegression):\n    def predict(self, X):\n        return ['a' for _ in X]\n\n\n"
    toy.edit("training/toy.py", "def columns", words + "def columns")
    toy.edit("training/toy.py", '("fit", LinearRegression())', '("fit", Words())')
    with pytest.raises(
        EstimatorError, match="model size: the fitted estimator fails on 20 rows: ValueError: could not"
    ):
        train("size", toy.open())


@pytest.mark.filterwarnings("ignore:overflow")
def test_an_estimator_that_predicts_infinity(toy):
    toy.sql("update features.toy_view set amount = 1000000 where id in (190, 191)")
    logarithmic = "TransformedTargetRegressor(LinearRegression(), func=np.log1p, inverse_func=np.expm1)"
    toy.edit("training/toy.py", '("fit", LinearRegression())', f'("fit", {logarithmic})')
    toy.edit("training/toy.py", "import ColumnTransformer", "import ColumnTransformer, TransformedTargetRegressor")
    toy.edit("training/toy.py", "OneHotEncoder\n", "OneHotEncoder\nimport numpy as np\n")
    with pytest.raises(
        EstimatorError, match=r"model size: the fitted estimator gives 2 of 40 rows a score of NaN or inf"
    ):
        train("size", toy.open())


@pytest.mark.parametrize("table", ["training_runs", "metrics", "model_versions", "model_features"])
def test_an_interrupt_in_the_middle_of_registering_leaves_nothing_half_written(toy, monkeypatch, table):
    append = Registry.append

    def interrupted(self, rows):
        append(self, rows)
        if rows and table == rows[0].TABLE and getattr(rows[0], "status", "") != "failed":
            raise KeyboardInterrupt

    monkeypatch.setattr(Registry, "append", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train("big", toy.open())
    assert [row[:3] for row in runs(toy)] == [("big", "failed", None)]
    assert toy.sql("select error from ml.training_runs") == [("KeyboardInterrupt",)]
    for empty in ("metrics", "model_versions", "model_features"):
        assert toy.sql(f"select count(*) from ml.{empty}") == [(0,)]


def test_an_estimator_that_cannot_be_stored_is_refused_before_it_is_registered(toy):
    toy.edit("training/toy.py", "SimpleImputer()", "FunctionTransformer(np.polyfit)")
    toy.edit("training/toy.py", "OneHotEncoder\n", "FunctionTransformer, OneHotEncoder\nimport numpy as np\n")
    toy.edit("training/toy.py", '("numbers", FunctionTransformer(np.polyfit), schema.numeric)', '("n", "drop", [])')
    toy.edit(
        "training/toy.py",
        '("fit", LinearRegression())',
        '("fit", TransformedTargetRegressor(LinearRegression(), func=np.cbrt, inverse_func=cube))',
    )
    toy.edit("training/toy.py", "def columns", "def cube(y):\n    return y**3\n\n\ndef columns")
    toy.edit("training/toy.py", "import ColumnTransformer", "import ColumnTransformer, TransformedTargetRegressor")
    with pytest.raises(ArtifactError, match="contains cube from the estimator's own file, .*put it into an installed"):
        train("size", toy.open())
    assert toy.sql("select count(*) from ml.model_versions") == [(0,)]


def test_what_is_stored_must_score_as_what_was_judged(toy, monkeypatch):
    """Were skops ever to read an estimator back otherwise, the version would not be registered."""

    def forgetful(*arguments):
        estimator = load_artifact(*arguments)
        estimator.named_steps["fit"].intercept_ += 1e-9
        return estimator

    monkeypatch.setattr(engine, "load_artifact", forgetful)
    with pytest.raises(DataError, match="the stored estimator scores 40 of 40 rows otherwise than the fitted one"):
        train("size", toy.open())
    assert toy.sql("select count(*) from ml.model_versions") == [(0,)]


def champion_of(result):
    (value,) = [m.champion_value for m in result.measurements if (m.split, m.metric) == ("test", "accuracy")]
    return value


def test_a_champion_of_other_classes(colours, caplog):
    train("big", colours.open())
    promote("big", project=colours.open())
    assert champion_of(train("big", colours.open())) is not None
    colours.sql("update features.toy_view set colour = 'mauve' where id % 7 = 0")
    assert champion_of(train("big", colours.open())) is None
    assert "big version 1 tells other classes apart" in caplog.text
    colours.edit("models/big.yml", "accuracy, min: 0.1", "accuracy, versus: champion, max_drop: 0.1")
    with pytest.raises(
        RegistryError, match="tells blue, green, red apart, the candidate blue, green, mauve, red; train"
    ):
        train("big", colours.open())


def test_a_champion_that_has_seen_the_test_rows_is_no_rival(toy, caplog):
    train("big", toy.open())
    promote("big", project=toy.open())
    toy.edit("models/big.yml", "test: 20 days", "test: 40 days")
    result = train("big", toy.open())
    assert {m.champion_value for m in result.measurements} == {None}
    assert (
        "was fitted or chosen on rows up to 2024-03-21 00:00 UTC, and the test split begins at 2024-03-01"
        in caplog.text
    )
    toy.edit("models/big.yml", "{metric: roc_auc, min: 0.6}", "{metric: roc_auc, versus: champion, max_drop: 0.5}")
    with pytest.raises(
        RegistryError, match="it would be asked what it has learned; train at a later moment, or with a sho"
    ):
        train("big", toy.open())


@pytest.mark.parametrize(
    ("column", "told"), [("asof_split", "asof needs the name 'asof_split' for itself"), ("self", None)]
)
def test_columns_with_names_of_our_own(toy, column, told):
    toy.sql(f'alter table features.toy_view add column "{column}" double default 1.5')
    (toy.root / "training/trees.py").write_text(
        "from asof.estimators import tree_pipeline\nfrom xgboost import XGBRegressor\n\n\n"
        "def build(schema):\n    return tree_pipeline(schema, XGBRegressor(n_estimators=30))\n"
    )
    toy.edit("models/size.yml", "training/toy.py:regress", "training/trees.py:build")
    if told is None:
        assert train("size", toy.open()).status == "registered"
    else:
        with pytest.raises(DataError, match=told):
            train("size", toy.open())


def test_a_slice_that_is_called_as_the_differences_are(toy):
    toy.sql("update features.toy_view set colour = '(difference)' where colour = 'red'")
    toy.edit("models/big.yml", "slices: [colour]", "slices: [colour]\nprotected: [colour]\nmin_slice_rows: 5")
    train("big", toy.open())
    stored = toy.sql("select distinct slice from ml.metrics where slice_by = 'colour' order by 1")
    assert [name for (name,) in stored] == ["'(difference)'", "(difference)", "NULL", "green"]


def test_each_feature_dropped_where_no_metric_tells_better_from_worse(toy):
    toy.edit("models/size.yml", "metrics: [mean_absolute_error]", "metrics: [mean_error]")
    toy.edit(
        "models/size.yml",
        "{metric: mean_absolute_error, versus: baseline, min_gain: 1.0}",
        "{metric: mean_error, max: 9}",
    )
    result = train("size", toy.open(), drop_one=True)
    assert {each.metric for each in result.importances} == {"mean_absolute_error"}
    assert result.importances[0].dropped > 1


def test_calibration_needs_every_class(colours):
    colours.edit("models/big.yml", "split:", "calibration: sigmoid\nsplit:")
    colours.sql("update features.toy_view set colour = 'green' where id >= 138 and colour = 'blue'")
    with pytest.raises(EstimatorError, match="calibration: sigmoid needs a row of every class in the validation split"):
        train("big", colours.open())


@pytest.mark.parametrize("step", ["fit_transform", "transform"])
def test_no_run_fails_because_of_the_linear_model_it_is_compared_with(toy, caplog, monkeypatch, step):
    """Where it is fitted or where it is asked; the candidate scales nothing."""

    def refuses(*_):
        raise ValueError("not these rows")

    monkeypatch.setattr(StandardScaler, step, refuses)
    (toy.root / "training/mean.py").write_text(
        "from sklearn.dummy import DummyRegressor\n\n\ndef build(schema):\n    return DummyRegressor()\n"
    )
    toy.edit("models/size.yml", "training/toy.py:regress", "training/mean.py:build")
    result = train("size", toy.open())
    assert {m.linear_value for m in result.measurements if m.split == "test"} == {None}
    assert "linear model" in caplog.text
