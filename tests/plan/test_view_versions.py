"""Two dbt model versions of one feature view: each model reads its own, and the old one goes when nothing needs it."""

import json

import pytest

from asof import lint, predict, promote, replay, train
from asof.errors import NotBuiltError, ProjectError


def with_two_versions(shop):
    """The view as it was is version 1, one in which a week has five days is version 2."""
    models = shop.root / "dbt_project/models"
    for name in ("customer_orders", "visit_features"):
        (models / f"{name}_v2.sql").write_text((models / f"{name}.sql").read_text())
    shop.edit("customer_orders_v2.sql", "interval 7 days", "interval 5 days")
    shop.edit("visit_features_v2.sql", "ref('customer_orders')", "ref('customer_orders_v2')")
    yaml = (models / "shop.yml").read_text()
    group = yaml[yaml.index("  - name: customer_orders\n") : yaml.index("  - name: customer_tiers\n")]
    yaml = yaml.replace(group, group + group.replace("customer_orders", "customer_orders_v2"))
    before = "      - {name: label_known_at, data_type: timestamptz}\n"
    versions = "    latest_version: 2\n    versions:\n      - {v: 1, defined_in: visit_features}\n      - {v: 2, defined_in: visit_features_v2}\n"
    (models / "shop.yml").write_text(yaml.replace(before, before + versions))


def test_side_by_side(shop):
    predict("buyer", shop.open())
    before = shop.sql("select visit_id, score from predictions.buyer order by 1")
    with_two_versions(shop)
    found = json.loads(shop.run("asof", "plan", "--json"))
    assert {version["model"]: version["verdict"] for version in found["versions"]} == {
        "buyer": "unaffected",
        "basket": "unaffected",
    }
    shop.build("--full-refresh")

    # a version that was trained before there were any reads the first
    predict("buyer", shop.open(), again=True)
    assert shop.sql("select visit_id, score from predictions.buyer order by 1") == before
    with pytest.raises(
        NotBuiltError,
        match=r"visit_features has dbt model versions by now \(visit_features.v1, visit_features.v2\); say which one",
    ):
        train("buyer", shop.open())

    spec = shop.root / "models/buyer.yml"
    spec.write_text(
        spec.read_text().replace("feature_view: visit_features", "feature_view: visit_features\nversion: 2")
    )
    train("buyer", shop.open())
    assert shop.sql(
        "select version, feature_view, view_model from ml.model_versions where model = 'buyer' order by 1"
    ) == [
        (1, "visit_features", "model.shop.visit_features"),
        (2, "visit_features.v2", "model.shop.visit_features.v2"),
    ]
    promote("buyer", 2, shop.open())
    assert predict("buyer", shop.open()).version == 2
    assert predict("basket", shop.open()).version == 1
    assert "visit_features_v2" in shop.run("asof", "compile", "buyer")

    assert lint(["visit_features.v2"], shop.open()).views == ["visit_features.v2"]
    assert sorted(lint([], shop.open()).views) == ["visit_features.v1", "visit_features.v2"]
    with pytest.raises(ProjectError, match="feature view visit_features has dbt model versions"):
        lint(["visit_features"], shop.open())
    assert replay("buyer", shop.open(), moments=1).agrees

    # basket still reads the first; once it has moved, that can go
    assert json.loads(shop.run("asof", "plan", "--json"))["can_go"] == []
    spec = shop.root / "models/basket.yml"
    spec.write_text(
        spec.read_text().replace("feature_view: visit_features", "feature_view: visit_features\nversion: 2")
    )
    train("basket", shop.open())
    promote("basket", 2, shop.open())
    assert json.loads(shop.run("asof", "plan", "--json"))["can_go"] == [
        {"view": "visit_features.v1", "path": "dbt_project/models/visit_features.sql"}
    ]
    words = "visit_features.v1 is read by no version behind an alias and no model spec; it can go: delete dbt_project/models/visit_features.sql"
    assert words in shop.run("asof", "plan")
