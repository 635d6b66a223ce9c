"""Scoring without `asof predict`: `asof.predict` in a dbt model, and `asof compile`, on the reference system.

Both give what `asof predict` gives, the function to the bit, the SQL within 1e-6.
"""

import pytest
from flights_slice import START

MODEL = """
{{{{ config(materialized='table', schema='features') }}}}

{{{{ asof.predict('{model}', ref('flight_delay_features'){more}) }}}}
"""


@pytest.fixture(scope="module")
def scored(promoted_flights, tmp_path_factory):
    """A copy with three models that score, built with four threads, and the same rows scored by `asof predict`."""
    project = promoted_flights.copy(tmp_path_factory.mktemp("in_dbt") / "project")
    # the threshold of the spec holds in dbt as well: that with which the version was trained
    project.sql("""update ml.model_versions set spec = json_merge_patch(spec, '{"inference": {"threshold": 0.4}}')""")
    spec = project.root / "models/flight_delay.yml"
    spec.write_text(spec.read_text().replace("inference: {", "inference: {threshold: 0.4, "))
    folder = project.root / "dbt_project/models/scores"
    folder.mkdir()
    recent = f", where=\"predicted_at > timestamptz '{START}' - interval '1 day'\""
    for name, model, more in (
        ("late_scores", "flight_delay", recent),
        ("late_scores_of_all", "flight_delay", ", threshold=0.3"),
        ("delay_scores", "arrival_delay", recent),
        ("nobody", "flight_delay", ", alias='nobody'"),
    ):
        (folder / f"{name}.sql").write_text(MODEL.format(model=model, more=more))
    words = build(project, "--threads", "4")
    for model in ("flight_delay", "arrival_delay"):
        project.run("asof", "predict", model, "--now", START.isoformat())
    return project, words


def build(project, *arguments):
    return project.run("dbt", "build", "--project-dir", "dbt_project", *arguments, ASOF_NOW=START.isoformat())


@pytest.mark.parametrize(("table", "model"), [("late_scores", "flight_delay"), ("delay_scores", "arrival_delay")])
def test_scores_are_those_of_asof_predict_to_the_bit(scored, table, model):
    project, _ = scored
    both = project.sql(
        f"""
        select count(*), count(*) filter (d.score = p.score and d.prediction = p.prediction and d.version = p.version)
        from features.{table} as d full join predictions.{model} as p using (flight_id, as_of)
        """
    )
    assert both[0][0] == both[0][1] > 500
    if model == "flight_delay":
        late = "select min(score) filter (prediction), max(score) filter (not prediction) from features.late_scores"
        ((least, most),) = project.sql(late)
        assert most < 0.4 <= least < 0.5


def test_every_row_of_the_view_and_another_threshold(scored):
    project, _ = scored
    rows, late = project.sql(
        "select count(*), count(*) filter (prediction = (score >= 0.3)) from features.late_scores_of_all"
    )[0]
    assert rows == late == project.sql("select count(*) from features.flight_delay_features")[0][0]
    columns = [name for name, *_ in project.sql("describe features.late_scores_of_all")]
    assert columns == ["flight_id", "as_of", "model", "version", "alias", "score", "prediction"]


def test_a_free_alias_gives_no_rows_and_a_warning(scored):
    project, words = scored
    assert project.sql("select count(*) from features.nobody") == [(0,)]
    assert "model flight_delay has no 'nobody' yet, so that nobody is empty; run: asof train flight_delay" in " ".join(
        words.split()
    )


@pytest.mark.parametrize("model", ["flight_delay", "arrival_delay"])
def test_the_compiled_version_scores_the_same(scored, model):
    project, _ = scored
    sql = project.run("asof", "compile", model, "--now", START.isoformat())
    assert sql.startswith(f"-- {model} version 1, on feature view flight_delay_features\n")
    rows, apart = project.sql(
        f"""
        select count(*), max(abs(compiled.score - made.score))
        from (\n{sql}\n) as compiled inner join predictions.{model} as made using (flight_id, as_of)
        """
    )[0]
    assert rows == project.sql(f"select count(*) from predictions.{model}")[0][0] > 500
    assert apart < (1e-6 if model == "flight_delay" else 1e-4)  # minutes, up to some hundreds


def test_the_build_of_the_view_is_on_record(scored):
    project, _ = scored
    rows = project.sql(
        "select relation, model, built_up_to, target, table_schema, table_name from ml.view_builds order by built_at"
    )
    relation, model = '"flights"."features"."flight_delay_features"', "model.flights.flight_delay_features"
    assert rows == [(relation, model, START, "dev", "features", "flight_delay_features")] * 2
    assert project.sql("select distinct built_up_to from ml.prediction_runs") == [(START,)]
