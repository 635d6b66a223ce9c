"""Promotion and rollback: what the alias is on after each of them, and the history that stays."""

import os
from datetime import timedelta

import pytest
from toy import FIRST, NOW

from asof import promote, rollback, train
from asof.errors import RegistryError
from asof.registry import aliases
from asof.registry.status import status


def champion(toy):
    return toy.sql("select version from ml.aliases where model = 'size' and alias = 'champion'")


def train_three(toy):
    for _ in range(3):
        assert train("size", toy.open()).status == "registered"


@pytest.fixture
def trained(toy, prepared):
    """Three versions of one model; the champion gates would compare each with the one before."""
    prepared(train_three)
    return toy


def test_versions_count_up_per_model(trained):
    assert trained.sql("select version from ml.model_versions where model = 'size' order by version") == [
        (1,),
        (2,),
        (3,),
    ]
    assert train("big", trained.open()).version == 1


def test_promote_takes_the_newest_version_or_the_named_one(trained):
    change = promote("size", project=trained.open(), reason="first")
    assert (change.from_version, change.to_version, champion(trained)) == (None, 3, [(3,)])
    change = promote("size", 1, trained.open())
    assert (change.from_version, change.to_version, champion(trained)) == (3, 1, [(1,)])
    events = trained.sql("select event_id, action, from_version, to_version, happened_at, reason from ml.alias_events")
    assert events == [(1, "promote", None, 3, NOW, "first"), (2, "promote", 3, 1, NOW, None)]


def test_rollback_goes_back_step_by_step(trained):
    for version in (1, 2, 3):
        promote("size", version, trained.open())
    assert rollback("size", trained.open()).to_version == 2
    assert rollback("size", trained.open()).to_version == 1
    assert champion(trained) == [(1,)]
    with pytest.raises(RegistryError, match="model size: 'champion' was on no other version before"):
        rollback("size", trained.open())
    assert trained.sql("select count(*) from ml.alias_events") == [(5,)]


def test_rollback_after_a_rollback_and_a_promotion(trained):
    for version in (1, 2):
        promote("size", version, trained.open())
    rollback("size", trained.open())
    promote("size", 3, trained.open())
    assert rollback("size", trained.open()).to_version == 1


def test_a_second_promotion_of_one_version_is_no_step_to_go_back_by(trained):
    for version in (1, 2, 2):
        promote("size", version, trained.open())
    assert rollback("size", trained.open()).to_version == 1


def test_aliases_are_apart(trained):
    promote("size", 1, trained.open())
    promote("size", 2, trained.open(), alias="challenger")
    assert champion(trained) == [(1,)]
    with pytest.raises(RegistryError, match="'challenger' was on no other version"):
        rollback("size", trained.open(), alias="challenger")


def test_a_version_that_is_not_there(trained):
    with pytest.raises(
        RegistryError, match="model size has no version 9 by 2024-04-10 00:00 UTC; see which it has with: asof status"
    ):
        promote("size", 9, trained.open())
    with pytest.raises(
        RegistryError, match="model big has no version yet by 2024-04-10 00:00 UTC; train one with: asof train big"
    ):
        promote("big", project=trained.open())


def test_a_rejected_version_is_refused_and_passed_over(trained):
    trained.edit("models/size.yml", "min_gain: 1.0", "min_gain: 1000.0")
    assert train("size", trained.open()).status == "rejected"
    assert promote("size", project=trained.open()).to_version == 3
    with pytest.raises(
        RegistryError,
        match=r"version 4 was rejected by a gate \(mean_absolute_error at least 1000 better than the baseline: .* against",
    ):
        promote("size", 4, trained.open())
    assert champion(trained) == [(3,)]


def test_a_rejected_version_can_be_forced_with_a_reason_that_stays(trained):
    trained.edit("models/size.yml", "min_gain: 1.0", "min_gain: 1000.0")
    train("size", trained.open())
    for arguments in ({"version": 4}, {"reason": "holidays"}, {"version": 4, "reason": " "}):
        with pytest.raises(
            RegistryError, match="what is forced is named, and its reason is kept: asof promote size VERSION"
        ):
            promote("size", project=trained.open(), force=True, **arguments)
    assert promote("size", 4, trained.open(), force=True, reason="holidays").to_version == 4
    assert promote("size", 3, trained.open(), force=True, reason="again").to_version == 3
    assert trained.sql("select to_version, reason, forced from ml.alias_events") == [
        (4, "holidays", True),
        (3, "again", False),  # no gate was passed over
    ]
    assert trained.sql("select status from ml.model_versions where version = 4") == [("rejected",)]


def test_an_alias_moves_forward_in_time(toy):
    for day in (80, 81):
        train("size", toy.open(FIRST + timedelta(days=day)))
    promote("size", 1, toy.open(FIRST + timedelta(days=90)))
    with pytest.raises(
        RegistryError, match="last moved at 2024-03-31 00:00 UTC, after the present 2024-03-30 00:00 UTC"
    ):
        promote("size", 2, toy.open(FIRST + timedelta(days=89)))
    assert champion(toy) == [(1,)]


def test_a_version_that_is_not_trained_yet(trained):
    earlier = trained.open(NOW - timedelta(days=1))
    told = r"by 2024-04-09 00:00 UTC \(version 1 is of what was known by 2024-04-10 00:00 UTC; set --now later\)"
    with pytest.raises(RegistryError, match=f"model size has no version 2 {told}; see which"):
        promote("size", 2, earlier)
    with pytest.raises(RegistryError, match=f"model size has no version yet {told}; train one"):
        promote("size", project=earlier)
    assert status(trained.open(NOW - timedelta(days=1))) == []


def test_the_same_version_again_is_no_event(trained):
    promote("size", 2, trained.open())
    again = promote("size", 2, trained.open(NOW + timedelta(days=1)))
    assert (again.from_version, again.to_version) == (2, 2)
    assert trained.sql("select count(*) from ml.alias_events") == [(1,)]


def test_the_overview_is_of_the_present(toy):
    for day in (80, 90):
        train("size", toy.open(FIRST + timedelta(days=day)))
        promote("size", project=toy.open(FIRST + timedelta(days=day)))
    assert [(v.version, v.aliases) for v in status(toy.open())] == [(2, ["champion"]), (1, [])]
    (first,) = status(toy.open(FIRST + timedelta(days=89, hours=12)))
    assert (first.version, first.aliases, first.age_days) == (1, ["champion"], 9.5)


def test_a_user_without_a_name(trained, monkeypatch):
    def nameless():
        raise KeyError("getpwuid(): uid not found: 54321")

    monkeypatch.setattr(aliases.getpass, "getuser", nameless)
    promote("size", 1, trained.open())
    assert trained.sql("select actor from ml.alias_events") == [(str(os.getuid()),)]


@pytest.mark.parametrize("alias", ["", " ", "\x1b[31mred", "a b", "1st", "x" * 65])
def test_an_alias_that_is_no_name(toy, alias):
    with pytest.raises(RegistryError, match="cannot be an alias; use letters, digits, - and _"):
        promote("big", 1, toy.open(), alias=alias)
