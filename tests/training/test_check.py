"""`asof check` on the toy project: each line is what training would have said, and nothing is written."""

from datetime import timedelta

import pytest
from toy import FIRST, NOW

from asof import check

DAY_80 = FIRST + timedelta(days=80)


def wrong(toy, model="big", now=DAY_80):
    (found,) = check([model], toy.open(now))
    return found.wrong


def test_a_project_that_is_right_has_its_rows_told(toy):
    """By hand: 160 rows before day 80, one every 12 hours; the gap of a day falls twice, and a label comes an hour later."""
    found = check(project=toy.open(DAY_80))
    assert [(each.model, each.wrong) for each in found] == [("big", []), ("size", [])]
    assert found[0].rows == {"train": 96, "validation": 20, "test": 40}
    assert toy.sql("select count(*) from information_schema.schemata where schema_name = 'ml'") == [(0,)]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("models/big.yml", "problem: binary", "problem: binry", "model spec models/big.yml: problem: "),
        ("models/big.yml", "label: is_big", "label: is_bigg", "no label 'is_bigg' (did you mean 'is_big'?)"),
        ("models/big.yml", "toy_view", "toy_views", "no feature view 'toy_views' (did you mean 'toy_view'?)"),
        ("models/big.yml", "slices: [colour]", "slices: [color]", "no column 'color' to slice by"),
        ("models/big.yml", "toy.py:classify", "toy.py:clasify", "has no function 'clasify' (did you mean 'classify'?)"),
        ("models/big.yml", "toy.py:classify", "toi.py:classify", "there is no file"),
        ("models/big.yml", "{window: 2 days}", "{window: 2 days, max_nulls: {amout: 0.1}}", "names 'amout', which is no column"),
        ("training/toy.py", "def classify", "def classify(", "toy.py is not Python"),
        ("models/big.yml", "test: 20 days", "test: 100 days", "the train split (to 2023-11-30 00:00 UTC) has no labelled row"),
    ],
)  # fmt: skip
def test_what_training_would_refuse(toy, file, old, new, message):
    toy.edit(file, old, new)
    assert message in " ".join(wrong(toy))


def test_a_view_with_a_column_that_cannot_be_a_feature(toy):
    toy.sql("alter table features.toy_view add column seen date")
    assert "the column 'seen' is date, which cannot be a feature" in wrong(toy)[0]


def test_each_model_has_its_own_mistakes(toy):
    toy.edit("models/big.yml", "label: is_big", "label: is_bigg")
    toy.edit("models/size.yml", "toy.py:regress", "toy.py:regres")
    assert [len(each.wrong) for each in check(project=toy.open(DAY_80))] == [1, 1]


def test_a_label_that_takes_longer_than_the_test_split_wants_a_longer_one(toy):
    """A label comes 25 days after its question: in a split of 10 days none is known in time."""
    toy.sql("update features.toy_view set label_known_at = asked_at + interval '25 days'")
    (words,) = wrong(toy)
    assert (
        "a label comes 25 days after its question at the earliest, so that a validation split of 10 days has none yet"
        in words
    )
    toy.edit("models/big.yml", "validation: 10 days, test: 20 days", "validation: 30 days, test: 32 days")
    assert wrong(toy, now=NOW) == []


def test_a_split_with_one_class(toy):
    toy.sql("update features.toy_view set is_big = false where asked_at >= ?", [FIRST + timedelta(days=60)])
    (words,) = wrong(toy)
    assert "the label 'is_big' has one class in all rows of the test split; longer splits, or more history" in words
    assert wrong(toy, "size") == []
