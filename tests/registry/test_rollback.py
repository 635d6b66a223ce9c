"""Promotion and rollback of a model together with its features, on a project that dbt builds."""

import json
import re

import pytest
from shop_project import NOW

from asof import predict, promote, rollback
from asof.errors import ChangedFeaturesError, NotBuiltError, RegistryError
from asof.registry import moving

WINDOW = "sum(hash(visit_id, as_of, score, prediction, features_hash)::hugeint), count(*)"


def predictions(shop, version):
    return shop.sql(f"select {WINDOW} from predictions.buyer where version = {version}")


def change_window(shop, days=3):
    shop.edit("customer_orders.sql", "interval 7 days", f"interval {days} days")
    shop.build("--full-refresh")


def test_a_changed_view_is_rolled_back_with_its_features(shop):
    predict("buyer", shop.open())
    before = predictions(shop, 1)
    features = shop.sql("select * from main.visit_features order by all")
    change_window(shop)
    assert shop.sql("select * from main.visit_features order by all") != features

    with pytest.raises(ChangedFeaturesError) as refusal:
        predict("buyer", shop.open())
    assert str(refusal.value).startswith(
        "buyer version 1: spent_7d, orders_7d no longer mean what they meant at training, since the SQL of customer_orders changed; "
        "train again: asof train buyer; to score all the same: asof predict buyer --despite-change --reason '...'"
    )
    assert shop.sql("select cause from ml.prediction_runs where status = 'failed'") == [("changed_features",)]
    predict("basket", shop.open())  # does not use them

    shop.run("asof", "train", "buyer")
    promote("buyer", 2, shop.open(), reason="a shorter memory")
    predict("buyer", shop.open())
    assert predictions(shop, 2) != before

    with pytest.raises(
        ChangedFeaturesError,
        match="bring back their SQL by git and build it with dbt; or build it from the SQL on record: asof rollback buyer --rebuild",
    ):
        rollback("buyer", shop.open())
    change = rollback("buyer", shop.open(), reason="worse", rebuild=True)
    assert (change.from_version, change.to_version) == (2, 1)
    assert change.built == ('"shop"."main"."customer_orders_v1"', '"shop"."main"."visit_features_v1"')
    # to the bit what the commit of then has built, beside what is built now
    assert shop.sql("select * from main.visit_features_v1 order by all") == features
    shop.sql("delete from predictions.buyer where version = 1")
    predict("buyer", shop.open())
    assert predictions(shop, 1) == before

    events = shop.sql(
        "select action, from_version, to_version, feature_view, reason, from_fingerprint, to_fingerprint, threshold "
        "from ml.alias_events where model = 'buyer' order by event_id"
    )
    assert [event[:5] for event in events] == [
        ("promote", None, 1, "visit_features", "the first"),
        ("promote", 1, 2, "visit_features", "a shorter memory"),
        ("rollback", 2, 1, "visit_features.v1", "worse"),
    ]
    assert events[1][5] == events[2][6] == events[0][6] != events[1][6]
    assert events[2][7] == 0.5

    # the SQL of then is brought back and built: the version reads what dbt builds again
    shop.edit("customer_orders.sql", "interval 3 days", "interval 7 days")
    shop.build("--full-refresh")
    predict("buyer", shop.open(), again=True)
    assert predictions(shop, 1) == before


def test_a_rollback_again_brings_the_features_up_to_the_present(shop):
    change_window(shop)
    shop.run("asof", "train", "buyer")
    promote("buyer", 2, shop.open())
    rollback("buyer", shop.open(), rebuild=True)
    shop.sql("insert into raw.visits values (9000, 3, timestamptz '2024-03-01 01:00:00+00')")
    later = NOW.replace(hour=12)
    shop.build(now=later)
    with pytest.raises(
        NotBuiltError, match="feature view visit_features.v1: it was last built up to 2024-03-01 00:00 UTC"
    ):
        predict("buyer", shop.open(later))
    assert rollback("buyer", shop.open(later), refresh=True).to_version == 1
    with pytest.raises(RegistryError, match="the features of version 1 were not built by a rollback"):
        rollback("basket", shop.open(later), refresh=True)
    predict("buyer", shop.open(later))
    assert shop.sql("select count(*) from predictions.buyer where visit_id = 9000") == [(1,)]


def test_what_cannot_be_built_from_sql_is_refused_by_name(shop):
    seeds = shop.root / "dbt_project/seeds"
    seeds.mkdir()
    (seeds / "factors.csv").write_text("customer_id,factor\n1,2\n")
    shop.edit(
        "stg_orders.sql",
        "select id as order_id, customer as customer_id, amount, ordered_at\nfrom {{ source('raw', 'orders') }}",
        "select id as order_id, customer as customer_id, amount * coalesce(factor, 1) as amount, ordered_at\n"
        "from {{ source('raw', 'orders') }} left join {{ ref('factors') }} as factors on customer = factors.customer_id",
    )
    shop.build("--full-refresh")
    shop.run("asof", "train", "buyer")
    promote("buyer", 2, shop.open())
    (seeds / "factors.csv").write_text("customer_id,factor\n1,3\n")
    shop.build("--full-refresh")
    shop.run("asof", "train", "buyer")
    promote("buyer", 3, shop.open())
    with pytest.raises(
        NotBuiltError, match="the seed factors differs from the one at training, and cannot be built from SQL on record"
    ):
        rollback("buyer", shop.open(), rebuild=True)
    assert shop.sql("select to_version from ml.alias_events order by event_id desc limit 1") == [(3,)]


def test_a_version_that_is_not_ready_is_not_promoted(shop):
    shop.run("asof", "train", "buyer")
    change_window(shop)
    with pytest.raises(ChangedFeaturesError, match="buyer version 2: spent_7d, orders_7d no longer mean"):
        promote("buyer", 2, shop.open())
    with pytest.raises(
        NotBuiltError,
        match=r"feature view visit_features was last built up to 2024-03-01 00:00 UTC, more than 1 hour before the present .*run: dbt build",
    ):
        promote("basket", 1, shop.open(NOW.replace(day=2)), alias="challenger")
    assert promote("buyer", 2, shop.open(), force=True, reason="it is urgent").to_version == 2
    assert shop.sql("select forced from ml.alias_events order by event_id desc limit 1") == [(True,)]
    status = json.loads(shop.run("asof", "status", "--json"))
    (buyer,) = [version for version in status if version["model"] == "buyer" and version["aliases"]]
    assert "no longer mean what they meant at training" in buyer["obstacles"][0]
    (basket,) = [version for version in status if version["model"] == "basket"]
    assert basket["obstacles"] == []


def test_the_second_of_two_is_told(shop, monkeypatch):
    """The other call moves the alias while this one waits for the warehouse."""
    shop.run("asof", "train", "buyer")
    seen = moving._last_event

    def and_then_another_call(project, model, alias):
        found = seen(project, model, alias)
        monkeypatch.setattr(moving, "_last_event", seen)
        promote("buyer", 2, shop.open())
        return found

    monkeypatch.setattr(moving, "_last_event", and_then_another_call)
    with pytest.raises(RegistryError, match="'champion' was moved to version 2 by .* while this call waited"):
        rollback("buyer", shop.open())


def test_fingerprints_of_another_canonical_form_are_worked_out_again(shop):
    """As after an upgrade of asof or sqlglot: what was kept differs, and the SQL is the same."""
    shop.sql("update ml.model_features set fingerprint = 'of another form'")
    shop.edit("customer_orders.sql", "sum(amount)", "sum(amount) /* in euros */")
    shop.build()
    assert predict("buyer", shop.open()).status == "done"
    plan = json.loads(shop.run("asof", "plan", "--json"))
    assert {version["verdict"] for version in plan["versions"]} == {"unaffected"}


def test_tables_that_are_there_are_left_alone(shop):
    """One of the user's own, called as a rebuilt one would be."""
    (shop.root / "dbt_project/models/customer_orders_v1.sql").write_text("select 42 as mine\n")
    change_window(shop)
    shop.run("asof", "train", "buyer")
    promote("buyer", 2, shop.open())
    change = rollback("buyer", shop.open(), rebuild=True)
    assert change.built == ('"shop"."main"."customer_orders_v2"', '"shop"."main"."visit_features_v2"')
    assert shop.sql("select * from main.customer_orders_v1") == [(42,)]


def test_back_two_steps(shop):
    for days in (5, 3):
        change_window_to(shop, days)
        shop.run("asof", "train", "buyer")
        promote("buyer", project=shop.open())
    assert rollback("buyer", shop.open(), rebuild=True).to_version == 2
    assert rollback("buyer", shop.open(), rebuild=True).to_version == 1
    assert predict("buyer", shop.open()).version == 1


def change_window_to(shop, days):
    path = shop.root / "dbt_project/models/customer_orders.sql"
    path.write_text(re.sub(r"interval \d days", f"interval {days} days", path.read_text()))
    shop.build("--full-refresh")
