"""What features are worth, on the toy: `size` is amount plus something that no feature knows."""

import pytest

from asof import train


def test_shuffling_the_one_column_that_matters_costs_most(toy):
    result = train("size", toy.open())
    worth = {each.feature: each for each in result.importances}
    assert {each.metric for each in result.importances} == {"mean_absolute_error"}
    assert result.importances_table["feature"][0] == "amount"
    # two amounts of the test split lie 33 apart on the average: shuffled, the error is about as large as that
    assert 10 < worth["amount"].shuffled < 30
    assert abs(worth["is_even"].shuffled) < 2
    stored = toy.sql("select feature, importance, importance_spread from ml.model_features order by position")
    assert stored == [(each.feature, each.shuffled, each.spread) for each in result.importances]
    assert toy.sql("select count(importance_dropped) from ml.model_features") == [(0,)]


def test_a_feature_that_is_dropped(toy):
    whole = train("size", toy.open(), drop_one=True)
    worth = {each.feature: each.dropped for each in whole.importances}
    assert toy.sql("select importance_dropped from ml.model_features order by position") == [
        (x,) for x in worth.values()
    ]
    for name in ("amount", "colour"):
        content = (toy.root / "models/size.yml").read_text()
        toy.edit("models/size.yml", "split:", f"features: {{exclude: [{name}]}}\nsplit:")
        without = train("size", toy.open())
        (toy.root / "models/size.yml").write_text(content)
        lost = without.metric("mean_absolute_error") - whole.metric("mean_absolute_error")
        assert worth[name] == pytest.approx(lost, rel=1e-12)
