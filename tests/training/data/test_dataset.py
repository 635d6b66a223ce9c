"""The training set: which rows land in which split, and what data that cannot be learned from get."""

from datetime import timedelta

import pytest
from toy import FIRST, NOW

from asof.errors import DataError
from asof.training.data.reading import read_training_data
from asof.training.data.training_set import define_training_set


def read(toy, model="big", cutoff=NOW):
    project = toy.open()
    spec = project.model_spec(model)
    with project.warehouse(read_only=True) as warehouse:
        return read_training_data(define_training_set(project.view_in(warehouse, "toy_view"), spec, cutoff)).dataset


def ids(part):
    return part.rows["id"].to_pylist()


def test_splits_by_time(toy):
    # 200 rows, two a day; test 20 days = rows 160 to 199, gap 2 rows, validation 20 rows, gap 2 rows
    dataset = read(toy)
    assert ids(dataset.train) == list(range(136))
    assert ids(dataset.validation) == list(range(138, 158))
    assert ids(dataset.test) == list(range(160, 200))
    assert dataset.contents.unused == 4
    assert dataset.test.labels.tolist() == [float((i * 37) % 100 + (i % 7) * 10 > 60) for i in range(160, 200)]


def test_a_label_that_came_too_late_for_its_split_is_not_used(toy):
    # row 100 has its label only during the test split, row 150 after it began, row 170 after the cut-off
    for i, moment in ((100, NOW - timedelta(days=15)), (150, NOW - timedelta(days=19)), (170, NOW + timedelta(1))):
        toy.sql("update features.toy_view set label_known_at = ? where id = ?", [moment, i])
    dataset = read(toy)
    assert ids(dataset.train) == [i for i in range(136) if i != 100]
    assert ids(dataset.validation) == [i for i in range(138, 158) if i != 150]
    assert ids(dataset.test) == [i for i in range(160, 200) if i != 170]
    assert dataset.contents.unused == 6


def test_what_is_learned_does_not_depend_on_the_order_of_the_rows(toy):
    before = read(toy)
    toy.sql("create or replace table features.toy_view as from features.toy_view order by hash(id)")
    assert read(toy).train.rows.equals(before.train.rows)


def test_no_labelled_row(toy):
    with pytest.raises(DataError) as caught:
        read(toy, cutoff=FIRST)
    assert str(caught.value) == (
        "feature view toy_view: no row with a known 'is_big' before 2024-01-01 00:00 UTC; build more history "
        "(dbt build --project-dir dbt_project --select +toy_view), or train at a later moment with --now"
    )


def test_a_split_without_rows(toy):
    with pytest.raises(DataError, match=r"the train split \(to 2023-12-\d\d 00:00 UTC\) has no labelled row, "):
        read(toy, cutoff=FIRST + timedelta(days=30))


def test_a_present_that_the_data_does_not_reach(toy):
    with pytest.raises(
        DataError, match=r"has no labelled row, the newest one of all is of 2024-04-09 12:00 UTC; .*--now"
    ):
        read(toy, cutoff=NOW + timedelta(days=365))


def test_no_column_left(toy):
    toy.edit("models/big.yml", "split:", "features: {exclude: [amount, weight, colour, is_even]}\nsplit:")
    with pytest.raises(DataError, match="model big: feature view toy_view has no column left to learn from"):
        read(toy)


def test_integers_that_a_float_cannot_hold(toy):
    toy.sql("alter table features.toy_view alter amount type bigint")
    toy.sql("update features.toy_view set amount = 9007199254740993 where id = 0")
    assert read(toy).train.frame(read(toy).schema)["amount"][0] == 9007199254740992.0


def test_one_class(toy):
    toy.sql("update features.toy_view set is_big = false where id >= 160")
    with pytest.raises(DataError, match=r"label 'is_big' has one class \(0\) in all 40 rows of the test split"):
        read(toy)


def test_a_label_that_is_not_0_or_1(toy):
    toy.edit("models/big.yml", "label: is_big", "label: size")
    with pytest.raises(DataError, match="the label 'size' has values other than 0 and 1 in the train split"):
        read(toy)


@pytest.mark.parametrize("value", ["NaN", "Infinity"])
def test_a_label_that_is_not_finite(toy, value):
    toy.sql("alter table features.toy_view alter size type double")
    toy.sql(f"update features.toy_view set size = '{value}' where id in (170, 171)")
    with pytest.raises(
        DataError, match=r"label 'size' is NaN or infinite in 2 of 40 rows of the test split; make it NULL"
    ):
        read(toy, "size")


def test_a_label_of_another_type(toy):
    toy.edit("models/size.yml", "label: size", "label: is_big")
    with pytest.raises(DataError, match="the label 'is_big' is boolean, a regression problem needs a number"):
        read(toy, "size")


def test_a_slice_that_is_not_a_column(toy):
    toy.edit("models/big.yml", "slices: [colour]", "slices: [color]")
    with pytest.raises(DataError, match=r"no column 'color' to slice by \(did you mean 'colour'\?\)"):
        read(toy)


def test_a_column_that_cannot_be_a_feature(toy):
    toy.sql("alter table features.toy_view add column seen_at timestamptz")
    with pytest.raises(DataError, match=r"the column 'seen_at' is timestamp\('UTC'.*exclude: \[seen_at\]"):
        read(toy)
    toy.edit("models/big.yml", "split:", "features: {exclude: [seen_at]}\nsplit:")
    assert read(toy).schema.names == ["amount", "weight", "colour", "is_even"]


def test_duplicate_keys(toy):
    toy.sql("insert into features.toy_view from features.toy_view where id = 7")
    with pytest.raises(DataError, match="2 rows have the key id = 7"):
        read(toy)


def test_classes_are_in_the_order_of_their_names(colours):
    dataset = read(colours)
    assert dataset.classes == ("blue", "green", "red")
    assert dataset.test.labels.tolist() == [[2.0, 1.0, 0.0][i % 3] for i in range(160, 200)]


def test_a_class_that_training_has_not_seen(colours):
    colours.sql("update features.toy_view set colour = 'mauve' where id in (150, 151)")
    with pytest.raises(
        DataError, match="has classes in the validation split that the train split has not: mauve; more"
    ):
        read(colours)


def test_classes_that_a_warehouse_would_take_for_one(colours):
    colours.sql("update features.toy_view set colour = 'RED' where id = 3")
    with pytest.raises(DataError, match="classes of the label 'colour' differ only in upper and lower case"):
        read(colours)


def test_one_class_of_several(colours):
    colours.sql("update features.toy_view set colour = 'red'")
    with pytest.raises(DataError, match=r"the label 'colour' has one class \(red\) in the train split"):
        read(colours)


def test_too_many_classes(colours):
    colours.sql("update features.toy_view set colour = 'c' || id")
    assert len(read_classes(colours)) == 136
    colours.sql(
        "insert into features.toy_view select * replace (id + 1000 as id, 'd' || id as colour) from features.toy_view"
    )
    with pytest.raises(DataError, match="has 272 classes, at most 200 get a column of scores each"):
        read(colours)


def read_classes(toy):
    """The classes of the train split, where those of the others are made to agree."""
    toy.sql("update features.toy_view set colour = 'c1' where id > 135")
    return read(toy).classes


def test_a_label_that_several_classes_cannot_have(toy):
    toy.edit("models/big.yml", "problem: binary", "problem: multiclass")
    toy.edit("models/big.yml", "roc_auc, log_loss", "log_loss")
    toy.edit("models/big.yml", "roc_auc, min: 0.6", "log_loss, max: 9")
    with pytest.raises(DataError, match="label 'is_big' is boolean, a multiclass problem needs text or an integer"):
        read(toy)
