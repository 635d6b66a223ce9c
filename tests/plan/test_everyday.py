"""What happens to SQL from day to day, and what fingerprints say of it: incremental models, hooks, dbt's own settings."""

import json

import pytest

from asof import predict, promote
from asof.errors import ChangedFeaturesError, NotBuiltError

INCREMENTAL = """
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['customer_id', 'since'], on_schema_change='fail') }}
select customer as customer_id, tier, since from {{ source('raw', 'tiers') }}
{{ asof.visible('since') }}
{% if is_incremental() %}and since > (select max(since) from {{ this }}){% endif %}
"""


def states(shop):
    (view,) = json.loads(shop.run("asof", "plan", "--json"))["views"]
    return {column["name"]: column["state"] for column in view["columns"]}


def test_a_model_that_asks_whether_it_is_incremental(shop):
    """The full form is the text that it had as a plain table; a comment in it stops nobody, and another filter does."""
    path = shop.root / "dbt_project/models/customer_tiers.sql"
    path.write_text(INCREMENTAL.lstrip())
    shop.build("--full-refresh")
    shop.build()
    assert predict("basket", shop.open()).status == "done"
    path.write_text(INCREMENTAL.lstrip().replace("select customer", "-- as they were\nselect customer"))
    assert states(shop)["tier"] == "cosmetic"
    shop.build()
    assert predict("basket", shop.open()).status == "done"
    path.write_text(
        INCREMENTAL.lstrip().replace("{{ asof.visible('since') }}", "{{ asof.visible('since') }} and tier <> 'basic'")
    )
    shop.build()
    with pytest.raises(
        NotBuiltError, match="customer_tiers has rows from before and after a change of the SQL of customer_tiers"
    ):
        predict("basket", shop.open())
    with pytest.raises(NotBuiltError):
        promote("basket", 1, shop.open(), alias="challenger")
    (basket,) = [
        version for version in json.loads(shop.run("asof", "status", "--json")) if version["model"] == "basket"
    ]
    assert "has rows from before and after a change" in basket["obstacles"][0]
    shop.build("--full-refresh")
    with pytest.raises(ChangedFeaturesError, match="tier no longer mean"):
        predict("basket", shop.open())


def test_a_hook_is_a_part_of_the_meaning(shop):
    path = shop.root / "dbt_project/models/customer_tiers.sql"
    path.write_text("{{ config(post_hook=\"update {{ this }} set tier = 'gold'\") }}\n" + path.read_text())
    assert states(shop)["tier"] == "changed"
    shop.build("--full-refresh")
    with pytest.raises(ChangedFeaturesError, match="since the SQL of customer_tiers changed"):
        predict("basket", shop.open())
    assert predict("buyer", shop.open()).status == "done"


def test_relations_without_quotes(shop):
    project = shop.root / "dbt_project/dbt_project.yml"
    project.write_text(project.read_text() + "quoting: {database: false, schema: false, identifier: false}\n")
    shop.build()
    ((sql,),) = shop.sql(
        "select sql from ml.compiled_models where model = 'model.shop.stg_orders' order by recorded_at desc limit 1"
    )
    assert 'from "source.shop.raw.orders"."orders"' in sql
    assert "same" in set(states(shop).values())
    assert set(states(shop).values()) == {"same"}
    assert predict("basket", shop.open()).status == "done"
    shop.edit("customer_tiers.sql", "tier, since", "upper(tier) as tier, since")
    assert states(shop)["tier"] == "changed"


def test_a_limit_below_a_union(shop):
    path = shop.root / "dbt_project/models/customer_tiers.sql"
    union = "select * from (select customer as customer_id, tier, since from {{ source('raw', 'tiers') }} union all "
    union += "select customer, tier, since from {{ source('raw', 'tiers') }} where false limit 200) as tiers\n{{ asof.visible('since') }}\n"
    path.write_text(union)
    assert states(shop)["tier"] == "changed"
    shop.build("--full-refresh")
    shop.run("asof", "train", "basket")
    promote("basket", 2, shop.open())
    path.write_text(union.replace("limit 200", "limit 5"))
    assert states(shop)["tier"] == "changed"


def test_long_sql(shop):
    """A chain of CTEs and a sum that are longer than Python's recursion."""
    steps = ["c0 as (select customer as customer_id, tier, since from {{ source('raw', 'tiers') }})"]
    steps += [f"c{n} as (select * from c{n - 1})" for n in range(1, 250)]
    path = shop.root / "dbt_project/models/customer_tiers.sql"
    path.write_text(f"with {', '.join(steps)} select * from c249\n{{{{ asof.visible('since') }}}}\n")
    assert states(shop)["tier"] == "cosmetic"
