"""A registered version in Python: by number or alias, on rows of any order of columns and kind of frame."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from toy import FIRST

from asof import load_model, predict, promote, train
from asof.errors import RegistryError, SignatureError
from asof.registry.model_version import load_version
from asof.registry.store import reading

DAY_80 = FIRST + timedelta(days=80)


def _trained(toy):
    for model in ("big", "size"):
        train(model, toy.open(DAY_80))
        promote(model, project=toy.open(DAY_80))
        predict(model, toy.open(DAY_80))


@pytest.fixture
def scored(toy, prepared):
    prepared(_trained)
    return toy


@pytest.mark.parametrize("model", ["big", "size"])
def test_it_scores_as_predict_does(scored, model):
    project = scored.open(DAY_80)
    loaded = load_model(model, "champion", project)
    assert (loaded.version, load_model(model, 1, project).version) == (1, 1)
    with project.warehouse(read_only=True) as warehouse:
        rows = (
            project.view_in(warehouse, "toy_view").table.filter(lambda view: view.id.between(157, 160)).order_by("id")
        )
        table = rows.to_pyarrow()
    frame = table.to_pandas()
    expected = np.array(scored.sql(f"select score from predictions.{model} order by id"))[:, 0]
    np.testing.assert_array_equal(loaded.score(table), expected)
    np.testing.assert_array_equal(loaded.score(frame[sorted(frame.columns, reverse=True)]), expected)
    assert loaded.signature.names == ["amount", "weight", "colour", "is_even"]


def test_a_column_that_is_missing(scored):
    loaded = load_model("big", "champion", scored.open(DAY_80))
    with pytest.raises(
        SignatureError, match=r"big version 1: it was trained on amount, colour, is_even, which these rows do"
    ):
        loaded.score(pd.DataFrame({"weight": [1.0]}))


def test_an_alias_or_a_number_that_is_not_there(scored):
    with pytest.raises(RegistryError, match="has no 'canary'"):
        load_model("big", "canary", scored.open(DAY_80))
    with pytest.raises(RegistryError, match="has no version 7"):
        load_model("big", 7, scored.open(DAY_80))


def test_a_version_of_later(scored):
    """It is not there yet; dbt, whose clock a var may have set, asks for it at any time."""
    earlier = scored.open(DAY_80 - timedelta(days=1))
    with reading(earlier) as registry:
        with pytest.raises(
            RegistryError, match=r"no version 1 by 2024-03-20 00:00 UTC \(version 1 is of what was known by"
        ):
            load_version(registry, "size", 1, earlier)
        assert load_version(registry, "size", 1, earlier, of_any_time=True).version == 1
