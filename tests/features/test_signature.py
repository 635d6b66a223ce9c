"""How rows of the warehouse become the frame that an estimator gets."""

from decimal import Decimal

import ibis.expr.datatypes as dt
import numpy as np
import pyarrow as pa
import pytest

from asof.errors import DataError
from asof.features.signature import feature_schema

COLUMNS = [("n", dt.int32), ("x", dt.float64), ("d", dt.Decimal(9, 2)), ("yes", dt.boolean), ("text", dt.string)]


@pytest.fixture
def schema():
    return feature_schema(COLUMNS, "view v")


def test_kinds_follow_types(schema):
    assert schema.names == ["n", "x", "d", "yes", "text"]
    assert schema.numeric == ["n", "x", "d", "yes"]
    assert schema.categorical == ["text"]
    assert [feature.type for feature in schema.features] == ["int32", "float64", "decimal(9, 2)", "boolean", "string"]


def test_null_is_nan_in_numbers_and_none_in_text(schema):
    rows = pa.table(
        {
            "text": pa.array(["a", None]),
            "x": pa.array([1.5, None]),
            "n": pa.array([2**31 - 1, None], pa.int32()),
            "d": pa.array([Decimal("1.00"), None], pa.decimal128(9, 2)),
            "yes": pa.array([True, None]),
        }
    )
    frame = schema.frame(rows)
    assert list(frame.columns) == ["n", "x", "d", "yes", "text"]
    assert [str(frame[name].dtype) for name in frame] == ["float64"] * 4 + ["object"]
    assert frame.iloc[0].tolist() == [2147483647.0, 1.5, 1.0, 1.0, "a"]
    assert all(np.isnan(value) for value in frame.iloc[1, :4])
    assert frame["text"].iloc[1] is None


@pytest.mark.parametrize("type_", [dt.Timestamp("UTC"), dt.date, dt.Array(dt.int64), dt.json, dt.Interval("s")])
def test_a_type_that_cannot_be_a_feature(type_):
    with pytest.raises(DataError) as caught:
        feature_schema([("when", type_)], "feature view v")
    assert "feature view v: the column 'when' is" in str(caught.value)
    assert "features: {exclude: [when]} in the model spec" in str(caught.value)


def test_columns_that_are_gone_or_changed_are_refused(schema):
    schema.check([*COLUMNS, ("new", dt.int64)], "owner")
    with pytest.raises(
        DataError, match="owner: the column 'text' that the version was trained on is gone; train again"
    ):
        schema.check(COLUMNS[:-1], "owner")
    with pytest.raises(DataError, match="the column 'n' is int64, the version was trained on int32; cast it back"):
        schema.check([("n", dt.int64), *COLUMNS[1:]], "owner")
