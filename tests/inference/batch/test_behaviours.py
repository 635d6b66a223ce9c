"""What `asof predict` does when things are not as usual: each has its exit code, its words and its row in the registry."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from toy import FIRST, NOW

from asof import predict, promote, train
from asof.errors import (
    DataError,
    EstimatorError,
    NotBuiltError,
    PolicyError,
    SignatureError,
    SpecError,
    TooManyNullsError,
)

DAY = timedelta(days=1)
DAY_80 = FIRST + 80 * DAY


def runs(toy, columns="status, cause, window_rows, scored_rows"):
    return toy.sql(f"select {columns} from ml.prediction_runs order by window_to, rowid")


def inference(toy, text, model="big"):
    toy.edit(f"models/{model}.yml", "window: 2 days", f"window: 2 days, {text}")


# a view that is not built for the window


def test_a_build_that_was_forgotten(promoted):
    promoted.record_build(DAY_80 - timedelta(minutes=61))
    message = (
        r"feature view toy_view: it was last built up to 2024-03-20 22:59 UTC, more than 1 hour before the window's end "
        r"2024-03-21 00:00 UTC \(inference.max_build_age\); run: dbt build --project-dir dbt_project --select \+toy_view"
    )
    with pytest.raises(NotBuiltError, match=message):
        predict("big", promoted.open(DAY_80))
    promoted.record_build(DAY_80 - timedelta(minutes=60))
    assert predict("big", promoted.open(DAY_80)).scored_rows == 4
    rows = runs(promoted, "status, cause, built_up_to")
    assert rows == [("failed", "not_built", None), ("done", None, DAY_80 - timedelta(minutes=60))]


def test_the_age_that_is_allowed(promoted):
    inference(promoted, "max_build_age: 1 day")
    promoted.record_build(DAY_80 - DAY)
    assert predict("big", promoted.open(DAY_80)).scored_rows == 4


def test_an_end_that_was_asked_for_must_be_reached(promoted):
    promoted.record_build(DAY_80 - timedelta(minutes=1))
    project = promoted.open(DAY_80)
    with pytest.raises(NotBuiltError, match="before the window's end"):
        predict("big", project, window_to=DAY_80)
    assert predict("big", project, window_to=DAY_80 - timedelta(minutes=1)).scored_rows == 4


def test_the_last_build_counts_not_the_one_that_reached_furthest(promoted):
    promoted.record_build(DAY_80, at=NOW - DAY)
    promoted.record_build(DAY_80 - DAY, at=NOW)
    promoted.record_build(NOW, view="another_view")
    with pytest.raises(NotBuiltError):
        predict("big", promoted.open(DAY_80))


# NULLs, columns, features that changed


def test_too_many_nulls(promoted):
    """Of rows 157 to 160 the colour of 158 is NULL."""
    inference(promoted, "max_nulls: {colour: 0.2, weight: 0.9}")
    message = r"feature view toy_view: NULL in the rows to score are 25.0% of 'colour' \(max_nulls allows 20.0%\); nothing was"
    with pytest.raises(TooManyNullsError, match=message) as caught:
        predict("big", promoted.open(DAY_80))
    assert caught.value.exit_code == 1
    assert runs(promoted) == [("failed", "too_many_nulls", 4, None)]
    promoted.edit("models/big.yml", "colour: 0.2", "colour: 0.25")
    assert predict("big", promoted.open(DAY_80)).scored_rows == 4


def test_nulls_of_a_column_that_is_no_feature(promoted):
    inference(promoted, "max_nulls: {color: 0.2}")
    with pytest.raises(
        SpecError, match=r"max_nulls names 'color', which is no column of toy_view \(did you mean 'colour'"
    ):
        predict("big", promoted.open(DAY_80))


def test_a_view_with_other_columns(promoted):
    promoted.sql("alter table features.toy_view drop column weight")
    with pytest.raises(SignatureError, match="column 'weight' that the version was trained on is gone; train again"):
        predict("big", promoted.open(DAY_80))
    assert runs(promoted) == [("failed", "signature", None, None)]


def test_features_that_came_late(promoted):
    predict("big", promoted.open(DAY_80))
    before = promoted.sql("from predictions.big order by id")
    promoted.sql("update features.toy_view set amount = 99 where id in (158, 159)")
    promoted.sql("update features.toy_view set label_known_at = null where id = 157")  # no feature
    result = predict("big", promoted.open(DAY_80))
    assert (result.changed_rows, result.scored_rows) == (2, 0)
    assert promoted.sql("from predictions.big order by id") == before
    assert runs(promoted, "changed_rows") == [(None,), (2,)]  # at first there was nothing to compare
    again = predict("big", promoted.open(DAY_80), again=True)
    assert (again.changed_rows, again.scored_rows) == (0, 4)
    after = promoted.sql("from predictions.big order by id")
    assert len(after) == 4
    assert [row[5] != old[5] for row, old in zip(after, before, strict=True)] == [False, True, True, False]
    assert predict("big", promoted.open(DAY_80)).changed_rows == 0


def test_again_leaves_other_rows_and_versions_alone(promoted):
    predict("big", promoted.open(DAY_80), window_from=FIRST)
    train("big", promoted.open(DAY_80))
    promote("big", 2, promoted.open(DAY_80))
    predict("big", promoted.open(DAY_80))
    result = predict("big", promoted.open(DAY_80), again=True)
    rows = promoted.sql(
        "select version, count(*), count(*) filter (run_id = ?) from predictions.big group by 1 order by 1",
        [result.run_id],
    )
    assert rows == [(1, 160, 0), (2, 4, 4)]


# backfill


def test_a_backfill_gives_what_daily_runs_give(promoted):
    for day in (82, 84, 86, 88):
        predict("big", promoted.open(FIRST + day * DAY))
    daily = promoted.sql("select id, as_of, score, prediction, hindsight from predictions.big order by id")
    promoted.sql("drop table predictions.big; delete from ml.prediction_runs")
    result = predict("big", promoted.open(FIRST + 88 * DAY), window_from=DAY_80, backfill=True)
    assert (result.scored_rows, result.window_rows, result.status) == (16, 16, "done")
    assert promoted.sql("select id, as_of, score, prediction, hindsight from predictions.big order by id") == daily
    rows = runs(promoted, "window_from, window_to, scored_rows, backfill")
    assert rows == [(FIRST + day * DAY, FIRST + (day + 2) * DAY, 4, True) for day in (80, 82, 84, 86)]


def test_a_backfill_goes_on_where_it_was_stopped(promoted):
    predict("big", promoted.open(DAY_80), window_from=FIRST + 74 * DAY, window_to=FIRST + 77 * DAY)
    result = predict("big", promoted.open(DAY_80), window_from=FIRST + 72 * DAY, backfill=True)
    assert (result.scored_rows, result.window_rows) == (10, 16)
    # six by the first run; the part that was done left no run
    assert [row[0] for row in runs(promoted, "scored_rows")] == [4, 6, 2, 4]
    again = predict("big", promoted.open(DAY_80), window_from=FIRST + 72 * DAY, backfill=True)
    assert (again.scored_rows, again.status) == (0, "done")
    assert len(runs(promoted)) == 4


def test_rows_of_a_time_that_the_version_has_learned_from_are_marked(promoted):
    later = FIRST + 81 * DAY
    predict("big", promoted.open(later))
    assert promoted.sql("select id, hindsight from predictions.big order by id") == [
        (159, True), (160, False), (161, False), (162, False),
    ]  # fmt: skip


# what is written with a score


def test_the_threshold_is_the_users(promoted):
    inference(promoted, "threshold: 0.9, policy: inference/big.sql")
    (promoted.root / "inference").mkdir()
    policy = "select *, case when score >= threshold then 'act' else 'wait' end as decision from scored"
    (promoted.root / "inference/big.sql").write_text(policy)
    predict("big", promoted.open(), window_from=FIRST)
    rows = promoted.sql("select score, prediction, decision from predictions.big")
    assert any(0.5 <= score < 0.9 for score, *_ in rows)
    assert all(
        (prediction, decision) == (score >= 0.9, "act" if score >= 0.9 else "wait")
        for score, prediction, decision in rows
    )
    sha256 = hashlib.sha256(policy.encode()).hexdigest()
    assert runs(promoted, "threshold, policy_sha256") == [(0.9, sha256)]


def test_a_policy_in_python(promoted):
    inference(promoted, "policy: inference/big.py:decide, keep_features: true")
    (promoted.root / "inference").mkdir()
    file = promoted.root / "inference/big.py"
    file.write_text(
        "import ibis\n\n\ndef decide(scored):\n"
        "    first = ibis.row_number().over(order_by=ibis.desc('score')) == 0\n"
        "    return scored.select('id', 'as_of', decision=ibis.ifelse(first, 'act', scored.features.colour))\n"
    )
    predict("size", promoted.open(DAY_80))
    predict("big", promoted.open(DAY_80))
    rows = promoted.sql("select id, decision, features ->> 'colour' from predictions.big order by score desc")
    assert rows[0][1] == "act"
    assert [decision for _, decision, _ in rows[1:]] == [colour for *_, colour in rows[1:]]
    assert {colour for *_, colour in rows} == {"red", "green", None}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def other(scored): ...", r"big.py has no function 'decide' \(did you mean|big.py has no function 'decide'"),
        ("def decide(scored):\n    return 1", "it returned int, expected an ibis.Table"),
        ("def decide(scored):\n    return scored.select('id')", "its SELECT does not return as_of, decision"),
        (
            "def decide(scored):\n    raise ValueError('no')",
            r"policy inference/big.py:decide failed \(line 2\): ValueError: no",
        ),
    ],
)
def test_a_policy_in_python_that_does_not_fit(promoted, source, message):
    inference(promoted, "policy: inference/big.py:decide")
    (promoted.root / "inference").mkdir()
    (promoted.root / "inference/big.py").write_text(source)
    with pytest.raises(SpecError, match=message):
        predict("big", promoted.open(DAY_80))
    assert runs(promoted, "status, cause") == [("failed", "policy")]


TREES = """
from xgboost import XGBClassifier
from asof.estimators import tree_pipeline


def classify(schema):
    return tree_pipeline(schema, XGBClassifier(n_estimators=20, max_depth=3))
"""


def test_reasons(promoted):
    """They and what is left over for all rows add up to the log-odds of the score."""
    (promoted.root / "training/toy.py").write_text(TREES)
    inference(promoted, "reasons: 4")
    train("big", promoted.open(DAY_80))
    promote("big", project=promoted.open(DAY_80))
    predict("big", promoted.open(DAY_80), window_from=FIRST)
    rows = promoted.sql("select reasons, ln(score / (1 - score)) from predictions.big")
    left = []
    for text, odds in rows:
        told = json.loads(text)
        assert {each["feature"] for each in told} == {"amount", "weight", "colour", "is_even"}
        sizes = [abs(each["contribution"]) for each in told]
        assert sizes == sorted(sizes, reverse=True)
        left.append(odds - sum(each["contribution"] for each in told))
    assert left == pytest.approx([left[0]] * 160, abs=1e-5)


def test_reasons_of_an_estimator_that_has_none(promoted):
    inference(promoted, "reasons: 2")
    with pytest.raises(EstimatorError, match="big version 1: inference.reasons needs XGBoost's trees"):
        predict("big", promoted.open(DAY_80))


def test_a_column_that_has_the_name_of_one_of_ours(toy):
    """Names that the run's own SQL gives give way to the view's."""
    before = toy.sql("select id, weight from features.toy_view")
    toy.sql("alter table features.toy_view rename weight to ASOF_SCORES")
    for model in ("big", "size"):
        train(model, toy.open(DAY_80))
        promote(model, project=toy.open(DAY_80))
        predict(model, toy.open(DAY_80))
    scores = toy.sql("select score, prediction from predictions.big")
    assert all(0 < score < 1 and prediction == (score >= 0.5) for score, prediction in scores)
    assert len(scores) == 4
    assert not {value for _, value in before} & {score for (score,) in toy.sql("select score from predictions.size")}


def test_two_threads(promoted):
    """One waits for the other."""
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda _: predict("big", promoted.open(DAY_80)).scored_rows, range(4)))
    assert sorted(results) == [0, 0, 0, 4]
    assert promoted.sql("select count(*), count(distinct id) from predictions.big") == [(4, 4)]


def test_a_table_of_an_older_asof_gets_its_new_columns(promoted):
    predict("big", promoted.open(DAY_80))
    for name in ("reasons", "features_hash", "hindsight"):
        promoted.sql(f"alter table predictions.big drop column {name}")
    result = predict("big", promoted.open(FIRST + 81 * DAY))
    assert (result.scored_rows, result.changed_rows) == (2, 0)
    rows = promoted.sql("select id, features_hash is null, hindsight from predictions.big order by id")
    assert rows[-3:] == [(160, True, None), (161, False, False), (162, False, False)]
    assert predict("big", promoted.open(FIRST + 81 * DAY)).scored_rows == 0


def test_a_column_that_is_not_ours(promoted):
    predict("big", promoted.open(DAY_80))
    promoted.sql("alter table predictions.big add column note varchar")
    with pytest.raises(DataError, match="its column 'note' is VARCHAR, this version writes no such column"):
        predict("big", promoted.open(DAY_80))


# what a run does not see


def test_rows_that_fell_between_two_windows_are_told(promoted):
    """The runs of two days were left out: rows 157 to 160, then 167 and 168; 161 to 164 are due, 165 and 166 too."""
    assert predict("big", promoted.open(DAY_80)).missed_rows == 0
    late = predict("big", promoted.open(DAY_80 + 5 * DAY))
    assert (late.missed_rows, late.missed_from) == (6, DAY_80)
    rest = predict("big", promoted.open(DAY_80 + 5 * DAY), window_from=DAY_80, backfill=True)
    assert (rest.scored_rows, rest.missed_rows) == (6, 0)
    assert predict("big", promoted.open(DAY_80 + 6 * DAY)).missed_rows == 0


def test_again_for_another_alias_leaves_what_the_champion_decided(promoted):
    promote("big", 1, promoted.open(DAY_80), alias="canary")
    predict("big", promoted.open(DAY_80))
    again = predict("big", promoted.open(DAY_80), alias="canary", again=True)
    assert again.scored_rows == 0
    assert promoted.sql("select distinct alias from predictions.big") == [("champion",)]


def test_a_policy_with_two_decisions(promoted):
    (promoted.root / "inference").mkdir()
    (promoted.root / "inference/twice.sql").write_text(
        "select id, as_of, 'a' as decision, 'b' as decision from scored\n"
    )
    inference(promoted, "policy: inference/twice.sql")
    with pytest.raises(PolicyError, match="its SELECT has more than one column decision"):
        predict("big", promoted.open(DAY_80))


def test_a_folder_that_is_not_a_run_s_is_left_alone(promoted):
    inference(promoted, "parquet: exports")
    kept = promoted.root / "exports/big/.my-own-notes-of-today"
    kept.mkdir(parents=True)
    predict("big", promoted.open(DAY_80))
    assert kept.is_dir()


def test_predictions_of_questions_that_are_gone_say_so(promoted):
    predict("big", promoted.open(DAY_80))
    promoted.sql("create table kept as from features.toy_view where id = 158")
    promoted.sql("delete from features.toy_view where id = 158")
    promoted.sql("update features.toy_view set asked_at = asked_at + interval 1 minute where id = 159")
    later = predict("big", promoted.open(DAY_80 + timedelta(minutes=5)))
    assert (later.window_rows, later.scored_rows, later.gone_rows) == (3, 1, 2)
    assert promoted.sql("select id, gone_at from predictions.big order by id, as_of") == [
        (157, None),
        (158, DAY_80 + timedelta(minutes=5)),
        (159, DAY_80 + timedelta(minutes=5)),
        (159, None),
        (160, None),
    ]
    everything = predict("big", promoted.open(DAY_80 + timedelta(minutes=7)), again=True)
    assert (everything.window_rows, everything.scored_rows, everything.gone_rows) == (3, 3, 2)
    promoted.sql("insert into features.toy_view from kept")
    again = predict("big", promoted.open(DAY_80 + timedelta(minutes=10)))
    assert (again.scored_rows, again.gone_rows) == (0, 1), "158 is asked again, and has its prediction"
    assert promoted.sql("select id, gone_at from predictions.big where gone_at is not null") == [
        (159, DAY_80 + timedelta(minutes=5))
    ]
