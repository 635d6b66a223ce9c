"""`asof plan` on a project that dbt compiles: what is not built yet, what it compares with, and what it says."""

import json
import subprocess

import pytest

GROUP = "customer_orders.sql"


def plan(shop, *arguments, code=0):
    return json.loads(shop.run("asof", "plan", "--json", *arguments, code=code))


def verdicts(found):
    return {version["model"]: version["verdict"] for version in found["versions"]}


def columns(found, view="visit_features"):
    (view,) = [each for each in found["views"] if each["name"] == view]
    return {column["name"]: column["state"] for column in view["columns"]}


def test_nothing_differs(shop):
    found = plan(shop, "--check")
    assert found["before"] == "what is built on target dev"
    assert set(columns(found).values()) == {"same"}
    assert verdicts(found) == {"buyer": "unaffected", "basket": "unaffected"}
    assert found["downstream"] == []


def test_a_changed_window_that_is_not_built(shop):
    shop.edit(GROUP, "interval 7 days", "interval 3 days")
    shop.edit("customer_tiers.sql", "select customer", "-- as they were\nselect customer")
    found = plan(shop)
    assert columns(found) == {
        "visit_id": "same",
        "customer_id": "same",
        "started_at": "same",
        "spent_7d": "changed",
        "orders_7d": "changed",
        "tier": "cosmetic",
        "is_buyer": "same",
        "total": "same",
        "label_known_at": "same",
    }
    assert verdicts(found) == {"buyer": "must be retrained", "basket": "unaffected"}
    (view,) = found["views"]
    assert [(model["name"], model["state"]) for model in view["models"]] == [
        ("customer_orders", "changed"),
        ("customer_tiers", "cosmetic"),
    ]
    assert view["models"][0]["path"] == "dbt_project/models/customer_orders.sql"
    lines = view["models"][0]["diff"].splitlines()
    assert [line.strip("+- ") for line in lines if line.startswith(("+", "-"))] == [
        "partition by customer_id order by ordered_at range between interval 7 days preceding and current row",
        "partition by customer_id order by ordered_at range between interval 3 days preceding and current row",
    ]
    assert [(each["kind"], each["name"]) for each in found["downstream"]] == [
        ("predictions", "predictions.buyer"),
        ("exposure (dashboard)", "shop_board"),
    ]
    words = shop.run("asof", "plan", "--check", code=1)
    assert "changed in meaning: spent_7d, orders_7d" in words
    assert "Then: asof train buyer" in words
    markdown = shop.run("asof", "plan", "--markdown")
    assert markdown.startswith("<!-- asof plan -->\n### asof plan: 1 of 2 versions affected\n")
    assert "| buyer | 1 | champion | **must be retrained** |" in markdown
    assert "```diff\n" in markdown


def test_a_new_column_of_a_contract_that_is_not_built(shop):
    shop.edit(
        GROUP, "ordered_at from last_week_of_each", "spent_7d / orders_7d as mean_7d, ordered_at from last_week_of_each"
    )
    for before in ("{name: ordered_at, data_type: timestamptz}", "{name: tier, data_type: varchar}"):
        shop.edit("shop.yml", f"      - {before}", f"      - {{name: mean_7d, data_type: double}}\n      - {before}")
    found = plan(shop)
    assert columns(found)["mean_7d"] == "new"
    assert verdicts(found) == {"buyer": "unaffected", "basket": "unaffected"}


def test_names_and_types_without_a_contract_come_from_an_empty_build(shop):
    shop.edit("shop.yml", "      contract: {enforced: true}\n", "")
    shop.edit(GROUP, "cast(orders_7d as integer) as orders_7d", "cast(orders_7d as varchar) as orders_7d, 1 as one")
    found = plan(shop)
    (view,) = found["views"]
    types = {column["name"]: (column["state"], column["type_after"]) for column in view["columns"]}
    assert types["one"] == ("new", "INTEGER")
    assert types["orders_7d"] == ("changed", "VARCHAR")
    assert verdicts(found) == {"buyer": "broken", "basket": "unaffected"}


def test_a_feature_that_is_gone(shop):
    tiers = "asof.features(ref('customer_tiers'))"
    shop.edit("visit_features.sql", tiers, tiers.replace(")", "), prefix='customer_'", 1))
    shop.edit("shop.yml", "- {name: tier, data_type: varchar}", "- {name: customer_tier, data_type: varchar}")
    found = plan(shop)
    assert (columns(found)["tier"], columns(found)["customer_tier"]) == ("removed", "new")
    assert verdicts(found) == {"buyer": "unaffected", "basket": "broken"}
    (basket,) = [version for version in found["versions"] if version["model"] == "basket"]
    assert basket["why"] == "tier is no longer in visit_features"


@pytest.fixture
def committed(shop):
    """The shop as a git repository: HEAD~1 is what is built, HEAD has another window."""

    def git(*arguments):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
            cwd=shop.root,
            check=True,
            capture_output=True,
        )

    (shop.root / ".gitignore").write_text("shop.duckdb\ndbt_packages\ntarget\nlogs\n")
    git("init")
    git("add", ".")
    git("commit", "-m", "as it is built")
    shop.edit(GROUP, "interval 7 days", "interval 3 days")
    git("commit", "-am", "another window")
    return shop


def test_two_commits_without_a_warehouse(committed):
    (committed.root / "shop.duckdb").unlink()
    found = plan(committed, "--of", "HEAD", "--against", "HEAD~1")
    assert (found["after"], found["before"]) == ("git ref HEAD", "git ref HEAD~1")
    assert columns(found)["spent_7d"] == "changed"
    assert verdicts(found) == {"buyer": "must be retrained", "basket": "unaffected"}
    assert [version["version"] for version in found["versions"]] == [None, None]
    refusal = committed.run("asof", "plan", "--against", "nowhere", code=2)
    assert (
        "--against nowhere: it is no file with a manifest, no target of profile shop, and no commit; git says: fatal:"
        in refusal
    )
    assert "--of nowhere: it is no commit; git says: fatal:" in committed.run("asof", "plan", "--of", "nowhere", code=2)
    written = committed.root / "written"
    committed.run("asof", "plan", f"--against=--output={written}", code=2)
    assert not written.exists()


def test_a_manifest_and_a_target(shop):
    shop.run("dbt", "--quiet", "compile", "--full-refresh", "--project-dir", "dbt_project")
    manifest = shop.root / "before.json"
    manifest.write_text((shop.root / "dbt_project/target/manifest.json").read_text())
    shop.build("--target", "prod")
    shop.edit(GROUP, "sum(amount)", "max(amount)")
    for against, title in ((str(manifest), f"the manifest {manifest}"), ("prod", "what is built on target prod")):
        found = plan(shop, "--against", against)
        assert found["before"] == title
        assert {name for name, state in columns(found).items() if state == "changed"} == {"spent_7d"}


def test_what_dbt_cannot_compile(shop):
    shop.edit(GROUP, "select * from {{ ref('stg_orders') }}", "select * from {{ ref('nothing') }}")
    refusal = shop.run("asof", "plan", code=2)
    assert "Error: dbt parse failed as of 2024-03-01 00:00 UTC" in refusal
    assert "depends on a node named 'nothing' which was not found" in refusal
