"""XGBoost from batches is XGBoost on a frame, to the bit; and what needs more than that is left to its own `fit`."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from xgboost import XGBClassifier, XGBRegressor, XGBRFClassifier

from asof.estimators import linear_pipeline, tree_pipeline
from asof.features.signature import Feature, FeatureSchema
from asof.training.data.dataset import Part
from asof.training.fit import batches, native

SCHEMA = FeatureSchema(
    (
        Feature("ratio", "float64", "numeric"),
        Feature("town", "string", "categorical"),
        Feature("count", "int64", "numeric"),
        Feature("shape", "string", "categorical"),
        Feature("new", "boolean", "boolean"),
    )
)
PARAMETERS = {
    "n_estimators": 12,
    "max_depth": 4,
    "subsample": 0.7,
    "colsample_bytree": 0.6,
    "random_state": 3,
    "n_jobs": 2,
}


def part(count, seed, classes=2, *, dictionaries=True):
    """Rows as the warehouse gives them: NULLs in every column, text as dictionaries whose codes are in no order."""
    rng = np.random.default_rng(seed)

    def some(values):
        return [None if rng.random() < 0.1 else value for value in values]

    def text(values):
        column = pa.chunked_array([pa.array(some(values))])
        return column.dictionary_encode() if dictionaries else column

    ratio = rng.normal(size=count)
    rows = pa.table(
        {
            "ratio": pa.array(some(ratio.tolist())),
            "town": text(rng.choice(["Wien", "Arles", "Łódź"], count).tolist()),
            "count": pa.array(some(rng.integers(-5, 50, count).tolist())),
            "shape": text(rng.choice(["o", "x"], count).tolist()),
            "new": pa.array(some((rng.random(count) < 0.5).tolist())),
        }
    )
    labels = np.digitize(ratio + rng.normal(size=count), np.linspace(-1, 1, classes + 1)[1:-1]).astype(float)
    zeros = np.zeros(count, dtype=np.int64)
    return Part(rows, labels, zeros, zeros)


def fitted_both_ways(trees, train, watched=None):
    """The same pipeline fitted by scikit-learn on a frame, and from batches."""
    usual, ours = tree_pipeline(SCHEMA, type(trees)(**trees.get_params())), tree_pipeline(SCHEMA, trees)
    frame = train.frame(SCHEMA)
    if watched is None:
        usual.fit(frame, train.labels)
    else:
        columns, last = usual.named_steps["columns"], usual.named_steps["trees"]
        prepared = columns.fit_transform(frame, train.labels)
        seen = columns.transform(watched.frame(SCHEMA))
        last.fit(prepared, train.labels, eval_set=[(seen, watched.labels)], verbose=False)
    native.native_trees(ours, SCHEMA).fit(SCHEMA, train, watched)
    return usual, ours


@pytest.mark.parametrize(("rows_at_once", "kept"), [(10_000, 10**6), (97, 10**6), (97, 0)])
@pytest.mark.parametrize(("trees", "classes"), [(XGBClassifier, 2), (XGBClassifier, 4), (XGBRegressor, 4)])
def test_batches_give_to_the_bit_what_a_frame_gives(monkeypatch, rows_at_once, kept, trees, classes):
    monkeypatch.setattr(batches, "_ROWS_AT_ONCE", rows_at_once)
    monkeypatch.setattr(batches, "_MAX_KEPT", kept)
    train, unseen = part(1500, 1, classes), part(400, 2, classes).frame(SCHEMA)
    unseen.loc[:20, "town"] = "Oslo"
    usual, ours = fitted_both_ways(trees(**PARAMETERS), train)
    predict = "predict" if trees is XGBRegressor else "predict_proba"
    assert (getattr(usual, predict)(unseen) == getattr(ours, predict)(unseen)).all()
    assert [list(each) for each in usual.named_steps["columns"].named_transformers_["text"].categories_] == [
        list(each) for each in ours.named_steps["columns"].named_transformers_["text"].categories_
    ]


def test_trees_stop_early_where_a_frame_would_let_them():
    trees = XGBClassifier(**{**PARAMETERS, "n_estimators": 200}, early_stopping_rounds=5, eval_metric="logloss")
    usual, ours = fitted_both_ways(trees, part(600, 1), part(300, 2))
    stopped = usual.named_steps["trees"].best_iteration
    assert stopped < 100
    assert ours.named_steps["trees"].best_iteration == stopped
    unseen = part(100, 3).frame(SCHEMA)
    assert (usual.predict_proba(unseen) == ours.predict_proba(unseen)).all()


def test_a_new_category_in_what_is_watched():
    watched = part(200, 5)
    towns = pa.chunked_array([pa.array(["Oslo"] * 200)]).dictionary_encode()
    watched = Part(watched.rows.set_column(1, "town", towns), watched.labels, watched.moments, watched.label_known)
    trees = XGBClassifier(**PARAMETERS, early_stopping_rounds=3)
    usual, ours = fitted_both_ways(trees, part(600, 4), watched)
    assert usual.named_steps["trees"].best_score == ours.named_steps["trees"].best_score


def test_categories_of_other_rows_are_not_learned():
    """Rows that were taken out of more of them, as a fold is, share a dictionary that has texts of later."""
    whole = part(900, 6)
    mixed = [
        None if town is None else town if i < 600 else "Oslo" for i, town in enumerate(whole.rows["town"].to_pylist())
    ]
    towns = pa.chunked_array([pa.array(["Atlantis", *mixed]).dictionary_encode().slice(1)])
    rows = whole.rows.set_column(1, "town", towns)
    early = Part(rows, whole.labels, whole.moments, whole.label_known).where(np.arange(900) < 600)
    usual, ours = fitted_both_ways(XGBClassifier(**PARAMETERS), early)
    learned = ours.named_steps["columns"].named_transformers_["text"].categories_[0]
    assert set(learned) == {"Wien", "Arles", "Łódź", None}
    frame = early.frame(SCHEMA)
    assert (usual.predict_proba(frame) == ours.predict_proba(frame)).all()


def test_numbers_alone_need_no_columns_before_the_trees():
    numbers = FeatureSchema(tuple(feature for feature in SCHEMA.features if feature.kind != "categorical"))
    train = part(500, 1)
    usual = XGBClassifier(**PARAMETERS).fit(train.frame(numbers), train.labels)
    ours = XGBClassifier(**PARAMETERS)
    native.native_trees(ours, numbers).fit(numbers, train, None)
    unseen = part(100, 2).frame(numbers)
    assert (usual.predict_proba(unseen) == ours.predict_proba(unseen)).all()


def columns(*steps, **options):
    return ColumnTransformer(list(steps), **options)


TEXT, NUMBERS = SCHEMA.categorical, SCHEMA.numeric


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        linear_pipeline(SCHEMA, LogisticRegression()),
        XGBClassifier(),  # on text
        tree_pipeline(SCHEMA, XGBClassifier(booster="gblinear")),
        tree_pipeline(SCHEMA, XGBClassifier(tree_method="exact")),
        tree_pipeline(SCHEMA, XGBClassifier(missing=-1.0)),
        tree_pipeline(SCHEMA, XGBClassifier(objective=lambda labels, scores: (labels, scores))),
        tree_pipeline(SCHEMA, XGBRFClassifier()),
        make_pipeline(columns(("t", OneHotEncoder(), TEXT), ("n", "passthrough", NUMBERS)), XGBClassifier()),
        make_pipeline(columns(("t", OrdinalEncoder(min_frequency=2), TEXT)), XGBClassifier()),
        make_pipeline(columns(("t", OrdinalEncoder(categories=[["a"], ["b"]]), TEXT)), XGBClassifier()),
        make_pipeline(columns(("n", OrdinalEncoder(), NUMBERS)), XGBClassifier()),
        make_pipeline(columns(("t", OrdinalEncoder(), TEXT), ("n", StandardScaler(), NUMBERS)), XGBClassifier()),
        make_pipeline(columns(("t", OrdinalEncoder(), TEXT), remainder="passthrough"), XGBClassifier()),
        make_pipeline(columns(("n", "passthrough", NUMBERS)), StandardScaler(), XGBClassifier()),
        make_pipeline(columns(("n", "passthrough", NUMBERS), transformer_weights={"n": 0.01}), XGBClassifier()),
        make_pipeline(columns(("n", "passthrough", NUMBERS)).set_output(transform="pandas"), XGBClassifier()),
        make_pipeline(columns(("n", "passthrough", ["ratio", "ratio"])), XGBClassifier()),
        make_pipeline(columns(("n", "passthrough", ["ratio"]), ("m", "passthrough", ["ratio"])), XGBClassifier()),
        tree_pipeline(SCHEMA, XGBClassifier(feature_weights=np.ones(5))),
        tree_pipeline(SCHEMA, XGBClassifier(monotone_constraints={"ratio": 1})),
        tree_pipeline(SCHEMA, XGBClassifier(interaction_constraints=[[0, 1]])),
        tree_pipeline(SCHEMA, type("Own", (XGBClassifier,), {})()),
    ],
    ids=lambda estimator: repr(estimator)[:60].replace("\n", ""),
)
def test_what_needs_its_own_fit(estimator):
    assert native.native_trees(estimator, SCHEMA) is None


def test_columns_may_be_dropped_and_in_another_order():
    pipeline = Pipeline(
        [
            (
                "c",
                columns(
                    ("n", "passthrough", ["new", "ratio"]), ("no", "drop", ["count"]), ("t", OrdinalEncoder(), TEXT)
                ),
            ),
            ("x", XGBClassifier(**PARAMETERS)),
        ]
    )
    train = part(500, 1)
    usual = pipeline.fit(train.frame(SCHEMA), train.labels).predict_proba(train.frame(SCHEMA))
    native.native_trees(pipeline, SCHEMA).fit(SCHEMA, train, None)
    assert (pipeline.predict_proba(train.frame(SCHEMA)) == usual).all()


def plain(trees=None):
    """Text behind an encoder that refuses what it was not fitted on, which is scikit-learn's default."""
    steps = columns(("t", OrdinalEncoder(), TEXT), ("n", "passthrough", NUMBERS))
    return Pipeline([("columns", steps), ("trees", trees or XGBClassifier(**PARAMETERS))])


def with_column(rows: Part, name: str, values: list) -> Part:
    column = pa.chunked_array([pa.array(values, pa.string())]).dictionary_encode()
    place = SCHEMA.names.index(name)
    return Part(rows.rows.set_column(place, name, column), rows.labels, rows.moments, rows.label_known)


def test_a_text_column_without_a_value():
    train = with_column(part(300, 1), "town", [None] * 300)
    usual, ours = plain(), plain()
    usual.fit(train.frame(SCHEMA), train.labels)
    native.native_trees(ours, SCHEMA).fit(SCHEMA, train, None)
    frame = train.frame(SCHEMA)
    assert (usual.predict_proba(frame) == ours.predict_proba(frame)).all()


@pytest.mark.parametrize(("name", "value"), [("town", "Oslo"), ("shape", None)])
def test_an_encoder_that_refuses_what_is_watched(name, value):
    """As scikit-learn's own fit would: an unseen text of the validation split has no code to stop by."""
    train = with_column(part(300, 1), "shape", ["o", "x", "x"] * 100)
    watched = with_column(part(100, 2), "shape", ["o", "x"] * 50)
    towns = watched.rows["town"].to_pylist() if name == "town" else ["o"] * 100
    watched = with_column(watched, name, [value, *towns[1:]])
    trees = XGBClassifier(**PARAMETERS, early_stopping_rounds=3)
    with pytest.raises(ValueError, match=rf"Found unknown categories \[{value!r}\] in column '{name}'"):
        native.native_trees(plain(trees), SCHEMA).fit(SCHEMA, train, watched)
