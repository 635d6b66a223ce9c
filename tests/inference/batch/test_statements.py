"""The SQL of a prediction run, made without a warehouse: golden files, as a person last read them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlglot

from asof.features.signature import Feature, FeatureSchema
from asof.inference.batch import columns, statements
from asof.inference.batch.plan import Plan, Relations
from asof.inference.batch.window import Window
from asof.inference.decide.arms import Arm
from asof.registry.model_version import ModelVersion

NOW = datetime(2024, 3, 20, tzinfo=UTC)
DAY = timedelta(days=1)
GOLDEN = Path(__file__).parent / "golden"
ARM = Arm("candidate", 4, 0.2, inside=(0.0, 0.2), deciders=("champion",), shadows=("shadow",))
FIRST = {"predictions_exist": False, "hashes_exist": False, "runs": None}


def plan(problem="binary", arm=None, relations=(), **changes) -> Plan:
    signature = FeatureSchema((Feature("amount", "int64", "numeric"), Feature("colour", "string", "categorical")))
    version = ModelVersion(
        model="big",
        version=4,
        status="registered",
        problem=problem,
        label="label",
        feature_view="toy_view",
        signature=signature,
        classes=("red", "green") if problem == "multiclass" else (),
        known_by=NOW - 10 * DAY,
        seen_until=NOW - 30 * DAY,
        estimator=None,
    )
    known = {
        "view": '"toy"."features"."toy_view"',
        "view_types": {"id": "BIGINT", "asked_at": "TIMESTAMP WITH TIME ZONE", "amount": "BIGINT", "colour": "VARCHAR"},
        "predictions": '"toy"."predictions"."big"',
        "predictions_exist": True,
        "hashes_exist": True,
        "runs": '"toy"."ml"."prediction_runs"',
    }
    chosen = {
        "version": version,
        "window": Window(NOW - 2 * DAY, NOW, ends_now=True),
        "arm": arm or Arm("champion", 4),
        "unit_filter": None,
        "key": ("id",),
        "as_of": "asked_at",
        "relations": Relations(**{**known, **dict(relations)}),
        "threshold": 0.5,
        "again": False,
        "backfill": False,
        "keep_features": False,
        "reasons": False,
        "run_id": "a-run",
        "now": NOW,
    }
    return Plan(**{**chosen, **changes})


def sql_of(made: Plan) -> str:
    """Every statement of a run, in the order in which it is executed."""
    runs = made.relations.runs
    parts = {
        "the rows that are due": statements.count(statements.due(made)),
        "the rows that no run will score": statements.missed(made, runs) if runs else "select 0",
        "the rows that were scored from other features": statements.changed(made, runs, "1.5.6")
        if runs
        else "select 0",
        "the rows that are rescored": statements.remove(made) if made.rescores else "select 0",
        "the rows to score": columns.to_score(made, statements.unscored(made)),
        "what is written": "insert into t by name "
        + columns.to_write(made, columns.with_decision(columns.scored(made, "asof_batches"), "null", "scored")),
        "the questions that are gone": statements.mark_gone(made, made.now),
        "how many are gone": statements.gone(made),
    }
    shown = [
        f"-- {title}\n{sqlglot.transpile(sql, read='duckdb', write='duckdb', pretty=True)[0]};"
        for title, sql in parts.items()
    ]
    return "\n\n".join(shown) + "\n"


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("first_run", plan(relations=FIRST.items())),
        ("second_run", plan()),
        ("experiment_again", plan(arm=ARM, unit_filter='"id" % 5 = 0', again=True, keep_features=True, reasons=True)),
    ],
)
def test_its_sql_is_readable(name, made):
    assert sql_of(made) == (GOLDEN / f"{name}.sql").read_text()


def test_the_columns_of_several_classes():
    made = columns.scored(plan(problem="multiclass"), "asof_batches")
    assert 'asof_scores[1] as "score_red",\n    asof_scores[2] as "score_green",' in made
    assert "(['red', 'green'])[list_position(asof_scores, list_max(asof_scores))] as prediction" in made
    assert "threshold" not in made


def test_columns_of_the_view_with_the_names_that_are_added():
    """They get other names, so that none is hidden."""
    made = plan(relations={"view_types": {"asof_scores": "DOUBLE", "ASOF_SCORES_": "DOUBLE"}}.items())
    assert made.score_column == "asof_scores__"


@pytest.mark.parametrize(
    ("arm", "again", "kept"),
    [
        (Arm("champion", 4), False, "done.version = 4"),
        (Arm("champion", 4), True, "false"),
        (Arm("other", 4), True, "(done.version = 4 and done.alias <> 'other')"),
        (Arm("shadow", 4, share=None), False, "done.version = 4"),
        (Arm("shadow", 4, share=None), True, "(done.version = 4 and done.alias <> 'shadow')"),
        (ARM, False, "((done.version = 4 and not done.alias in ('shadow')) or done.alias in ('champion'))"),
        (ARM, True, "done.alias in ('champion')"),
    ],
)
def test_the_rows_that_a_run_keeps(arm, again, kept):
    assert arm.rows_to_keep_sql(again=again) == kept
