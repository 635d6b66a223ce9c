"""The catalogue of the shop: features with their uses, the graph, and exposures that dbt takes."""

import json

import pytest

from asof.catalogue.features import list_features
from asof.catalogue.graph import project_graph
from asof.errors import ProjectError


def test_features(built_shop):
    entries = {entry.name: entry for entry in list_features(project=built_shop.open())}
    assert list(entries) == ["customer_id", "spent_7d", "orders_7d", "tier"]
    spent = entries["spent_7d"]
    assert (spent.view, spent.type, spent.description) == ("visit_features", "DOUBLE", "Spent in the last 7 days.")
    assert (spent.owner, spent.group, spent.entity) == ("Sales", "customer_orders", ("customer_id",))
    assert (spent.event_time, spent.known_at, spent.ttl) == ("ordered_at", "ordered_at", "30 days")
    assert 0 < spent.seconds < 60
    ((missing, rows),) = built_shop.sql("select count(*) - count(spent_7d), count(*) from main.visit_features")
    assert spent.null_share == pytest.approx(missing / rows)
    ((model, worth),) = built_shop.sql("select model, importance from ml.model_features where feature = 'spent_7d'")
    assert [(use.model, use.aliases, use.worth) for use in spent.used_by] == [(model, ("champion",), worth)]
    assert (entries["tier"].group, entries["customer_id"].group) == ("customer_tiers", None)
    with pytest.raises(ProjectError, match=r"no feature 'spent_8d' \(did you mean 'spent_7d'\?\)"):
        list_features("spent_8d", built_shop.open())
    shown = built_shop.run("asof", "features", "tier")
    assert "used by      basket 1 (champion), worth" in shown


def test_the_graph_leads_from_sources_to_dashboards(built_shop):
    graph = project_graph(built_shop.open())
    kinds = {node.id: node.kind for node in graph.nodes}
    assert {end for edge in graph.edges for end in edge} <= set(kinds)
    reached, waiting = set(), ["source.shop.raw.tiers"]
    while waiting:
        current = waiting.pop()
        reached.add(current)
        waiting += [to for source, to in graph.edges if source == current and to not in reached]
    assert {kinds[id_] for id_ in reached} == {
        "source",
        "group",
        "view",
        "feature",
        "version",
        "alias",
        "predictions",
        "exposure",
    }
    assert "predictions.basket" in reached
    facts = {node.id: node.facts for node in graph.nodes}
    version, feature = facts["version.basket.1"], facts["feature.visit_features.tier"]
    assert version["fingerprints"] == {"tier": feature["fingerprint"]}
    assert facts["model.shop.visit_features"]["built_up_to"].isoformat() == "2024-03-01T00:00:00+00:00"
    assert facts["model.shop.customer_orders"]["owner"] == "Sales"
    assert {source for source, to in graph.edges if to == "version.basket.1"} == {"feature.visit_features.tier"}
    assert set(json.loads(built_shop.run("asof", "graph", "--json"))) == {"nodes", "edges"}


def test_exposures_that_dbt_reads(shop):
    printed = shop.run("asof", "exposures")
    path = shop.root / "dbt_project/models/exposures/asof_models.yml"
    assert not path.exists()
    assert str(path) in shop.run("asof", "exposures", "--write")
    assert path.read_text() == printed
    shop.run("dbt", "--quiet", "parse", "--project-dir", "dbt_project")
    manifest = json.loads((shop.root / "dbt_project/target/manifest.json").read_text())
    exposure = manifest["exposures"]["exposure.shop.model_buyer"]
    assert (exposure["type"], exposure["depends_on"]["nodes"]) == ("ml", ["model.shop.visit_features"])
    assert exposure["config"]["meta"]["asof"] == {"aliases": {"champion": 1}, "features": ["orders_7d", "spent_7d"]}
    assert "exposure.shop.predictions_basket" in manifest["exposures"]
