"""Rolling-origin folds against a calendar worked out by hand."""

from datetime import UTC, datetime, timedelta

from asof.model_spec.spec import Split
from asof.training.data.folds import plan_folds

DAYS = timedelta(days=1)
SPLIT = Split(validation=10 * DAYS, test=20 * DAYS, gap=2 * DAYS)


def day(month, number):
    return datetime(2024, month, number, tzinfo=UTC)


def test_folds_end_before_the_test_split_and_the_newest_is_the_spec_s_own():
    # cut-off 10 April; test from 21 March; validation 9 to 19 March, since a gap of two days lies before the test
    folds = plan_folds(SPLIT, day(4, 10), 3)
    assert [(fold.validation.start, fold.validation.end) for fold in folds] == [
        (day(2, 18), day(2, 28)),
        (day(2, 28), day(3, 9)),
        (day(3, 9), day(3, 19)),
    ]
    assert [fold.train.end for fold in folds] == [day(2, 16), day(2, 26), day(3, 7)]
    assert [fold.train.known_by for fold in folds] == [fold.validation.start for fold in folds]
    assert [fold.validation.known_by for fold in folds] == [day(3, 1), day(3, 11), day(3, 21)]
    assert {fold.train.start for fold in folds} == {None}
