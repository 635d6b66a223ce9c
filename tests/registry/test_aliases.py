"""Promotion and rollback: what the alias is on after each of them, and the history that stays."""

import pytest
from toy import NOW

from asof import promote, rollback, train
from asof.errors import RegistryError


def champion(toy):
    return toy.sql("select version from ml.aliases where model = 'size' and alias = 'champion'")


@pytest.fixture
def trained(toy):
    """Three versions of one model; the champion gates would compare each with the one before."""
    for _ in range(3):
        assert train("size", toy.open()).status == "registered"
    return toy


def test_versions_count_up_per_model(trained):
    assert trained.sql("select version from ml.model_versions where model = 'size' order by version") == [
        (1,),
        (2,),
        (3,),
    ]
    assert train("big", trained.open()).version == 1


def test_promote_takes_the_newest_version_or_the_named_one(trained):
    change = promote(trained.open(), "size", reason="first")
    assert (change.from_version, change.to_version, champion(trained)) == (None, 3, [(3,)])
    change = promote(trained.open(), "size", 1)
    assert (change.from_version, change.to_version, champion(trained)) == (3, 1, [(1,)])
    events = trained.sql("select event_id, action, from_version, to_version, happened_at, reason from ml.alias_events")
    assert events == [(1, "promote", None, 3, NOW, "first"), (2, "promote", 3, 1, NOW, None)]


def test_rollback_goes_back_step_by_step(trained):
    for version in (1, 2, 3):
        promote(trained.open(), "size", version)
    assert rollback(trained.open(), "size").to_version == 2
    assert rollback(trained.open(), "size").to_version == 1
    assert champion(trained) == [(1,)]
    with pytest.raises(RegistryError, match="model size: 'champion' was on no other version before"):
        rollback(trained.open(), "size")
    assert trained.sql("select count(*) from ml.alias_events") == [(5,)]


def test_rollback_after_a_rollback_and_a_promotion(trained):
    for version in (1, 2):
        promote(trained.open(), "size", version)
    rollback(trained.open(), "size")
    promote(trained.open(), "size", 3)
    assert rollback(trained.open(), "size").to_version == 1


def test_a_second_promotion_of_one_version_is_no_step_to_go_back_by(trained):
    for version in (1, 2, 2):
        promote(trained.open(), "size", version)
    assert rollback(trained.open(), "size").to_version == 1


def test_aliases_are_apart(trained):
    promote(trained.open(), "size", 1)
    promote(trained.open(), "size", 2, alias="challenger")
    assert champion(trained) == [(1,)]
    with pytest.raises(RegistryError, match="'challenger' was on no other version"):
        rollback(trained.open(), "size", alias="challenger")


def test_a_version_that_is_not_there(trained):
    with pytest.raises(RegistryError, match="model size has no version 9; see which it has with: asof status"):
        promote(trained.open(), "size", 9)
    with pytest.raises(RegistryError, match="model big has no version yet; train one with: asof train big"):
        promote(trained.open(), "big")


def test_a_rejected_version_is_refused_and_passed_over(trained):
    trained.edit("models/size.yml", "min_gain: 1.0", "min_gain: 1000.0")
    assert train("size", trained.open()).status == "rejected"
    assert promote(trained.open(), "size").to_version == 3
    with pytest.raises(RegistryError, match="model size version 4 was rejected by a gate"):
        promote(trained.open(), "size", 4)
    assert champion(trained) == [(3,)]
