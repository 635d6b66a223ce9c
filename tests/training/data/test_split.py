from datetime import UTC, datetime, timedelta

from asof.model_spec.spec import Split
from asof.training.data.split import plan_splits


def day(month, number):
    return datetime(2013, month, number, tzinfo=UTC)


def test_splits_are_counted_back_from_the_cutoff():
    split = Split(validation=timedelta(days=30), test=timedelta(days=30), gap=timedelta(days=1))
    plan = plan_splits(split, day(11, 1))
    assert (plan.test.start, plan.test.end, plan.test.known_by) == (day(10, 2), day(11, 1), day(11, 1))
    assert (plan.validation.start, plan.validation.end) == (day(9, 1), day(10, 1))
    assert (plan.train.start, plan.train.end) == (None, day(8, 31))


def test_a_split_knows_the_labels_that_were_known_when_the_next_began():
    split = Split(validation=timedelta(days=30), test=timedelta(days=30), gap=timedelta(days=1))
    plan = plan_splits(split, day(11, 1))
    assert plan.train.known_by == plan.validation.start
    assert plan.validation.known_by == plan.test.start
