"""Two targets in one warehouse: what is read is the table that was built for the target that is asked for."""

from datetime import timedelta

import pytest
from toy import FIRST

from asof import predict, promote, train
from asof.errors import NotBuiltError

DAY_80 = FIRST + timedelta(days=80)
PROFILE = "toy:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: toy.duckdb}\n    prod: {type: duckdb, path: toy.duckdb}\n"


@pytest.fixture
def two_targets(promoted):
    """dbt's manifest is of dev, whose view has other amounts."""
    (promoted.root / "profiles.yml").write_text(PROFILE)
    promoted.sql("create schema production; create table production.toy_view as from features.toy_view")
    promoted.sql("update features.toy_view set amount = -1000")
    promoted.record_build(DAY_80, target="dev", schema="features")
    return promoted


def test_predictions_for_a_target_are_made_from_its_own_features(two_targets):
    two_targets.record_build(DAY_80, target="prod", schema="production")
    spec = two_targets.root / "models/big.yml"
    spec.write_text(spec.read_text().replace("window: 2 days", "window: 2 days, keep_features: true"))
    predict("big", two_targets.open(DAY_80, target="prod"))
    amounts = two_targets.sql("select (features ->> 'amount')::double from predictions.big order by id")
    assert amounts == two_targets.sql(
        "select amount::double from production.toy_view where id between 157 and 160 order by id"
    )


def test_a_target_that_was_never_built(two_targets):
    message = (
        r"feature view toy_view: the warehouse \S+ has builds of it for the target dev \(features.toy_view\), and none for "
        r"prod; run: dbt build --project-dir dbt_project --select \+toy_view --target prod"
    )
    for command in (predict, train):
        with pytest.raises(NotBuiltError, match=message):
            command("big", two_targets.open(DAY_80, target="prod"))


def test_training_reads_the_table_of_its_target_too(two_targets):
    two_targets.record_build(DAY_80, target="prod", schema="production")
    hashes = {}
    for target in ("dev", "prod"):
        train("big", two_targets.open(DAY_80, target=target))
        hashes[target] = two_targets.sql(
            "select content_hash from ml.model_versions where model = 'big' order by version"
        )[-1]
    assert hashes["dev"] != hashes["prod"]
    assert (
        hashes["prod"]
        == two_targets.sql("select content_hash from ml.model_versions where model = 'big' and version = 1")[0]
    )
    promote("big", 3, two_targets.open(DAY_80, target="prod"))


def test_a_view_with_rows_of_two_versions_of_its_sql(promoted):
    """Dollars before, cents since: neither trained on nor scored."""
    promoted.sql(
        "create table ml.model_builds (model varchar, target varchar, built_at timestamptz, invocation_id varchar, "
        "is_full boolean, sources varchar)"
    )
    for day, source in enumerate(("dollars", "cents")):
        promoted.sql(
            "insert into ml.model_builds values ('model.toy.toy_view', 'dev', ?, ?, false, ?)",
            [FIRST + timedelta(days=day), str(day), f'{{"model.toy.toy_view": "{source}"}}'],
        )
    for command in (predict, train):
        with pytest.raises(
            NotBuiltError, match="toy_view has rows from before and after a change of the SQL of toy_view"
        ):
            command("big", promoted.open(DAY_80))


def test_a_project_that_was_renamed(two_targets):
    """Its builds are found by the view's name."""
    two_targets.sql(
        "update ml.view_builds set model = 'model.old_name.toy_view', built_up_to = ?", [DAY_80 - timedelta(days=9)]
    )
    with pytest.raises(NotBuiltError, match="it was last built up to 2024-03-12 00:00 UTC"):
        predict("big", two_targets.open(DAY_80))
