"""A dbt test that fails stops the models that use its column, and no others."""

import json

import pytest

from asof import predict
from asof.errors import FailedTestError


def runs(shop):
    return dict(
        shop.sql("select model, status || ' ' || coalesce(cause, '') from ml.prediction_runs order by started_at")
    )


def test_two_models_on_one_view_of_which_one_is_stopped(shop):
    # a tier that dbt only warns of, in a test that is to stop models
    shop.sql("insert into raw.tiers values (3, 'platinum', timestamptz '2024-02-29')")
    shop.build()
    assert shop.sql("select status, stops, failures from ml.test_results where status <> 'pass'") == [("warn", True, 1)]
    with pytest.raises(FailedTestError) as refusal:
        predict("basket", shop.open())
    assert str(refusal.value).startswith(
        "basket version 1: test accepted_values_customer_tiers_tier__gold__silver__basic of customer_tiers.tier warned (1 row); "
        "it concerns tier (customer_tiers > visit_features); look at the rows and run: "
    )
    assert predict("buyer", shop.open()).status == "done"
    assert runs(shop) == {"basket": "failed failed_test", "buyer": "done "}

    status = json.loads(shop.run("asof", "status", "--json"))
    assert {version["model"]: len(version["obstacles"]) for version in status} == {"basket": 1, "buyer": 0}
    assert "basket 1 (champion) may not predict: test accepted_values" in shop.run("asof", "status")

    predict("basket", shop.open(), despite_tests=True, reason="platinum is new, and scored as unknown")
    assert shop.sql(
        "select despite, reason, warnings like 'test accepted_values%' from ml.prediction_runs where despite is not null"
    ) == [("tests", "platinum is new, and scored as unknown", True)]

    # put right and tested again
    shop.sql("delete from raw.tiers where tier = 'platinum'")
    shop.build()
    assert predict("basket", shop.open()).status == "done"


def test_a_test_that_has_not_run_since(shop):
    spec = shop.root / "models/basket.yml"
    spec.write_text(spec.read_text().replace("window: 2 days", "window: 2 days, require_tests: true"))
    assert predict("basket", shop.open()).warnings is None
    shop.build("--exclude-resource-type", "test")
    warned = predict("buyer", shop.open())
    assert warned.warnings.startswith("3 tests have not run since their models were built:")
    with pytest.raises(
        FailedTestError,
        match=r"tests have not run since their models were built: .* \(inference.require_tests\); run: dbt build",
    ):
        predict("basket", shop.open())
    shop.run("dbt", "--quiet", "test", "--project-dir", "dbt_project")
    assert predict("basket", shop.open()).warnings is None


def test_a_reason_is_needed_and_kept(shop):
    assert "a check is overruled for a reason: asof predict buyer --despite-tests --reason" in shop.run(
        "asof", "predict", "buyer", "--despite-tests", code=2
    )
    assert "a reason is kept with --despite-change or --despite-tests; leave it out" in shop.run(
        "asof", "predict", "buyer", "--reason", "none", code=2
    )


def test_a_test_that_the_project_has_no_longer_says_nothing(shop):
    """On a source, which no build outdates; dbt gives a rewritten test another id."""
    yaml = shop.root / "dbt_project/models/shop.yml"
    before = yaml.read_text()
    of_source = "{name: tiers, columns: [{name: tier, data_tests: [{accepted_values: {arguments: {values: [gold]}}}]}]}"
    yaml.write_text(before.replace("{name: tiers}", of_source))
    shop.run("dbt", "--quiet", "test", "--project-dir", "dbt_project", "--select", "source:raw.tiers", code=1)
    with pytest.raises(FailedTestError, match="of raw.tiers.tier failed"):
        predict("basket", shop.open())
    yaml.write_text(before)
    shop.run("dbt", "--quiet", "test", "--project-dir", "dbt_project")
    assert predict("basket", shop.open()).warnings is None


def test_a_column_in_quotes(shop):
    shop.edit(
        "shop.yml",
        "      - name: tier\n        data_type: varchar\n",
        "      - name: tier\n        quote: true\n        data_type: varchar\n",
    )
    shop.sql("insert into raw.tiers values (3, 'platinum', timestamptz '2024-02-29')")
    shop.build()
    assert shop.sql("select columns from ml.test_results where status = 'warn'") == [('["tier"]',)]
    with pytest.raises(FailedTestError):
        predict("basket", shop.open())


def test_a_source_that_is_not_fresh(shop):
    of_source = "{name: tiers, config: {loaded_at_field: since, freshness: {error_after: {count: 1, period: hour}}}}"
    shop.edit("shop.yml", "{name: tiers}", of_source)
    shop.run("dbt", "--quiet", "source", "freshness", "--project-dir", "dbt_project", code=1)
    with pytest.raises(
        FailedTestError,
        match=r"source raw.tiers is not fresh; it concerns tier \(raw.tiers > customer_tiers > visit_features\)",
    ):
        predict("basket", shop.open())
    assert predict("buyer", shop.open()).status == "done"
